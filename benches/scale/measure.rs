//! A command -> how long it took and how much memory it had.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// The best of several runs: whatever else the machine does can only add to it.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub time: Duration,
    /// The most that the process had of the machine's memory at once.
    pub bytes: u64,
}

impl Cost {
    pub fn seconds(self) -> f64 {
        self.time.as_secs_f64()
    }

    /// The better of two runs of the same.
    pub fn best(before: Option<Self>, next: Self) -> Self {
        before.map_or(next, |before| Self { time: before.time.min(next.time), bytes: before.bytes.min(next.bytes) })
    }
}

/// Runs a command to its end. Exit code 1 is an answer of `cloudc diff`, so `codes` says which are right.
pub fn run(command: &mut Command, codes: &[i32]) -> Cost {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let ended = child.wait4().unwrap();
    let time = start.elapsed();
    let code = ended.status.code().unwrap_or(-1);
    assert!(codes.contains(&code), "{command:?} ended with {code}");
    Cost { time, bytes: ended.rusage.maxrss }
}

/// Makes a folder new and empty.
pub fn empty(folder: &Path) {
    remove(folder);
    fs::create_dir_all(folder).unwrap();
}

/// Removes a folder below the build's own temporary one.
pub fn remove(folder: &Path) {
    assert!(folder.starts_with(env!("CARGO_TARGET_TMPDIR")), "{} is not ours", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
}

/// Files below a folder, and their bytes.
pub fn size(folder: &Path) -> (usize, u64) {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.fold((0, 0), |(files, bytes), entry| {
        let kind = entry.metadata().unwrap();
        let (more, large) = if kind.is_dir() { size(&entry.path()) } else { (1, kind.len()) };
        (files + more, bytes + large)
    })
}
