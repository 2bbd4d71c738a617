//! `boot/fetch-assets.sh`: fills matchbox with what it serves.

use super::{ORIGIN, booted, has_arm64};
use crate::backend::image_factory as factory;
use crate::backend::talos::REGISTER;
use crate::backend::talos::imager::{self, Output};
use crate::model::{Image, Model};

/// What matchbox serves of an image, below `matchbox/assets/<image>/`: kernel and initramfs, or with Secure Boot the one
/// signed file that holds both.
pub(super) const KERNEL: &str = "vmlinuz";
pub(super) const INITRAMFS: &str = "initramfs.xz";
pub(super) const UKI: &str = "talos-uki.efi";

pub(super) fn script(model: &Model) -> String {
    let own = model.images.iter().any(|image| image.registry.is_some());
    let how = if own { "Makes" } else { "Downloads" };
    let mut out = format!(
        "#!/bin/sh
# cloud.yaml: {ORIGIN}
# {how} what matchbox serves. Run it before the first boot and after every change of an image:
#   sh boot/fetch-assets.sh
set -eu
cd \"$(dirname \"$0\")\"
"
    );
    if !own || has_arm64(model) {
        out.push_str(FETCH);
    }
    if !own {
        out.push_str(&format!("\n# The factory serves only schematics that it knows.\nsh ../{REGISTER}\n"));
    }
    for image in booted(model) {
        out.push_str(&if image.registry.is_some() { build_image(image) } else { fetch_image(image) });
    }
    if has_arm64(model) {
        out.push_str(
            "
# The dnsmasq image has iPXE for amd64 only. iPXE publishes no versions of its binaries.
fetch tftp/ipxe-arm64.efi https://boot.ipxe.org/arm64-efi/ipxe.efi
",
        );
    }
    out
}

const FETCH: &str = "
fetch() {
  mkdir -p \"$(dirname \"$1\")\"
  curl --fail --location --retry 3 --output \"$1.part\" \"$2\"
  mv \"$1.part\" \"$1\"
}
";

/// What is served, with the output of the imager and the address at the factory that it comes from.
fn parts(image: &Image) -> Vec<(&'static str, Output, String)> {
    if image.ingredients.secure_boot {
        return vec![(UKI, Output::Uki, factory::uki(image))];
    }
    vec![(KERNEL, Output::Kernel, factory::kernel(image)), (INITRAMFS, Output::Initramfs, factory::initramfs(image))]
}

fn fetch_image(image: &Image) -> String {
    let mut out = title(image);
    for (name, _, address) in parts(image) {
        out.push_str(&format!("fetch matchbox/assets/{}/{name} {address}\n", image.name));
    }
    out
}

/// Without the factory, the imager makes the same files on the spot.
fn build_image(image: &Image) -> String {
    let Image { name, ingredients, .. } = image;
    let (profiles, folder) = (format!("../talos/images/{name}"), format!("matchbox/assets/{name}"));
    let mut out = title(image);
    // Made here, since docker would make it its own.
    out.push_str(&format!("mkdir -p {folder} {profiles}/out\n"));
    for (served, output, _) in parts(image) {
        out.push_str(&format!("(cd {profiles} && {})\n", imager::command(ingredients, output)));
        out.push_str(&format!("mv {profiles}/out/{} {folder}/{served}\n", output.result(ingredients)));
    }
    out
}

fn title(image: &Image) -> String {
    let Image { name, ingredients, .. } = image;
    format!("\n# Image {name}, Talos v{} {}\n", ingredients.talos, ingredients.arch.as_str())
}
