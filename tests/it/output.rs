//! The output directory, on real temporary folders.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use cloudc::output::{Cause, Error, Mode, Report, build};
use cloudc::tree::FileTree;
use tempfile::TempDir;

fn tree(files: &[(&str, &str)]) -> FileTree {
    let mut tree = FileTree::default();
    for (path, text) in files {
        tree.add(path, *text, &["name"]);
    }
    tree
}

fn write(dir: &Path, files: &[(&str, &str)]) -> Report {
    build(dir, &tree(files), Mode::Write, false).unwrap_or_else(|e| panic!("{e}"))
}

fn check(dir: &Path, files: &[(&str, &str)]) -> Report {
    let before = snapshot(dir);
    let report = build(dir, &tree(files), Mode::Check, false).unwrap();
    assert_eq!(snapshot(dir), before, "a check writes nothing");
    report
}

/// What a refused build says; the directory must not change.
fn refused(dir: &Path, files: &[(&str, &str)]) -> String {
    let before = snapshot(dir);
    let error = build(dir, &tree(files), Mode::Write, false).unwrap_err();
    assert_eq!(snapshot(dir), before, "a refused build writes nothing");
    error.to_string()
}

/// Everything below a folder with its content and time; links as links.
fn snapshot(dir: &Path) -> BTreeMap<String, (String, Option<SystemTime>)> {
    let mut all = BTreeMap::new();
    for entry in walkdir::WalkDir::new(dir).min_depth(1).into_iter().filter_map(Result::ok) {
        let name = entry.path().strip_prefix(dir).unwrap().display().to_string();
        let what = if entry.path_is_symlink() {
            format!("-> {}", fs::read_link(entry.path()).unwrap().display())
        } else if entry.file_type().is_dir() {
            "folder".to_owned()
        } else {
            String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned()
        };
        // The time of a folder changes with the lock that comes and goes in it.
        let time = entry.file_type().is_file().then(|| entry.metadata().unwrap().modified().unwrap());
        all.insert(name, (what, time));
    }
    all
}

/// The files outside `.cloudc`.
fn files(dir: &Path) -> Vec<String> {
    snapshot(dir).into_keys().filter(|name| !name.starts_with(".cloudc")).collect()
}

fn read(dir: &Path, path: &str) -> String {
    fs::read_to_string(dir.join(path)).unwrap()
}

fn names(paths: &[cloudc::tree::TreePath]) -> Vec<&str> {
    paths.iter().map(cloudc::tree::TreePath::as_str).collect()
}

fn causes(report: &Report) -> Vec<(&str, Cause)> {
    report.conflicts.iter().map(|c| (c.at.as_str(), c.cause)).collect()
}

const A: &[(&str, &str)] = &[("README.md", "one\n"), ("flux/apps/a.yaml", "a: 1\n"), ("flux/b.yaml", "b: 1\n")];

#[test]
fn a_fresh_build_creates_everything() {
    let temp = TempDir::new().unwrap();
    let dir = temp.path().join("new/out");
    assert_eq!(names(&check(&dir, A).created), ["README.md", "flux/apps/a.yaml", "flux/b.yaml"]);
    let report = write(&dir, A);
    assert_eq!(names(&report.created), ["README.md", "flux/apps/a.yaml", "flux/b.yaml"]);
    assert_eq!(read(&dir, "flux/apps/a.yaml"), "a: 1\n");
    let umask_allows = fs::metadata(dir.join("flux/b.yaml")).unwrap().permissions().mode() & 0o777;
    assert_eq!(umask_allows & !0o644, 0);
    let all: Vec<String> = snapshot(&dir).into_keys().collect();
    assert_eq!(
        all,
        [".cloudc", ".cloudc/manifest.json", "README.md", "flux", "flux/apps", "flux/apps/a.yaml", "flux/b.yaml"]
    );
    let manifest: serde_json::Value = serde_json::from_str(&read(&dir, ".cloudc/manifest.json")).unwrap();
    assert_eq!(manifest["version"], 1);
    assert_eq!(manifest["cloudc"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["files"]["README.md"], "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806");
    assert!(manifest.get("pending").is_none());
}

#[test]
fn a_build_without_changes_touches_nothing() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), A);
    let before = snapshot(dir.path());
    let report = write(dir.path(), A);
    assert!(!report.is_stale());
    assert_eq!(report.same, 3);
    assert_eq!(snapshot(dir.path()), before);
    assert!(!check(dir.path(), A).is_stale());
}

