//! The secrets of a cluster: one file, made once -> typed values that no message ever shows.
//!
//! The file is a Talos secrets bundle, so Talos's own tools read it too, with one section more for the secrets that
//! `cloud.yaml` refers to by name. It is SOPS-encrypted with age, and opened in memory only: a build never reads it.

mod age_keys;
mod bundle;
mod certificate;
mod generate;
mod key;
mod secret;
pub mod sops;
mod talosconfig;
mod tenant;
mod wanted;

pub use age_keys::{Keys, Recipient};
pub use bundle::{Authority, Bundle, BundleError};
pub use certificate::CertificateError;
pub use generate::generate;
pub use secret::Secret;
pub use talosconfig::{Access, ROLES, talosconfig};
pub use tenant::tenant_secret;
pub use wanted::{Kind, Wanted, wanted};

use std::fmt;

/// Why a file gives no bundle.
#[derive(Debug)]
pub enum OpenError {
    Bundle(BundleError),
    Sops(sops::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(error) => error.fmt(f),
            Self::Sops(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

/// Reads a bundle, encrypted or not. `keys` is asked only for an encrypted one.
///
/// # Errors
/// When the text is not YAML, does not decrypt to what was encrypted, or lacks a key of a bundle.
pub fn open(text: &str, keys: impl FnOnce() -> Keys) -> Result<Bundle, OpenError> {
    let root = bundle::parse_yaml(text).map_err(OpenError::Bundle)?;
    let root = if sops::is_encrypted(&root) { sops::decrypt(root, &keys()).map_err(OpenError::Sops)? } else { root };
    Bundle::read(&root).map_err(OpenError::Bundle)
}
