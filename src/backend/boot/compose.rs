//! `boot/compose.yaml`: matchbox and dnsmasq on the host's own network, where broadcasts arrive.

use serde_json::json;

use super::{ORIGIN, PORT, has_arm64};
use crate::backend::yaml;
use crate::model::{Model, Pxe};

pub(super) fn file(model: &Model, pxe: &Pxe) -> String {
    let header =
        [format!("cloud.yaml: {ORIGIN}"), format!("Runs on {}: sh fetch-assets.sh && docker compose up", pxe.server)];
    let mut mounts = vec!["./dnsmasq.conf:/etc/dnsmasq.conf:ro"];
    if has_arm64(model) {
        mounts.push("./tftp/ipxe-arm64.efi:/var/lib/tftpboot/ipxe-arm64.efi:ro");
    }
    let document = json!({
        "name": format!("{}-boot", model.name),
        "services": {
            "matchbox": {
                "image": pxe.matchbox_image,
                "network_mode": "host",
                "command": [format!("-address=0.0.0.0:{PORT}"), "-log-level=info"],
                "volumes": ["./matchbox:/var/lib/matchbox:ro"],
                "restart": "unless-stopped",
            },
            "dnsmasq": {
                "image": pxe.dnsmasq_image,
                "network_mode": "host",
                "cap_add": ["NET_ADMIN", "NET_RAW"],
                "command": ["--keep-in-foreground", "--log-facility=-"],
                "volumes": mounts,
                "restart": "unless-stopped",
            },
        },
    });
    yaml::write_documents(&header, [&document])
}
