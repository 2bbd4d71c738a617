//! A bundle and a cloud's addresses -> the client configuration of `talosctl` (siderolabs/talos
//! `pkg/machinery/client/config`).

use std::time::Duration;

use rand_core::CryptoRngCore;
use serde_json::{Map, Value, json};

use super::{Bundle, CertificateError, certificate};

/// Roles of the Talos API that a person may hold (`pkg/machinery/role`).
pub const ROLES: [&str; 7] = [
    "os:admin",
    "os:operator",
    "os:reader",
    "os:etcd:backup",
    "os:image:verifier",
    "os:meta:writer",
    "os:impersonator",
];

/// Who may do what, and where.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// Name of the context.
    pub cloud: &'a str,
    /// Where the Talos API answers: addresses or names of the control plane.
    pub endpoints: Vec<String>,
    /// The nodes that a command speaks of when it names none.
    pub nodes: Vec<String>,
    /// Of [`ROLES`]; never empty.
    pub roles: Vec<&'a str>,
    pub life: Duration,
}

/// A configuration with a new client certificate. It holds a private key.
///
/// `now` counts from the Unix epoch.
///
/// # Errors
/// When the bundle's authority cannot sign, or the certificate would end too late.
pub fn talosconfig(
    access: &Access<'_>,
    bundle: &Bundle,
    now: Duration,
    rng: &mut impl CryptoRngCore,
) -> Result<Value, CertificateError> {
    let (certificate, key) = certificate::client(&access.roles, &bundle.os, now, access.life, rng)?;
    let context = json!({
        "endpoints": access.endpoints,
        "nodes": access.nodes,
        "ca": bundle.os.certificate,
        "crt": certificate,
        "key": key.expose(),
    });
    Ok(json!({
        "context": access.cloud,
        "contexts": Map::from_iter([(access.cloud.to_owned(), context)]),
    }))
}
