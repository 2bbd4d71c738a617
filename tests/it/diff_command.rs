//! `cloudc diff` as people and CI run it: against the directory, a commit, another file.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{repository, run};

/// A repository with the cloud `one` built and committed.
fn committed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let cloud = std::fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    std::fs::write(folder.path().join("cloud.yaml"), cloud).unwrap();
    assert!(cloudc(folder.path(), &["build", "-q"]).status.success());
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "first"]);
    folder
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git").arg("-C").arg(folder).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn cloudc(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, arguments)
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join("cloud.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from));
    std::fs::write(path, text.replace(from, to)).unwrap();
}

fn text(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn nothing_changes_before_something_does() {
    let folder = committed();
    for arguments in [vec!["diff"], vec!["diff", "--against", "HEAD"], vec!["diff", "--against", "cloud.yaml"]] {
        let (code, said, _) = text(&cloudc(folder.path(), &arguments));
        assert_eq!((code, said.as_str()), (0, "nothing changes\n"), "{arguments:?}");
    }
}

#[test]
fn the_directory_a_commit_and_a_file_are_compared_with() {
    let folder = committed();
    std::fs::copy(folder.path().join("cloud.yaml"), folder.path().join("old.yaml")).unwrap();
    edit(folder.path(), "kubernetes: v1.35.4", "kubernetes: v1.35.5");
    let (code, said, _) = text(&cloudc(folder.path(), &["diff", "--format", "summary"]));
    assert_eq!(code, 1);
    assert!(said.contains("versions.kubernetes  cloud.yaml:8"), "{said}");
    for against in ["HEAD", "old.yaml"] {
        let (code, said, _) = text(&cloudc(folder.path(), &["diff", "--against", against, "--format", "summary"]));
        assert_eq!(code, 1);
        assert!(said.contains("versions.kubernetes  v1.35.4 -> v1.35.5  cloud.yaml:8"), "{said}");
        assert!(said.contains("node box"), "{said}");
    }
    // The work tree is as it was.
    let status = Command::new("git").arg("-C").arg(folder.path()).args(["status", "--short"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&status.stdout), " M cloud.yaml\n?? old.yaml\n");
}

#[test]
fn exit_codes_say_what_was_asked_for() {
    let folder = committed();
    edit(folder.path(), "kubernetes: v1.35.4", "kubernetes: v1.35.5");
    let code = |arguments: &[&str]| text(&cloudc(folder.path(), &[&["diff"], arguments].concat()));
    assert_eq!(code(&["--exit-zero"]).0, 0);
    assert_eq!(code(&["--exit-zero", "--deny", "reboot,data-loss"]).0, 0);
    let (denied, _, said) = code(&["--exit-zero", "--deny", "live,reboot"]);
    assert_eq!((denied, said.as_str()), (1, "error: the change has a denied effect: live\n"));
    assert_eq!(code(&["--deny", "lvie"]).0, 2);
    assert_eq!(code(&["--against", "no-such-branch"]).0, 2);
    assert!(code(&["--against", "no-such-branch"]).2.contains("neither a file nor a commit"));
    assert_eq!(code(&["--against", "--output=x"]).0, 2);
    edit(folder.path(), "kubernetes:", "kubernets:");
    let (code, _, said) = code(&[]);
    assert_eq!(code, 2);
    assert!(said.contains("did you mean") && said.contains("does not compile"), "{said}");
}

#[test]
fn a_commit_without_the_cloud_is_an_empty_one() {
    let folder = committed();
    std::fs::rename(folder.path().join("cloud.yaml"), folder.path().join("second.cloudc.yaml")).unwrap();
    let (code, said, story) = text(&cloudc(folder.path(), &["diff", "--against", "HEAD", "--format", "json"]));
    assert_eq!(code, 1);
    assert!(story.contains("second.cloudc.yaml is not in HEAD: everything is new"), "{story}");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["files"]["changed"], &said["files"]["removed"]), (&Value::from(0), &Value::from(0)));
}

