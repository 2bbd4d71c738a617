//! Compiles the catalog in, as JSON, and records of what and with what a release is built, for `cloudc --version --verbose`. No time
//! is recorded: the same commit gives the same bytes.
#![expect(clippy::disallowed_methods, reason = "a build script is told everything by the environment")]

use std::env::var;
use std::fs;
use std::path::Path;
use std::process::Command;

use walkdir::WalkDir;

/// What a build reads.
const READ: [&str; 8] = ["Cargo.toml", "Cargo.lock", "build.rs", "src", "schema", "stdlib", "docs/rules", "examples"];

fn main() {
    println!("cargo:rerun-if-changed=stdlib");
    let packed = Path::new(&var("OUT_DIR").unwrap_or_default()).join("stdlib.rs");
    fs::write(packed, catalog()).expect("Cargo gives a folder to write to");
    println!("cargo:rerun-if-env-changed=CLOUDC_COMMIT");
    println!("cargo:rustc-env=BUILD_COMMIT={}", commit());
    println!("cargo:rustc-env=BUILD_TARGET={}", var("TARGET").unwrap_or_default());
    let rustc = var("RUSTC").ok().and_then(|rustc| said(&rustc, &["--version"]));
    println!("cargo:rustc-env=BUILD_RUSTC={}", rustc.as_deref().unwrap_or("unknown"));
}

/// The files of `stdlib/`, in the order of their paths: an array of path and JSON. JSON is read many times faster than YAML, and a
/// program reads it at every start.
fn catalog() -> String {
    let files = WalkDir::new("stdlib").sort_by_file_name().into_iter();
    let files = files.map(|file| file.unwrap_or_else(|error| panic!("stdlib: {error}")));
    let mut packed = String::from("[\n");
    for file in files.filter(|file| file.path().extension().is_some_and(|extension| extension == "yaml")) {
        let path = file.path().to_str().expect("our paths are ASCII").replace('\\', "/");
        let text = fs::read_to_string(file.path()).unwrap_or_else(|error| panic!("{path}: {error}"));
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        packed += &format!("({:?}, {:?}),\n", path.trim_start_matches("stdlib/"), value.to_string());
    }
    packed + "]"
}

/// From the environment for who builds from an archive, else from the package, else from Git.
fn commit() -> String {
    if let Some(commit) = var("CLOUDC_COMMIT").ok().filter(|commit| !commit.is_empty()) {
        return commit;
    }
    if let Some(commit) = packaged() {
        return commit;
    }
    // Its sources change between two builds, and every commit would compile it anew.
    if var("PROFILE").is_ok_and(|profile| profile == "debug") {
        return "not recorded in a debug build".to_owned();
    }
    checked_out().unwrap_or_else(|| "unknown".to_owned())
}

/// What `cargo package` noted beside the sources.
fn packaged() -> Option<String> {
    let note = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, rest) = note.split_once("\"sha1\"")?;
    let commit = rest.split('"').nth(1)?.to_owned();
    Some(marked(commit, note.contains("\"dirty\": true")))
}

/// The commit of this folder, when it is the root of a repository of Git and not only somewhere inside of one.
fn checked_out() -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    let log = said("git", &["rev-parse", "--git-path", "logs/HEAD"])?;
    for path in READ.into_iter().chain([log.as_str()]).filter(|path| Path::new(path).exists()) {
        println!("cargo:rerun-if-changed={path}");
    }
    let commit = said("git", &["rev-parse", "HEAD"])?;
    let changes = said("git", &[&["status", "--porcelain", "--"], READ.as_slice()].concat())?;
    Some(marked(commit, !changes.is_empty()))
}

fn marked(commit: String, changed: bool) -> String {
    if changed { commit + " with local changes" } else { commit }
}

/// What a program prints; `None` where it fails or does not exist.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let ran = Command::new(program).args(arguments).output().ok().filter(|ran| ran.status.success())?;
    Some(String::from_utf8(ran.stdout).ok()?.trim().to_owned())
}
