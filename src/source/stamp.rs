//! Whether a file is another one than before, without reading it.
#![expect(clippy::disallowed_methods, reason = "this module is the input edge")]

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What tells two states of a file or folder apart. Clocks of file systems are coarse, so a file that took the place of another one in
/// the same moment is told by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
    number: u64,
}

/// The stamp of what a path leads to; none where nothing is.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&found);
    #[cfg(not(unix))]
    let number = 0;
    Some(Stamp { modified: found.modified().ok(), size: found.len(), number })
}

/// Where a folder has catalog entries of its own, or would have them.
pub fn entry_places(folder: &Path) -> Vec<PathBuf> {
    let components = folder.join("components");
    let inside = std::fs::read_dir(&components).into_iter().flatten().filter_map(Result::ok);
    let mut places: Vec<PathBuf> =
        inside.flat_map(|entry| [entry.path(), entry.path().join("component.yaml")]).collect();
    places.push(components);
    places
}
