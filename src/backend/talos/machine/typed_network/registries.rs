//! `RegistryMirrorConfig`, `RegistryTLSConfig` and `TrustedRootsConfig`.

use serde_json::Value;

use super::super::object::Object;
use crate::model::{Machine, Mirror, RegistryTls};

pub(super) fn documents(machine: &Machine) -> Vec<Value> {
    let registries = &machine.registries;
    let mirrors = registries.mirrors.iter().map(|(host, mirror)| self::mirror(host, mirror));
    let tls = registries.tls.iter().map(|(host, tls)| self::tls(host, tls));
    let roots = registries.trust.iter().map(|(name, certificates)| {
        Object::document("TrustedRootsConfig")
            .set("name", name.as_str())
            .set("certificates", certificates.as_str())
            .build()
    });
    mirrors.chain(tls).chain(roots).collect()
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
