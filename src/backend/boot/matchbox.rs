//! matchbox: a profile per image (what is started), a group per MAC address (who starts it).
//!
//! A machine without a known MAC address gets no answer, so a stranger on the network is never installed.

use serde_json::{Value, json};

use super::{ORIGIN, assets, booted, kernel};
use crate::model::{Image, Machine, Model};
use crate::tree::FileTree;

pub(super) fn emit(model: &Model, tree: &mut FileTree) {
    for image in booted(model) {
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

/// The kernel and its initramfs; with Secure Boot one file that has both and its own command line, which it follows
/// while the firmware enforces signatures.
fn profile(image: &Image) -> Value {
    let folder = format!("/assets/{}", image.name);
    let arguments = kernel::arguments(&image.ingredients);
    let boot = if image.ingredients.secure_boot {
        json!({"kernel": format!("{folder}/{}", assets::UKI), "initrd": [], "args": arguments})
    } else {
        // UEFI kernels look for their initramfs by the name that iPXE gave it.
        let own = std::iter::once(format!("initrd={}", assets::INITRAMFS));
        json!({
            "kernel": format!("{folder}/{}", assets::KERNEL),
            "initrd": [format!("{folder}/{}", assets::INITRAMFS)],
            "args": own.chain(arguments).collect::<Vec<_>>(),
        })
    };
    json!({"id": image.name, "name": image.name, "boot": boot})
}

fn group(node: &Machine, mac: &str) -> Value {
    json!({"id": node.name, "name": node.name, "profile": node.image, "selector": {"mac": mac}})
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
