//! age keys: what opens a data key of SOPS, and for whom one is wrapped.
//!
//! Only X25519 keys, those of `age-keygen`. No message holds anything of a private key, not even of a line that is none.

use std::fmt;
use std::str::FromStr;

use age::armor::ArmoredReader;
use age::x25519;
use age::{DecryptError, Decryptor, Identity};

/// A public key, `age1...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient(String);

impl Recipient {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Wraps a data key, as armored text. age draws its own random bytes.
    pub(super) fn wrap(&self, data_key: &[u8]) -> String {
        let key = x25519::Recipient::from_str(&self.0).expect("checked when it was read");
        age::encrypt_and_armor(&key, data_key).expect("memory takes what is written")
    }
}

impl FromStr for Recipient {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if x25519::Recipient::from_str(text).is_ok() {
            return Ok(Self(text.to_owned()));
        }
        // A private key given by mistake is not repeated.
        let shown =
            if text.starts_with("age1") { format!("`{}`", text.escape_debug()) } else { "a recipient".to_owned() };
        Err(format!("{shown} is not a public key of `age-keygen`, `age1...`"))
    }
}

/// Private keys from all places where sops looks for them.
#[derive(Default)]
pub struct Keys {
    identities: Vec<x25519::Identity>,
    /// What was not understood, and where; told only when nothing else opens the file, as sops does.
    complaints: Vec<String>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("identities", &self.identities.len())
            .field("complaints", &self.complaints)
            .finish()
    }
}

impl Keys {
    /// Takes in the text of a key file: a key per line, with empty lines and `#` comments. `place` is what messages call it.
    pub fn add(&mut self, place: &str, text: &str) {
        if text.starts_with("age-encryption") || text.starts_with("-----BEGIN AGE") {
            self.complain(format!("{place} is protected by a passphrase"));
            return;
        }
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match x25519::Identity::from_str(line) {
                Ok(identity) => self.identities.push(identity),
                Err(_) if line.starts_with("AGE-PLUGIN-") => {
                    self.complain(format!("line {} of {place} is the key of an age plugin", index + 1));
                }
                Err(_) => self.complain(format!("line {} of {place} is not a key of `age-keygen`", index + 1)),
            }
        }
    }

    /// Notes a place that gave no key, and why.
    pub fn complain(&mut self, complaint: impl Into<String>) {
        self.complaints.push(complaint.into());
    }

    pub fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    pub(super) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// Unwraps a data key; `None` when it is wrapped for somebody else.
    pub(super) fn unwrap(&self, armored: &str) -> Result<Option<Vec<u8>>, DecryptError> {
        let decryptor = Decryptor::new_buffered(ArmoredReader::new(armored.as_bytes()))?;
        match decryptor.decrypt(self.identities.iter().map(|identity| identity as &dyn Identity)) {
            Ok(mut reader) => {
                let mut data_key = Vec::new();
                std::io::Read::read_to_end(&mut reader, &mut data_key)?;
                Ok(Some(data_key))
            }
            Err(DecryptError::NoMatchingKeys) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
