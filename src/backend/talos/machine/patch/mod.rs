//! A patch in Talos's own form -> changed documents, and what Talos would refuse in it.
//!
//! Applying is one thing ([`merge`]), what a patch may say another ([`shape`]), and what the documents say together a third
//! ([`mod@conflicts`]). Writing a tree needs the first; the others are asked once, before anything is written: the second of
//! each patch, the third of each machine.

mod conflicts;
mod decided;
mod merge;
mod misfit;
mod shape;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::target::Target;
use crate::backend::Misfit;
use crate::catalog::talos_documents::{MAIN, is_control_plane_kind, is_secret_kind, kind_since};
use crate::model::{Machine, Model};
use crate::spec::Role;
use crate::spec::scalar::Minor;
use crate::syntax::Path;
use conflicts::conflicts;
use merge::{Merge, is_deletion};
use misfit::Fault;

/// Applies the patches of a machine to its documents. What Talos would refuse in them is left out; [`misfits`] tells of it.
pub(super) fn apply_all(documents: &mut Vec<Value>, target: &Target) {
    for patch in &target.machine.patches {
        apply(documents, &patch.value, Minor::from(&target.model.talos));
    }
}

/// What Talos would refuse in the patches of all machines, each finding once. A deletion is wrong when none of the
/// machines that it is for has what it deletes.
pub fn misfits(model: &Model) -> Vec<Misfit> {
    let talos = Minor::from(&model.talos);
    // Each patch with how many machines it is for, and each fault with how many of them it is found on.
    let mut machines: IndexMap<&Path, usize> = IndexMap::new();
    let mut found: IndexMap<(&Path, Fault), usize> = IndexMap::new();
    for machine in model.nodes.iter().filter(|machine| !machine.patches.is_empty()) {
        for patch in &machine.patches {
            let number = machines.entry(&patch.place).or_default();
            *number += 1;
            if *number == 1 {
                found.extend(alone(&patch.value, talos).into_iter().map(|fault| ((&patch.place, fault), 1)));
            }
        }
        for (place, fault) in on_machine(model, machine) {
            *found.entry((place, fault)).or_default() += 1;
        }
    }
    let stands = |((place, fault), number): &((&Path, Fault), usize)| {
        !matches!(fault, Fault::NothingToDelete(_)) || *number >= machines[place]
    };
    let written: IndexMap<&Path, &Value> =
        model.nodes.iter().flat_map(|machine| &machine.patches).map(|patch| (&patch.place, &patch.value)).collect();
    let found = found.into_iter().filter(stands);
    found.map(|((place, fault), _)| fault.at(place, written[place], talos)).collect()
}

/// What is wrong with a patch whatever machine it is for.
fn alone(patch: &Value, talos: Minor) -> Vec<Fault> {
    match read(patch, talos) {
        Ok((kind, patch)) => {
            let kind = if kind.is_empty() { MAIN } else { kind };
            [shape::faults(kind, patch), shape::out_of_range(kind, patch)].concat()
        }
        Err(fault) => vec![fault],
    }
}

/// What the patches of a machine do to its documents that Talos would refuse, each with its patch.
fn on_machine<'a>(model: &Model, machine: &'a Machine) -> Vec<(&'a Path, Fault)> {
    let talos = Minor::from(&model.talos);
    let mut documents = super::unpatched(&Target { model, machine, secrets: None });
    let mut found = Vec::new();
    let mut known = conflicts(&documents);
    for patch in &machine.patches {
        let kind = patch.value.get("kind").and_then(Value::as_str).unwrap_or_default();
        let decided = decided::values(&documents, kind);
        let mut faults = apply(&mut documents, &patch.value, talos);
        faults.extend(decided::faults(model, kind, decided, &documents));
        let there = documents.iter().any(|document| document.get("kind").and_then(Value::as_str) == Some(kind));
        if machine.role == Role::Worker && is_control_plane_kind(kind) && there {
            faults.push(Fault::ControlPlaneOnly(kind.to_owned()));
        }
        let now = conflicts(&documents);
        // A fault is that patch's which makes it.
        let new = now.iter().filter(|conflict| !known.contains(conflict)).cloned();
        let new: Vec<Fault> = new.collect();
        if !new.is_empty() {
            // Said at two places is said first.
            faults.retain(|fault| !matches!(fault, Fault::Decided { .. }));
        }
        found.extend(faults.into_iter().chain(new).map(|fault| (&patch.place, fault)));
        known = now;
    }
    found
}

/// The kind that a patch is for, empty for the `v1alpha1` document, and what it says.
fn read(patch: &Value, talos: Minor) -> Result<(&str, &Map<String, Value>), Fault> {
    let Value::Object(patch) = patch else { return Err(Fault::NoDocument) };
    let kind = text(patch, "kind");
    let known = kind.is_empty() || kind_since(kind).is_some_and(|since| since <= talos);
    if known { Ok((kind, patch)) } else { Err(Fault::UnknownKind(kind.to_owned())) }
}

/// Applies one patch: without a kind to the `v1alpha1` document, with one to the document of that kind and name, which is
/// added where it does not exist. Gives back the deletions that found nothing.
fn apply(documents: &mut Vec<Value>, patch: &Value, talos: Minor) -> Vec<Fault> {
    let Ok((kind, patch)) = read(patch, talos) else { return Vec::new() };
    let same = |document: &Value| {
        document.as_object().is_some_and(|document| {
            text(document, "kind") == kind && (kind.is_empty() || text(document, "name") == text(patch, "name"))
        })
    };
    let mut merge = Merge { kind, faults: Vec::new() };
    match documents.iter().position(same) {
        // The secrets bring it, and then it can be deleted or changed.
        None if is_secret_kind(kind) => {}
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
    merge.faults
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

/// A path of keys one step further; the root is empty.
fn below(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
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
        let talos = Minor::v1(13);
        let faults = [alone(patch, talos), apply(&mut documents, patch, talos)].concat();
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
