//! `boot.pxe`.

use super::{Resolver, pins};
use crate::diag::Diagnostic;
use crate::model::{Network, Pxe};
use crate::spec::DhcpMode;
use crate::syntax::Path;

pub(super) fn resolve(cx: &mut Resolver<'_>, network: &Network) -> Option<Pxe> {
    let pxe = &cx.spec.boot.as_ref()?.pxe;
    let path = Path::of(["boot", "pxe", "dhcp"]);
    if pxe.dhcp.mode == DhcpMode::Server && pxe.dhcp.range.is_none() {
        let at = cx.key(&path);
        cx.report(
            Diagnostic::error("missing-key", at, "a DHCP server needs a `range` to hand out")
                .help("add `range: first-last`, or `mode: proxy` beside another DHCP server"),
        );
    }
    for (name, node) in &cx.spec.nodes {
        if node.mac.is_none() {
            let at = cx.key(&Path::of(["nodes", name]));
            let label = cx.key(&Path::of(["boot", "pxe"]));
            cx.report(
                Diagnostic::warning(
                    "no-mac",
                    at,
                    format!("node `{name}` has no `mac` and is not served by network boot"),
                )
                .label(label, "network boot is asked for here")
                .help("add its `mac`, or start it from its ISO or disk image"),
            );
        }
    }
    let images = pins::boot(cx);
    Some(Pxe {
        server: pxe.server.0,
        range: pxe.dhcp.range,
        router: pxe.dhcp.router.map_or(network.gateway, |router| router.0),
        mode: pxe.dhcp.mode,
        nameservers: cx.spec.network.nameservers.iter().flatten().map(|address| address.0).collect(),
        matchbox_image: images.matchbox,
        dnsmasq_image: images.dnsmasq,
    })
}