#[test]
fn only_what_changed_is_written() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), A);
    let before = snapshot(dir.path());
    let next = [A[0], ("flux/apps/a.yaml", "a: 2\n"), A[2]];
    let stale = check(dir.path(), &next);
    assert!(stale.is_stale());
    assert_eq!(names(&stale.updated), ["flux/apps/a.yaml"]);
    let report = write(dir.path(), &next);
    assert_eq!((names(&report.updated), report.created.len(), report.same), (vec!["flux/apps/a.yaml"], 0, 2));
    assert_eq!(read(dir.path(), "flux/apps/a.yaml"), "a: 2\n");
    let after = snapshot(dir.path());
    assert_eq!((&after["README.md"], &after["flux/b.yaml"]), (&before["README.md"], &before["flux/b.yaml"]));
}

#[test]
fn what_left_the_tree_is_deleted_with_its_empty_folders() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), A);
    fs::write(dir.path().join("flux/mine.txt"), "mine").unwrap();
    let next = [A[0]];
    assert_eq!(names(&check(dir.path(), &next).deleted), ["flux/apps/a.yaml", "flux/b.yaml"]);
    let report = write(dir.path(), &next);
    assert_eq!(names(&report.deleted), ["flux/apps/a.yaml", "flux/b.yaml"]);
    assert_eq!(files(dir.path()), ["README.md", "flux", "flux/mine.txt"]);
    fs::remove_file(dir.path().join("flux/mine.txt")).unwrap();
    write(dir.path(), &[]);
    assert_eq!(files(dir.path()), ["flux"], "a folder that we did not empty stays");
    assert!(dir.path().exists());
}

#[test]
fn files_and_folders_swap_places() {
    let dir = TempDir::new().unwrap();
    let one = [("x", "file"), ("y/a/b", "below"), ("y/c", "below")];
    let two = [("x/a", "below"), ("x/b/c", "below"), ("y", "file")];
    for files in [&one, &two, &one, &two] {
        write(dir.path(), files);
        assert!(!check(dir.path(), files).is_stale());
    }
    fs::write(dir.path().join("x/mine"), "mine").unwrap();
    let said = refused(dir.path(), &one);
    assert!(said.contains("  x: a folder with files of others stands where a file goes"), "{said}");
    let forced = build(dir.path(), &tree(&one), Mode::Write, true).unwrap_err();
    assert!(matches!(forced, Error::Conflicts { .. }), "force does not remove folders");
}

#[test]
fn a_file_deleted_by_hand_comes_back() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), A);
    fs::remove_dir_all(dir.path().join("flux/apps")).unwrap();
    assert_eq!(names(&check(dir.path(), A).created), ["flux/apps/a.yaml"]);
    assert_eq!(names(&write(dir.path(), A).created), ["flux/apps/a.yaml"]);
}

#[test]
fn an_edited_file_stops_the_build_until_forced() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), A);
    fs::write(dir.path().join("flux/b.yaml"), "b: 7\n").unwrap();
    let next = [A[0], A[1], ("flux/b.yaml", "b: 2\n")];
    assert_eq!(causes(&check(dir.path(), &next)), [("flux/b.yaml", Cause::EditedByHand)]);
    let said = refused(dir.path(), &next);
    let dir_name = dir.path().display();
    assert_eq!(
        said,
        format!(
            "one place in {dir_name} would lose what cloudc did not write; nothing was changed\n  \
               flux/b.yaml: edited by hand since cloudc wrote it\n    \
                 --- flux/b.yaml (as it is)\n    \
                 +++ flux/b.yaml (as cloudc writes it)\n    \
                 @@ -1 +1 @@\n    \
                 -b: 7\n    \
                 +b: 2\n\
             help: say it in cloud.yaml and drop the edit\n\
             help: --force overwrites"
        )
    );
    let report = build(dir.path(), &tree(&next), Mode::Write, true).unwrap();
    assert_eq!(causes(&report), [("flux/b.yaml", Cause::EditedByHand)]);
    assert_eq!(read(dir.path(), "flux/b.yaml"), "b: 2\n");
    assert!(!check(dir.path(), &next).is_stale());
}

#[test]
fn an_edited_file_that_left_the_tree_is_not_deleted_until_forced() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), A);
    fs::write(dir.path().join("flux/b.yaml"), "b: 7\n").unwrap();
    assert!(refused(dir.path(), &A[..2]).contains("flux/b.yaml: edited by hand"));
    build(dir.path(), &tree(&A[..2]), Mode::Write, true).unwrap();
    assert!(!dir.path().join("flux/b.yaml").exists());
}

