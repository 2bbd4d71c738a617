//! The ingredients of an image -> an Image Factory schematic: its bytes, and its ID.
//!
//! The factory calls a schematic by the SHA-256 of its canonical YAML, so the ID is known without asking the factory.
//! Canonical means the field order of siderolabs/image-factory `pkg/schematic` and the layout of go-yaml with an
//! indentation of four. List order counts, which is why a schematic sorts the extensions of its image.

use sha2::{Digest, Sha256};

use super::go_yaml;
use crate::model::{Image, Ingredients};

/// What the factory can be told, in its order. Secure Boot itself is not in it: that is another image of the same
/// schematic.
///
/// The language has no words for `meta`, `bootloader`, `secure_boot` and `sector_size`. Only tests fill them: they are in
/// content whose ID upstream publishes, and prove the order of the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schematic {
    pub overlay: Option<Overlay>,
    pub extra_kernel_args: Vec<String>,
    pub meta: Vec<Meta>,
    /// With `siderolabs/`.
    pub system_extensions: Vec<String>,
    pub bootloader: Option<Bootloader>,
    pub secure_boot: SecureBoot,
    /// Bytes of a disk image's sectors, where they are not 512.
    pub sector_size: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// For example `siderolabs/sbc-raspberrypi`.
    pub image: String,
    pub name: String,
}

/// An initial value of Talos's META partition, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    pub key: u8,
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bootloader {
    DualBoot,
    SdBoot,
    Grub,
}

/// What a medium does with Secure Boot keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecureBoot {
    pub enroll_keys: Option<EnrollKeys>,
    /// Beside the own keys, those of hardware vendors.
    pub include_well_known_certificates: bool,
}

/// When systemd-boot writes the keys of the medium into the firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrollKeys {
    Off,
    Manual,
    IfSafe,
    Force,
}

impl Schematic {
    /// What the language cannot say stays at the factory's defaults.
    pub fn of(ingredients: &Ingredients) -> Self {
        let overlay = ingredients.overlay();
        Self {
            overlay: overlay.map(|overlay| Overlay { image: overlay.image.clone(), name: overlay.name.clone() }),
            extra_kernel_args: ingredients.kernel_args.clone(),
            system_extensions: ingredients
                .sorted_extensions()
                .into_iter()
                .map(|name| format!("siderolabs/{name}"))
                .collect(),
            ..Self::default()
        }
    }

    /// The canonical YAML.
    pub fn text(&self) -> String {
        let mut out = String::new();
        if let Some(Overlay { image, name }) = &self.overlay {
            out.push_str(&format!(
                "overlay:\n    image: {}\n    name: {}\n",
                go_yaml::scalar(image),
                go_yaml::scalar(name)
            ));
        }
        let customization = self.customization();
        out.push_str(if customization.is_empty() { "customization: {}\n" } else { "customization:\n" });
        for line in customization {
            out.push_str(&format!("    {line}\n"));
        }
        out
    }

    /// The lines below `customization`.
    fn customization(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.extra_kernel_args.is_empty() {
            lines.push("extraKernelArgs:".to_owned());
            lines.extend(self.extra_kernel_args.iter().map(|arg| format!("    - {}", go_yaml::scalar(arg))));
        }
        if !self.meta.is_empty() {
            lines.push("meta:".to_owned());
            for Meta { key, value } in &self.meta {
                lines.push(format!("    - key: {key}"));
                lines.push(format!("      value: {}", go_yaml::scalar(value)));
            }
        }
        if !self.system_extensions.is_empty() {
            lines.extend(["systemExtensions:", "    officialExtensions:"].map(str::to_owned));
            lines.extend(self.system_extensions.iter().map(|name| format!("        - {}", go_yaml::scalar(name))));
        }
        if let Some(bootloader) = self.bootloader {
            lines.push(format!("bootloader: {}", bootloader.as_str()));
        }
        let SecureBoot { enroll_keys, include_well_known_certificates } = self.secure_boot;
        if self.secure_boot != SecureBoot::default() {
            lines.push("secureboot:".to_owned());
            // `off` is a boolean to readers of YAML 1.1.
            lines.extend(enroll_keys.map(|keys| format!("    enrollKeys: {}", go_yaml::scalar(keys.as_str()))));
            lines.extend(include_well_known_certificates.then(|| "    includeWellKnownCertificates: true".to_owned()));
        }
        if let Some(size) = self.sector_size {
            lines.extend(["diskImage:".to_owned(), format!("    sectorSize: {size}")]);
        }
        lines
    }

