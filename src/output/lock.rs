//! One build at a time per output directory.
//!
//! A lock of the operating system on `.cloudc/lock`: it ends with the process, however that ends, so a killed build never
//! leaves the directory locked. The file itself is empty and goes away with the build.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;

/// Held while a build writes.
pub(super) struct Lock {
    _file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of `folder` (`.cloudc`), which exists and holds no symbolic link of that name.
    pub fn take(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("lock");
        let busy = || Error::Busy { dir: folder.parent().unwrap_or(folder).to_owned() };
        loop {
            let file = match OpenOptions::new().create(true).truncate(false).write(true).open(&path) {
                Ok(file) => file,
                // Another build has just removed the folder, which we had seen.
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(busy()),
                Err(e) => return Err(Error::io("lock", &path)(e)),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(busy()),
                // Some network file systems have no locks; a single user there must still be able to build.
                Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(e)) => return Err(Error::io("lock", &path)(e)),
            }
            // The build before us may have removed the file after we had opened it: then nobody else sees our lock.
            if !is_removed(&file).map_err(Error::io("lock", &path))? {
                return Ok(Self { _file: file, path });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Best effort: a file that stays is empty, unlocked and reused.
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
        if let Some(folder) = self.path.parent() {
            // Only when it is empty: a build that stopped before its first file.
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(unix)]
fn is_removed(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) == 0)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the Unix one")]
fn is_removed(_: &File) -> io::Result<bool> {
    Ok(false)
}