#[test]
fn an_edit_that_says_what_the_build_says_is_no_conflict() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), A);
    fs::write(dir.path().join("flux/b.yaml"), "b: 2\n").unwrap();
    let next = [A[0], A[1], ("flux/b.yaml", "b: 2\n")];
    let report = write(dir.path(), &next);
    assert_eq!((report.same, report.manifest), (3, true));
    write(dir.path(), &[]);
    assert_eq!(files(dir.path()), Vec::<String>::new());
}

#[test]
fn a_file_of_others_stops_the_build_until_forced() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("README.md"), "mine\n").unwrap();
    fs::write(dir.path().join("flux"), "mine\n").unwrap();
    let said = refused(dir.path(), A);
    assert!(said.contains("  README.md: a file that cloudc did not write"), "{said}");
    assert!(said.contains("  flux: a file that cloudc did not write"), "{said}");
    assert_eq!(files(dir.path()), ["README.md", "flux"]);
    build(dir.path(), &tree(A), Mode::Write, true).unwrap();
    assert!(!check(dir.path(), A).is_stale());
}

#[test]
fn a_file_of_others_with_the_same_bytes_is_taken_over() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), A);
    fs::remove_dir_all(dir.path().join(".cloudc")).unwrap();
    let before = snapshot(dir.path());
    assert!(check(dir.path(), A).manifest);
    assert_eq!(write(dir.path(), A).same, 3);
    assert_eq!(snapshot(dir.path())["README.md"], before["README.md"]);
    assert!(!check(dir.path(), A).is_stale());
}

#[test]
fn a_linked_file_is_never_written_through() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let target = other.path().join("target");
    fs::write(&target, "b: 1\n").unwrap();
    fs::create_dir(dir.path().join("flux")).unwrap();
    symlink(&target, dir.path().join("flux/b.yaml")).unwrap();
    // Even with the right bytes behind it: the tree would hold a link where Git must see a file.
    assert!(refused(dir.path(), A).contains("flux/b.yaml: a symbolic link stands here"));
    build(dir.path(), &tree(A), Mode::Write, true).unwrap();
    assert!(!dir.path().join("flux/b.yaml").is_symlink());
    assert_eq!(fs::read_to_string(&target).unwrap(), "b: 1\n");
}

#[test]
fn a_linked_folder_is_never_written_through() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write(dir.path(), A);
    // As bad as it gets: the link leads to a copy of what we own, so the hashes agree.
    fs::rename(dir.path().join("flux"), other.path().join("flux")).unwrap();
    symlink(other.path().join("flux"), dir.path().join("flux")).unwrap();
    let outside = snapshot(other.path());

    let next = [A[0], ("flux/b.yaml", "b: 2\n"), ("flux/c.yaml", "c: 1\n")];
    let said = refused(dir.path(), &next);
    assert!(said.contains("one place") && said.contains("  flux: a symbolic link"), "{said}");
    assert!(said.ends_with("--force overwrites; a link is replaced, its target stays"), "{said}");
    assert_eq!(causes(&check(dir.path(), &next)), [("flux", Cause::Symlink)]);

    build(dir.path(), &tree(&next), Mode::Write, true).unwrap();
    assert_eq!(files(dir.path()), ["README.md", "flux", "flux/b.yaml", "flux/c.yaml"]);
    assert_eq!(snapshot(other.path()), outside);
}

#[test]
fn nothing_is_deleted_behind_a_link() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write(dir.path(), A);
    fs::rename(dir.path().join("flux"), other.path().join("flux")).unwrap();
    symlink(other.path().join("flux"), dir.path().join("flux")).unwrap();
    let outside = snapshot(other.path());
    let report = write(dir.path(), &A[..1]);
    assert!(report.deleted.is_empty());
    assert_eq!(snapshot(other.path()), outside);
    assert_eq!(files(dir.path()), ["README.md", "flux"]);
    assert!(!check(dir.path(), &A[..1]).is_stale(), "what is not ours any more is forgotten");
}

#[test]
fn the_directory_itself_may_be_a_link() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    symlink(other.path(), dir.path().join("out")).unwrap();
    write(&dir.path().join("out"), A);
    assert_eq!(read(other.path(), "README.md"), "one\n");
}

#[test]
fn our_own_folder_may_not_be_a_link() {
    for name in [".cloudc", ".cloudc/manifest.json", ".cloudc/lock"] {
        let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        if name.contains('/') {
            fs::create_dir(dir.path().join(".cloudc")).unwrap();
        }
        symlink(other.path().join("absent"), dir.path().join(name)).unwrap();
        let said = refused(dir.path(), A);
        assert!(said.contains(name) && said.contains("is not what cloudc keeps there"), "{said}");
        assert!(snapshot(other.path()).is_empty());
    }
}

