//! The `v1alpha1` document: its `machine` half here, its `cluster` half in [`cluster`].
//!
//! Key order is that of siderolabs/talos `pkg/machinery/config/types/v1alpha1`; what `talosctl gen config` writes at
//! defaults is written too, so that a diff against it is empty. What a contract moved into typed documents is left out here.

pub(super) mod cluster;
mod network;
mod registries;

use serde_json::{Value, json};

use super::disk;
use super::documents::{files, host, volumes};
use super::multi_document::Fallback;
use super::object::{Object, strings, texts};
use super::target::Target;
use crate::backend::image_factory::installer_image;
use crate::model::{EXCLUDE_LABEL, ExtraMount};
use crate::spec::Role;
use crate::spec::scalar::Minor;

/// The whole document, for contracts up to 1.13.
pub(super) fn document(target: &Target) -> Value {
    main(machine_section(target), cluster::section(target))
}

/// What is left of it since 1.14, with the sections that a fallback brings back.
pub(super) fn remainder(target: &Target, fallback: Fallback) -> Value {
    let kubelet = if fallback.kubelet { self::kubelet(target) } else { Value::Null };
    let machine = identity(target)
        .set_filled("kubelet", kubelet)
        .set_filled("files", files::section(target))
        .set("features", json!({"diskQuotaSupport": true}));
    main(machine, cluster::remainder(target, fallback))
}

fn main(machine: Object, cluster: Object) -> Value {
    Object::new()
        .set("version", "v1alpha1")
        .set("debug", false)
        .set("persist", true)
        .set("machine", machine)
        .set("cluster", cluster)
        .build()
}

/// Who the machine is to Talos; in this document whatever the contract.
fn identity(target: &Target) -> Object {
    let kind = match target.machine.role {
        Role::ControlPlane => "controlplane",
        Role::Worker => "worker",
    };
    Object::new()
        .set("type", kind)
        .set_filled("token", target.secret(|bundle| &bundle.trustd_token))
        .set_filled("ca", target.authority(|bundle| &bundle.os))
        .set("certSANs", texts(&target.machine.cert_sans))
}

fn machine_section(target: &Target) -> Object {
    let machine = target.machine;
    let (contract, classic) = (target.contract(), target.contract() < Minor::v1(12));
    let before = |minor: u64, value: Value| if contract < Minor::v1(minor) { value } else { Value::Null };
    let mut section = identity(target).set("kubelet", kubelet(target));
    if classic {
        section = section.set("network", network::section(target));
    } else if contract < Minor::v1(13) {
        section = section.set("network", json!({}));
    }
    section
        .set_filled("disks", volumes::disks(target))
        .set("install", install(target))
        .set_filled("files", files::section(target))
        .set_filled("env", before(13, strings(&machine.env)))
        .set_filled("time", before(12, network::time(target)))
        .set_filled("sysctls", strings(&machine.sysctls))
        .set_filled("sysfs", strings(&machine.sysfs))
        .set_filled("registries", before(12, registries::section(target)))
        .set_filled("systemDiskEncryption", volumes::system_disk_encryption(target))
        .set("features", features(target))
        .set_filled("udev", Object::new().set_filled("rules", texts(&machine.udev_rules)))
        .set_filled("kernel", Object::new().set_filled("modules", kernel_modules(target)))
        .set_filled("nodeLabels", node_labels(target))
        .set_filled("nodeAnnotations", strings(&machine.annotations))
        .set_filled("nodeTaints", strings(&machine.taints))
}

fn kubelet(target: &Target) -> Value {
    let kubelet = &target.machine.kubelet;
    let mounts = kubelet.extra_mounts.iter().map(|ExtraMount { source, destination, kind, options }| {
        json!({"destination": destination, "type": kind, "source": source, "options": options})
    });
    // Since 1.14 the address is the node's and not the kubelet's.
    let node_ip = if target.contract() < Minor::v1(14) { texts(&kubelet.node_ip) } else { Value::Null };
    Object::new()
        .set("image", kubelet_image(target))
        .set_filled("extraArgs", strings(&kubelet.extra_args))
        .set_filled("extraMounts", mounts.collect::<Value>())
        .set_filled("extraConfig", kubelet.config.clone())
        .set("defaultRuntimeSeccompProfileEnabled", true)
        .set_filled("nodeIP", Object::new().set_filled("validSubnets", node_ip))
        .set("disableManifestsDirectory", true)
        .build()
}

pub(super) fn kubelet_image(target: &Target) -> String {
    format!("ghcr.io/siderolabs/kubelet:v{}", target.model.kubernetes)
}

/// Since 1.12 the installer takes the kernel arguments from the image; before, they are said here as well.
fn install(target: &Target) -> Value {
    let image = target.model.image_of(target.machine);
    let (field, disk) = disk::install(&target.machine.install_disk);
    let from_image = target.contract() >= Minor::v1(12);
    let arguments = if from_image { Value::Null } else { texts(&image.ingredients.kernel_args) };
    Object::new()
        .set(field, disk)
        .set_filled("extraKernelArgs", arguments)
        .set("image", installer_image(image))
        .set("wipe", target.machine.wipe)
        .set_filled("grubUseUKICmdline", from_image.then_some(true))
        .build()
}

fn features(target: &Target) -> Value {
    let contract = target.contract();
    let mut features = Object::new();
    if contract < Minor::v1(12) {
        features = features.set("rbac", true).set("stableHostname", true);
    }
    features = features.set_filled("kubernetesTalosAPIAccess", talos_api_access(target));
    if contract < Minor::v1(12) {
        features = features.set("apidCheckExtKeyUsage", true);
    }
    features = features.set("diskQuotaSupport", true).set("kubePrism", json!({"enabled": true, "port": 7445}));
    if contract >= Minor::v1(7) {
        features = features.set("hostDNS", host::host_dns(target));
    }
    features.build()
}

fn talos_api_access(target: &Target) -> Value {
    let control_plane = &target.model.control_plane;
    let (roles, namespaces) = (&control_plane.talos_api_roles, &control_plane.talos_api_namespaces);
    if !target.is_control_plane() || (roles.is_empty() && namespaces.is_empty()) {
        return Value::Null;
    }
    json!({"enabled": true, "allowedRoles": roles, "allowedKubernetesNamespaces": namespaces})
}

fn kernel_modules(target: &Target) -> Value {
    let entry = |(name, parameters): (&String, &Vec<String>)| {
        Object::new().set("name", name.as_str()).set_filled("parameters", texts(parameters)).build()
    };
    target.machine.kernel_modules.iter().map(entry).collect()
}

/// Since 1.8 Talos sets its label here.
fn node_labels(target: &Target) -> Value {
    let exclude = target.machine.exclude_from_load_balancers && target.contract() >= Minor::v1(8);
    let own = exclude.then(|| (EXCLUDE_LABEL.to_owned(), json!("")));
    own.into_iter().chain(target.machine.labels.iter().map(|(key, value)| (key.clone(), json!(value)))).collect()
}
