//! A tenant -> `tenants/<tenant>/integration/`: the controllers that stand in the host cluster and serve the tenant.
//!
//! Each looks both ways: at the tenant with the kubeconfig that Kamaji made, at the host with a ServiceAccount that can do in
//! the tenant's namespace what the controller's source calls, and nothing beside it.

mod autoscaler;
mod cloud_controller_manager;
mod csi_controller;

pub(super) use csi_controller::{liveness_probe, probe};

use serde_json::{Map, Value, json};

use super::folder::Folder;
use super::{metadata, origin, talos, tree_path};
use crate::backend::objects::Objects;
use crate::model::{KUBECONFIG_KEY, Model, Tenant};
use crate::spec::Arch;

pub(super) fn emit(model: &Model, tenant: &Tenant, out: &mut Objects) {
    let mut folder = Folder::new(out, tree_path(tenant, "integration"));
    let cloud_controller_manager = cloud_controller_manager::objects(model, tenant);
    folder.add("cloud-controller-manager", &origin(tenant, ""), cloud_controller_manager);
    if !tenant.storage_classes.is_empty() {
        let csi_controller = csi_controller::objects(model, tenant);
        folder.add("csi-controller", &origin(tenant, "storageClasses"), csi_controller);
    }
    if let Some(autoscaler) = &tenant.autoscaler {
        folder.add("autoscaler", &origin(tenant, "autoscaler"), autoscaler::objects(tenant, autoscaler));
    }
    if tenant.talos.is_some() {
        folder.add("join", &origin(tenant, "workers"), [talos::join(model, tenant)]);
    }
    folder.finish(&origin(tenant, ""));
}

/// One controller of a tenant.
struct Controller<'a> {
    tenant: &'a Tenant,
    /// Of the product; its objects are called `<tenant>-<product>`.
    product: &'a str,
}

impl Controller<'_> {
    fn name(&self) -> String {
        format!("{}-{}", self.tenant.name, self.product)
    }

    fn service_account(&self) -> Value {
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(self.tenant, &self.name())})
    }

    /// A Role of the tenant's namespace, bound to the ServiceAccount.
    fn role(&self, rules: &Value) -> [Value; 2] {
        let name = self.name();
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": metadata(self.tenant, &name),
            "rules": rules,
        });
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata(self.tenant, &name),
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": self.tenant.namespace}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        });
        [role, binding]
    }

    /// One pod, which never runs twice where `exclusive` says so.
    fn deployment(&self, pod_spec: &Map<String, Value>, exclusive: bool) -> Value {
        let labels = json!({
            "app.kubernetes.io/name": self.product,
            "app.kubernetes.io/instance": self.tenant.name,
        });
        let mut metadata = metadata(self.tenant, &self.name());
        metadata["labels"] = labels.clone();
        let mut spec = Map::new();
        spec.insert("selector".into(), json!({"matchLabels": labels}));
        spec.insert("template".into(), json!({"metadata": {"labels": labels}, "spec": pod_spec}));
        if exclusive {
            spec.insert("strategy".into(), json!({"type": "Recreate"}));
        }
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})
    }

    /// The frame of a pod: volumes, containers, account, and no rights on its host.
    fn pod_spec(&self, mut volumes: Vec<Value>, containers: &[Value]) -> Map<String, Value> {
        volumes.insert(0, kubeconfig_volume(self.tenant));
        let spec = json!({
            "volumes": volumes,
            "containers": containers,
            "serviceAccountName": self.name(),
            "securityContext": {
                "runAsUser": 65532,
                "runAsGroup": 65532,
                "runAsNonRoot": true,
                "fsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            // Hundreds of Services may stand in the namespace; as variables they would fill the environment.
            "enableServiceLinks": false,
        });
        let Value::Object(spec) = spec else { unreachable!("a literal map") };
        spec
    }
}

/// Folder and file of the tenant's kubeconfig in a controller.
const KUBECONFIG_FOLDER: &str = "/etc/kubernetes/tenant";
const KUBECONFIG_FILE: &str = "/etc/kubernetes/tenant/kubeconfig";

/// Only the one key: the Secret has three more kubeconfigs.
fn kubeconfig_volume(tenant: &Tenant) -> Value {
    json!({"name": "kubeconfig", "secret": {
        "secretName": tenant.kubeconfig_secret(),
        "items": [{"key": KUBECONFIG_KEY, "path": "kubeconfig"}],
    }})
}

fn kubeconfig_mount() -> Value {
    json!({"name": "kubeconfig", "readOnly": true, "mountPath": KUBECONFIG_FOLDER})
}

/// Talos evicts pods that ask for nothing first; a limit on memory alone, since a throttled controller only gets slower.
fn resources(cpu: &str, memory: &str, memory_limit: &str) -> Value {
    json!({"limits": {"memory": memory_limit}, "requests": {"cpu": cpu, "memory": memory}})
}

fn security_context() -> Value {
    json!({
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": true,
        "allowPrivilegeEscalation": false,
    })
}

/// Keeps a pod off nodes for which its image is not built, where the cloud has such nodes: the images of KubeVirt's cloud
/// controller manager and CSI driver are amd64 alone.
fn require_amd64(model: &Model, pod_spec: &mut Map<String, Value>) {
    let has = |wanted: Arch| model.images.iter().any(|image| image.ingredients.arch == wanted);
    if has(Arch::Amd64) && has(Arch::Arm64) {
        pod_spec.insert("nodeSelector".into(), json!({"kubernetes.io/arch": "amd64"}));
    }
}
