//! Randomness -> a new bundle, value by value as Talos makes its own.
//!
//! What differs between contracts is in siderolabs/talos `pkg/machinery/config/generate/secrets/bundle.go`, release by release.

use std::time::Duration;

use base64ct::{Base64, Base64Url, Encoding};
use indexmap::IndexMap;
use rand_core::CryptoRngCore;

use super::certificate::{CertificateError, authority};
use super::key::{self, SigningKey};
use super::{Bundle, Kind, Secret, Wanted};
use crate::spec::scalar::Minor;

/// Talos's authorities live for ten years of 365 days.
pub(super) const AUTHORITY_LIFE: Duration = Duration::from_hours(87_600);

/// Since then the service-account key is RSA, which more verifiers of tokens accept.
const RSA_SERVICE_ACCOUNT: Minor = Minor::v1(7);

/// Since then the cluster's ID is in the standard alphabet of base64; before, in that of URLs.
const STANDARD_CLUSTER_ID: Minor = Minor::v1(14);

/// Makes all secrets of a cluster, and those of `wanted` that can be made.
///
/// `now` counts from the Unix epoch; the contract is 1.3 or newer.
///
/// # Errors
/// When `now` is so late that no certificate can say when it ends.
pub fn generate(
    contract: Minor,
    wanted: &[Wanted],
    now: Duration,
    rng: &mut impl CryptoRngCore,
) -> Result<Bundle, CertificateError> {
    let id: [u8; 32] = random(rng);
    // Upstream asks for a common name of the aggregator's authority too, and its certificates have none.
    let ca = |organization, key: &SigningKey, rng: &mut _| authority(organization, key, now, AUTHORITY_LIFE, rng);
    let etcd = ca(Some("etcd"), &SigningKey::new_p256(rng), rng)?;
    let k8s = ca(Some("kubernetes"), &SigningKey::new_p256(rng), rng)?;
    let k8s_aggregator = ca(None, &SigningKey::new_p256(rng), rng)?;
    let os = ca(Some("talos"), &SigningKey::new_ed25519(rng), rng)?;
    let service_account =
        if contract >= RSA_SERVICE_ACCOUNT { key::new_rsa(rng) } else { SigningKey::new_p256(rng).to_secret() };
    let cluster_id =
        if contract >= STANDARD_CLUSTER_ID { Base64::encode_string(&id) } else { Base64Url::encode_string(&id) };
    Ok(Bundle {
        cluster_id: Secret::new(cluster_id),
        cluster_secret: random_text(rng),
        bootstrap_token: token(rng),
        secretbox_encryption: Some(random_text(rng)),
        aescbc_encryption: None,
        trustd_token: token(rng),
        os,
        etcd,
        k8s,
        k8s_aggregator,
        k8s_service_account: service_account,
        references: references(wanted, rng),
    })
}

fn references(wanted: &[Wanted], rng: &mut impl CryptoRngCore) -> IndexMap<String, IndexMap<String, Secret>> {
    let mut references: IndexMap<String, IndexMap<String, Secret>> = IndexMap::new();
    for Wanted { name, kind } in wanted.iter().filter(|wanted| wanted.kind.can_be_made()) {
        let of = references.entry(name.clone()).or_default();
        for key in kind.keys() {
            let text = if *kind == Kind::WireguardKey { wireguard_key(rng) } else { random_text(rng) };
            of.entry((*key).to_owned()).or_insert(text);
        }
    }
    references
}

fn random<const N: usize>(rng: &mut impl CryptoRngCore) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// 32 bytes in base64, the form of every symmetric key of Talos.
fn random_text(rng: &mut impl CryptoRngCore) -> Secret {
    Secret::new(Base64::encode_string(&random::<32>(rng)))
}

/// A Curve25519 scalar, with the bits fixed that `wg genkey` fixes (RFC 7748, section 5).
fn wireguard_key(rng: &mut impl CryptoRngCore) -> Secret {
    let mut key: [u8; 32] = random(rng);
    key[0] &= 0b1111_1000;
    key[31] = key[31] & 0b0111_1111 | 0b0100_0000;
    Secret::new(Base64::encode_string(&key))
}

/// A Kubernetes bootstrap token: 6 characters that name it, a dot, 16 that are secret.
pub(super) fn token(rng: &mut impl CryptoRngCore) -> Secret {
    let mut text = String::new();
    while text.len() < 23 {
        if text.len() == 6 {
            text.push('.');
        }
        text.push(character(rng));
    }
    Secret::new(text)
}

/// One of 36 characters, each as likely as the others: bytes above the last multiple of 36 are drawn again.
fn character(rng: &mut impl CryptoRngCore) -> char {
    const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    loop {
        let [byte] = random::<1>(rng);
        if byte < 252 {
            return char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]);
        }
    }
}
