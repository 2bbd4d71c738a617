//! `network`: the address plan with its derived facts.

use ipnet::IpNet;

use super::Resolver;
use crate::catalog::nth_address;
use crate::diag::{Diagnostic, Fix};
use crate::model::{LoadBalancerPool, Network};
use crate::spec::scalar::Cidr;
use crate::spec::{Advertise, OneOrMany};
use crate::syntax::Path;

pub(super) fn resolve(cx: &mut Resolver<'_>) -> Option<Network> {
    let spec = &cx.spec.network;
    let nodes = nets(&spec.nodes);
    let pods = nets(&spec.pods);
    let services = nets(&spec.services);
    let families = |nets: &[IpNet]| nets.iter().map(|net| net.addr().is_ipv4()).collect::<Vec<_>>();
    let mut twice = false;
    for (key, nets) in [("pods", &pods), ("services", &services)] {
        if let Some(index) = (1..nets.len())
            .find(|index| nets[..*index].iter().any(|net| net.addr().is_ipv4() == nets[*index].addr().is_ipv4()))
        {
            twice = true;
            let list = Path::of(["network", key]);
            let (at, label) = (cx.value(&list.index(index)), cx.value(&list.index(0)));
            cx.report(
                Diagnostic::error("family-order", at, format!("`{key}` has a second network of one address family"))
                    .note("Kubernetes takes one network, or one per family")
                    .label(label, "the first")
                    .help("keep one, wide enough for all"),
            );
        }
    }
    if !twice && families(&pods) != families(&services) {
        let at = cx.value(&Path::of(["network", "services"]));
        let pods_at = cx.value(&Path::of(["network", "pods"]));
        // Two networks in the wrong order; the first of the pods' decides which family the cloud prefers.
        let swapped = families(&pods).iter().rev().eq(families(&services).iter()) && pods.len() == 2;
        let fixes = swapped.then(|| {
            let item = |index| Path::of(["network", "services"]).index(index);
            let (one, other) = (cx.value(&item(0)), cx.value(&item(1)));
            Fix::swap("give `services` the order of `pods`", one, other)
        });
        cx.report(
            Diagnostic::error("family-order", at, "`services` has other address families than `pods`")
                .label(pods_at, "the families of `pods`")
                .help("give one network per family in both, in the same order")
                .fix_if(fixes),
        );
    }
    let (Some(first_nodes), Some(first_services)) = (nodes.first(), services.first()) else {
        let at = cx.value(&Path::of(["network"]));
        cx.report(Diagnostic::error(
            "missing-key",
            at,
            "`nodes`, `pods` and `services` each need one network at least",
        ));
        return None;
    };
    let gateway = match spec.gateway {
        Some(gateway) => Some(gateway.0),
        None => nth_address(first_nodes, 1),
    };
    let Some(gateway) = gateway else {
        let at = cx.value(&Path::of(["network", "nodes"]));
        cx.report(Diagnostic::error("network-too-small", at, format!("`{first_nodes}` has no room for a gateway")));
        return None;
    };
    let Some(dns_service_ip) = nth_address(first_services, 10) else {
        let at = cx.value(&Path::of(["network", "services"]));
        cx.report(
            Diagnostic::error(
                "network-too-small",
                at,
                format!("`{first_services}` has no tenth address for the cluster DNS"),
            )
            .help("give services a /16, at least a /28"),
        );
        return None;
    };
    let mut load_balancers = indexmap::IndexMap::new();
    for (name, pool) in &spec.load_balancers {
        if pool.advertise == Advertise::Bgp && spec.bgp.is_none() {
            let at = cx.value(&Path::of(["network", "loadBalancers", name, "advertise"]));
            cx.report(
                Diagnostic::error(
                    "missing-bgp",
                    at,
                    format!("pool `{name}` is announced by BGP, but there are no peers"),
                )
                .help("add `network.bgp` with `localASN` and `peers`, or announce by `l2`"),
            );
        }
        load_balancers.insert(
            name.clone(),
            LoadBalancerPool {
                addresses: pool.addresses.clone(),
                advertise: pool.advertise,
                auto_assign: pool.auto_assign.unwrap_or(true),
            },
        );
    }
    Some(Network {
        nodes,
        gateway,
        pods,
        services,
        dns_domain: spec.dns_domain.as_ref().map_or_else(|| "cluster.local".to_owned(), |domain| domain.0.clone()),
        dns_service_ip,
        load_balancers,
        reserved: spec.reserved.clone(),
        internal: Vec::new(),
    })
}

pub(super) fn nets(list: &OneOrMany<Cidr>) -> Vec<IpNet> {
    list.as_slice().iter().map(|cidr| cidr.0).collect()
}
