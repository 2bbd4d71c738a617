//! What one link is: a physical interface, or something made of others.

use super::super::Resolver;
use super::super::settings::{declared_at, has_broken_class, required};
use crate::diag::Diagnostic;
use crate::model::{Bond, LinkKind, Wireguard, WireguardPeer};
use crate::spec::{self, BondMode};

/// `default` is what the link is when nothing says so; none for a link that must say it.
pub(super) fn resolve(
    cx: &mut Resolver<'_>,
    node: &str,
    name: &str,
    link: &spec::Link,
    default: Option<LinkKind>,
) -> Option<LinkKind> {
    if let Some(bond) = &link.bond {
        return self::bond(cx, node, name, bond).map(LinkKind::Bond);
    }
    if let Some(bridge) = &link.bridge {
        return Some(LinkKind::Bridge { members: bridge.members.clone(), stp: bridge.stp });
    }
    if link.dummy == Some(true) {
        return Some(LinkKind::Dummy);
    }
    if let Some(wireguard) = &link.wireguard {
        return self::wireguard(cx, node, name, wireguard).map(LinkKind::Wireguard);
    }
    let known = link.matches.clone().map(LinkKind::Physical).or(default);
    if known.is_none() && !has_broken_class(cx, node) {
        let at = cx.key(&declared_at(cx, node, &["links", name]));
        cx.report(
            Diagnostic::error("link-without-match", at, format!("nothing says which interface `{name}` is"))
                .help("add `match: {mac: ...}`, or one of `driver`, `busPath`, `name`"),
        );
    }
    known
}

fn bond(cx: &mut Resolver<'_>, node: &str, name: &str, spec: &spec::Bond) -> Option<Bond> {
    let keys = ["links", name, "bond"];
    let mode = required(cx, node, &keys, "mode", spec.mode);
    let members = required(cx, node, &keys, "members", spec.members.clone());
    let bond = Bond {
        mode: mode?,
        members: members?,
        // Linux checks no link by default, and a bond that does not notice a dead member is none.
        miimon: spec.miimon.or(Some(100)),
        lacp_rate: spec.lacp_rate,
        xmit_hash_policy: spec.xmit_hash_policy,
        up_delay: spec.up_delay,
        down_delay: spec.down_delay,
    };
    if bond.lacp_rate.is_some() && bond.mode != BondMode::Lacp {
        let at = cx.key(&declared_at(cx, node, &["links", name, "bond", "lacpRate"]));
        let label = cx.value(&declared_at(cx, node, &["links", name, "bond", "mode"]));
        cx.report(
            Diagnostic::error(
                "bond-option",
                at,
                format!("a bond of mode `{}` sends no LACP packets", bond.mode.as_str()),
            )
            .label(label, "only `802.3ad` does")
            .help("remove `lacpRate`, or set `mode: 802.3ad`"),
        );
    }
    let miimon = bond.miimon.unwrap_or_default();
    for (key, delay) in [("upDelay", bond.up_delay), ("downDelay", bond.down_delay)] {
        let Some(delay) = delay else { continue };
        if miimon == 0 || delay % miimon != 0 {
            let at = cx.value(&declared_at(cx, node, &["links", name, "bond", key]));
            let checks = declared_at(cx, node, &["links", name, "bond", "miimon"]);
            let label = cx.value_or_key(&checks, &declared_at(cx, node, &["links", name, "bond"]));
            if miimon == 0 {
                let message = "a bond that checks no link has no delays";
                cx.report_once(
                    Diagnostic::error("bond-option", label, message)
                        .label(at, format!("`{key}` counts link checks"))
                        .help("leave `miimon` out for a check every 100 ms, or remove the delays"),
                );
                continue;
            }
            cx.report(
                Diagnostic::error("bond-option", at, format!("`{key}` is no multiple of `miimon`, {miimon} ms"))
                    .label(label, "how often links are checked")
                    .help("Linux counts the delay in link checks: choose a multiple"),
            );
        }
    }
    Some(bond)
}

fn wireguard(cx: &mut Resolver<'_>, node: &str, name: &str, spec: &spec::Wireguard) -> Option<Wireguard> {
    let key = required(cx, node, &["links", name, "wireguard"], "privateKey", spec.private_key.clone())?;
    let peers = spec.peers.iter().map(|peer| WireguardPeer {
        public_key: peer.public_key.0.clone(),
        endpoint: peer.endpoint.as_ref().map(ToString::to_string),
        allowed_ips: peer.allowed_ips.iter().map(|cidr| cidr.0).collect(),
        keepalive: peer.keepalive.as_ref().map(|keepalive| keepalive.text.clone()),
    });
    Some(Wireguard { private_key: key.secret, listen_port: spec.listen_port, peers: peers.collect() })
}
