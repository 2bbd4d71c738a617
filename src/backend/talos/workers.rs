//! Images of tenants' Talos workers -> `talos/images/<image>/schematic.yaml`: what the Image Factory must know beside the
//! images of the cloud's own machines.
//!
//! Workers are virtual machines that boot one disk image; nothing of theirs is built here.

use crate::backend::image_factory::config_drive_disk;
use crate::backend::image_factory::schematic::{self, Schematic};
use crate::model::{Image, Model, WorkerImage};
use crate::tree::FileTree;

/// One image per schematic that no machine of the cloud makes known already.
pub(super) fn images(model: &Model) -> Vec<&Image> {
    let known = |image: &&Image| image.registry.is_none();
    let mut ids: Vec<String> =
        model.images.iter().filter(known).map(|image| schematic::id(&image.ingredients)).collect();
    let groups = model.tenants.iter().flat_map(|tenant| &tenant.node_groups);
    let mut images: Vec<&Image> = Vec::new();
    for group in groups {
        let WorkerImage::Talos(image) = &group.image else { continue };
        let id = schematic::id(&image.ingredients);
        if !ids.contains(&id) {
            ids.push(id);
            images.push(image);
        }
    }
    images
}

pub(super) fn emit(model: &Model, tree: &mut FileTree) {
    for image in images(model) {
        let origins: Vec<&str> = image.origins.iter().map(String::as_str).collect();
        tree.add(&format!("talos/images/{}/schematic.yaml", image.name), file(image), &origins);
    }
}

fn file(image: &Image) -> String {
    let schematic = Schematic::of(&image.ingredients);
    format!(
        "# cloud.yaml: {}\n# Image Factory schematic of Talos workers.\n# {:<11}{}\n# {:<11}{}\n\
         # The factory serves only schematics that it knows. Before the first worker, once: sh {}\n{}",
        image.origins.join(", "),
        "ID:",
        schematic.id(),
        "Disk:",
        config_drive_disk(image),
        super::REGISTER,
        schematic.text()
    )
}
