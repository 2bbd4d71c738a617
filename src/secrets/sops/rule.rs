//! Which values of a file are encrypted. sops decides by the keys on the way to a value, and stores the rule in the file.

use regex::Regex;

/// At most one of them is in a file.
pub(super) enum Rule {
    UnencryptedSuffix(String),
    EncryptedSuffix(String),
    UnencryptedRegex(Regex),
    EncryptedRegex(Regex),
}

/// The rule of a file that has none.
pub(super) const DEFAULT_SUFFIX: &str = "_unencrypted";

impl Rule {
    /// Whether the value at the end of these keys is encrypted.
    pub fn encrypts(&self, keys: &[String]) -> bool {
        let any = |matches: &dyn Fn(&str) -> bool| keys.iter().any(|key| matches(key));
        match self {
            Self::UnencryptedSuffix(suffix) => !any(&|key| key.ends_with(suffix.as_str())),
            Self::EncryptedSuffix(suffix) => any(&|key| key.ends_with(suffix.as_str())),
            Self::UnencryptedRegex(regex) => !any(&|key| regex.is_match(key)),
            Self::EncryptedRegex(regex) => any(&|key| regex.is_match(key)),
        }
    }
}
