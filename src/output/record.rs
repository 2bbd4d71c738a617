//! `.cloudc/cache/build.json`: what the last build of a directory was made of, so that the same need not be compiled again.
//!
//! It is for speed alone and belongs to one machine: Git does not see it, no tree depends on it, and where it is missing, wrong or
//! cannot be written, a build compiles. What it says is the caller's.

use std::fs;
use std::path::Path;

use super::apply::stage;
use super::disk::{self, OutputDir};
use super::manifest::Hash;
use super::plan::{Standing, Thing};
use crate::tree::{FileTree, TreePath};

/// Our folder for what may be deleted at any time.
pub(super) const CACHE: &str = ".cloudc/cache";
const NAME: &str = "build.json";
/// A record names files beside a cloud; more than this is not one.
const MOST: u64 = 4 * 1024 * 1024;

/// The record that an earlier build left in `dir`.
pub fn record(dir: &Path) -> Option<String> {
    let out = OutputDir::new(dir).ok()?;
    let folder = TreePath::new(CACHE).filter(|folder| out.has_folder(folder))?;
    let place = out.join(&folder).join(NAME);
    let is_file = fs::symlink_metadata(&place).is_ok_and(|found| found.is_file());
    let bytes = is_file.then(|| disk::read(&place, MOST).ok()).flatten()?;
    String::from_utf8(bytes).ok()
}

/// Leaves a record in `dir`, which was built. Best effort: without it the next build compiles.
pub fn leave_record(dir: &Path, text: &str) {
    if record(dir).as_deref() == Some(text) {
        return;
    }
    let _ = OutputDir::new(dir).and_then(|out| {
        let path = |path: &str| TreePath::new(path).expect("a constant path is safe");
        out.create_folder(&path(CACHE))?;
        let write = |name: &str, text: &str| stage(&out, &path(&format!("{CACHE}/{name}")), text.as_bytes())?.persist();
        // As other tools do it: a folder that tells Git by itself that it is not for Git.
        write(".gitignore", "*\n")?;
        write(NAME, text)
    });
}

/// The number of files in `dir`, when the manifest is the one with this digest, its build was finished, and every file of it stands
/// there as it was written.
pub fn stands(dir: &Path, manifest: &str) -> Option<usize> {
    let out = OutputDir::new(dir).ok()?;
    let (owned, text) = out.manifest().ok()?;
    if Hash::of(&text?).to_string() != manifest || !owned.pending.is_empty() {
        return None;
    }
    let disk = out.survey(&FileTree::default(), &owned).ok()?;
    let as_written = |(path, standing): (&TreePath, &Option<Standing>)| match standing {
        Some(Standing { at, thing: Thing::File(hash) }) => at == path && owned.wrote(path, *hash),
        _ => false,
    };
    disk.iter().all(as_written).then_some(disk.len())
}
