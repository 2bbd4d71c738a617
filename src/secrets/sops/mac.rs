//! The MAC of a file: SHA-512 over all values in order. It says that none was added, removed or moved to another place; that
//! each one is what was encrypted at its place is the cipher's to say.

use std::fmt::Write;

use sha2::{Digest, Sha512};

/// What a MAC of encrypted values alone begins with, so that it never equals one of all values: SHA-256 of `sops`.
const ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b, 0x97, 0x5b,
    0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

pub(super) struct Mac(Sha512);

impl Mac {
    pub fn new(only_encrypted: bool) -> Self {
        let mut hash = Sha512::new();
        if only_encrypted {
            hash.update(ONLY_ENCRYPTED);
        }
        Self(hash)
    }

    pub fn count(&mut self, value: impl AsRef<[u8]>) {
        self.0.update(value);
    }

    /// The text that is encrypted in turn, with the time of the last change as its place.
    pub fn finish(self) -> String {
        self.0.finalize().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02X}").expect("a text takes what is written");
            text
        })
    }
}
