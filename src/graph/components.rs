//! What Flux applies, in its order: the Kustomizations of the emitted tree, for those are what Flux sees. The model adds what they
//! install.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Graph, Relation, What};
use crate::emitted::{self, Contents};
use crate::model::{Component, FLUX_NAMESPACE, Model, Release};
use crate::tree::FileTree;

/// A Flux Kustomization of the tree.
struct Kustomization {
    /// The file that it stands in.
    file: String,
    namespace: String,
    name: String,
    value: Value,
}

pub(super) fn graph(model: &Model, tree: &FileTree) -> Graph {
    let mut graph = Graph::new(model, What::Components);
    let kustomizations = kustomizations(tree);
    let mut known = BTreeMap::new();
    for Kustomization { file, namespace, name, .. } in &kustomizations {
        let group = if let Some(component) = component(model, name, namespace) {
            // One box needs no frame.
            (component.layers.len() > 1).then(|| graph.group("component", component.name.as_str()))
        } else {
            tenant(file).map(|tenant| graph.group("tenant", tenant))
        };
        let lines = versions(model, name, namespace);
        let id = format!("{namespace}/{name}");
        known.insert(id.clone(), graph.node("kustomization", (id, name), lines, group));
    }
    for (to, kustomization) in kustomizations.iter().enumerate() {
        let depends_on = kustomization.value["spec"]["dependsOn"].as_array();
        for other in depends_on.into_iter().flatten() {
            let namespace = other["namespace"].as_str().unwrap_or(&kustomization.namespace);
            let id = format!("{namespace}/{}", other["name"].as_str().unwrap_or_default());
            if let Some(from) = known.get(&id) {
                graph.edge(*from, to, Relation::Before);
            }
        }
        // What a Kustomization brings comes after it; where its own order begins is all that there is to show.
        if depends_on.is_none()
            && let Some(from) = kustomizations.iter().position(|other| applies(model, other, &kustomization.file))
        {
            graph.edge(from, to, Relation::Applies);
        }
    }
    graph
}

/// In the order of their files.
fn kustomizations(tree: &FileTree) -> Vec<Kustomization> {
    let mut found = Vec::new();
    for (path, file) in tree.iter() {
        let path = path.as_str();
        if !path.starts_with("flux/") && !path.starts_with("tenants/") {
            continue;
        }
        let Contents::Documents(documents) = emitted::read(path, &String::from_utf8_lossy(&file.bytes)) else {
            continue;
        };
        for document in documents {
            let object = document.object;
            if object.group == "kustomize.toolkit.fluxcd.io" && object.kind == "Kustomization" {
                found.push(Kustomization {
                    file: path.to_owned(),
                    namespace: object.namespace.unwrap_or_default(),
                    name: object.name.unwrap_or_default(),
                    value: document.value,
                });
            }
        }
    }
    found
}

fn component<'a>(model: &'a Model, name: &str, namespace: &str) -> Option<&'a Component> {
    let here = |component: &&Component| component.layers.iter().any(|layer| layer.name == name);
    model.platform.components.iter().find(here).filter(|_| namespace == FLUX_NAMESPACE)
}

/// `flux/tenants/<tenant>.yaml`, `tenants/<tenant>/...`
fn tenant(file: &str) -> Option<&str> {
    let own = file.strip_prefix("flux/tenants/").and_then(|rest| rest.strip_suffix(".yaml"));
    own.or_else(|| file.strip_prefix("tenants/")?.split('/').next())
}

/// Versions of the charts that it installs, each once.
fn versions(model: &Model, name: &str, namespace: &str) -> Vec<String> {
    let mut releases: Vec<&Release> = Vec::new();
    if let Some(component) = component(model, name, namespace) {
        let layers = component.layers.iter().filter(|layer| layer.name == name);
        releases.extend(layers.flat_map(|layer| &layer.releases));
    }
    for tenant in model.tenants.iter().filter(|tenant| tenant.namespace == namespace) {
        let addons = tenant.addons.iter().filter(|addon| format!("{}-{}", tenant.name, addon.name) == name);
        releases.extend(addons.flat_map(|addon| &addon.releases));
    }
    let mut versions: Vec<String> = releases.iter().map(|release| release.chart.version.clone()).collect();
    versions.dedup();
    versions
}

/// Whether a file stands in the folder that a Kustomization applies.
fn applies(model: &Model, kustomization: &Kustomization, file: &str) -> bool {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let seen =
        model.delivery.as_ref().map_or_else(|| format!("./{folder}"), |delivery| delivery.repository_path(folder));
    kustomization.value["spec"]["path"] == seen.as_str()
}
