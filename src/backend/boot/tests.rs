//! The boot folder of a small cloud.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{emit, kernel};
use crate::backend::talos::fixture::{image, machine, model};
use crate::model::{Board, Model, Overlay, Pxe};
use crate::spec::{Arch, DhcpMode, Role};
use crate::tree::FileTree;

fn cloud(mode: DhcpMode) -> Model {
    let mut cloud = model("v1.13");
    cloud.images = vec![image("x86", Arch::Amd64), image("pi4", Arch::Arm64)];
    let mut known = machine(Role::ControlPlane);
    known.mac = Some("dc:a6:32:00:00:11".to_owned());
    known.address = Some("192.168.20.11".parse().unwrap());
    let mut unknown = machine(Role::Worker);
    unknown.name = "n2".to_owned();
    let mut board = machine(Role::Worker);
    board.name = "n3".to_owned();
    board.image = "pi4".to_owned();
    board.mac = Some("dc:a6:32:00:00:13".to_owned());
    cloud.nodes = vec![known, unknown, board];
    cloud.pxe = Some(Pxe {
        server: "192.168.20.5".parse().unwrap(),
        range: (mode == DhcpMode::Server).then(|| "192.168.20.200-192.168.20.249".parse().unwrap()),
        router: "192.168.20.1".parse().unwrap(),
        mode,
        nameservers: Vec::new(),
        matchbox_image: "quay.io/poseidon/matchbox:v0.11.0".to_owned(),
        dnsmasq_image: "quay.io/poseidon/dnsmasq:v0.5.0".to_owned(),
    });
    cloud
}

fn file(tree: &FileTree, path: &str) -> String {
    String::from_utf8(tree.get(path).unwrap_or_else(|| panic!("no {path}")).bytes.clone()).unwrap()
}

#[test]
fn a_machine_boots_its_image_by_its_mac() {
    let mut tree = FileTree::default();
    emit(&cloud(DhcpMode::Server), &mut tree);
    let paths: BTreeSet<&str> = tree.iter().map(|(path, _)| path.as_str()).collect();
    let expected = [
        "boot/.gitignore",
        "boot/compose.yaml",
        "boot/dnsmasq.conf",
        "boot/fetch-assets.sh",
        "boot/matchbox/groups/n1.json",
        "boot/matchbox/groups/n3.json",
        "boot/matchbox/profiles/pi4.json",
        "boot/matchbox/profiles/x86.json",
    ];
    assert_eq!(paths, BTreeSet::from(expected), "a machine without MAC address has no group");
    let group: Value = serde_json::from_str(&file(&tree, "boot/matchbox/groups/n1.json")).unwrap();
    assert_eq!(group, json!({"id": "n1", "name": "n1", "profile": "x86", "selector": {"mac": "dc:a6:32:00:00:11"}}));
    let profile: Value = serde_json::from_str(&file(&tree, "boot/matchbox/profiles/pi4.json")).unwrap();
    assert_eq!(profile["boot"]["initrd"], json!(["/assets/pi4/initramfs.xz"]));
    let script = file(&tree, "boot/fetch-assets.sh");
    assert!(script.contains("\nsh ../talos/images/register.sh\n"), "{script}");
    let id = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
    assert!(script.contains(&format!(
        "fetch matchbox/assets/pi4/initramfs.xz https://factory.talos.dev/image/{id}/v1.13.9/initramfs-arm64.xz\n"
    )));
}

#[test]
fn a_server_gives_addresses_and_a_proxy_none() {
    let conf = |mode| {
        let mut tree = FileTree::default();
        emit(&cloud(mode), &mut tree);
        file(&tree, "boot/dnsmasq.conf")
    };
    let server = conf(DhcpMode::Server);
    for line in [
        "dhcp-range=192.168.20.200,192.168.20.249,1h",
        "dhcp-host=dc:a6:32:00:00:11,192.168.20.11,n1",
        "dhcp-match=set:arm64,option:client-arch,11",
        "dhcp-boot=tag:arm64,tag:!ipxe,ipxe-arm64.efi",
        "dhcp-boot=tag:ipxe,http://192.168.20.5:8080/boot.ipxe",
    ] {
        assert!(server.lines().any(|own| own == line), "{line} in\n{server}");
    }
    let proxy = conf(DhcpMode::Proxy);
    assert!(proxy.contains("dhcp-range=192.168.20.0,proxy,255.255.255.0\n"), "{proxy}");
    assert!(!proxy.contains("dhcp-host") && !proxy.contains("dhcp-option"), "{proxy}");
}

/// The command line in upstream's UKI for metal, amd64, 1.13.
#[test]
fn a_kernel_starts_as_from_its_image() {
    let mut image = image("x86", Arch::Amd64);
    let default = "talos.platform=metal console=tty0 init_on_alloc=1 slab_nomerge= pti=on consoleblank=0 \
                   nvme_core.io_timeout=4294967295 printk.devkmsg=on selinux=1 module.sig_enforce=1 \
                   proc_mem.force_override=never";
    assert_eq!(kernel::arguments(&image.ingredients).join(" "), default);
    image.ingredients.kernel_args =
        ["-init_on_alloc", "console=ttyS0,115200", "intel_iommu=on"].map(str::to_owned).into();
    let own = kernel::arguments(&image.ingredients).join(" ");
    assert!(own.starts_with("talos.platform=metal slab_nomerge= "), "{own}");
    assert!(own.ends_with(" console=ttyS0,115200 intel_iommu=on"), "{own}");
}

