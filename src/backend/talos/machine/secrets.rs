//! Documents without secrets + a Talos secrets bundle -> what goes to the machine.
//!
//! Each value goes to the place and in the order in which `talosctl gen config --with-secrets` writes it. A worker gets
//! certificates of the authorities but none of their keys.

use serde_json::{Map, Value, json};

use crate::secrets::{Authority, Bundle, Secret};
use crate::spec::Role;

/// Keys of `machine` and `cluster` that stand before, between or after secrets, in upstream's order (siderolabs/talos
/// `v1alpha1.MachineConfig`, `v1alpha1.ClusterConfig`). A key that is not named here stands after all that are.
const MACHINE: [&str; 4] = ["type", "token", "ca", "acceptedCAs"];
const CLUSTER: [&str; 13] = [
    "id",
    "secret",
    "controlPlane",
    "clusterName",
    "network",
    "token",
    "aescbcEncryptionSecret",
    "secretboxEncryptionSecret",
    "ca",
    "acceptedCAs",
    "aggregatorCA",
    "serviceAccount",
    "apiServer",
];

/// Completes the documents of a machine; other documents than `v1alpha1` hold no secrets of the bundle.
pub fn with_secrets(mut documents: Vec<Value>, role: Role, bundle: &Bundle) -> Vec<Value> {
    let main = documents.iter_mut().filter_map(Value::as_object_mut).find(|document| !document.contains_key("kind"));
    if let Some(main) = main {
        if let Some(machine) = section(main, "machine") {
            place(machine, &MACHINE, "token", text(&bundle.trustd_token));
            place(machine, &MACHINE, "ca", authority(&bundle.os, role));
        }
        if let Some(cluster) = section(main, "cluster") {
            complete_cluster(cluster, role, bundle);
        }
    }
    documents
}

fn complete_cluster(cluster: &mut Map<String, Value>, role: Role, bundle: &Bundle) {
    let mut put = |key: &str, value: Value| place(cluster, &CLUSTER, key, value);
    put("id", text(&bundle.cluster_id));
    put("secret", text(&bundle.cluster_secret));
    put("token", text(&bundle.bootstrap_token));
    put("ca", authority(&bundle.k8s, role));
    if role == Role::Worker {
        return;
    }
    if let Some(secret) = &bundle.aescbc_encryption {
        put("aescbcEncryptionSecret", text(secret));
    }
    if let Some(secret) = &bundle.secretbox_encryption {
        put("secretboxEncryptionSecret", text(secret));
    }
    put("aggregatorCA", authority(&bundle.k8s_aggregator, role));
    put("serviceAccount", json!({"key": text(&bundle.k8s_service_account)}));
    let ca = authority(&bundle.etcd, role);
    match section(cluster, "etcd") {
        Some(etcd) => {
            etcd.shift_insert(0, "ca".to_owned(), ca);
        }
        None => insert_etcd(cluster, json!({"ca": ca})),
    }
}

/// `etcd` follows `discovery`.
fn insert_etcd(cluster: &mut Map<String, Value>, etcd: Value) {
    let after = cluster.keys().position(|key| key == "discovery").map_or(cluster.len(), |index| index + 1);
    cluster.shift_insert(after, "etcd".to_owned(), etcd);
}

fn section<'a>(map: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    map.get_mut(key).and_then(Value::as_object_mut)
}

/// Puts a value before the first key that follows it in `order`.
fn place(map: &mut Map<String, Value>, order: &[&str], key: &str, value: Value) {
    map.shift_remove(key);
    let rank = |key: &str| order.iter().position(|known| *known == key).unwrap_or(order.len());
    let index = map.keys().position(|other| rank(other) > rank(key)).unwrap_or(map.len());
    map.shift_insert(index, key.to_owned(), value);
}

fn authority(authority: &Authority, role: Role) -> Value {
    let key = match role {
        Role::ControlPlane => text(&authority.key),
        Role::Worker => json!(""),
    };
    json!({"crt": authority.certificate, "key": key})
}

fn text(secret: &Secret) -> Value {
    json!(secret.expose())
}
