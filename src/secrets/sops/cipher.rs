//! One value of a SOPS file: `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`.

use aes_gcm::aead::AeadInPlace;
use aes_gcm::aead::consts::U32;
use aes_gcm::aead::generic_array::GenericArray;
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit};
use base64ct::{Base64, Encoding};
use rand_core::CryptoRngCore;

/// AES-256-GCM with the nonce of 32 bytes that sops draws for each value.
type Cipher = AesGcm<Aes256, U32>;

const START: &str = "ENC[AES256_GCM,";

/// The key of one file.
pub(super) struct DataKey(Cipher);

/// A decrypted value: its bytes, which are also what the MAC counts, and how sops called its kind.
pub(super) struct Opened {
    pub bytes: Vec<u8>,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Float,
    Boolean,
    /// Bytes and times; nothing that is read here has one.
    Other,
}

impl DataKey {
    /// The cipher for a key of 32 bytes.
    pub fn new(key: &[u8]) -> Option<Self> {
        Cipher::new_from_slice(key).ok().map(Self)
    }

    /// Encrypts a text for the place that `context` names. An empty text stays empty, as sops leaves it.
    pub fn seal(&self, text: &str, context: &str, rng: &mut impl CryptoRngCore) -> String {
        if text.is_empty() {
            return String::new();
        }
        let mut iv = GenericArray::<u8, U32>::default();
        rng.fill_bytes(&mut iv);
        let mut data = text.as_bytes().to_vec();
        let tag = self
            .0
            .encrypt_in_place_detached(&iv, context.as_bytes(), &mut data)
            .expect("a value is far shorter than the limit of 64 GiB");
        let [data, iv, tag] = [&data[..], &iv[..], &tag[..]].map(Base64::encode_string);
        format!("{START}data:{data},iv:{iv},tag:{tag},type:str]")
    }

    /// Decrypts a value; `None` when it is not what was encrypted for this place with this key.
    pub fn open(&self, sealed: &str, context: &str) -> Option<Opened> {
        let rest = sealed.strip_prefix(START)?.strip_suffix(']')?;
        let mut parts = rest.split(',');
        let mut part = |name: &str| parts.next()?.strip_prefix(name)?.strip_prefix(':');
        let (data, iv, tag, kind) = (part("data")?, part("iv")?, part("tag")?, part("type")?);
        let mut bytes = Base64::decode_vec(data).ok()?;
        let [iv, tag] = [iv, tag].map(Base64::decode_vec);
        let (iv, tag): ([u8; 32], [u8; 16]) = (iv.ok()?.try_into().ok()?, tag.ok()?.try_into().ok()?);
        self.0.decrypt_in_place_detached(&iv.into(), context.as_bytes(), &mut bytes, &tag.into()).ok()?;
        let kind = match kind {
            "str" => Kind::Text,
            "int" => Kind::Integer,
            "float" => Kind::Float,
            "bool" => Kind::Boolean,
            _ => Kind::Other,
        };
        Some(Opened { bytes, kind })
    }
}

/// Whether a text has the form of an encrypted value.
pub(super) fn is_sealed(text: &str) -> bool {
    text.starts_with(START) && text.ends_with(']')
}
