//! The part of `KamajiControlPlane` that answers for Talos's `trustd`: a port of the Service, a container beside the API
//! server, and the Secrets that it reads.
//!
//! The container is `clastix/talos-csr-signer`; its paths and variables are those of its `main.go`.

use serde_json::{Value, json};

use super::{authority_secret, signer_secret};
use crate::model::{TalosWorkers, Tenant};

/// Where Talos asks for certificates (siderolabs/talos, `constants.TrustdPort`).
const PORT: u16 = 50001;

const AUTHORITY: &str = "talos-ca";
const CERTIFICATE: &str = "trustd";

/// `network.additionalServicePorts`.
pub(in crate::backend::capi) fn service_ports() -> Value {
    json!([{"name": "trustd", "port": PORT, "targetPort": PORT, "protocol": "TCP"}])
}

/// `deployment.extraContainers`.
pub(in crate::backend::capi) fn containers(tenant: &Tenant, talos: &TalosWorkers) -> Value {
    let token = json!({"secretKeyRef": {"name": authority_secret(tenant), "key": "token"}});
    json!([{
        "name": "talos-csr-signer",
        "image": talos.signer,
        "ports": [{"name": "trustd", "containerPort": PORT, "protocol": "TCP"}],
        "env": [{"name": "TALOS_TOKEN", "valueFrom": token}],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "volumeMounts": [
            {"name": AUTHORITY, "mountPath": "/etc/talos-ca", "readOnly": true},
            {"name": CERTIFICATE, "mountPath": "/etc/talos-server-crt", "readOnly": true},
        ],
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }])
}

/// `deployment.extraVolumes`.
pub(in crate::backend::capi) fn volumes(tenant: &Tenant) -> Value {
    json!([
        {"name": AUTHORITY, "secret": {"secretName": authority_secret(tenant)}},
        {"name": CERTIFICATE, "secret": {"secretName": signer_secret(tenant)}},
    ])
}
