//! `machine.registries` of the classic layout.

use serde_json::{Map, Value, json};

use super::super::documents::registries::CREDENTIALS;
use super::super::object::Object;
use super::super::target::{Target, base64};

pub(super) fn section(target: &Target) -> Value {
    let registries = &target.machine.registries;
    let mirrors = registries.mirrors.iter().map(|(host, mirror)| {
        let mirror = Object::new()
            .set("endpoints", json!(mirror.endpoints))
            .set_unless("overridePath", mirror.override_path, &false)
            .set_unless("skipFallback", mirror.skip_fallback, &false);
        (host.clone(), mirror.build())
    });
    Object::new().set_filled("mirrors", mirrors.collect::<Value>()).set_filled("config", config(target)).build()
}

/// TLS and credentials by host.
fn config(target: &Target) -> Value {
    let registries = &target.machine.registries;
    let mut config: Map<String, Value> = Map::new();
    for (host, tls) in &registries.tls {
        let tls = Object::new()
            // PEM text in base64, as everywhere in this document.
            .set_filled("ca", tls.ca.as_deref().map(base64))
            .set_unless("insecureSkipVerify", tls.insecure_skip_verify, &false);
        config.insert(host.clone(), json!({"tls": tls.build()}));
    }
    for (host, reference) in &registries.auth {
        let auth = CREDENTIALS
            .iter()
            .fold(Object::new(), |auth, key| auth.set_filled(key, target.reference(reference, key)))
            .build();
        config.entry(host.clone()).or_insert_with(|| json!({}))["auth"] = auth;
    }
    Value::Object(config)
}
