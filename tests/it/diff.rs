//! What a change does: known changes of real clouds, with the effect, the cause and whom it reaches.

use std::path::Path;

use cloudc::diff::{Diff, Files, Known, Secrets, Target, diff, report};
use cloudc::impact::Label;

use crate::support::{catalog, compile_beside, repository};

/// The diff of a cloud of this repository and what `edit` makes of it.
fn changed(cloud: &str, edit: impl Fn(&str) -> String) -> Diff {
    let path = repository(cloud);
    let old = std::fs::read_to_string(&path).unwrap();
    let new = edit(&old);
    assert_ne!(old, new, "the edit of {cloud} changes nothing");
    between(path.parent().unwrap(), &old, &new).0
}

fn between(folder: &Path, old: &str, new: &str) -> (Diff, Files, Files) {
    let (before, old_sources) = compile_beside(folder, "cloud.yaml", old);
    let (now, sources) = compile_beside(folder, "cloud.yaml", new);
    let files = |tree: &cloudc::tree::FileTree| -> Files {
        tree.iter()
            .map(|(path, file)| (path.as_str().to_owned(), String::from_utf8(file.bytes.clone()).unwrap()))
            .collect()
    };
    let (old, new) = (files(&before.tree), files(&now.tree));
    let known = |compiled, sources| Known { compiled, catalog: catalog(), sources };
    let found = diff(&old, &new, Some(known(&before, &old_sources)), known(&now, &sources));
    (found, old, new)
}

/// A text replaced once.
fn replaced<'a>(from: &'a str, to: &'a str) -> impl Fn(&str) -> String + 'a {
    move |text| {
        assert!(text.contains(from), "the cloud has no {from:?}");
        text.replacen(from, to, 1)
    }
}

const HOME: &str = "examples/home/cloud.yaml";
const COZY: &str = "examples/cozy/cloud.yaml";
const ALL: &[&str] = &["nuc1", "nuc2", "nuc3", "rpi1", "rpi2", "rpi3", "ryzen1"];

fn names(targets: &[Target]) -> Vec<&str> {
    targets.iter().map(|target| target.name.as_str()).collect()
}

/// The worst effect, its cause, and whom it reaches.
#[track_caller]
fn expect(found: &Diff, label: Label, cause: &str, targets: &[&str]) {
    let said = || {
        format!("{:#?}", found.changes.iter().map(|c| (&c.cause.what, c.label, names(&c.targets))).collect::<Vec<_>>())
    };
    assert_eq!(found.severity(), label, "{}", said());
    let worst = found.changes.iter().find(|change| change.label == label).unwrap();
    assert_eq!(worst.cause.what, cause, "{}", said());
    assert_eq!(names(&worst.targets), targets, "{}", said());
    assert!(found.changes.iter().all(|change| change.cause.what == cause), "one edit is one cause: {}", said());
    assert!(worst.cause.at.as_ref().unwrap().range.is_some());
}

#[test]
fn a_new_talos_is_an_upgrade_of_every_machine() {
    let found = changed(HOME, replaced("talos: v1.13.9", "talos: v1.13.10"));
    expect(&found, Label::OsUpgrade, "versions.talos", ALL);
}

#[test]
fn a_new_kubernetes_restarts_what_it_is_made_of() {
    let found = changed(HOME, replaced("kubernetes: v1.35.4", "kubernetes: v1.35.5"));
    assert!(found.severity() <= Label::Restart && found.severity() >= Label::Live, "{:?}", found.severity());
    assert_eq!(found.changes[0].cause.what, "versions.kubernetes");
}

#[test]
fn an_extension_is_an_upgrade_of_the_machines_that_get_it() {
    let found =
        changed(HOME, replaced("extensions: [i915, intel-ucode]", "extensions: [i915, intel-ucode, iscsi-tools]"));
    expect(&found, Label::OsUpgrade, "nodeClasses.nuc.extensions", &["nuc1", "nuc2", "nuc3"]);
}

#[test]
fn a_sysctl_is_live() {
    let found = changed(
        HOME,
        replaced("nodeClasses:\n", "nodeDefaults: {sysctls: {vm.max_map_count: \"262144\"}}\nnodeClasses:\n"),
    );
    expect(&found, Label::Live, "nodeDefaults", ALL);
}

#[test]
fn another_vip_breaks_connections() {
    let found = changed(HOME, replaced("endpoint: 192.168.20.10", "endpoint: 192.168.20.9"));
    assert_eq!(found.severity(), Label::Connectivity);
    assert!(found.changes.iter().all(|change| change.cause.what == "controlPlane.endpoint"), "{:#?}", found.changes);
}

#[test]
fn another_bond_breaks_connections() {
    let found = changed("tests/clouds/bonded.yaml", replaced("mode: 802.3ad, lacpRate: fast,", "mode: active-backup,"));
    assert_eq!(found.severity(), Label::Connectivity, "{:#?}", found.changes);
}

#[test]
fn another_pod_network_cannot_be_had() {
    let found = changed(HOME, replaced("pods: 10.244.0.0/16", "pods: 10.245.0.0/16"));
    assert_eq!(found.severity(), Label::Frozen);
    assert!(found.changes.iter().all(|change| change.cause.what == "network.pods"));
}

