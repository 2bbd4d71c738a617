//! Addresses that a machine must find: gateways of its links, servers, routers, its own networks.

use std::collections::BTreeMap;
use std::net::IpAddr;

use indexmap::IndexMap;
use ipnet::IpNet;

use super::Resolver;
use super::needs::Settings;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::{Addressing, LinkKind, Machine, Network};
use crate::spec::scalar::Address;
use crate::spec::{Advertise, DhcpMode, Role};
use crate::syntax::Path;

pub(super) fn check(
    cx: &mut Resolver<'_>,
    network: &Network,
    settings: &IndexMap<String, Settings>,
    machines: &[Machine],
) {
    for machine in machines {
        links(cx, network, machine, settings);
        node_ip(cx, machine);
    }
    advertised(cx, machines);
    pools(cx, network, machines);
    peers(cx);
    boot(cx, network);
    families(cx, network);
}

/// Gateways and addresses of the links and VLANs of a machine.
fn links(cx: &mut Resolver<'_>, network: &Network, machine: &Machine, settings: &IndexMap<String, Settings>) {
    for link in &machine.links {
        if matches!(link.kind, LinkKind::Wireguard(_) | LinkKind::Dummy) {
            continue;
        }
        let Some(said) = settings[&machine.name].settings.links.iter().flatten().find(|(name, _)| **name == link.name)
        else {
            continue;
        };
        let Some(spec) = said.1 else { continue };
        let keys = ["links", link.name.as_str()];
        addresses(cx, machine, &keys, &link.addressing);
        into_cluster(cx, network, machine, &keys, &link.addressing);
        gateways(cx, machine, &keys, &link.addressing, spec.gateway, spec.routes.as_ref());
        for vlan in &link.vlans {
            let keys = ["links", link.name.as_str(), "vlans", vlan.name.as_str()];
            let Some(Some(spec)) = spec.vlans.iter().flatten().find(|(name, _)| **name == vlan.name).map(|(_, v)| v)
            else {
                continue;
            };
            addresses(cx, machine, &keys, &vlan.addressing);
            into_cluster(cx, network, machine, &keys, &vlan.addressing);
            gateways(cx, machine, &keys, &vlan.addressing, spec.gateway, spec.routes.as_ref());
        }
    }
}

/// Whether an address stands for a whole network and for no machine.
pub(super) fn is_edge(net: &IpNet, address: IpAddr) -> bool {
    net.contains(&address)
        && address.is_ipv4()
        && net.prefix_len() < 31
        && (net.network() == address || net.broadcast() == address)
}

fn addresses(cx: &mut Resolver<'_>, machine: &Machine, keys: &[&str], addressing: &Addressing) {
    let list = declared_at(cx, &machine.name, &[keys, &["addresses"]].concat());
    for (index, address) in addressing.addresses.iter().enumerate() {
        let place = list.index(index);
        if is_edge(address, address.addr()) && cx.document.contains(&place) {
            let at = cx.value(&place);
            edge(cx, at, address.addr(), &address.trunc());
        }
    }
}

/// The finding about an address that no machine can have.
pub(super) fn edge(cx: &mut Resolver<'_>, at: crate::source::Span, address: IpAddr, net: &IpNet) {
    cx.report_once(
        Diagnostic::error(
            "address-outside-network",
            at,
            format!("{address} is the network or broadcast address of {net}"),
        )
        .help("choose an address between the two"),
    );
}

fn gateways(
    cx: &mut Resolver<'_>,
    machine: &Machine,
    keys: &[&str],
    addressing: &Addressing,
    gateway: Option<Address>,
    routes: Option<&IndexMap<String, Option<Address>>>,
) {
    // What DHCP gives is not known; an address with the prefix of a host has its gateway beside its network.
    let known = !addressing.dhcp
        && !addressing.addresses.is_empty()
        && addressing.addresses.iter().all(|net| net.prefix_len() < net.max_prefix_len());
    if !known {
        return;
    }
    let routes =
        routes.into_iter().flatten().filter_map(|(to, via)| Some((vec!["routes", to.as_str()], via.as_ref()?.0)));
    let all = gateway.map(|gateway| (vec!["gateway"], gateway.0)).into_iter().chain(routes);
    for (last, via) in all {
        // An address of that family may come from router advertisements.
        if !addressing.addresses.iter().any(|net| net.addr().is_ipv4() == via.is_ipv4()) {
            continue;
        }
        let link_local = matches!(via, IpAddr::V6(v6) if v6.is_unicast_link_local());
        if link_local || addressing.addresses.iter().any(|net| net.contains(&via)) {
            continue;
        }
        let at = cx.value(&declared_at(cx, &machine.name, &[keys, &last].concat()));
        let nets = addressing.addresses.iter().map(|net| net.trunc().to_string()).collect::<Vec<_>>().join(", ");
        let label = cx.key(&Path::of(["nodes", &machine.name]));
        cx.report_once(
            Diagnostic::error(
                "address-outside-network",
                at,
                format!("node `{}` cannot reach the gateway {via}", machine.name),
            )
            .note(format!("its link is in {nets}"))
            .label(label, "this node")
            .help("name a router that is in the network of the link"),
        );
    }
}

