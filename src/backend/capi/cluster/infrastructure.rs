//! A tenant -> `KubevirtCluster` (Cluster API provider for KubeVirt, v1alpha1).

use serde_json::{Value, json};

use crate::backend::capi::kept_metadata;
use crate::model::Tenant;

/// The annotation hands the endpoint to Kamaji: the provider then makes no Service and no SSH keys of its own, and does not
/// wait for an SSH check that no worker answers. It has no spec: Kamaji fills in the endpoint.
pub(super) fn infrastructure(tenant: &Tenant) -> Value {
    let mut metadata = kept_metadata(tenant, &tenant.name);
    metadata["annotations"]["cluster.x-k8s.io/managed-by"] = json!("kamaji");
    json!({
        "apiVersion": tenant.cluster_api.api_versions.kubevirt_cluster,
        "kind": "KubevirtCluster",
        "metadata": metadata,
    })
}