#[test]
fn a_new_chart_restarts_its_release() {
    let bumped = replaced("  cert-manager:\n", "  cert-manager:\n    version: v1.19.1\n");
    let found = changed(HOME, bumped);
    expect(&found, Label::Restart, "components.cert-manager.version", &["cert-manager"]);
}

#[test]
fn a_release_with_another_name_is_made_anew() {
    let own = |name: &str| {
        format!(
            "components:\n  {name}:\n    chart: {{repository: \"oci://ghcr.io/stefanprodan/charts\", name: podinfo, version: 6.9.2}}\n    namespace: podinfo\n"
        )
    };
    let base = replaced("components:\n", &own("podinfo"))(&std::fs::read_to_string(repository(HOME)).unwrap());
    let (found, ..) =
        between(repository("examples/home").as_path(), &base, &base.replace("  podinfo:\n", "  frontend:\n"));
    assert!(found.severity() >= Label::Recreate, "{:?}", found.severity());
    let gone = found.changes.iter().find(|change| change.label == found.severity()).unwrap();
    assert_eq!(gone.cause.what, "components.podinfo");
}

#[test]
fn a_parameter_of_a_storage_class_cannot_be_changed() {
    let found =
        changed(COZY, replaced("{pool: data, replicas: 3, default: true}", "{pool: data, replicas: 2, default: true}"));
    assert_eq!(found.severity(), Label::Frozen, "{:#?}", found.changes);
    assert_eq!(found.changes[0].cause.what, "components.linstor.storageClasses.replicated.replicas");
}

#[test]
fn a_machine_goes_with_its_volumes() {
    let gone =
        |text: &str| text.lines().filter(|line| !line.starts_with("  nuc1:")).collect::<Vec<_>>().join("\n") + "\n";
    let found = changed(HOME, gone);
    expect(&found, Label::DataLoss, "nodes.nuc1", &["nuc1"]);
    // One that only computes.
    let path = repository(HOME);
    let old = std::fs::read_to_string(&path).unwrap();
    let spare = "  spare: {role: worker, installDisk: /dev/sda, address: 192.168.20.29}\n";
    let new = old.replace("\nnodes:\n", &format!("\nnodes:\n{spare}"));
    let (found, ..) = between(path.parent().unwrap(), &new, &old);
    expect(&found, Label::Recreate, "nodes.spare", &["spare"]);
}

#[test]
fn a_control_plane_goes_with_its_vote() {
    let found = changed(HOME, |text| {
        text.lines().filter(|line| !line.starts_with("  rpi3:")).collect::<Vec<_>>().join("\n") + "\n"
    });
    assert_eq!(found.severity(), Label::Quorum, "{:#?}", found.changes);
    let lost = found.changes.iter().find(|change| change.label == Label::Quorum).unwrap();
    assert_eq!((lost.cause.what.as_str(), names(&lost.targets)), ("nodes.rpi3", vec!["rpi3"]));
}

#[test]
fn machines_that_restart_together_take_etcd_with_them() {
    let file = "    files: {/var/etc/motd: {content: \"hello\", permissions: \"0o600\"}}\n";
    let found = changed(HOME, replaced("    board: rpi_generic\n", &format!("    board: rpi_generic\n{file}")));
    assert!(found.has(Label::Reboot), "{:#?}", found.changes);
    expect(&found, Label::Quorum, "nodeClasses.pi4.files", &["rpi1", "rpi2", "rpi3"]);
    // Two of the workers may.
    let found = changed(HOME, replaced("nuc: {extends: x86,", &format!("nuc: {{extends: x86, {},", file.trim())));
    expect(&found, Label::Reboot, "nodeClasses.nuc.files", &["nuc1", "nuc2", "nuc3"]);
}

#[test]
fn machines_that_move_together_lose_each_other() {
    let found = changed(HOME, replaced("192.168.20.13", "192.168.20.14"));
    assert_eq!(found.severity(), Label::Connectivity, "{:#?}", found.changes);
    let found =
        changed(HOME, |text| text.replace("192.168.20.13", "192.168.20.14").replace("192.168.20.12", "192.168.20.15"));
    assert_eq!(found.severity(), Label::Quorum, "{:#?}", found.changes);
}

#[test]
fn more_machines_of_a_tenant_are_live_and_larger_ones_roll() {
    let found = changed(COZY, replaced("max: 10", "max: 12"));
    expect(&found, Label::Live, "tenants.dev.nodeGroups.md0.replicas.max", &["dev-md0"]);
    let found = changed(COZY, replaced("cpu: 4\n        memory", "cpu: 8\n        memory"));
    expect(&found, Label::Rollout, "tenants.dev.nodeGroups.md0.cpu", &["dev-md0"]);
}

#[test]
fn a_tenant_goes_with_its_data() {
    let found = changed(COZY, |text| text[..text.find("tenants:").unwrap()].to_owned());
    assert_eq!(found.severity(), Label::DataLoss);
    assert!(found.changes.iter().all(|change| change.cause.what == "tenants"), "{:#?}", found.changes);
}

