//! Machines and images -> `talos/`: what is installed, and what each machine is told.
//!
//! Nothing here holds a secret: the machine configurations lack exactly what a Talos secrets bundle adds.

#[cfg(test)]
pub(crate) mod fixture;
pub mod imager;
pub mod machine;
mod register;
mod workers;

use crate::backend::image_factory::schematic;
use crate::backend::yaml;
use crate::model::{Image, Machine, Model};
use crate::parallel;
use crate::tree::FileTree;

pub use register::PATH as REGISTER;

/// Writes `talos/images/*` and `talos/machines/*`.
pub fn emit(model: &Model, tree: &mut FileTree) {
    for image in &model.images {
        emit_image(image, tree);
    }
    workers::emit(model, tree);
    register::emit(model, tree);
    // What the imager makes is large, and what signs it is secret.
    tree.add("talos/images/.gitignore", "# cloud.yaml: nodes\n/*/out/\n/secureboot/\n", &["nodes"]);
    let machines = parallel::map(&model.nodes, |node| machine_file(model, node));
    for (node, text) in model.nodes.iter().zip(machines) {
        let origins: Vec<&str> = node.origins.iter().map(String::as_str).collect();
        tree.add(&format!("talos/machines/{}.yaml", node.name), text, &origins);
    }
}

fn emit_image(image: &Image, tree: &mut FileTree) {
    let folder = format!("talos/images/{}", image.name);
    let origins: Vec<&str> = image.origins.iter().map(String::as_str).collect();
    for output in imager::Output::all(&image.ingredients) {
        tree.add(&format!("{folder}/{}", output.profile()), imager::file(image, output), &origins);
    }
    tree.add(&format!("{folder}/schematic.yaml"), schematic::file(image), &origins);
}

fn machine_file(model: &Model, node: &Machine) -> String {
    let header = [
        format!("cloud.yaml: {}", node.origins.join(", ")),
        "Machine configuration without secrets; this completes it:".to_owned(),
        format!("  cloudc machineconfig {}", node.name),
    ];
    yaml::write_documents(&header, &machine::documents(model, node, None))
}
