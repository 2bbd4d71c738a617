//! The model's `boot.pxe` -> `boot/`: a folder from which `docker compose up` boots every machine over the network.
//!
//! A machine that boots this way runs Talos in maintenance mode and waits for its configuration; nothing secret is
//! served. Kernels are files beside matchbox rather than addresses on the internet, since iPXE's TLS depends on how it
//! was built.

mod assets;
mod compose;
mod dnsmasq;
mod kernel;
mod matchbox;

use crate::model::{Image, Model, Pxe};
use crate::spec::Arch;
use crate::tree::FileTree;

/// The place in `cloud.yaml` that owns the files.
const ORIGIN: &str = "boot.pxe";

/// Port of matchbox.
const PORT: u16 = 8080;

/// Writes `boot/*` where the cloud boots over the network.
pub fn emit(model: &Model, tree: &mut FileTree) {
    let Some(pxe) = &model.pxe else { return };
    matchbox::emit(model, tree);
    tree.add("boot/dnsmasq.conf", dnsmasq::file(model, pxe), &[ORIGIN]);
    tree.add("boot/compose.yaml", compose::file(model, pxe), &[ORIGIN]);
    tree.add("boot/fetch-assets.sh", assets::script(model), &[ORIGIN]);
    // What the script downloads is large and belongs to nobody's history.
    tree.add("boot/.gitignore", format!("# cloud.yaml: {ORIGIN}\n/matchbox/assets/\n/tftp/\n"), &[ORIGIN]);
}

/// The images that a machine boots over the network: those of machines whose MAC address is known.
fn booted(model: &Model) -> impl Iterator<Item = &Image> {
    let served = |image: &Image| model.nodes.iter().any(|node| node.mac.is_some() && node.image == image.name);
    model.images.iter().filter(move |image| served(image))
}

/// Whether a machine with an arm64 firmware may ask.
fn has_arm64(model: &Model) -> bool {
    booted(model).any(|image| image.ingredients.arch == Arch::Arm64)
}

/// The address of matchbox, as machines reach it.
fn matchbox_url(pxe: &Pxe) -> String {
    format!("http://{}", std::net::SocketAddr::new(pxe.server, PORT))
}

#[cfg(test)]
mod tests;
