//! A patch in Talos's own form -> changed documents, and what Talos would refuse in it.
//!
//! Applying is one thing ([`merge`]), what a patch may say another ([`shape`]), and what the documents say together a third
//! ([`conflicts`]). Writing a tree needs the first; the others are asked once, before anything is written.

mod conflicts;
mod merge;
mod misfit;
mod shape;

use serde_json::{Map, Value};

use crate::catalog::talos_documents::{MAIN, is_control_plane_kind, is_secret_kind, kind_since};
use crate::model::{Machine, Model};
use crate::spec::Role;
use crate::spec::scalar::Minor;
use merge::{Merge, is_deletion};

use misfit::Fault;
pub(super) use misfit::MATCHES_NOTHING;
pub use misfit::Misfit;

/// Applies one patch document: without a kind to the `v1alpha1` document, with one to the document of that kind and
/// name, which is added where it does not exist. What Talos of this minor would refuse in it is left as it is.
pub(super) fn apply(documents: &mut Vec<Value>, patch: &Value, talos: Minor) -> Vec<Fault> {
    let Value::Object(patch) = patch else { return vec![Fault::NoDocument] };
    let kind = text(patch, "kind");
    let known = kind.is_empty() || kind_since(kind).is_some_and(|since| since <= talos);
    if !known {
        return vec![Fault::UnknownKind(kind.to_owned())];
    }
    let mut faults = shape::faults(if kind.is_empty() { MAIN } else { kind }, patch);
    let same = |document: &Value| {
        document.as_object().is_some_and(|document| {
            text(document, "kind") == kind && (kind.is_empty() || text(document, "name") == text(patch, "name"))
        })
    };
    let mut merge = Merge { kind, faults: Vec::new() };
    match documents.iter().position(same) {
        // The secrets bring it, and then it can be deleted or changed.
        None if is_secret_kind(kind) => return faults,
        Some(index) if is_deletion(patch) && !kind.is_empty() => {
            documents.remove(index);
        }
        None if is_deletion(patch) => merge.faults.push(Fault::NothingToDelete(named(patch))),
        Some(index) => {
            let document = documents[index].as_object_mut().expect("only objects have a kind");
            merge.map(document, patch, "");
        }
        None => documents.extend(merge.fresh(&added(patch), "")),
    }
    faults.append(&mut merge.faults);
    faults
}

/// What Talos would refuse in the patches of a machine, each with its place in `cloud.yaml`.
pub(super) fn misfits(model: &Model, machine: &Machine, mut documents: Vec<Value>) -> Vec<Misfit> {
    let talos = Minor::from(&model.talos);
    let mut misfits = Vec::new();
    let mut known = conflicts::conflicts(&documents);
    for patch in &machine.patches {
        let mut faults = apply(&mut documents, &patch.value, talos);
        let kind = patch.value.get("kind").and_then(Value::as_str).unwrap_or_default();
        let there = documents.iter().any(|document| document.get("kind").and_then(Value::as_str) == Some(kind));
        if machine.role == Role::Worker && is_control_plane_kind(kind) && there {
            faults.push(Fault::ControlPlaneOnly(kind.to_owned()));
        }
        let now = conflicts::conflicts(&documents);
        // A fault is that patch's which makes it.
        let new = now.iter().filter(|conflict| !known.contains(conflict)).cloned();
        misfits.extend(faults.into_iter().chain(new).map(|fault| fault.at(&patch.place, talos)));
        known = now;
    }
    misfits
}

/// A new document says its API version first, also where the patch leaves it out.
fn added(patch: &Map<String, Value>) -> Value {
    let mut document = Map::new();
    document.insert("apiVersion".to_owned(), Value::from("v1alpha1"));
    document.extend(patch.iter().map(|(key, value)| (key.clone(), value.clone())));
    Value::Object(document)
}

/// `VolumeConfig STATE`.
fn named(patch: &Map<String, Value>) -> String {
    format!("{} {}", text(patch, "kind"), text(patch, "name")).trim_end().to_owned()
}

fn text<'a>(map: &'a Map<String, Value>, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
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

    fn applied(mut documents: Vec<Value>, patch: &Value) -> Vec<Value> {
        let faults = apply(&mut documents, patch, Minor::v1(13));
        assert!(faults.is_empty(), "{faults:?}");
        documents
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
        let documents = applied(base(), &patch);
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
            applied(base(), &json!({"kind": "VolumeConfig", "name": "EPHEMERAL", "provisioning": {"grow": false}}));
        assert_eq!(merged[2]["provisioning"], json!({"grow": false}));
        let added = applied(base(), &json!({"kind": "VolumeConfig", "name": "STATE"}));
        assert_eq!(added[3], json!({"apiVersion": "v1alpha1", "kind": "VolumeConfig", "name": "STATE"}));
        let deleted = applied(base(), &json!({"apiVersion": "v1alpha1", "kind": "HostnameConfig", "$patch": "delete"}));
        assert_eq!(deleted.len(), 2);
        let bond = vec![json!({"kind": "BondConfig", "name": "b", "miimon": 100, "mtu": 9000})];
        let zero = applied(bond, &json!({"kind": "BondConfig", "name": "b", "miimon": 0, "mtu": 0}));
        assert_eq!(zero[0], json!({"kind": "BondConfig", "name": "b", "miimon": 0, "mtu": 9000}));
        let gone = applied(
            base(),
            &json!({"cluster": {"apiServer": {"admissionControl": [{"name": "PodSecurity", "$patch": "delete"}]}}}),
        );
        assert_eq!(gone[0]["cluster"]["apiServer"]["admissionControl"], json!([]));
    }
}
