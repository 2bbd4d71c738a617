//! A strategic-merge patch in Talos's own semantics, on documents as JSON.
//!
//! Talos merges typed documents (siderolabs/talos `pkg/machinery/config/merge` and `configloader/internal/decoder`,
//! v1.13): maps merge, lists append, a zero value changes nothing, `false` always counts. The exceptions are attributes
//! of single fields; they are tables here.

use serde_json::{Map, Value};

/// Fields whose value replaces the old one: (kind, path of keys); the `v1alpha1` document has no kind.
const REPLACED: [(&str, &str); 5] = [
    ("", "cluster.network.podSubnets"),
    ("", "cluster.network.serviceSubnets"),
    ("", "cluster.apiServer.auditPolicy"),
    ("NetworkRuleConfig", "portSelector.ports"),
    ("NetworkRuleConfig", "ingress"),
];

/// Lists whose items merge by a key.
const KEYED: [(&str, &str, &str); 2] =
    [("", "cluster.apiServer.admissionControl", "name"), ("ExtensionServiceConfig", "configFiles", "mountPath")];

/// The kind whose numbers Talos keeps by pointer, so that 0 is a value.
const COUNTED: &str = "BondConfig";

/// Maps of arguments: a value replaces the old one even if it is a list or empty.
const ARGUMENTS: &str = "extraArgs";

/// Applies one patch document: without a kind to the `v1alpha1` document, with one to the document of that kind and
/// name, which is added where it does not exist.
pub(super) fn apply(mut documents: Vec<Value>, patch: &Value) -> Vec<Value> {
    let Value::Object(patch) = patch else { return documents };
    let kind = text(patch, "kind");
    let same = |document: &Value| {
        document.as_object().is_some_and(|document| {
            text(document, "kind") == kind && (kind.is_empty() || text(document, "name") == text(patch, "name"))
        })
    };
    match documents.iter().position(same) {
        Some(index) if is_deletion(patch) => {
            documents.remove(index);
        }
        Some(index) => {
            let document = documents[index].as_object_mut().expect("only objects have a kind");
            merge_map(document, patch, kind, "");
        }
        None if is_deletion(patch) => {}
        None => documents.push(added(patch)),
    }
    documents
}

/// A new document says its API version first, also where the patch leaves it out.
fn added(patch: &Map<String, Value>) -> Value {
    let mut document = Map::new();
    document.insert("apiVersion".to_owned(), Value::from("v1alpha1"));
    document.extend(patch.iter().map(|(key, value)| (key.clone(), value.clone())));
    Value::Object(document)
}

fn text<'a>(map: &'a Map<String, Value>, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn is_deletion(map: &Map<String, Value>) -> bool {
    text(map, "$patch") == "delete"
}

fn merge_map(target: &mut Map<String, Value>, changes: &Map<String, Value>, kind: &str, at: &str) {
    for (key, value) in changes {
        let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        match value {
            Value::Object(fields) if is_deletion(fields) => {
                target.shift_remove(key);
            }
            _ => match target.get_mut(key) {
                Some(old) => merge(old, value, kind, &path),
                None => {
                    if let Some(value) = fresh(value) {
                        target.insert(key.clone(), value);
                    }
                }
            },
        }
    }
}

fn merge(target: &mut Value, patch: &Value, kind: &str, at: &str) {
    let key_of_items = KEYED.iter().find(|(of, place, _)| *of == kind && *place == at).map(|(_, _, key)| *key);
    let argument = at.rsplit('.').nth(1) == Some(ARGUMENTS);
    match (target, patch) {
        (_, Value::Null) => {}
        (target, patch) if argument => *target = patch.clone(),
        (target, patch) if REPLACED.contains(&(kind, at)) => *target = patch.clone(),
        (Value::Object(target), Value::Object(patch)) => merge_map(target, patch, kind, at),
        (Value::Array(target), Value::Array(patch)) => merge_list(target, patch, key_of_items),
        (target, patch) => {
            if !is_zero(patch) || kind == COUNTED && !at.ends_with("mtu") {
                *target = patch.clone();
            }
        }
    }
}

fn merge_list(target: &mut Vec<Value>, patch: &[Value], key: Option<&str>) {
    for item in patch {
        let fields = item.as_object();
        if let Some(fields) = fields.filter(|fields| is_deletion(fields)) {
            // The first other key says which items go.
            let wanted = fields.iter().find(|(key, _)| *key != "$patch");
            target.retain(|old| wanted.is_none_or(|(key, value)| old.get(key) != Some(value)));
            continue;
        }
        let same = |old: &&mut Value| key.is_some_and(|key| old.get(key).is_some() && old.get(key) == item.get(key));
        match (target.iter_mut().find(same), fields) {
            (Some(Value::Object(old)), Some(fields)) => merge_map(old, fields, "item", ""),
            _ => target.extend(fresh(item)),
        }
    }
}

