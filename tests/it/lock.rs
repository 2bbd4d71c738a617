//! `cloud.lock`: what is written, held, moved and refused.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use cloudc::output;
use cloudc::source::{Folder, Sources};
use cloudc::{Before, Compiled, compile};
use tempfile::TempDir;

use crate::support::{catalog, objects, repository, right};

/// A cloud in a folder of its own.
struct Cloud(TempDir);

impl Cloud {
    fn new(example: &str) -> Self {
        let cloud = Self(TempDir::new().unwrap());
        fs::copy(repository(&format!("examples/{example}/cloud.yaml")), cloud.0.path().join("cloud.yaml")).unwrap();
        cloud
    }

    /// One that has been built, into `out`.
    fn built(example: &str) -> Self {
        let cloud = Self::new(example);
        cloud.fine(&["build", "-o", "out"]);
        cloud
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloudc"));
        command.args(arguments).current_dir(self.0.path()).env("NO_COLOR", "1");
        command
    }

    /// What a command prints and tells, and how it ends.
    fn says(&self, arguments: &[&str]) -> (i32, String, String) {
        let ran = self.run(arguments);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
    }

    #[track_caller]
    fn fine(&self, arguments: &[&str]) -> (String, String) {
        let (code, printed, told) = self.says(arguments);
        assert_eq!(code, 0, "{told}");
        (printed, told)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.path().join(path)).unwrap()
    }

    fn lock(&self) -> String {
        self.read("cloud.lock")
    }

    #[track_caller]
    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from}");
        fs::write(self.0.path().join(path), text.replacen(from, to, 1)).unwrap();
    }

    /// A version in the lock that the catalog does not have, as one that was taken long ago.
    #[track_caller]
    fn age(&self, at: &str, to: &str) {
        let lock = self.lock();
        let value = version_of(&lock, at);
        let start = lock.find(at).unwrap();
        let place = start + lock[start..].find(&value).unwrap();
        let aged = format!("{}{to}{}", &lock[..place], &lock[place + value.len()..]);
        fs::write(self.0.path().join("cloud.lock"), aged).unwrap();
    }

    fn tag(&self, source: &str) -> String {
        let text = self.read(&format!("out/flux/sources/{source}.yaml"));
        text.split("tag: ").nth(1).unwrap().lines().next().unwrap().trim_matches('"').to_owned()
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// The first version after a text.
fn version_of(lock: &str, at: &str) -> String {
    let rest = &lock[lock.find(at).unwrap_or_else(|| panic!("no {at} in {lock}"))..];
    rest.split("version: ").nth(1).unwrap().lines().next().unwrap().trim_matches('"').to_owned()
}

const CILIUM: &str = "\n  cilium:\n";

fn compile_with(example: &str, lock: &str) -> Compiled {
    let text = fs::read_to_string(repository(&format!("examples/{example}/cloud.yaml"))).unwrap();
    let before = Before { lock: Some(("cloud.lock".to_owned(), lock.to_owned())), ..Before::default() };
    let mut sources = Sources::default();
    let beside = Folder::new(repository("examples").join(example));
    let (compiled, findings) = compile(&mut sources, "cloud.yaml", &text, catalog(), before, &beside);
    right((compiled, findings, sources))
}

#[test]
fn the_locks_of_the_examples_are_current() {
    for example in ["one", "home", "cozy"] {
        let lock = fs::read_to_string(repository(&format!("examples/{example}/cloud.lock"))).unwrap();
        let Compiled { lock: resolution, .. } = compile_with(example, &lock);
        assert!(resolution.text == lock && resolution.offered.is_empty(), "examples/{example}, see CONTRIBUTING.md");
    }
}

#[test]
fn a_build_writes_it_once() {
    let cloud = Cloud::new("one");
    let (_, told) = cloud.fine(&["build", "-o", "out"]);
    assert_eq!(told, "out: 36 files created, 0 updated, 0 deleted, 0 unchanged\ncloud.lock: created\n");
    let lock = cloud.lock();
    assert!(
        lock.contains("\n  cilium:\n    releases:\n      cilium:\n        oci: oci://quay.io/cilium/charts/cilium\n")
    );
    let (_, told) = cloud.fine(&["build", "-o", "out"]);
    assert_eq!(told, "out: up to date, 36 files\n");
    assert_eq!(cloud.lock(), lock);
    assert_eq!(cloud.files(), ["cloud.lock", "cloud.yaml", "out"]);
}

#[test]
fn a_lock_that_says_the_same_in_other_words_stays() {
    let cloud = Cloud::built("one");
    let text = format!("# mine\n{}", cloud.lock().replace('\n', "\r\n"));
    fs::write(cloud.0.path().join("cloud.lock"), &text).unwrap();
    cloud.fine(&["build", "--locked", "-o", "out"]);
    assert_eq!(cloud.lock(), text);
}

#[test]
fn what_only_reads_writes_no_lock() {
    let cloud = Cloud::new("one");
    cloud.fine(&["lint"]);
    cloud.fine(&["build", "--stdout", "README.md"]);
    let (code, _, told) = cloud.says(&["build", "--check", "-o", "out"]);
    assert_eq!(code, 1);
    assert!(told.ends_with("cloud.lock: would be created\n"), "{told}");
    let (printed, _) = cloud.fine(&["update", "--dry-run"]);
    assert!(printed.contains("cilium  "), "{printed}");
    let (code, _, _) = cloud.says(&["build", "-o", "out", "--deny-warnings", "--locked"]);
    assert_eq!(code, 1);
    assert_eq!(cloud.files(), ["cloud.yaml"]);
}

#[test]
fn a_check_reports_a_stale_lock() {
    let cloud = Cloud::built("one");
    assert_eq!(cloud.fine(&["build", "--check", "-o", "out"]).1, "out: up to date, 36 files\n");
    cloud.edit("cloud.lock", CILIUM, "\n  gone: {images: {a: {repository: b, tag: c}}}\n  cilium:\n");
    let lock = cloud.lock();
    let (code, _, told) = cloud.says(&["build", "--check", "-o", "out"]);
    assert_eq!((code, told.as_str()), (1, "out: up to date, 36 files\ncloud.lock: would be updated\n"));
    assert_eq!(cloud.lock(), lock);
}

#[test]
fn an_old_lock_holds_and_says_so() {
    let cloud = Cloud::built("one");
    let new = version_of(&cloud.lock(), CILIUM);
    cloud.age(CILIUM, "1.19.4");
    let (_, told) = cloud.fine(&["build", "--locked", "-o", "out"]);
    let notice = format!("cloud.lock holds cilium 1.19.4 (the catalog has {new}): cloudc update moves them\n");
    assert!(told.ends_with(&notice), "{told}");
    assert_eq!(cloud.tag("cilium"), "1.19.4");
    assert!(cloud.read("out/README.md").contains("1.19.4"));
    assert!(version_of(&cloud.lock(), CILIUM) == "1.19.4");
    assert_eq!(cloud.fine(&["build", "-q", "-o", "out"]).1, "");
    assert_eq!(cloud.fine(&["lint"]).1, "cloud.yaml: nothing wrong\n");
    // Whoever has an older cloudc than the one who wrote it keeps to it too.
    cloud.age(CILIUM, "99.0.0");
    let (_, told) = cloud.fine(&["build", "-o", "out"]);
    let notice = format!("cloud.lock holds cilium 99.0.0 (the catalog has {new}): a newer cloudc wrote it\n");
    assert!(told.ends_with(&notice), "{told}");
    assert_eq!(cloud.tag("cilium"), "99.0.0");
}

#[test]
fn the_whole_reference_is_held() {
    let cloud = Cloud::built("one");
    let digest = format!("sha256:{}", "1a".repeat(32));
    let version = version_of(&cloud.lock(), CILIUM);
    cloud.edit("cloud.lock", "oci://quay.io/cilium/charts/cilium", "oci://example.org/cilium");
    cloud.edit(
        "cloud.lock",
        &format!("version: \"{version}\""),
        &format!("version: \"{version}\"\n        digest: {digest}"),
    );
    let (_, told) = cloud.fine(&["build", "-o", "out"]);
    assert!(told.contains("cilium oci://example.org/cilium (the catalog has oci://quay.io/"), "{told}");
    let source = cloud.read("out/flux/sources/cilium.yaml");
    assert!(source.contains("url: oci://example.org/cilium\n") && source.contains(&format!("digest: {digest}\n")));
    // A version that the user gives anew is looked for where the catalog has it now, and has no known digest.
    cloud.edit("cloud.yaml", "cilium: {}", "cilium: {version: 1.19.9}");
    cloud.fine(&["build", "-o", "out"]);
    let source = cloud.read("out/flux/sources/cilium.yaml");
    assert!(source.contains("url: oci://quay.io/cilium/charts/cilium\n") && !source.contains("digest"), "{source}");
}

#[test]
fn a_version_of_the_user_wins_and_is_held() {
    let cloud = Cloud::built("one");
    cloud.edit("cloud.yaml", "cilium: {}", "cilium: {version: 1.18.0}");
    let (code, _, told) = cloud.says(&["build", "--locked", "-o", "out"]);
    assert_eq!(code, 1);
    assert!(told.contains("\n  cilium  ") && told.contains(" -> 1.18.0\n"), "{told}");
    let (_, told) = cloud.fine(&["build", "-o", "out"]);
    assert!(told.ends_with("cloud.lock: updated\n"), "{told}");
    assert_eq!((cloud.tag("cilium").as_str(), version_of(&cloud.lock(), CILIUM).as_str()), ("1.18.0", "1.18.0"));
    // What the user does not say any more does not jump either.
    cloud.edit("cloud.yaml", "cilium: {version: 1.18.0}", "cilium: {}");
    let (_, told) = cloud.fine(&["build", "--locked", "-o", "out"]);
    assert!(told.contains("cloud.lock holds cilium 1.18.0 (the catalog has "), "{told}");
}

#[test]
fn a_version_of_the_user_is_that_of_all_releases_in_step() {
    let cloud = Cloud::built("one");
    cloud.edit("cloud.yaml", "components:\n", "components:\n  mariadb-operator: {version: 26.5.0}\n");
    cloud.fine(&["build", "-o", "out"]);
    for release in ["\n      mariadb-operator:\n", "\n      mariadb-operator-crds:\n"] {
        assert_eq!(version_of(&cloud.lock(), release), "26.5.0");
    }
    cloud.edit("cloud.yaml", "26.5.0", "26.5.1");
    cloud.fine(&["build", "-o", "out"]);
    assert_eq!((cloud.tag("mariadb-operator"), cloud.tag("mariadb-operator-crds")), ("26.5.1".into(), "26.5.1".into()));
}

#[test]
fn a_chart_of_the_user_is_not_held() {
    let cloud = Cloud::built("one");
    let chart = "{namespace: kube-system, chart: {repository: \"oci://example.org\", name: cilium, version: 1.0.0}}";
    cloud.edit("cloud.yaml", "components:\n", &format!("components:\n  mine: {chart}\n"));
    cloud.fine(&["build", "--locked", "-o", "out"]);
    assert_eq!(cloud.tag("mine"), "1.0.0");
    assert!(!cloud.lock().contains("mine"));
}

#[test]
fn an_entry_of_the_user_is_not_held() {
    let cloud = Cloud::built("one");
    let entry = fs::read_to_string(repository("stdlib/components/cilium/component.yaml")).unwrap();
    let version = version_of(&entry, "layers:");
    let folder = cloud.0.path().join("components/cilium");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("component.yaml"), entry.replace(&version, "1.19.4")).unwrap();
    let (code, _, told) = cloud.says(&["build", "--locked", "-o", "out"]);
    assert!(code == 1 && told.contains(&format!("\n  cilium  gone: {version}\n")), "{told}");
    cloud.fine(&["build", "-o", "out"]);
    assert_eq!(cloud.tag("cilium"), "1.19.4");
    cloud.edit("components/cilium/component.yaml", "version: 1.19.4", "version: 1.19.5");
    cloud.fine(&["build", "--locked", "-o", "out"]);
    assert_eq!(cloud.tag("cilium"), "1.19.5");
}

