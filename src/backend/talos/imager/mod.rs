//! The ingredients of an image -> profiles of Talos's own imager: `talos/images/<image>/imager.yaml` makes the installer,
//! `imager-<output>.yaml` what a machine boots from.
//!
//! They are for those who build their images themselves, without the Image Factory. Field names and order are those of
//! siderolabs/talos `pkg/imager/profile`, v1.6 to v1.14. The imager ignores a key that it does not know, so each minor
//! gets its own keys and no others.

use serde_json::{Map, Value, json};

use crate::backend::image_factory as factory;
use crate::backend::yaml;
use crate::model::{Board, Image, Ingredients};

/// The smallest disk image, in bytes: 1246 MiB. The imager adds what a boot loader needs.
///
/// Source: siderolabs/talos `pkg/imager/profile/default.go` (`MinRAWDiskSize`), the same from v1.6 to v1.14.
const DISK_SIZE: u64 = 1246 * 1024 * 1024;

/// What the imager makes of one set of ingredients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    Installer,
    Iso,
    Disk,
    Kernel,
    Initramfs,
    /// Kernel, initramfs and command line in one signed file.
    Uki,
}

impl Output {
    /// All that is of use for an image: boards boot from a disk image, and Secure Boot starts nothing but a signed whole.
    pub fn all(ingredients: &Ingredients) -> Vec<Self> {
        let mut outputs = vec![Self::Installer];
        outputs.extend(ingredients.board.is_none().then_some(Self::Iso));
        outputs.push(Self::Disk);
        outputs.extend(if ingredients.secure_boot { vec![Self::Uki] } else { vec![Self::Kernel, Self::Initramfs] });
        outputs
    }

    /// Name of the profile.
    pub const fn profile(self) -> &'static str {
        match self {
            Self::Installer => "imager.yaml",
            Self::Iso => "imager-iso.yaml",
            Self::Disk => "imager-metal.yaml",
            Self::Kernel => "imager-kernel.yaml",
            Self::Initramfs => "imager-initramfs.yaml",
            Self::Uki => "imager-uki.yaml",
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Installer => "installer",
            Self::Iso => "iso",
            Self::Disk => "image",
            Self::Kernel => "kernel",
            Self::Initramfs => "initramfs",
            Self::Uki => "uki",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Installer => "installer",
            Self::Iso => "ISO",
            Self::Disk => "disk image",
            Self::Kernel => "kernel",
            Self::Initramfs => "initramfs",
            Self::Uki => "UKI",
        }
    }

    /// Name of what is made.
    pub fn result(self, ingredients: &Ingredients) -> String {
        let (arch, suffix) = (ingredients.arch.as_str(), factory::suffix(ingredients));
        // Talos 1.6 has the board in the name of everything but the installer.
        let platform = match &ingredients.board {
            Some(Board::BuiltIn { name, .. }) => format!("metal-{name}-{arch}"),
            _ => format!("metal-{arch}"),
        };
        match self {
            Self::Installer => format!("installer-{arch}{suffix}.tar"),
            Self::Iso => format!("{platform}{suffix}.iso"),
            Self::Disk => format!("{platform}{suffix}.raw{}", factory::compression(ingredients)),
            Self::Kernel => format!("kernel-{arch}"),
            Self::Initramfs => format!("initramfs-{platform}.xz"),
            Self::Uki => format!("{platform}{suffix}-uki.efi"),
        }
    }

    /// Whether the command line is part of it. Up to 1.9 an installer makes one by itself, from the machine configuration,
    /// unless it was signed (siderolabs/talos `pkg/imager/profile`, `Validate` at v1.9.6 and v1.10.0).
    const fn has_command_line(self, ingredients: &Ingredients) -> bool {
        match self {
            Self::Kernel | Self::Initramfs => false,
            Self::Installer => ingredients.secure_boot || ingredients.talos.minor >= 10,
            Self::Iso | Self::Disk | Self::Uki => true,
        }
    }
}

/// The command that makes one output, in the folder of the profiles, into its subfolder `out`.
///
/// Up to 1.12 it mounts a disk image through a loop device, which takes privileges (release notes of v1.13).
pub fn command(ingredients: &Ingredients, output: Output) -> String {
    let keys = if ingredients.secure_boot { " -v \"$PWD/../secureboot:/secureboot:ro\"" } else { "" };
    let devices =
        if output == Output::Disk && ingredients.talos.minor < 13 { " --privileged -v /dev:/dev" } else { "" };
    format!(
        "docker run --rm -i -v \"$PWD/out:/out\"{keys}{devices} ghcr.io/siderolabs/imager:v{} - < {}",
        ingredients.talos,
        output.profile()
    )
}

/// A profile with its header.
pub(super) fn file(image: &Image, output: Output) -> String {
    yaml::write_documents(&header(image, output), [&profile(&image.ingredients, output)])
}