#[test]
fn special_files_are_never_replaced() {
    let dir = TempDir::new().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("README.md")).unwrap();
    let error = build(dir.path(), &tree(A), Mode::Write, true).unwrap_err().to_string();
    assert!(error.contains("README.md: a device, socket or pipe"), "{error}");
}

#[test]
fn a_manifest_that_cannot_be_trusted_is_refused() {
    let hash = "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806";
    let listing = |path: &str| format!(r#"{{"version":1,"cloudc":"0","files":{{"{path}":"{hash}"}}}}"#);
    let cases = [
        (listing("../outside"), "lists \"../outside\""),
        (listing("/etc/passwd"), "lists \"/etc/passwd\""),
        (listing("a/../../b"), "lists \"a/../../b\""),
        (listing("a//b"), "lists \"a//b\""),
        (listing(".cloudc/lock"), "lists \".cloudc/lock\""),
        (listing(".git/config"), "lists \".git/config\""),
        (listing("x").replace("files", "pending"), "missing field `files`"),
        (listing("x").replace(hash, "12"), "no SHA-256 hash for x"),
        (listing("x").replace(hash, &hash.to_uppercase()), "no SHA-256 hash for x"),
        (listing("x").replace(":1", ":2"), "has version 2, and this cloudc knows version 1"),
        (listing("x").replace("cloudc\"", "other\""), "unknown field `other`"),
        ("[1".to_owned(), "cannot be read"),
        (String::new(), "cannot be read"),
    ];
    for (manifest, problem) in cases {
        let temp = TempDir::new().unwrap();
        let dir = temp.path().join("out");
        fs::create_dir_all(dir.join(".cloudc")).unwrap();
        fs::write(temp.path().join("outside"), "one\n").unwrap();
        fs::write(dir.join(".cloudc/manifest.json"), manifest).unwrap();
        let said = refused(&dir, &[]);
        assert!(said.contains(problem) && said.contains("restore it from Git, or delete it"), "{said}");
        assert!(build(&dir, &tree(A), Mode::Check, false).unwrap_err().needs_attention());
        assert!(build(&dir, &tree(A), Mode::Write, true).is_err(), "force does not help");
        assert!(temp.path().join("outside").exists());
    }
}

#[test]
fn one_build_at_a_time() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), A);
    let lock = fs::File::create(dir.path().join(".cloudc/lock")).unwrap();
    lock.lock().unwrap();
    let said = refused(dir.path(), &A[..1]);
    assert!(said.starts_with("another cloudc is writing to"), "{said}");
    check(dir.path(), &A[..1]);
    drop(lock);
    write(dir.path(), &A[..1]);
    assert!(!dir.path().join(".cloudc/lock").exists());
}

