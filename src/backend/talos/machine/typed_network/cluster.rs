//! The `cluster` half of the `v1alpha1` document.

use serde_json::{Value, json};

use super::super::object::{Object, strings, texts};
use crate::model::{ApiServer, AuditPolicy, ControlPlane, Machine, Model, Network, PodResources, StaticPod};
use crate::spec::Role;

pub(super) fn section(model: &Model, machine: &Machine) -> Value {
    let Model { control_plane, network, .. } = model;
    let mut section = Object::new()
        .set("controlPlane", json!({"endpoint": control_plane.endpoint.url()}))
        .set("clusterName", model.name.as_str())
        .set("network", pod_network(control_plane, network));
    if machine.role == Role::ControlPlane {
        section = section
            .set("apiServer", api_server(model))
            .set("controllerManager", static_pod(model, "kube-controller-manager", &control_plane.controller_manager))
            .set("proxy", proxy(model))
            .set("scheduler", static_pod(model, "kube-scheduler", &control_plane.scheduler));
    }
    // The Kubernetes registry needs rights that Kubernetes no longer gives; Talos generates it switched off.
    let registries = json!({"kubernetes": {"disabled": true}, "service": {}});
    section = section.set("discovery", json!({"enabled": true, "registries": registries}));
    if machine.role == Role::ControlPlane {
        section = section.set_filled("etcd", etcd(control_plane));
        section = section.set_unless("allowSchedulingOnControlPlanes", control_plane.schedulable, &false);
    }
    section.build()
}

fn pod_network(control_plane: &ControlPlane, network: &Network) -> Value {
    let cni = if control_plane.cni { Value::Null } else { json!({"name": "none"}) };
    Object::new()
        .set_filled("cni", cni)
        .set("dnsDomain", network.dns_domain.as_str())
        .set("podSubnets", texts(&network.pods))
        .set("serviceSubnets", texts(&network.services))
        .build()
}

fn api_server(model: &Model) -> Value {
    let ApiServer { extra_args, audit, resources } = &model.control_plane.api_server;
    Object::new()
        .set("image", kubernetes_image(model, "kube-apiserver"))
        .set_filled("extraArgs", strings(extra_args))
        .set_filled("certSANs", texts(&model.control_plane.cert_sans))
        .set("admissionControl", pod_security())
        .set("auditPolicy", audit_policy(audit))
        .set_filled("resources", pod_resources(resources))
        .build()
}

/// What Talos generates: baseline is enforced everywhere but in `kube-system`.
fn pod_security() -> Value {
    json!([{
        "name": "PodSecurity",
        "configuration": {
            "apiVersion": "pod-security.admission.config.k8s.io/v1alpha1",
            "defaults": {
                "audit": "restricted",
                "audit-version": "latest",
                "enforce": "baseline",
                "enforce-version": "latest",
                "warn": "restricted",
                "warn-version": "latest",
            },
            "exemptions": {"namespaces": ["kube-system"], "runtimeClasses": [], "usernames": []},
            "kind": "PodSecurityConfiguration",
        },
    }])
}

/// Without a policy Talos puts its own, so silence is a policy as well.
fn audit_policy(audit: &AuditPolicy) -> Value {
    let of_level =
        |level: &str| json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": level}]});
    match audit {
        AuditPolicy::Metadata => of_level("Metadata"),
        AuditPolicy::None => of_level("None"),
        AuditPolicy::Custom(policy) => policy.clone(),
    }
}

fn static_pod(model: &Model, image: &str, pod: &StaticPod) -> Value {
    Object::new()
        .set("image", kubernetes_image(model, image))
        .set_filled("extraArgs", strings(&pod.extra_args))
        .set_filled("resources", pod_resources(&pod.resources))
        .build()
}

fn proxy(model: &Model) -> Value {
    let disabled = if model.control_plane.kube_proxy { Value::Null } else { json!(true) };
    Object::new().set_filled("disabled", disabled).set("image", kubernetes_image(model, "kube-proxy")).build()
}

/// CPU is not limited: a throttled control plane is worse than a busy one.
fn pod_resources(PodResources { cpu, memory }: &PodResources) -> Value {
    let requests = Object::new().set_filled("cpu", cpu.clone()).set_filled("memory", memory.clone());
    let limits = Object::new().set_filled("memory", memory.clone());
    Object::new().set_filled("requests", requests).set_filled("limits", limits).build()
}

fn etcd(control_plane: &ControlPlane) -> Value {
    Object::new()
        .set_filled("extraArgs", strings(&control_plane.etcd.extra_args))
        .set_filled("advertisedSubnets", texts(&control_plane.etcd.advertised_subnets))
        .build()
}

fn kubernetes_image(model: &Model, name: &str) -> String {
    format!("registry.k8s.io/{name}:v{}", model.kubernetes)
}