fn header(image: &Image, output: Output) -> Vec<String> {
    let Image { name, ingredients, .. } = image;
    let result = output.result(ingredients);
    let mut lines = vec![
        format!("cloud.yaml: {}", image.origins.join(", ")),
        format!("Imager profile: the {} of image {name}, out/{result}", output.what()),
        format!("  {}", command(ingredients, output)),
    ];
    if output != Output::Installer {
        return lines;
    }
    if image.registry.is_some() {
        lines.push("Then it goes to where the machines look for it:".to_owned());
        lines.push(format!("  crane push out/{result} {}", factory::installer_image(image)));
    } else {
        lines.push(
            "The machines take their installer from the Image Factory (schematic.yaml); this is the way without."
                .to_owned(),
        );
    }
    if ingredients.secure_boot {
        lines.push("The keys in talos/images/secureboot/ sign all images. Make them once, and keep them:".to_owned());
        lines.push("  for what in uki pcr; do talosctl gen secureboot $what --output ../secureboot; done".to_owned());
        let flags =
            ["enrolled-certificate", "signing-certificate"].map(|flag| format!("--{flag} $keys/uki-signing-cert.pem"));
        lines.push(format!(
            "  keys=../secureboot; talosctl gen secureboot database --output $keys {} --signing-key $keys/uki-signing-key.pem",
            flags.join(" ")
        ));
    }
    if !ingredients.extensions.is_empty() {
        lines.push("Extensions are named by tag. This lists the same with digests:".to_owned());
        lines.push(format!(
            "  crane export ghcr.io/siderolabs/extensions:v{} - | tar x -O image-digests",
            ingredients.talos
        ));
    }
    lines
}

fn profile(ingredients: &Ingredients, output: Output) -> Value {
    let Ingredients { talos, arch, secure_boot, .. } = ingredients;
    let mut profile = Map::new();
    profile.insert("arch".to_owned(), json!(arch.as_str()));
    profile.insert("platform".to_owned(), json!("metal"));
    if let Some(Board::BuiltIn { name, .. }) = &ingredients.board {
        profile.insert("board".to_owned(), json!(name));
    }
    profile.insert("secureboot".to_owned(), json!(secure_boot));
    profile.insert("version".to_owned(), json!(format!("v{talos}")));
    if output.has_command_line(ingredients) && !ingredients.kernel_args.is_empty() {
        profile.insert("customization".to_owned(), json!({"extraKernelArgs": ingredients.kernel_args}));
    }
    // The kernel is the same in every image; it says no more than it uses.
    let whole = output != Output::Kernel;
    profile.insert("input".to_owned(), input(ingredients, whole));
    if let Some(overlay) = ingredients.overlay().filter(|_| whole) {
        let image = container(&overlay_image(overlay));
        profile.insert("overlay".to_owned(), json!({"name": overlay.name, "image": image}));
    }
    profile.insert("output".to_owned(), result(ingredients, output));
    Value::Object(profile)
}

fn input(ingredients: &Ingredients, whole: bool) -> Value {
    let Ingredients { talos, arch, .. } = ingredients;
    let asset = |file: &str| json!({"path": format!("/usr/install/{}/{file}", arch.as_str())});
    let mut input = Map::new();
    input.insert("kernel".to_owned(), asset("vmlinuz"));
    if !whole {
        return Value::Object(input);
    }
    // Since 1.10 an installer is made from a base without kernel; the old image is no longer published from 1.14 on.
    let base = if talos.minor >= 10 { "installer-base" } else { "installer" };
    input.insert("initramfs".to_owned(), asset("initramfs.xz"));
    input.insert("baseInstaller".to_owned(), container(&format!("ghcr.io/siderolabs/{base}:v{talos}")));
    if let Some(overlay) = ingredients.overlay() {
        input.insert("overlayInstaller".to_owned(), container(&overlay_image(overlay)));
    }
    if !ingredients.extensions.is_empty() {
        let images = ingredients.extensions.iter().map(|name| container(&ingredients.extension_images[name]));
        input.insert("systemExtensions".to_owned(), images.collect());
    }
    Value::Object(input)
}

fn result(ingredients: &Ingredients, output: Output) -> Value {
    let mut result = Map::new();
    result.insert("kind".to_owned(), json!(output.kind()));
    match output {
        Output::Disk => {
            let mut options = json!({"diskSize": DISK_SIZE, "diskFormat": "raw"});
            // An arm64 image gets systemd-boot by default since 1.10, which U-Boot does not start. Every overlay's own
            // profile says the same (siderolabs/sbc-*, `profiles/`).
            if ingredients.overlay().is_some() && ingredients.talos.minor >= 10 {
                options["bootloader"] = json!("grub");
            }
            result.insert("imageOptions".to_owned(), options);
        }
        // Keys go into the firmware by themselves only in a virtual machine; elsewhere the boot menu asks.
        Output::Iso if ingredients.secure_boot => {
            result.insert("isoOptions".to_owned(), json!({"sdBootEnrollKeys": "if-safe"}));
        }
        _ => {}
    }
    let format = if output == Output::Disk { factory::compression(ingredients) } else { "raw" };
    result.insert("outFormat".to_owned(), json!(format));
    Value::Object(result)
}

fn overlay_image(overlay: &crate::model::Overlay) -> String {
    format!("ghcr.io/{}:{}", overlay.image, overlay.version)
}

fn container(reference: &str) -> Value {
    json!({"imageRef": reference})
}

#[cfg(test)]
mod tests;
