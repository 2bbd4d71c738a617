//! Manifests of the user's own -> `flux/manifests/`, byte for byte under their own paths, and the Kustomization that applies them.
//!
//! It comes after the platform, so that custom resources find their definitions, and puts no values in: what looks like a
//! variable in a manifest is the user's text. Definitions among the manifests come before what needs them, since Flux applies
//! those first.

use super::after_the_platform;
use crate::backend::flux_objects::{Kustomization, kustomize_file};
use crate::backend::objects::{Identity, Objects};
use crate::model::{EXTRA_MANIFESTS, Model, ObjectId};
use crate::tree::FileTree;

const FOLDER: &str = "flux/manifests";
const ORIGIN: &str = "extraManifests";

pub(super) fn emit(model: &Model, out: &mut Objects) -> Option<String> {
    let manifests = &model.platform.extra_manifests;
    if manifests.is_empty() {
        return None;
    }
    let files: Vec<String> = manifests.keys().cloned().collect();
    out.add(&format!("{FOLDER}/kustomization.yaml"), &[ORIGIN], [kustomize_file(&files)]);
    let mut kustomization = Kustomization::of_tree(model, EXTRA_MANIFESTS, FOLDER);
    kustomization.depends_on = after_the_platform(model);
    out.add(&format!("{FOLDER}.yaml"), &[ORIGIN], [kustomization.to_value()]);
    Some("manifests.yaml".to_owned())
}

/// Writes the manifests themselves: there is no header in what is not ours.
pub fn write(model: &Model, tree: &mut FileTree) {
    for (path, manifest) in &model.platform.extra_manifests {
        tree.add(&format!("{FOLDER}/{path}"), manifest.text.as_bytes(), &[&manifest.origin]);
    }
}

/// An object that stands in a manifest and is emitted, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The manifest, and the number of the object in it.
    pub path: String,
    pub object: usize,
    /// Path in `cloud.yaml` that owns the emitted one.
    pub origin: String,
}

/// Every object of the manifests that is emitted for the cloud's own cluster, too.
pub fn duplicates(model: &Model, objects: &Objects) -> Vec<Duplicate> {
    let id = |identity: Identity<'_>| ObjectId::new(identity.group(), identity.kind, identity.namespace, identity.name);
    let owner = |wanted: &ObjectId| {
        let here = objects.files.iter().filter(|file| !file.applied.in_tenant);
        let mut owners = here.filter(|file| {
            let mut ids = file.documents.iter().filter_map(Identity::of).map(id);
            ids.any(|emitted| emitted == *wanted)
        });
        owners.next().and_then(|file| file.origins.first().cloned())
    };
    let mut found = Vec::new();
    for (path, manifest) in &model.platform.extra_manifests {
        for (object, id) in manifest.objects.iter().enumerate() {
            found.extend(owner(id).map(|origin| Duplicate { path: path.clone(), object, origin }));
        }
    }
    found
}
