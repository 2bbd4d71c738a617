//! Proves that nothing in the address plan collides: every range of addresses is listed once with its place, and each pair
//! that must not share an address is compared.

use std::net::IpAddr;

use super::{Resolver, network::nets};
use crate::diag::Diagnostic;
use crate::model::Network;
use crate::spec::scalar::{AddressRange, Cidr};
use crate::syntax::Path;

/// What a range is for; decides which ranges may share addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// The network of the machines: holds single addresses, pools and DHCP ranges.
    Nodes,
    /// Networks inside the cluster: share nothing with anything.
    Cluster,
    /// Addresses of the node network that something holds.
    Held,
    /// A pool of the load balancer.
    Pool,
    /// Handed out by a DHCP server, or kept free by the user.
    Reserved,
}

struct Claim {
    range: AddressRange,
    used_as: Use,
    what: String,
    path: Path,
}

/// `internal` are networks that components use inside the cluster: what, which, and who asked for it.
pub(super) fn prove(cx: &mut Resolver<'_>, network: &Network, internal: &[(String, Cidr, Path)]) {
    let claims = claims(cx, network, internal);
    for (index, later) in claims.iter().enumerate() {
        for earlier in &claims[..index] {
            if may_share(earlier, later) {
                continue;
            }
            let Some(shared) = earlier.range.intersect(&later.range) else { continue };
            let (at, first) = (cx.value(&later.path), cx.value(&earlier.path));
            let same = earlier.used_as == Use::Held && later.used_as == Use::Held;
            let message = if same {
                format!("{} has the address of {}", later.what, earlier.what)
            } else {
                format!("{} overlaps {}", later.what, earlier.what)
            };
            let verb = if shared.first == shared.last { "is" } else { "are" };
            cx.report(
                Diagnostic::error("address-overlap", at, message)
                    .note(format!("{shared} {verb} in both"))
                    .label(first, earlier.what.clone())
                    .help(way_out(earlier, later, &shared)),
            );
        }
    }
    contained(cx, network);
}

fn may_share(a: &Claim, b: &Claim) -> bool {
    // A range may be named both for DHCP and as reserved: it is the same promise.
    matches!(
        (a.used_as, b.used_as),
        (Use::Nodes, Use::Held | Use::Pool | Use::Reserved | Use::Nodes)
            | (Use::Held | Use::Pool | Use::Reserved, Use::Nodes)
            | (Use::Reserved, Use::Reserved)
    )
}

fn way_out(earlier: &Claim, later: &Claim, shared: &AddressRange) -> String {
    if later.used_as == Use::Pool
        && shared.first > later.range.first
        && let Some(before) = previous(shared.first)
    {
        return format!("end {} at {before}", later.what);
    }
    match (earlier.used_as, later.used_as) {
        (Use::Held, Use::Held) => "give each its own address".to_owned(),
        (Use::Cluster, _) | (_, Use::Cluster) => format!("choose another network for {}", later.what),
        _ => format!("move {} out of {}", later.what, earlier.range),
    }
}

fn previous(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => u32::from(v4).checked_sub(1).map(|n| IpAddr::V4(n.into())),
        IpAddr::V6(v6) => u128::from(v6).checked_sub(1).map(|n| IpAddr::V6(n.into())),
    }
}