/// A route to where pods or Services are leads their packets out of the cluster; a wider one does not, since theirs are closer.
fn into_cluster(cx: &mut Resolver<'_>, network: &Network, machine: &Machine, keys: &[&str], addressing: &Addressing) {
    for (to, _) in addressing.routes.iter().filter(|(to, _)| to.prefix_len() > 0) {
        let nets = [("pods", &network.pods), ("services", &network.services)];
        let Some((what, net)) =
            nets.iter().find_map(|(what, nets)| Some((*what, nets.iter().find(|net| net.contains(to))?)))
        else {
            continue;
        };
        let place = declared_at(cx, &machine.name, &[keys, &["routes", &to.to_string()]].concat());
        if !cx.document.contains(&place) {
            continue;
        }
        let (at, label) = (cx.key(&place), cx.value(&Path::of(["network", what])));
        cx.report_once(
            Diagnostic::error("address-overlap", at, format!("a route to {to} leads out of `network.{what}`"))
                .note(format!("{net} is inside of the cluster"))
                .label(label, "has these addresses")
                .help("route to another network, or choose another one for the cluster"),
        );
    }
}

fn all_addresses(machine: &Machine) -> Vec<IpAddr> {
    let own = machine.address.into_iter();
    own.chain(machine.addressings().flat_map(|a| &a.addresses).map(IpNet::addr)).collect()
}

/// Networks from which the kubelet takes the address of its node.
fn node_ip(cx: &mut Resolver<'_>, machine: &Machine) {
    let place = declared_at(cx, &machine.name, &["kubelet", "nodeIP"]);
    if !cx.document.contains(&place) || machine.learns_addresses() {
        return;
    }
    let (out, within): (Vec<_>, Vec<_>) = machine.kubelet.node_ip.iter().partition(|net| net.starts_with('!'));
    let net = |text: &String| text.trim_start_matches('!').parse::<IpNet>().ok();
    let out: Vec<IpNet> = out.into_iter().filter_map(net).collect();
    let within: Vec<IpNet> = within.into_iter().filter_map(net).collect();
    let fits = |address: &IpAddr| {
        (within.is_empty() || within.iter().any(|net| net.contains(address)))
            && !out.iter().any(|net| net.contains(address))
    };
    if all_addresses(machine).iter().any(fits) {
        return;
    }
    not_among(cx, machine, &place, "the kubelet", "`nodeIP`");
}

/// Networks on which etcd is advertised.
fn advertised(cx: &mut Resolver<'_>, machines: &[Machine]) {
    let subnets = cx.spec.control_plane.etcd.as_ref().map_or(&[][..], |etcd| &etcd.advertised_subnets);
    if subnets.is_empty() {
        return;
    }
    for machine in machines.iter().filter(|machine| machine.role == Role::ControlPlane && !machine.learns_addresses()) {
        if !all_addresses(machine).iter().any(|address| subnets.iter().any(|net| net.0.contains(address))) {
            let place = Path::of(["controlPlane", "etcd", "advertisedSubnets"]);
            not_among(cx, machine, &place, "etcd", "`advertisedSubnets`");
        }
    }
}

fn not_among(cx: &mut Resolver<'_>, machine: &Machine, place: &Path, who: &str, list: &str) {
    let at = cx.value(place);
    let label = cx.key(&Path::of(["nodes", &machine.name]));
    cx.report_once(
        Diagnostic::error("address-outside-network", at, format!("{who} finds no address on node `{}`", machine.name))
            .note("it waits until the machine has one in these networks")
            .label(label, "no address of this node is in them")
            .help(format!("add the network of the node to {list}, or leave it out")),
    );
}

/// What is announced by ARP or NDP is asked for on the link of its network.
fn pools(cx: &mut Resolver<'_>, network: &Network, machines: &[Machine]) {
    let nets: Vec<IpNet> = machines
        .iter()
        .flat_map(Machine::addressings)
        .flat_map(|addressing| addressing.addresses.iter().map(IpNet::trunc))
        .chain(network.nodes.iter().copied())
        .collect();
    for (name, pool) in network.load_balancers.iter().filter(|(_, pool)| pool.advertise == Advertise::L2) {
        for (index, range) in pool.addresses.iter().enumerate() {
            let near = |net: &IpNet| net.contains(&range.first) && net.contains(&range.last);
            // Of a family without any network here, nothing is known.
            let known = nets.iter().any(|net| net.addr().is_ipv4() == range.first.is_ipv4());
            if !known || nets.iter().any(near) {
                continue;
            }
            let at = cx.value(&Path::of(["network", "loadBalancers", name, "addresses"]).index(index));
            // One that lies where something else is was reported.
            if cx.diags.has_at("address-overlap", at) {
                continue;
            }
            let label = cx.value(&Path::of(["network", "nodes"]));
            cx.report_once(
                Diagnostic::warning("pool-off-link", at, format!("no node is in the network of pool `{name}`"))
                    .note("announced by layer 2, its addresses are asked for on a link, and these on no link of a node")
                    .label(label, "the node network")
                    .help("take addresses of the node network, or `advertise: bgp`"),
            );
        }
    }
}

