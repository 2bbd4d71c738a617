//! The address plan as a list: every range and single address that something holds, with its place.

use std::net::IpAddr;

use indexmap::IndexMap;

use super::needs::Settings;
use super::settings::declared_at;
use super::{Resolver, network::nets};
use crate::model::{Endpoint, EndpointKind, Network};
use crate::spec::scalar::{AddressRange, Cidr};
use crate::spec::{Link, LinkAddresses};
use crate::syntax::Path;

/// What a range is for; decides which ranges may share addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// The network of the machines: holds single addresses, pools and DHCP ranges.
    Nodes,
    /// Networks inside the cluster: share nothing with anything.
    Cluster,
    /// A single address that a machine answers on.
    Held,
    /// A single address of a link without hardware: several machines may have it, as for a cache on each or for anycast.
    Local,
    /// A pool of the load balancer.
    Pool,
    /// Handed out by a DHCP server, or kept free by the user.
    Reserved,
}

#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub range: AddressRange,
    pub used_as: Use,
    pub what: String,
    pub path: Path,
    /// The tenant whose network it is.
    pub tenant: Option<String>,
    /// Of a component, which chose it by itself: the others are what can move.
    pub internal: bool,
}

impl Claim {
    pub(super) fn may_share(&self, other: &Self) -> bool {
        // Workers are pods of the management cluster, so its networks must stay reachable from inside; tenants do not see
        // each other and may use the same ranges.
        if let (Some(one), Some(other)) = (&self.tenant, &other.tenant) {
            return one != other;
        }
        // A range may be named both for DHCP and as reserved: it is the same promise.
        matches!(
            (self.used_as, other.used_as),
            (Use::Nodes, Use::Held | Use::Local | Use::Pool | Use::Reserved | Use::Nodes)
                | (Use::Held | Use::Local | Use::Pool | Use::Reserved, Use::Nodes)
                | (Use::Reserved, Use::Reserved)
                | (Use::Local, Use::Local)
        )
    }

    /// Whether it is one address of a machine.
    pub(super) const fn is_single(&self) -> bool {
        matches!(self.used_as, Use::Held | Use::Local)
    }
}

/// Every claim of the cloud, in the order in which a reader meets them. `internal` are networks that components use inside
/// the cluster: what, which, and who asked for it.
pub(super) fn claims(
    cx: &Resolver<'_>,
    network: &Network,
    internal: &[(String, Cidr, Path)],
    settings: &IndexMap<String, Settings>,
    endpoint: &Endpoint,
) -> Vec<Claim> {
    let mut claims = Vec::new();
    networks(cx, network, internal, &mut claims);
    boot(cx, network, &mut claims);
    for (name, settings) in settings {
        node(cx, name, settings, &mut claims);
    }
    peers(cx, network, &mut claims);
    if let Ok(address) = endpoint.host.parse::<IpAddr>()
        && !matches!(endpoint.kind, EndpointKind::Node(_))
    {
        let path = Path::of(["controlPlane", "endpoint"]);
        claims.push(claim(address, Use::Held, "the API endpoint".to_owned(), path));
    }
    for (name, pool) in &network.load_balancers {
        for (index, range) in pool.addresses.iter().enumerate() {
            let path = Path::of(["network", "loadBalancers", name, "addresses"]).index(index);
            claims.push(claim(*range, Use::Pool, format!("load-balancer pool `{name}`"), path));
        }
    }
    for (name, tenant) in &cx.spec.tenants {
        let path = Path::of(["tenants", name, "network"]);
        for (key, list, what) in
            [("pods", &tenant.network.pods, "pod"), ("services", &tenant.network.services, "service")]
        {
            for net in nets(list) {
                let what = format!("the {what} network of tenant `{name}`");
                let claim = claim(net, Use::Cluster, what, path.key(key));
                claims.push(Claim { tenant: Some(name.clone()), ..claim });
            }
        }
    }
    claims
}

fn claim(range: impl Into<AddressRange>, used_as: Use, what: String, path: Path) -> Claim {
    Claim { range: range.into(), used_as, what, path, tenant: None, internal: false }
}

