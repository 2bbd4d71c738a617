//! Model -> [`FileTree`]: one back end per family of output; none knows another, none can fail.

pub mod boot;
pub mod capi;
pub mod docs;
pub mod flux;
pub mod flux_objects;
pub mod image_factory;
mod misfit;
pub mod objects;
pub mod talos;
pub mod talos_registries;
pub mod yaml;

pub use misfit::Misfit;

use objects::{ObjectFile, Objects, Text};

use crate::model::Model;
use crate::tree::FileTree;

/// Every Kubernetes object of the directory, patched, and what is wrong with the patches, which nothing but finished objects shows.
/// Without anything wrong, [`emit`] writes what was meant.
pub fn objects(model: &Model) -> (Objects, Vec<Misfit>) {
    let mut objects = Objects::default();
    flux::emit(model, &mut objects);
    capi::emit(model, &mut objects);
    let misfits = objects::patch::apply(&mut objects, model);
    flux::bootstrap::emit(model, &mut objects);
    (objects, misfits)
}

/// The whole emitted directory, with the [`objects()`] of this model if they have been made; they must be, where some are patched.
pub fn emit(model: &Model, objects: Option<Objects>) -> FileTree {
    let (objects, tenants) = objects.map_or_else(|| unpatched(model), |objects| (objects, Vec::new()));
    let mut tree = FileTree::default();
    for (product, version) in [("talos", &model.talos), ("kubernetes", &model.kubernetes)] {
        tree.versions.insert(product.to_owned(), format!("v{version}"));
    }
    talos::emit(model, &mut tree);
    boot::emit(model, &mut tree);
    docs::emit(model, &objects, &mut tree);
    objects.write(&mut tree);
    for file in tenants {
        file.write(&mut tree);
    }
    flux::manifests::write(model, &mut tree);
    tree
}

/// The objects of the platform and the texts of those of tenants, when there is nothing to patch. A tenant's are text as soon as they are
/// made: those of all tenants at once would be the most that a compile keeps.
fn unpatched(model: &Model) -> (Objects, Vec<Text>) {
    debug_assert!(model.patches.is_empty(), "what is patched is made before");
    let mut objects = Objects::default();
    flux::emit(model, &mut objects);
    flux::bootstrap::emit(model, &mut objects);
    (objects, capi::of_tenants(model, |files| files.into_iter().map(ObjectFile::text).collect()))
}
