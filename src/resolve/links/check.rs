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
            if interface && looks_like_the_kernels(name) {
                kernel_name(cx, key(cx, place), name, "an interface of the machine may have this name");
            }
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

/// Whether Linux calls interfaces of machines so: `eth0`, `eno1`, `ens3`, `enp0s2`, `enx...`, `lo`.
fn looks_like_the_kernels(name: &str) -> bool {
    let numbered =
        |prefix| name.strip_prefix(prefix).is_some_and(|rest| rest.chars().all(|c: char| c.is_ascii_digit()));
    let by_place = ["eno", "ens", "enp", "enx"].iter().any(|prefix| {
        name.strip_prefix(prefix).is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_hexdigit() && (c.is_ascii_digit() || *prefix == "enx"))
        })
    });
    name == "lo" || ["eth", "wlan", "usb"].into_iter().any(numbered) || by_place
}

/// A physical interface gets the link's name as its alias, which must not be the name of another.
pub(super) fn aliases(cx: &mut Resolver<'_>, node: &str, links: &[Link]) {
    for link in links {
        if let LinkKind::Physical(LinkMatch { name: None, .. }) | LinkKind::FirstPhysical = &link.kind
            && looks_like_the_kernels(&link.name)
        {
            let path = declared_at(cx, node, &["links", &link.name]);
            if cx.document.contains(&path) {
                let at = cx.key(&path);
                kernel_name(
                    cx,
                    at,
                    &link.name,
                    "it becomes the alias of the interface that matches, whatever that is called",
                );
            }
        }
    }
}

fn kernel_name(cx: &mut Resolver<'_>, at: crate::source::Span, name: &str, why: &str) {
    cx.report_once(
        Diagnostic::warning("kernel-name", at, format!("`{name}` is a name that Linux gives by itself"))
            .note(why.to_owned())
            .help(format!(
                "choose a name of your own, such as `uplink`; the interface `{name}` is `match: {{name: {name}}}`"
            )),
    );
}

/// A member that is found by what several ports have in common is one of them, and nobody knows which.
pub(super) fn members(cx: &mut Resolver<'_>, node: &str, links: &[Link]) {
    for link in links {
        let (kind, members) = match &link.kind {
            LinkKind::Bond(bond) => ("bond", &bond.members),
            LinkKind::Bridge { members, .. } => ("bridge", members),
            _ => continue,
        };
        let list = declared_at(cx, node, &["links", &link.name, kind, "members"]);
        for (index, member) in members.iter().enumerate() {
            let several = member.driver.is_some() || member.bus_path.as_ref().is_some_and(|path| path.contains('*'));
            if !several {
                continue;
            }
            let place = list.index(index).key(field(member));
            let (at, label) = (cx.value(&place), cx.key(&declared_at(cx, node, &["links", &link.name])));
            cx.report_once(
                Diagnostic::warning(
                    "ambiguous-link",
                    at,
                    format!("a member of `{}` may be any of several ports", link.name),
                )
                .note("all ports of one card have its driver; a member is one port")
                .label(label, "made of ports")
                .help("name each member by its `busPath` or `mac`"),
            );
        }
    }
}

/// An interface is one link, or a member of one.
pub(super) fn interfaces<'l>(cx: &mut Resolver<'_>, node: &str, links: &'l [Link]) {
    let mut taken: Vec<(&LinkMatch, Path)> = Vec::new();
    for link in links {
        let own = |keys: &[&str]| declared_at(cx, node, &[&["links", link.name.as_str()], keys].concat());
        let member = |kind: &str, index: usize| own(&[kind, "members"]).index(index);
        let of = |kind: &str, members: &'l [LinkMatch]| -> Vec<(&'l LinkMatch, Path)> {
            members.iter().enumerate().map(|(index, one)| (one, member(kind, index).key(field(one)))).collect()
        };
        let used: Vec<(&LinkMatch, Path)> = match &link.kind {
            LinkKind::Physical(matches) => vec![(matches, own(&["match", field(matches)]))],
            LinkKind::Bond(bond) => of("bond", &bond.members),
            LinkKind::Bridge { members, .. } => of("bridge", members),
            LinkKind::FirstPhysical | LinkKind::Dummy | LinkKind::Wireguard(_) => Vec::new(),
        };
        for (matches, place) in used {
            if let Some((_, first)) = taken.iter().find(|(known, _)| *known == matches) {
                let (at, label) = (cx.value(&place), cx.value(first));
                cx.report_once(
                    Diagnostic::error(
                        "duplicate-interface",
                        at,
                        format!("`{}` uses an interface a second time", link.name),
                    )
                    .label(label, "the first")
                    .help("give one link all that the interface carries: `addresses`, `vlans`, `routes`"),
                );
            }
            taken.push((matches, place));
        }
    }
}

/// What a match goes by.
const fn field(matches: &LinkMatch) -> &'static str {
    match matches {
        LinkMatch { mac: Some(_), .. } => "mac",
        LinkMatch { driver: Some(_), .. } => "driver",
        LinkMatch { bus_path: Some(_), .. } => "busPath",
        _ => "name",
    }
}

/// The machines share an address by answering for it on their own network.
pub(super) fn out_of_reach(cx: &mut Resolver<'_>, node: &str, vip: IpAddr) {
    let address = cx.value(&Path::of(["nodes", node, "address"]));
    if cx.diags.has_at("address-outside-network", address) {
        return;
    }
    let at = cx.value(&Path::of(["controlPlane", "endpoint"]));
    let label = cx.key(&Path::of(["nodes", node]));
    cx.report(
        Diagnostic::error("endpoint-out-of-reach", at, format!("node `{node}` has no address in the network of {vip}"))
            .label(label, "a control-plane node that cannot answer for it")
            .help("share an address of a network that all control-plane nodes are in, or use a load balancer: `https://NAME:6443`"),
    );
}
