//! Network interfaces of a node: which is the primary one, who carries the address, where the shared address lives.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::Resolver;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::{
    Addressing, Bond, ControlPlane, EndpointKind, Link, LinkKind, Network, Vlan, Wireguard, WireguardPeer,
};
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
    check_names(cx, name, &given);
    check_kinds(cx, name, &given);
    let primary = given.iter().position(|(_, link)| link.primary == Some(true)).unwrap_or(0);
    let carries = |address: IpAddr| given.iter().any(|(_, link)| carries_address(link, address));
    let node_address = node.address.map(|address| address.0).filter(|address| !carries(*address));

    for (index, (link_name, link)) in given.iter().enumerate() {
        let is_primary = index == primary;
        let kind = if let Some(bond) = &link.bond {
            LinkKind::Bond(Bond {
                mode: bond.mode,
                members: bond.members.clone(),
                // Linux checks no link by default, and a bond that does not notice a dead member is none.
                miimon: bond.miimon.or(Some(100)),
                lacp_rate: bond.lacp_rate,
                xmit_hash_policy: bond.xmit_hash_policy,
                up_delay: bond.up_delay,
                down_delay: bond.down_delay,
            })
        } else if let Some(bridge) = &link.bridge {
            LinkKind::Bridge { members: bridge.members.clone(), stp: bridge.stp }
        } else if link.dummy == Some(true) {
            LinkKind::Dummy
        } else if let Some(wireguard) = &link.wireguard {
            LinkKind::Wireguard(self::wireguard(wireguard))
        } else {
            match (&link.matches, is_primary) {
                (Some(matches), _) => LinkKind::Physical(matches.clone()),
                (None, true) => by_mac.clone().map_or(LinkKind::FirstPhysical, LinkKind::Physical),
                (None, false) => {
                    let at = cx.key(&declared_at(cx, name, &["links", link_name]));
                    cx.report(
                        Diagnostic::error(
                            "link-without-match",
                            at,
                            format!("nothing says which interface `{link_name}` is"),
                        )
                        .help("add `match: {mac: ...}`, or one of `driver`, `busPath`, `name`"),
                    );
                    continue;
                }
            }
        };
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
            .map(|(vlan, v)| Vlan {
                name: vlan.clone(),
                id: v.id,
                addressing: self::addressing(v.addresses.as_ref(), v.gateway, v.routes.as_ref()),
                mtu: v.mtu,
                vip: None,
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

/// A link is one thing, and one link is the primary one.
fn check_kinds(cx: &mut Resolver<'_>, node: &str, links: &[(String, spec::Link)]) {
    let mut first_primary: Option<&str> = None;
    for (name, link) in links {
        let kinds = [
            ("match", link.matches.is_some()),
            ("bond", link.bond.is_some()),
            ("bridge", link.bridge.is_some()),
            ("dummy", link.dummy == Some(true)),
            ("wireguard", link.wireguard.is_some()),
        ];
        let given: Vec<&str> = kinds.iter().filter(|(_, given)| *given).map(|(kind, _)| *kind).collect();
        if let [first, second, ..] = given.as_slice() {
            let at = cx.key(&declared_at(cx, node, &["links", name, second]));
            let label = cx.key(&declared_at(cx, node, &["links", name, first]));
            cx.report(
                Diagnostic::error("link-of-two-kinds", at, format!("link `{name}` is both `{first}` and `{second}`"))
                    .label(label, "the first")
                    .help("keep one of them, or make two links"),
            );
        }
        if link.primary == Some(true)
            && let Some(first) = first_primary.replace(name)
        {
            let at = cx.key(&declared_at(cx, node, &["links", name, "primary"]));
            let label = cx.key(&declared_at(cx, node, &["links", first, "primary"]));
            cx.report(
                Diagnostic::error("two-primary-links", at, format!("node `{node}` has a second primary link"))
                    .label(label, "the first")
                    .help("the node's address and default route go on one link"),
            );
        }
    }
}

/// Names of virtual links and VLANs are interface names: unique on the machine, 15 characters at most.
fn check_names(cx: &mut Resolver<'_>, node: &str, links: &[(String, spec::Link)]) {
    // Interface name -> its link, and its VLAN on it.
    let mut taken: BTreeMap<&str, (&str, Option<&str>)> = BTreeMap::new();
    let key = |cx: &Resolver<'_>, (link, vlan): (&str, Option<&str>)| {
        let path = declared_at(cx, node, &["links", link]);
        cx.key(&vlan.map_or(path.clone(), |vlan| path.key("vlans").key(vlan)))
    };
    for (link_name, link) in links {
        let virtual_link =
            link.bond.is_some() || link.bridge.is_some() || link.dummy == Some(true) || link.wireguard.is_some();
        let own = (link_name.as_str(), (link_name.as_str(), None), virtual_link);
        let vlans = link
            .vlans
            .iter()
            .flatten()
            .map(|(vlan, _)| (vlan.as_str(), (link_name.as_str(), Some(vlan.as_str())), true));
        for (name, place, interface) in std::iter::once(own).chain(vlans) {
            if interface && name.len() > 15 {
                let at = key(cx, place);
                cx.report(
                    Diagnostic::error("wrong-name", at, format!("`{name}` is too long for an interface"))
                        .note("Linux takes 15 characters at most"),
                );
            }
            if let Some(first) = taken.insert(name, place) {
                let (at, label) = (key(cx, place), key(cx, first));
                cx.report(
                    Diagnostic::error("duplicate-name", at, format!("node `{node}` has two interfaces `{name}`"))
                        .label(label, "the first")
                        .help("give each link and VLAN its own name"),
                );
            }
        }
    }
}

fn wireguard(spec: &spec::Wireguard) -> Wireguard {
    let peers = spec.peers.iter().map(|peer| WireguardPeer {
        public_key: peer.public_key.0.clone(),
        endpoint: peer.endpoint.as_ref().map(ToString::to_string),
        allowed_ips: peer.allowed_ips.iter().map(|cidr| cidr.0).collect(),
        keepalive: peer.keepalive.as_ref().map(|keepalive| keepalive.text.clone()),
    });
    Wireguard { private_key: spec.private_key.secret.clone(), listen_port: spec.listen_port, peers: peers.collect() }
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
