//! SOPS files (getsops/sops 3, YAML, age): plain values <-> a tree whose values are encrypted one by one.
//!
//! A data key encrypts each value with its path as associated data, so none can be moved; a MAC over all values says that
//! none is missing. The data key is wrapped once per age recipient. What sops allows beyond that (other key services, key
//! groups, comments as rules) is refused by name, never guessed.

mod cipher;
mod decrypt;
mod encrypt;
mod mac;
mod metadata;
mod rule;

pub use decrypt::decrypt;
pub use encrypt::{Scope, encrypt};

use std::fmt;

use serde_yaml::Value;

/// Where sops keeps what it needs to decrypt a file.
const SECTION: &str = "sops";

/// Whether a file says of itself that it is encrypted.
pub fn is_encrypted(root: &Value) -> bool {
    root.get(SECTION).is_some()
}

/// Why a file is not opened, or not made. Keys and recipients are named, values are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The section of sops lacks this, or holds something else there.
    Section(&'static str),
    /// Only these key services can open the file.
    OtherServices(Vec<&'static str>),
    /// The file uses this, which is not read here.
    Unsupported(&'static str),
    /// No private key was found.
    NoKey { recipients: Vec<String>, complaints: Vec<String> },
    /// Private keys were found, and none of them fits.
    OtherRecipients { recipients: Vec<String>, complaints: Vec<String> },
    /// The data key for this recipient is not what age wrote.
    DataKey(String),
    /// A regular expression that does not parse.
    Rule(&'static str),
    /// A value that must be encrypted and is not.
    Plain(String),
    /// A value that is not what was encrypted at this place.
    Changed(String),
    /// A key or value of a kind that sops does not write.
    Kind(String),
    /// Values were added, removed or put in another order.
    Mac,
    /// A name for which sops leaves the value in plain.
    LeftPlain(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ASK_SOPS: &str = "let sops open it: `sops --decrypt FILE | cloudc ... --secrets -`";
        match self {
            Self::Section(what) => write!(f, "the `sops` section of the secrets bundle has no valid `{what}`"),
            Self::OtherServices(services) => write!(
                f,
                "the secrets bundle is encrypted for {} and not for age, which is what cloudc opens; {ASK_SOPS}",
                services.join(", ")
            ),
            Self::Unsupported(what) => write!(f, "the secrets bundle uses {what}, which cloudc does not read; {ASK_SOPS}"),
            Self::NoKey { recipients, complaints } => {
                f.write_str(
                    "no age key to open the secrets bundle with: set SOPS_AGE_KEY_FILE or SOPS_AGE_KEY, or keep it where \
                     sops looks for it (sops/age/keys.txt in the folder of user configurations)",
                )?;
                write_keys(f, recipients, complaints)
            }
            Self::OtherRecipients { recipients, complaints } => {
                f.write_str("none of the age keys that were found opens the secrets bundle")?;
                write_keys(f, recipients, complaints)
            }
            Self::DataKey(recipient) => {
                write!(f, "the data key for {} in the `sops` section is damaged; restore the file from Git", recipient.escape_debug())
            }
            Self::Rule(rule) => write!(f, "the `{rule}` of the secrets bundle is not a regular expression"),
            Self::Plain(path) => {
                write!(f, "`{path}` of the secrets bundle is not encrypted, and must be; edit the file with `sops FILE` only")
            }
            Self::Changed(path) => {
                write!(f, "`{path}` of the secrets bundle was changed after it was encrypted; restore the file from Git")
            }
            Self::Kind(path) => write!(f, "`{path}` of the secrets bundle holds what sops does not write"),
            Self::Mac => f.write_str(
                "the secrets bundle is not what was encrypted: values were added, removed or reordered; restore it from Git",
            ),
            Self::LeftPlain(path) => {
                write!(f, "`{path}`: sops leaves values in plain whose name ends in `_unencrypted`; choose another name")
            }
        }
    }
}

fn write_keys(f: &mut fmt::Formatter<'_>, recipients: &[String], complaints: &[String]) -> fmt::Result {
    // They come from the file, which may hold anything.
    write!(f, "; it is for {}", recipients.join(", ").escape_debug())?;
    complaints.iter().try_for_each(|complaint| write!(f, "\n  {complaint}"))
}

impl std::error::Error for Error {}
