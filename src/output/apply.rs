//! Plan -> disk, in an order that a kill or a full disk cannot turn into a loss:
//!
//! 1. the manifest announces the new bytes (`pending`), so that whatever comes next is recognised as ours;
//! 2. every new file is written in full, under a temporary name in its own folder: here a full disk shows itself;
//! 3. the temporary files are renamed into place, stale files deleted, folders that became empty removed;
//! 4. the manifest forgets what is past.
//!
//! There is no `fsync`: this guards against kills and errors. After a power failure a file may be empty, which the next
//! build reports as edited by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};

use tempfile::{Builder, TempPath};

use super::disk::OutputDir;
use super::error::Error;
use super::manifest::{FOLDER, Hash, Manifest, PATH};
use super::plan::{Action, Cause, Disk, Plan, Standing, Thing};
use super::record::CACHE;
use crate::parallel;
use crate::tree::{FileTree, TreePath};

/// How temporary files are called; a killed build leaves them, the next one removes them.
pub(super) const TEMPORARY: &str = ".cloudc-tmp-";

/// Everything a build has found out before it writes.
pub(super) struct Job<'a> {
    pub tree: &'a FileTree,
    pub disk: &'a Disk,
    pub owned: &'a Manifest,
    /// The manifest's text as it is; `None` when there is none.
    pub manifest: Option<&'a [u8]>,
    pub plan: &'a Plan,
}

/// Removes the temporary files of a killed build: they stand where it was about to write.
pub(super) fn clean(out: &OutputDir, owned: &Manifest) -> Result<(), Error> {
    let own = [FOLDER, CACHE].map(|folder| TreePath::new(folder).expect("a constant path is safe"));
    let mut folders: Vec<_> =
        own.iter().filter(|folder| out.has_folder(folder)).map(|folder| out.join(folder)).collect();
    for path in owned.pending.keys() {
        match path.parents().next_back() {
            None => folders.push(out.root().to_owned()),
            Some(folder) if out.has_folder(&folder) => folders.push(out.join(&folder)),
            Some(_) => {}
        }
    }
    folders.sort();
    folders.dedup();
    for folder in folders {
        for entry in fs::read_dir(&folder).map_err(Error::io("read", &folder))? {
            let entry = entry.map_err(Error::io("read", &folder))?;
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY) && entry.path().is_file() {
                fs::remove_file(entry.path()).map_err(Error::io("remove", &entry.path()))?;
            }
        }
    }
    Ok(())
}

/// Carries out a plan whose conflicts, if any, have been overruled, and gives the hash of the manifest then. The caller holds the lock.
pub(super) fn apply(out: &OutputDir, job: &Job) -> Result<Hash, Error> {
    let manifest = TreePath::new(PATH).expect("a constant path is safe");
    let write_manifest = |text: &str| stage(out, &manifest, text.as_bytes())?.persist();
    let (versions, files) = (job.tree.versions.clone(), job.plan.wanted.clone());
    let done = Manifest { versions, files, pending: BTreeMap::new() }.to_json();
    let announced = job.plan.writes().next().is_some();
    if announced {
        write_manifest(&intent(job).to_json())?;
    }
    let mut halfway = false;
    if let Err(error) = change(out, job, &mut halfway) {
        if halfway {
            return Err(error.halfway());
        }
        if announced {
            // Best effort: announced bytes that never came do no harm.
            let _ = match job.manifest {
                Some(before) => stage(out, &manifest, before).and_then(Staged::persist),
                None => fs::remove_file(out.join(&manifest)).map_err(Error::io("remove", &out.join(&manifest))),
            };
        }
        return Err(error);
    }
    if announced || job.manifest != Some(done.as_bytes()) {
        write_manifest(&done).map_err(|error| if halfway { error.halfway() } else { error })?;
    }
    Ok(Hash::of(done.as_bytes()))
}

/// What is ours while the build runs: what stands there now, and what is about to.
fn intent(job: &Job) -> Manifest {
    // Until the build has finished, what was installed is what counts.
    let mut intent = Manifest { versions: job.owned.versions.clone(), ..Manifest::default() };
    for path in job.owned.paths() {
        if let Some(Some(Standing { at, thing: Thing::File(found) })) = job.disk.get(path)
            && at == path
        {
            // Of an edited file the old hash stays, so that it is still known as edited if this build is killed.
            let ours = job.owned.wrote(path, *found).then_some(found);
            let hash = ours.or_else(|| job.owned.files.get(path)).or_else(|| job.owned.pending.get(path));
            intent.files.extend(hash.map(|hash| (path.clone(), *hash)));
        }
    }
    for path in job.plan.paths(Action::Same) {
        intent.files.insert(path.clone(), job.plan.wanted[path]);
    }
    intent.pending = job.plan.writes().map(|path| (path.clone(), job.plan.wanted[path])).collect();
    intent
}

