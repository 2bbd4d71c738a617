//! Hardware of a node group -> `KubevirtMachineTemplate` (Cluster API provider for KubeVirt, v1alpha1).
//!
//! The system disk of a kubeadm worker is a containerDisk: it lives as long as the virtual machine's pod and takes no
//! storage. What fills up, images and pods, goes to a blank volume of its own. Talos has one disk, a volume filled with what the
//! Image Factory makes; Talos takes the rest of it for what fills up.

use serde_json::{Map, Value, json};

use super::{DEPLOYMENT_NAME_LABEL, group_name};
use crate::backend::capi::kept_metadata;
use crate::backend::image_factory::config_drive_disk;
use crate::backend::objects::hash::content_hash;
use crate::model::{MachineSize, NodeGroup, Tenant, WorkerImage};

/// Name of the system disk, and of its volume where it has one.
const SYSTEM_DISK: &str = "system";
/// Name of the data volume, of its disk, and its serial number. `cloudinitvolume` is the provider's own.
const DATA_DISK: &str = "data";
/// Where Linux shows a virtio disk by its serial number: unlike `/dev/vdb` it does not depend on the number of disks.
pub(super) const DATA_DEVICE: &str = "/dev/disk/by-id/virtio-data";

/// The name carries a hash of the whole spec: the provider refuses to change one.
pub(super) fn template(tenant: &Tenant, group: &NodeGroup) -> Value {
    let spec = machine_spec(tenant, group);
    let name = format!("{}-{}", group_name(tenant, group), content_hash(&spec));
    json!({
        "apiVersion": tenant.cluster_api.api_versions.kubevirt_machine_template,
        "kind": "KubevirtMachineTemplate",
        "metadata": kept_metadata(tenant, &name),
        "spec": {"template": {"spec": spec}},
    })
}

fn machine_spec(tenant: &Tenant, group: &NodeGroup) -> Value {
    let mut machine = Map::new();
    machine.insert("runStrategy".into(), json!("Always"));
    if let MachineSize::InstanceType(name) = &group.size {
        machine.insert("instancetype".into(), json!({"kind": "VirtualMachineClusterInstancetype", "name": name}));
    }
    machine.insert("template".into(), instance(tenant, group));
    let (volume, source) = match &group.image {
        WorkerImage::ContainerDisk(_) => (DATA_DISK, json!({"blank": {}})),
        WorkerImage::Talos(image) => (SYSTEM_DISK, json!({"http": {"url": config_drive_disk(image)}})),
    };
    // The provider puts the name of the machine before the name of the volume, here and in `volumes`.
    machine.insert(
        "dataVolumeTemplates".into(),
        json!([{
            "metadata": {"name": volume},
            "spec": {
                "source": source,
                "storage": {"resources": {"requests": {"storage": group.disk}}},
            },
        }]),
    );
    json!({
        "virtualMachineTemplate": {"metadata": {"namespace": tenant.namespace}, "spec": machine},
        // The check would log in by SSH, for which a cluster with a foreign control plane has no keys.
        "virtualMachineBootstrapCheck": {"checkStrategy": "none"},
    })
}

fn instance(tenant: &Tenant, group: &NodeGroup) -> Value {
    let labels = json!({DEPLOYMENT_NAME_LABEL: group_name(tenant, group)});
    json!({
        "metadata": {
            "labels": labels,
            // A bridge on the pod network gives the node the address of its pod; KubeVirt migrates such a machine only when told.
            "annotations": {"kubevirt.io/allow-pod-bridge-network-live-migration": "true"},
        },
        "spec": {
            "domain": domain(group),
            // The provider drains the tenant's node before the host's node goes.
            "evictionStrategy": "External",
            "topologySpreadConstraints": [{
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": labels},
            }],
            "volumes": volumes(group),
            "networks": [{"name": "default", "pod": {}}],
        },
    })
}

fn volumes(group: &NodeGroup) -> Value {
    match &group.image {
        WorkerImage::ContainerDisk(image) => json!([
            {"name": SYSTEM_DISK, "containerDisk": {"image": image}},
            {"name": DATA_DISK, "dataVolume": {"name": DATA_DISK}},
        ]),
        WorkerImage::Talos(_) => json!([{"name": SYSTEM_DISK, "dataVolume": {"name": SYSTEM_DISK}}]),
    }
}

fn disks(group: &NodeGroup) -> Value {
    let system = json!({"name": SYSTEM_DISK, "disk": {"bus": "virtio"}});
    match &group.image {
        WorkerImage::ContainerDisk(_) => {
            json!([system, {"name": DATA_DISK, "disk": {"bus": "virtio"}, "serial": DATA_DISK}])
        }
        WorkerImage::Talos(_) => json!([system]),
    }
}

/// Without sizes when an instance type gives them: KubeVirt refuses a machine with both.
fn domain(group: &NodeGroup) -> Value {
    let mut domain = Map::new();
    if let MachineSize::Explicit { cpu, memory, .. } = &group.size {
        domain.insert("cpu".into(), json!({"cores": cpu}));
        domain.insert("memory".into(), json!({"guest": memory}));
    }
    let mut devices = json!({
        "disks": disks(group),
        "interfaces": [{"name": "default", "bridge": {}}],
        "networkInterfaceMultiqueue": true,
    });
    if !group.gpus.is_empty() {
        devices["gpus"] = group
            .gpus
            .iter()
            .enumerate()
            .map(|(index, device)| json!({"name": format!("gpu-{}", index + 1), "deviceName": device}))
            .collect();
    }
    domain.insert("devices".into(), devices);
    Value::Object(domain)
}
