//! VLANs of a link, and sizes of packets: what the kernel does not take together.

use std::collections::BTreeMap;

use super::super::Resolver;
use super::super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::Link;

/// What a link has that says nothing else.
const DEFAULT_MTU: u32 = 1500;
/// IPv6 is off on a link that cannot carry this (RFC 8200, section 5).
const LEAST_FOR_V6: u32 = 1280;

pub(super) fn check(cx: &mut Resolver<'_>, node: &str, links: &[Link]) {
    for link in links {
        tags(cx, node, link);
        for vlan in &link.vlans {
            let carries = link.mtu.unwrap_or(DEFAULT_MTU);
            if let Some(mtu) = vlan.mtu.filter(|mtu| *mtu > carries) {
                let at = cx.value(&declared_at(cx, node, &["links", &link.name, "vlans", &vlan.name, "mtu"]));
                let own = declared_at(cx, node, &["links", &link.name, "mtu"]);
                let label = cx.value_or_key(&own, &declared_at(cx, node, &["links", &link.name]));
                cx.report_once(
                    Diagnostic::error(
                        "mtu-above-link",
                        at,
                        format!("VLAN `{}` has packets of {mtu} bytes on a link that carries {carries}", vlan.name),
                    )
                    .note("Linux refuses a VLAN with a larger MTU than that of its link")
                    .label(label, format!("carries {carries}"))
                    .help(format!("say `mtu: {mtu}` for link `{}`, or less for the VLAN", link.name)),
                );
            }
            let own = ["links", link.name.as_str(), "vlans", vlan.name.as_str(), "mtu"];
            too_small(cx, node, &own, vlan.mtu, &vlan.addressing.addresses);
        }
        too_small(cx, node, &["links", &link.name, "mtu"], link.mtu, &link.addressing.addresses);
    }
}

/// One link has each tag once.
fn tags(cx: &mut Resolver<'_>, node: &str, link: &Link) {
    let mut taken: BTreeMap<u16, &str> = BTreeMap::new();
    for vlan in &link.vlans {
        let Some(first) = taken.insert(vlan.id, &vlan.name) else { continue };
        let id = |name: &str| declared_at(cx, node, &["links", &link.name, "vlans", name, "id"]);
        let (at, label) = (cx.value(&id(&vlan.name)), cx.value(&id(first)));
        cx.report_once(
            Diagnostic::error(
                "duplicate-tag",
                at,
                format!("VLANs `{first}` and `{}` of link `{}` have one tag, {}", vlan.name, link.name, vlan.id),
            )
            .label(label, "the first")
            .help("give one VLAN both addresses, or each its own tag"),
        );
    }
}

fn too_small(cx: &mut Resolver<'_>, node: &str, keys: &[&str], mtu: Option<u32>, addresses: &[ipnet::IpNet]) {
    let v6 = addresses.iter().any(|address| address.addr().is_ipv6());
    if let Some(mtu) = mtu.filter(|mtu| v6 && *mtu < LEAST_FOR_V6) {
        let at = cx.value(&declared_at(cx, node, keys));
        let label = cx.key(&crate::syntax::Path::of(["nodes", node]));
        cx.report_once(
            Diagnostic::error("mtu-too-small", at, format!("a link of {mtu} bytes has no IPv6"))
                .note(format!("IPv6 needs {LEAST_FOR_V6}, and Linux turns it off below"))
                .label(label, "has an IPv6 address on it")
                .help(format!("say {LEAST_FOR_V6} or more")),
        );
    }
}
