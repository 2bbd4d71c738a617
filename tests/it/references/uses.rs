//! Which objects an object names, by the keys under which Kubernetes's projects name others.

use std::collections::BTreeSet;

use serde_json::Value;

use super::names::Names;
use super::{Tree, list, text};

#[derive(Debug)]
struct Use<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    key: Option<&'a str>,
    /// Of the API that the reference says, if it does.
    api: Option<&'a str>,
}

/// Kinds without a namespace that are named here.
const CLUSTER_SCOPED: [&str; 5] =
    ["CiliumBGPPeerConfig", "ClusterIssuer", "ClusterRole", "GatewayClass", "StorageClass"];

/// Those that charts make, too.
const ALSO_OF_CHARTS: [&str; 2] = ["GatewayClass", "StorageClass"];

/// Kinds that are there to be named by another object of the tree.
const FOR_OTHERS: [&str; 9] = [
    "CiliumBGPPeerConfig",
    "ConfigMap",
    "HelmRepository",
    "KubeadmConfigTemplate",
    "KubevirtMachineTemplate",
    "OCIRepository",
    "Role",
    "ServiceAccount",
    "TalosConfigTemplate",
];

/// Secrets that programs look for without being told.
const BY_CONVENTION: [&str; 2] = ["argocd-server-tls", "velero-repo-credentials"];

/// Uses of an object in its namespace.
fn uses(object: &Value) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    let namespace = match text(&object["kind"]) {
        // What a cluster's issuer names is where cert-manager runs.
        "ClusterIssuer" => "cert-manager",
        // And Cilium's agents run here.
        "CiliumBGPPeerConfig" => "kube-system",
        _ => text(&object["metadata"]["namespace"]),
    };
    walk(object, object, namespace, &mut found);
    found
}

fn walk<'a>(object: &'a Value, value: &'a Value, home: &'a str, found: &mut Vec<Use<'a>>) {
    let kind = text(&object["kind"]);
    let mut add = |kind: &'a str, of: &'a Value, key: Option<&'a str>| {
        let (name, namespace) = if of.is_string() { (of, home) } else { (&of["name"], text(&of["namespace"])) };
        let namespace = match namespace {
            _ if CLUSTER_SCOPED.contains(&kind) => "",
            "" => home,
            named => named,
        };
        let api = of["apiGroup"].as_str().or_else(|| of["apiVersion"].as_str());
        if let Some(name) = name.as_str() {
            found.push(Use { kind, namespace, name, key, api });
        }
    };
    for (field, inner) in value.as_object().into_iter().flatten() {
        match field.as_str() {
            // cert-manager makes it.
            "privateKeySecretRef" => {}
            "secretRef" | "secretKeyRef" | "passwordSecret" | "apiTokenSecretRef" => {
                add("Secret", inner, inner["key"].as_str());
            }
            "secret" if inner["secretName"].is_string() => {
                let mut keys = list(&inner["items"]).filter_map(|item| item["key"].as_str()).peekable();
                if keys.peek().is_none() {
                    add("Secret", &inner["secretName"], None);
                }
                keys.for_each(|key| add("Secret", &inner["secretName"], Some(key)));
            }
            "ca" if inner["secretName"].is_string() => add("Secret", &inner["secretName"], Some("tls.key")),
            "authSecretRef" => add("Secret", inner, Some("password")),
            "pullSecret" => add("Secret", inner, None),
            "configMap" | "configMapRef" | "configMapKeyRef" => add("ConfigMap", inner, inner["key"].as_str()),
            "serviceAccountName" if inner != "default" => add("ServiceAccount", inner, None),
            "clusterName" if text(&object["apiVersion"]).contains("cluster.x-k8s.io") => add("Cluster", inner, None),
            "peerConfigRef" => add("CiliumBGPPeerConfig", inner, None),
            "ipAddressPools" => list(inner).for_each(|pool| add("IPAddressPool", pool, None)),
            "infraStorageClassName" | "storageClassName" => add("StorageClass", inner, None),
            "gatewayClassName" => add("GatewayClass", inner, None),
            "gateway" if inner["sectionName"].is_string() => add("Gateway", inner, None),
            "dependsOn" => list(inner).for_each(|needed| add(kind, needed, None)),
            "subjects" => {
                let accounts = list(inner).filter(|subject| subject["kind"] == "ServiceAccount");
                accounts.for_each(|subject| add("ServiceAccount", subject, None));
            }
            "substituteFrom" => list(inner).for_each(|from| add(text(&from["kind"]), from, None)),
            field if field.ends_with("Ref") && inner["kind"].is_string() => add(text(&inner["kind"]), inner, None),
            _ => {}
        }
    }
    // What charts make of their values is not known, and rules name kinds.
    let closed = |field: &str| field == "values" && kind == "HelmRelease" || field == "rules" && kind.ends_with("Role");
    let fields = value.as_object().into_iter().flatten().filter(|(field, _)| !closed(field));
    fields.for_each(|(_, inner)| walk(object, inner, home, found));
    list(value).for_each(|inner| walk(object, inner, home, found));
}