    /// 64 hex digits.
    pub fn id(&self) -> String {
        format!("{:x}", Sha256::digest(self.text()))
    }
}

impl Bootloader {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DualBoot => "dual-boot",
            Self::SdBoot => "sd-boot",
            Self::Grub => "grub",
        }
    }
}

impl EnrollKeys {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Manual => "manual",
            Self::IfSafe => "if-safe",
            Self::Force => "force",
        }
    }
}

/// The ID of an image's schematic.
pub fn id(ingredients: &Ingredients) -> String {
    Schematic::of(ingredients).id()
}

/// `talos/images/<image>/schematic.yaml`: the canonical bytes under a comment. Comments do not change the ID, since the
/// factory hashes what it parsed.
pub fn file(image: &Image) -> String {
    let Image { name, ingredients, .. } = image;
    let schematic = Schematic::of(ingredients);
    let mut out = format!(
        "# cloud.yaml: {}\n# Image Factory schematic of image {name}, Talos v{} {}.\n",
        image.origins.join(", "),
        ingredients.talos,
        ingredients.arch.as_str()
    );
    let mut line = |what: &str, value: &str| out.push_str(&format!("# {what:<11}{value}\n"));
    line("ID:", &schematic.id());
    line("Installer:", &super::installer_image(image));
    if image.registry.is_some() {
        out.push_str(
            "# The ID is part of the installer's name. The images are built from imager.yaml, without the factory.\n",
        );
    } else {
        if ingredients.board.is_none() {
            line("ISO:", &super::iso(image));
        }
        line("Disk:", &super::disk(image));
        if ingredients.board.is_none() {
            line("PXE:", &super::pxe_script(image));
            line("Cmdline:", &super::cmdline(image));
        }
        if ingredients.secure_boot {
            line("UKI:", &super::uki(image));
        } else {
            line("Kernel:", &super::kernel(image));
            line("Initramfs:", &super::initramfs(image));
        }
        out.push_str("# The factory serves only schematics that it knows. Before the first boot, once: sh talos/images/register.sh\n");
    }
    out.push_str(&schematic.text());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::talos::fixture::image;
    use crate::spec::Arch;

    fn arguments(list: &[&str]) -> Schematic {
        Schematic { extra_kernel_args: owned(list), ..Schematic::default() }
    }

    fn extensions(arguments: &[&str], list: &[&str]) -> Schematic {
        let system_extensions = list.iter().map(|name| format!("siderolabs/{name}")).collect();
        Schematic { extra_kernel_args: owned(arguments), system_extensions, ..Schematic::default() }
    }

    fn overlay(name: &str, image: &str) -> Schematic {
        let overlay = Some(Overlay { image: format!("siderolabs/{image}"), name: name.to_owned() });
        Schematic { overlay, ..Schematic::default() }
    }

    fn owned(list: &[&str]) -> Vec<String> {
        list.iter().map(|&item| item.to_owned()).collect()
    }

    /// Published pairs of content and ID: image-factory `pkg/schematic/schematic_test.go`, the Talos documentation, the
    /// tests and guides of talhelper, Cozystack's API. Only the reversed pair of drbd and zfs was computed, by the
    /// factory's own package.
    #[test]
    #[rustfmt::skip]
    fn ids_are_those_of_the_factory() {
        let meta = vec![Meta { key: 10, value: "foo".to_owned() }];
        let secure_boot = SecureBoot { include_well_known_certificates: true, ..SecureBoot::default() };
        for (schematic, expected) in [
            (Schematic::default(), "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba"),
            (arguments(&["noapic", "nolapic"]), "9cba8e32753f91a16c1837ab8abf356af021706ef284aef07380780177d9a06c"),
            (arguments(&["hihi", "hehe"]), "ff5083b14ccb03821ea738d712ac08a82b44d2693013622059edaae286665239"),
            (Schematic { meta, ..Schematic::default() }, "d308a2a5ee2277bed5fbaa104fcbc8d59122abfa737df987a95b4ca763459a7f"),
            (Schematic { secure_boot, ..Schematic::default() }, "fa8e05f142a851d3ee568eb0a8e5841eaf6b0ebc8df9a63df16ac5ed2c04f3e6"),
            (Schematic { sector_size: Some(4096), ..Schematic::default() }, "92833e9ddd9bb9e11b2464fa5525429f01866306d52ebd882ee08d7918f6d1ea"),
            (extensions(&[], &["gvisor"]), "d9ff89777e246792e7642abd3220a616afb4e49822382e4213a2e528ab826fe5"),
            (extensions(&[], &["qemu-guest-agent"]), "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515"),
            (extensions(&["net.ifnames=0"], &["gvisor", "intel-ucode"]), "b8e8fbbe1b520989e6c52c8dc8303070cb42095997e76e812fa8892393e1d176"),
            (extensions(&["net.ifnames=0"], &["intel-ucode"]), "9e8cc193609699825d61c039c7738d81cf29c7b20f2a91d8f5c540511b9ea0b4"),
            (extensions(&["net.ifnames=0"], &["tailscale"]), "104c23dfe7c5bfeff6a4cc7e166d8b3bba0f371760592c7677c90c822bb1d109"),
            (extensions(&[], &["drbd", "zfs"]), "98442b5bb4e8d050f30978ce3e6ec22e7bf534d57cafcd51313235128057e612"),
            (extensions(&[], &["zfs", "drbd"]), "831d63f6f125345f9ae33790d066aa39cd8afedf0ea436e2cb6be1af164e96b5"),
            (overlay("rpi_generic", "sbc-raspberrypi"), "ee21ef4a5ef808a9b7484cc0dda0f25075021691c8c09a276591eedb638ea1f9"),
            (overlay("bananapi_m64", "sbc-allwinner"), "8e11dcb3c2803fbe893ab201fcadf1ef295568410e7ced95c6c8b122a5070ce4"),
            (overlay("jetson_nano", "sbc-jetson"), "c7d6f36c6bdfb45fd63178b202a67cff0dd270262269c64886b43f76880ecf1e"),
            (overlay("libretech_all_h3_cc_h5", "sbc-allwinner"), "5689d7795f91ac5bf6ccc85093fad8f8b27f6ea9d96a9ac5a059997bffd8ad5c"),
            (overlay("pine64", "sbc-allwinner"), "185431e0f0bf34c983c6f47f4c6d3703aa2f02cd202ca013216fd71ffc34e175"),
            (overlay("rock64", "sbc-rockchip"), "0e162298269125049a51ec0a03c2ef85405a55e1d2ac36a7ef7292358cf3ce5a"),
            (overlay("rockpi4", "sbc-rockchip"), "25d2690bb48685de5939edd6dee83a0e09591311e64ad03c550de00f8a521f51"),
            (overlay("rockpi4c", "sbc-rockchip"), "08e72e242b71f42c9db5bed80e8255b2e0d442a372bc09055b79537d9e3ce191"),
            (overlay("nanopi-r4s", "sbc-rockchip"), "5f74a09891d5830f0b36158d3d9ea3b1c9cc019848ace08ff63ba255e38c8da4"),
        ] {
            assert_eq!(schematic.id(), expected, "{}", schematic.text());
        }
    }

    /// Everything at once, in canonical order; the text is what the factory's package makes of it.
    #[test]
    fn a_full_schematic_has_the_order_of_the_factory() {
        let schematic = Schematic {
            overlay: Some(Overlay { image: "siderolabs/sbc-raspberrypi".to_owned(), name: "rpi_generic".to_owned() }),
            extra_kernel_args: owned(&["-console", "quiet"]),
            meta: vec![Meta { key: 12, value: "yes".to_owned() }],
            system_extensions: owned(&["siderolabs/drbd"]),
            bootloader: Some(Bootloader::SdBoot),
            secure_boot: SecureBoot { enroll_keys: Some(EnrollKeys::Off), include_well_known_certificates: true },
            sector_size: Some(4096),
        };
        let text = "overlay:
    image: siderolabs/sbc-raspberrypi
    name: rpi_generic
customization:
    extraKernelArgs:
        - -console
        - quiet
    meta:
        - key: 12
          value: \"yes\"
    systemExtensions:
        officialExtensions:
            - siderolabs/drbd
    bootloader: sd-boot
    secureboot:
        enrollKeys: \"off\"
        includeWellKnownCertificates: true
    diskImage:
        sectorSize: 4096
";
        assert_eq!(schematic.text(), text);
        assert_eq!(schematic.id(), "179fc5e05acf7414acc2ba483cfa032f63d41ae1205210f97fbcb547f10163fe");
    }

    #[test]
    fn a_set_of_extensions_has_one_schematic() {
        let mut image = image("x86", Arch::Amd64);
        image.ingredients.extensions = owned(&["zfs", "drbd"]);
        assert_eq!(id(&image.ingredients), "98442b5bb4e8d050f30978ce3e6ec22e7bf534d57cafcd51313235128057e612");
    }
}
