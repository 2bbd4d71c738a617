//! What a bug report needs, against the data that it is read from.

use std::path::Path;

use serde_json::Value;

use crate::support::{repository, run};

fn said(arguments: &[&str]) -> String {
    let ran = run(Path::new("."), arguments);
    assert!(ran.status.success() && ran.stderr.is_empty(), "{arguments:?}: {ran:?}");
    String::from_utf8(ran.stdout).unwrap()
}

fn table(path: &str) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(repository(path)).unwrap()).unwrap()
}

#[test]
fn the_version_is_one_line() {
    let line = concat!("cloudc ", env!("CARGO_PKG_VERSION"), "\n");
    for spelling in ["--version", "-V"] {
        assert_eq!(said(&[spelling]), line);
    }
}

#[test]
fn verbose_is_heard_wherever_it_stands() {
    let full = said(&["--version", "--verbose"]);
    for spelling in [["--verbose", "--version"].as_slice(), &["-V", "-v"], &["-vV"], &["-Vv"], &["build", "-Vv"]] {
        assert_eq!(said(spelling), full, "{spelling:?}");
    }
}

#[test]
fn a_report_says_what_was_built_and_what_it_knows() {
    let report = said(&["-vV"]);
    let value = |key: &str| {
        let found = report.lines().find_map(|line| line.strip_prefix(&format!("{key}: ")));
        found.unwrap_or_else(|| panic!("no `{key}` in\n{report}")).to_owned()
    };
    assert!(report.starts_with(&said(&["-V"])));
    assert!(!value("commit").is_empty());
    assert!(value("rustc").starts_with("1."), "{report}");
    assert!(value("target").contains('-'), "{report}");
    let components = std::fs::read_dir(repository("stdlib/components")).unwrap().count();
    assert_eq!(value("components"), components.to_string());

    let minors = table("stdlib/versions/talos.yaml");
    let minors = minors.as_object().unwrap();
    assert_eq!(report.lines().filter(|line| line.starts_with("talos ")).count(), minors.len());
    for (minor, entry) in minors {
        let says = value(&format!("talos {minor}"));
        let kubernetes = &entry["kubernetes"];
        for part in [&entry["newest"], &kubernetes["min"], &kubernetes["max"]] {
            assert!(says.contains(part.as_str().unwrap()), "{minor}: {says}");
        }
    }

    let sets = table("stdlib/versions/cluster-api.yaml");
    assert_eq!(value("cluster-api"), sets["default"].as_str().unwrap());
    for (name, set) in sets["sets"].as_object().unwrap() {
        let says = value(&format!("cluster-api {name}"));
        for (provider, entry) in set["providers"].as_object().unwrap() {
            assert!(says.contains(&format!("{provider} {}", entry["version"].as_str().unwrap())), "{name}: {says}");
        }
    }
}

/// The hash is the one that `cloud.lock` names, so that a lock and a report can be compared.
#[test]
fn the_catalog_is_named_as_the_lock_names_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(repository("examples/one/cloud.yaml"), folder.path().join("cloud.yaml")).unwrap();
    assert!(run(folder.path(), &["build"]).status.success());
    let lock = std::fs::read_to_string(folder.path().join("cloud.lock")).unwrap();
    let catalog = said(&["-vV"]).lines().find_map(|line| line.strip_prefix("catalog: ").map(str::to_owned)).unwrap();
    assert!(lock.contains(&catalog), "{catalog} is not in\n{lock}");
}
