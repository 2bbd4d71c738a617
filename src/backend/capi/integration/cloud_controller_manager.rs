//! A tenant -> KubeVirt's cloud controller manager 0.6: LoadBalancer Services of the tenant become Services of the host.

use serde_json::{Map, Value, json};

use super::{Controller, KUBECONFIG_FILE, kubeconfig_mount, require_amd64, resources, security_context};
use crate::backend::capi::metadata;
use crate::backend::objects::hash::content_hash;
use crate::backend::yaml;
use crate::model::{Model, Tenant};

const CONFIG_FOLDER: &str = "/etc/cloud";
const CONFIG_KEY: &str = "cloud-config";

pub(super) fn objects(model: &Model, tenant: &Tenant) -> Vec<Value> {
    let controller = Controller { tenant, product: "cloud-controller-manager" };
    let config = json!({CONFIG_KEY: yaml::to_yaml(&cloud_config(tenant))});
    // It reads its configuration once, so a change must reach the pod as a new name.
    let config_name = format!("{}-cloud-config-{}", tenant.name, content_hash(&config));
    let [role, binding] = controller.role(&rules());
    vec![
        controller.service_account(),
        role,
        binding,
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(tenant, &config_name),
            "data": config,
        }),
        deployment(model, &controller, &config_name),
    ]
}

/// Zones and regions stay off: they would take the right to read every node of the host.
fn cloud_config(tenant: &Tenant) -> Value {
    let mut config = Map::new();
    config.insert("instancesV2".into(), json!({"zoneAndRegionEnabled": false}));
    config.insert("namespace".into(), json!(tenant.namespace));
    if !tenant.load_balancer_labels.is_empty() {
        // Put as labels on every Service that it makes in the host; it has no way to add annotations of its own.
        config.insert("infraLabels".into(), json!(tenant.load_balancer_labels));
    }
    Value::Object(config)
}

/// What `pkg/provider` of version 0.6.0 calls with zones off and without the EndpointSlice controller.
fn rules() -> Value {
    json!([
        {"verbs": ["get", "list"], "apiGroups": ["kubevirt.io"], "resources": ["virtualmachineinstances"]},
        {"verbs": ["get", "create", "update", "delete"], "apiGroups": [""], "resources": ["services"]},
    ])
}

fn deployment(model: &Model, controller: &Controller<'_>, config_name: &str) -> Value {
    let tenant = controller.tenant;
    let container = json!({
        "name": controller.product,
        "image": tenant.cluster_api.images.cloud_controller_manager.reference(),
        "args": [
            "--cloud-provider=kubevirt",
            format!("--cloud-config={CONFIG_FOLDER}/{CONFIG_KEY}"),
            format!("--kubeconfig={KUBECONFIG_FILE}"),
            // Selects the endpoints of every Service that it makes; another name gives Services without endpoints.
            format!("--cluster-name={}", tenant.name),
            // The lookup would read a ConfigMap of the host's kube-system.
            "--authentication-skip-lookup=true",
        ],
        "resources": resources("20m", "64Mi", "256Mi"),
        "volumeMounts": [kubeconfig_mount(), {"name": "config", "readOnly": true, "mountPath": CONFIG_FOLDER}],
        "securityContext": security_context(),
    });
    let volumes = vec![json!({"name": "config", "configMap": {"name": config_name}})];
    let mut pod_spec = controller.pod_spec(volumes, &[container]);
    require_amd64(model, &mut pod_spec);
    controller.deployment(&pod_spec, false)
}