/// A value where there was none: without the deletions in it.
fn fresh(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(fields) if is_deletion(fields) => None,
        Value::Object(fields) => {
            let kept = fields.iter().filter_map(|(key, value)| Some((key.clone(), fresh(value)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => Some(items.iter().filter_map(fresh).collect()),
        scalar => Some(scalar.clone()),
    }
}

/// Zero in the sense of Go, but `false`, which Talos always takes for meant.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn base() -> Vec<Value> {
        vec![
            json!({
                "version": "v1alpha1",
                "machine": {
                    "sysctls": {"a": "1"},
                    "certSANs": ["x"],
                    "install": {"wipe": true, "image": "i"},
                    "nodeLabels": {"node.kubernetes.io/exclude-from-external-load-balancers": ""},
                },
                "cluster": {
                    "network": {"podSubnets": ["10.244.0.0/16"]},
                    "apiServer": {
                        "extraArgs": {"v": "2"},
                        "admissionControl": [{"name": "PodSecurity", "configuration": {"defaults": {"warn": "restricted"}}}],
                    },
                },
            }),
            json!({"apiVersion": "v1alpha1", "kind": "HostnameConfig", "hostname": "n1"}),
            json!({"apiVersion": "v1alpha1", "kind": "VolumeConfig", "name": "EPHEMERAL"}),
        ]
    }

    #[test]
    fn maps_merge_lists_append_and_zeroes_do_nothing() {
        let patch = json!({
            "machine": {
                "sysctls": {"a": "2", "b": "3"},
                "certSANs": ["y"],
                "install": {"wipe": false, "image": ""},
                "nodeLabels": {"node.kubernetes.io/exclude-from-external-load-balancers": {"$patch": "delete"}},
            },
            "cluster": {
                "network": {"podSubnets": ["10.0.0.0/8"]},
                "apiServer": {
                    "extraArgs": {"v": ["3", "4"]},
                    "admissionControl": [
                        {"name": "PodSecurity", "configuration": {"defaults": {"enforce": "privileged"}}},
                        {"name": "EventRateLimit", "configuration": {}},
                    ],
                },
            },
        });
        let documents = apply(base(), &patch);
        assert_eq!(
            documents[0],
            json!({
                "version": "v1alpha1",
                "machine": {
                    "sysctls": {"a": "2", "b": "3"},
                    "certSANs": ["x", "y"],
                    "install": {"wipe": false, "image": "i"},
                    "nodeLabels": {},
                },
                "cluster": {
                    "network": {"podSubnets": ["10.0.0.0/8"]},
                    "apiServer": {
                        "extraArgs": {"v": ["3", "4"]},
                        "admissionControl": [
                            {"name": "PodSecurity",
                             "configuration": {"defaults": {"warn": "restricted", "enforce": "privileged"}}},
                            {"name": "EventRateLimit", "configuration": {}},
                        ],
                    },
                },
            })
        );
    }

    #[test]
    fn documents_merge_are_added_and_deleted() {
        let merged =
            apply(base(), &json!({"kind": "VolumeConfig", "name": "EPHEMERAL", "provisioning": {"grow": false}}));
        assert_eq!(merged[2]["provisioning"], json!({"grow": false}));
        let added = apply(base(), &json!({"kind": "VolumeConfig", "name": "STATE"}));
        assert_eq!(added[3], json!({"apiVersion": "v1alpha1", "kind": "VolumeConfig", "name": "STATE"}));
        let deleted = apply(base(), &json!({"apiVersion": "v1alpha1", "kind": "HostnameConfig", "$patch": "delete"}));
        assert_eq!(deleted.len(), 2);
        let bond = vec![json!({"kind": "BondConfig", "name": "b", "miimon": 100, "mtu": 9000})];
        let zero = apply(bond, &json!({"kind": "BondConfig", "name": "b", "miimon": 0, "mtu": 0}));
        assert_eq!(zero[0], json!({"kind": "BondConfig", "name": "b", "miimon": 0, "mtu": 9000}));
        let gone = apply(
            base(),
            &json!({"cluster": {"apiServer": {"admissionControl": [{"name": "PodSecurity", "$patch": "delete"}]}}}),
        );
        assert_eq!(gone[0]["cluster"]["apiServer"]["admissionControl"], json!([]));
    }
}
