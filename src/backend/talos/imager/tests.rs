//! What each Talos minor is told to build.

use semver::Version;
use serde_json::{Value, json};

use super::{Output, command, file, profile};
use crate::backend::talos::fixture::image;
use crate::catalog;
use crate::model::{Board, Image, Ingredients, Overlay};
use crate::spec::Arch;

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|&item| item.to_owned()).collect()
}

/// With the images of its Talos.
fn with_extensions(mut ingredients: Ingredients, names: &[&str]) -> Ingredients {
    let tag = |name: &str| catalog::talos().extension_tag(&ingredients.talos, name).unwrap();
    ingredients.extension_images =
        names.iter().map(|&name| (name.to_owned(), catalog::extension_image(name, &tag(name)))).collect();
    ingredients.extensions = owned(names);
    ingredients
}

fn amd64(minor: u64, patch: u64) -> Image {
    let mut image = image("metal", Arch::Amd64);
    image.ingredients.talos = Version::new(1, minor, patch);
    image
}

fn raspberry(minor: u64, patch: u64) -> Image {
    let mut image = image("pi4", Arch::Arm64);
    image.ingredients.talos = Version::new(1, minor, patch);
    let name = "rpi_generic".to_owned();
    image.ingredients.board = Some(if minor == 6 {
        Board::BuiltIn { name, kernel_args: Vec::new() }
    } else {
        Board::Overlay(Overlay {
            name,
            image: "siderolabs/sbc-raspberrypi".to_owned(),
            version: "v0.2.0".to_owned(),
            kernel_args: Vec::new(),
        })
    });
    image
}

fn of(image: &Image, output: Output) -> Value {
    profile(&image.ingredients, output)
}

/// The profile of "DIY: Create Your Own Cloud with Kubernetes (Part 1)", its lists and keys in order.
#[test]
fn the_profile_of_the_article_is_reproduced() {
    let mut image = amd64(6, 4);
    image.ingredients = with_extensions(
        image.ingredients,
        &[
            "amd-ucode",
            "amdgpu-firmware",
            "bnx2-bnx2x",
            "i915-ucode",
            "intel-ice-firmware",
            "intel-ucode",
            "qlogic-firmware",
            "drbd",
            "zfs",
        ],
    );
    let expected = "arch: amd64
platform: metal
secureboot: false
version: v1.6.4
input:
  kernel:
    path: /usr/install/amd64/vmlinuz
  initramfs:
    path: /usr/install/amd64/initramfs.xz
  baseInstaller:
    imageRef: ghcr.io/siderolabs/installer:v1.6.4
  systemExtensions:
  - imageRef: ghcr.io/siderolabs/amd-ucode:20240115
  - imageRef: ghcr.io/siderolabs/amdgpu-firmware:20240115
  - imageRef: ghcr.io/siderolabs/bnx2-bnx2x:20240115
  - imageRef: ghcr.io/siderolabs/i915-ucode:20240115
  - imageRef: ghcr.io/siderolabs/intel-ice-firmware:20240115
  - imageRef: ghcr.io/siderolabs/intel-ucode:20231114
  - imageRef: ghcr.io/siderolabs/qlogic-firmware:20240115
  - imageRef: ghcr.io/siderolabs/drbd:9.2.6-v1.6.4
  - imageRef: ghcr.io/siderolabs/zfs:2.1.14-v1.6.4
output:
  kind: installer
  outFormat: raw
";
    let written = file(&image, Output::Installer);
    let (header, body) = written.split_at(written.find("arch:").unwrap());
    assert!(header.lines().all(|line| line.starts_with("# ")), "{header}");
    assert_eq!(body, expected);
}

#[test]
fn a_board_with_extensions_has_its_overlay_and_their_tags() {
    let mut image = raspberry(13, 9);
    image.ingredients = with_extensions(image.ingredients, &["drbd", "iscsi-tools"]);
    let overlay = json!({"imageRef": "ghcr.io/siderolabs/sbc-raspberrypi:v0.2.0"});
    assert_eq!(
        of(&image, Output::Disk),
        json!({
            "arch": "arm64",
            "platform": "metal",
            "secureboot": false,
            "version": "v1.13.9",
            "input": {
                "kernel": {"path": "/usr/install/arm64/vmlinuz"},
                "initramfs": {"path": "/usr/install/arm64/initramfs.xz"},
                "baseInstaller": {"imageRef": "ghcr.io/siderolabs/installer-base:v1.13.9"},
                "overlayInstaller": overlay,
                "systemExtensions": [
                    {"imageRef": "ghcr.io/siderolabs/drbd:9.3.3-v1.13.9"},
                    {"imageRef": "ghcr.io/siderolabs/iscsi-tools:v0.2.0"},
                ],
            },
            "overlay": {"name": "rpi_generic", "image": overlay},
            "output": {
                "kind": "image",
                "imageOptions": {"diskSize": 1_306_525_696, "diskFormat": "raw", "bootloader": "grub"},
                "outFormat": ".zst",
            },
        })
    );
}

