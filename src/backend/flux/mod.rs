//! The platform -> what Flux applies to the management cluster: `flux/` and `bootstrap/`.
//!
//! One entry point lists namespaces, sources and the Flux Kustomizations; each Kustomization is one layer of one component,
//! so that a custom resource never stands beside the release that brings its definition.

pub mod bootstrap;
mod components;
mod namespaces;
mod sources;

use serde_json::Value;

use super::flux_objects::{Kustomization, kustomize_file};
use super::yaml;
use crate::model::Model;
use crate::tree::FileTree;

/// Writes `flux/` and `bootstrap/`.
pub fn emit(model: &Model, tree: &mut FileTree) {
    let mut resources = namespaces::emit(model, tree);
    resources.extend(sources::emit(model, tree));
    resources.extend(components::emit(model, tree));
    resources.extend(model.tenants.iter().map(|tenant| format!("tenants/{}.yaml", tenant.name)));
    resources.extend(apps(model, tree));
    put(tree, "flux/kustomization.yaml", &["delivery"], &[kustomize_file(&resources)]);
    bootstrap::emit(model, tree);
}

/// The user's own folder comes after the platform, so that it finds every definition.
fn apps(model: &Model, tree: &mut FileTree) -> Option<String> {
    let folder = model.delivery.as_ref()?.apps.as_ref()?;
    let mut kustomization = Kustomization::of_tree(model, "apps", folder);
    kustomization.path = format!("./{}", folder.trim_matches('/'));
    kustomization.depends_on = model
        .platform
        .components
        .iter()
        .filter_map(|component| component.layers.last())
        .map(|layer| super::flux_objects::Reference::local(layer.name.clone()))
        .collect();
    put(tree, "flux/apps.yaml", &["delivery.apps"], &[kustomization.to_value()]);
    Some("apps.yaml".to_owned())
}

/// One file with its owner in the header.
fn put(tree: &mut FileTree, path: &str, origins: &[&str], documents: &[Value]) {
    let header = [format!("cloud.yaml: {}", origins.join(", "))];
    tree.add(path, yaml::write_documents(&header, documents), origins);
}
