//! A tenant with Talos workers -> `tenants/<tenant>/join/`: what must be inside the tenant for them to join.
//!
//! The kubeadm provider puts a token into the tenant by itself; the one of Talos does not.

use serde_json::{Value, json};

use super::{placeholder, token_secret};
use crate::backend::capi::folder::Folder;
use crate::backend::capi::{kube_config, origin, tree_path};
use crate::backend::flux_objects::{DeletionPolicy, Kustomization};
use crate::backend::objects::{Applied, Objects};
use crate::model::{Model, Tenant, TenantSecret};

/// Name of the folder, and what the Kustomization adds to the tenant's name.
const NAME: &str = "join";

/// The Kustomization that reaches into the tenant. It lives where the kubeconfig is, and reads the token there.
pub(in crate::backend::capi) fn kustomization(model: &Model, tenant: &Tenant) -> Value {
    let mut kustomization = Kustomization::of_tree(model, format!("{}-{NAME}", tenant.name), &tree_path(tenant, NAME));
    kustomization.wait = !tenant.deleting;
    kustomization.suspend = tenant.deleting;
    // What is in the tenant goes with it.
    kustomization.deletion_policy = DeletionPolicy::Orphan;
    kustomization.kube_config = Some(kube_config(tenant));
    kustomization.substitute_from = Some(token_secret(tenant));
    kustomization.into_namespace(&tenant.namespace).to_value()
}

/// Writes the folder.
pub(in crate::backend::capi) fn emit(tenant: &Tenant, out: &mut Objects) {
    let origin = origin(tenant, "workers");
    let mut folder = Folder::new(out, tree_path(tenant, NAME)).applied(Applied { in_tenant: true, substituted: true });
    folder.add("bootstrap-token", &origin, [bootstrap_token()]);
    folder.add("endpoints", &origin, endpoints());
    folder.finish(&origin);
}

/// It does not expire: machines come at any time. kubeadm's rights for the group are Kamaji's to give.
fn bootstrap_token() -> Value {
    let [id, secret] = [TenantSecret::BootstrapTokenId, TenantSecret::BootstrapTokenSecret].map(placeholder);
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": format!("bootstrap-token-{id}"), "namespace": "kube-system"},
        "type": "bootstrap.kubernetes.io/token",
        "stringData": {
            "description": "Talos workers",
            "token-id": id,
            "token-secret": secret,
            "usage-bootstrap-authentication": "true",
            "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
        },
    })
}

/// Talos watches where the API server answers, as the node that it is. A control plane of Talos's own gives it the right.
fn endpoints() -> [Value; 2] {
    let metadata = json!({"name": "talos-endpoints", "namespace": "default"});
    let group = "rbac.authorization.k8s.io";
    let version = format!("{group}/v1");
    let verbs = ["get", "list", "watch"];
    [
        json!({
            "apiVersion": version,
            "kind": "Role",
            "metadata": metadata,
            "rules": [
                {"apiGroups": [""], "resources": ["endpoints"], "verbs": verbs},
                {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": verbs},
            ],
        }),
        json!({
            "apiVersion": version,
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "talos-endpoints"},
            "subjects": [{"apiGroup": group, "kind": "Group", "name": "system:nodes"}],
        }),
    ]
}
