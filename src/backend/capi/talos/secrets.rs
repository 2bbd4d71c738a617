//! A tenant with Talos workers -> the Secrets of its control plane, with `${key}` for each value, and what the signer shows.

use serde_json::{Map, Value, json};

use super::{authority_secret, placeholder, signer_secret, token_secret};
use crate::backend::capi::kept_metadata;
use crate::model::{TalosWorkers, Tenant, TenantSecret as Key};

/// The signer reads its certificate when it starts and never again. Renewed after half of its five years, the one that it
/// still shows is valid for as long as no control plane lives without an upgrade.
const SIGNER_LIFE: &str = "43800h";
const SIGNER_RENEWAL: &str = "21900h";

/// Kamaji adopts the first and owns it from then on: Flux only makes it.
pub(in crate::backend::capi) fn objects(tenant: &Tenant, talos: &TalosWorkers) -> Vec<Value> {
    let (certificate, key) = (Key::KubernetesCaCertificate, Key::KubernetesCaKey);
    let kubernetes = format!("{}-ca", tenant.name);
    // The first two keys are Kamaji's, the others are the same for Cluster API; Kamaji adds them where they are missing.
    let kubernetes_data = [("ca.crt", certificate), ("ca.key", key), ("tls.crt", certificate), ("tls.key", key)];
    let mut kubernetes = secret(tenant, &kubernetes, "data", &kubernetes_data);
    kubernetes["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/ssa"] = json!("IfNotPresent");
    let machine_data = [("tls.crt", Key::MachineCaCertificate), ("tls.key", Key::MachineCaKey)];
    let mut machine = secret(tenant, &authority_secret(tenant), "data", &machine_data);
    machine["stringData"] = json!({"token": placeholder(Key::MachineToken)});
    let halves = [Key::BootstrapTokenId, Key::BootstrapTokenSecret].map(|half| (half.key(), half));
    let token = secret(tenant, &token_secret(tenant), "stringData", &halves);
    vec![kubernetes, machine, token, issuer(tenant), certificate_of_signer(tenant, talos)]
}

fn secret(tenant: &Tenant, name: &str, field: &str, values: &[(&str, Key)]) -> Value {
    let values: Map<String, Value> =
        values.iter().map(|(key, value)| ((*key).to_owned(), json!(placeholder(*value)))).collect();
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": kept_metadata(tenant, name), field: values})
}

fn issuer(tenant: &Tenant) -> Value {
    json!({
        "apiVersion": "cert-manager.io/v1",
        "kind": "Issuer",
        "metadata": kept_metadata(tenant, &authority_secret(tenant)),
        "spec": {"ca": {"secretName": authority_secret(tenant)}},
    })
}

/// Talos asks by every name and address that it has of the control plane, and one that the certificate holds is enough.
fn certificate_of_signer(tenant: &Tenant, talos: &TalosWorkers) -> Value {
    let mut spec = json!({
        "secretName": signer_secret(tenant),
        "duration": SIGNER_LIFE,
        "renewBefore": SIGNER_RENEWAL,
        "dnsNames": [talos.endpoint],
        "privateKey": {"algorithm": "Ed25519"},
        "usages": ["digital signature", "server auth"],
        "issuerRef": {"group": "cert-manager.io", "kind": "Issuer", "name": authority_secret(tenant)},
    });
    if let Some(address) = tenant.control_plane.address {
        spec["ipAddresses"] = json!([address]);
    }
    json!({
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": kept_metadata(tenant, &signer_secret(tenant)),
        "spec": spec,
    })
}
