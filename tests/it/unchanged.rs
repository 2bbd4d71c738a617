//! A build of what was built before is not compiled again, and anything else is.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::own_components::RELOADER;
use crate::support::{repository, run};

const CLOUD: &str = "cloud.yaml";
const RECORD: &str = ".cloudc/cache/build.json";

/// A cloud with what a compile asks the disk for: an entry of its own, manifests by a pattern, a registry's certificate.
struct Cloud(TempDir);

impl Cloud {
    fn new() -> Self {
        let cloud = Self(TempDir::new().unwrap());
        let one = fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
        let more = "extraManifests: [apps/*.yaml]\nregistries: {trust: [pki/ca.pem]}\n";
        cloud.write(CLOUD, &(one + more));
        cloud.write("apps/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n");
        let certificate = fs::read_to_string(repository("tests/clouds/certs/corp-ca.pem")).unwrap();
        cloud.write("pki/ca.pem", &certificate);
        cloud
    }

    fn built() -> Self {
        let cloud = Self::new();
        assert!(cloud.compiles(), "the first build");
        assert!(!cloud.compiles(), "the second build");
        cloud
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    /// Whether a build that must be fine compiled.
    #[track_caller]
    fn compiles(&self) -> bool {
        let (code, told) = self.builds(&[]);
        assert_eq!(code, 0, "{told}");
        let compiled = told.contains("compiling cloud.yaml\n");
        assert_ne!(
            compiled,
            told.contains("cloud.yaml: not compiled, all that it is made of is as it was\n"),
            "{told}"
        );
        compiled
    }

    fn builds(&self, more: &[&str]) -> (i32, String) {
        let ran = run(self.0.path(), &[&["build", "--verbose"], more].concat());
        (ran.status.code().unwrap(), String::from_utf8(ran.stderr).unwrap())
    }
}

/// What somebody does to a cloud that was built.
type Change = fn(&Cloud);

#[test]
fn whatever_changes_is_compiled() {
    let changes: &[(&str, Change)] = &[
        ("a comment", |c| c.write(CLOUD, &(c.read(CLOUD) + "# more\n"))),
        ("a file that a pattern finds", |c| {
            c.write("apps/b.yaml", &c.read("apps/a.yaml").replace("name: a", "name: b"));
        }),
        ("a file that was found", |c| c.write("apps/a.yaml", &(c.read("apps/a.yaml") + "data: {a: b}\n"))),
        ("a file that is named", |c| c.write("pki/ca.pem", &(c.read("pki/ca.pem") + "\n"))),
        ("a file with another name", |c| fs::rename(c.path("apps/a.yaml"), c.path("apps/z.yaml")).unwrap()),
        // What it is used for is known only after a compile.
        ("an entry that no component uses", |c| {
            c.write("components/reloader/component.yaml", RELOADER);
        }),
        ("no lock", |c| fs::remove_file(c.path("cloud.lock")).unwrap()),
        ("a file of the tree is gone", |c| fs::remove_file(c.path("README.md")).unwrap()),
        ("the record is none", |c| c.write(RECORD, "{}")),
        ("the record is of another shape", |c| c.write(RECORD, &c.read(RECORD).replacen('{', "{\"more\":1,", 1))),
        ("the record is gone", |c| fs::remove_dir_all(c.path(".cloudc/cache")).unwrap()),
    ];
    for (name, change) in changes {
        let cloud = Cloud::built();
        change(&cloud);
        assert!(cloud.compiles(), "{name}");
        assert!(!cloud.compiles(), "{name}: and then it is as it was");
        let fresh = cloud.path("fresh");
        assert_eq!(cloud.builds(&["--output", fresh.to_str().unwrap()]).0, 0, "{name}");
        let manifest = |folder: &Path| fs::read_to_string(folder.join(".cloudc/manifest.json")).unwrap();
        assert_eq!(manifest(&fresh), manifest(cloud.0.path()), "{name}");
    }
}

#[test]
fn an_edit_of_the_tree_is_found() {
    let cloud = Cloud::built();
    cloud.write("README.md", "mine\n");
    let (code, told) = cloud.builds(&[]);
    assert!(code == 1 && told.contains("README.md: edited by hand since cloudc wrote it"), "{told}");
    assert_eq!(cloud.read("README.md"), "mine\n");
    assert_eq!(cloud.builds(&["--force"]).0, 0);
    assert!(!cloud.compiles());
    fs::rename(cloud.path("README.md"), cloud.path("elsewhere")).unwrap();
    symlink("elsewhere", cloud.path("README.md")).unwrap();
    let (code, told) = cloud.builds(&[]);
    assert!(code == 1 && told.contains("README.md: a symbolic link stands here"), "{told}");
}

#[test]
fn what_a_killed_build_left_beside_the_record_goes_away() {
    let cloud = Cloud::built();
    cloud.write(".cloudc/cache/.cloudc-tmp-abc", "half");
    cloud.write(CLOUD, &(cloud.read(CLOUD) + "# more\n"));
    assert!(cloud.compiles());
    assert!(!cloud.path(".cloudc/cache/.cloudc-tmp-abc").exists());
}

#[test]
fn a_check_always_compiles() {
    let cloud = Cloud::built();
    let (code, told) = cloud.builds(&["--check"]);
    assert!(code == 0 && told.contains("compiling cloud.yaml"), "{told}");
}

#[test]
fn a_warning_is_given_each_time() {
    let cloud = Cloud::new();
    let (text, delivery) = (cloud.read(CLOUD), "delivery:\n  git: {url: \"https://github.com/example/one.git\"}\n");
    assert!(text.contains(delivery), "{text}");
    cloud.write(CLOUD, &text.replace(delivery, ""));
    for _ in 0..2 {
        let (code, told) = cloud.builds(&[]);
        assert!(code == 0 && told.contains("warning[no-delivery]"), "{told}");
    }
}

#[test]
fn git_does_not_see_the_record_and_no_link_is_written_through() {
    let cloud = Cloud::built();
    assert_eq!(cloud.read(".cloudc/cache/.gitignore"), "*\n");
    let (elsewhere, cache) = (TempDir::new().unwrap(), cloud.path(".cloudc/cache"));
    for file in ["build.json", ".gitignore"] {
        fs::rename(cache.join(file), elsewhere.path().join(file)).unwrap();
    }
    fs::remove_dir(&cache).unwrap();
    symlink(elsewhere.path(), &cache).unwrap();
    cloud.write(CLOUD, &(cloud.read(CLOUD) + "# more\n"));
    let kept = || fs::read_to_string(elsewhere.path().join("build.json")).unwrap();
    let before = kept();
    assert!(cloud.compiles() && cloud.compiles(), "what a link leads to is no record");
    assert_eq!(kept(), before);
}
