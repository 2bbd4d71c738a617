//! `autoscaler` of a tenant -> cluster-autoscaler with its Cluster API provider: pending pods of the tenant become machines.

use serde_json::{Value, json};

use super::{Controller, KUBECONFIG_FILE, kubeconfig_mount, resources, security_context};
use crate::backend::capi::dialect::api_group;
use crate::model::{Autoscaler, Tenant};

pub(super) fn objects(tenant: &Tenant, autoscaler: &Autoscaler) -> Vec<Value> {
    let controller = Controller { tenant, product: "cluster-autoscaler" };
    let [role, binding] = controller.role(&rules(tenant));
    vec![controller.service_account(), role, binding, deployment(&controller, autoscaler)]
}

/// It marks machines for deletion and sets sizes; templates tell it the capacity of a group without machines.
fn rules(tenant: &Tenant) -> Value {
    let versions = &tenant.cluster_api.api_versions;
    json!([
        {
            "verbs": ["get", "list", "watch", "update", "patch"],
            "apiGroups": [api_group(&versions.machine_deployment)],
            "resources": [
                "machinedeployments",
                "machinedeployments/scale",
                "machinepools",
                "machinepools/scale",
                "machines",
                "machinesets",
                "machinesets/scale",
            ],
        },
        {
            "verbs": ["get", "list", "watch"],
            "apiGroups": [api_group(&versions.kubevirt_machine_template)],
            "resources": ["kubevirtmachinetemplates"],
        },
    ])
}

fn deployment(controller: &Controller<'_>, autoscaler: &Autoscaler) -> Value {
    let tenant = controller.tenant;
    let mut args = vec![
        "--cloud-provider=clusterapi".to_owned(),
        // The tenant; the host is reached with the ServiceAccount, and authoritatively so.
        format!("--kubeconfig={KUBECONFIG_FILE}"),
        "--clusterapi-cloud-config-authoritative".to_owned(),
        format!("--node-group-auto-discovery=clusterapi:namespace={},clusterName={}", tenant.namespace, tenant.name),
    ];
    args.extend(autoscaler.flags.iter().map(|(flag, value)| format!("--{flag}={value}")));
    let container = json!({
        "name": controller.product,
        "image": autoscaler.image,
        "command": ["/cluster-autoscaler"],
        "args": args,
        "resources": resources("20m", "128Mi", "512Mi"),
        "volumeMounts": [kubeconfig_mount()],
        "securityContext": security_context(),
    });
    controller.deployment(&controller.pod_spec(Vec::new(), &[container]), false)
}
