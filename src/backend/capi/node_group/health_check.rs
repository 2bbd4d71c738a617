//! A node group -> `MachineHealthCheck` (Cluster API core, contract v1beta2).

use serde_json::{Value, json};

use super::{DEPLOYMENT_NAME_LABEL, group_name};
use crate::backend::capi::{CLUSTER_NAME_LABEL, metadata};
use crate::model::{NodeGroup, Tenant};

/// How long a node may be silent, and how long it may say that it is not ready. A restart of its virtual machine on another
/// host takes minutes; a shorter patience replaces machines that are on their way back.
const SILENT_SECONDS: u32 = 300;
const NOT_READY_SECONDS: u32 = 600;

pub(super) fn health_check(tenant: &Tenant, group: &NodeGroup) -> Value {
    let name = group_name(tenant, group);
    let limit = &tenant.health_check.max_unhealthy;
    // The field is a number or a percentage; a number in quotes is refused.
    let limit = limit.parse::<u32>().map_or_else(|_| json!(limit), |count| json!(count));
    json!({
        "apiVersion": tenant.cluster_api.api_versions.machine_health_check,
        "kind": "MachineHealthCheck",
        "metadata": metadata(tenant, &name),
        "spec": {
            "clusterName": tenant.name,
            "selector": {"matchLabels": {CLUSTER_NAME_LABEL: tenant.name, DEPLOYMENT_NAME_LABEL: name}},
            "checks": {
                "nodeStartupTimeoutSeconds": tenant.health_check.startup_timeout_seconds,
                "unhealthyNodeConditions": [
                    {"type": "Ready", "status": "Unknown", "timeoutSeconds": SILENT_SECONDS},
                    {"type": "Ready", "status": "False", "timeoutSeconds": NOT_READY_SECONDS},
                ],
            },
            "remediation": {"triggerIf": {"unhealthyLessThanOrEqualTo": limit}},
        },
    })
}
