//! Network interfaces of a node: which is the primary one, who carries the address, where the shared address lives.

mod check;
mod kind;

use std::net::IpAddr;

use ipnet::IpNet;

use super::Resolver;
use super::settings::required;
use crate::model::{Addressing, ControlPlane, EndpointKind, Link, LinkKind, Network, Vlan};
use crate::spec::{self, LinkAddresses, LinkMatch, Node, NodeSettings, Role};

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
    let carries = |address: IpAddr| given.iter().any(|(_, link)| carries_address(link, address));
    let node_address = node.address.map(|address| address.0).filter(|address| !carries(*address));

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
                addressing.dhcp = !carries_any(link);
            }
        }
        let vlans = link
            .vlans
            .iter()
            .flatten()
            .filter_map(|(vlan, v)| {
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
    if let EndpointKind::Vip(vip) = control_plane.endpoint.kind
        && node.role == Role::ControlPlane
    {
        place_vip(&mut links, network, vip);
    }
    links
}

fn carries_any(link: &spec::Link) -> bool {
    matches!(&link.addresses, Some(LinkAddresses::Static(list)) if !list.is_empty())
}

fn carries_address(link: &spec::Link, address: IpAddr) -> bool {
    let holds = |addresses: &Option<LinkAddresses>| matches!(addresses, Some(LinkAddresses::Static(list)) if list.iter().any(|a| a.0.addr() == address));
    holds(&link.addresses) || link.vlans.iter().flatten().any(|(_, vlan)| holds(&vlan.addresses))
}

fn addressing(
    addresses: Option<&LinkAddresses>,
    gateway: Option<spec::scalar::Address>,
    routes: Option<&indexmap::IndexMap<String, spec::scalar::Address>>,
) -> Addressing {
    let mut out = Addressing::default();
    match addresses {
        Some(LinkAddresses::Dhcp(_)) => out.dhcp = true,
        Some(LinkAddresses::Static(list)) => out.addresses = list.iter().map(|address| address.0).collect(),
        None => {}
    }
    if let Some(gateway) = gateway {
        out.routes.push((default_route(gateway.0), gateway.0));
    }
    for (to, via) in routes.into_iter().flatten() {
        if let Ok(net) = to.parse::<IpNet>() {
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
    let default = default_route(address);
    if !addressing.routes.iter().any(|(to, _)| *to == default) && net.contains(&network.gateway) {
        addressing.routes.push((default, network.gateway));
    } else if !addressing.routes.iter().any(|(to, _)| *to == default)
        && let Some(first) = crate::catalog::nth_address(net, 1)
    {
        // Another network of the nodes: its own first address is its gateway.
        addressing.routes.push((default, first));
    }
}

fn default_route(like: IpAddr) -> IpNet {
    match like {
        IpAddr::V4(_) => "0.0.0.0/0".parse().expect("a constant network"),
        IpAddr::V6(_) => "::/0".parse().expect("a constant network"),
    }
}

/// On the link or VLAN whose network holds the shared address; else on the primary link.
fn place_vip(links: &mut [Link], network: &Network, vip: IpAddr) {
    let near = |addressing: &Addressing| addressing.addresses.iter().any(|address| address.contains(&vip));
    for link in links.iter_mut() {
        if near(&link.addressing) {
            link.vip = Some(vip);
            return;
        }
        if let Some(vlan) = link.vlans.iter_mut().find(|vlan| near(&vlan.addressing)) {
            vlan.vip = Some(vip);
            return;
        }
    }
    debug_assert!(network.nodes.iter().any(|net| net.contains(&vip)), "an address outside is not a VIP");
    if let Some(first) = links.first_mut() {
        first.vip = Some(vip);
    }
}
