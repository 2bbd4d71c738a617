//! Randomness -> the values that a tenant's Talos workers and its control plane share, as the Secret that Flux reads.
//!
//! Kamaji keeps an authority of Kubernetes that it finds, and Talos one of the machines; so both are made here, before
//! there is a cluster. The values are one line each, since Flux joins lines.

use std::time::Duration;

use rand_core::CryptoRngCore;
use serde_json::{Map, Value, json};

use super::Secret;
use super::certificate::{CertificateError, authority};
use super::generate::{AUTHORITY_LIFE, token};
use super::key::SigningKey;
use crate::model::TenantSecret;

/// Makes the Secret, in plain.
///
/// `now` counts from the Unix epoch.
///
/// # Errors
/// When `now` is so late that no certificate can say when it ends.
pub fn tenant_secret(
    name: &str,
    namespace: &str,
    now: Duration,
    rng: &mut impl CryptoRngCore,
) -> Result<Map<String, Value>, CertificateError> {
    let machine_key = SigningKey::new_ed25519(rng);
    let machine = authority(Some("talos"), &machine_key, now, AUTHORITY_LIFE, rng)?;
    let kubernetes = authority(Some("kubernetes"), &SigningKey::new_p256(rng), now, AUTHORITY_LIFE, rng)?;
    let bootstrap = token_of_words(rng);
    let (id, secret) = bootstrap.expose().split_once('.').expect("a token has two halves");
    let value = |of: TenantSecret, machine_token: &Secret| match of {
        TenantSecret::MachineToken => machine_token.expose().to_owned(),
        TenantSecret::MachineCaCertificate => machine.certificate.clone(),
        // cert-manager reads no key under the label that Talos gives it.
        TenantSecret::MachineCaKey => machine_key.to_pkcs8().expose().to_owned(),
        TenantSecret::KubernetesCaCertificate => kubernetes.certificate.clone(),
        TenantSecret::KubernetesCaKey => kubernetes.key.expose().to_owned(),
        TenantSecret::BootstrapTokenId => id.to_owned(),
        TenantSecret::BootstrapTokenSecret => secret.to_owned(),
    };
    let machine_token = token_of_words(rng);
    let values: Map<String, Value> =
        TenantSecret::ALL.iter().map(|of| (of.key().to_owned(), json!(value(*of, &machine_token)))).collect();
    let metadata = json!({
        "name": name,
        "namespace": namespace,
        // Flux looks again at what uses it as soon as it is there.
        "labels": {"reconcile.fluxcd.io/watch": "Enabled"},
    });
    let mut manifest = Map::new();
    manifest.insert("apiVersion".to_owned(), json!("v1"));
    manifest.insert("kind".to_owned(), json!("Secret"));
    manifest.insert("metadata".to_owned(), metadata);
    manifest.insert("stringData".to_owned(), Value::Object(values));
    Ok(manifest)
}

/// A token of which both halves begin with a letter. Flux puts a value in without quotes, and a half of digits would be read
/// as a number.
fn token_of_words(rng: &mut impl CryptoRngCore) -> Secret {
    loop {
        let token = token(rng);
        if token.expose().split('.').all(|half| half.starts_with(|c: char| c.is_ascii_lowercase())) {
            return token;
        }
    }
}
