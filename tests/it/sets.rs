//! The sets of Cluster API versions: the same tenant means the same in each of them, and a cloud gets all that its set says.

use std::collections::{BTreeMap, BTreeSet};

use cloudc::catalog::ClusterApiSets;
use cloudc::tree::FileTree;
use serde_json::{Map, Value, json};

use crate::capi::{emit, every_object, exposures};
use crate::support::{catalog, compile_file, compile_text, objects, repository};

fn in_set(name: &str, mut tenant: cloudc::model::Tenant) -> FileTree {
    tenant.cluster_api = ClusterApiSets::load().sets[name].clone();
    emit(tenant)
}

/// `5m0s` -> 300.
fn seconds(duration: &Value) -> Value {
    let text = duration.as_str().unwrap();
    json!(text.parse::<cloudc::spec::scalar::GoDuration>().unwrap().seconds)
}

/// `apiVersion` of a reference -> its group; the namespace is that of the object.
fn reference(reference: &mut Value, namespace: &Value) {
    let map = reference.as_object_mut().unwrap();
    assert_eq!(map.remove("namespace").as_ref(), Some(namespace));
    let version = map.remove("apiVersion").unwrap();
    map.insert("apiGroup".into(), json!(version.as_str().unwrap().split('/').next().unwrap()));
}

fn map(value: &mut Value) -> &mut Map<String, Value> {
    value.as_object_mut().unwrap()
}

/// What Cluster API's own conversion makes of an object of the contract v1beta1, for the fields that are written here:
/// kubernetes-sigs/cluster-api:api/core/v1beta1/conversion.go@v1.13.5 and the same file of the kubeadm bootstrap provider.
fn converted(mut object: Value) -> Value {
    let namespace = object["metadata"]["namespace"].clone();
    let kind = object["kind"].as_str().unwrap().to_owned();
    let spec = &mut object["spec"];
    match kind.as_str() {
        "Cluster" => {
            for key in ["controlPlaneRef", "infrastructureRef"] {
                reference(&mut spec[key], &namespace);
            }
        }
        "MachineDeployment" => {
            let machine = &mut spec["template"]["spec"];
            reference(&mut machine["bootstrap"]["configRef"], &namespace);
            reference(&mut machine["infrastructureRef"], &namespace);
            let mut deletion = Map::new();
            for key in ["nodeDrainTimeout", "nodeVolumeDetachTimeout"] {
                deletion.insert(format!("{key}Seconds"), seconds(&map(machine).remove(key).unwrap()));
            }
            machine["deletion"] = Value::Object(deletion);
        }
        "MachineHealthCheck" => {
            let spec = map(spec);
            let mut conditions = spec.remove("unhealthyConditions").unwrap();
            for condition in conditions.as_array_mut().unwrap() {
                let timeout = seconds(&map(condition).remove("timeout").unwrap());
                condition["timeoutSeconds"] = timeout;
            }
            let startup = seconds(&spec.remove("nodeStartupTimeout").unwrap());
            let checks = json!({"nodeStartupTimeoutSeconds": startup, "unhealthyNodeConditions": conditions});
            let limit = spec.remove("maxUnhealthy").unwrap();
            spec.insert("checks".into(), checks);
            spec.insert("remediation".into(), json!({"triggerIf": {"unhealthyLessThanOrEqualTo": limit}}));
        }
        "KubeadmConfigTemplate" => {
            let arguments = &mut spec["template"]["spec"]["joinConfiguration"]["nodeRegistration"]["kubeletExtraArgs"];
            // Upstream sorts them by name, as a map has no order.
            let sorted: BTreeMap<String, Value> = serde_json::from_value(arguments.take()).unwrap();
            *arguments = sorted.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        }
        _ => {}
    }
    object
}

/// Objects of a tree, by file, kind and name; a change of name would be seen.
fn by_name(tree: &FileTree) -> BTreeMap<(String, String, String), Value> {
    let id = |path: String, object: &Value| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        (path, object["kind"].as_str().unwrap().to_owned(), name)
    };
    every_object(tree).into_iter().map(|(path, object)| (id(path, &object), object)).collect()
}

