//! `lint --watch`, driven as a person would: files are saved, what is printed is awaited.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::support::repository;

/// Longer than any run takes on a busy machine.
const LONG: Duration = Duration::from_mins(1);

struct Watch {
    program: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloudc"));
        command.args(["lint", "--watch"]).args(arguments).current_dir(folder).env("NO_COLOR", "1");
        let mut program = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let error = BufReader::new(program.stderr.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || error.lines().map_while(Result::ok).all(|line| send.send(line).is_ok()));
        Self { program, lines }
    }

    /// What the next run says.
    fn round(&self) -> String {
        let mut said = String::new();
        loop {
            let line = self.lines.recv_timeout(LONG).unwrap_or_else(|_| panic!("no further run:\n{said}"));
            if line.starts_with("watching ") {
                return said;
            }
            said.push_str(&line);
            said.push('\n');
        }
    }

    fn is_quiet(&self) -> bool {
        self.lines.recv_timeout(Duration::from_secs(1)).is_err()
    }

    /// As Ctrl-C does; the signal that ended it.
    fn interrupt(mut self) -> Option<i32> {
        let id = self.program.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.program.wait().unwrap().signal()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Who is started in the background of a script is not ended by Ctrl-C, nor is what it starts.
fn is_deaf_to_interrupts() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 2 != 0)
}

/// As many editors save: a new file takes the place of the old one.
fn save(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}

#[test]
fn what_changes_is_checked_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cloud.yaml");
    let good = fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    fs::write(&path, &good).unwrap();
    let watch = Watch::start(folder.path(), &[]);
    assert_eq!(watch.round(), "cloud.yaml: nothing wrong\n");
    assert!(watch.is_quiet(), "nothing has changed");

    save(&path, &good.replace("controlPlane", "controlPlan"));
    assert!(watch.round().contains("error[unknown-key]"));
    // A file that is named, and was not there.
    save(&path, &format!("{good}extraManifests:\n- own/*.yaml\n"));
    assert!(watch.round().contains("error[unreadable-file]"));
    fs::create_dir(folder.path().join("own")).unwrap();
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n";
    fs::write(folder.path().join("own/a.yaml"), manifest).unwrap();
    assert_eq!(watch.round(), "cloud.yaml: nothing wrong\n");
    fs::write(folder.path().join("own/a.yaml"), "kind: ConfigMap\n").unwrap();
    assert!(watch.round().contains("error[not-an-object]"));
    save(&path, &good);
    assert_eq!(watch.round(), "cloud.yaml: nothing wrong\n");
    // The lock, and an entry of one's own.
    fs::write(folder.path().join("cloud.lock"), "nonsense: 1\n").unwrap();
    assert!(watch.round().contains("cloud.lock:1:1"));
    fs::remove_file(folder.path().join("cloud.lock")).unwrap();
    assert_eq!(watch.round(), "cloud.yaml: nothing wrong\n");
    fs::create_dir_all(folder.path().join("components/mine")).unwrap();
    fs::write(folder.path().join("components/mine/component.yaml"), "nme: mine\n").unwrap();
    while !watch.round().contains("components/mine/component.yaml:1:1") {}
    fs::remove_dir_all(folder.path().join("components")).unwrap();
    while watch.round() != "cloud.yaml: nothing wrong\n" {}
    // Gone and back.
    fs::rename(&path, folder.path().join("away")).unwrap();
    assert!(watch.round().contains("error: "));
    fs::rename(folder.path().join("away"), &path).unwrap();
    assert_eq!(watch.round(), "cloud.yaml: nothing wrong\n");
    if !is_deaf_to_interrupts() {
        assert_eq!(watch.interrupt(), Some(2));
    }
}

#[test]
fn what_it_fixes_itself_is_no_end_of_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cloud.yaml");
    let good = fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    fs::write(&path, &good).unwrap();
    let watch = Watch::start(folder.path(), &["cloud.yaml", "--fix"]);
    watch.round();
    save(&path, &good.replace("controlPlane", "controlPlan"));
    assert!(watch.round().contains("fixed[unknown-key]"));
    // Its own writing is a change like another, and leaves nothing to write.
    assert_eq!(watch.round(), "cloud.yaml: nothing wrong\n");
    assert!(watch.is_quiet());
    assert_eq!(fs::read_to_string(&path).unwrap(), good);
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| crate::support::run(folder.path(), arguments).status.code();
    assert_eq!(run(&["lint", "--watch", "-"]), Some(2));
    assert_eq!(run(&["lint", "--watch"]), Some(2), "there is no cloud");
}
