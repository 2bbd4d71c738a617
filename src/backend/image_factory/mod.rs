//! Where the Image Factory serves what it makes of a schematic.
//!
//! Machines, boot servers and workers of tenants all take something from there; it stands here once, so that no back end
//! needs to know another. Source: siderolabs/image-factory v1.5.0, `docs/api.md`, `internal/profile` (file names),
//! `internal/frontend/http` (`registry.go` and `ui.go`: names of installer images).

mod go_yaml;
pub mod schematic;

use crate::model::{Board, Image, Ingredients};

/// The public factory answers network boot under a host of its own.
const PUBLIC: (&str, &str) = ("factory.talos.dev", "pxe.factory.talos.dev");

/// The installer image of a machine, with tag.
///
/// Up to 1.9 there was one installer for all platforms. An own registry is filled with what the imager built, one
/// architecture per tag; the factory's image holds both.
pub fn installer_image(image: &Image) -> String {
    let Image { ingredients, factory, .. } = image;
    let Ingredients { talos, arch, .. } = ingredients;
    let platform = if talos.minor >= 10 { "metal-" } else { "" };
    let installer = format!("{platform}installer{}", suffix(ingredients));
    let id = schematic::id(ingredients);
    match &image.registry {
        Some(registry) => format!("{registry}/{installer}/{id}:v{talos}-{}", arch.as_str()),
        None => format!("{factory}/{installer}/{id}:v{talos}"),
    }
}

/// The medium of a PC or server.
pub fn iso(image: &Image) -> String {
    asset(image, &format!("{}.iso", metal(&image.ingredients)))
}

/// The disk image. What a board of Talos 1.6 boots from is part of the release: the factory knows boards by their
/// overlays alone.
pub fn disk(image: &Image) -> String {
    let Ingredients { talos, board, arch, .. } = &image.ingredients;
    let compression = compression(&image.ingredients);
    if let Some(Board::BuiltIn { name, .. }) = board {
        let release = format!("https://github.com/siderolabs/talos/releases/download/v{talos}");
        return format!("{release}/metal-{name}-{}.raw{compression}", arch.as_str());
    }
    asset(image, &format!("{}.raw{compression}", metal(&image.ingredients)))
}

/// The disk image of a virtual machine that gets its configuration on a config drive, the form of OpenStack.
///
/// Talos's `nocloud` reads no config drive. `xz` is what the Containerized Data Importer unpacks in every release.
pub fn config_drive_disk(image: &Image) -> String {
    asset(image, &format!("openstack-{}.raw.xz", image.ingredients.arch.as_str()))
}

/// The script for an iPXE that reaches the internet.
pub fn pxe_script(image: &Image) -> String {
    let (host, pxe) = PUBLIC;
    let host = if image.factory == host { pxe } else { &image.factory };
    let Ingredients { talos, .. } = &image.ingredients;
    format!("https://{host}/pxe/{}/v{talos}/{}", schematic::id(&image.ingredients), metal(&image.ingredients))
}

pub fn kernel(image: &Image) -> String {
    asset(image, &format!("kernel-{}", image.ingredients.arch.as_str()))
}

pub fn initramfs(image: &Image) -> String {
    asset(image, &format!("initramfs-{}.xz", image.ingredients.arch.as_str()))
}

/// The kernel command line, as text.
pub fn cmdline(image: &Image) -> String {
    asset(image, &format!("cmdline-{}", metal(&image.ingredients)))
}

/// Kernel, initramfs and command line in one signed file.
pub fn uki(image: &Image) -> String {
    asset(image, &format!("{}-uki.efi", metal(&image.ingredients)))
}

/// How disk images are packed, as a suffix.
pub fn compression(ingredients: &Ingredients) -> &'static str {
    if ingredients.talos.minor >= 8 { ".zst" } else { ".xz" }
}

/// Platform, architecture and Secure Boot, as the factory's and the imager's file names begin.
pub fn metal(ingredients: &Ingredients) -> String {
    format!("metal-{}{}", ingredients.arch.as_str(), suffix(ingredients))
}

pub fn suffix(ingredients: &Ingredients) -> &'static str {
    if ingredients.secure_boot { "-secureboot" } else { "" }
}

fn asset(image: &Image, name: &str) -> String {
    let Image { factory, ingredients, .. } = image;
    format!("https://{factory}/image/{}/v{}/{name}", schematic::id(ingredients), ingredients.talos)
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;
    use crate::backend::talos::fixture::image;
    use crate::spec::Arch;

    const EMPTY: &str = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";

    #[test]
    fn the_installer_follows_the_image() {
        let mut image = image("x86", Arch::Amd64);
        assert_eq!(installer_image(&image), format!("factory.talos.dev/metal-installer/{EMPTY}:v1.13.9"));
        image.ingredients.secure_boot = true;
        assert_eq!(installer_image(&image), format!("factory.talos.dev/metal-installer-secureboot/{EMPTY}:v1.13.9"));
        image.registry = Some("registry.corp.example/talos".to_owned());
        let own = format!("registry.corp.example/talos/metal-installer-secureboot/{EMPTY}:v1.13.9-amd64");
        assert_eq!(installer_image(&image), own);
        image.registry = None;
        image.ingredients.talos = Version::new(1, 9, 6);
        assert_eq!(installer_image(&image), format!("factory.talos.dev/installer-secureboot/{EMPTY}:v1.9.6"));
        image.ingredients.secure_boot = false;
        assert_eq!(installer_image(&image), format!("factory.talos.dev/installer/{EMPTY}:v1.9.6"));
    }

    #[test]
    fn addresses_follow_version_host_and_secure_boot() {
        let mut image = image("x86", Arch::Amd64);
        let public = format!("https://factory.talos.dev/image/{EMPTY}/v1.13.9");
        assert_eq!(iso(&image), format!("{public}/metal-amd64.iso"));
        assert_eq!(disk(&image), format!("{public}/metal-amd64.raw.zst"));
        assert_eq!(config_drive_disk(&image), format!("{public}/openstack-amd64.raw.xz"));
        assert_eq!(kernel(&image), format!("{public}/kernel-amd64"));
        assert_eq!(initramfs(&image), format!("{public}/initramfs-amd64.xz"));
        assert_eq!(cmdline(&image), format!("{public}/cmdline-metal-amd64"));
        assert_eq!(pxe_script(&image), format!("https://pxe.factory.talos.dev/pxe/{EMPTY}/v1.13.9/metal-amd64"));
        image.ingredients.secure_boot = true;
        image.ingredients.talos = Version::new(1, 7, 7);
        image.factory = "factory.corp.example".to_owned();
        let own = format!("https://factory.corp.example/image/{EMPTY}/v1.7.7/metal-amd64-secureboot");
        assert_eq!(iso(&image), format!("{own}.iso"));
        assert_eq!(disk(&image), format!("{own}.raw.xz"));
        assert_eq!(uki(&image), format!("{own}-uki.efi"));
        assert_eq!(
            pxe_script(&image),
            format!("https://factory.corp.example/pxe/{EMPTY}/v1.7.7/metal-amd64-secureboot")
        );
    }

    #[test]
    fn a_board_of_talos_itself_boots_from_the_release() {
        let mut image = image("pi4", Arch::Arm64);
        image.ingredients.talos = Version::new(1, 6, 4);
        image.ingredients.board = Some(Board::BuiltIn { name: "rpi_generic".to_owned(), kernel_args: Vec::new() });
        let release = "https://github.com/siderolabs/talos/releases/download/v1.6.4";
        assert_eq!(disk(&image), format!("{release}/metal-rpi_generic-arm64.raw.xz"));
    }
}