#[test]
fn a_tenant_means_the_same_in_every_set() {
    let sets = ClusterApiSets::load();
    let newest = &sets.sets["current"].api_versions;
    let mut other_shape = BTreeSet::new();
    for tenant in exposures() {
        let current = by_name(&in_set("current", tenant.clone()));
        let cozystack = by_name(&in_set("cozystack", tenant));
        assert_eq!(current.keys().collect::<Vec<_>>(), cozystack.keys().collect::<Vec<_>>());
        for ((id, current), cozystack) in current.iter().zip(cozystack.values()) {
            if current == cozystack {
                continue;
            }
            other_shape.insert(id.1.clone());
            let mut converted = converted(cozystack.clone());
            assert_ne!(current["apiVersion"] == cozystack["apiVersion"], id.1 != "Kustomization", "{id:?}");
            converted["apiVersion"] = current["apiVersion"].clone();
            // Flux waits for the control plane in the version in which it was written.
            for checks in ["healthChecks", "healthCheckExprs"] {
                for check in converted
                    .pointer_mut(&format!("/spec/{checks}"))
                    .and_then(Value::as_array_mut)
                    .into_iter()
                    .flatten()
                {
                    assert_ne!(check["apiVersion"], newest.kamaji_control_plane);
                    check["apiVersion"] = json!(newest.kamaji_control_plane);
                }
            }
            assert_eq!(*current, converted, "{id:?}");
        }
    }
    let expected = [
        "Cluster",
        "KamajiControlPlane",
        "KubeadmConfigTemplate",
        "Kustomization",
        "MachineDeployment",
        "MachineHealthCheck",
    ];
    assert_eq!(other_shape, expected.map(str::to_owned).into());
}

/// The cloud of the set.
fn cozystack() -> cloudc::Compiled {
    compile_file(&repository("tests/clouds/tenants-cozystack.yaml"))
}

#[test]
fn charts_and_providers_are_those_of_the_set() {
    let compiled = cozystack();
    let all: Vec<Value> = objects(&compiled.tree).into_iter().map(|(_, object)| object).collect();
    let find = |kind: &str, name: &str| {
        let found = all.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("no {kind} {name}"))
    };
    let set = &catalog().cluster_api.sets["cozystack"];
    assert_eq!(find("HelmRelease", "capi-operator")["spec"]["chart"]["spec"]["version"], set.operator.version);
    assert_eq!(find("HelmRelease", "kamaji")["spec"]["values"]["image"]["tag"], set.kamaji.version);
    assert_eq!(find("GitRepository", "kamaji")["spec"]["ref"]["tag"], set.kamaji.version);
    for (kind, name, provider) in [
        ("CoreProvider", "cluster-api", "core"),
        ("BootstrapProvider", "kubeadm", "kubeadm"),
        ("InfrastructureProvider", "kubevirt", "kubevirt"),
    ] {
        assert_eq!(find(kind, name)["spec"]["version"], set.providers[provider].version);
    }
    // The operator cannot fetch this one, so a chart brings it, after its operator and before any tenant.
    assert!(all.iter().all(|object| object["kind"] != "ControlPlaneProvider"));
    let release = find("HelmRelease", "capi-provider-kamaji");
    let layer = find("Kustomization", "cluster-api-kamaji");
    assert_eq!(layer["spec"]["dependsOn"], json!([{"name": "cluster-api-providers"}]));
    assert_eq!(layer["spec"]["healthChecks"][0]["namespace"], release["metadata"]["namespace"]);
    let tenant = find("Kustomization", "tenant-acme-cluster");
    assert!(tenant["spec"]["dependsOn"].as_array().unwrap().contains(&json!({"name": "cluster-api-kamaji"})));
    // The chart is of the release of Cozystack that the set names.
    let entry = catalog().component("cluster-api").unwrap();
    let chart = entry.releases().find(|release| release.name == "capi-provider-kamaji").unwrap();
    let (_, release) = set.providers["kamaji"].source.rsplit_once('@').unwrap();
    assert_eq!(chart.chart.version, release);
}

