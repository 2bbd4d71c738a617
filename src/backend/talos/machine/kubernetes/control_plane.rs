//! What runs on control-plane nodes: the API server with its policies, controller manager, scheduler, kube-proxy, flannel,
//! CoreDNS, and access to the Talos API.

use serde_json::{Value, json};

use super::super::multi_document::Fallback;
use super::super::object::{Object, strings, texts};
use super::super::target::Target;
use super::super::v1alpha1::cluster::{audit_policy, cert_sans, kubernetes_image, pod_resources, pod_security};
use super::pki;
use crate::model::{Oidc, StaticPod};

pub fn documents(target: &Target, fallback: Fallback) -> Vec<Value> {
    let control_plane = &target.model.control_plane;
    let mut documents = Vec::new();
    documents.extend(pki::aggregator_ca(target));
    documents.extend([
        Object::document("KubeAdmissionControlConfig")
            .set("name", "PodSecurity")
            .set("configuration", pod_security())
            .build(),
        Object::document("KubeAuditPolicyConfig")
            .set("configuration", audit_policy(&control_plane.api_server.audit))
            .build(),
    ]);
    // Beside `cluster.apiServer` nobody reads it.
    if !fallback.api_server {
        documents.push(authentication(control_plane.api_server.oidc.as_ref()));
    }
    documents.extend([authorizer("node", "Node"), authorizer("rbac", "RBAC")]);
    documents.extend(pki::etcd_encryption(target));
    documents.extend(pki::service_account(target));
    if !fallback.api_server {
        documents.push(api_server(target));
    }
    let scheduler = static_pod(target, "KubeSchedulerConfig", "kube-scheduler", &control_plane.scheduler);
    documents.extend([
        static_pod(target, "KubeControllerManagerConfig", "kube-controller-manager", &control_plane.controller_manager)
            .build(),
        scheduler.set("config", json!({})).build(),
        kube_proxy(target),
    ]);
    // Without this document there is no CNI.
    if control_plane.cni {
        documents.push(
            Object::document("KubeFlannelCNIConfig").set("backendType", "vxlan").set("backendPort", 4789).build(),
        );
    }
    documents.push(Object::document("KubeCoreDNSConfig").set("enabled", true).build());
    documents.extend(talos_api_access(target));
    documents
}

/// Anonymous requests reach the health checks and nothing else. The API server refuses `--oidc-*` beside this, so an OpenID
/// Connect provider is an issuer here, with the names that those flags would give.
fn authentication(oidc: Option<&Oidc>) -> Value {
    let issuer = |oidc: &Oidc| {
        // `--oidc-username-prefix`: a mail address stays as it is, another name says who vouches for it.
        let prefix = if oidc.username_claim == "email" { String::new() } else { format!("{}#", oidc.issuer) };
        let groups = oidc.groups_claim.as_ref().map_or(Value::Null, |claim| json!({"claim": claim, "prefix": ""}));
        let mappings = Object::new()
            .set("username", json!({"claim": oidc.username_claim, "prefix": prefix}))
            .set_filled("groups", groups);
        Object::new()
            .set("issuer", json!({"url": oidc.issuer, "audiences": [oidc.client_id]}))
            .set("claimMappings", mappings)
            .build()
    };
    let paths: Value = ["/livez", "/readyz", "/healthz"].map(|path| json!({"path": path})).into_iter().collect();
    let configuration = json!({
        "anonymous": {"conditions": paths, "enabled": true},
        "jwt": oidc.map(issuer).into_iter().collect::<Value>(),
    });
    Object::document("KubeAuthenticationConfig").set("configuration", configuration).build()
}

fn authorizer(name: &str, kind: &str) -> Value {
    Object::document("KubeAuthorizerConfig").set("name", name).set("type", kind).build()
}

fn api_server(target: &Target) -> Value {
    let api_server = &target.model.control_plane.api_server;
    Object::document("KubeAPIServerConfig")
        .set("image", kubernetes_image(target, "kube-apiserver"))
        .set_filled("extraArgs", strings(&api_server.extra_args))
        .set_filled("resources", pod_resources(&api_server.resources))
        .set_filled("certExtraSANs", texts(cert_sans(target)))
        .build()
}

fn static_pod(target: &Target, kind: &str, image: &str, pod: &StaticPod) -> Object {
    Object::document(kind)
        .set("image", kubernetes_image(target, image))
        .set_filled("extraArgs", strings(&pod.extra_args))
        .set_filled("resources", pod_resources(&pod.resources))
}

fn kube_proxy(target: &Target) -> Value {
    let off = (!target.model.control_plane.kube_proxy).then_some(false);
    Object::document("KubeProxyConfig")
        .set_filled("enabled", off)
        .set("image", kubernetes_image(target, "kube-proxy"))
        .set("config", json!({}))
        .build()
}

fn talos_api_access(target: &Target) -> Option<Value> {
    let control_plane = &target.model.control_plane;
    Object::new()
        .set_filled("allowedRoles", texts(&control_plane.talos_api_roles))
        .set_filled("allowedKubernetesNamespaces", texts(&control_plane.talos_api_namespaces))
        .into_document("KubeTalosAPIAccessConfig")
}
