//! The boot folder of a small cloud.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{emit, kernel};
use crate::backend::talos::fixture::{image, machine, model};
use crate::model::{Model, Pxe};
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
    cloud.nodes = vec![known, unknown];
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
        "boot/matchbox/profiles/pi4.json",
        "boot/matchbox/profiles/x86.json",
    ];
    assert_eq!(paths, BTreeSet::from(expected), "a machine without MAC address has no group");
    let group: Value = serde_json::from_str(&file(&tree, "boot/matchbox/groups/n1.json")).unwrap();
    assert_eq!(group, json!({"id": "n1", "name": "n1", "profile": "x86", "selector": {"mac": "dc:a6:32:00:00:11"}}));
    let script = file(&tree, "boot/fetch-assets.sh");
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