/// A router is one session.
fn peers(cx: &mut Resolver<'_>) {
    let mut taken: BTreeMap<IpAddr, &str> = BTreeMap::new();
    for (name, peer) in cx.spec.network.bgp.iter().flat_map(|bgp| &bgp.peers) {
        let Some(first) = taken.insert(peer.address.0, name) else { continue };
        let place = |name: &str| Path::of(["network", "bgp", "peers", name, "address"]);
        let (at, label) = (cx.value(&place(name)), cx.value(&place(first)));
        cx.report_once(
            Diagnostic::error("duplicate-peer", at, format!("BGP peers `{first}` and `{name}` have one address"))
                .label(label, "the first")
                .help("one session is enough for a router: keep one of the two"),
        );
    }
}

/// A DHCP server hands out addresses of the network it stands in.
fn boot(cx: &mut Resolver<'_>, network: &Network) {
    let Some(boot) = &cx.spec.boot else { return };
    let (pxe, path) = (&boot.pxe, Path::of(["boot", "pxe"]));
    let Some(net) = network.nodes.iter().find(|net| net.contains(&pxe.server.0)) else { return };
    let inside = |address: IpAddr| net.contains(&address);
    let mut outside = Vec::new();
    if let Some(range) = pxe.dhcp.range.filter(|range| !inside(range.first) || !inside(range.last)) {
        outside.push((path.key("dhcp").key("range"), format!("the DHCP range {range}")));
    }
    if let Some(router) = pxe.dhcp.router.filter(|router| pxe.dhcp.mode == DhcpMode::Server && !inside(router.0)) {
        outside.push((path.key("dhcp").key("router"), format!("the router {}", router.0)));
    }
    for (place, what) in outside {
        let (at, label) = (cx.value(&place), cx.value(&path.key("server")));
        cx.report_once(
            Diagnostic::error(
                "address-outside-network",
                at,
                format!("{what} is not in the network of the boot server"),
            )
            .note(format!("the server is in {net}, and a machine that boots is given addresses of it"))
            .label(label, "the boot server")
            .help(format!("take addresses of {net}")),
        );
    }
}

/// What pods and Services speak, machines and pools must speak too.
fn families(cx: &mut Resolver<'_>, network: &Network) {
    let name = |v4: bool| if v4 { "IPv4" } else { "IPv6" };
    let has = |nets: &[IpNet], v4: bool| nets.iter().any(|net| net.addr().is_ipv4() == v4);
    for v4 in [true, false] {
        // A second family may come to the nodes by router advertisements, without a line here.
        if network.pods.first().is_some_and(|pods| pods.addr().is_ipv4() == v4) && !has(&network.nodes, v4) {
            let (at, label) = (cx.value(&Path::of(["network", "pods"])), cx.value(&Path::of(["network", "nodes"])));
            cx.report_once(
                Diagnostic::error("missing-family", at, format!("pods have {}, and nodes have none", name(v4)))
                    .note("a node needs an address of the first family of its pods")
                    .label(label, "the node network")
                    .help(format!(
                        "add the {} network of the machines to `nodes`, or take it from `pods` and `services`",
                        name(v4)
                    )),
            );
        }
        if !has(&network.services, v4) {
            for (pool_name, pool) in &network.load_balancers {
                for (index, _) in pool.addresses.iter().enumerate().filter(|(_, range)| range.first.is_ipv4() == v4) {
                    let at = cx.value(&Path::of(["network", "loadBalancers", pool_name, "addresses"]).index(index));
                    let label = cx.value(&Path::of(["network", "services"]));
                    cx.report_once(
                        Diagnostic::error("missing-family", at, format!("no Service can take an {} address", name(v4)))
                            .label(label, "the families of Services")
                            .help(format!(
                                "add an {} network to `pods` and `services`, or take the addresses out",
                                name(v4)
                            )),
                    );
                }
            }
        }
        let knows = has(&network.nodes, v4);
        let list = cx.spec.network.nameservers.iter().flatten().enumerate();
        for (index, server) in list.filter(|(_, server)| server.0.is_ipv4() == v4 && !knows).collect::<Vec<_>>() {
            let at = cx.value(&Path::of(["network", "nameservers"]).index(index));
            let label = cx.value(&Path::of(["network", "nodes"]));
            cx.report_once(
                Diagnostic::warning("missing-family", at, format!("no node reaches {}", server.0))
                    .label(label, format!("no {} network", name(v4)))
                    .help("name a server of a family that the nodes have"),
            );
        }
    }
}
