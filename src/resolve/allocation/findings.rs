//! What is said of pools that have nothing left, or are none.

use std::ops::RangeInclusive;

use crate::diag::Diagnostic;
use crate::schema::{known_instead, respelt};
use crate::spec::scalar::Address;
use crate::spec::{NetworkPool, TenantPools};
use crate::syntax::{Document, Path};

fn pool(key: &str) -> Path {
    Path::of(["network", "tenants", key])
}

pub(super) fn no_such_prefix(document: &Document, key: &str, given: &NetworkPool) -> Diagnostic {
    let (range, prefix) = (&given.range, given.prefix);
    let most = range.0.max_prefix_len();
    let at = document.value_span(&pool(key).key("prefix"));
    let message = if prefix > most {
        format!("`{range}` has no networks of /{prefix}")
    } else {
        format!("a /{prefix} is larger than `{range}`, of which it would be a part")
    };
    Diagnostic::error("wrong-value", at, message)
        .label(document.value_span(&pool(key).key("range")), "what is cut into networks")
        .help(format!("give a prefix from {} to {most}, or a wider range", range.0.prefix_len()))
}

pub(super) fn no_such_pool<'p>(
    document: &Document,
    name: &str,
    known: impl Iterator<Item = &'p str> + Clone,
) -> Diagnostic {
    let at = document.value_span(&pool("addresses"));
    let fix = respelt(at, name, known.clone());
    let help = known_instead(name, known).unwrap_or_else(|| "add it under `network.loadBalancers`".to_owned());
    Diagnostic::error("unknown-reference", at, format!("no load-balancer pool `{name}`")).help(help).fix_if(fix)
}

pub(super) fn no_network(document: &Document, name: &str, key: &str) -> Diagnostic {
    let at = document.key_span(&Path::of(["tenants", name]));
    Diagnostic::error("missing-key", at, format!("tenant `{name}` has no `network.{key}`")).help(format!(
        "give `tenants.{name}.network.{key}`, or a pool for all tenants: `network: {{tenants: {{{key}: {{range, prefix}}}}}}`"
    ))
}

pub(super) fn no_network_left(document: &Document, name: &str, key: &str, given: &NetworkPool) -> Diagnostic {
    let at = document.key_span(&Path::of(["tenants", name]));
    Diagnostic::error("pool-exhausted", at, format!("no network is left for the {key} of `{name}`"))
        .label(document.value_span(&pool(key)), format!("every /{} of it is taken", given.prefix))
        .help(format!("widen the pool, or give `tenants.{name}.network.{key}`"))
}

pub(super) fn no_address_left(document: &Document, name: &str, pools: &TenantPools) -> Diagnostic {
    let at = document.key_span(&Path::of(["tenants", name]));
    let from = pools.addresses.as_deref().unwrap_or_default();
    Diagnostic::error("pool-exhausted", at, format!("no address is left for the API of `{name}`"))
        .label(
            document.key_span(&Path::of(["network", "loadBalancers", from])),
            "every address of it is taken or reserved",
        )
        .help("widen the pool, or expose the API by name: `expose: gateway`")
}

pub(super) fn no_port_left(document: &Document, name: &str, node_ports: &RangeInclusive<u16>) -> Diagnostic {
    let at = document.value_span(&Path::of(["tenants", name, "controlPlane", "expose"]));
    let range = format!("{}-{}", node_ports.start(), node_ports.end());
    Diagnostic::error("pool-exhausted", at, format!("no node port is left for the API of `{name}`"))
        .note(format!("every port of {range} is a tenant's"))
        .help("expose it in another way, or widen `service-node-port-range` of the API server")
}

/// The tenant was built before without an address from here.
pub(super) fn address_moves(document: &Document, name: &str, address: Address) -> Diagnostic {
    let at = document.key_span(&Path::of(["tenants", name]));
    Diagnostic::warning("api-address-moves", at, format!("the API of tenant `{name}` gets the address {}", address.0))
        .note("an earlier build left it another one; machines and kubeconfigs of a tenant that runs know that")
        .label(document.value_span(&pool("addresses")), "from this pool")
        .help(format!("where the tenant runs, name what it has: `tenants.{name}.controlPlane.address`"))
}