/// Every range of the file, in the order in which a reader meets them.
fn claims(cx: &Resolver<'_>, network: &Network, internal: &[(String, Cidr, Path)]) -> Vec<Claim> {
    let mut claims = Vec::new();
    let mut claim =
        |range: AddressRange, used_as, what: String, path: Path| claims.push(Claim { range, used_as, what, path });
    let root = Path::of(["network"]);
    for net in &network.nodes {
        claim((*net).into(), Use::Nodes, "the node network".to_owned(), root.key("nodes"));
    }
    for net in &network.pods {
        claim((*net).into(), Use::Cluster, "the pod network".to_owned(), root.key("pods"));
    }
    for net in &network.services {
        claim((*net).into(), Use::Cluster, "the service network".to_owned(), root.key("services"));
    }
    if let Some(join) = &cx.spec.network.join {
        claim(join.0.into(), Use::Cluster, "the join network".to_owned(), root.key("join"));
    }
    for (what, cidr, path) in internal {
        claim(cidr.0.into(), Use::Cluster, what.clone(), path.clone());
    }
    claim(network.gateway.into(), Use::Held, "the gateway".to_owned(), root.key("gateway"));
    for (name, range) in &cx.spec.network.reserved {
        claim(*range, Use::Reserved, format!("the reserved range `{name}`"), root.key("reserved").key(name));
    }
    if let Some(boot) = &cx.spec.boot {
        let pxe = Path::of(["boot", "pxe"]);
        let server = boot.pxe.server.0;
        // The boot server is a machine of the network; it may be the gateway or a reserved address.
        if server != network.gateway && !cx.spec.network.reserved.values().any(|range| range.contains(server)) {
            claim(server.into(), Use::Held, "the boot server".to_owned(), pxe.key("server"));
        }
        if let Some(range) = boot.pxe.dhcp.range {
            claim(range, Use::Reserved, "the DHCP range of `boot.pxe`".to_owned(), pxe.key("dhcp").key("range"));
        }
    }
    for (name, node) in &cx.spec.nodes {
        if let Some(address) = node.address {
            claim(address.0.into(), Use::Held, format!("node `{name}`"), Path::of(["nodes", name, "address"]));
        }
    }
    if let Ok(address) = cx.spec.control_plane.endpoint.host.parse::<IpAddr>()
        && !cx.spec.nodes.values().any(|node| node.address.is_some_and(|a| a.0 == address))
    {
        claim(address.into(), Use::Held, "the API endpoint".to_owned(), Path::of(["controlPlane", "endpoint"]));
    }
    for (name, pool) in &network.load_balancers {
        for (index, range) in pool.addresses.iter().enumerate() {
            let path = root.key("loadBalancers").key(name).key("addresses").index(index);
            claim(*range, Use::Pool, format!("load-balancer pool `{name}`"), path);
        }
    }
    for (name, tenant) in &cx.spec.tenants {
        let path = Path::of(["tenants", name, "network"]);
        // Workers are pods of the management cluster, so its networks must stay reachable from inside; tenants do not see
        // each other and may use the same ranges.
        for (key, list, what) in
            [("pods", &tenant.network.pods, "pod"), ("services", &tenant.network.services, "service")]
        {
            for net in nets(list) {
                claim(net.into(), Use::Cluster, format!("the {what} network of tenant `{name}`"), path.key(key));
            }
        }
    }
    // Tenants may overlap each other: keep only the first claim of each such pair apart by checking within a tenant only.
    drop_tenant_pairs(claims)
}

/// Marks claims of different tenants so that they are not compared: the comparison is by what they stand for.
fn drop_tenant_pairs(claims: Vec<Claim>) -> Vec<Claim> {
    let mut kept: Vec<Claim> = Vec::with_capacity(claims.len());
    for claim in claims {
        let same_range_of_other_tenant = kept.iter().any(|other| {
            let tenant = |c: &Claim| c.path.steps().first() == Path::of(["tenants"]).steps().first();
            tenant(other)
                && tenant(&claim)
                && other.path.steps()[1] != claim.path.steps()[1]
                && other.range == claim.range
        });
        if !same_range_of_other_tenant {
            kept.push(claim);
        }
    }
    kept
}

/// Addresses that must lie inside the node network.
fn contained(cx: &mut Resolver<'_>, network: &Network) {
    let inside = |address: IpAddr| network.nodes.iter().any(|net| net.contains(&address));
    let nets = network.nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let nodes_at = cx.value(&Path::of(["network", "nodes"]));
    let mut outside: Vec<(Path, String, IpAddr)> = Vec::new();
    if let Some(gateway) = cx.spec.network.gateway {
        outside.push((Path::of(["network", "gateway"]), "the gateway".to_owned(), gateway.0));
    }
    for (name, node) in &cx.spec.nodes {
        if let Some(address) = node.address {
            outside.push((Path::of(["nodes", name, "address"]), format!("node `{name}`"), address.0));
        }
    }
    outside.retain(|(_, _, address)| !inside(*address));
    for (path, what, address) in outside {
        let at = cx.value(&path);
        cx.report(
            Diagnostic::error("address-outside-network", at, format!("{what} is not in the node network"))
                .note(format!("{address} is not in {nets}"))
                .label(nodes_at, "the node network")
                .help("correct the address, or add its network to `network.nodes`"),
        );
    }
    for (name, net) in cx.spec.nodes.iter().filter_map(|(name, node)| Some((name, node.address?.0))).collect::<Vec<_>>()
    {
        let edge = network.nodes.iter().find(|n| {
            n.contains(&net) && net.is_ipv4() && n.prefix_len() < 31 && (n.network() == net || n.broadcast() == net)
        });
        if let Some(edge) = edge {
            let at = cx.value(&Path::of(["nodes", name, "address"]));
            cx.report(Diagnostic::error(
                "address-outside-network",
                at,
                format!("{net} is the network or broadcast address of {edge}"),
            ));
        }
    }
}
