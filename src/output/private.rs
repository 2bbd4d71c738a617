//! A new file that only its owner may read. It never takes the place of another, not even of a broken link.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::error::Error;

/// Creates a file with mode 0600, and its folder where that is missing. There is no temporary file: what is secret stands in
/// one place only.
///
/// # Errors
/// When something has the name already, or the system refuses; then nothing is left behind.
pub fn create_private(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists { path: path.to_owned() },
        _ => Error::io("create", path)(error),
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        // It is ours, and half of a file would be taken for one.
        let _ = fs::remove_file(path);
        Error::io("write", path)(error)
    })
}

/// Says early what [`create_private`] would say late.
///
/// # Errors
/// When something has the name already.
pub fn check_free(path: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(path).is_ok() { Err(Error::Exists { path: path.to_owned() }) } else { Ok(()) }
}
