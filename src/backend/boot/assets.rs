//! `boot/fetch-assets.sh`: fills matchbox with what it serves.

use super::{ORIGIN, has_arm64};
use crate::backend::talos::schematic;
use crate::model::{Image, Model};

pub(super) fn script(model: &Model) -> String {
    let mut out = format!(
        "#!/bin/sh
# cloud.yaml: {ORIGIN}
# Downloads what matchbox serves. Run it before the first boot and after every change of an image:
#   sh boot/fetch-assets.sh
set -eu
cd \"$(dirname \"$0\")\"

fetch() {{
  mkdir -p \"$(dirname \"$1\")\"
  curl --fail --location --retry 3 --output \"$1.part\" \"$2\"
  mv \"$1.part\" \"$1\"
}}
"
    );
    for image in &model.images {
        out.push_str(&fetch_image(image));
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

fn fetch_image(image: &Image) -> String {
    let Image { name, factory, ingredients, .. } = image;
    let (arch, talos) = (ingredients.arch.as_str(), &ingredients.talos);
    let (before, kernel, initramfs) = if image.registry.is_some() {
        let release = format!("https://github.com/siderolabs/talos/releases/download/v{talos}");
        let why = "# Talos as released: what the image adds comes with its installer.\n".to_owned();
        (why, format!("{release}/vmlinuz-{arch}"), format!("{release}/initramfs-{arch}.xz"))
    } else {
        let schematic = format!("../talos/images/{name}/schematic.yaml");
        let register = format!(
            "curl --fail --silent --show-error --data-binary @{schematic} https://{factory}/schematics >/dev/null\n"
        );
        let asset = |asset: &str| schematic::asset_url(image, asset);
        (register, asset(&format!("kernel-{arch}")), asset(&format!("initramfs-{arch}.xz")))
    };
    let folder = format!("matchbox/assets/{name}");
    format!(
        "\n# Image {name}, Talos v{talos} {arch}\n{before}fetch {folder}/vmlinuz {kernel}\nfetch {folder}/initramfs.xz {initramfs}\n"
    )
}
