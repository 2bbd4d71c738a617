//! The ingredients of an image -> an Image Factory schematic: its bytes, its ID, and the addresses that follow.
//!
//! The factory calls a schematic by the SHA-256 of its canonical YAML, so the ID is known without asking the factory.
//! Canonical means the field order of siderolabs/image-factory `pkg/schematic` and the layout of go-yaml with an
//! indentation of four; list order counts, which is why [`Ingredients`] keep extensions sorted.

use sha2::{Digest, Sha256};

use super::go_yaml;
use crate::model::{Image, Ingredients};

/// The canonical YAML. Secure Boot is not in it: it is another image of the same schematic.
pub fn text(ingredients: &Ingredients) -> String {
    let mut out = String::new();
    if let Some(overlay) = &ingredients.overlay {
        let (image, name) = (go_yaml::scalar(&overlay.image), go_yaml::scalar(&overlay.name));
        out.push_str(&format!("overlay:\n    image: {image}\n    name: {name}\n"));
    }
    if ingredients.kernel_args.is_empty() && ingredients.extensions.is_empty() {
        out.push_str("customization: {}\n");
        return out;
    }
    out.push_str("customization:\n");
    if !ingredients.kernel_args.is_empty() {
        out.push_str("    extraKernelArgs:\n");
        for arg in &ingredients.kernel_args {
            out.push_str(&format!("        - {}\n", go_yaml::scalar(arg)));
        }
    }
    if !ingredients.extensions.is_empty() {
        out.push_str("    systemExtensions:\n        officialExtensions:\n");
        for name in &ingredients.extensions {
            out.push_str(&format!("            - {}\n", go_yaml::scalar(&format!("siderolabs/{name}"))));
        }
    }
    out
}

/// The schematic's ID: 64 hex digits.
pub fn id(ingredients: &Ingredients) -> String {
    format!("{:x}", Sha256::digest(text(ingredients)))
}

/// The installer image of a machine, with tag.
///
/// An own registry is filled with what the imager built, one architecture per tag; the factory's image holds both.
pub fn installer_image(image: &Image) -> String {
    let Image { ingredients, factory, .. } = image;
    let Ingredients { talos, arch, .. } = ingredients;
    let installer = if ingredients.secure_boot { "metal-installer-secureboot" } else { "metal-installer" };
    let id = id(ingredients);
    match &image.registry {
        Some(registry) => format!("{registry}/{installer}/{id}:v{talos}-{}", arch.as_str()),
        None => format!("{factory}/{installer}/{id}:v{talos}"),
    }
}

/// Where the factory serves a boot asset, for example `kernel-amd64`.
///
/// Source: siderolabs/image-factory, `docs/api.md`.
pub fn asset_url(image: &Image, asset: &str) -> String {
    format!("https://{}/image/{}/v{}/{asset}", image.factory, id(&image.ingredients), image.ingredients.talos)
}

/// `talos/images/<image>/schematic.yaml`: the canonical bytes under a comment. Comments do not change the ID, since the
/// factory hashes what it parsed.
pub fn file(image: &Image) -> String {
    let Image { name, factory, ingredients, .. } = image;
    let arch = ingredients.arch.as_str();
    let suffix = if ingredients.secure_boot { "-secureboot" } else { "" };
    // The public factory answers network boot under a host of its own.
    let pxe = if factory == "factory.talos.dev" { "pxe.factory.talos.dev" } else { factory };
    let id = id(ingredients);
    let talos = &ingredients.talos;
    let compression = if talos.minor >= 8 { "zst" } else { "xz" };
    format!(
        "# cloud.yaml: {origin}
# Image Factory schematic of image {name}, Talos v{talos} {arch}.
# ID:        {id}
# Installer: {installer}
# ISO:       {iso}
# Disk:      {disk}
# PXE:       https://{pxe}/pxe/{id}/v{talos}/metal-{arch}{suffix}
# The factory knows an ID only after its schematic was registered; do this once, before the first boot:
#   curl -X POST --data-binary @schematic.yaml https://{factory}/schematics
{text}",
        origin = origin(image),
        installer = installer_image(image),
        iso = asset_url(image, &format!("metal-{arch}{suffix}.iso")),
        disk = asset_url(image, &format!("metal-{arch}{suffix}.raw.{compression}")),
        text = text(ingredients),
    )
}