/// Roles of Kubernetes's own: names with `system:`, and the four that everybody knows.
fn is_builtin_role(name: &str) -> bool {
    name.starts_with("system:") || ["cluster-admin", "admin", "edit", "view"].contains(&name)
}

/// Whether this is Cilium's release, with the class of gateways that its chart makes by itself.
fn has_gateway_api(release: &Value) -> bool {
    let values = &release["spec"]["values"];
    text(&release["kind"]) == "HelmRelease" && values["gatewayAPI"]["enabled"] == true
}

/// What is named and not there.
pub fn dangling(tree: &Tree<'_>, names: &Names<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, object) in tree.objects() {
        let namespace = text(&object["metadata"]["namespace"]);
        // Made by Talos, Kubernetes or Kamaji's chart; everything else is made here.
        let made_elsewhere = ["", "kube-system", "default", "calico-system"];
        let targets = ["targetNamespace", "storageNamespace"].map(|field| text(&object["spec"][field]));
        let in_tenant = path.contains("/addons/");
        for namespace in [namespace].into_iter().chain(targets) {
            if !made_elsewhere.contains(&namespace)
                && !in_tenant
                && !names.objects.contains_key(&("Namespace", "", namespace))
            {
                wrong.push(format!("{path}: nobody makes namespace {namespace}"));
            }
        }
        for used in uses(object) {
            let Use { kind, namespace, name, key, api } = used;
            let found = names.objects.get(&(kind, namespace, name));
            let there = match kind {
                "Secret" => names.has_secret(namespace, name, key),
                "ConfigMap" => found.is_some_and(|map| key.is_none_or(|key| map["data"][key].is_string())),
                "ClusterRole" => found.is_some() || is_builtin_role(name),
                // That of the user, beside the tree.
                "GitRepository" if name == "flux-system" => namespace == "flux-system",
                "GatewayClass" if name == "cilium" => tree.objects().any(|(_, release)| has_gateway_api(release)),
                kind if ALSO_OF_CHARTS.contains(&kind) => found.is_some() || names.in_values(name),
                // A user may name one of another repository.
                "Gateway" => found.is_some() || !names.objects.contains_key(&("Namespace", "", namespace)),
                _ => found.is_some(),
            };
            let version = |object: &&Value| text(&object["apiVersion"]).to_owned();
            let other_api = |object: &&Value| {
                api.is_some_and(|api| !format!("{}/", version(object)).starts_with(&format!("{api}/")))
            };
            if !there || found.is_some_and(other_api) {
                wrong.push(format!("{path} has no {used:?}"));
            }
        }
    }
    wrong
}

/// What is made for others and named by none.
pub fn idle(tree: &Tree<'_>, names: &Names<'_>) -> Vec<String> {
    let mut used = BTreeSet::new();
    let mut inhabited = BTreeSet::new();
    for (_, object) in tree.objects() {
        used.extend(uses(object).into_iter().map(|used| (used.kind, used.namespace, used.name)));
        inhabited.insert(text(&object["metadata"]["namespace"]));
    }
    let mut wrong = Vec::new();
    for (path, object) in tree.objects() {
        let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
        let namespace = text(&object["metadata"]["namespace"]);
        let own = text(&object["apiVersion"]) != "talos.dev/v1alpha1" && !path.contains("/addons/");
        if own && FOR_OTHERS.contains(&kind) && !used.contains(&(kind, namespace, name)) && !names.in_values(name) {
            wrong.push(format!("{path}: nobody uses {kind} {namespace}/{name}"));
        }
    }
    for (namespace, name) in &names.by_hand {
        let known = names.in_values(name) || BY_CONVENTION.contains(&name.as_str());
        if !known && !used.contains(&("Secret", namespace, name)) {
            wrong.push(format!("README.md asks for Secret {namespace}/{name}, which nobody uses"));
        }
    }
    wrong
}
