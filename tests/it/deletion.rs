//! A tenant goes in two steps: first its Cluster, and when that is gone, the rest.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::references;
use crate::support::{compile_text, objects, repository, run};

const TENANT: &str = "\n  dev:\n";

fn cozy() -> String {
    fs::read_to_string(repository("examples/cozy/cloud.yaml")).unwrap()
}

fn deleting() -> String {
    let cozy = cozy();
    assert_eq!(cozy.matches(TENANT).count(), 1);
    cozy.replace(TENANT, "\n  dev:\n    state: deleting\n")
}

/// The cloud without its tenants, the last part of the file.
fn without() -> String {
    let cozy = cozy();
    let start = cozy.find("\ntenants:").unwrap();
    cozy[..=start].to_owned()
}

#[test]
fn only_the_cluster_leaves_the_tree_and_nothing_reaches_into_the_tenant() {
    let (compiled, ..) = compile_text(&deleting());
    let compiled = compiled.unwrap();
    // What remains needs the kubeconfig, which Kamaji keeps as long as there is a control plane.
    let others = references::faults(&compiled).into_iter().filter(|fault| !fault.contains("dev-admin-kubeconfig"));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<String>::new());
    let objects = objects(&compiled.tree);
    let of_kind = |kind: &str| -> Vec<&Value> {
        let found = objects.iter().filter(|(path, object)| path.contains("tenants/") && object["kind"] == kind);
        found.map(|(_, object)| object).collect()
    };
    for gone in ["Cluster", "KamajiControlPlane", "KubevirtCluster", "MachineDeployment", "MachineHealthCheck"] {
        assert!(of_kind(gone).is_empty(), "{gone} is still there");
    }
    // The controllers drain machines, unmount disks and take load balancers down.
    assert!(
        of_kind("Deployment").len() >= 3 && of_kind("Namespace").iter().any(|o| o["metadata"]["name"] == "tenant-dev")
    );
    let releases = of_kind("HelmRelease");
    assert!(!releases.is_empty() && releases.iter().all(|release| release["spec"]["suspend"] == true), "{releases:#?}");
    for kustomization in of_kind("Kustomization") {
        let spec = &kustomization["spec"];
        let reaches_in = spec["kubeConfig"].is_object();
        assert_eq!(spec["suspend"] == true, reaches_in, "{kustomization:#}");
        assert!(spec["wait"].is_null() || reaches_in, "what is suspended is never ready: {kustomization:#}");
    }
    // Inside first, then the Cluster.
    let named = |name: &str| {
        let found = of_kind("Kustomization").into_iter().find(|object| object["metadata"]["name"] == name);
        found.unwrap()["spec"]["dependsOn"].clone()
    };
    assert_eq!(named("tenant-dev-cluster"), json!([{"name": "tenant-dev-addons"}]));
    assert_eq!(named("tenant-dev-addons"), Value::Null);
    let runbook = String::from_utf8_lossy(&compiled.tree.get("README.md").unwrap().bytes).into_owned();
    assert!(
        runbook.contains("wait cluster dev --for=delete") && runbook.contains("kubectl delete namespace tenant-dev")
    );
}

/// Their Secrets hold names of values that Flux puts in: applied as they stand they would take the place of the values.
#[test]
fn secrets_of_talos_workers_are_left_as_they_are() {
    let text = fs::read_to_string(repository("tests/clouds/talos-workers.yaml")).unwrap();
    assert!(text.contains("\n  acme:\n"));
    let (compiled, ..) = compile_text(&text.replace("\n  acme:\n", "\n  acme:\n    state: deleting\n"));
    let objects = objects(&compiled.unwrap().tree);
    let cluster = objects.iter().filter(|(path, _)| path.starts_with("tenants/acme/cluster/"));
    for (path, object) in cluster.map(|(path, object)| (path, object.to_string())) {
        assert!(!object.contains("${"), "{path}: {object}");
    }
    let join = objects.iter().find(|(path, _)| path == "tenants/acme/integration/join.yaml").unwrap();
    assert!(join.1["spec"]["kubeConfig"].is_object() && join.1["spec"]["suspend"] == true, "{:#}", join.1);
}

#[test]
fn a_running_tenant_cannot_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let build = |text: &str| build(folder.path(), text);
    assert!(build(&cozy()).status.success());
    let refused = build(&without());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("error[tenant-removed-at-once]: the cluster of tenant `dev` still runs"), "{said}");
    assert!(said.contains("state: deleting") && said.contains("tenants/dev/cluster/cluster.yaml"), "{said}");
    assert!(folder.path().join("tenants/dev/cluster/cluster.yaml").is_file());

    assert!(build(&deleting()).status.success());
    assert!(!folder.path().join("tenants/dev/cluster/cluster.yaml").exists());
    assert!(build(&without()).status.success());
    assert!(!folder.path().join("tenants").exists());
}

fn build(folder: &Path, text: &str) -> Output {
    fs::write(folder.join("cloud.yaml"), text).unwrap();
    run(folder, &["build"])
}
