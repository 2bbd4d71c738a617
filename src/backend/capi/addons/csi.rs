//! `storageClasses` of a tenant -> the node half of KubeVirt's CSI driver and the StorageClasses, inside the tenant.

use serde_json::{Map, Value, json};

use super::{Folder, IN_TENANT, Unit, in_tenant, origin, tree_path};
use crate::backend::capi::integration::{liveness_probe, probe};
use crate::backend::flux_objects::DeletionPolicy;
use crate::backend::objects::Objects;
use crate::model::{Model, Tenant, TenantStorageClass};

const NAME: &str = "csi";
const DRIVER: &str = "csi.kubevirt.io";
/// Of the DaemonSet, its account and its role.
const NODE_NAME: &str = "kubevirt-csi-node";
const NAMESPACE: &str = "kube-system";
const HEALTH_PORT: u16 = 10300;

/// Orphaned with the tenant: a driver that goes before the pods leaves their volumes mounted, and machines that cannot be
/// drained.
pub(super) fn emit(model: &Model, tenant: &Tenant, out: &mut Objects) -> Option<Unit> {
    if tenant.storage_classes.is_empty() {
        return None;
    }
    let origin = origin(tenant, "storageClasses");
    let mut folder = Folder::new(out, tree_path(tenant, &format!("addons/{NAME}"))).applied(IN_TENANT);
    folder.add("driver", &origin, [driver()]);
    folder.add("node", &origin, node(tenant));
    let classes: Vec<Value> = tenant.storage_classes.iter().map(storage_class).collect();
    folder.add("storage-classes", &origin, classes);
    folder.finish(&origin);
    let mut kustomization = in_tenant(model, tenant, NAME, NAME);
    kustomization.deletion_policy = DeletionPolicy::Orphan;
    Some(Unit { name: NAME.to_owned(), kustomizations: vec![kustomization], origin })
}

fn driver() -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": DRIVER},
        "spec": {"podInfoOnMount": true},
    })
}

/// `force`: parameters cannot be changed, and a StorageClass can be made anew without any volume noticing.
fn storage_class(class: &TenantStorageClass) -> Value {
    let mut annotations = Map::new();
    annotations.insert("kustomize.toolkit.fluxcd.io/force".into(), json!("enabled"));
    if class.default {
        annotations.insert("storageclass.kubernetes.io/is-default-class".into(), json!("true"));
    }
    json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": class.name, "annotations": annotations},
        "provisioner": DRIVER,
        "parameters": {"infraStorageClassName": class.from},
        "allowVolumeExpansion": true,
    })
}

/// The driver asks the tenant for one thing: its own Node, which names the virtual machine.
fn node(tenant: &Tenant) -> Vec<Value> {
    let metadata = json!({"name": NODE_NAME, "namespace": NAMESPACE});
    vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": NODE_NAME},
            "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["nodes"]}],
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": NODE_NAME},
            "subjects": [{"kind": "ServiceAccount", "name": NODE_NAME, "namespace": NAMESPACE}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NODE_NAME},
        }),
        daemon_set(tenant),
    ]
}

fn daemon_set(tenant: &Tenant) -> Value {
    let images = &tenant.cluster_api.images;
    let labels = json!({"app.kubernetes.io/name": NODE_NAME});
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": NODE_NAME, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "volumes": [
                        host_path("kubelet", "/var/lib/kubelet", "Directory"),
                        host_path("socket", &format!("/var/lib/kubelet/plugins/{DRIVER}"), "DirectoryOrCreate"),
                        host_path("registration", "/var/lib/kubelet/plugins_registry", "Directory"),
                        host_path("devices", "/dev", "Directory"),
                        host_path("udev", "/run/udev", "Directory"),
                    ],
                    "containers": [
                        driver_container(&images.csi_driver.reference()),
                        registrar(&images.csi_node_driver_registrar.reference()),
                        liveness_probe(&images.liveness_probe, HEALTH_PORT),
                    ],
                    "serviceAccountName": NODE_NAME,
                    "tolerations": [{"operator": "Exists"}],
                    "priorityClassName": "system-node-critical",
                },
            },
        },
    })
}

fn driver_container(image: &str) -> Value {
    json!({
        "name": "csi-driver",
        "image": image,
        "args": [
            "--endpoint=unix:///csi/csi.sock",
            "--node-name=$(NODE_NAME)",
            "--run-node-service=true",
            "--run-controller-service=false",
        ],
        "ports": [{"name": "healthz", "containerPort": HEALTH_PORT}],
        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "10m", "memory": "64Mi"}},
        "volumeMounts": [
            {"name": "kubelet", "mountPath": "/var/lib/kubelet", "mountPropagation": "Bidirectional"},
            {"name": "socket", "mountPath": "/csi"},
            {"name": "devices", "mountPath": "/dev"},
            {"name": "udev", "mountPath": "/run/udev"},
        ],
        "livenessProbe": probe(),
        // It formats disks and mounts them where kubelet and pods see them.
        "securityContext": {"privileged": true},
    })
}

fn registrar(image: &str) -> Value {
    json!({
        "name": "node-driver-registrar",
        "image": image,
        "args": [
            "--csi-address=/csi/csi.sock",
            format!("--kubelet-registration-path=/var/lib/kubelet/plugins/{DRIVER}/csi.sock"),
        ],
        "resources": {"limits": {"memory": "64Mi"}, "requests": {"cpu": "5m", "memory": "16Mi"}},
        "volumeMounts": [
            {"name": "socket", "mountPath": "/csi"},
            {"name": "registration", "mountPath": "/registration"},
        ],
        "securityContext": {
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
            "allowPrivilegeEscalation": false,
        },
    })
}

fn host_path(name: &str, path: &str, kind: &str) -> Value {
    json!({"name": name, "hostPath": {"path": path, "type": kind}})
}
