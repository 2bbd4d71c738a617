//! `quota` of a tenant -> ResourceQuota, and the LimitRange without which the quota refuses pods.
//!
//! The user limits machines and volumes. Beside them stand in the namespace the control plane and the controllers, and around
//! each machine what KubeVirt needs to run it; the quota has room for those, so that the tenant gets what it was promised.

use serde_json::{Map, Value, json};

use crate::backend::capi::metadata;
use crate::model::{NodeGroup, Quota, Tenant, WorkerImage};
use crate::spec::Arch;

const MI: u64 = 1 << 20;

/// What the LimitRange gives to each container that asks for nothing, as those of Kamaji's control planes do.
const DEFAULT_MILLICORES: u64 = 50;
const DEFAULT_MEMORY: u64 = 64 * MI;

/// Containers of a control-plane pod: API server, controller manager, scheduler, Konnectivity, and what signs for Talos workers.
const CONTROL_PLANE_CONTAINERS: u64 = 5;
/// One pod more while the control plane is rolled.
const CONTROL_PLANE_SURGE: u64 = 1;

/// The controllers of `integration/`, all of them, while each is rolled.
const CONTROLLERS_MILLICORES: u64 = 250;
const CONTROLLERS_MEMORY: u64 = 1024 * MI;

/// Around a machine: launcher, libvirt and QEMU with its threads (228 MiB), video (32 MiB), the containers of its console and of
/// its disk (36 MB), the pod that holds its volumes. Source: kubevirt/kubevirt v1.8.4, `GetMemoryOverhead` in
/// `pkg/hypervisor/kvm/hypervisorbackend.go`, `pkg/virt-controller/services/serialconsolelog.go` and
/// `pkg/container-disk/container-disk.go`. What is left is for a newer KubeVirt: 1.9 asks for 20 MiB more.
const MACHINE_MEMORY: u64 = 384 * MI;
/// Per core, and a 512th for page tables.
const CORE_MEMORY: u64 = 8 * MI;
const PAGE_TABLES: u64 = 512;
/// The firmware of an arm64 machine, two flash chips of 64 MiB.
const ARM_FIRMWARE_MEMORY: u64 = 128 * MI;
/// A machine with devices of the host locks its memory and maps them.
const DEVICES_MEMORY: u64 = 1024 * MI;
/// KubeVirt asks for a tenth of each core by itself, and so stays far below; its helpers ask for this.
const MACHINE_MILLICORES: u64 = 50;

/// CDI makes a volume with a file system larger by this share, so that the image fits (`filesystemOverhead`, 6 %).
const FILE_SYSTEM_PERCENT: u64 = 6;

pub(super) fn quota(tenant: &Tenant, quota: &Quota) -> Vec<Value> {
    let room = room(tenant);
    let mut hard = Map::new();
    let mut default_request = Map::new();
    if let Some(cores) = quota.cpu {
        let cores = u64::from(cores) + room.millicores.div_ceil(1000);
        hard.insert("requests.cpu".into(), json!(cores.to_string()));
        default_request.insert("cpu".into(), json!(format!("{DEFAULT_MILLICORES}m")));
    }
    if let Some(bytes) = quota.memory {
        hard.insert("requests.memory".into(), json!(mebibytes(bytes.saturating_add(room.memory))));
        default_request.insert("memory".into(), json!(mebibytes(DEFAULT_MEMORY)));
    }
    if let Some(bytes) = quota.storage {
        let file_systems = bytes / 100 * FILE_SYSTEM_PERCENT;
        hard.insert("requests.storage".into(), json!(mebibytes(bytes.saturating_add(file_systems))));
    }
    let mut objects = vec![json!({
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": metadata(tenant, &tenant.name),
        "spec": {"hard": hard},
    })];
    if !default_request.is_empty() {
        objects.push(json!({
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": metadata(tenant, &tenant.name),
            "spec": {"limits": [{"type": "Container", "defaultRequest": default_request}]},
        }));
    }
    objects
}

#[derive(Clone, Copy)]
struct Room {
    millicores: u64,
    memory: u64,
}

/// What the namespace needs beside the machines themselves, with every group at its largest and one machine more.
fn room(tenant: &Tenant) -> Room {
    let containers = (u64::from(tenant.control_plane.replicas) + CONTROL_PLANE_SURGE) * CONTROL_PLANE_CONTAINERS;
    let mut room = Room {
        millicores: CONTROLLERS_MILLICORES + containers * DEFAULT_MILLICORES,
        memory: CONTROLLERS_MEMORY + containers * DEFAULT_MEMORY,
    };
    for group in &tenant.node_groups {
        let machines = u64::from(group.replicas.bounds().1) + 1;
        room.millicores = room.millicores.saturating_add(machines * MACHINE_MILLICORES);
        room.memory = room.memory.saturating_add(machines.saturating_mul(around_a_machine(tenant, group)));
    }
    room
}

fn around_a_machine(tenant: &Tenant, group: &NodeGroup) -> u64 {
    let (cores, bytes) = group.cores_and_bytes(&tenant.cluster_api).unwrap_or_default();
    let devices = if group.gpus.is_empty() { 0 } else { DEVICES_MEMORY };
    // Of an image that only a registry knows, the architecture is not known; those of the catalog are for amd64.
    let firmware = match &group.image {
        WorkerImage::Talos(image) if image.ingredients.arch == Arch::Arm64 => ARM_FIRMWARE_MEMORY,
        _ => 0,
    };
    MACHINE_MEMORY + u64::from(cores) * CORE_MEMORY + bytes / PAGE_TABLES + devices + firmware
}

fn mebibytes(bytes: u64) -> String {
    format!("{}Mi", bytes.div_ceil(MI))
}
