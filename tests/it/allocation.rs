//! What tenants leave open comes from the pools of the cloud, and stays.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::repository;

/// The example with pools, and with tenants that name neither networks nor ports.
fn cloud(tenants: &[&str]) -> String {
    let cozy = fs::read_to_string(repository("examples/cozy/cloud.yaml")).unwrap();
    let start = cozy.find("\ntenants:").unwrap();
    let pools = "network:\n  tenants:\n    pods: {range: 10.128.0.0/14, prefix: 16}\n    services: {range: 10.140.0.0/16, prefix: 20}\n";
    let mut text = cozy[..start].replacen("network:\n", pools, 1);
    text.push_str("\ntenants:\n");
    for name in tenants {
        text.push_str(&format!(
            "  {name}:\n    kubernetes: v1.34.2\n    controlPlane: {{expose: node-port}}\n    addons: {{cilium: {{}}}}\n"
        ));
    }
    text
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cloudc")).args(arguments).current_dir(folder).output().unwrap()
}

fn build(folder: &Path, tenants: &[&str]) {
    fs::write(folder.join("cloud.yaml"), cloud(tenants)).unwrap();
    let output = run(folder, &["build"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Pod network, service network and ports that the objects of a tenant have.
fn of(folder: &Path, tenant: &str) -> [String; 4] {
    let read = |file: &str| fs::read_to_string(folder.join(format!("tenants/{tenant}/cluster/{file}.yaml"))).unwrap();
    let after = |text: &str, mark: &str| {
        let rest = text.split(mark).nth(1).unwrap_or_else(|| panic!("no {mark} in {text}"));
        rest.trim_start_matches(['\n', ' ', '-']).lines().next().unwrap().trim().to_owned()
    };
    let (cluster, control_plane) = (read("cluster"), read("control-plane"));
    [
        after(after_part(&cluster, "pods:"), "cidrBlocks:"),
        after(after_part(&cluster, "services:"), "cidrBlocks:"),
        after(&cluster, "apiServerPort:"),
        after(after_part(&control_plane, "konnectivity:"), "port:"),
    ]
}

fn after_part<'t>(text: &'t str, mark: &str) -> &'t str {
    &text[text.find(mark).unwrap_or_else(|| panic!("no {mark} in {text}"))..]
}

#[test]
fn a_new_tenant_moves_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder, &["one", "two"]);
    let (one, two) = (of(folder, "one"), of(folder, "two"));
    assert_eq!(one, ["10.128.0.0/16", "10.140.0.0/20", "32767", "32766"]);
    assert_eq!(two, ["10.129.0.0/16", "10.140.16.0/20", "32765", "32764"]);

    build(folder, &["first", "one", "two"]);
    assert_eq!((of(folder, "one"), of(folder, "two")), (one.clone(), two.clone()));
    assert_eq!(of(folder, "first"), ["10.130.0.0/16", "10.140.32.0/20", "32763", "32762"]);
    let check = run(folder, &["build", "--locked", "--check"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));

    // Versions are taken anew; networks are no versions.
    assert!(run(folder, &["update"]).status.success());
    build(folder, &["first", "one", "two"]);
    assert_eq!((of(folder, "one"), of(folder, "two")), (one, two));
}

#[test]
fn what_no_pool_has_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let lint = |text: String| {
        fs::write(folder.path().join("cloud.yaml"), text).unwrap();
        let output = run(folder.path(), &["lint", "--output-format", "concise"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let said = lint(cloud(&["one"]).replace("    pods: {range: 10.128.0.0/14, prefix: 16}\n", ""));
    assert!(said.contains("error[missing-key]: tenant `one` has no `network.pods`"), "{said}");
    let said = lint(cloud(&["one", "two"]).replace("10.128.0.0/14, prefix: 16", "10.128.0.0/16, prefix: 16"));
    assert!(said.contains("error[pool-exhausted]: no network is left for the pods of `two`"), "{said}");
    let narrow = "controlPlane:\n  apiServer: {extraArgs: {service-node-port-range: 30000-30003}}\n";
    let said = lint(cloud(&["one", "two", "three"]).replacen("controlPlane:\n", narrow, 1));
    assert!(said.contains("error[pool-exhausted]: no node port is left for the API of `three`"), "{said}");
}