/// The place in `cloud.yaml` that owns the files of an image.
pub(super) fn origin(image: &Image) -> &str {
    image.origins.first().map_or("nodes", String::as_str)
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;
    use crate::model::Overlay;
    use crate::spec::Arch;

    fn ingredients(overlay: Option<(&str, &str)>, args: &[&str], extensions: &[&str]) -> Ingredients {
        let owned = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect();
        let overlay = overlay.map(|(name, image)| Overlay {
            name: name.to_owned(),
            image: format!("siderolabs/{image}"),
            version: "v0.2.0".to_owned(),
        });
        Ingredients {
            talos: Version::new(1, 13, 9),
            arch: Arch::Amd64,
            secure_boot: false,
            overlay,
            extensions: owned(extensions),
            kernel_args: owned(args),
        }
    }

    /// Published pairs of content and ID: image-factory `pkg/schematic/schematic_test.go`, the Talos documentation, the
    /// tests and guides of talhelper, Cozystack's API.
    #[test]
    fn ids_are_those_of_the_factory() {
        for (overlay, args, extensions, expected) in [
            (None, &[][..], &[][..], "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba"),
            (None, &["noapic", "nolapic"], &[], "9cba8e32753f91a16c1837ab8abf356af021706ef284aef07380780177d9a06c"),
            (
                Some(("rpi_generic", "sbc-raspberrypi")),
                &[],
                &[],
                "ee21ef4a5ef808a9b7484cc0dda0f25075021691c8c09a276591eedb638ea1f9",
            ),
            (
                None,
                &["net.ifnames=0"],
                &["gvisor", "intel-ucode"],
                "b8e8fbbe1b520989e6c52c8dc8303070cb42095997e76e812fa8892393e1d176",
            ),
            (None, &[], &["gvisor"], "d9ff89777e246792e7642abd3220a616afb4e49822382e4213a2e528ab826fe5"),
            (None, &[], &["qemu-guest-agent"], "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515"),
            (
                None,
                &["net.ifnames=0"],
                &["intel-ucode"],
                "9e8cc193609699825d61c039c7738d81cf29c7b20f2a91d8f5c540511b9ea0b4",
            ),
            (None, &[], &["drbd", "zfs"], "98442b5bb4e8d050f30978ce3e6ec22e7bf534d57cafcd51313235128057e612"),
            (None, &[], &["zfs", "drbd"], "831d63f6f125345f9ae33790d066aa39cd8afedf0ea436e2cb6be1af164e96b5"),
            (None, &["hihi", "hehe"], &[], "ff5083b14ccb03821ea738d712ac08a82b44d2693013622059edaae286665239"),
            (
                None,
                &["net.ifnames=0"],
                &["tailscale"],
                "104c23dfe7c5bfeff6a4cc7e166d8b3bba0f371760592c7677c90c822bb1d109",
            ),
            (
                Some(("bananapi_m64", "sbc-allwinner")),
                &[],
                &[],
                "8e11dcb3c2803fbe893ab201fcadf1ef295568410e7ced95c6c8b122a5070ce4",
            ),
            (
                Some(("jetson_nano", "sbc-jetson")),
                &[],
                &[],
                "c7d6f36c6bdfb45fd63178b202a67cff0dd270262269c64886b43f76880ecf1e",
            ),
            (
                Some(("libretech_all_h3_cc_h5", "sbc-allwinner")),
                &[],
                &[],
                "5689d7795f91ac5bf6ccc85093fad8f8b27f6ea9d96a9ac5a059997bffd8ad5c",
            ),
            (
                Some(("pine64", "sbc-allwinner")),
                &[],
                &[],
                "185431e0f0bf34c983c6f47f4c6d3703aa2f02cd202ca013216fd71ffc34e175",
            ),
            (
                Some(("rock64", "sbc-rockchip")),
                &[],
                &[],
                "0e162298269125049a51ec0a03c2ef85405a55e1d2ac36a7ef7292358cf3ce5a",
            ),
            (
                Some(("rockpi4", "sbc-rockchip")),
                &[],
                &[],
                "25d2690bb48685de5939edd6dee83a0e09591311e64ad03c550de00f8a521f51",
            ),
            (
                Some(("rockpi4c", "sbc-rockchip")),
                &[],
                &[],
                "08e72e242b71f42c9db5bed80e8255b2e0d442a372bc09055b79537d9e3ce191",
            ),
            (
                Some(("nanopi-r4s", "sbc-rockchip")),
                &[],
                &[],
                "5f74a09891d5830f0b36158d3d9ea3b1c9cc019848ace08ff63ba255e38c8da4",
            ),
        ] {
            let ingredients = ingredients(overlay, args, extensions);
            assert_eq!(id(&ingredients), expected, "{}", text(&ingredients));
        }
    }

    #[test]
    fn the_installer_follows_the_image() {
        let mut image = Image {
            name: "pi4".to_owned(),
            ingredients: ingredients(None, &[], &[]),
            factory: "factory.talos.dev".to_owned(),
            registry: None,
            nodes: Vec::new(),
            origins: Vec::new(),
        };
        let empty = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
        assert_eq!(installer_image(&image), format!("factory.talos.dev/metal-installer/{empty}:v1.13.9"));
        image.ingredients.secure_boot = true;
        assert_eq!(installer_image(&image), format!("factory.talos.dev/metal-installer-secureboot/{empty}:v1.13.9"));
        image.registry = Some("registry.corp.example/talos".to_owned());
        let own = format!("registry.corp.example/talos/metal-installer-secureboot/{empty}:v1.13.9-amd64");
        assert_eq!(installer_image(&image), own);
    }
}