/// What `network` itself names, and what components add to it.
fn networks(cx: &Resolver<'_>, network: &Network, internal: &[(String, Cidr, Path)], claims: &mut Vec<Claim>) {
    let root = Path::of(["network"]);
    for (key, nets, used_as, what) in [
        ("nodes", &network.nodes, Use::Nodes, "the node network"),
        ("pods", &network.pods, Use::Cluster, "the pod network"),
        ("services", &network.services, Use::Cluster, "the service network"),
    ] {
        claims.extend(nets.iter().map(|net| claim(*net, used_as, what.to_owned(), root.key(key))));
    }
    if let Some(join) = &cx.spec.network.join {
        claims.push(claim(join.0, Use::Cluster, "the join network".to_owned(), root.key("join")));
    }
    for (what, cidr, path) in internal {
        let claim = claim(cidr.0, Use::Cluster, what.clone(), path.clone());
        claims.push(Claim { internal: true, ..claim });
    }
    claims.push(claim(network.gateway, Use::Held, "the gateway".to_owned(), root.key("gateway")));
    for (name, range) in &cx.spec.network.reserved {
        let path = root.key("reserved").key(name);
        claims.push(claim(*range, Use::Reserved, format!("the reserved range `{name}`"), path));
    }
}

fn peers(cx: &Resolver<'_>, network: &Network, claims: &mut Vec<Claim>) {
    let mut routers = vec![network.gateway];
    for (name, peer) in cx.spec.network.bgp.iter().flat_map(|bgp| &bgp.peers) {
        // A router may be the gateway, stand in a reserved range, or be named twice, which is a fault of its own.
        let reserved = cx.spec.network.reserved.values().any(|range| range.contains(peer.address.0));
        if !reserved && !routers.contains(&peer.address.0) {
            let path = Path::of(["network", "bgp", "peers", name, "address"]);
            claims.push(claim(peer.address.0, Use::Held, format!("BGP peer `{name}`"), path));
        }
        routers.push(peer.address.0);
    }
}

fn boot(cx: &Resolver<'_>, network: &Network, claims: &mut Vec<Claim>) {
    let Some(boot) = &cx.spec.boot else { return };
    let pxe = Path::of(["boot", "pxe"]);
    let server = boot.pxe.server.0;
    // The boot server is a machine of the network; it may be the gateway or a reserved address.
    if server != network.gateway && !cx.spec.network.reserved.values().any(|range| range.contains(server)) {
        claims.push(claim(server, Use::Held, "the boot server".to_owned(), pxe.key("server")));
    }
    if let Some(range) = boot.pxe.dhcp.range {
        let path = pxe.key("dhcp").key("range");
        claims.push(claim(range, Use::Reserved, "the DHCP range of `boot.pxe`".to_owned(), path));
    }
}

/// A node's own address, and those that its links and VLANs have besides.
fn node(cx: &Resolver<'_>, name: &str, settings: &Settings, claims: &mut Vec<Claim>) {
    let own = cx.spec.nodes[name].address.map(|address| address.0);
    if let Some(address) = own {
        claims.push(claim(address, Use::Held, format!("node `{name}`"), Path::of(["nodes", name, "address"])));
    }
    for (link_name, link) in settings.settings.links.iter().flatten() {
        let Some(link) = link else { continue };
        for (holder, keys, addresses) in interfaces(link_name, link) {
            let Some(LinkAddresses::Static(addresses)) = addresses else { continue };
            let used_as = if link.dummy == Some(true) { Use::Local } else { Use::Held };
            let list = declared_at(cx, name, &keys);
            for (index, address) in addresses.iter().map(|address| address.0.addr()).enumerate() {
                // The node's own address may be written on the link that carries it.
                if own != Some(address) {
                    claims.push(claim(address, used_as, format!("{holder} of node `{name}`"), list.index(index)));
                }
            }
        }
    }
}

/// A link and its VLANs: what each is called, where its addresses stand, and those.
fn interfaces<'l>(name: &'l str, link: &'l Link) -> Vec<(String, Vec<&'l str>, Option<&'l LinkAddresses>)> {
    let own = (format!("link `{name}`"), vec!["links", name, "addresses"], link.addresses.as_ref());
    let vlans = link.vlans.iter().flatten().filter_map(|(vlan, v)| {
        let addresses = v.as_ref()?.addresses.as_ref();
        Some((format!("VLAN `{vlan}`"), vec!["links", name, "vlans", vlan, "addresses"], addresses))
    });
    std::iter::once(own).chain(vlans).collect()
}