#[test]
fn flux_and_the_operator_that_carries_it_are_held_together() {
    let cloud = Cloud::built("one");
    cloud.age("\n  flux:\n", "0.50.0");
    cloud.edit("cloud.lock", "flux-cli\n        tag: v2.9.4", "flux-cli\n        tag: v2.7.0");
    cloud.fine(&["build", "--locked", "-o", "out"]);
    assert_eq!(cloud.tag("flux-operator"), "0.50.0");
    assert!(cloud.read("out/flux/components/flux/instance/fluxinstance.yaml").contains("version: \"2.7.0\""));
}

#[test]
fn a_lock_that_changed_in_the_meantime_is_not_overwritten() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cloud.lock");
    output::replace(&path, None, "one\n").unwrap();
    output::replace(&path, Some("one\n"), "two\n").unwrap();
    for before in [None, Some("one\n")] {
        let said = output::replace(&path, before, "three\n").unwrap_err().to_string();
        assert!(said.ends_with("cloud.lock was changed by something else in the meantime; start again"), "{said}");
    }
    fs::remove_file(&path).unwrap();
    assert!(output::replace(&path, Some("two\n"), "three\n").is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn components_come_from_the_catalog_and_leave_the_lock() {
    let cloud = Cloud::built("one");
    cloud.age(CILIUM, "1.19.4");
    let before = cloud.lock();
    cloud.edit("cloud.yaml", "components:\n", "components:\n  reloader: {}\n");
    let (code, _, told) = cloud.says(&["build", "--locked", "-o", "out"]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!((code, lines[0]), (1, "error: cloud.lock would change, and --locked may not change it"));
    assert!(lines[1].starts_with("  reloader  new: "), "{told}");
    assert_eq!(cloud.lock(), before);
    cloud.fine(&["build", "-o", "out"]);
    assert!(cloud.lock().contains("\n  reloader:\n") && version_of(&cloud.lock(), CILIUM) == "1.19.4");
    cloud.edit("cloud.yaml", "  reloader: {}\n", "");
    cloud.fine(&["build", "-o", "out"]);
    assert_eq!(cloud.lock(), before);
}

#[test]
fn a_build_that_may_not_write_a_lock_needs_one() {
    let cloud = Cloud::new("one");
    let (code, _, told) = cloud.says(&["build", "--locked", "-o", "out"]);
    assert_eq!(code, 1);
    assert_eq!(
        told,
        "error: cloud.lock is missing, and --locked may not write it\nhelp: build without --locked, and commit the file\n"
    );
    assert_eq!(cloud.files(), ["cloud.yaml"], "before anything is written");
    cloud.fine(&["build", "-o", "out"]);
    cloud.fine(&["build", "--locked", "-o", "out"]);
    cloud.fine(&["build", "--locked", "--check", "-o", "out"]);
    cloud.fine(&["build", "--locked", "--stdout", "README.md"]);
}

#[test]
fn a_cloud_from_standard_input_has_no_lock() {
    let cloud = Cloud::new("one");
    let run = |arguments: &[&str]| {
        let input = fs::File::open(cloud.0.path().join("cloud.yaml")).unwrap();
        let ran = cloud.command(arguments).stdin(Stdio::from(input)).output().unwrap();
        (ran.status.code().unwrap(), String::from_utf8(ran.stderr).unwrap())
    };
    assert_eq!(run(&["build", "-f", "-", "-o", "out"]).0, 0);
    let (code, told) = run(&["build", "-f", "-", "-o", "out", "--locked"]);
    assert_eq!((code, told.as_str()), (2, "error: a cloud from standard input has no lock, which --locked needs\n"));
    let (code, told) = run(&["update", "-f", "-"]);
    assert_eq!((code, told.as_str()), (2, "error: a cloud from standard input has no lock to update\n"));
    assert_eq!(cloud.files(), ["cloud.yaml", "out"]);
}

#[test]
fn update_moves_what_is_named_and_nothing_else() {
    let cloud = Cloud::built("cozy");
    let fresh = cloud.lock();
    cloud.age(CILIUM, "1.19.4");
    cloud.age("\n  metallb:\n", "0.15.0");
    cloud.age("\n      cilium:\n        releases:", "1.19.5");
    cloud.fine(&["build", "-o", "out"]);
    let (old, new) = (cloud.lock(), version_of(&fresh, CILIUM));
    let (printed, told) = cloud.fine(&["update", "cilium", "--dry-run"]);
    let moved = format!("cilium                     1.19.4 -> {new}\ntenants.dev.addons.cilium  1.19.5 -> {new}\n");
    assert_eq!(printed, moved, "{told}");
    assert_eq!(cloud.lock(), old);
    let (printed, told) = cloud.fine(&["update", "cilium"]);
    assert_eq!(printed, moved);
    assert!(told.ends_with("cloud.lock: updated; cloudc build writes the directory\n"), "{told}");
    assert_eq!(version_of(&cloud.lock(), "\n  metallb:\n"), "0.15.0");
    assert_eq!(cloud.tag("cilium"), "1.19.4", "the tree is for `build`");
    cloud.fine(&["build", "-o", "out"]);
    assert_eq!((cloud.tag("cilium"), cloud.tag("metallb")), (new, "0.15.0".to_owned()));
    cloud.fine(&["update"]);
    assert_eq!(cloud.lock(), fresh);
    let (printed, told) = cloud.fine(&["update"]);
    assert!(printed.is_empty() && told.ends_with("nothing moves\n"), "{told}");
}

#[test]
fn update_knows_what_the_cloud_has() {
    let cloud = Cloud::built("one");
    let (code, printed, told) = cloud.says(&["update", "cillium"]);
    assert_eq!((code, printed.as_str()), (2, ""));
    assert_eq!(told, "error: this cloud has no component `cillium`\nhelp: did you mean `cilium`?\n");
    let (code, _, told) = cloud.says(&["update", "cilium", "loki"]);
    assert!(code == 2 && told.starts_with("error: this cloud has no component `loki`\n"), "{told}");
    cloud.edit("cloud.yaml", "cilium: {}", "cillium: {}");
    assert_eq!(cloud.says(&["update"]).0, 1, "a broken cloud has findings");
}

#[test]
fn tags_of_extensions_are_those_of_one_talos() {
    let cloud = Cloud::built("cozy");
    let profile = || cloud.read("out/talos/images/metal/imager.yaml");
    cloud.edit("cloud.lock", "drbd: 9.3.2-v1.13.6", "drbd: 9.3.1-v1.13.6");
    let (_, told) = cloud.fine(&["build", "-o", "out"]);
    assert!(profile().contains("ghcr.io/siderolabs/drbd:9.3.1-v1.13.6"));
    assert!(told.contains("extensions.drbd 9.3.1-v1.13.6 (the catalog has 9.3.2-v1.13.6)"), "{told}");
    let (printed, _) = cloud.fine(&["update", "extensions", "--dry-run"]);
    assert_eq!(printed, "extensions.drbd  9.3.1-v1.13.6 -> 9.3.2-v1.13.6\n");
    cloud.edit("cloud.yaml", "v1.13.6", "v1.13.9");
    let (code, _, told) = cloud.says(&["build", "--locked", "-o", "out"]);
    assert!(code == 1 && told.contains("\n  talos  v1.13.6 -> v1.13.9\n"), "{told}");
    cloud.fine(&["build", "-o", "out"]);
    assert!(profile().contains("ghcr.io/siderolabs/drbd:9.3.3-v1.13.9"));
    assert!(cloud.lock().contains("\ntalos: v1.13.9\n") && cloud.lock().contains("drbd: 9.3.3-v1.13.9\n"));
}

#[test]
fn images_manifests_and_boards_are_held() {
    let lock = fs::read_to_string(repository("examples/cozy/cloud.lock")).unwrap();
    let old = lock
        .replace("tag: v1.32\n", "tag: v1.31\n")
        .replace("version: v2.22.3\n", "version: v2.20.0\n")
        .replace("matchbox:v0.11.0", "matchbox:v0.10.0")
        .replace("\"1.34\": v1.34.1\n", "\"1.34\": v1.34.0\n")
        .replace("csi-attacher\n      tag: v4.9.0", "csi-attacher\n      tag: v4.8.0");
    let Compiled { tree, lock: resolution, .. } = compile_with("cozy", &old);
    assert!(resolution.text == old && resolution.moves.is_empty());
    let whats: Vec<&str> = resolution.offered.iter().map(|offer| offer.what.as_str()).collect();
    assert_eq!(
        whats,
        [
            "kamaji/images.kubectl",
            "rabbitmq-operator",
            "clusterAPI.images.csiAttacher",
            "clusterAPI.imagesByMinor.worker[1.34]",
            "boot.matchbox"
        ]
    );
    let all: String = tree.iter().map(|(_, file)| String::from_utf8_lossy(&file.bytes).into_owned()).collect();
    for held in ["v1.31@sha256:", "tag: v2.20.0\n", "matchbox:v0.10.0", "container-disk:v1.34.0", "csi-attacher:v4.8.0"]
    {
        assert!(all.contains(held), "{held}");
    }
    let home = fs::read_to_string(repository("examples/home/cloud.lock")).unwrap();
    let overlay = home.split("overlays:").nth(1).unwrap().split("tag: ").nth(1).unwrap().lines().next().unwrap();
    let Compiled { model, .. } = compile_with("home", &home.replace(&format!("tag: {overlay}"), "tag: v0.0.1"));
    let overlays: Vec<&str> =
        model.images.iter().filter_map(|i| i.ingredients.overlay()).map(|o| o.version.as_str()).collect();
    assert!(!overlays.is_empty() && overlays.iter().all(|version| *version == "v0.0.1"));
}

#[test]
fn add_ons_are_held_tenant_by_tenant() {
    let cloud = Cloud::built("cozy");
    let new = version_of(&cloud.lock(), CILIUM);
    cloud.age("\n      cilium:\n        releases:", "1.19.4");
    cloud.fine(&["build", "-o", "out"]);
    let compiled = compile_with("cozy", &cloud.lock());
    let mut tags: Vec<String> = objects(&compiled.tree)
        .into_iter()
        .filter(|(_, object)| object["spec"]["url"] == "oci://quay.io/cilium/charts/cilium")
        .map(|(_, object)| object["spec"]["ref"]["tag"].as_str().unwrap().to_owned())
        .collect();
    tags.sort();
    assert_eq!(tags, ["1.19.4".to_owned(), new]);
}

/// What `lint` finds with a lock edited so; `build` and `update` do not touch it.
fn broken(example: &str, from: &str, to: &str) -> String {
    let cloud = Cloud::new(example);
    fs::copy(repository(&format!("examples/{example}/cloud.lock")), cloud.0.path().join("cloud.lock")).unwrap();
    cloud.edit("cloud.lock", from, to);
    let lock = cloud.lock();
    let (code, printed, _) = cloud.says(&["lint", "--output-format", "concise"]);
    assert_eq!(code, 1, "{printed}");
    for command in [&["build", "-o", "out", "--force"][..], &["update", "flux"]] {
        assert_eq!(cloud.says(command).0, 1);
    }
    assert_eq!(cloud.lock(), lock);
    let (_, _, told) = cloud.says(&["lint"]);
    assert!(told.contains("= help: "), "{told}");
    let of_lock: Vec<&str> = printed.lines().filter(|line| line.starts_with("cloud.lock:")).collect();
    assert_eq!(of_lock.len(), 1, "{printed}");
    of_lock[0].to_owned()
}

#[test]
fn a_lock_that_cannot_be_read_is_shown_and_left() {
    let cases = [
        (
            "version: 1\n",
            "version: 2\n",
            "3:10: error[lock-version]: the file has version 2, and this cloudc knows version 1",
        ),
        ("version: 1\n", "", "error[missing-key]: the file lacks `version`"),
        ("version: 1\n", "version: 1\nnames: {}\n", "4:1: error[unknown-key]: unknown key `names` at the top level"),
        ("version: 1\n", "version: [1\n", "error[syntax]"),
        (
            "version: 1\n",
            "<<<<<<< HEAD\nversion: 1\n",
            "3:1: error[lock-conflict]: both sides of a merge stand in this file",
        ),
        ("talos: v1.13.9", "talos: 1.13.9", "error[wrong-value]: `1.13.9` is not an exact version"),
        ("oci: oci://quay.io/cilium", "ocl: oci://quay.io/cilium", "error[unknown-key]: unknown key `ocl`"),
        (
            "        oci: oci://quay.io/cilium/charts/cilium\n",
            "",
            "error[wrong-value]: the chart of `cilium` does not have one place",
        ),
    ];
    for (from, to, says) in cases {
        let found = broken("one", from, to);
        assert!(found.contains(says), "{found}");
    }
}

#[test]
fn what_this_catalog_cannot_hold_is_said() {
    let found = broken("cozy", "core: v1.13.5", "core: v1.12.0");
    assert!(found.contains("error[cannot-hold]: the catalog has no such set of Cluster API versions"), "{found}");
    let found = broken("one", "\n      cilium:\n", "\n      cilium-of-old:\n");
    assert!(
        found.contains("[cannot-hold]: the catalog's `cilium` has no `cilium-of-old` among its releases"),
        "{found}"
    );
}

#[test]
fn a_set_moves_as_a_whole() {
    let cloud = Cloud::built("cozy");
    let fresh = cloud.lock();
    cloud.edit("cloud.lock", "core: v1.13.5", "core: v1.12.0");
    cloud.age("\n      kamaji:\n", "26.1.1-edge");
    let (_, _, told) = cloud.says(&["build", "-o", "out"]);
    assert!(told.contains("= help: take the new versions with `cloudc update cluster-api`"), "{told}");
    let (printed, _) = cloud.fine(&["update", "cluster-api"]);
    assert!(printed.starts_with("kamaji                     26.1.1-edge -> "), "{printed}");
    assert!(printed.ends_with("clusterAPI.providers.core  v1.12.0 -> v1.13.5\n"), "{printed}");
    assert_eq!(cloud.lock(), fresh);
}

#[test]
fn another_set_is_taken_as_a_whole() {
    let cloud = Cloud::built("cozy");
    let before = cloud.lock();
    cloud.edit("cloud.yaml", "kubernetes: v1.35.4", "kubernetes: v1.33.12");
    cloud.edit("cloud.yaml", "components:\n", "components:\n  cluster-api: {set: cozystack}\n");
    cloud.fine(&["build", "-o", "other"]);
    let lock = cloud.lock();
    for (at, version) in [("  set: ", "cozystack"), ("    core: ", "v1.10.1"), ("  kamaji: ", "26.3.6-edge")] {
        assert!(lock.contains(&format!("\n{at}{version}\n")), "{at}: {lock}");
    }
    assert_eq!(version_of(&lock, "\n      capi-operator:\n"), "0.19.0");
    assert_eq!(version_of(&lock, "\n      kamaji:\n"), "26.3.6-edge");
    // And nothing else is.
    assert_eq!(version_of(&lock, "\n      kamaji-etcd:\n"), version_of(&before, "\n      kamaji-etcd:\n"));
    cloud.edit("cloud.yaml", "set: cozystack", "set: current");
    cloud.fine(&["build", "-o", "third"]);
    assert_eq!(cloud.lock(), before);
}

#[test]
fn a_held_chart_is_not_measured_by_the_window_of_another() {
    let cloud = Cloud::built("one");
    let text = cloud.read("cloud.yaml");
    let kubernetes = text.split("kubernetes: ").nth(1).unwrap().split(['\n', ',', '}']).next().unwrap();
    assert!(kubernetes.starts_with('v'));
    cloud.age(CILIUM, "1.19.4");
    cloud.fine(&["build", "--locked", "-o", "out"]);
}

#[test]
fn two_clouds_in_a_folder_have_two_locks() {
    let cloud = Cloud::built("one");
    let text = cloud.read("cloud.yaml");
    for name in ["two.cloudc.yaml", "three.yaml", "cloudc.yaml"] {
        fs::write(cloud.0.path().join(name), &text).unwrap();
        let (_, told) = cloud.fine(&["build", "-f", name, "-o", "out"]);
        let lock = name.replace(".yaml", ".lock");
        assert!(told.ends_with(&format!("{lock}: created\n")), "{told}");
    }
    let locks: Vec<String> = cloud.files().into_iter().filter(|name| !name.contains(".yaml")).collect();
    assert_eq!(locks, ["cloud.lock", "cloudc.lock", "out", "three.lock", "two.cloudc.lock"]);
}

#[test]
fn a_lock_is_neither_written_through_a_link_nor_over_one() {
    let cloud = Cloud::new("one");
    let other = cloud.0.path().join("other");
    symlink(&other, cloud.0.path().join("cloud.lock")).unwrap();
    let (code, _, told) = cloud.says(&["build", "-o", "out"]);
    assert_eq!(code, 2, "{told}");
    fs::write(&other, "version: 1\n").unwrap();
    assert_eq!(cloud.says(&["build", "-o", "out"]).0, 1);
    assert_eq!(fs::read_to_string(&other).unwrap(), "version: 1\n");
    fs::copy(repository("examples/one/cloud.lock"), &other).unwrap();
    cloud.fine(&["build", "--locked", "-o", "out"]);
    cloud.age(CILIUM, "1.19.4");
    let (code, _, told) = cloud.says(&["update"]);
    assert!(code == 2 && told.contains("cloud.lock is not what cloudc keeps there"), "{told}");
    assert!(cloud.0.path().join("cloud.lock").is_symlink());
}

#[test]
fn a_tree_elsewhere_is_built_where_no_lock_can_be_written() {
    let (cloud, out) = (Cloud::new("one"), TempDir::new().unwrap());
    let mode = |mode| fs::set_permissions(cloud.0.path(), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    if fs::write(cloud.0.path().join("probe"), "").is_ok() {
        mode(0o755);
        eprintln!("skipped: this user may write to read-only folders");
        return;
    }
    let (_, told) = cloud.fine(&["build", "-o", &out.path().display().to_string()]);
    assert!(told.contains("36 files created") && told.contains("cloud.lock: not written"), "{told}");
    assert!(Path::new(&out.path().join("README.md")).exists());
    let (code, _, _) = cloud.says(&["update"]);
    assert_eq!(code, 2);
    mode(0o755);
    assert_eq!(cloud.files(), ["cloud.yaml"]);
}
