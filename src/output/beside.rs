//! A file of the user's that `cloudc` keeps beside `cloud.yaml`: replaced whole, and only while it is the one that was read.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::Builder;

use super::apply::TEMPORARY;
use super::error::Error;

/// Changes a file that the user writes. Its mode stays, and one that nobody may write to is left alone.
///
/// # Errors
/// As [`replace`].
pub fn edit(path: &Path, before: &str, text: &str) -> Result<(), Error> {
    let found = fs::metadata(path).map_err(Error::io("look at", path))?;
    if found.permissions().readonly() {
        return Err(Error::io("write", path)(io::ErrorKind::PermissionDenied.into()));
    }
    write(path, Some(before), text, Some(found.permissions()))
}

/// Writes `text` over `before`, which is what was read; none where there was no file.
///
/// # Errors
/// When the file is another one by now, when it is no plain file, or when the system refuses; then it stays as it is.
pub fn replace(path: &Path, before: Option<&str>, text: &str) -> Result<(), Error> {
    write(path, before, text, None)
}

/// `mode` is that of the new file; without one it is what a checkout gives.
fn write(path: &Path, before: Option<&str>, text: &str, mode: Option<Permissions>) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(Error::InTheWay { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(Error::io("look at", path)(error)),
    }
    let now = match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    if now.as_deref() != before.map(str::as_bytes) {
        return Err(Error::Changed { path: path.to_owned() });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let written = builder.prefix(TEMPORARY).tempfile_in(folder).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        // The umask is not asked again.
        mode.map_or(Ok(()), |mode| file.as_file().set_permissions(mode))?;
        Ok(file.into_temp_path())
    });
    // The library's errors name the temporary file, and their kind says what happened.
    let temporary = written.map_err(|error| Error::io("write", path)(error.kind().into()))?;
    temporary.persist(path).map_err(|error| Error::io("write", path)(error.error))
}
