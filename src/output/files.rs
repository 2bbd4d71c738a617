//! New files of the user's: all or none.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::Error;

/// Creates a folder and those above it; one that is there stays.
///
/// # Errors
/// When the system refuses, or something else has the name.
pub fn create_folder(path: &Path) -> Result<(), Error> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(Error::io("create", path))
}

/// Whether something has the name, be it a broken link.
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Creates `folder` with the files, given by name and text. None of them is written when one of the names is taken.
///
/// # Errors
/// When a name is taken, or the system refuses; then no file is left behind.
pub fn create_all(folder: &Path, files: &[(&str, String)]) -> Result<(), Error> {
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.join(name)).collect();
    if let Some(taken) = paths.iter().find(|path| exists(path)) {
        return Err(Error::Exists { path: taken.clone() });
    }
    create_folder(folder)?;
    for (at, (path, (_, text))) in paths.iter().zip(files).enumerate() {
        if let Err((created, error)) = create(path, text) {
            // They are ours, and a part of them would keep the next attempt from making the rest.
            paths[..at + usize::from(created)].iter().for_each(|path| drop(fs::remove_file(path)));
            return Err(error);
        }
    }
    Ok(())
}

/// With an error comes whether there is a file of ours.
fn create(path: &Path, text: &str) -> Result<(), (bool, Error)> {
    // Never over another, not even one that came between the look and now.
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = opened.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => (false, Error::Exists { path: path.to_owned() }),
        _ => (false, Error::io("create", path)(error)),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| (true, Error::io("write", path)(error)))
}
