//! A node group -> `KubeadmConfigTemplate` (kubeadm bootstrap provider): how a blank machine joins.
//!
//! Token, CA hash and endpoint are the provider's to fill in; what stands here is the same for every machine of the group.

use serde_json::{Map, Value, json};

use super::machine_template::DATA_DEVICE;
use super::{capacity, group_name, labels, registries, taints};
use crate::backend::capi::cluster::behind_a_name;
use crate::backend::capi::dialect::Dialect;
use crate::backend::capi::kept_metadata;
use crate::backend::objects::hash::content_hash;
use crate::model::{NodeGroup, Tenant};

/// Where the data disk is mounted, and the label of its file system (at most 16 characters).
const DATA_PATH: &str = "/var/lib/data";
const DATA_LABEL: &str = "node-data";
/// What is kept on the data disk.
const KEPT: [&str; 2] = ["kubelet", "containerd"];

/// The name carries a hash of the spec: the provider would accept a change, and no machine would follow it.
pub(super) fn template(tenant: &Tenant, group: &NodeGroup) -> Value {
    let content = content_hash(&kubeadm_spec(Dialect::of_hashes(tenant), tenant, group));
    let name = format!("{}-{content}", group_name(tenant, group));
    json!({
        "apiVersion": tenant.cluster_api.api_versions.kubeadm_config_template,
        "kind": "KubeadmConfigTemplate",
        "metadata": kept_metadata(tenant, &name),
        "spec": {"template": {"spec": kubeadm_spec(Dialect::of(tenant), tenant, group)}},
    })
}

fn kubeadm_spec(dialect: Dialect<'_>, tenant: &Tenant, group: &NodeGroup) -> Value {
    let mut mounts = vec![json!([format!("LABEL={DATA_LABEL}"), DATA_PATH])];
    mounts.extend(
        KEPT.map(|name| json!([format!("{DATA_PATH}/{name}"), format!("/var/lib/{name}"), "none", "bind,nofail"])),
    );
    // cloud-init mounts before the folders of the new file system exist, so the binds fail then and are made up for here.
    let mut commands = vec![
        "systemctl stop containerd.service".to_owned(),
        format!("mkdir -p {}", KEPT.map(|name| format!("{DATA_PATH}/{name}")).join(" ")),
        "mount -a".to_owned(),
    ];
    commands.extend(registries::commands(&tenant.registries).into_iter().map(str::to_owned));
    commands.push("systemctl start containerd.service".to_owned());
    let mut spec = json!({
        "joinConfiguration": join(dialect, tenant, group),
        "diskSetup": {"filesystems": [{
            "device": DATA_DEVICE,
            "filesystem": "ext4",
            "label": DATA_LABEL,
            "partition": "none",
            "overwrite": false,
        }]},
        "mounts": mounts,
        "preKubeadmCommands": commands,
    });
    let files = registries::files(&tenant.registries);
    if !files.is_empty() {
        spec["files"] = Value::Array(files);
    }
    spec
}

fn join(dialect: Dialect<'_>, tenant: &Tenant, group: &NodeGroup) -> Value {
    let mut registration = Map::new();
    registration.insert("kubeletExtraArgs".into(), dialect.arguments(&kubelet_args(tenant, group)));
    let taints = taints::objects(group);
    if !taints.is_empty() {
        registration.insert("taints".into(), Value::Array(taints));
    }
    let mut join = json!({"nodeRegistration": registration});
    if behind_a_name(tenant.control_plane.expose) {
        // Workers stand in the pod network beside the control plane; the way out through the proxy and back is not theirs.
        let endpoint = format!("{}.{}.svc:{}", tenant.name, tenant.namespace, tenant.control_plane.port);
        join["discovery"] = json!({"bootstrapToken": {"apiServerEndpoint": endpoint}});
    }
    join
}

/// In a fixed order.
fn kubelet_args(tenant: &Tenant, group: &NodeGroup) -> Vec<(&'static str, String)> {
    let reserved = capacity::reserved(capacity::of_machine(tenant, group));
    let reserved = format!("cpu={},memory={}", reserved.cpu(), reserved.memory());
    let mut args = vec![("kube-reserved", reserved.clone()), ("system-reserved", reserved)];
    if let Some(labels) = labels::of_kubelet(group) {
        args.insert(1, ("node-labels", labels));
    }
    args
}
