//! `.cloudc/manifest.json` <-> what `cloudc` owns in an output directory: paths and the hashes it wrote there.
//!
//! A file is ours only while its bytes are ones that we wrote. `pending` holds the bytes that a running build is about to
//! write; it is on disk before the first of them, so after a kill at any point every file is still recognised: old bytes by
//! `files`, new bytes by `pending`. The manifest comes from a repository that others write to, so nothing in it is trusted
//! before it has been checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::tree::TreePath;

/// The folder of the output directory that holds what is not part of the tree.
pub(super) const FOLDER: &str = ".cloudc";
pub(super) const PATH: &str = ".cloudc/manifest.json";

/// Version of the manifest's shape.
const VERSION: u64 = 1;

/// SHA-256 of a file's bytes; printed as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hash([u8; 32]);

impl Hash {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads to the end; memory use does not depend on the length.
    pub fn read(reader: &mut impl std::io::Read) -> std::io::Result<Self> {
        let mut hasher = Sha256::new();
        std::io::copy(reader, &mut hasher)?;
        Ok(Self(hasher.finalize().into()))
    }

    fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return None;
        }
        for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let text: String = digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect();
        f.write_str(&text)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// The files that `cloudc` owns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Product -> version that the tree installs, so that a later build knows what it upgrades from.
    pub versions: BTreeMap<String, String>,
    /// What the last finished build left.
    pub files: BTreeMap<TreePath, Hash>,
    /// What a build was about to write; empty once it has finished.
    pub pending: BTreeMap<TreePath, Hash>,
}

/// The shape on disk; anything else in the file is an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[expect(dead_code, reason = "checked before the rest, by `StoredVersion`")]
    version: u64,
    #[expect(dead_code, reason = "for people; no build depends on who wrote the tree")]
    cloudc: String,
    #[serde(default)]
    versions: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    #[serde(default)]
    pending: BTreeMap<String, String>,
}

/// The same to be written.
#[derive(Serialize)]
struct Written<'m> {
    version: u64,
    cloudc: &'static str,
    versions: &'m BTreeMap<String, String>,
    files: &'m BTreeMap<TreePath, Hash>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pending: &'m BTreeMap<TreePath, Hash>,
}

#[derive(Deserialize)]
struct StoredVersion {
    version: u64,
}

impl Manifest {
    /// # Errors
    /// What is wrong with the text, as the end of the sentence "the manifest ...".
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let StoredVersion { version } = serde_json::from_slice(bytes).map_err(|e| format!("cannot be read: {e}"))?;
        if version != VERSION {
            return Err(format!("has version {version}, and this cloudc knows version {VERSION}"));
        }
        let stored: Stored = serde_json::from_slice(bytes).map_err(|e| format!("cannot be read: {e}"))?;
        let Stored { versions, files, pending, .. } = stored;
        Ok(Self { versions, files: checked(files)?, pending: checked(pending)? })
    }

    /// The text to store: sorted, so that a change of one file is a change of one line.
    pub fn to_json(&self) -> String {
        let Self { versions, files, pending } = self;
        let document = Written { version: VERSION, cloudc: env!("CARGO_PKG_VERSION"), versions, files, pending };
        let text = serde_json::to_string_pretty(&document).expect("all keys are texts");
        text + "\n"
    }

    pub fn paths(&self) -> BTreeSet<&TreePath> {
        self.files.keys().chain(self.pending.keys()).collect()
    }

    pub fn knows(&self, path: &TreePath) -> bool {
        self.files.contains_key(path) || self.pending.contains_key(path)
    }

    /// Whether these bytes at this path are ours.
    pub fn wrote(&self, path: &TreePath, hash: Hash) -> bool {
        self.files.get(path) == Some(&hash) || self.pending.get(path) == Some(&hash)
    }
}

fn checked(files: BTreeMap<String, String>) -> Result<BTreeMap<TreePath, Hash>, String> {
    files
        .into_iter()
        .map(|(path, hash)| {
            let path = ownable(&path).ok_or_else(|| format!("lists {path:?}, which no build can own"))?;
            let hash = Hash::parse(&hash).ok_or_else(|| format!("has no SHA-256 hash for {path}"))?;
            Ok((path, hash))
        })
        .collect()
}

/// A listed file may be deleted, so neither our own records nor a Git repository around the tree may be listed; some
/// systems ignore case.
fn ownable(path: &str) -> Option<TreePath> {
    let is = |part: &str, name: &str| part.eq_ignore_ascii_case(name);
    let reserved =
        path.split('/').next().is_some_and(|first| is(first, FOLDER)) || path.split('/').any(|part| is(part, ".git"));
    TreePath::new(path).filter(|_| !reserved)
}
