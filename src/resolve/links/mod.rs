//! Network interfaces of a node: which is the primary one, who carries the address, where the shared address lives.

mod check;
pub(super) mod fleet;
mod kind;
mod vlans;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Resolver;
use super::settings::required;
use crate::model::{Addressing, ControlPlane, EndpointKind, Link, LinkKind, Network, Vlan};
use crate::spec::{self, LinkAddresses, LinkMatch, Node, NodeSettings, Role};

/// Where the default routes lead to.
const DEFAULT_V4: IpNet = IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0));
const DEFAULT_V6: IpNet = IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0));

pub(super) fn resolve(
    cx: &mut Resolver<'_>,
    network: &Network,
    control_plane: &ControlPlane,
    name: &str,
    node: &Node,
    settings: &NodeSettings,
) -> Vec<Link> {
    let by_mac = node.mac.clone().map(|mac| LinkMatch { mac: Some(mac), ..LinkMatch::default() });
    let mut links = Vec::new();
    let mut given: Vec<(String, spec::Link)> =
        settings.links.iter().flatten().filter_map(|(name, link)| Some((name.clone(), link.clone()?))).collect();
    if given.is_empty() {
        given.push(("uplink".to_owned(), spec::Link::default()));
    }
    check::names(cx, name, &given);
    check::kinds(cx, name, &given);
    let primary = given.iter().position(|(_, link)| link.primary == Some(true)).unwrap_or(0);
    let node_address = node.address.map(|address| address.0).filter(|address| !carries(settings, *address));

    for (index, (link_name, link)) in given.iter().enumerate() {
        let is_primary = index == primary;
        let default = is_primary.then(|| by_mac.clone().map_or(LinkKind::FirstPhysical, LinkKind::Physical));
        let Some(kind) = kind::resolve(cx, name, link_name, link, default) else { continue };
        let mut addressing = addressing(link.addresses.as_ref(), link.gateway, link.routes.as_ref());
        if is_primary {
            if let Some(address) = node_address {
                add_node_address(&mut addressing, network, address);
            } else if link.addresses.is_none()
                && link.vlans.is_none()
                && !matches!(kind, LinkKind::Dummy | LinkKind::Wireguard(_))
            {
                addressing.dhcp = true;
            }
        }
        let vlans = link
            .vlans
            .iter()
            .flatten()
            .filter_map(|(vlan, v)| {
                let v = v.as_ref()?;
                Some(Vlan {
                    name: vlan.clone(),
                    id: required(cx, name, &["links", link_name, "vlans", vlan], "id", v.id)?,
                    addressing: self::addressing(v.addresses.as_ref(), v.gateway, v.routes.as_ref()),
                    mtu: v.mtu,
                    vip: None,
                })
            })
            .collect();
        links.push(Link { name: link_name.clone(), kind, addressing, mtu: link.mtu, vlans, vip: None });
    }
    if primary < links.len() {
        links[..=primary].rotate_right(1);
    }
    lead_out(&mut links, network, node.address.map(|address| address.0));
    check::interfaces(cx, name, &links);
    check::aliases(cx, name, &links);
    check::members(cx, name, &links);
    vlans::check(cx, name, &links);
    if let EndpointKind::Vip(vip) = control_plane.endpoint.kind
        && node.role == Role::ControlPlane
        && !place_vip(&mut links, vip)
    {
        check::out_of_reach(cx, name, vip);
    }
    links
}

/// Whether a link or one of its VLANs has this address.
pub(super) fn carries(settings: &NodeSettings, address: IpAddr) -> bool {
    settings.links.iter().flatten().any(|(_, link)| link.as_ref().is_some_and(|link| carries_address(link, address)))
}

/// The address of a machine that says none: the first of its links that lies in the node network.
pub(super) fn own_address(links: &[Link], network: &Network) -> Option<IpAddr> {
    let mut addresses = links.iter().flat_map(Link::addressings).flat_map(|a| &a.addresses).map(IpNet::addr);
    addresses.find(|address| network.nodes.iter().any(|net| net.contains(address)))
}