/// What nobody is known to boot is neither fetched nor served.
#[test]
fn only_images_of_known_machines_are_served() {
    let mut cloud = cloud(DhcpMode::Server);
    cloud.nodes[2].mac = None;
    let mut tree = FileTree::default();
    emit(&cloud, &mut tree);
    assert!(tree.get("boot/matchbox/profiles/pi4.json").is_none());
    assert!(!file(&tree, "boot/fetch-assets.sh").contains("pi4"));
    assert!(!file(&tree, "boot/dnsmasq.conf").contains("arm64"));
}

/// Kernel and initramfs of an image cannot be started apart where they are signed as one.
#[test]
fn secure_boot_starts_the_signed_whole() {
    let mut cloud = cloud(DhcpMode::Server);
    cloud.images[0].ingredients.secure_boot = true;
    let mut tree = FileTree::default();
    emit(&cloud, &mut tree);
    let profile: Value = serde_json::from_str(&file(&tree, "boot/matchbox/profiles/x86.json")).unwrap();
    assert_eq!(profile["boot"]["kernel"], "/assets/x86/talos-uki.efi");
    assert_eq!(profile["boot"]["initrd"], json!([]));
    let script = file(&tree, "boot/fetch-assets.sh");
    assert!(script.contains("/metal-amd64-secureboot-uki.efi\n"), "{script}");
}

/// Without a factory, the imager makes what is served.
#[test]
fn own_images_are_built_on_the_spot() {
    let mut cloud = cloud(DhcpMode::Server);
    for image in &mut cloud.images {
        image.registry = Some("registry.corp.example/talos".to_owned());
    }
    let mut tree = FileTree::default();
    emit(&cloud, &mut tree);
    let script = file(&tree, "boot/fetch-assets.sh");
    assert!(!script.contains("register.sh") && !script.contains("factory"), "{script}");
    assert!(script.contains("- < imager-initramfs.yaml)\n"), "{script}");
    let place = "mv ../talos/images/x86/out/initramfs-metal-amd64.xz matchbox/assets/x86/initramfs.xz\n";
    assert!(script.contains(place), "{script}");
}

/// What siderolabs/talos adds by default, from the sources of each minor.
#[test]
fn each_minor_has_its_own_command_line() {
    let hardening = "init_on_alloc=1 slab_nomerge= pti=on consoleblank=0 nvme_core.io_timeout=4294967295 \
                     printk.devkmsg=on";
    let measured = format!("{hardening} ima_template=ima-ng ima_appraise=fix ima_hash=sha512");
    for (minor, arch, consoles, expected) in [
        (6, Arch::Amd64, "console=ttyS0 console=tty0", measured.clone()),
        (6, Arch::Arm64, "console=ttyS0 console=tty0", measured.clone()),
        (7, Arch::Amd64, "console=ttyS0 console=tty0", measured.clone()),
        (7, Arch::Arm64, "console=ttyAMA0 console=tty0", measured.clone()),
        (8, Arch::Amd64, "console=tty0", measured.clone()),
        (9, Arch::Amd64, "console=tty0", measured.clone()),
        (10, Arch::Amd64, "console=tty0", format!("{measured} selinux=1")),
        (11, Arch::Amd64, "console=tty0", format!("{hardening} selinux=1")),
        (12, Arch::Amd64, "console=tty0", format!("{hardening} selinux=1 module.sig_enforce=1")),
        (
            14,
            Arch::Amd64,
            "console=tty0",
            "slab_nomerge= pti=on consoleblank=0 printk.devkmsg=on selinux=1 module.sig_enforce=1 \
             proc_mem.force_override=never"
                .to_owned(),
        ),
    ] {
        let mut image = image("x", arch);
        image.ingredients.talos = semver::Version::new(1, minor, 0);
        let line = kernel::arguments(&image.ingredients).join(" ");
        assert_eq!(line, format!("talos.platform=metal {consoles} {expected}"), "v1.{minor}");
    }
}

#[test]
fn a_board_brings_its_consoles() {
    let mut image = image("pi4", Arch::Arm64);
    image.ingredients.talos = semver::Version::new(1, 6, 8);
    let own = ["console=tty0", "console=ttyAMA0,115200", "talos.dashboard.disabled=1"].map(str::to_owned);
    image.ingredients.board = Some(Board::BuiltIn { name: "rpi_generic".to_owned(), kernel_args: own.to_vec() });
    let line = kernel::arguments(&image.ingredients).join(" ");
    let start = "talos.platform=metal console=tty0 console=ttyAMA0,115200 talos.board=rpi_generic \
                 talos.dashboard.disabled=1 init_on_alloc=1 ";
    assert!(line.starts_with(start), "{line}");
    image.ingredients.talos = semver::Version::new(1, 13, 9);
    image.ingredients.board = Some(Board::Overlay(Overlay {
        name: "turingrk1".to_owned(),
        image: "siderolabs/sbc-rockchip".to_owned(),
        version: "v0.2.0".to_owned(),
        kernel_args: ["cma=128MB", "console=tty0", "console=ttyS9,115200"].map(str::to_owned).to_vec(),
    }));
    let line = kernel::arguments(&image.ingredients).join(" ");
    let start = "talos.platform=metal console=tty0 console=ttyS9,115200 cma=128MB init_on_alloc=1 ";
    assert!(line.starts_with(start), "{line}");
}

#[test]
fn secure_boot_locks_the_kernel_down_up_to_1_13() {
    let mut image = image("x86", Arch::Amd64);
    image.ingredients.secure_boot = true;
    assert!(kernel::arguments(&image.ingredients).join(" ").ends_with(" lockdown=confidentiality"));
    image.ingredients.talos = semver::Version::new(1, 14, 1);
    assert!(!kernel::arguments(&image.ingredients).join(" ").contains("lockdown"));
}
