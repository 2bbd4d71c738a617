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

fn lint(folder: &Path, text: &str) -> String {
    fs::write(folder.join("cloud.yaml"), text).unwrap();
    let output = run(folder, &["lint", "--output-format", "concise"]);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The cloud with tenants behind load balancers, whose addresses come from a pool of these ranges.
fn with_addresses(ranges: &str, tenants: &[&str]) -> String {
    cloud(tenants)
        .replace("controlPlane: {expose: node-port}", "controlPlane: {expose: load-balancer}")
        .replace("  tenants:\n", "  tenants:\n    addresses: apis\n")
        .replace(
            "  loadBalancers:\n",
            &format!("  loadBalancers:\n    apis: {{addresses: [{ranges}], advertise: l2}}\n"),
        )
}

fn write_and_build(folder: &Path, text: &str) -> String {
    fs::write(folder.join("cloud.yaml"), text).unwrap();
    let output = run(folder, &["build"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// What the Service of a tenant's API asks for.
fn address_of(folder: &Path, tenant: &str) -> Option<String> {
    let file = fs::read_to_string(folder.join(format!("tenants/{tenant}/cluster/control-plane.yaml"))).unwrap();
    let line = file.split("metallb.io/loadBalancerIPs:").nth(1)?.lines().next().unwrap();
    assert!(file.contains("cloudc.dev/pool: apis"), "{file}");
    Some(line.trim().trim_matches('"').to_owned())
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
    let lint = |text: String| lint(folder.path(), &text);
    let said = lint(cloud(&["one"]).replace("    pods: {range: 10.128.0.0/14, prefix: 16}\n", ""));
    assert!(said.contains("error[missing-key]: tenant `one` has no `network.pods`"), "{said}");
    let said = lint(cloud(&["one", "two"]).replace("10.128.0.0/14, prefix: 16", "10.128.0.0/16, prefix: 16"));
    assert!(said.contains("error[pool-exhausted]: no network is left for the pods of `two`"), "{said}");
    let narrow = "controlPlane:\n  apiServer: {extraArgs: {service-node-port-range: 30000-30003}}\n";
    let said = lint(cloud(&["one", "two", "three"]).replacen("controlPlane:\n", narrow, 1));
    assert!(said.contains("error[pool-exhausted]: no node port is left for the API of `three`"), "{said}");
}

#[test]
fn apis_take_addresses_from_the_end_of_a_pool_and_keep_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ranges = "192.168.100.60-192.168.100.62, 192.168.100.64/29";
    let of = |tenant| address_of(folder, tenant).unwrap();
    let build = |tenants: &[&str]| write_and_build(folder, &with_addresses(ranges, tenants));
    build(&["one", "two"]);
    assert_eq!((of("one"), of("two")), ("192.168.100.71".to_owned(), "192.168.100.70".to_owned()));
    build(&["first", "one", "two"]);
    assert_eq!((of("one"), of("two")), ("192.168.100.71".to_owned(), "192.168.100.70".to_owned()));
    assert_eq!(of("first"), "192.168.100.69");
    assert!(fs::read_to_string(folder.join("cloud.lock")).unwrap().contains("192.168.100.69"));
    let check = run(folder, &["build", "--locked", "--check"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    assert!(run(folder, &["update"]).status.success());
    build(&["first", "one", "two"]);
    assert_eq!(of("one"), "192.168.100.71");

    // A tenant that names its own frees what it had, and so does one that is gone.
    let named = with_addresses(ranges, &["first", "one", "two"]).replace(
        "  one:\n    kubernetes: v1.34.2\n    controlPlane: {expose: load-balancer}",
        "  one:\n    kubernetes: v1.34.2\n    controlPlane: {address: 192.168.100.61}",
    );
    write_and_build(folder, &named);
    assert_eq!((of("one"), of("two")), ("192.168.100.61".to_owned(), "192.168.100.70".to_owned()));
    let lock = fs::read_to_string(folder.join("cloud.lock")).unwrap();
    assert!(!lock.contains("192.168.100.71"), "{lock}");
}

#[test]
fn an_address_that_somebody_has_is_given_to_no_api() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // What hands the addresses out would use them all; what is nobody's are .64 and, by its last number, not .0.
    let text = with_addresses("192.168.100.64/29", &["other", "one"])
        .replace(
            "  other:\n    kubernetes: v1.34.2\n    controlPlane: {expose: load-balancer}",
            "  other:\n    kubernetes: v1.34.2\n    controlPlane: {address: 192.168.100.71}",
        )
        .replacen(
            "components:\n",
            "components:\n  tenant-gateway: {address: 192.168.100.70}\n  \
             harbor: {host: registry.example, values: {expose: {loadBalancer: {annotations: {\
             \"metallb.io/loadBalancerIPs\": \"192.168.100.69,192.168.100.68\"}}}}}\n",
            1,
        );
    write_and_build(folder, &text);
    assert_eq!(address_of(folder, "one").unwrap(), "192.168.100.67");
}

#[test]
fn apis_of_another_family_have_addresses_too() {
    let folder = tempfile::tempdir().unwrap();
    let ranges = "\"fd00:64::/64\", \"fd00:65::9-fd00:65::a\"";
    let three = ["one", "two", "three"];
    // Services of the cloud have both families, or none could take such an address.
    let both = with_addresses(ranges, &three)
        .replace("pods: 10.244.0.0/16", "pods: [10.244.0.0/16, \"fd00:244::/56\"]")
        .replace("services: 10.96.0.0/16", "services: [10.96.0.0/16, \"fd00:96::/112\"]");
    write_and_build(folder.path(), &both);
    let of = three.map(|tenant| address_of(folder.path(), tenant).unwrap());
    assert_eq!(of, ["fd00:65::a", "fd00:65::9", "fd00:64::ffff:ffff:ffff:ffff"]);
}

#[test]
fn a_tenant_that_is_known_is_not_moved_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = with_addresses("192.168.100.64/29", &["one"]);
    write_and_build(folder, &text.replace("    addresses: apis\n", ""));
    assert_eq!(address_of(folder, "one"), None);
    let said = write_and_build(folder, &text);
    assert!(said.contains("warning[api-address-moves]"), "{said}");
    assert!(said.contains("the API of tenant `one` gets the address 192.168.100.71"), "{said}");
    let said = write_and_build(folder, &text);
    assert!(!said.contains("api-address-moves"), "{said}");
    // What it has stays its own, and is found where the pool is not any more.
    let moved = text.replace("192.168.100.64/29", "192.168.100.72/29");
    let said = lint(folder, &moved);
    assert!(said.contains("error[address-outside-network]: the API address of tenant `one` is in no pool"), "{said}");
}

#[test]
fn a_pool_of_addresses_is_known_and_large_enough() {
    let folder = tempfile::tempdir().unwrap();
    let text = with_addresses("192.168.100.64/31", &["one", "two", "three"]);
    let said = lint(folder.path(), &text);
    assert!(said.contains("error[pool-exhausted]: no address is left for the API of `three`"), "{said}");
    let said = lint(folder.path(), &text.replace("addresses: apis", "addresses: api"));
    assert!(said.contains("error[unknown-reference]: no load-balancer pool `api`"), "{said}");
}

#[test]
fn networks_are_cut_where_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Everything below is somebody's: the nodes and their pool, what is reserved, the pods of the cloud.
    let text = cloud(&["one", "two"])
        .replace("10.128.0.0/14, prefix: 16", "10.240.0.0/12, prefix: 16")
        .replace("range: 10.140.0.0/16, prefix: 20", "range: 192.168.96.0/19, prefix: 22")
        .replacen("network:\n", "network:\n  reserved: {office: 10.239.0.0-10.242.0.9}\n", 1);
    write_and_build(folder, &text);
    assert_eq!(of(folder, "one")[..2], ["10.243.0.0/16", "192.168.96.0/22"]);
    assert_eq!(of(folder, "two")[..2], ["10.245.0.0/16", "192.168.104.0/22"]);
}

#[test]
fn a_pool_is_cut_into_parts_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    for (prefix, said) in [
        ("10", "error[wrong-value]: a /10 is larger than `10.128.0.0/14`, of which it would be a part"),
        ("40", "error[wrong-value]: `10.128.0.0/14` has no networks of /40"),
    ] {
        let text = cloud(&["one"]).replace("10.128.0.0/14, prefix: 16", &format!("10.128.0.0/14, prefix: {prefix}"));
        let found = lint(folder.path(), &text);
        assert!(found.contains(said) && !found.contains("pool-exhausted"), "{found}");
    }
}
