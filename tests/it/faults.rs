//! What happens to a machine while it builds: kills, full disks, folders that take no files, many builds at once. The real program on
//! real folders; `output` has the cases that need one build only.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::{repository, run};

/// A folder with a cloud and something of the user's.
fn cloud() -> TempDir {
    let folder = TempDir::new().unwrap();
    for file in ["cloud.yaml", "cloud.lock"] {
        fs::copy(repository("examples/one").join(file), folder.path().join(file)).unwrap();
    }
    fs::create_dir_all(folder.path().join("out/flux")).unwrap();
    for mine in ["out/mine.txt", "out/flux/mine.yaml", "outside.txt"] {
        fs::write(folder.path().join(mine), "mine\n").unwrap();
    }
    folder
}

fn build(folder: &Path) -> Output {
    run(folder, &["build", "-o", "out"])
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What is the user's is as it was.
fn nothing_is_lost(folder: &Path) {
    for mine in ["out/mine.txt", "out/flux/mine.yaml", "outside.txt"] {
        assert_eq!(fs::read_to_string(folder.join(mine)).unwrap(), "mine\n", "{mine}");
    }
}

/// A build repairs whatever happened, and then there is nothing more to do.
fn repaired(folder: &Path) {
    let output = build(folder);
    assert!(output.status.success(), "{}", said(&output));
    let check = run(folder, &["build", "-o", "out", "--check"]);
    assert!(check.status.success(), "{}", said(&check));
    nothing_is_lost(folder);
    for entry in walkdir::WalkDir::new(folder) {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(!name.starts_with(".cloudc-tmp-"), "{name} is left");
    }
}

/// The cloud with another value that is in many files.
fn change(folder: &Path, round: u32) {
    let text = fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    let name = text.lines().find(|line| line.trim_start().starts_with("name:")).unwrap();
    fs::write(folder.join("cloud.yaml"), text.replacen(name, &format!("  name: round-{round}"), 1)).unwrap();
}

/// Kills builds of the program at points that wander over their whole duration.
fn kills(count: u32) {
    let folder = cloud();
    change(folder.path(), 0);
    let started = std::time::Instant::now();
    assert!(build(folder.path()).status.success());
    let whole = started.elapsed();
    let (mut interrupted, mut finished) = (0, 0);
    for kill in 0..count {
        change(folder.path(), kill + 1);
        let mut child = Command::new(env!("CARGO_BIN_EXE_cloudc"))
            .args(["build", "-o", "out"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Most of a build is compiling; the last part of it, and a little more, is where it writes.
        let part = f64::from(kill % 50) / 50.0;
        std::thread::sleep(whole.mul_f64(0.4 + part));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        interrupted += u32::from(status.signal() == Some(9));
        finished += u32::from(status.success());
        nothing_is_lost(folder.path());
        if kill % 10 == 9 {
            repaired(folder.path());
        }
    }
    repaired(folder.path());
    assert!(interrupted > 0, "no kill came in time; {finished} builds had finished");
}

#[test]
fn killed_programs_lose_nothing() {
    kills(60);
}

#[test]
#[ignore = "takes minutes: cargo test --test it -- --ignored hundreds_of_kills"]
fn hundreds_of_kills_lose_nothing() {
    kills(600);
}

/// A file may be as large as this and no larger: what a full disk does to a write.
fn with_room_for(folder: &Path, bytes: u64) -> Output {
    let program = env!("CARGO_BIN_EXE_cloudc");
    // Without the signal, a write fails as on a full disk.
    let script = format!("trap '' XFSZ; exec prlimit --fsize={bytes} -- \"$0\" build -o out");
    Command::new("sh").args(["-c", &script, program]).current_dir(folder).output().unwrap()
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    files.map(|e| (e.path().display().to_string(), fs::read(e.path()).unwrap())).collect()
}

#[test]
fn without_room_nothing_is_changed() {
    let folder = cloud();
    assert!(build(folder.path()).status.success());
    let before = files(&folder.path().join("out"));
    change(folder.path(), 1);
    for bytes in [0, 1, 100, 1000, 4000] {
        let output = with_room_for(folder.path(), bytes);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("cannot write out/") && said.contains("file too large; no file was changed"), "{said}");
        assert!(files(&folder.path().join("out")) == before, "{bytes} bytes of room");
    }
    repaired(folder.path());
}

#[test]
fn a_full_file_system_changes_nothing() {
    let folder = cloud();
    let out = folder.path().join("out");
    let mounted = |arguments: &[&str]| Command::new("mount").args(arguments).arg(&out).output();
    let full = ["-t", "tmpfs", "-o", "size=64k", "tmpfs"];
    if !mounted(&full).is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user may not mount a file system");
        return;
    }
    fs::write(out.join("mine.txt"), "mine\n").unwrap();
    let output = build(folder.path());
    let left = files(&out);
    let unmounted = Command::new("umount").arg(&out).status().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("no storage space; no file was changed"), "{said}");
    assert_eq!(left.keys().map(|path| path.rsplit('/').next().unwrap()).collect::<Vec<_>>(), ["mine.txt"]);
    assert!(unmounted.success());
    repaired(folder.path());
}

/// Runs as somebody who is not root, whom permissions hold.
fn as_nobody(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(env!("CARGO_BIN_EXE_cloudc"));
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_cloudc"))
    };
    let output = command.args(arguments).current_dir(folder).output().ok()?;
    // The program itself may be in a folder that only root may enter.
    (output.status.code().is_some_and(|code| code < 126) && !said(&output).contains("setpriv")).then_some(output)
}

