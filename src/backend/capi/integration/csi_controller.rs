//! `storageClasses` of a tenant -> the controller half of KubeVirt's CSI driver: volumes of the tenant become DataVolumes of
//! the host, plugged into the running virtual machine. The node half runs inside the tenant (`addons/csi`).

use serde_json::{Value, json};

use super::{Controller, KUBECONFIG_FILE, kubeconfig_mount, require_amd64, resources, security_context};
use crate::backend::capi::CLUSTER_NAME_LABEL;
use crate::backend::yaml;
use crate::catalog::Image;
use crate::model::{Model, Tenant};

const SOCKET_FOLDER: &str = "/csi";
const HEALTH_PORT: u16 = 10301;

pub(super) fn objects(model: &Model, tenant: &Tenant) -> Vec<Value> {
    let controller = Controller { tenant, product: "csi-controller" };
    let [role, binding] = controller.role(&rules());
    let [cluster_role, cluster_binding] = volume_reader(&controller);
    vec![controller.service_account(), role, binding, cluster_role, cluster_binding, deployment(model, &controller)]
}

/// What the driver calls in the host (kubevirt/csi-driver, `deploy/infra-cluster-service-account.yaml`), without snapshots.
fn rules() -> Value {
    json!([
        {"verbs": ["get", "create", "delete"], "apiGroups": ["cdi.kubevirt.io"], "resources": ["datavolumes"]},
        {
            "verbs": ["get", "list"],
            "apiGroups": ["kubevirt.io"],
            "resources": ["virtualmachines", "virtualmachineinstances"],
        },
        {
            "verbs": ["update"],
            "apiGroups": ["subresources.kubevirt.io"],
            "resources": ["virtualmachines/addvolume", "virtualmachines/removevolume"],
        },
        {"verbs": ["get", "patch"], "apiGroups": [""], "resources": ["persistentvolumeclaims"]},
    ])
}

/// The one right outside the namespace: a volume that grows has grown when the host's PersistentVolume says so, and those
/// belong to no namespace.
fn volume_reader(controller: &Controller<'_>) -> [Value; 2] {
    let name = format!("tenant-{}", controller.name());
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["persistentvolumes"]}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "subjects": [{
            "kind": "ServiceAccount",
            "name": controller.name(),
            "namespace": controller.tenant.namespace,
        }],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
    });
    [role, binding]
}

/// Exclusive: the sidecars elect no leader, and two provisioners make two volumes.
fn deployment(model: &Model, controller: &Controller<'_>) -> Value {
    let images = &controller.tenant.cluster_api.images;
    let kubeconfig = format!("--kubeconfig={KUBECONFIG_FILE}");
    let containers = [
        driver(controller.tenant),
        sidecar("csi-provisioner", &images.csi_provisioner, &[&kubeconfig, "--default-fstype=ext4", "--timeout=3m"]),
        sidecar("csi-attacher", &images.csi_attacher, &[&kubeconfig, "--timeout=3m"]),
        // A volume in use is resized too: the driver says that it can do so.
        sidecar(
            "csi-resizer",
            &images.csi_resizer,
            &[&kubeconfig, "--timeout=3m", "--handle-volume-inuse-error=false"],
        ),
        liveness_probe(&images.liveness_probe, HEALTH_PORT),
    ];
    let volumes = vec![json!({"name": "socket", "emptyDir": {}})];
    let mut pod_spec = controller.pod_spec(volumes, &containers);
    require_amd64(model, &mut pod_spec);
    pod_spec.insert("priorityClassName".into(), json!("system-cluster-critical"));
    controller.deployment(&pod_spec, true)
}

fn driver(tenant: &Tenant) -> Value {
    json!({
        "name": "csi-driver",
        "image": tenant.cluster_api.images.csi_driver.reference(),
        "args": [
            format!("--endpoint=unix://{SOCKET_FOLDER}/csi.sock"),
            format!("--infra-cluster-namespace={}", tenant.namespace),
            format!("--infra-cluster-labels={CLUSTER_NAME_LABEL}={}", tenant.name),
            format!("--tenant-cluster-kubeconfig={KUBECONFIG_FILE}"),
            "--run-node-service=false",
            "--run-controller-service=true",
        ],
        "ports": [{"name": "healthz", "containerPort": HEALTH_PORT}],
        "env": [{"name": "INFRA_STORAGE_CLASS_ENFORCEMENT", "value": yaml::to_yaml(&enforcement(tenant))}],
        "resources": resources("10m", "64Mi", "256Mi"),
        "volumeMounts": [kubeconfig_mount(), socket_mount()],
        "livenessProbe": probe(),
        "securityContext": security_context(),
    })
}

/// The tenant can have volumes of the classes that `cloud.yaml` gives it and of no other, whatever StorageClass someone with
/// rights inside the tenant makes there.
fn enforcement(tenant: &Tenant) -> Value {
    let mut allowed: Vec<&str> = Vec::new();
    for class in &tenant.storage_classes {
        if !allowed.contains(&class.from.as_str()) {
            allowed.push(&class.from);
        }
    }
    json!({"allowAll": false, "allowDefault": false, "allowList": allowed})
}

fn sidecar(name: &str, image: &Image, args: &[&str]) -> Value {
    let mut all = vec![format!("--csi-address={SOCKET_FOLDER}/csi.sock")];
    all.extend(args.iter().map(|&arg| arg.to_owned()));
    json!({
        "name": name,
        "image": image.reference(),
        "args": all,
        "resources": resources("10m", "32Mi", "128Mi"),
        "volumeMounts": [kubeconfig_mount(), socket_mount()],
        "securityContext": security_context(),
    })
}

/// The sidecar that answers kubelet for the driver; the same in both halves.
pub(in crate::backend::capi) fn liveness_probe(image: &Image, port: u16) -> Value {
    json!({
        "name": "liveness-probe",
        "image": image.reference(),
        "args": [format!("--csi-address={SOCKET_FOLDER}/csi.sock"), format!("--health-port={port}")],
        "resources": resources("5m", "16Mi", "64Mi"),
        "volumeMounts": [socket_mount()],
        "securityContext": security_context(),
    })
}

/// The probe on the driver's container; its port is called `healthz`.
pub(in crate::backend::capi) fn probe() -> Value {
    json!({
        "httpGet": {"path": "/healthz", "port": "healthz"},
        "initialDelaySeconds": 10,
        "timeoutSeconds": 5,
        "failureThreshold": 5,
    })
}

fn socket_mount() -> Value {
    json!({"name": "socket", "mountPath": SOCKET_FOLDER})
}
