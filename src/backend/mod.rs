//! Model -> [`FileTree`]: one back end per family of output; none knows another, none can fail.

pub mod boot;
pub mod capi;
pub mod docs;
pub mod flux;
pub mod flux_objects;
pub mod image_factory;
pub mod talos;
pub mod talos_registries;
pub mod yaml;

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
    flux::emit(model, &mut tree);
    capi::emit(model, &mut tree);
    docs::emit(model, &mut tree);
    tree
}
