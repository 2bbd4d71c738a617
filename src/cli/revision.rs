//! A cloud as it was in a commit: its files, read from Git and never written.
#![expect(clippy::disallowed_methods, reason = "`cloudc diff --against` asks Git, and its page says so")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{Loaded, with_own};
use crate::source::{self, Beside, FolderEntry, MAX_BYTES, Sources};
use crate::{Before, compile};

/// The folder of a cloud in a commit.
pub(super) struct Revision {
    folder: PathBuf,
    commit: String,
    /// As the user named the commit.
    pub(super) name: String,
}

impl Revision {
    /// The commit that `name` stands for in the repository of `folder`.
    ///
    /// # Errors
    /// A sentence for the user: no Git, no repository, no such commit.
    pub(super) fn of(folder: &Path, name: &str) -> Result<Self, String> {
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
        let revision = Self { folder, commit: String::new(), name: name.to_owned() };
        let found =
            revision.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])?;
        if !found.status.success() {
            let inside = revision.git(&["rev-parse", "--git-dir"])?.status.success();
            return Err(if inside {
                format!("`{name}` is neither a file nor a commit of this repository; in CI, fetch it first")
            } else {
                format!("`{name}` is no file, and {} is in no Git repository", revision.folder.display())
            });
        }
        let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        Ok(Self { commit, ..revision })
    }

    /// What the cloud of the commit compiles to with this `cloudc` and the lock of the commit; none where it has no such file.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub(super) fn compile(&self, file: &str) -> Result<Option<Loaded>, String> {
        let Some(text) = self.text(file)? else { return Ok(None) };
        let path = PathBuf::from(file);
        let shown = |path: &str| format!("{}:{path}", self.name);
        let entries = self.files("components")?.into_iter().filter(|path| path.ends_with("/component.yaml"));
        let entries: Result<Vec<_>, String> =
            entries.map(|path| Ok((shown(&path), self.text(&path)?.unwrap_or_default()))).collect();
        let mut sources = Sources::default();
        let (catalog, diagnostics) = with_own(entries?, &mut sources);
        let lock = source::lock_path(&path).map(|path| path.to_string_lossy().into_owned());
        let mut loaded = Loaded {
            catalog,
            compiled: None,
            diagnostics,
            sources,
            path,
            folder: PathBuf::new(),
            lock: None,
            asked: BTreeMap::new(),
        };
        if !loaded.diagnostics.has_errors() {
            let lock = match lock {
                Some(lock) => self.text(&lock)?.map(|text| (shown(&lock), text)),
                None => None,
            };
            // Without a day: what was excepted when it was committed still is.
            let before = Before { lock, ..Before::default() };
            (loaded.compiled, loaded.diagnostics) =
                compile(&mut loaded.sources, &shown(file), &text, &loaded.catalog, before, self);
        }
        Ok(Some(loaded))
    }

    /// The text of a file, by its path from the folder; none where the commit has no such file.
    ///
    /// # Errors
    /// A sentence for the user when Git fails or the file is no text.
    fn text(&self, path: &str) -> Result<Option<String>, String> {
        let object = format!("{}:./{path}", self.commit);
        let size = self.git(&["cat-file", "-s", &object])?;
        if !size.status.success() {
            return Ok(None);
        }
        // Git hands it over as a whole.
        if String::from_utf8_lossy(&size.stdout).trim().parse::<u64>().is_ok_and(|size| size > MAX_BYTES) {
            return Err(format!("{path} of {} is larger than {} MiB", self.name, MAX_BYTES / 1024 / 1024));
        }
        let shown = self.git(&["cat-file", "blob", &object])?;
        if !shown.status.success() {
            let why = String::from_utf8_lossy(&shown.stderr);
            return Err(format!("cannot read {path} of {}: {}", self.name, why.trim()));
        }
        source::text(shown.stdout).map(Some).map_err(|why| format!("{path} of {} is {why}", self.name))
    }

    /// The files below a folder, by their paths from the folder of the cloud, in order.
    ///
    /// # Errors
    /// A sentence for the user when Git fails.
    fn files(&self, below: &str) -> Result<Vec<String>, String> {
        let listed = self.git(&["ls-tree", "-r", "-z", "--name-only", &self.commit, "--", below])?;
        if !listed.status.success() {
            return Err(format!("cannot list {}: {}", self.name, String::from_utf8_lossy(&listed.stderr).trim()));
        }
        let text = String::from_utf8_lossy(&listed.stdout);
        Ok(text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    fn git(&self, arguments: &[&str]) -> Result<Output, String> {
        Command::new("git")
            .arg("-C")
            .arg(&self.folder)
            .args(arguments)
            .output()
            .map_err(|error| format!("cannot run git: {error}"))
    }
}

impl Beside for Revision {
    fn read(&self, path: &str) -> Result<String, String> {
        self.text(path)?.ok_or_else(|| format!("{} has no {path}", self.name))
    }

    fn read_below(&self, path: &str) -> Result<String, String> {
        if path.split('/').any(|part| part == "..") {
            return Err(format!("{path} leads out of the folder of the cloud"));
        }
        self.read(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, String> {
        let below = if folder.is_empty() { "./".to_owned() } else { format!("./{folder}/") };
        let listed = self.git(&["ls-tree", "-z", &self.commit, "--", &below])?;
        if !listed.status.success() {
            return Err(format!("cannot list {folder} of {}", self.name));
        }
        let text = String::from_utf8_lossy(&listed.stdout);
        let entry = |line: &str| {
            let (what, path) = line.split_once('\t')?;
            let kind = what.split(' ').nth(1)?;
            let is_link = what.starts_with("120000");
            let name = path.rsplit('/').next()?.to_owned();
            (!is_link).then_some(FolderEntry { name, is_folder: kind == "tree" })
        };
        let mut entries: Vec<FolderEntry> = text.split('\0').filter_map(entry).collect();
        entries.sort();
        Ok(entries)
    }
}
