//! FileTree <-> disk: makes an output directory equal to a tree without touching what is not ours.
//!
//! `manifest` says what is ours, `disk` what is there, `plan` what to do, `apply` does it. All that is dangerous in this
//! program happens here, so the decision (`plan`) is pure and the deed (`apply`) decides nothing.
#![expect(clippy::disallowed_methods, reason = "this module is the output edge")]

mod apply;
mod beside;
mod diff;
mod disk;
mod error;
mod files;
mod lock;
mod manifest;
mod plan;
mod private;
mod record;

use std::collections::BTreeMap;
use std::path::Path;

pub use beside::{edit, replace};
pub use error::{Conflict, Error};
pub use files::{create_all, create_folder, exists};
pub use plan::Cause;
pub use private::{check_free, create_private};
pub use record::{leave_record, record, stands};

use crate::tree::{FileTree, TreePath};
use disk::OutputDir;
use lock::Lock;
use plan::{Action, Plan, Standing, Thing};

/// Bytes of files in the directory that are compared, beside twice the tree.
const STANDING: u64 = 64 * 1024 * 1024;

/// What a build may do to the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Write,
    /// Writes nothing, not even a lock; the report says what [`Mode::Write`] would do.
    Check,
}

/// What a build did, or with [`Mode::Check`] would do. Lists are in path order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub created: Vec<TreePath>,
    pub updated: Vec<TreePath>,
    pub deleted: Vec<TreePath>,
    /// Files that were right already and have not been touched.
    pub same: usize,
    /// What `force` has overruled. With [`Mode::Check`]: what would stop a build; these paths are in no other list.
    pub conflicts: Vec<Conflict>,
    /// The manifest did not list exactly the files of the tree.
    pub manifest: bool,
    /// SHA-256 of the manifest as it is now. With [`Mode::Check`] none.
    pub digest: Option<String>,
}

impl Report {
    /// Whether the directory differs from the tree. A manifest that only names another version of `cloudc` does not count.
    pub fn is_stale(&self) -> bool {
        self.manifest || [self.created.len(), self.updated.len(), self.deleted.len(), self.conflicts.len()] != [0; 4]
    }
}

/// Makes `dir` hold the files of `tree`, and of its own earlier files no others.
///
/// With `force`, files that were edited by hand or belong to others are overwritten, and a symbolic link is replaced (what
/// it points to is left alone); folders and special files in the way still stop the build.
///
/// # Errors
/// See [`Error`]; with [`Mode::Check`] a conflict is not an error but part of the report.
///
/// # Panics
/// When the tree holds a path in `.cloudc`: back ends do not write there.
pub fn build(dir: &Path, tree: &FileTree, mode: Mode, force: bool) -> Result<Report, Error> {
    assert!(
        tree.iter().all(|(path, _)| path.as_str().split('/').next() != Some(manifest::FOLDER)),
        "a back end emitted a file in {}",
        manifest::FOLDER
    );
    let out = OutputDir::new(dir)?;
    let _lock = match mode {
        Mode::Write => Some(Lock::take(&out.create_own_folder()?)?),
        Mode::Check => None,
    };
    let (owned, text) = out.manifest()?;
    if mode == Mode::Write {
        apply::clean(&out, &owned)?;
    }
    let disk = out.survey(tree, &owned)?;
    let plan = plan::plan(tree, &disk, &owned);
    let conflicts = conflicts(&out, tree, &plan);
    let manifest = owned.files != plan.wanted || !owned.pending.is_empty() || owned.versions != tree.versions;
    match mode {
        Mode::Check => Ok(report(&plan, |path| !plan.conflicts.contains_key(path), conflicts, manifest)),
        Mode::Write if conflicts.is_empty() || force && conflicts.iter().all(|c| c.cause.yields_to_force()) => {
            let job = apply::Job { tree, disk: &disk, owned: &owned, manifest: text.as_deref(), plan: &plan };
            let digest = Some(apply::apply(&out, &job)?.to_string());
            Ok(Report { digest, ..report(&plan, |_| true, conflicts, manifest) })
        }
        Mode::Write => Err(Error::Conflicts { dir: dir.to_owned(), conflicts }),
    }
}

/// What stands in `dir` where `tree` has a file or an earlier build left one: path -> text. What is no plain file is as good as not
/// there; what is no text is shown as far as it is.
///
/// # Errors
/// When the directory or its manifest cannot be read.
pub fn standing(dir: &Path, tree: &FileTree) -> Result<BTreeMap<String, String>, Error> {
    let out = OutputDir::new(dir)?;
    let (owned, _) = out.manifest()?;
    let mut files = BTreeMap::new();
    // What others made of the files does not count without end.
    let mut left = STANDING + 2 * tree.iter().map(|(_, file)| file.bytes.len() as u64).sum::<u64>();
    for (path, standing) in out.survey(tree, &owned)? {
        if let Some(Standing { at, thing: Thing::File(_) }) = standing
            && at == path
        {
            let place = out.join(&path);
            let bytes = disk::read(&place, left)?;
            left -= bytes.len() as u64;
            files.insert(path.as_str().to_owned(), String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    Ok(files)
}

/// Name and text of the manifest that an earlier build left in `dir`; none where there is none to read. Whether it is a
/// good one is for [`build`] to say.
pub fn previous(dir: &Path) -> Option<(String, String)> {
    let bytes = OutputDir::new(dir).and_then(|out| out.manifest_text()).ok()??;
    Some((dir.join(manifest::PATH).display().to_string(), String::from_utf8(bytes).ok()?))
}

fn conflicts(out: &OutputDir, tree: &FileTree, plan: &Plan) -> Vec<Conflict> {
    let diff = |at: &TreePath| tree.get(at.as_str()).and_then(|file| out.diff(at, &file.bytes));
    plan.conflicts
        .iter()
        .map(|(at, &cause)| {
            let diff = if cause == Cause::EditedByHand { diff(at) } else { None };
            Conflict { at: at.clone(), cause, diff }
        })
        .collect()
}

fn report(plan: &Plan, counts: impl Fn(&TreePath) -> bool, conflicts: Vec<Conflict>, manifest: bool) -> Report {
    let list = |action| plan.paths(action).filter(|path| counts(path)).cloned().collect();
    Report {
        created: list(Action::Create),
        updated: list(Action::Update),
        deleted: list(Action::Delete),
        same: plan.paths(Action::Same).count(),
        conflicts,
        manifest,
        digest: None,
    }
}
