//! The platform -> what Flux applies to the management cluster: `flux/`, and the part of it that comes first, `bootstrap/`.
//!
//! One entry point lists namespaces, sources and the Flux Kustomizations; each Kustomization is one layer of one component,
//! so that a custom resource never stands beside the release that brings its definition.

pub mod bootstrap;
mod components;
pub mod manifests;
mod namespaces;
mod sources;

use super::flux_objects::{Kustomization, Reference, kustomize_file};
use crate::backend::objects::Objects;
use crate::model::Model;

/// Makes `flux/`.
pub fn emit(model: &Model, out: &mut Objects) {
    let mut resources = namespaces::emit(model, out);
    resources.extend(sources::emit(model, out));
    resources.extend(components::emit(model, out));
    resources.extend(model.tenants.iter().map(|tenant| format!("tenants/{}.yaml", tenant.name)));
    resources.extend(manifests::emit(model, out));
    resources.extend(apps(model, out));
    out.add("flux/kustomization.yaml", &["delivery"], [kustomize_file(&resources)]);
}

/// The last step of every component.
fn after_the_platform(model: &Model) -> Vec<Reference> {
    let last = model.platform.components.iter().filter_map(|component| component.layers.last());
    last.map(|layer| Reference::local(layer.name.clone())).collect()
}

/// The user's own folder comes after the platform, so that it finds every definition.
fn apps(model: &Model, out: &mut Objects) -> Option<String> {
    let folder = model.delivery.as_ref()?.apps.as_ref()?;
    let mut kustomization = Kustomization::of_tree(model, "apps", folder);
    kustomization.path = format!("./{}", folder.trim_matches('/'));
    kustomization.depends_on = after_the_platform(model);
    out.add("flux/apps.yaml", &["delivery.apps"], [kustomization.to_value()]);
    Some("apps.yaml".to_owned())
}
