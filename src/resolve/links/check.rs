//! What the links of a node may not be together.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::Resolver;
use super::super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::{Link, LinkKind};
use crate::spec::{self, LinkMatch};
use crate::syntax::Path;

/// A link is one thing, and one link is the primary one.
pub(super) fn kinds(cx: &mut Resolver<'_>, node: &str, links: &[(String, spec::Link)]) {
    let mut first_primary: Option<&str> = None;
    for (name, link) in links {
        let kinds = [
            ("match", link.matches.is_some()),
            ("bond", link.bond.is_some()),
            ("bridge", link.bridge.is_some()),
            ("dummy", link.dummy == Some(true)),
            ("wireguard", link.wireguard.is_some()),
        ];
        let given: Vec<&str> = kinds.iter().filter(|(_, given)| *given).map(|(kind, _)| *kind).collect();
        if let [first, second, ..] = given.as_slice() {
            let at = cx.key(&declared_at(cx, node, &["links", name, second]));
            let label = cx.key(&declared_at(cx, node, &["links", name, first]));
            cx.report(
                Diagnostic::error("link-of-two-kinds", at, format!("link `{name}` is both `{first}` and `{second}`"))
                    .label(label, "the first")
                    .help("keep one of them, or make two links"),
            );
        }
        if link.primary == Some(true)
            && let Some(first) = first_primary.replace(name)
        {
            let at = cx.key(&declared_at(cx, node, &["links", name, "primary"]));
            let label = cx.key(&declared_at(cx, node, &["links", first, "primary"]));
            cx.report(
                Diagnostic::error("two-primary-links", at, format!("node `{node}` has a second primary link"))
                    .label(label, "the first")
                    .help("the node's address and default route go on one link"),
            );
        }
    }
}

/// Names of virtual links and VLANs are interface names: unique on the machine, 15 characters at most.
pub(super) fn names(cx: &mut Resolver<'_>, node: &str, links: &[(String, spec::Link)]) {
    // Interface name -> its link, and its VLAN on it.
    let mut taken: BTreeMap<&str, (&str, Option<&str>)> = BTreeMap::new();
    let key = |cx: &Resolver<'_>, (link, vlan): (&str, Option<&str>)| {
        let path = declared_at(cx, node, &["links", link]);
        cx.key(&vlan.map_or(path.clone(), |vlan| path.key("vlans").key(vlan)))
    };
    for (link_name, link) in links {
        let virtual_link =
            link.bond.is_some() || link.bridge.is_some() || link.dummy == Some(true) || link.wireguard.is_some();
        let own = (link_name.as_str(), (link_name.as_str(), None), virtual_link);
        let vlans = link
            .vlans
            .iter()
            .flatten()
            .map(|(vlan, _)| (vlan.as_str(), (link_name.as_str(), Some(vlan.as_str())), true));
        for (name, place, interface) in std::iter::once(own).chain(vlans) {
            if interface && name.len() > 15 {
                let at = key(cx, place);
                cx.report(
                    Diagnostic::error("wrong-name", at, format!("`{name}` is too long for an interface"))
                        .note("Linux takes 15 characters at most"),
                );
            }
            if let Some(first) = taken.insert(name, place) {
                let (at, label) = (key(cx, place), key(cx, first));
                cx.report(
                    Diagnostic::error("duplicate-name", at, format!("node `{node}` has two interfaces `{name}`"))
                        .label(label, "the first")
                        .help("give each link and VLAN its own name"),
                );
            }
        }
    }
}

/// An interface is one link, or a member of one.
pub(super) fn interfaces(cx: &mut Resolver<'_>, node: &str, links: &[Link]) {
    let mut taken: Vec<(&LinkMatch, &str)> = Vec::new();
    for link in links {
        let used: Vec<&LinkMatch> = match &link.kind {
            LinkKind::Physical(matches) => vec![matches],
            LinkKind::Bond(bond) => bond.members.iter().collect(),
            LinkKind::Bridge { members, .. } => members.iter().collect(),
            LinkKind::FirstPhysical | LinkKind::Dummy | LinkKind::Wireguard(_) => Vec::new(),
        };
        for matches in used {
            if let Some((_, first)) = taken.iter().find(|(known, _)| *known == matches) {
                let at = cx.key(&declared_at(cx, node, &["links", &link.name]));
                let label = cx.key(&declared_at(cx, node, &["links", first]));
                cx.report(
                    Diagnostic::error(
                        "duplicate-interface",
                        at,
                        format!("`{}` uses an interface a second time", link.name),
                    )
                    .label(label, "the first")
                    .help("give one link all that the interface carries: `addresses`, `vlans`, `routes`"),
                );
            }
            taken.push((matches, &link.name));
        }
    }
}

/// The machines share an address by answering for it on their own network.
pub(super) fn out_of_reach(cx: &mut Resolver<'_>, node: &str, vip: IpAddr) {
    let at = cx.value(&Path::of(["controlPlane", "endpoint"]));
    let label = cx.key(&Path::of(["nodes", node]));
    cx.report(
        Diagnostic::error("endpoint-out-of-reach", at, format!("node `{node}` has no address in the network of {vip}"))
            .label(label, "a control-plane node that cannot answer for it")
            .help("share an address of a network that all control-plane nodes are in, or use a load balancer: `https://NAME:6443`"),
    );
}
