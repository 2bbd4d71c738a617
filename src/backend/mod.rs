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

use objects::Objects;

use crate::model::Model;
use crate::tree::FileTree;

/// The whole emitted directory.
pub fn emit(model: &Model) -> FileTree {
    let mut tree = FileTree::default();
    for (product, version) in [("talos", &model.talos), ("kubernetes", &model.kubernetes)] {
        tree.versions.insert(product.to_owned(), format!("v{version}"));
    }
    talos::emit(model, &mut tree);
    boot::emit(model, &mut tree);
    let (objects, _) = objects(model);
    objects.write(&mut tree);
    flux::manifests::write(model, &mut tree);
    docs::emit(model, &objects, &mut tree);
    tree
}

/// What is wrong with the patches, which nothing but the finished documents shows. Without any, [`emit`] writes what was meant.
pub fn misfits(model: &Model) -> Vec<Misfit> {
    let of_objects = if model.patches.is_empty() { Vec::new() } else { objects(model).1 };
    talos::machine::misfits(model).into_iter().chain(of_objects).collect()
}

/// Every object that stands in a manifest of the user's own and is emitted, too.
pub fn duplicates(model: &Model) -> Vec<flux::manifests::Duplicate> {
    if model.platform.extra_manifests.is_empty() {
        return Vec::new();
    }
    flux::manifests::duplicates(model, &objects(model).0)
}

/// Every Kubernetes object of the directory, patched, and what is wrong with the patches.
fn objects(model: &Model) -> (Objects, Vec<Misfit>) {
    let mut objects = Objects::default();
    flux::emit(model, &mut objects);
    capi::emit(model, &mut objects);
    let misfits = objects::patch::apply(&mut objects, model);
    flux::bootstrap::emit(model, &mut objects);
    (objects, misfits)
}
