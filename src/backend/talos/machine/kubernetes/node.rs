//! `KubeNodeConfig` and `KubeletConfig`: this machine as a node.

use indexmap::IndexMap;
use serde_json::Value;

use super::super::multi_document::Fallback;
use super::super::object::{Object, strings, texts};
use super::super::target::Target;
use super::super::v1alpha1::kubelet_image;
use crate::model::EXCLUDE_LABEL;

const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

pub fn documents(target: &Target, fallback: Fallback) -> Vec<Value> {
    let mut documents = vec![node(target)];
    if !fallback.kubelet {
        documents.push(kubelet(target));
    }
    documents
}

/// Label and taint of the role are said here since 1.14; before, Talos set them by itself.
fn node(target: &Target) -> Value {
    let machine = target.machine;
    let mut labels = IndexMap::new();
    let mut taints = IndexMap::new();
    if target.is_control_plane() {
        labels.insert(CONTROL_PLANE.to_owned(), String::new());
        if !target.model.control_plane.schedulable {
            taints.insert(CONTROL_PLANE.to_owned(), "NoSchedule".to_owned());
        }
    }
    if machine.exclude_from_load_balancers {
        labels.insert(EXCLUDE_LABEL.to_owned(), String::new());
    }
    labels.extend(machine.labels.iter().map(|(key, value)| (key.clone(), value.clone())));
    taints.extend(machine.taints.iter().map(|(key, value)| (key.clone(), value.clone())));
    Object::document("KubeNodeConfig")
        .set("nodeIP", Object::new().set_filled("validSubnets", texts(&machine.kubelet.node_ip)))
        .set_filled("labels", strings(&labels))
        .set_filled("annotations", strings(&machine.annotations))
        .set_filled("taints", strings(&taints))
        .build()
}

fn kubelet(target: &Target) -> Value {
    let kubelet = &target.machine.kubelet;
    Object::document("KubeletConfig")
        .set("image", kubelet_image(target))
        .set("config", kubelet.config.clone())
        .set_filled("extraArgs", strings(&kubelet.extra_args))
        .set("defaultRuntimeSeccompProfileEnabled", true)
        .build()
}
