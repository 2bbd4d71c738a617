//! The address of the Gateway that tenants share: of a pool, and nobody else's.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::diag::Diagnostic;
use crate::model::Network;
use crate::resolve::Resolver;
use crate::resolve::components::TENANT_GATEWAY;
use crate::resolve::context::Context;
use crate::syntax::Path;

/// `taken` are the addresses of tenants, with their places.
pub(super) fn check(cx: &mut Resolver<'_>, context: &Context, network: &Network, taken: &BTreeMap<IpAddr, Path>) {
    let Some(text) = context.parameter(TENANT_GATEWAY, "address").as_str() else { return };
    let at = cx.value(&Path::of(["components", TENANT_GATEWAY, "address"]));
    let Ok(address) = text.parse::<IpAddr>() else {
        cx.report(
            Diagnostic::error("wrong-value", at, format!("`{text}` is no address"))
                .help("give one of a pool, for example `192.168.20.80`"),
        );
        return;
    };
    let pool = context.parameter(TENANT_GATEWAY, "pool").as_str();
    let mut pools = network.load_balancers.iter().filter(|(name, _)| pool.is_none_or(|pool| pool == name.as_str()));
    if !pools.any(|(_, pool)| pool.contains(address)) {
        let pools = Path::of(["network", "loadBalancers"]);
        let label = cx.key(&pool.map_or_else(|| pools.clone(), |pool| pools.key(pool)));
        cx.report(
            Diagnostic::error("address-outside-network", at, "the address of the Gateway of the tenants is in no pool")
                .label(label, "where it would come from")
                .help("choose an address of the pool, or widen it"),
        );
    } else if let Some(holder) = taken.get(&address) {
        let label = cx.value(holder);
        cx.report(
            Diagnostic::error("address-overlap", at, "the Gateway of the tenants has the address of a tenant")
                .label(label, "the tenant's")
                .help("give each its own address"),
        );
    }
}
