//! A new repository: what `init` writes compiles, and Git takes what it should and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(program: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}

fn cloudc(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let ran = run(env!("CARGO_BIN_EXE_cloudc"), folder, arguments);
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_it_writes_is_clean_and_builds() {
    for example in ["one", "home", "cozy"] {
        let folder = tempfile::tempdir().unwrap();
        let (code, result, story) = cloudc(folder.path(), &["init", "new/cloud", "--example", example]);
        assert_eq!((code, result.as_str()), (Some(0), ""), "{story}");
        assert!(story.contains("cd new/cloud\n") && story.contains("cloudc build\n"), "{story}");
        let cloud = folder.path().join("new/cloud");
        assert_eq!(names(&cloud), [".gitignore", "cloud.yaml"].map(str::to_owned).into());
        let text = fs::read_to_string(cloud.join("cloud.yaml")).unwrap();
        assert!(text.starts_with("# yaml-language-server: $schema=https://"), "{text}");
        let (code, _, story) = cloudc(&cloud, &["lint", "--deny-warnings"]);
        assert_eq!((code, story.as_str()), (Some(0), "cloud.yaml: nothing wrong\n"), "{example}");
        assert_eq!(cloudc(&cloud, &["build"]).0, Some(0));
        assert_eq!(cloudc(&cloud, &["build", "--check", "--locked"]).0, Some(0));
    }
}

#[test]
fn without_arguments_it_writes_here() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, story) = cloudc(folder.path(), &["init"]);
    assert_eq!(code, Some(0), "{story}");
    assert!(story.starts_with("cloud.yaml: created\n.gitignore: created\n") && !story.contains("cd "), "{story}");
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().to_str().unwrap();
    assert_eq!(cloudc(folder.path(), &["-C", path, "-q", "init"]), (Some(0), String::new(), String::new()));
    assert_eq!(names(folder.path()), names(elsewhere.path()));
}

#[test]
fn nothing_is_overwritten_and_nothing_written_halfway() {
    for taken in ["cloud.yaml", ".gitignore"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(taken), "mine\n").unwrap();
        let (code, _, story) = cloudc(folder.path(), &["init"]);
        assert_eq!(code, Some(2), "{story}");
        assert!(story.contains(&format!("{taken} is there already")), "{story}");
        assert_eq!(names(folder.path()), [taken.to_owned()].into());
        assert_eq!(fs::read_to_string(folder.path().join(taken)).unwrap(), "mine\n");
    }
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("elsewhere");
    let cloud = folder.path().join("cloud");
    fs::create_dir(&cloud).unwrap();
    std::os::unix::fs::symlink(&target, cloud.join(".gitignore")).unwrap();
    assert_eq!(cloudc(&cloud, &["init"]).0, Some(2));
    assert!(!target.exists() && !cloud.join("cloud.yaml").exists());
}

#[test]
fn git_takes_what_is_built_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("skipped: no git");
        return;
    }
    assert_eq!(cloudc(at, &["init", "--example", "cozy"]).0, Some(0));
    assert_eq!(cloudc(at, &["build"]).0, Some(0));
    let git = |arguments: &[&str]| {
        let ran = run("git", at, arguments);
        assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    git(&["init", "-q"]);
    let status = git(&["status", "--porcelain", "--ignored"]);
    let ignored: Vec<&str> = status.lines().filter(|line| line.starts_with("!!")).collect();
    assert_eq!(ignored, ["!! .cloudc/cache/"], "what may be missing in a clone");
    fs::create_dir(at.join("secrets")).unwrap();
    let kept = ["secrets/talos.sops.yaml", "secrets/tenant-acme.sops.yaml"];
    let secret =
        ["secrets/talos.yaml", "private/age.key", "private/kubeconfig", "age.key", "talosconfig", ".cloudc/lock"];
    for file in kept.iter().chain(&secret) {
        fs::write(at.join(file), "x\n").unwrap();
    }
    git(&["add", "--all"]);
    let taken = git(&["ls-files"]);
    let taken: BTreeSet<&str> = taken.lines().collect();
    assert!(secret.iter().all(|file| !taken.contains(file)), "{taken:?}");
    assert!(kept.iter().all(|file| taken.contains(file)), "{taken:?}");
    assert!(["cloud.lock", ".cloudc/manifest.json", "private/.gitignore"].iter().all(|file| taken.contains(file)));
}
