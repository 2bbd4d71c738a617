//! Taints of a node group -> the objects that a kubelet registers with.

use serde_json::{Value, json};

use crate::model::NodeGroup;

/// Sorted, so that their order in `cloud.yaml` replaces no machine.
pub(in crate::backend::capi) fn objects(group: &NodeGroup) -> Vec<Value> {
    let mut taints: Vec<(&String, &String)> = group.taints.iter().collect();
    taints.sort();
    taints.into_iter().map(|(key, taint)| object(key, taint)).collect()
}

/// `taint` is `value:Effect`, the value possibly empty.
fn object(key: &str, taint: &str) -> Value {
    match taint.rsplit_once(':') {
        Some(("", effect)) => json!({"key": key, "effect": effect}),
        Some((value, effect)) => json!({"key": key, "value": value, "effect": effect}),
        None => json!({"key": key, "effect": taint}),
    }
}