/// Steps 2 and 3; `halfway` is set before the first change that a reader of the tree can see.
fn change(out: &OutputDir, job: &Job, halfway: &mut bool) -> Result<(), Error> {
    let Plan { conflicts, wanted, .. } = job.plan;
    let new_folders: BTreeSet<TreePath> = job.plan.writes().flat_map(TreePath::parents).collect();
    let in_the_way =
        |path: &TreePath| new_folders.contains(path) || path.parents().any(|above| wanted.contains_key(&above));

    // As much as possible is staged while nothing has changed yet.
    let (blocked, free): (Vec<_>, Vec<_>) = job.plan.writes().partition(|path| is_blocked(job.disk, path));
    let bytes = |path: &TreePath| &job.tree.get(path.as_str()).expect("planned from this tree").bytes;
    // In their order, which is from the outside in.
    let folders: BTreeSet<TreePath> = free.iter().flat_map(|path| path.parents()).collect();
    folders.iter().try_for_each(|folder| out.create_one(folder))?;
    let mut staged: Vec<Staged> =
        parallel::map(free, |path| stage(out, path, bytes(path))).into_iter().collect::<Result<_, _>>()?;

    // What stands where a folder goes, or fills a folder where a file goes, cannot wait for the renames.
    let overruled = conflicts.iter().filter(|(at, cause)| **cause != Cause::EditedByHand && !wanted.contains_key(at));
    let first = job.plan.paths(Action::Delete).filter(|path| in_the_way(path));
    for path in overruled.map(|(at, _)| at).chain(first) {
        *halfway = true;
        remove(out, path)?;
    }
    for path in blocked {
        *halfway = true;
        if out.has_folder(path) {
            remove_empty_folders(out, path)?;
        }
        path.parents().next_back().map_or(Ok(()), |folder| out.create_folder(&folder))?;
        staged.push(stage(out, path, bytes(path))?);
    }

    let persisted = parallel::map(staged, Staged::persist);
    *halfway |= persisted.iter().any(Result::is_ok);
    persisted.into_iter().collect::<Result<(), _>>()?;
    for path in job.plan.paths(Action::Delete).filter(|path| !in_the_way(path)) {
        *halfway = true;
        remove(out, path)?;
    }
    for path in job.plan.paths(Action::Delete).chain(job.plan.paths(Action::Gone)) {
        remove_emptied(out, path);
    }
    Ok(())
}

/// Whether a file cannot be staged before something has gone: a folder in its place, or anything but a folder above it.
fn is_blocked(disk: &Disk, path: &TreePath) -> bool {
    match disk.get(path) {
        Some(Some(Standing { at, thing })) => at != path || matches!(thing, Thing::Folder { .. }),
        _ => false,
    }
}

/// A file written in full beside its place; dropping it removes it.
pub(super) struct Staged {
    temporary: TempPath,
    target: std::path::PathBuf,
}

/// In a folder that is there. Mode 0644 less the user's umask: what Git stores and a checkout gives.
pub(super) fn stage(out: &OutputDir, path: &TreePath, bytes: &[u8]) -> Result<Staged, Error> {
    let target = out.join(path);
    let folder = target.parent().unwrap_or(out.root());
    let mut builder = Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let written = builder.prefix(TEMPORARY).tempfile_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        Ok(file.into_temp_path())
    });
    // The library's errors name the temporary file, and their kind says what happened.
    let temporary = written.map_err(|e| Error::io("write", &target)(e.kind().into()))?;
    Ok(Staged { temporary, target })
}

impl Staged {
    pub(super) fn persist(self) -> Result<(), Error> {
        self.temporary.persist(&self.target).map_err(|e| Error::io("write", &self.target)(e.error))
    }
}

fn remove(out: &OutputDir, path: &TreePath) -> Result<(), Error> {
    let place = out.join(path);
    match fs::remove_file(&place) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", &place)(e)),
        _ => Ok(()),
    }
}

/// Removes a folder that holds nothing but folders.
fn remove_empty_folders(out: &OutputDir, folder: &TreePath) -> Result<(), Error> {
    for entry in walkdir::WalkDir::new(out.join(folder)).contents_first(true) {
        let entry = entry.map_err(|e| Error::io("look at", &out.join(folder))(e.into()))?;
        fs::remove_dir(entry.path()).map_err(Error::io("remove", entry.path()))?;
    }
    Ok(())
}

/// Removes the folders above a deleted file as far as they are empty now.
fn remove_emptied(out: &OutputDir, path: &TreePath) {
    for folder in path.parents().rev() {
        match fs::remove_dir(out.join(&folder)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return,
            _ => {}
        }
    }
}
