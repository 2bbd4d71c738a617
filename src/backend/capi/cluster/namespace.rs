//! A tenant -> the Namespace of the management cluster that holds everything of it.

use serde_json::{Value, json};

use crate::backend::flux_objects::PRUNE_ANNOTATION;
use crate::model::Tenant;

/// Flux does not prune it: it would take the control plane away from machines that still have to be drained, and the volumes
/// of the tenant with it. Whoever removes a tenant deletes the Namespace last, by hand.
pub(super) fn namespace(tenant: &Tenant) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": tenant.namespace,
            // virt-launcher adds SYS_NICE, which the level `baseline` refuses; Talos enforces `baseline` by default.
            "labels": {"pod-security.kubernetes.io/enforce": "privileged"},
            "annotations": {PRUNE_ANNOTATION: "disabled"},
        },
    })
}
