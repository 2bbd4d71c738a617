//! The address of a tenant's API: from a pool, of a node, or none of its own.

use indexmap::IndexMap;

use super::super::{POOL_LABEL, Written};
use crate::diag::Diagnostic;
use crate::model::{LoadBalancerPool, Network};
use crate::resolve::Resolver;
use crate::source::Span;
use crate::spec::Expose;
use crate::spec::scalar::Address;
use crate::syntax::Path;

/// MetalLB's and Cilium's annotations that put a Service on an address.
const ADDRESS_ANNOTATIONS: [&str; 2] = ["metallb.io/loadBalancerIPs", "lbipam.cilium.io/ips"];

/// What the Service of an API carries.
#[derive(Default)]
pub(super) struct Service {
    pub labels: IndexMap<String, String>,
    pub annotations: IndexMap<String, String>,
}

pub(super) fn service(cx: &mut Resolver<'_>, network: &Network, tenant: &Written<'_>) -> Service {
    let spec = &tenant.spec.control_plane;
    match (spec.expose, spec.address) {
        (Expose::LoadBalancer, address) => {
            if network.load_balancers.is_empty() {
                no_pools(cx, tenant);
                return Service::default();
            }
            address.map_or_else(Service::default, |address| in_pool(cx, network, tenant, address))
        }
        (Expose::NodePort, address) => {
            match address {
                Some(address) => of_nodes(cx, network, tenant, address),
                None => no_address(cx, tenant),
            }
            Service::default()
        }
        (_, Some(_)) => {
            takes_none(cx, tenant);
            Service::default()
        }
        (_, None) => Service::default(),
    }
}

fn in_pool(cx: &mut Resolver<'_>, network: &Network, tenant: &Written<'_>, address: Address) -> Service {
    let annotations = ADDRESS_ANNOTATIONS.map(|name| (name.to_owned(), address.0.to_string())).into();
    let Some(pool) = network.pool_of(address.0) else {
        let at = cx.value(&tenant.key(&["controlPlane", "address"]));
        // A pool that is wrong by itself was reported at its own place.
        let ranges = |(name, pool): (&String, &LoadBalancerPool)| {
            let list = Path::of(["network", "loadBalancers", name, "addresses"]);
            (0..pool.addresses.len()).map(move |index| list.index(index)).collect::<Vec<_>>()
        };
        let ranges: Vec<Span> = network.load_balancers.iter().flat_map(ranges).map(|path| cx.value(&path)).collect();
        let rules = ["address-overlap", "address-outside-network", "pool-off-link"];
        let wrong = ranges.iter().any(|range| rules.iter().any(|rule| cx.diags.has_at(rule, *range)));
        if wrong {
            return Service { annotations, ..Service::default() };
        }
        let message = format!("the API address of tenant `{}` is in no pool", tenant.name);
        let mut finding =
            Diagnostic::error("address-outside-network", at, message).help("choose an address of a pool, or widen one");
        for range in ranges.into_iter().take(4) {
            finding = finding.label(range, "a pool");
        }
        if !cx.document.contains(&tenant.key(&["controlPlane", "address"])) {
            finding = finding.note(format!("`cloud.lock` keeps {} for it", address.0));
        }
        cx.report(finding);
        // A pool that is not cloudc's may have it.
        return Service { annotations, ..Service::default() };
    };
    Service { labels: IndexMap::from([(POOL_LABEL.to_owned(), pool.to_owned())]), annotations }
}

/// A node answers node ports on its own addresses; what lies outside of everything here may forward to the nodes.
fn of_nodes(cx: &mut Resolver<'_>, network: &Network, tenant: &Written<'_>, address: Address) {
    let nodes = &cx.spec.nodes;
    let a_node = nodes.values().any(|node| node.address.is_some_and(|own| own.0 == address.0));
    let perhaps = nodes.values().any(|node| node.address.is_none());
    let node_network = network.nodes.iter().any(|net| net.contains(&address.0));
    let in_pool = network.pool_of(address.0).is_some();
    let in_cluster = network.pods.iter().chain(&network.services).any(|net| net.contains(&address.0));
    if a_node || perhaps && node_network && !in_pool || !node_network && !in_pool && !in_cluster {
        return;
    }
    let at = cx.value(&tenant.key(&["controlPlane", "address"]));
    let label = cx.key(&tenant.key(&["controlPlane", "expose"]));
    cx.report(
        Diagnostic::error(
            "address-outside-network",
            at,
            format!("no node has the API address of tenant `{}`", tenant.name),
        )
        .label(label, "a node port answers on the addresses of nodes")
        .help("give the address of a node, or of a load balancer outside that forwards to the nodes"),
    );
}

fn takes_none(cx: &mut Resolver<'_>, tenant: &Written<'_>) {
    let (at, label) =
        (cx.value(&tenant.key(&["controlPlane", "address"])), cx.key(&tenant.key(&["controlPlane", "expose"])));
    cx.report(
        Diagnostic::error("wrong-value", at, format!("the API of tenant `{}` takes no address", tenant.name))
            .label(label, "because of how it is exposed")
            .help("remove `address`, or use `expose: load-balancer`"),
    );
}

fn no_address(cx: &mut Resolver<'_>, tenant: &Written<'_>) {
    let at = cx.value(&tenant.key(&["controlPlane", "expose"]));
    cx.report(Diagnostic::error("missing-key", at, "an API exposed this way needs `address`").help(format!(
        "add `controlPlane.address` to tenant `{}`: that of a node, or of what forwards to the nodes",
        tenant.name
    )));
}

fn no_pools(cx: &mut Resolver<'_>, tenant: &Written<'_>) {
    let at = cx.key(&tenant.key(&["controlPlane"]));
    cx.report(
        Diagnostic::error(
            "missing-capability",
            at,
            format!("the API of tenant `{}` needs a load balancer", tenant.name),
        )
        .help("add a pool under `network.loadBalancers`, or `expose: cluster-ip`"),
    );
}
