//! What tenants leave open and the cloud has a pool for: networks and node ports, each tenant its own.
//!
//! Runs before everything else, so that the rest sees a cloud in which every tenant says what it has. What a tenant took
//! stands in `cloud.lock` and stays: a tenant that comes or goes moves no other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use ipnet::IpNet;

use super::tenants::node_ports;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lock::{Lock, TenantAllocation};
use crate::spec::scalar::Cidr;
use crate::spec::{Cloud, Expose, NetworkPool, OneOrMany, Role};
use crate::syntax::{Document, Path};

/// Fills in what tenants leave open: what `held` says, else what is free. Gives what each tenant has from a pool; nothing where
/// one is left without.
pub(super) fn allocate(
    spec: &mut Cloud,
    document: &Document,
    held: &Lock,
    diags: &mut Diagnostics,
) -> Option<BTreeMap<String, TenantAllocation>> {
    let pools = spec.network.tenants.clone().unwrap_or_default();
    let mut taken = Taken::of(spec, held);
    // Any node answers on its node ports; the first is as good as another, and always the same.
    let mut control_planes = spec.nodes.values().filter(|node| node.role == Role::ControlPlane);
    let node = control_planes.find_map(|node| node.address);
    let mut allocations = BTreeMap::new();
    let mut without = Vec::new();
    for (name, tenant) in &mut spec.tenants {
        let before = held.tenants.get(name).map(|pins| pins.allocation.clone()).unwrap_or_default();
        let network = &mut tenant.network;
        let mut allocation = TenantAllocation {
            pods: taken.fill(&mut network.pods, before.pods, pools.pods.as_ref()),
            services: taken.fill(&mut network.services, before.services, pools.services.as_ref()),
            ..TenantAllocation::default()
        };
        for (key, own, pool) in [("pods", &network.pods, &pools.pods), ("services", &network.services, &pools.services)]
        {
            if own.as_slice().is_empty() {
                without.push(no_network(document, name, key, pool.as_ref()));
            }
        }
        let control_plane = &mut tenant.control_plane;
        if control_plane.expose == Expose::NodePort {
            control_plane.address = control_plane.address.or(node);
            if control_plane.port.is_none() {
                allocation.port = before.port.or_else(|| taken.port());
                control_plane.port = allocation.port;
            }
            let konnectivity = control_plane.konnectivity.unwrap_or(true);
            if konnectivity && control_plane.konnectivity_port.is_none() {
                allocation.konnectivity_port = before.konnectivity_port.or_else(|| taken.port());
                control_plane.konnectivity_port = allocation.konnectivity_port;
            }
            if control_plane.port.is_none() || konnectivity && control_plane.konnectivity_port.is_none() {
                without.push(no_port(document, name, &taken.node_ports));
            }
        }
        if !allocation.is_empty() {
            allocations.insert(name.clone(), allocation);
        }
    }
    let complete = without.is_empty();
    for finding in without {
        diags.push(finding);
    }
    complete.then_some(allocations)
}

/// What somebody has already.
struct Taken {
    networks: Vec<IpNet>,
    node_ports: RangeInclusive<u16>,
    ports: BTreeSet<u16>,
}

impl Taken {
    /// What `cloud.yaml` says, and what is held for tenants that are still there.
    fn of(spec: &Cloud, held: &Lock) -> Self {
        let mut networks: Vec<IpNet> = Vec::new();
        let network = &spec.network;
        for list in [&network.nodes, &network.pods, &network.services] {
            networks.extend(list.as_slice().iter().map(|net| net.0));
        }
        networks.extend(network.join.iter().map(|net| net.0));
        let mut ports = BTreeSet::new();
        for (name, tenant) in &spec.tenants {
            let allocation = held.tenants.get(name).map(|pins| &pins.allocation);
            let own = [&tenant.network.pods, &tenant.network.services].into_iter().flat_map(OneOrMany::as_slice);
            let held = allocation.into_iter().flat_map(|held| held.pods.iter().chain(&held.services));
            networks.extend(own.chain(held).map(|net| net.0));
            let own = [tenant.control_plane.port, tenant.control_plane.konnectivity_port];
            let held = allocation.map_or([None, None], |held| [held.port, held.konnectivity_port]);
            ports.extend(own.into_iter().chain(held).flatten());
        }
        Self { networks, node_ports: node_ports(spec), ports }
    }

    /// Gives a network to a tenant that names none: the one that it had, else one of the pool.
    fn fill(&mut self, own: &mut OneOrMany<Cidr>, before: Option<Cidr>, pool: Option<&NetworkPool>) -> Option<Cidr> {
        if !own.as_slice().is_empty() {
            return None;
        }
        let found = before.or_else(|| self.network(pool?))?;
        *own = OneOrMany::One(found);
        Some(found)
    }

    /// The first network of a pool that meets no other.
    fn network(&mut self, pool: &NetworkPool) -> Option<Cidr> {
        let clashes = |net: &IpNet, other: &IpNet| net.contains(other) || other.contains(net);
        let mut free = pool.range.0.subnets(pool.prefix).ok()?;
        let found = free.find(|net| !self.networks.iter().any(|other| clashes(net, other)))?;
        self.networks.push(found);
        Some(Cidr(found))
    }

    /// From the end of the range: Kubernetes gives ports to Services from anywhere in it, and Kamaji asks for its own by number.
    fn port(&mut self) -> Option<u16> {
        let found = self.node_ports.clone().rev().find(|port| !self.ports.contains(port))?;
        self.ports.insert(found);
        Some(found)
    }
}

fn no_network(document: &Document, name: &str, key: &str, pool: Option<&NetworkPool>) -> Diagnostic {
    let at = document.key_span(&Path::of(["tenants", name]));
    let own = format!("give `tenants.{name}.network.{key}`");
    match pool {
        None => Diagnostic::error("missing-key", at, format!("tenant `{name}` has no `network.{key}`"))
            .help(format!("{own}, or a pool for all tenants: `network: {{tenants: {{{key}: {{range, prefix}}}}}}`")),
        Some(pool) => Diagnostic::error("pool-exhausted", at, format!("no network is left for the {key} of `{name}`"))
            .label(
                document.value_span(&Path::of(["network", "tenants", key])),
                format!("every /{} of it is taken", pool.prefix),
            )
            .help(format!("widen the pool, or {own}")),
    }
}

fn no_port(document: &Document, name: &str, node_ports: &RangeInclusive<u16>) -> Diagnostic {
    let at = document.value_span(&Path::of(["tenants", name, "controlPlane", "expose"]));
    let range = format!("{}-{}", node_ports.start(), node_ports.end());
    Diagnostic::error("pool-exhausted", at, format!("no node port is left for the API of `{name}`"))
        .note(format!("every port of {range} is a tenant's"))
        .help("expose it in another way, or widen `service-node-port-range` of the API server")
}
