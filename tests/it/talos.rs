//! Machine configurations against those that Talos itself generates, for every contract.

use std::fs;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::support::documents;
use crate::upstream;

/// Contract, a release of it, and a Kubernetes that it runs.
const CONTRACTS: [(&str, &str, &str); 9] = [
    ("v1.6", "v1.6.8", "v1.28.0"),
    ("v1.7", "v1.7.7", "v1.28.0"),
    ("v1.8", "v1.8.4", "v1.28.0"),
    ("v1.9", "v1.9.6", "v1.28.0"),
    ("v1.10", "v1.10.9", "v1.28.0"),
    ("v1.11", "v1.11.6", "v1.29.0"),
    ("v1.12", "v1.12.11", "v1.30.0"),
    ("v1.13", "v1.13.9", "v1.31.0"),
    ("v1.14", "v1.14.0", "v1.32.0"),
];

/// The cloud of upstream's files: everything at its default.
fn cloud(talos: &str, kubernetes: &str) -> String {
    format!(
        "\
apiVersion: cloudc.dev/v1alpha1
kind: Cloud
metadata: {{name: base}}
versions: {{talos: {talos}, kubernetes: {kubernetes}}}
network: {{nodes: 192.168.20.0/24, pods: 10.244.0.0/16, services: 10.96.0.0/12}}
controlPlane: {{endpoint: \"https://base:6443\"}}
nodes:
  controlplane: {{role: control-plane}}
  worker: {{role: worker}}
"
    )
}

/// What we want otherwise than `talosctl gen config` without flags, which names no disk, no image and no host, and what
/// the version of Kubernetes in the fixture is where this Talos does not run it.
fn deviate(golden: &mut Vec<Value>, contract: &str, installer: &str, node: &str) {
    let hostname = json!({"apiVersion": "v1alpha1", "kind": "HostnameConfig", "hostname": node});
    let at = golden.iter().position(|document| document["kind"] == "HostnameConfig");
    match at {
        Some(at) => golden[at] = hostname,
        None => golden[0]["machine"]["network"] = json!({"hostname": node}),
    }
    if contract == "v1.14" {
        let install = json!({
            "apiVersion": "v1alpha1",
            "kind": "UnattendedInstallConfig",
            "installer": {"image": installer},
            "provisioning": {"diskSelector": {"match": "disk.transport != '' && disk.size >= 10u * GB"}, "wipe": false},
        });
        let after = golden.iter().position(|document| document["kind"] == "DiscoveryIdentityConfig").unwrap();
        golden.insert(after + 1, install);
    } else {
        golden[0]["machine"]["install"]["diskSelector"] = json!({"size": ">= 10GB"});
        golden[0]["machine"]["install"]["image"] = json!(installer);
    }
}

/// With its keys in one order, so that only the meaning is compared.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), normal(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(normal).collect(),
        scalar => scalar.clone(),
    }
}

#[test]
fn at_defaults_a_machine_gets_what_talosctl_generates() {
    let Some(root) = upstream::root() else { return };
    let stability = root.join("talos/stability");
    let folder = tempfile::tempdir().unwrap();
    for (contract, talos, kubernetes) in CONTRACTS {
        let file = folder.path().join("cloud.yaml");
        fs::write(&file, cloud(talos, kubernetes)).unwrap();
        for node in ["controlplane", "worker"] {
            let golden = fs::read_to_string(stability.join(contract).join(format!("base-{node}.yaml"))).unwrap();
            let mut golden = documents(golden.replace("v1.28.0", kubernetes).as_bytes());
            let empty = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
            let installer = format!("factory.talos.dev/metal-installer/{empty}:{talos}");
            deviate(&mut golden, contract, &installer, node);
            let output = Command::new(env!("CARGO_BIN_EXE_cloudc"))
                .args(["machineconfig", node, "--secrets"])
                .arg(stability.join("secrets.yaml"))
                .arg("--file")
                .arg(&file)
                .output()
                .unwrap();
            assert!(output.status.success(), "{contract}: {}", String::from_utf8_lossy(&output.stderr));
            let given: Vec<Value> = documents(&output.stdout);
            for (index, (given, golden)) in given.iter().zip(&golden).enumerate() {
                assert_eq!(normal(given), normal(golden), "{contract} {node}: document {index}");
            }
            assert_eq!(given.len(), golden.len(), "{contract} {node}");
        }
    }
}
