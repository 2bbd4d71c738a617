//! Private keys of certificates, in the forms that Talos keeps: PEM in base64.
//!
//! The forms are those of siderolabs/crypto `x509`: P-256 keys as SEC 1 with the curve named, RSA keys as PKCS #1, Ed25519
//! keys as PKCS #8 below a label that no other tool writes.

use base64ct::{Base64, Encoding};
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use p256::ecdsa::signature::Signer;
use rand_core::CryptoRngCore;
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use sec1::{EcParameters, EcPrivateKey};
use x509_cert::der::asn1::{Any, BitString};
use x509_cert::der::oid::db::{rfc5912, rfc8410};
use x509_cert::der::pem::{self, LineEnding};
use x509_cert::der::{Encode, oid::ObjectIdentifier};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::Secret;

/// The label of siderolabs/crypto, and the one of RFC 8410.
const ED25519_LABELS: [&str; 2] = ["ED25519 PRIVATE KEY", "PRIVATE KEY"];

/// A key that signs certificates, its own among them.
pub(super) enum SigningKey {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::ecdsa::SigningKey),
}

impl SigningKey {
    pub fn new_ed25519(rng: &mut impl CryptoRngCore) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    pub fn new_p256(rng: &mut impl CryptoRngCore) -> Self {
        Self::P256(p256::ecdsa::SigningKey::random(rng))
    }

    /// Reads an Ed25519 key as Talos keeps it; `None` for anything else.
    pub fn read_ed25519(text: &Secret) -> Option<Self> {
        let pem = Base64::decode_vec(text.expose()).ok()?;
        let (label, der) = pem::decode_vec(&pem).ok()?;
        let known = ED25519_LABELS.contains(&label);
        ed25519_dalek::SigningKey::from_pkcs8_der(&der).ok().filter(|_| known).map(Self::Ed25519)
    }

    pub fn sign(&self, message: &[u8]) -> BitString {
        let signature = match self {
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Self::P256(key) => {
                let signature: p256::ecdsa::DerSignature = key.sign(message);
                signature.as_bytes().to_vec()
            }
        };
        BitString::from_bytes(&signature).expect("a signature is short")
    }

    /// What a certificate says of its signature.
    pub fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        let oid = match self {
            Self::Ed25519(_) => rfc8410::ID_ED_25519,
            Self::P256(_) => rfc5912::ECDSA_WITH_SHA_256,
        };
        AlgorithmIdentifierOwned { oid, parameters: None }
    }

    pub fn public(&self) -> SubjectPublicKeyInfoOwned {
        let (oid, parameters, key): (ObjectIdentifier, Option<Any>, Vec<u8>) = match self {
            Self::Ed25519(key) => (rfc8410::ID_ED_25519, None, key.verifying_key().to_bytes().to_vec()),
            Self::P256(key) => (
                rfc5912::ID_EC_PUBLIC_KEY,
                Some((&rfc5912::SECP_256_R_1).into()),
                key.verifying_key().to_encoded_point(false).as_bytes().to_vec(),
            ),
        };
        SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned { oid, parameters },
            subject_public_key: BitString::from_bytes(&key).expect("a public key is short"),
        }
    }

    pub fn to_secret(&self) -> Secret {
        self.with_label(ED25519_LABELS[0])
    }

    /// The same, with the label of an Ed25519 key that every tool reads.
    pub fn to_pkcs8(&self) -> Secret {
        self.with_label(ED25519_LABELS[1])
    }

    fn with_label(&self, ed25519: &str) -> Secret {
        match self {
            Self::Ed25519(key) => {
                // Version 1 of the form, without the public key: what Go's standard library writes.
                let bytes = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
                let der = bytes.to_pkcs8_der().expect("32 bytes encode");
                secret(ed25519, der.as_bytes())
            }
            Self::P256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                let der = EcPrivateKey {
                    private_key: &key.to_bytes(),
                    // Without the curve Go cannot read it.
                    parameters: Some(EcParameters::NamedCurve(rfc5912::SECP_256_R_1)),
                    public_key: Some(point.as_bytes()),
                };
                secret("EC PRIVATE KEY", &der.to_der().expect("a P-256 key encodes"))
            }
        }
    }
}

/// A new RSA-4096 key; it signs tokens of Kubernetes, and nothing here.
///
/// This takes seconds.
pub(super) fn new_rsa(rng: &mut impl CryptoRngCore) -> Secret {
    let key = RsaPrivateKey::new(rng, 4096).expect("4096 bits with the usual exponent are a valid size");
    secret("RSA PRIVATE KEY", key.to_pkcs1_der().expect("an RSA key encodes").as_bytes())
}

fn secret(label: &str, der: &[u8]) -> Secret {
    Secret::new(to_base64_pem(label, der))
}

/// PEM in base64.
pub(super) fn to_base64_pem(label: &str, der: &[u8]) -> String {
    let pem = pem::encode_string(label, LineEnding::LF, der).expect("the label is a constant, and valid");
    Base64::encode_string(pem.as_bytes())
}
