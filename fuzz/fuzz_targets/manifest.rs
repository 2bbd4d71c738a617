//! Any text as the manifest of an output directory: nothing outside is touched, and inside nothing but what the text owns with the right hash. In the text, `#` stands for the hash of the
//! files that are there.
#![no_main]

use std::fs;
use std::path::Path;

use cloudc::output::{Mode, build};
use cloudc::tree::FileTree;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// SHA-256 of `one\n`.
const HASH: &str = "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806";

fuzz_target!(|text: &str| {
    let temp = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("there is room");
    let out = temp.path().join("out");
    for folder in ["out/.cloudc", "out/.git", "out/a", "other"] {
        fs::create_dir_all(temp.path().join(folder)).expect("there is room");
    }
    for file in ["outside", "other/x", "out/.git/config", "out/mine", "out/a/b", "out/x"] {
        fs::write(temp.path().join(file), "one\n").expect("there is room");
    }
    std::os::unix::fs::symlink(temp.path().join("other"), out.join("link")).expect("there is room");
    fs::write(out.join("edited"), "two\n").expect("there is room");
    let manifest = text.replace('#', HASH);
    fs::write(out.join(".cloudc/manifest.json"), &manifest).expect("there is room");
    let mut tree = FileTree::default();
    tree.add("x", "one\n", &["name"]);
    tree.add("y/z", "one\n", &["name"]);
    let check = build(&out, &tree, Mode::Check, false);
    let built = build(&out, &tree, Mode::Write, false);
    let there = |path: &str| fs::read_to_string(Path::new(temp.path()).join(path)).ok();
    for file in ["outside", "other/x", "out/.git/config", "out/x"] {
        assert_eq!(there(file).as_deref(), Some("one\n"), "{file} was touched");
    }
    assert_eq!(there("out/edited").as_deref(), Some("two\n"), "an edited file was touched");
    if !manifest.contains("mine") && !manifest.contains('\\') {
        assert_eq!(there("out/mine").as_deref(), Some("one\n"), "a file that nobody listed was touched");
    }
    match built {
        Ok(_) => {
            assert!(!build(&out, &tree, Mode::Check, false).expect("a build can be checked").is_stale());
        }
        Err(_) => {
            assert!(check.is_err() || check.is_ok_and(|report| report.is_stale()), "refused without a reason");
            assert_eq!(there("out/.cloudc/manifest.json"), Some(manifest), "a refused build changed the manifest");
        }
    }
});