fn carries_address(link: &spec::Link, address: IpAddr) -> bool {
    let holds = |addresses: &Option<LinkAddresses>| matches!(addresses, Some(LinkAddresses::Static(list)) if list.iter().any(|a| a.0.addr() == address));
    holds(&link.addresses)
        || link.vlans.iter().flatten().filter_map(|(_, vlan)| vlan.as_ref()).any(|vlan| holds(&vlan.addresses))
}

fn addressing(
    addresses: Option<&LinkAddresses>,
    gateway: Option<spec::scalar::Address>,
    routes: Option<&indexmap::IndexMap<String, Option<spec::scalar::Address>>>,
) -> Addressing {
    let mut out = Addressing::default();
    match addresses {
        Some(LinkAddresses::Dhcp(_)) => out.dhcp = true,
        Some(LinkAddresses::Static(list)) => out.addresses = list.iter().map(|address| address.0).collect(),
        None => {}
    }
    if let Some(gateway) = gateway {
        let default = if gateway.0.is_ipv4() { DEFAULT_V4 } else { DEFAULT_V6 };
        out.routes.push((default, gateway.0));
    }
    for (to, via) in routes.into_iter().flatten() {
        if let (Ok(net), Some(via)) = (to.parse::<IpNet>(), via) {
            out.routes.push((net, via.0));
        }
    }
    out
}

fn add_node_address(addressing: &mut Addressing, network: &Network, address: IpAddr) {
    let Some(net) = network.nodes.iter().find(|net| net.contains(&address)) else { return };
    addressing
        .addresses
        .insert(0, IpNet::new(address, net.prefix_len()).expect("the prefix comes from a network of this family"));
}

/// Gives a machine its default route, where no link says one: over the link of its own address, else of the first that is
/// in the node network. What a machine without `address` learns by DHCP is left alone.
fn lead_out(links: &mut [Link], network: &Network, own: Option<IpAddr>) {
    for default in [DEFAULT_V4, DEFAULT_V6] {
        let of_family = |address: &IpAddr| default.contains(address);
        let own = own.filter(of_family);
        let says = |a: &Addressing| a.routes.iter().any(|(to, _)| *to == default) || own.is_none() && a.dhcp;
        if links.iter().flat_map(Link::addressings).any(says) {
            continue;
        }
        let inside = |address: &IpNet| network.nodes.iter().any(|net| net.contains(&address.addr()));
        let all: Vec<IpNet> = links.iter().flat_map(Link::addressings).flat_map(|a| a.addresses.clone()).collect();
        let first = || all.iter().find(|address| of_family(&address.addr()) && inside(address));
        let Some(carrier) = all.iter().find(|address| Some(address.addr()) == own).or_else(first).copied() else {
            continue;
        };
        let Some(net) = network.nodes.iter().find(|net| net.contains(&carrier.addr())) else { continue };
        // Another network of the nodes: its own first address is its gateway.
        let gateway = Some(network.gateway).filter(|gateway| net.contains(gateway));
        let Some(gateway) = gateway.or_else(|| crate::catalog::nth_address(net, 1)) else { continue };
        let addressing = links.iter_mut().flat_map(addressings_mut).find(|a| a.addresses.contains(&carrier));
        if let Some(addressing) = addressing.filter(|_| gateway != carrier.addr()) {
            addressing.routes.push((default, gateway));
        }
    }
}

/// As [`Link::addressings`].
fn addressings_mut(link: &mut Link) -> impl Iterator<Item = &mut Addressing> {
    std::iter::once(&mut link.addressing).chain(link.vlans.iter_mut().map(|vlan| &mut vlan.addressing))
}

/// On the link or VLAN whose network holds the shared address; else on the primary link, which may get an address there
/// by DHCP. `false`: it has none.
fn place_vip(links: &mut [Link], vip: IpAddr) -> bool {
    let near = |addressing: &Addressing| addressing.addresses.iter().any(|address| address.contains(&vip));
    for link in links.iter_mut() {
        if near(&link.addressing) {
            link.vip = Some(vip);
            return true;
        }
        if let Some(vlan) = link.vlans.iter_mut().find(|vlan| near(&vlan.addressing)) {
            vlan.vip = Some(vip);
            return true;
        }
    }
    let learns = links.iter().flat_map(Link::addressings).any(|addressing| addressing.dhcp);
    if let Some(first) = links.first_mut() {
        first.vip = Some(vip);
    }
    learns
}
