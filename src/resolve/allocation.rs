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
use crate::spec::{Cloud, Expose, NetworkPool, OneOrMany, Role, Tenant};
use crate::syntax::{Document, Path};

/// Fills in what tenants leave open: what `held` says, else what is free. Gives what each tenant has from a pool.
pub fn allocate(
    spec: &mut Cloud,
    document: &Document,
    held: &Lock,
    diags: &mut Diagnostics,
) -> BTreeMap<String, TenantAllocation> {
    let pools = spec.network.tenants.clone().unwrap_or_default();
    let held_by = |name: &str| held.tenants.get(name).map(|pins| pins.allocation.clone()).unwrap_or_default();
    let mut taken = Taken::of(spec, held);
    // Any node answers on its node ports; the first is as good as another, and always the same.
    let mut control_planes = spec.nodes.values().filter(|node| node.role == Role::ControlPlane);
    let node = control_planes.find_map(|node| node.address);
    let mut allocations = BTreeMap::new();
    for (name, tenant) in &mut spec.tenants {
        let before = held_by(name);
        let mut allocation = TenantAllocation::default();
        let path = Path::of(["tenants", name]);
        let networks = [
            ("pods", &pools.pods, &before.pods, &mut tenant.network.pods),
            ("services", &pools.services, &before.services, &mut tenant.network.services),
        ];
        for (key, pool, before, own) in networks {
            if !own.as_slice().is_empty() {
                continue;
            }
            let found = before.or_else(|| pool.as_ref().and_then(|pool| taken.network(pool)));
            match found {
                Some(network) => *own = OneOrMany::One(network),
                None => diags.push(no_network(document, name, &path, key, pool.as_ref())),
            }
            *(if key == "pods" { &mut allocation.pods } else { &mut allocation.services }) = found;
        }
        if tenant.control_plane.expose == Expose::NodePort {
            tenant.control_plane.address = tenant.control_plane.address.or(node);
            take_node_ports(tenant, &before, &mut taken, &mut allocation);
        }
        if allocation != TenantAllocation::default() {
            allocations.insert(name.clone(), allocation);
        }
    }
    allocations
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

fn take_node_ports(
    tenant: &mut Tenant,
    before: &TenantAllocation,
    taken: &mut Taken,
    allocation: &mut TenantAllocation,
) {
    let control_plane = &mut tenant.control_plane;
    if control_plane.port.is_none() {
        allocation.port = before.port.or_else(|| taken.port());
        control_plane.port = allocation.port;
    }
    if control_plane.konnectivity.unwrap_or(true) && control_plane.konnectivity_port.is_none() {
        allocation.konnectivity_port = before.konnectivity_port.or_else(|| taken.port());
        control_plane.konnectivity_port = allocation.konnectivity_port;
    }
}

fn no_network(document: &Document, name: &str, path: &Path, key: &str, pool: Option<&NetworkPool>) -> Diagnostic {
    let at = document.key_span(path);
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