#[test]
fn files_beside_the_cloud_are_taken_from_the_commit() {
    let folder = committed();
    let cloud = "registries: {trust: [ca.pem]}\ncomponents:\n";
    edit(folder.path(), "components:\n", cloud);
    let ca = std::fs::read_to_string(repository("tests/clouds/certs/corp-ca.pem")).unwrap();
    std::fs::write(folder.path().join("ca.pem"), &ca).unwrap();
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "second"]);
    std::fs::write(folder.path().join("ca.pem"), format!("{ca}{ca}")).unwrap();
    let (code, said, _) = text(&cloudc(folder.path(), &["diff", "--against", "HEAD", "--format", "summary"]));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("registries"), "{said}");
}

#[test]
fn a_version_that_the_lock_moves_is_told_with_the_lock() {
    let folder = committed();
    let path = folder.path().join("cloud.lock");
    let lock = std::fs::read_to_string(&path).unwrap();
    assert!(lock.contains("version: \"1.20.1\""));
    std::fs::write(&path, lock.replace("version: \"1.20.1\"", "version: \"1.20.0\"")).unwrap();
    let (_, said, _) = text(&cloudc(folder.path(), &["diff", "--against", "HEAD", "--format", "summary"]));
    assert!(said.contains("components.cilium.releases.cilium  1.20.1 -> 1.20.0  cloud.lock"), "{said}");
    assert!(said.contains("HelmRelease kube-system/cilium"), "{said}");
}

#[test]
fn a_file_that_somebody_made_unreadable_is_one_unknown() {
    let folder = committed();
    let path = folder.path().join("talos/machines/box.yaml");
    let text_before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text_before + "broken: [\n").unwrap();
    let (code, said, _) = text(&cloudc(folder.path(), &["diff", "--format", "json"]));
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &said["labels"]), (1, &serde_json::json!({"unknown": 1})));
    assert_eq!(said["changes"][0]["targets"], serde_json::json!([{"kind": "Node", "name": "box"}]));
}

#[test]
fn the_json_has_the_documented_shape() {
    let folder = committed();
    edit(folder.path(), "kubernetes: v1.35.4", "kubernetes: v1.35.5");
    let (_, said, _) = text(&cloudc(folder.path(), &["diff", "--against", "HEAD", "--format", "json"]));
    let said: Value = serde_json::from_str(&said).unwrap();
    let page = std::fs::read_to_string(repository("docs/diff.md")).unwrap();
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let documented: Value = serde_json::from_str(example).unwrap();
    same_keys(&documented, &said, "");
    assert_eq!(said["changes"][0]["cause"]["start"]["line"], 8);
}

/// Both have the same keys, wherever neither is null.
fn same_keys(documented: &Value, said: &Value, at: &str) {
    match (documented, said) {
        (Value::Object(one), Value::Object(other)) => {
            // What counts by name has names of its own.
            if at.ends_with(".labels") {
                return;
            }
            let keys = |map: &serde_json::Map<String, Value>| {
                let mut keys: Vec<String> = map.keys().filter(|key| *key != "namespace").cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(keys(one), keys(other), "{at}");
            for (key, value) in one {
                if let Some(other) = other.get(key) {
                    same_keys(value, other, &format!("{at}.{key}"));
                }
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for item in other {
                same_keys(&one[0], item, at);
            }
        }
        _ => {}
    }
}

#[test]
fn ci_snippets_are_yaml_that_calls_what_there_is() {
    let page = std::fs::read_to_string(repository("docs/diff.md")).unwrap();
    let snippets: Vec<&str> = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(snippets.len(), 2);
    let folder = committed();
    for snippet in snippets {
        let _: Value = serde_yaml::from_str(snippet).unwrap();
        for line in snippet.lines().filter_map(|line| line.split("cloudc diff ").nth(1)) {
            let arguments = line.replace("\"$base\"", "HEAD").replace("\"$CI_MERGE_REQUEST_DIFF_BASE_SHA\"", "HEAD");
            let arguments: Vec<&str> = arguments.split(" >").next().unwrap().split_whitespace().collect();
            let (code, said, story) = text(&cloudc(folder.path(), &[&["diff"], arguments.as_slice()].concat()));
            assert_eq!((code, said.as_str()), (0, "**cloudc diff**: nothing changes\n"), "{story}");
        }
    }
}
