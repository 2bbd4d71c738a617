//! `cloudc why` as a person and a program see it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::repository;

fn why(folder: &Path, arguments: &[&str]) -> (Output, String, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_cloudc"))
        .arg("why")
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (result, story) = (text(&ran.stdout), text(&ran.stderr));
    (ran, result, story)
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(repository("examples/one/cloud.yaml"), folder.path().join("cloud.yaml")).unwrap();
    folder
}

/// Number of the first line of a snapshot that has this text.
fn line(file: &str, text: &str) -> usize {
    let snapshot = std::fs::read_to_string(repository(&format!("snapshots/one/{file}"))).unwrap();
    snapshot.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn a_line_is_traced_to_cloud_yaml() {
    let folder = folder();
    let number = line("talos/machines/box.yaml", "maxSize: 80GiB");
    let target = format!("talos/machines/box.yaml:{number}");
    let (ran, said, story) = why(folder.path(), &[&target]);
    assert_eq!(ran.status.code(), Some(0), "{story}");
    snapbox::assert_data_eq!(
        said,
        snapbox::str![[r#"
talos/machines/box.yaml:[..]: maxSize: 80GiB
  VolumeConfig EPHEMERAL, provisioning.maxSize
  cloud.yaml:25:19  nodes.box.volumes.EPHEMERAL.maxSize: 80GiB
shaped by
...
  cloud.yaml:20:3  nodes.box
  cloud.yaml:21:5  nodes.box.role: control-plane
...
"#]]
    );
    let (_, all, _) = why(folder.path(), &["talos/machines/box.yaml"]);
    assert!(all.contains("nodes.box.volumes.EPHEMERAL.maxSize: 80GiB\n"), "{all}");
}

#[test]
fn a_file_is_found_as_a_shell_completes_it() {
    let folder = folder();
    let (_, plain, _) = why(folder.path(), &["README.md:1"]);
    assert!(!plain.is_empty());
    assert_eq!(why(folder.path(), &["./README.md:1"]).1, plain);
    assert_eq!(why(folder.path(), &["-o", "out", "out/README.md:1"]).1, plain);
    assert_eq!(why(folder.path(), &["-o", "./out/", "./out/README.md:1"]).1, plain);
    let cloud = folder.path().join("cloud.yaml");
    let absolute = folder.path().join("README.md:1");
    let said = why(Path::new("/"), &["-f", cloud.to_str().unwrap(), absolute.to_str().unwrap()]).1;
    assert!(said.starts_with("README.md:1: "), "{said}");
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let folder = folder();
    let fails = |arguments: &[&str], code: i32, says: &str| {
        let (ran, said, story) = why(folder.path(), arguments);
        assert_eq!(ran.status.code(), Some(code), "{arguments:?}: {story}");
        assert!(said.is_empty() && story.contains(says), "{arguments:?}: {story}");
    };
    fails(&["talos/machines/bax.yaml"], 1, "did you mean `talos/machines/box.yaml`?");
    fails(&["box.yaml"], 1, "did you mean `talos/machines/box.yaml`?");
    fails(&["talos/machines/box.yaml:9999"], 1, "has no line 9999");
    fails(&["--blast", "nodes.box.labls"], 1, "did you mean `labels`?");
    fails(&["--blast", "nodes.bax.labels"], 1, "did you mean `box`?");
    fails(&[], 2, "FILE[:LINE]");
    fails(&["README.md", "--blast", "network"], 2, "cannot be used with");
    std::fs::write(folder.path().join("cloud.yaml"), "kind: Cloud\n").unwrap();
    fails(&["README.md"], 1, "missing");
}

#[test]
fn a_directory_that_is_not_this_clouds_is_told_of() {
    let folder = folder();
    std::fs::write(folder.path().join("README.md"), "# other\n").unwrap();
    let (ran, _, story) = why(folder.path(), &["README.md:1"]);
    assert_eq!(ran.status.code(), Some(0));
    assert!(story.contains("not what this cloud compiles to"), "{story}");
}

#[test]
fn a_blast_lists_lines() {
    let folder = folder();
    let (ran, said, story) = why(folder.path(), &["--blast", "nodes.box.volumes.EPHEMERAL.maxSize"]);
    assert_eq!(ran.status.code(), Some(0), "{story}");
    let number = line("talos/machines/box.yaml", "maxSize: 80GiB");
    assert!(said.contains(&format!("talos/machines/box.yaml:{number}:   maxSize: 80GiB\n")), "{said}");
    assert!(story.contains(" in "), "{story}");
}

#[test]
fn json_has_a_version_and_places() {
    let folder = folder();
    let number = line("talos/machines/box.yaml", "maxSize: 80GiB");
    let target = format!("talos/machines/box.yaml:{number}");
    let said: Value = serde_json::from_str(&why(folder.path(), &["--output-format", "json", &target]).1).unwrap();
    assert_eq!((&said["version"], &said["file"]), (&1.into(), &"talos/machines/box.yaml".into()));
    let line = &said["lines"][0];
    assert_eq!((&line["line"], &line["text"]), (&number.into(), &"  maxSize: 80GiB".into()));
    assert_eq!(line["places"][0]["kind"], "VolumeConfig");
    assert_eq!(line["places"][0]["path"], "provisioning.maxSize");
    let origin = &line["direct"][0];
    assert_eq!((&origin["kind"], &origin["file"]), (&"spec".into(), &"cloud.yaml".into()));
    assert_eq!(origin["path"], "nodes.box.volumes.EPHEMERAL.maxSize");
    assert_eq!((&origin["start"]["line"], &origin["start"]["column"]), (&25.into(), &28.into()));
    assert!(line["shapedBy"].as_array().unwrap().iter().any(|origin| origin["path"] == "nodes.box.role"));
    let blast: Value = serde_json::from_str(
        &why(folder.path(), &["--output-format", "json", "--blast", "nodes.box.volumes.EPHEMERAL.maxSize"]).1,
    )
    .unwrap();
    assert_eq!((&blast["version"], &blast["path"]), (&1.into(), &"nodes.box.volumes.EPHEMERAL.maxSize".into()));
    let own = blast["lines"].as_array().unwrap();
    assert!(own.iter().any(|own| own["line"] == number && own["file"] == "talos/machines/box.yaml"), "{own:?}");
}
