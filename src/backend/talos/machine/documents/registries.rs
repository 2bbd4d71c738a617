//! `RegistryMirrorConfig`, `RegistryTLSConfig`, `RegistryAuthConfig` and `TrustedRootsConfig`.

use serde_json::Value;

use super::super::object::Object;
use super::super::target::Target;
use crate::model::{Mirror, RegistryTls};

/// Keys of a reference that are credentials of a registry, in Talos's words.
pub const CREDENTIALS: [&str; 4] = ["username", "password", "auth", "identityToken"];

pub fn documents(target: &Target) -> Vec<Value> {
    let registries = &target.machine.registries;
    let mirrors = registries.mirrors.iter().map(|(host, mirror)| self::mirror(host, mirror));
    let tls = registries.tls.iter().map(|(host, tls)| self::tls(host, tls));
    let auth = registries.auth.iter().map(|(host, reference)| {
        let document = Object::document("RegistryAuthConfig").set("name", host.as_str());
        CREDENTIALS
            .iter()
            .fold(document, |document, key| document.set_filled(key, target.reference(reference, key)))
            .build()
    });
    mirrors.chain(tls).chain(auth).collect()
}

/// Talos knows these since 1.8, whatever the contract.
pub fn trusted_roots(target: &Target) -> impl Iterator<Item = Value> {
    target.machine.registries.trust.iter().map(|(name, certificates)| {
        Object::document("TrustedRootsConfig")
            .set("name", name.as_str())
            .set("certificates", certificates.as_str())
            .build()
    })
}

fn mirror(host: &str, Mirror { endpoints, skip_fallback, override_path }: &Mirror) -> Value {
    let endpoints = endpoints
        .iter()
        .map(|url| Object::new().set("url", url.as_str()).set_unless("overridePath", *override_path, &false).build());
    Object::document("RegistryMirrorConfig")
        .set("name", host)
        .set_filled("endpoints", endpoints.collect::<Value>())
        .set_unless("skipFallback", *skip_fallback, &false)
        .build()
}

fn tls(host: &str, RegistryTls { ca, insecure_skip_verify }: &RegistryTls) -> Value {
    Object::document("RegistryTLSConfig")
        .set("name", host)
        .set_filled("ca", ca.clone())
        .set_unless("insecureSkipVerify", *insecure_skip_verify, &false)
        .build()
}