#[test]
fn a_label_is_live() {
    let found = changed(HOME, replaced("nuc1: {class: nuc,", "nuc1: {class: nuc, labels: {example.com/rack: a},"));
    expect(&found, Label::Live, "nodes.nuc1.labels", &["nuc1"]);
}

#[test]
fn a_comment_and_another_layout_change_nothing() {
    let commented = changed(HOME, |text| text.replace("\nnodes:\n", "\n# The machines.\nnodes:\n"));
    assert!(commented.is_empty() && commented.severity() == Label::Noop);
    let reformatted = changed(COZY, |text| {
        let value: serde_json::Value = serde_yaml::from_str(text).unwrap();
        serde_yaml::to_string(&value).unwrap()
    });
    assert!(reformatted.is_empty(), "{:?}", reformatted.changed);
}

#[test]
fn two_edits_are_two_causes() {
    let found = changed(HOME, |text| {
        let text = replaced("nuc1: {class: nuc,", "nuc1: {class: nuc, labels: {example.com/rack: a},")(text);
        replaced("kubernetes: v1.35.4", "kubernetes: v1.35.5")(&text)
    });
    let of = |cause: &str| found.changes.iter().filter(|change| change.cause.what == cause).collect::<Vec<_>>();
    assert_eq!(names(&of("nodes.nuc1.labels")[0].targets), ["nuc1"]);
    assert!(!of("versions.kubernetes").is_empty());
    assert_eq!(of("nodes.nuc1.labels")[0].differences.len(), 1, "{:#?}", of("nodes.nuc1.labels"));
}

/// A cloud with a password in chart values, which it should not have.
fn with_password(password: &str) -> String {
    let values = format!("  grafana-operator: {{values: {{adminPassword: {password}, note: \"is {password}!\"}}}}\n");
    std::fs::read_to_string(repository(COZY)).unwrap().replace("components:\n", &format!("components:\n{values}"))
}

#[test]
fn a_secret_is_in_no_format() {
    let (found, old, new) =
        between(&repository("examples/cozy"), &with_password("correct-horse"), &with_password("battery-staple"));
    assert!(!found.is_empty());
    for format in [report::Format::Unified, report::Format::Summary, report::Format::Json, report::Format::Markdown] {
        let render = |secrets| {
            report::render(&found, &report::Input { old: &old, new: &new, secrets, max_bytes: 65_536 }, format)
        };
        let hidden = render(Some(Secrets::of(old.iter().chain(&new), [])));
        assert!(!hidden.contains("correct-horse") && !hidden.contains("battery-staple"), "{hidden}");
        assert!(hidden.contains("adminPassword"), "that it changed is no secret: {hidden}");
        if format != report::Format::Summary {
            assert!(render(None).contains("battery-staple"));
        }
    }
}

/// What stands at a secret's place is hidden however it is written and however short it is, and no line is lost by it.
#[test]
fn a_secret_is_hidden_however_it_is_written() {
    let cloud = std::fs::read_to_string(repository(COZY)).unwrap();
    let values = |password: &str, key: &str, pin: u32| {
        let values = format!(
            "  grafana-operator:\n    values:\n      adminPassword: {password}\n      pin: {{password: {pin}}}\n      \
             signingKey: |\n        -----BEGIN-----\n        {key}\n        -----END-----\n      \
             extra: |\n        token: {password}\n        level: info\n      existingSecret: login-{pin}\n"
        );
        cloud.replace("components:\n", &format!("components:\n{values}"))
    };
    let (found, old, new) = between(
        &repository("examples/cozy"),
        &values("\"a \\\"b\\\" c\"", "first/key/of/many", 7417),
        &values("shrt", "other/key/of/many", 7418),
    );
    let secrets = Some(Secrets::of(old.iter().chain(&new), []));
    let text = report::render(
        &found,
        &report::Input { old: &old, new: &new, secrets, max_bytes: 65_536 },
        report::Format::Unified,
    );
    for secret in ["first/key", "other/key", "shrt", "\\\"b", "password: 741", "BEGIN"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    for shown in ["signingKey: |", "existingSecret: login-7418", "level: info", "token: <redacted>"] {
        assert!(text.contains(shown), "{shown} is not in {text}");
    }
}

#[test]
fn a_comment_has_the_size_that_it_may_have() {
    let path = repository("examples/cozy");
    let cloud = std::fs::read_to_string(path.join("cloud.yaml")).unwrap();
    let (found, old, new) = between(&path, &cloud, &cloud.replace("talos: v1.13.6", "talos: v1.13.9"));
    let render = |max_bytes| {
        let input = report::Input { old: &old, new: &new, secrets: None, max_bytes };
        report::render(&found, &input, report::Format::Markdown)
    };
    let (whole, cut) = (render(65_536), render(2_000));
    assert!(whole.len() <= 65_536 && cut.len() <= 2_000 && cut.len() < whole.len());
    assert!(!whole.contains("do not fit") && cut.contains("not fit into this comment"), "{cut}");
    assert!(cut.contains("os-upgrade"), "{cut}");
}
