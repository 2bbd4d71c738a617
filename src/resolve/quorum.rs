//! Control-plane nodes as members of etcd: how many may fail, and what fails with one.

use indexmap::IndexMap;

use super::Resolver;
use crate::diag::Diagnostic;
use crate::spec::Role;
use crate::syntax::Path;

pub(super) fn check(cx: &mut Resolver<'_>) {
    let spec = cx.spec;
    let members: Vec<&String> =
        spec.nodes.iter().filter(|(_, node)| node.role == Role::ControlPlane).map(|(name, _)| name).collect();
    let role = |name: &str| Path::of(["nodes", name, "role"]);
    if let (Some(last), true) = (members.last(), members.len().is_multiple_of(2)) {
        let count = members.len();
        let mut finding = Diagnostic::warning(
            "even-control-planes",
            cx.value(&role(last)),
            format!("{count} control-plane nodes bear no more failures than {}", count - 1),
        )
        .note(format!("etcd needs {} of {count} members, so one more only adds one that can fail", count / 2 + 1))
        .help("have an odd number of control-plane nodes: 1, 3 or 5");
        for other in members.iter().filter(|name| *name != last).take(4) {
            finding = finding.label(cx.value(&role(other)), "a member of etcd");
        }
        // A worker on the same hardware is the one that could make their number odd.
        let alike = |node: &crate::spec::Node| {
            node.role == Role::Worker && members.iter().any(|name| spec.nodes[*name].class == node.class)
        };
        if let Some((worker, _)) = spec.nodes.iter().find(|(_, node)| alike(node)) {
            finding = finding.label(cx.value(&role(worker)), "of the same hardware, and a worker");
        }
        cx.report(finding);
    }
    zones(cx, &members);
}

/// A zone that takes the majority with it, where others could have some of it.
fn zones(cx: &mut Resolver<'_>, members: &[&String]) {
    let spec = cx.spec;
    let all: std::collections::BTreeSet<&String> = spec.nodes.values().filter_map(|node| node.zone.as_ref()).collect();
    if all.len() < 3 || members.len() < 3 {
        return;
    }
    let mut of_zone: IndexMap<&String, Vec<&String>> = IndexMap::new();
    for name in members {
        if let Some(zone) = &spec.nodes[*name].zone {
            of_zone.entry(zone).or_default().push(name);
        }
    }
    for (zone, names) in of_zone.into_iter().filter(|(_, names)| names.len() * 2 > members.len()) {
        let place = |name: &String| Path::of(["nodes", name, "zone"]);
        let Some((last, others)) = names.split_last() else { continue };
        let mut finding = Diagnostic::warning(
            "quorum-in-one-zone",
            cx.value(&place(last)),
            format!(
                "the cloud stops with zone `{zone}`: {} of {} control-plane nodes are in it",
                names.len(),
                members.len()
            ),
        )
        .note(format!("etcd needs {} of {} members", members.len() / 2 + 1, members.len()))
        .help("place control-plane nodes in as many zones as there are");
        for other in others.iter().take(4) {
            finding = finding.label(cx.value(&place(other)), "in the same zone");
        }
        cx.report(finding);
    }
}
