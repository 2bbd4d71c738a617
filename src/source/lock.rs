//! Where `cloud.lock` is: beside its cloud, under the cloud's own name, so that two clouds in one folder have two.
#![expect(clippy::disallowed_methods, reason = "this module is the input edge")]

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::discover::read_file;

/// `cloud.lock` for `cloud.yaml`, `home.lock` for `home.yaml`, `home.cloudc.lock` for `home.cloudc.yaml`; none for a text from
/// standard input.
pub fn lock_path(cloud: &Path) -> Option<PathBuf> {
    (cloud.as_os_str() != "-").then(|| cloud.with_extension("lock"))
}

/// The text of a lock; none where there is no file.
///
/// # Errors
/// As [`super::read`], and when it is no file.
pub fn read_lock(path: &Path) -> Result<Option<String>, String> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => read_file(path).map(Some),
    }
}
