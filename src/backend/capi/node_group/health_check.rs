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
    let limit = &tenant.health_check.max_unhealthy;
    // The field is a number or a percentage; a number in quotes is refused.
    let limit = limit.parse::<u32>().map_or_else(|_| json!(limit), |count| json!(count));
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
