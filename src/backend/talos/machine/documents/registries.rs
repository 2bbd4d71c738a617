//! `RegistryAuthConfig`, beside the documents of registries that any machine of Talos may have.

use serde_json::Value;

use super::super::object::Object;
use super::super::target::Target;
use crate::backend::talos_registries;

/// Keys of a reference that are credentials of a registry, in Talos's words.
pub const CREDENTIALS: [&str; 4] = ["username", "password", "auth", "identityToken"];

pub fn documents(target: &Target) -> Vec<Value> {
    let registries = &target.machine.registries;
    let auth = registries.auth.iter().map(|(host, reference)| {
        let document = Object::document("RegistryAuthConfig").set("name", host.as_str());
        CREDENTIALS
            .iter()
            .fold(document, |document, key| document.set_filled(key, target.reference(reference, key)))
            .build()
    });
    talos_registries::mirrors(registries).chain(talos_registries::tls(registries)).chain(auth).collect()
}

/// Talos knows these since 1.8, whatever the contract.
pub fn trusted_roots(target: &Target) -> impl Iterator<Item = Value> {
    talos_registries::trusted_roots(&target.machine.registries)
}
