//! Components: a Flux Kustomization per layer, and below it the `HelmRelease`s and objects of that layer.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::backend::flux_objects::{DeletionPolicy, HelmRelease, Kustomization, Reference, kustomize_file};
use crate::backend::objects::Objects;
use crate::catalog::HealthCheck;
use crate::model::{Component, Layer, Model};

pub(super) fn emit(model: &Model, out: &mut Objects) -> Vec<String> {
    let mut files = Vec::new();
    for component in &model.platform.components {
        let origins: Vec<&str> = component.origins.iter().map(String::as_str).collect();
        let kustomizations: Vec<Value> =
            component.layers.iter().map(|layer| kustomization(model, component, layer)).collect();
        for layer in &component.layers {
            folder(component, layer, &origins, out);
        }
        let file = format!("components/{}.yaml", component.name);
        out.add(&format!("flux/{file}"), &origins, kustomizations);
        files.push(file);
    }
    files
}

fn folder_path(component: &Component, layer: &Layer) -> String {
    format!("flux/components/{}/{}", component.name, layer.folder)
}

fn kustomization(model: &Model, component: &Component, layer: &Layer) -> Value {
    let mut out = Kustomization::of_tree(model, layer.name.as_str(), &folder_path(component, layer));
    out.depends_on = layer.depends_on.iter().map(Reference::local).collect();
    out.timeout.clone_from(&layer.timeout);
    // Flux waits for all that it applies; expressions say when kinds are ready that it does not know.
    out.wait = true;
    out.health_checks.clone_from(&layer.health_checks);
    out.health_check_exprs.clone_from(&layer.health_check_exprs);
    if !layer.health_checks.is_empty() {
        // `wait` would make Flux ignore the list: name everything instead.
        out.wait = false;
        out.health_checks.extend(own_health_checks(component, layer));
    }
    if component.protected {
        out.prune = false;
        out.deletion_policy = DeletionPolicy::Orphan;
    }
    if let Some(manifests) = &layer.manifests {
        out.path = format!("./{}", manifests.path.trim_start_matches("./"));
        out.source = Reference::local(manifests.source.clone());
        out.patches.clone_from(&manifests.patches);
        out.decryption = None;
    }
    out.to_value()
}

/// The releases of a layer, and its objects whose readiness an expression tells.
fn own_health_checks(component: &Component, layer: &Layer) -> Vec<HealthCheck> {
    let releases = layer.releases.iter().map(|release| HealthCheck {
        api_version: "helm.toolkit.fluxcd.io/v2".to_owned(),
        kind: "HelmRelease".to_owned(),
        name: release.name.clone(),
        namespace: component.namespace.clone(),
    });
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |object: &&Value| {
        layer
            .health_check_exprs
            .iter()
            .any(|e| object["apiVersion"] == e.api_version.as_str() && object["kind"] == e.kind.as_str())
    };
    let objects = layer.objects.iter().filter(told).map(|object| HealthCheck {
        api_version: text(&object["apiVersion"]),
        kind: text(&object["kind"]),
        name: text(&object["metadata"]["name"]),
        namespace: text(&object["metadata"]["namespace"]),
    });
    releases.chain(objects).collect()
}

fn folder(component: &Component, layer: &Layer, origins: &[&str], out: &mut Objects) {
    if layer.manifests.is_some() {
        return;
    }
    let path = folder_path(component, layer);
    let mut files = Vec::new();
    for release in &layer.releases {
        let file = if layer.releases.len() == 1 {
            "helmrelease.yaml".to_owned()
        } else {
            format!("helmrelease-{}.yaml", release.name)
        };
        let object = HelmRelease {
            name: release.name.clone(),
            namespace: &component.namespace,
            release,
            depends_on: release.depends_on.clone(),
            interval: &component.interval,
            protected: component.protected,
            kube_config: None,
            suspend: false,
        };
        out.add(&format!("{path}/{file}"), origins, [object.to_value()]);
        files.push(file);
    }
    for (kind, objects) in by_kind(&layer.objects) {
        let file = format!("{kind}.yaml");
        out.add(&format!("{path}/{file}"), origins, objects);
        files.push(file);
    }
    out.add(&format!("{path}/kustomization.yaml"), origins, [kustomize_file(&files)]);
}

/// Objects by kind, each kind a file, in order of first appearance. In a cluster without variable substitution `${...}` is
/// plain text; the annotation keeps it so where a user turns substitution on.
fn by_kind(objects: &[Value]) -> IndexMap<String, Vec<Value>> {
    let mut files: IndexMap<String, Vec<Value>> = IndexMap::new();
    for object in objects {
        let mut object = object.clone();
        if object.to_string().contains("${") {
            object["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/substitute"] = json!("disabled");
        }
        let kind = object["kind"].as_str().unwrap_or("object").to_ascii_lowercase();
        files.entry(kind).or_default().push(object);
    }
    files
}