#[test]
fn a_folder_that_takes_no_files_is_named() {
    let folder = cloud();
    assert!(build(folder.path()).status.success());
    change(folder.path(), 1);
    let all = |mode: u32, owner: u32| {
        for entry in walkdir::WalkDir::new(folder.path()) {
            let path = entry.unwrap().into_path();
            let mode = if path.is_dir() { mode } else { 0o444 };
            // Only root gives files away; others own them already.
            let _ = std::os::unix::fs::chown(&path, Some(owner), None);
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    let owner = fs::metadata(folder.path()).unwrap().uid();
    all(0o555, owner);
    let before = files(&folder.path().join("out"));
    let Some(output) = as_nobody(folder.path(), &["build", "-o", "out"]) else {
        eprintln!("skipped: nobody else can run the program");
        return;
    };
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("permission denied") || text.contains("Permission denied"), "{text}");
    assert!(text.contains("no file was changed"), "{text}");
    assert!(files(&folder.path().join("out")) == before);
    // Nothing has to be written to say what would be.
    let check = as_nobody(folder.path(), &["build", "-o", "out", "--check"]).unwrap();
    assert_eq!(check.status.code(), Some(1), "{}", said(&check));
    all(0o755, owner);
    repaired(folder.path());
}

#[test]
fn many_builds_at_once_leave_one_tree() {
    let folder = cloud();
    let start = |_| {
        Command::new(env!("CARGO_BIN_EXE_cloudc"))
            .args(["build", "-o", "out"])
            .current_dir(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    for round in 0..3 {
        change(folder.path(), round);
        let children: Vec<_> = (0..8).map(start).collect();
        let mut done = 0;
        for child in children {
            let output = child.wait_with_output().unwrap();
            let text = said(&output);
            match output.status.code() {
                Some(0) => done += 1,
                // The lock beside the cloud may have been written by another.
                _ => assert!(text.contains("another cloudc") || text.contains("in the meantime"), "{text}"),
            }
        }
        assert!(done > 0, "somebody builds");
        nothing_is_lost(folder.path());
    }
    repaired(folder.path());
}

#[test]
fn directories_of_any_name_are_built() {
    let folder = cloud();
    let long = "x".repeat(255);
    for name in ["a b", "-dash", "line\nbreak", "ünï-日本-🦀", "esc\u{1b}[31m", "'\"`$(x)", "%20", &long] {
        let output = run(folder.path(), &["build", "-o", &format!("./{name}")]);
        assert!(output.status.success(), "{name:?}: {}", said(&output));
        assert!(folder.path().join(name).join(".cloudc/manifest.json").is_file());
        let check = run(folder.path(), &["build", "--check", "-o", &format!("./{name}")]);
        assert!(check.status.success(), "{name:?}: {}", said(&check));
    }
    let output = run(folder.path(), &["build", "-o", &"y".repeat(256)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("no file was changed"), "{}", said(&output));
    // An error that names a file does not steer the terminal.
    fs::write(folder.path().join("esc\u{1b}[31mfile"), "").unwrap();
    let output = run(folder.path(), &["build", "-o", "esc\u{1b}[31mfile"]);
    let text = said(&output);
    assert!(!output.status.success() && text.contains("esc\\u{1b}[31mfile"), "{text:?}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
    nothing_is_lost(folder.path());
}

#[test]
fn links_that_lead_in_circles_are_refused_or_replaced_when_forced() {
    let folder = cloud();
    assert!(build(folder.path()).status.success());
    let readme = folder.path().join("out/README.md");
    fs::remove_file(&readme).unwrap();
    symlink("README.md", &readme).unwrap();
    let output = build(folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("README.md: a symbolic link stands here"), "{}", said(&output));
    assert!(run(folder.path(), &["build", "-o", "out", "--force"]).status.success());
    repaired(folder.path());
    // The directory itself.
    symlink("circle", folder.path().join("circle")).unwrap();
    let output = run(folder.path(), &["build", "-o", "circle"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("cannot open circle"), "{}", said(&output));
}

#[test]
fn hard_links_keep_what_they_had() {
    let folder = cloud();
    assert!(build(folder.path()).status.success());
    let kept = folder.path().join("kept.md");
    fs::hard_link(folder.path().join("out/README.md"), &kept).unwrap();
    let before = fs::read(&kept).unwrap();
    change(folder.path(), 7);
    repaired(folder.path());
    assert!(fs::read(&kept).unwrap() == before, "a file is replaced, never written into");
    assert!(fs::read(folder.path().join("out/README.md")).unwrap() != before);
}

#[test]
fn a_manifest_in_another_case_or_cut_short_owns_nothing_more() {
    let folder = cloud();
    assert!(build(folder.path()).status.success());
    let path = folder.path().join("out/.cloudc/manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    for at in [0, 1, text.len() / 2, text.len() - 3] {
        fs::write(&path, &text[..at]).unwrap();
        let output = build(folder.path());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("restore it from Git, or delete it"), "{}", said(&output));
        nothing_is_lost(folder.path());
    }
    // Deleted, as the message says: everything is as it would be written, and is taken over.
    fs::remove_file(&path).unwrap();
    repaired(folder.path());
    // A path of a repository that ignores case.
    for foreign in [".GIT/config", ".Cloudc/x", "../outside.txt", "/etc/hostname", "flux/../../outside.txt"] {
        let more = text.replacen("\"files\": {", &format!("\"files\": {{\"{foreign}\": \"{}\",", "0".repeat(64)), 1);
        assert!(more != text);
        fs::write(&path, more).unwrap();
        let output = run(folder.path(), &["build", "-o", "out", "--force"]);
        assert!(said(&output).contains("which no build can own"), "{foreign}: {}", said(&output));
        nothing_is_lost(folder.path());
    }
    fs::write(&path, text).unwrap();
    repaired(folder.path());
}
