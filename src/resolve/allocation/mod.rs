//! What tenants leave open and the cloud has a pool for: networks, addresses of APIs and node ports, each tenant its own.
//!
//! Runs before everything else, so that the rest sees a cloud in which every tenant says what it has. What a tenant took
//! stands in `cloud.lock` and stays: a tenant that comes or goes moves no other.

mod findings;
mod free;
mod taken;

use std::collections::BTreeMap;

use taken::Taken;

use crate::diag::Diagnostics;
use crate::lock::{Lock, TenantAllocation};
use crate::spec::scalar::Address;
use crate::spec::{Cloud, Expose, LoadBalancerPool, NetworkPool, Role, TenantControlPlane, TenantPools};
use crate::syntax::Document;

/// Fills in what tenants leave open: what `held` says, else what is free. Gives what each tenant has from a pool; nothing where
/// one is left without.
pub(super) fn allocate(
    spec: &mut Cloud,
    document: &Document,
    held: &Lock,
    diags: &mut Diagnostics,
) -> Option<BTreeMap<String, TenantAllocation>> {
    let mut wrong = Diagnostics::default();
    let pools = Pools::of(spec, document, &mut wrong);
    let mut taken = Taken::of(spec, held);
    // Any node answers on its node ports; the first is as good as another, and always the same.
    let mut control_planes = spec.nodes.values().filter(|node| node.role == Role::ControlPlane);
    let node = control_planes.find_map(|node| node.address);
    let mut allocations = BTreeMap::new();
    for (name, tenant) in &mut spec.tenants {
        let before = held.tenants.get(name).map(|pins| pins.allocation.clone());
        let known = before.is_some();
        let before = before.unwrap_or_default();
        let network = &mut tenant.network;
        let mut allocation = TenantAllocation {
            pods: taken.fill(&mut network.pods, before.pods, pools.pods.network()),
            services: taken.fill(&mut network.services, before.services, pools.services.network()),
            ..TenantAllocation::default()
        };
        for (key, own, pool) in [("pods", &network.pods, &pools.pods), ("services", &network.services, &pools.services)]
        {
            match pool {
                _ if !own.as_slice().is_empty() => {}
                Pool::None => wrong.push(findings::no_network(document, name, key)),
                Pool::Of(pool) => wrong.push(findings::no_network_left(document, name, key, pool)),
                Pool::Wrong => {}
            }
        }
        let control_plane = &mut tenant.control_plane;
        match control_plane.expose {
            Expose::LoadBalancer if control_plane.address.is_none() => {
                allocation.address = before.address.or_else(|| taken.address(pools.addresses.as_ref()?));
                control_plane.address = allocation.address;
                match (allocation.address, &pools.addresses) {
                    (Some(address), _) if known && before.address.is_none() => {
                        diags.push(findings::address_moves(document, name, address));
                    }
                    (None, Some(_)) => wrong.push(findings::no_address_left(document, name, &pools.tenants)),
                    _ => {}
                }
            }
            Expose::NodePort => {
                node_ports(control_plane, node, &before, &mut allocation, &mut taken);
                let konnectivity = control_plane.konnectivity.unwrap_or(true);
                if control_plane.port.is_none() || konnectivity && control_plane.konnectivity_port.is_none() {
                    wrong.push(findings::no_port_left(document, name, &taken.node_ports));
                }
            }
            _ => {}
        }
        if !allocation.is_empty() {
            allocations.insert(name.clone(), allocation);
        }
    }
    let complete = !wrong.has_errors();
    diags.extend(wrong);
    complete.then_some(allocations)
}

fn node_ports(
    control_plane: &mut TenantControlPlane,
    node: Option<Address>,
    before: &TenantAllocation,
    allocation: &mut TenantAllocation,
    taken: &mut Taken,
) {
    control_plane.address = control_plane.address.or(node);
    if control_plane.port.is_none() {
        allocation.port = before.port.or_else(|| taken.port());
        control_plane.port = allocation.port;
    }
    if control_plane.konnectivity.unwrap_or(true) && control_plane.konnectivity_port.is_none() {
        allocation.konnectivity_port = before.konnectivity_port.or_else(|| taken.port());
        control_plane.konnectivity_port = allocation.konnectivity_port;
    }
}

/// `network.tenants`, as far as it is right.
struct Pools {
    tenants: TenantPools,
    pods: Pool,
    services: Pool,
    addresses: Option<LoadBalancerPool>,
}

/// A pool of networks.
enum Pool {
    None,
    /// One that is reported already.
    Wrong,
    Of(NetworkPool),
}

impl Pools {
    fn of(spec: &Cloud, document: &Document, wrong: &mut Diagnostics) -> Self {
        let tenants = spec.network.tenants.clone().unwrap_or_default();
        let mut networks = |key: &str, pool: &Option<NetworkPool>| match pool {
            None => Pool::None,
            Some(pool) if (pool.range.0.prefix_len()..=pool.range.0.max_prefix_len()).contains(&pool.prefix) => {
                Pool::Of(pool.clone())
            }
            Some(pool) => {
                wrong.push(findings::no_such_prefix(document, key, pool));
                Pool::Wrong
            }
        };
        let (pods, services) = (networks("pods", &tenants.pods), networks("services", &tenants.services));
        let known = &spec.network.load_balancers;
        let addresses = tenants.addresses.as_ref().and_then(|name| {
            let pool = known.get(name).cloned();
            if pool.is_none() {
                wrong.push(findings::no_such_pool(document, name, known.keys().map(String::as_str)));
            }
            pool
        });
        Self { tenants, pods, services, addresses }
    }
}

impl Pool {
    const fn network(&self) -> Option<&NetworkPool> {
        match self {
            Self::Of(pool) => Some(pool),
            Self::None | Self::Wrong => None,
        }
    }
}
