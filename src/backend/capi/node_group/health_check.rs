//! A node group -> `MachineHealthCheck` (Cluster API core).

use serde_json::{Map, Value, json};

use super::{DEPLOYMENT_NAME_LABEL, group_name};
use crate::backend::capi::dialect::{Dialect, Unhealthy};
use crate::backend::capi::{CLUSTER_NAME_LABEL, metadata};
use crate::model::{NodeGroup, Tenant};

/// How long a node may be silent, and how long it may say that it is not ready. A restart of its virtual machine on another
/// host takes minutes; a shorter patience replaces machines that are on their way back.
const SILENT_SECONDS: u64 = 300;
const NOT_READY_SECONDS: u64 = 600;

pub(super) fn health_check(tenant: &Tenant, group: &NodeGroup) -> Value {
    let name = group_name(tenant, group);
    let limit = limit(tenant, group);
    let mut spec = Map::new();
    spec.insert("clusterName".into(), json!(tenant.name));
    let selector = json!({"matchLabels": {CLUSTER_NAME_LABEL: tenant.name, DEPLOYMENT_NAME_LABEL: name}});
    spec.insert("selector".into(), selector);
    let unhealthy = Unhealthy {
        startup_seconds: tenant.health_check.startup_timeout_seconds,
        ready: [("Unknown", SILENT_SECONDS), ("False", NOT_READY_SECONDS)],
        limit,
    };
    Dialect::of(tenant).unhealthy(&mut spec, unhealthy);
    json!({
        "apiVersion": tenant.cluster_api.api_versions.machine_health_check,
        "kind": "MachineHealthCheck",
        "metadata": metadata(tenant, &name),
        "spec": spec,
    })
}

/// The field is a number or a percentage; a number in quotes is refused. Percentages are rounded down, so that half of a group
/// of one is nobody; a group that may be as small gets a number: half of what it may grow to.
fn limit(tenant: &Tenant, group: &NodeGroup) -> Value {
    let (least, most) = group.replicas.bounds();
    match &tenant.health_check.max_unhealthy {
        Some(given) => given.parse::<u32>().map_or_else(|_| json!(given), |count| json!(count)),
        None if least < 2 => json!(most.div_ceil(2).max(1)),
        None => json!("50%"),
    }
}
