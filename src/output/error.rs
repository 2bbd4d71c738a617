//! Why a build could not write, as sentences for the user.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest;
use super::plan::Cause;
use crate::tree::TreePath;

/// A place where a build would destroy what is not its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub at: TreePath,
    pub cause: Cause,
    /// From what stands there to what would be written: the start of a unified diff. Only for edited files of the tree.
    pub diff: Option<String>,
}

/// Why the output directory was not written, or not completely.
#[derive(Debug)]
pub enum Error {
    /// The system refused. With `halfway`, some files are new and some old; another build repairs that.
    Io { doing: &'static str, path: PathBuf, source: io::Error, halfway: bool },
    /// Something else stands where a folder or file of our own must be.
    InTheWay { path: PathBuf },
    /// A file that must be new is there already.
    Exists { path: PathBuf },
    /// A file is not what it was when it was read.
    Changed { path: PathBuf },
    /// Another build holds the directory.
    Busy { dir: PathBuf },
    /// The manifest is not one that we can trust.
    Manifest { path: PathBuf, problem: String },
    /// Files of others are in the way; nothing was written. Never empty.
    Conflicts { dir: PathBuf, conflicts: Vec<Conflict> },
}

/// More conflicts than this are counted, not listed.
const LISTED: usize = 20;
/// More diffs than this are not shown.
const DIFFS: usize = 3;

impl Error {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source, halfway: false }
    }

    /// Marks that the directory has been changed before this happened.
    pub(super) fn halfway(mut self) -> Self {
        if let Self::Io { halfway, .. } = &mut self {
            *halfway = true;
        }
        self
    }

    /// Whether nothing can be written there, whatever it is.
    pub fn is_read_only(&self) -> bool {
        let Self::Io { source, .. } = self else { return false };
        matches!(source.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
    }

    /// Whether the user must look at the directory (exit code 1), rather than at the system (exit code 2).
    pub const fn needs_attention(&self) -> bool {
        matches!(self, Self::Manifest { .. } | Self::Conflicts { .. })
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source, halfway } => {
                write!(f, "cannot {doing} {}: {source}; ", path.display())?;
                f.write_str(if *halfway {
                    "some files are written and some are not: build again to finish"
                } else {
                    "no file was changed"
                })
            }
            Self::InTheWay { path } => {
                write!(f, "{} is not what cloudc keeps there; move it away", path.display())
            }
            Self::Exists { path } => write!(f, "{} is there already, and is never overwritten", path.display()),
            Self::Changed { path } => {
                write!(f, "{} was changed by something else in the meantime; start again", path.display())
            }
            Self::Busy { dir } => {
                write!(f, "another cloudc is writing to {}; build again when it has finished", dir.display())
            }
            Self::Manifest { path, problem } => write!(
                f,
                "the manifest {} {problem}; restore it from Git, or delete it: files that are up to date are then \
                 taken over, and others need --force",
                path.display()
            ),
            Self::Conflicts { dir, conflicts } => write_conflicts(f, dir, conflicts),
        }
    }
}

fn write_conflicts(f: &mut fmt::Formatter<'_>, dir: &Path, conflicts: &[Conflict]) -> fmt::Result {
    let places = if conflicts.len() == 1 { "one place".to_owned() } else { format!("{} places", conflicts.len()) };
    writeln!(f, "{places} in {} would lose what cloudc did not write; nothing was changed", dir.display())?;
    let mut diffs = 0;
    for Conflict { at, cause, diff } in conflicts.iter().take(LISTED) {
        writeln!(f, "  {at}: {}", cause.as_str())?;
        if let Some(diff) = diff.as_ref().filter(|_| diffs < DIFFS) {
            diffs += 1;
            diff.lines().try_for_each(|line| writeln!(f, "    {line}"))?;
        }
    }
    if conflicts.len() > LISTED {
        writeln!(f, "  and {} more", conflicts.len() - LISTED)?;
    }
    let has = |wanted: Cause| conflicts.iter().any(|c| c.cause == wanted);
    if has(Cause::EditedByHand) {
        writeln!(f, "help: say it in cloud.yaml and drop the edit")?;
    }
    if conflicts.iter().all(|c| c.cause.yields_to_force()) {
        let link = if has(Cause::Symlink) { "; a link is replaced, its target stays" } else { "" };
        write!(f, "help: --force overwrites{link}")
    } else {
        let path = conflicts.iter().find(|c| !c.cause.yields_to_force()).map_or("", |c| c.at.as_str());
        write!(f, "help: move {path} away; --force does not replace it, nor anything in {}", manifest::FOLDER)
    }
}