#[test]
fn each_minor_has_its_own_shape() {
    let base = |minor, patch| {
        of(&amd64(minor, patch), Output::Installer)["input"]["baseInstaller"]["imageRef"].as_str().unwrap().to_owned()
    };
    assert_eq!(base(9, 6), "ghcr.io/siderolabs/installer:v1.9.6");
    assert_eq!(base(10, 0), "ghcr.io/siderolabs/installer-base:v1.10.0");
    let disk = |image: Image| of(&image, Output::Disk)["output"].clone();
    let options = json!({"diskSize": 1_306_525_696, "diskFormat": "raw"});
    assert_eq!(disk(amd64(7, 7)), json!({"kind": "image", "imageOptions": options, "outFormat": ".xz"}));
    assert_eq!(disk(amd64(8, 0)), json!({"kind": "image", "imageOptions": options, "outFormat": ".zst"}));
    assert_eq!(disk(raspberry(9, 6))["imageOptions"], options, "no boot loader is named before 1.10");
    let old = of(&raspberry(6, 8), Output::Disk);
    assert_eq!((&old["board"], &old["overlay"]), (&json!("rpi_generic"), &Value::Null));
    assert_eq!(old["input"]["overlayInstaller"], Value::Null);
}

#[test]
fn a_command_line_is_only_where_it_can_be() {
    let mut image = amd64(13, 9);
    image.ingredients.kernel_args = owned(&["quiet"]);
    let with: Vec<_> = Output::all(&image.ingredients)
        .into_iter()
        .filter(|&output| of(&image, output)["customization"] == json!({"extraKernelArgs": ["quiet"]}))
        .collect();
    assert_eq!(with, [Output::Installer, Output::Iso, Output::Disk]);
    assert_eq!(Output::all(&image.ingredients).len(), 5);
}

#[test]
fn secure_boot_starts_one_signed_file() {
    let mut image = amd64(13, 9);
    image.ingredients.secure_boot = true;
    let outputs = Output::all(&image.ingredients);
    assert_eq!(outputs, [Output::Installer, Output::Iso, Output::Disk, Output::Uki]);
    let iso = json!({"kind": "iso", "isoOptions": {"sdBootEnrollKeys": "if-safe"}, "outFormat": "raw"});
    assert_eq!(of(&image, Output::Iso)["output"], iso);
    let names: Vec<String> = outputs.iter().map(|output| output.result(&image.ingredients)).collect();
    let expected = [
        "installer-amd64-secureboot.tar",
        "metal-amd64-secureboot.iso",
        "metal-amd64-secureboot.raw.zst",
        "metal-amd64-secureboot-uki.efi",
    ];
    assert_eq!(names, expected);
    assert!(command(&image.ingredients, Output::Uki).contains(":/secureboot:ro\""));
}

#[test]
fn results_are_named_as_the_imager_names_them() {
    let names = |image: &Image| -> Vec<String> {
        Output::all(&image.ingredients).iter().map(|output| output.result(&image.ingredients)).collect()
    };
    let plain =
        ["installer-amd64.tar", "metal-amd64.iso", "metal-amd64.raw.zst", "kernel-amd64", "initramfs-metal-amd64.xz"];
    assert_eq!(names(&amd64(13, 9)), plain);
    let old = [
        "installer-arm64.tar",
        "metal-rpi_generic-arm64.raw.xz",
        "kernel-arm64",
        "initramfs-metal-rpi_generic-arm64.xz",
    ];
    assert_eq!(names(&raspberry(6, 8)), old);
}

#[test]
fn only_old_disk_images_need_privileges() {
    let privileged = |image: Image, output| command(&image.ingredients, output).contains("--privileged -v /dev:/dev");
    assert!(privileged(amd64(12, 11), Output::Disk));
    assert!(!privileged(amd64(12, 11), Output::Iso));
    assert!(!privileged(amd64(13, 0), Output::Disk));
}
