//! `quota` of a tenant -> ResourceQuota, and the LimitRange without which the quota refuses pods.

use serde_json::{Map, Value, json};

use crate::backend::capi::metadata;
use crate::model::{Quota, Tenant};

/// A quota on requests refuses every pod that makes none. The control-plane pods of Kamaji make none, so the namespace gives
/// them a small one.
pub(super) fn quota(tenant: &Tenant, quota: &Quota) -> Vec<Value> {
    let mut hard = Map::new();
    let mut default_request = Map::new();
    for (resource, limit, default) in [("cpu", &quota.cpu, "50m"), ("memory", &quota.memory, "64Mi")] {
        if let Some(limit) = limit {
            hard.insert(format!("requests.{resource}"), json!(limit));
            default_request.insert(resource.to_owned(), json!(default));
        }
    }
    if let Some(storage) = &quota.storage {
        hard.insert("requests.storage".to_owned(), json!(storage));
    }
    let mut objects = vec![json!({
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": metadata(tenant, &tenant.name),
        "spec": {"hard": hard},
    })];
    if !default_request.is_empty() {
        objects.push(json!({
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": metadata(tenant, &tenant.name),
            "spec": {"limits": [{"type": "Container", "defaultRequest": default_request}]},
        }));
    }
    objects
}