#[test]
fn the_entries_have_the_versions_of_the_default_set() {
    let set = catalog().cluster_api.default_set();
    let mut followers = 0;
    for release in catalog().components().flat_map(cloudc::catalog::Component::releases) {
        if let Some(product) = release.chart.follows {
            assert_eq!(release.chart.version, set.product(product).version, "{}", release.name);
            followers += 1;
        }
    }
    assert_eq!(followers, 2, "the operator and Kamaji");
}

#[test]
fn every_set_can_be_chosen() {
    let schema = &catalog().component("cluster-api").unwrap().parameters["set"];
    let sets = &catalog().cluster_api;
    assert_eq!(schema["enum"], sets.sets.keys().map(|name| json!(name)).collect::<Value>());
    assert_eq!(schema["default"], json!(sets.default));
}

/// The findings in the cloud of the set after a change, each as rule, place and what is said beside it.
fn findings(from: &str, to: &str) -> Vec<(&'static str, String, String)> {
    let text = std::fs::read_to_string(repository("tests/clouds/tenants-cozystack.yaml")).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from}");
    let (_, diagnostics, sources) = compile_text(&text.replace(from, to));
    let said = |d: &cloudc::diag::Diagnostic| format!("{} {}", d.note, d.help.clone().unwrap_or_default());
    diagnostics.sorted().into_iter().map(|d| (d.rule, sources.text(d.span).to_owned(), said(d))).collect()
}

#[test]
fn windows_are_those_of_the_set() {
    for (from, to, rule, place, said) in [
        (
            "v1.34.9",
            "v1.36.2",
            "version-window",
            "v1.36.2",
            "tenants run 1.31 to 1.35 with the versions of `cozystack`",
        ),
        // Kamaji makes 1.35, but nobody publishes a disk with it.
        ("v1.34.9", "v1.35.6", "no-worker-image", "v1.35.6", "name it"),
        ("v1.33.12", "v1.34.9", "version-window", "cluster-api", "are for Kubernetes 1.29 to 1.33"),
        ("v1.33.12", "v1.32.13", "version-window", "kamaji", "are for Kubernetes 1.33 to 1.35"),
    ] {
        let found = findings(from, to);
        let hit = found.iter().find(|(found, at, _)| *found == rule && (at == place || at == to));
        assert!(hit.is_some_and(|(_, _, words)| words.contains(said)), "{to}: {found:#?}");
    }
    // A Kamaji of one's own is of no set.
    let own = findings("  metallb: {}", "  metallb: {}\n  kamaji: {version: 26.4.5-edge}");
    let [(rule, _, said)] = own.try_into().unwrap();
    assert!(rule == "out-of-support" && !said.contains("Kamaji"), "{said}");
}

#[test]
fn a_set_that_upstream_mends_no_more_is_chosen_knowingly() {
    let text = std::fs::read_to_string(repository("tests/clouds/tenants-cozystack.yaml")).unwrap();
    let found = |text: &str| {
        let (compiled, diagnostics, sources) = compile_text(text);
        assert!(compiled.is_some(), "{diagnostics:?}");
        let found = diagnostics.sorted().into_iter().filter(|d| d.rule == "out-of-support");
        found.map(|d| (sources.text(d.span).to_owned(), d.message.clone(), d.note.clone())).collect::<Vec<_>>()
    };
    let [(at, message, note)] = found(&text).try_into().unwrap();
    assert_eq!(at, "cozystack");
    assert!(message.contains("Cluster API v1.10.1 of `cozystack` on 2026-04-21"), "{message}");
    assert!(note.contains("mended in 26.4.4-edge"), "{note}");
    let cozy = std::fs::read_to_string(repository("examples/cozy/cloud.yaml")).unwrap();
    assert_eq!(found(&cozy), []);
}
