//! The `cluster` half of the `v1alpha1` document, and the parts of it that typed documents say in the same words.

use serde_json::{Value, json};

use super::super::multi_document::Fallback;
use super::super::object::{Object, strings, texts};
use super::super::target::Target;
use crate::model::{AuditPolicy, PodResources, StaticPod};
use crate::spec::scalar::Minor;

pub(super) fn section(target: &Target) -> Object {
    let control_plane = &target.model.control_plane;
    // A worker did not know the name of its cluster before 1.8.
    let named = target.is_control_plane() || target.contract() >= Minor::v1(8);
    let mut section = Object::new()
        .set_filled("id", target.secret(|bundle| &bundle.cluster_id))
        .set_filled("secret", target.secret(|bundle| &bundle.cluster_secret))
        .set("controlPlane", json!({"endpoint": control_plane.endpoint.url()}))
        .set_filled("clusterName", named.then_some(target.model.name.as_str()))
        .set("network", pod_network(target))
        .set_filled("token", target.secret(|bundle| &bundle.bootstrap_token));
    if target.is_control_plane() {
        section = section
            .set_filled("aescbcEncryptionSecret", target.optional_secret(|bundle| bundle.aescbc_encryption.as_ref()))
            .set_filled(
                "secretboxEncryptionSecret",
                target.optional_secret(|bundle| bundle.secretbox_encryption.as_ref()),
            );
    }
    section = section.set_filled("ca", target.authority(|bundle| &bundle.k8s));
    if target.is_control_plane() {
        let service_account = target.secret(|bundle| &bundle.k8s_service_account);
        section = section
            .set_filled("aggregatorCA", target.authority(|bundle| &bundle.k8s_aggregator))
            .set_filled("serviceAccount", Object::new().set_filled("key", service_account))
            .set("apiServer", api_server(target))
            .set("controllerManager", static_pod(target, "kube-controller-manager", &control_plane.controller_manager))
            .set("proxy", proxy(target))
            .set("scheduler", static_pod(target, "kube-scheduler", &control_plane.scheduler));
    }
    // The Kubernetes registry needs rights that Kubernetes no longer gives; Talos generates it switched off.
    let registries = json!({"kubernetes": {"disabled": true}, "service": {}});
    section = section.set("discovery", json!({"enabled": true, "registries": registries}));
    if target.is_control_plane() {
        section = section.set_filled("etcd", etcd(target)).set_unless(
            "allowSchedulingOnControlPlanes",
            control_plane.schedulable,
            &false,
        );
    }
    section
}

/// Since 1.14: the join token and etcd, and the API server where only this document can describe it.
pub(super) fn remainder(target: &Target, fallback: Fallback) -> Object {
    let section = Object::new().set_filled("token", target.secret(|bundle| &bundle.bootstrap_token));
    if !target.is_control_plane() {
        return section;
    }
    let resources = pod_resources(&target.model.control_plane.api_server.resources);
    let api_server = pod_of_api_server(target).set_filled("resources", resources).build();
    let api_server = if fallback.api_server { api_server } else { Value::Null };
    section.set_filled("apiServer", api_server).set_filled("etcd", etcd(target))
}

fn pod_network(target: &Target) -> Value {
    let network = &target.model.network;
    let cni = if target.model.control_plane.cni { Value::Null } else { json!({"name": "none"}) };
    Object::new()
        .set_filled("cni", cni)
        .set("dnsDomain", network.dns_domain.as_str())
        .set("podSubnets", texts(&network.pods))
        .set("serviceSubnets", texts(&network.services))
        .build()
}

fn api_server(target: &Target) -> Value {
    let api_server = &target.model.control_plane.api_server;
    let mut object = pod_of_api_server(target);
    if target.contract() < Minor::v1(12) {
        object = object.set("disablePodSecurityPolicy", true);
    }
    object
        .set("admissionControl", json!([{"name": "PodSecurity", "configuration": pod_security()}]))
        .set("auditPolicy", audit_policy(&api_server.audit))
        .set_filled("resources", pod_resources(&api_server.resources))
        .build()
}

/// Image, arguments and certificate names. Beside this section Talos reads no document on how users log in.
fn pod_of_api_server(target: &Target) -> Object {
    let control_plane = &target.model.control_plane;
    let mut args = control_plane.api_server.extra_args.clone();
    if let Some(oidc) = &control_plane.api_server.oidc {
        let flags = [
            ("oidc-issuer-url", Some(&oidc.issuer)),
            ("oidc-client-id", Some(&oidc.client_id)),
            ("oidc-username-claim", Some(&oidc.username_claim)),
            ("oidc-groups-claim", oidc.groups_claim.as_ref()),
        ];
        for (flag, value) in flags {
            let Some(value) = value else { continue };
            // A flag that the user gives is meant.
            args.entry(flag.to_owned()).or_insert_with(|| value.clone());
        }
    }
    Object::new()
        .set("image", kubernetes_image(target, "kube-apiserver"))
        .set_filled("extraArgs", strings(&args))
        .set_filled("certSANs", texts(cert_sans(target)))
}

/// Since 1.12 Talos adds the host of the endpoint by itself.
pub(in super::super) fn cert_sans<'a>(target: &'a Target) -> Vec<&'a str> {
    let control_plane = &target.model.control_plane;
    let host = control_plane.endpoint.host.as_str();
    let own = (target.contract() < Minor::v1(12)).then_some(host);
    let given = control_plane.cert_sans.iter().map(String::as_str).filter(|name| own != Some(*name));
    own.into_iter().chain(given).collect()
}

/// What Talos generates: baseline is enforced everywhere but in `kube-system`.
pub(in super::super) fn pod_security() -> Value {
    json!({
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
    })
}

/// Without a policy Talos puts its own, so silence is a policy as well.
pub(in super::super) fn audit_policy(audit: &AuditPolicy) -> Value {
    let of_level =
        |level: &str| json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": level}]});
    match audit {
        AuditPolicy::Metadata => of_level("Metadata"),
        AuditPolicy::None => of_level("None"),
        AuditPolicy::Custom(policy) => policy.clone(),
    }
}

fn static_pod(target: &Target, image: &str, pod: &StaticPod) -> Value {
    Object::new()
        .set("image", kubernetes_image(target, image))
        .set_filled("extraArgs", strings(&pod.extra_args))
        .set_filled("resources", pod_resources(&pod.resources))
        .build()
}

fn proxy(target: &Target) -> Value {
    let disabled = if target.model.control_plane.kube_proxy { Value::Null } else { json!(true) };
    Object::new().set_filled("disabled", disabled).set("image", kubernetes_image(target, "kube-proxy")).build()
}

/// CPU is not limited: a throttled control plane is worse than a busy one.
pub(in super::super) fn pod_resources(PodResources { cpu, memory }: &PodResources) -> Value {
    let requests = Object::new().set_filled("cpu", cpu.clone()).set_filled("memory", memory.clone());
    let limits = Object::new().set_filled("memory", memory.clone());
    Object::new().set_filled("requests", requests).set_filled("limits", limits).build()
}

fn etcd(target: &Target) -> Value {
    let etcd = &target.model.control_plane.etcd;
    Object::new()
        .set_filled("ca", target.authority(|bundle| &bundle.etcd))
        .set_filled("extraArgs", strings(&etcd.extra_args))
        .set_filled("advertisedSubnets", texts(&etcd.advertised_subnets))
        .build()
}

pub(in super::super) fn kubernetes_image(target: &Target, name: &str) -> String {
    format!("registry.k8s.io/{name}:v{}", target.model.kubernetes)
}
