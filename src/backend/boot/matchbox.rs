//! matchbox: a profile per image (what is started), a group per MAC address (who starts it).
//!
//! A machine without a known MAC address gets no answer, so a stranger on the network is never installed.

use serde_json::{Value, json};

use super::{ORIGIN, kernel};
use crate::model::{Image, Machine, Model};
use crate::tree::FileTree;

pub(super) fn emit(model: &Model, tree: &mut FileTree) {
    for image in &model.images {
        tree.add(&format!("boot/matchbox/profiles/{}.json", image.name), pretty(&profile(image)), &[ORIGIN]);
    }
    for node in &model.nodes {
        if let Some(mac) = &node.mac {
            let origin = format!("nodes.{}", node.name);
            tree.add(
                &format!("boot/matchbox/groups/{}.json", node.name),
                pretty(&group(node, mac)),
                &[&origin, ORIGIN],
            );
        }
    }
}

fn profile(image: &Image) -> Value {
    let assets = format!("/assets/{}", image.name);
    // UEFI kernels look for their initramfs by the name that iPXE gave it.
    let mut arguments = vec!["initrd=initramfs.xz".to_owned()];
    arguments.extend(kernel::arguments(&image.ingredients));
    json!({
        "id": image.name,
        "name": image.name,
        "boot": {
            "kernel": format!("{assets}/vmlinuz"),
            "initrd": [format!("{assets}/initramfs.xz")],
            "args": arguments,
        },
    })
}

fn group(node: &Machine, mac: &str) -> Value {
    json!({"id": node.name, "name": node.name, "profile": node.image, "selector": {"mac": mac}})
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
