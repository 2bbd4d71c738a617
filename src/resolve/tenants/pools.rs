//! Pools of addresses against what the tenants take from them.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::model::{LoadBalancerPool, Network};
use crate::resolve::Resolver;
use crate::resolve::components::TENANT_GATEWAY;
use crate::resolve::context::Context;
use crate::spec::scalar::AddressRange;
use crate::spec::{self, Expose};
use crate::syntax::Path;

/// Addresses that are surely asked for: by pool, and of any pool that hands out by itself.
#[derive(Default)]
struct Demand {
    of_pool: BTreeMap<String, u128>,
    of_any: u128,
}

impl Demand {
    fn add(&mut self, pool: Option<&str>) {
        match pool {
            Some(pool) => *self.of_pool.entry(pool.to_owned()).or_default() += 1,
            None => self.of_any += 1,
        }
    }
}

pub(super) fn check(cx: &mut Resolver<'_>, context: &Context, network: &Network) {
    let demand = demand(cx, context, network);
    let mut left = 0u128;
    for (name, pool) in &network.load_balancers {
        let size = size(pool);
        let taken = demand.of_pool.get(name).copied().unwrap_or_default();
        if taken > size {
            too_small(cx, &Path::of(["network", "loadBalancers", name]), &format!("pool `{name}`"), size, taken);
        } else if pool.auto_assign {
            left = left.saturating_add(size - taken);
        }
    }
    if demand.of_any > left && !network.load_balancers.is_empty() {
        let pools = Path::of(["network", "loadBalancers"]);
        too_small(cx, &pools, "the rest of the pools that hand out by themselves", left, demand.of_any);
    }
}

fn demand(cx: &Resolver<'_>, context: &Context, network: &Network) -> Demand {
    let mut demand = Demand::default();
    for tenant in cx.spec.tenants.values() {
        let api = &tenant.control_plane;
        if api.expose == Expose::LoadBalancer {
            demand.add(api.address.and_then(|address| network.pool_of(address.0)));
        }
        // Whoever serves Ingresses has a Service of type LoadBalancer.
        let serves = tenant.addons.keys().filter(|addon| {
            cx.catalog.component(addon).is_some_and(|entry| entry.slots.iter().any(|slot| slot.name == "ingress"))
        });
        let pool = tenant.load_balancers.as_ref().map(|load_balancers| load_balancers.pool.as_str());
        serves.for_each(|_| demand.add(pool));
    }
    if context.has(TENANT_GATEWAY) {
        let pool = context.parameter(TENANT_GATEWAY, "pool").as_str();
        let address = context.parameter(TENANT_GATEWAY, "address").as_str().and_then(|text| text.parse().ok());
        demand.add(pool.or_else(|| network.pool_of(address?)));
    }
    demand
}

fn size(pool: &LoadBalancerPool) -> u128 {
    pool.addresses.iter().map(AddressRange::count).fold(0, u128::saturating_add)
}

fn too_small(cx: &mut Resolver<'_>, place: &Path, what: &str, size: u128, needed: u128) {
    let at = cx.key(place);
    let label = cx.key(&Path::of(["tenants"]));
    let plural = if size == 1 { "" } else { "es" };
    cx.report(
        Diagnostic::warning(
            "pool-too-small",
            at,
            format!("{what} has {size} address{plural}, and the tenants take {needed}"),
        )
        .note("APIs of tenants, their Ingress controllers and their Gateway take one each; Services of the tenants come on top")
        .label(label, "the tenants")
        .help("widen the pool, or expose the APIs by name: `expose: gateway`"),
    );
}

/// Several tenants whose addresses are in no pool did not move: a pool did, and that is one fault.
pub(super) fn moved_away(cx: &mut Resolver<'_>, network: &Network) {
    let outside = |tenant: &spec::Tenant| {
        let address = tenant.control_plane.address;
        tenant.control_plane.expose == Expose::LoadBalancer
            && address.is_some_and(|one| network.pool_of(one.0).is_none())
    };
    let left: Vec<&String> =
        cx.spec.tenants.iter().filter(|(_, tenant)| outside(tenant)).map(|(name, _)| name).collect();
    let Some((pool, _)) = network.load_balancers.iter().next().filter(|_| left.len() > 1) else { return };
    let list = Path::of(["network", "loadBalancers", pool, "addresses"]);
    let mut finding = Diagnostic::error(
        "address-outside-network",
        cx.value(&list.index(0)),
        format!("no pool has the API addresses of {} tenants", left.len()),
    )
    .help("let a pool have them, or move the tenants into one");
    for other in network.load_balancers.keys().skip(1).take(3) {
        let place = Path::of(["network", "loadBalancers", other, "addresses"]).index(0);
        finding = finding.label(cx.value(&place), "nor has this");
    }
    for tenant in left.into_iter().take(3) {
        let place = Path::of(["tenants", tenant, "controlPlane", "address"]);
        finding = finding.label(cx.value(&place), "in no pool");
    }
    cx.report(finding);
}
