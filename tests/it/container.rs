//! The container is built of what `.dockerignore` lets through.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::repository;

#[test]
fn what_the_container_is_built_of_is_enough() {
    let ignored = fs::read_to_string(repository(".dockerignore")).unwrap();
    let given: BTreeSet<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let folder = tempfile::tempdir().unwrap();
    for name in &given {
        symlink(repository(name), folder.path().join(name)).unwrap();
    }
    // Every target of Cargo.toml is there,
    let read = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    // what is compiled in,
    let build = fs::read_to_string(repository("build.rs")).unwrap();
    let list = build.split_once("const READ").and_then(|(_, rest)| rest.split_once("];")).unwrap().0;
    let compiled_in = list.split('"').skip(1).step_by(2).map(|path| path.split('/').next().unwrap());
    // and what the recipe runs and copies.
    let missing: Vec<&str> = compiled_in.chain(["packaging", "LICENSE"]).filter(|name| !given.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
