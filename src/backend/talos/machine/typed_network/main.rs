//! The `v1alpha1` document: its `machine` half here, its `cluster` half in [`super::cluster`].
//!
//! Key order is that of siderolabs/talos `pkg/machinery/config/types/v1alpha1`; what `talosctl gen config` writes at
//! defaults is written too, so that a diff against it is empty.

use serde_json::{Value, json};

use super::super::disk;
use super::super::object::{Object, strings, texts};
use super::{V1_13, cluster};
use crate::backend::talos::schematic;
use crate::model::{ExtraMount, HostFile, Kubelet, Machine, Model};
use crate::spec::{FileOp, Role};

/// Talos's own label that keeps control-plane nodes out of external load balancers.
const EXCLUDE_LABEL: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

pub(super) fn document(model: &Model, machine: &Machine) -> Value {
    Object::new()
        .set("version", "v1alpha1")
        .set("debug", false)
        .set("persist", true)
        .set("machine", machine_section(model, machine))
        .set("cluster", cluster::section(model, machine))
        .build()
}

fn machine_section(model: &Model, machine: &Machine) -> Value {
    let old = model.contract < V1_13;
    let mut section = Object::new()
        .set("type", type_name(machine.role))
        .set("certSANs", texts(&machine.cert_sans))
        .set("kubelet", kubelet(model, &machine.kubelet));
    if old {
        section = section.set("network", json!({}));
    }
    section = section.set("install", install(model, machine)).set_filled("files", files(machine));
    if old {
        section = section.set_filled("env", strings(&machine.env));
    }
    section
        .set_filled("sysctls", strings(&machine.sysctls))
        .set_filled("sysfs", strings(&machine.sysfs))
        .set("features", features(model, machine))
        .set_filled("udev", Object::new().set_filled("rules", texts(&machine.udev_rules)))
        .set_filled("kernel", Object::new().set_filled("modules", kernel_modules(machine)))
        .set_filled("nodeLabels", node_labels(machine))
        .set_filled("nodeAnnotations", strings(&machine.annotations))
        .set_filled("nodeTaints", strings(&machine.taints))
        .build()
}

/// Talos's word for a role.
fn type_name(role: Role) -> &'static str {
    match role {
        Role::ControlPlane => "controlplane",
        Role::Worker => "worker",
    }
}

fn kubelet(model: &Model, kubelet: &Kubelet) -> Value {
    let mounts = kubelet.extra_mounts.iter().map(|ExtraMount { source, destination, kind, options }| {
        json!({"destination": destination, "type": kind, "source": source, "options": options})
    });
    Object::new()
        .set("image", format!("ghcr.io/siderolabs/kubelet:v{}", model.kubernetes))
        .set_filled("extraArgs", strings(&kubelet.extra_args))
        .set_filled("extraMounts", mounts.collect::<Value>())
        .set_filled("extraConfig", kubelet.config.clone())
        .set("defaultRuntimeSeccompProfileEnabled", true)
        .set_filled("nodeIP", Object::new().set_filled("validSubnets", texts(&kubelet.node_ip)))
        .set("disableManifestsDirectory", true)
        .build()
}

/// Kernel arguments are part of the image, so the installer takes those of its UKI.
fn install(model: &Model, machine: &Machine) -> Value {
    let (field, disk) = disk::install(&machine.install_disk);
    Object::new()
        .set(field, disk)
        .set("image", schematic::installer_image(model.image_of(machine)))
        .set("wipe", machine.wipe)
        .set("grubUseUKICmdline", true)
        .build()
}

fn files(machine: &Machine) -> Value {
    let entry = |(path, HostFile { content, op, permissions }): (&String, &HostFile)| {
        let op = match op {
            FileOp::Create => "create",
            FileOp::Append => "append",
            FileOp::Overwrite => "overwrite",
        };
        // Talos reads an integer here and no text; JSON and our YAML have no octal form.
        let mode = u32::from_str_radix(permissions.trim_start_matches("0o"), 8).expect("the language checks the mode");
        json!({"content": content, "permissions": mode, "path": path, "op": op})
    };
    machine.files.iter().map(entry).collect()
}

fn features(model: &Model, machine: &Machine) -> Value {
    let control_plane = &model.control_plane;
    let mut features = Object::new();
    let (roles, namespaces) = (&control_plane.talos_api_roles, &control_plane.talos_api_namespaces);
    if machine.role == Role::ControlPlane && !(roles.is_empty() && namespaces.is_empty()) {
        let access = json!({"enabled": true, "allowedRoles": roles, "allowedKubernetesNamespaces": namespaces});
        features = features.set("kubernetesTalosAPIAccess", access);
    }
    features
        .set("diskQuotaSupport", true)
        .set("kubePrism", json!({"enabled": true, "port": 7445}))
        .set("hostDNS", json!({"enabled": true, "forwardKubeDNSToHost": control_plane.host_dns_forwarding}))
        .build()
}

fn kernel_modules(machine: &Machine) -> Value {
    let entry = |(name, parameters): (&String, &Vec<String>)| {
        Object::new().set("name", name.as_str()).set_filled("parameters", texts(parameters)).build()
    };
    machine.kernel_modules.iter().map(entry).collect()
}

fn node_labels(machine: &Machine) -> Value {
    let exclude = machine.exclude_from_load_balancers.then(|| (EXCLUDE_LABEL.to_owned(), json!("")));
    exclude.into_iter().chain(machine.labels.iter().map(|(key, value)| (key.clone(), json!(value)))).collect()
}
