//! `boot/dnsmasq.conf`: answers a machine's firmware with iPXE, and iPXE with matchbox.
//!
//! As the network's DHCP server it also gives out addresses, each known machine its own; as a proxy it only adds the
//! boot file to what the present server answers.

use super::{ORIGIN, has_arm64, matchbox_url};
use crate::model::{Model, Pxe};
use crate::spec::DhcpMode;
use crate::spec::scalar::AddressRange;

/// What a firmware is: a tag, the client architectures of RFC 4578 (processor architecture types of IANA), dnsmasq's
/// names of them for a proxy, and the iPXE that it starts.
struct Firmware {
    tag: &'static str,
    architectures: &'static [u16],
    services: &'static [&'static str],
    file: &'static str,
}

const BIOS: Firmware = Firmware { tag: "bios", architectures: &[0], services: &["x86PC"], file: "undionly.kpxe" };
const EFI: Firmware =
    Firmware { tag: "efi", architectures: &[7, 9], services: &["BC_EFI", "X86-64_EFI"], file: "ipxe.efi" };
const ARM64: Firmware =
    Firmware { tag: "arm64", architectures: &[11], services: &["ARM64_EFI"], file: "ipxe-arm64.efi" };

pub(super) fn file(model: &Model, pxe: &Pxe) -> String {
    let mut firmwares = vec![BIOS, EFI];
    firmwares.extend(has_arm64(model).then_some(ARM64));
    let out = format!(
        "# cloud.yaml: {ORIGIN}
# No DNS; boot files over TFTP.
port=0
log-dhcp
enable-tftp
tftp-root=/var/lib/tftpboot

# iPXE asks again, by its own name
dhcp-userclass=set:ipxe,iPXE
"
    );
    if let (DhcpMode::Server, Some(range)) = (pxe.mode, &pxe.range) {
        out + &leases(model, pxe, range) + &boot_files(pxe, &firmwares)
    } else {
        out + &proxy_range(model, pxe) + &proxy_services(pxe, &firmwares)
    }
}

fn leases(model: &Model, pxe: &Pxe, range: &AddressRange) -> String {
    let mut out = format!(
        "\n# Addresses\ndhcp-range={},{},1h\ndhcp-option=option:router,{}\n",
        range.first, range.last, pxe.router
    );
    if !pxe.nameservers.is_empty() {
        let servers: Vec<String> = pxe.nameservers.iter().map(ToString::to_string).collect();
        out.push_str(&format!("dhcp-option=option:dns-server,{}\n", servers.join(",")));
    }
    for node in &model.nodes {
        if let (Some(mac), Some(address)) = (&node.mac, node.address.filter(std::net::IpAddr::is_ipv4)) {
            out.push_str(&format!("dhcp-host={mac},{address},{}\n", node.name));
        }
    }
    out
}

fn boot_files(pxe: &Pxe, firmwares: &[Firmware]) -> String {
    let mut out = String::from("\n# Firmware starts iPXE, iPXE starts what matchbox says\n");
    for Firmware { tag, architectures, file, .. } in firmwares {
        for architecture in *architectures {
            out.push_str(&format!("dhcp-match=set:{tag},option:client-arch,{architecture}\n"));
        }
        out.push_str(&format!("dhcp-boot=tag:{tag},tag:!ipxe,{file}\n"));
    }
    out.push_str(&format!("dhcp-boot=tag:ipxe,{}/boot.ipxe\n", matchbox_url(pxe)));
    out
}

fn proxy_range(model: &Model, pxe: &Pxe) -> String {
    let network = model.network.nodes.iter().find(|network| network.contains(&pxe.server));
    let range = network.map_or_else(
        || format!("{},proxy", pxe.server),
        |network| format!("{},proxy,{}", network.network(), network.netmask()),
    );
    format!("\n# Beside the network's own DHCP server\ndhcp-range={range}\n")
}

fn proxy_services(pxe: &Pxe, firmwares: &[Firmware]) -> String {
    let mut out = String::from("\n# Firmware starts iPXE, iPXE starts what matchbox says\n");
    for Firmware { services, file, .. } in firmwares {
        for service in *services {
            out.push_str(&format!("pxe-service=tag:!ipxe,{service},\"iPXE\",{file}\n"));
            out.push_str(&format!("pxe-service=tag:ipxe,{service},\"matchbox\",{}/boot.ipxe\n", matchbox_url(pxe)));
        }
    }
    out
}