#[test]
fn builds_at_once_take_turns_or_are_refused() {
    let dir = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for text in ["1", "2", "3", "4"] {
            let dir = dir.path();
            scope.spawn(move || {
                for _ in 0..50 {
                    match build(dir, &tree(&[("a/b", text), ("c", text)]), Mode::Write, false) {
                        Ok(_) | Err(Error::Busy { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
    });
    assert_eq!(read(dir.path(), "a/b"), read(dir.path(), "c"));
    write(dir.path(), &[]);
    assert_eq!(files(dir.path()), Vec::<String>::new());
}

/// Sizes and names that differ between rounds, so that a kill leaves old, new and missing files.
fn round(number: u32) -> FileTree {
    let mut tree = FileTree::default();
    for file in 0..40 {
        if !(file + number).is_multiple_of(5) {
            tree.add(&format!("d{}/f{file}.yaml", file % 7), format!("{number}\n").repeat(2000), &["name"]);
        }
    }
    // A file in one round and a folder in the next.
    tree.add(if number.is_multiple_of(2) { "swap" } else { "swap/below" }, number.to_string(), &["name"]);
    tree
}

/// Not a test of its own: what the process does that `a_killed_build_is_repaired` kills.
#[test]
#[ignore = "run and killed by another test"]
fn child_builds_without_end() {
    let Ok(dir) = std::env::var("CLOUDC_TEST_DIR") else { return };
    for number in 0.. {
        build(Path::new(&dir), &round(number), Mode::Write, false).unwrap();
    }
}

#[test]
fn a_killed_build_is_repaired() {
    let dir = TempDir::new().unwrap();
    let mut interrupted = 0;
    for kill in 0..25 {
        let manifest = dir.path().join(".cloudc/manifest.json");
        let before = fs::read(&manifest).ok();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "output::child_builds_without_end", "--ignored"])
            .env("CLOUDC_TEST_DIR", dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while fs::read(&manifest).ok() == before && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(kill * 1700));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "the child failed by itself");
        interrupted += u32::from(fs::read_to_string(&manifest).unwrap().contains("pending"));
        // A tree that no killed build was writing: nothing may look like the work of others.
        let next = round(1_000_000 + u32::try_from(kill).unwrap());
        build(dir.path(), &next, Mode::Write, false).unwrap_or_else(|e| panic!("after kill {kill}: {e}"));
        assert!(!build(dir.path(), &next, Mode::Check, false).unwrap().is_stale());
        let left: Vec<_> = files(dir.path()).into_iter().filter(|name| name.contains("cloudc-tmp")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    assert!(interrupted > 0, "no kill fell into a build");
}

/// Every state that a kill between two renames can leave, made by hand.
#[test]
fn a_half_written_tree_with_an_announcement_is_ours() {
    let old = [("a", "a1"), ("b", "b1"), ("c/d", "d1")];
    let new = [("a", "a2"), ("b", "b2"), ("e/f", "f2")];
    let third = [("a", "a3"), ("b", "b3"), ("e/f", "f3")];
    for written in 0..=new.len() {
        let (dir, done) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        write(dir.path(), &old);
        write(done.path(), &new);
        let mut manifest: serde_json::Value = serde_json::from_str(&read(dir.path(), ".cloudc/manifest.json")).unwrap();
        let after: serde_json::Value = serde_json::from_str(&read(done.path(), ".cloudc/manifest.json")).unwrap();
        manifest["pending"] = after["files"].clone();
        fs::write(dir.path().join(".cloudc/manifest.json"), manifest.to_string()).unwrap();
        fs::create_dir_all(dir.path().join("e")).unwrap();
        for (path, text) in &new[..written] {
            fs::write(dir.path().join(path), text).unwrap();
        }
        for temporary in [".cloudc-tmp-1", "e/.cloudc-tmp-2", ".cloudc/.cloudc-tmp-3"] {
            fs::write(dir.path().join(temporary), "half").unwrap();
        }
        assert!(check(dir.path(), &new).is_stale());
        assert!(check(dir.path(), &old).is_stale());
        write(dir.path(), if written % 2 == 0 { &third } else { &old });
        let left: Vec<String> = snapshot(dir.path()).into_keys().filter(|name| name.contains("tmp")).collect();
        assert!(left.is_empty(), "{left:?}");
        write(dir.path(), &[]);
        assert_eq!(files(dir.path()), Vec::<String>::new());
    }
}

#[test]
fn a_read_only_directory_is_named_and_stays_as_it_is() {
    let temp = TempDir::new().unwrap();
    let dir = temp.path();
    write(dir, A);
    let locked = |mode| fs::set_permissions(dir.join("flux"), fs::Permissions::from_mode(mode)).unwrap();
    locked(0o555);
    if fs::write(dir.join("flux/probe"), "").is_ok() {
        eprintln!("skipped: this user may write to read-only folders");
        return;
    }
    let said = refused_io(dir, &[("README.md", "two\n"), ("flux/b.yaml", "b: 2\n")]);
    locked(0o755);
    assert!(said.starts_with(&format!("cannot write {}", dir.join("flux/b.yaml").display())), "{said}");
    assert!(said.ends_with("permission denied; no file was changed"), "{said}");
    assert!(!check(dir, A).is_stale());
}

fn refused_io(dir: &Path, files: &[(&str, &str)]) -> String {
    let contents = |dir| snapshot(dir).into_iter().map(|(name, (content, _))| (name, content)).collect::<Vec<_>>();
    let before = contents(dir);
    let error = build(dir, &tree(files), Mode::Write, false).unwrap_err();
    assert!(matches!(error, Error::Io { .. }) && !error.needs_attention());
    assert_eq!(contents(dir), before);
    error.to_string()
}

#[test]
fn a_directory_that_is_a_file_is_refused() {
    let temp = TempDir::new().unwrap();
    let file = temp.path().join("out");
    fs::write(&file, "").unwrap();
    for mode in [Mode::Write, Mode::Check] {
        let said = build(&file, &tree(A), mode, true).unwrap_err().to_string();
        assert!(said.contains("is not what cloudc keeps there"), "{said}");
    }
}

#[test]
#[should_panic(expected = "a file for one back end and a folder for another")]
fn a_tree_never_holds_a_file_and_a_folder_of_one_name() {
    tree(&[("a/b", ""), ("a-b", ""), ("a", "")]);
}
