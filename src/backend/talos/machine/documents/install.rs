//! `UnattendedInstallConfig` (1.14): which disk Talos goes on, and from which image.

use serde_json::{Value, json};

use super::super::disk;
use super::super::object::Object;
use super::super::target::Target;
use crate::backend::image_factory::installer_image;

pub fn document(target: &Target) -> Value {
    let Target { model, machine, .. } = target;
    let expression = disk::install_expression(&machine.install_disk);
    Object::document("UnattendedInstallConfig")
        .set("installer", json!({"image": installer_image(model.image_of(machine))}))
        .set("provisioning", json!({"diskSelector": {"match": expression}, "wipe": machine.wipe}))
        .build()
}
