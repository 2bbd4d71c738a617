//! The files beside a cloud, as far as a compile may see them: those that it names, relative to its own folder.
#![expect(clippy::disallowed_methods, reason = "this module is the input edge")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::MAX_BYTES;
use super::discover::read_file;

/// The most entries of one folder; more are not a folder that somebody wrote.
const MAX_ENTRIES: usize = 10_000;

/// What is beside a cloud. A compile asks for nothing else, so one in memory compiles like one on a disk.
pub trait Beside {
    /// The text of a file.
    ///
    /// # Errors
    /// A sentence for the user: unreadable, too large, or not UTF-8.
    fn read(&self, path: &str) -> Result<String, String>;

    /// The text of a file that is below the cloud's folder, also after every symbolic link.
    ///
    /// # Errors
    /// As [`Beside::read`], and when it is elsewhere.
    fn read_below(&self, path: &str) -> Result<String, String>;

    /// What is in a folder, by name; the cloud's own folder has no name.
    ///
    /// # Errors
    /// A sentence for the user.
    fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, String>;
}

/// A file or a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FolderEntry {
    pub name: String,
    /// A symbolic link to a folder is none: it may lead around in circles.
    pub is_folder: bool,
}

/// The texts of files, or why there is none; all together are as large as one may be.
pub fn read_all(paths: Vec<String>, beside: &dyn Beside) -> BTreeMap<String, Result<String, String>> {
    let mut left = MAX_BYTES;
    let mut read = |path: &str| {
        let text = beside.read(path)?;
        left = left.checked_sub(text.len() as u64).ok_or_else(|| {
            format!("the files that this cloud names are together larger than {} MiB", MAX_BYTES / 1024 / 1024)
        })?;
        Ok(text)
    };
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// A folder of the disk.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder of a cloud; empty for the one where the command runs.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { path: if path.as_os_str().is_empty() { PathBuf::from(".") } else { path } }
    }
}

impl Beside for Folder {
    fn read(&self, path: &str) -> Result<String, String> {
        // As the user knows it: without the folder where the command runs.
        let here = self.path.as_os_str() == ".";
        read_file(&if here { PathBuf::from(path) } else { self.path.join(path) })
    }

    fn read_below(&self, path: &str) -> Result<String, String> {
        let cannot = |error: std::io::Error| format!("cannot read {path}: {error}");
        let folder = self.path.canonicalize().map_err(cannot)?;
        let place = self.path.join(path).canonicalize().map_err(cannot)?;
        if !place.starts_with(&folder) {
            return Err(format!("{path} leads out of the folder of the cloud"));
        }
        read_file(&place).map_err(|why| why.replace(&place.display().to_string(), path))
    }

    fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, String> {
        let cannot = |error: std::io::Error| format!("cannot read the folder {folder}: {error}");
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(self.path.join(folder)).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let kind = entry.file_type().map_err(cannot)?;
            // A name that is no text can be in no pattern either.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if kind.is_dir() || kind.is_file() || kind.is_symlink() && entry.path().is_file() {
                entries.push(FolderEntry { name, is_folder: kind.is_dir() });
            }
            if entries.len() > MAX_ENTRIES {
                return Err(format!("the folder {folder} has more than {MAX_ENTRIES} entries"));
            }
        }
        entries.sort();
        Ok(entries)
    }
}
