//! Opens a secrets bundle for a command: the file, and the age keys of the person at work.
//!
//! The keys are looked for where sops looks (getsops/sops `age/keysource.go`), in all places at once. What sops does beyond
//! that, it does by programs and prompts, and cloudc does not: plugins, passphrases, SSH keys, `SOPS_AGE_KEY_CMD`.
#![expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]

use std::env;
use std::path::{Path, PathBuf};

use super::Session;
use crate::model::Model;
use crate::secrets::{self, Bundle, Keys};
use crate::source;

impl Session {
    /// The bundle that was named, else the cloud's. `folder` is the one of `cloud.yaml`.
    pub(super) fn bundle(&self, given: Option<&Path>, folder: &Path, model: &Model) -> Result<Bundle, String> {
        let path = given.map_or_else(|| folder.join(&model.secrets_bundle), |path| self.path(path));
        let text = source::read(&path).map_err(|why| match given {
            Some(_) => why,
            None => format!("{why}; `cloudc secrets generate` makes it, `--secrets` names another"),
        })?;
        if self.verbose {
            self.tell(&format!("opening {}\n", path.display()));
        }
        secrets::open(&text, age_keys).map_err(|error| error.to_string())
    }
}

/// The private keys of all places. A place that gives none is no failure until a file stays closed.
fn age_keys() -> Keys {
    let mut keys = Keys::default();
    if let Some(text) = env::var_os("SOPS_AGE_KEY") {
        keys.add("SOPS_AGE_KEY", &text.to_string_lossy());
    }
    if let Some(path) = env::var_os("SOPS_AGE_KEY_FILE") {
        match source::read(Path::new(&path)) {
            Ok(text) => keys.add("the file of SOPS_AGE_KEY_FILE", &text),
            Err(why) => keys.complain(format!("SOPS_AGE_KEY_FILE: {why}")),
        }
    }
    if env::var_os("SOPS_AGE_KEY_CMD").is_some() {
        keys.complain("SOPS_AGE_KEY_CMD is not run; set SOPS_AGE_KEY=\"$(...)\" with what it prints");
    }
    // A folder that is missing is the usual case, and nothing to tell.
    if let Some(path) = user_configuration().map(|folder| folder.join("sops/age/keys.txt")).filter(|path| path.exists())
    {
        match source::read(&path) {
            Ok(text) => keys.add(&path.display().to_string(), &text),
            Err(why) => keys.complain(why),
        }
    }
    keys
}

/// The folder of Go's `os.UserConfigDir`, with sops's exception for macOS.
fn user_configuration() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        return folder("AppData");
    }
    let rest = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    match folder("XDG_CONFIG_HOME") {
        // Go refuses a relative one.
        Some(given) => Some(given).filter(|given| given.is_absolute()),
        None => folder("HOME").map(|home| home.join(rest)),
    }
}
