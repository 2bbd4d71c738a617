//! A node group -> `MachineDeployment` (Cluster API core).

use serde_json::{Map, Value, json};

use super::{DEPLOYMENT_NAME_LABEL, capacity, group_name, labels};
use crate::backend::capi::dialect::Dialect;
use crate::backend::capi::{CLUSTER_NAME_LABEL, metadata};
use crate::model::{NodeGroup, Replicas, Tenant};

/// A pod that cannot be moved holds up its node this long, a volume that cannot be detached this long; then the machine goes.
const DRAIN_SECONDS: u64 = 600;
const DETACH_SECONDS: u64 = 300;

const AUTOSCALER: &str = "cluster.x-k8s.io/cluster-api-autoscaler-node-group";
const CAPACITY: &str = "capacity.cluster-autoscaler.kubernetes.io";

pub(super) fn deployment(tenant: &Tenant, group: &NodeGroup, machine: &str, bootstrap: &Value) -> Value {
    let versions = &tenant.cluster_api.api_versions;
    let dialect = Dialect::of(tenant);
    let name = group_name(tenant, group);
    let selector = json!({CLUSTER_NAME_LABEL: tenant.name, DEPLOYMENT_NAME_LABEL: name});
    let mut machine_labels = selector.clone();
    for (key, value) in labels::of_machines(group) {
        machine_labels[key] = json!(value);
    }
    let mut metadata = metadata(tenant, &name);
    let mut spec = Map::new();
    spec.insert("clusterName".into(), json!(tenant.name));
    match group.replicas {
        Replicas::Fixed(count) => {
            spec.insert("replicas".into(), json!(count));
        }
        // Cluster API starts with the least and keeps what the autoscaler made of it, as long as nobody writes a number.
        Replicas::Scaled { min, max } => metadata["annotations"] = scaling(tenant, group, min, max),
    }
    spec.insert("selector".into(), json!({"matchLabels": selector}));
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    let kind = text(&bootstrap["kind"]);
    let bootstrap = dialect.reference(&text(&bootstrap["apiVersion"]), &kind, &text(&bootstrap["metadata"]["name"]));
    let machine = dialect.reference(&versions.kubevirt_machine_template, "KubevirtMachineTemplate", machine);
    let mut machine_spec = Map::new();
    machine_spec.insert("clusterName".into(), json!(tenant.name));
    machine_spec.insert("bootstrap".into(), json!({"configRef": bootstrap}));
    machine_spec.insert("infrastructureRef".into(), machine);
    machine_spec.insert("version".into(), json!(format!("v{}", tenant.kubernetes)));
    dialect.deletion(&mut machine_spec, DRAIN_SECONDS, DETACH_SECONDS);
    spec.insert("template".into(), json!({"metadata": {"labels": machine_labels}, "spec": machine_spec}));
    json!({
        "apiVersion": versions.machine_deployment,
        "kind": "MachineDeployment",
        "metadata": metadata,
        "spec": spec,
    })
}

/// What the autoscaler must know of a group that may have no machine to look at. Cores and memory count only together.
fn scaling(tenant: &Tenant, group: &NodeGroup, min: u32, max: u32) -> Value {
    let mut annotations = Map::new();
    annotations.insert(format!("{AUTOSCALER}-min-size"), json!(min.to_string()));
    annotations.insert(format!("{AUTOSCALER}-max-size"), json!(max.to_string()));
    let Some(machine) = capacity::of_machine(tenant, group) else { return Value::Object(annotations) };
    let mut put = |key: &str, value: String| annotations.insert(format!("{CAPACITY}/{key}"), json!(value));
    let allocatable = capacity::allocatable(machine);
    put("cpu", allocatable.cpu());
    put("memory", allocatable.memory());
    put("ephemeral-disk", capacity::ephemeral_disk(group.disk_bytes));
    if let Some(resource) = gpu_resource(group) {
        put("gpu-type", resource);
        put("gpu-count", group.gpus.len().to_string());
    }
    // Labels of the machines are read from the template below; these go by kubelet.
    if let Some(labels) = labels::of_kubelet(group) {
        put("labels", labels);
    }
    if !group.taints.is_empty() {
        let mut taints: Vec<String> = group.taints.iter().map(|(key, taint)| format!("{key}={taint}")).collect();
        taints.sort();
        put("taints", taints.join(","));
    }
    Value::Object(annotations)
}

/// The resource that the vendor's device plugin shows inside the tenant, whatever the host calls the device.
fn gpu_resource(group: &NodeGroup) -> Option<String> {
    let (vendor, _) = group.gpus.first()?.split_once('/')?;
    ["nvidia.com", "amd.com"].contains(&vendor).then(|| format!("{vendor}/gpu"))
}
