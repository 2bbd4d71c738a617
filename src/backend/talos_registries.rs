//! Registries -> `RegistryMirrorConfig`, `RegistryTLSConfig` and `TrustedRootsConfig`: what a machine of Talos 1.12 and newer is told
//! of them, be it one of the cloud or a worker of a tenant.
//!
//! Credentials are not here: they are secrets of the cloud, and workers of tenants do not get them.

use serde_json::{Value, json};

use crate::model::{Mirror, Registries, RegistryTls};

/// Where images of each registry are looked for.
pub fn mirrors(registries: &Registries) -> impl Iterator<Item = Value> {
    registries.mirrors.iter().map(|(host, mirror)| self::mirror(host, mirror))
}

/// How each registry proves who it is.
pub fn tls(registries: &Registries) -> impl Iterator<Item = Value> {
    registries.tls.iter().map(|(host, RegistryTls { ca, insecure_skip_verify })| {
        let mut document = document("RegistryTLSConfig", host);
        if let Some(ca) = ca {
            document["ca"] = json!(ca);
        }
        if *insecure_skip_verify {
            document["insecureSkipVerify"] = json!(true);
        }
        document
    })
}

/// Authorities that the machine trusts. Talos knows the kind since 1.8.
pub fn trusted_roots(registries: &Registries) -> impl Iterator<Item = Value> {
    registries.trust.iter().map(|(name, certificates)| {
        let mut document = document("TrustedRootsConfig", name);
        document["certificates"] = json!(certificates);
        document
    })
}

fn mirror(host: &str, Mirror { endpoints, skip_fallback, override_path }: &Mirror) -> Value {
    let of_url = |url: &String| {
        let mut endpoint = json!({"url": url});
        if *override_path {
            endpoint["overridePath"] = json!(true);
        }
        endpoint
    };
    let mut document = document("RegistryMirrorConfig", host);
    if !endpoints.is_empty() {
        document["endpoints"] = endpoints.iter().map(of_url).collect();
    }
    if *skip_fallback {
        document["skipFallback"] = json!(true);
    }
    document
}

fn document(kind: &str, name: &str) -> Value {
    json!({"apiVersion": "v1alpha1", "kind": kind, "name": name})
}
