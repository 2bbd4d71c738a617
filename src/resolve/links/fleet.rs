//! Interfaces that are selected by name, over all machines: a name is what one kernel found on one board.

use std::collections::BTreeMap;

use super::super::Resolver;
use super::super::settings::{classes, declared_at};
use crate::diag::Diagnostic;
use crate::model::{LinkKind, Machine};
use crate::spec::LinkMatch;
use crate::syntax::Path;

/// One name for machines of several kinds, by its place: a machine of each kind, by the class that all of the kind extend.
type Kinds<'m> = BTreeMap<Path, BTreeMap<Option<&'m str>, &'m str>>;

pub(in crate::resolve) fn check(cx: &mut Resolver<'_>, machines: &[Machine]) {
    let spec = cx.spec;
    let mut kinds: Kinds<'_> = Kinds::new();
    for machine in machines {
        let kind = classes(spec, &machine.name).last();
        for place in names(cx, machine) {
            kinds.entry(place).or_default().entry(kind).or_insert(&machine.name);
        }
    }
    for (place, kinds) in kinds.into_iter().filter(|(_, kinds)| kinds.len() > 1) {
        let at = cx.value(&place);
        let mut finding =
            Diagnostic::warning("unstable-name", at, "one name of an interface for machines of several kinds")
                .note("the name says where the port is on a board, and another board has it elsewhere")
                .help("select by `driver`, by the machine's `mac`, or in each class");
        for machine in kinds.values().take(3) {
            finding = finding.label(cx.key(&Path::of(["nodes", machine])), "of one kind");
        }
        cx.report(finding);
    }
}

/// Where the links of a machine are selected by name.
fn names(cx: &Resolver<'_>, machine: &Machine) -> Vec<Path> {
    let mut found = Vec::new();
    for link in &machine.links {
        let (list, members): (&[&str], &[LinkMatch]) = match &link.kind {
            LinkKind::Physical(matches) => (&["match"], std::slice::from_ref(matches)),
            LinkKind::Bond(bond) => (&["bond", "members"], &bond.members),
            LinkKind::Bridge { members, .. } => (&["bridge", "members"], members),
            LinkKind::FirstPhysical | LinkKind::Dummy | LinkKind::Wireguard(_) => continue,
        };
        for (index, _) in members.iter().enumerate().filter(|(_, one)| one.name.is_some()) {
            let own = declared_at(cx, &machine.name, &[&["links", link.name.as_str()], list].concat());
            let place = if list.len() > 1 { own.index(index).key("name") } else { own.key("name") };
            if cx.document.contains(&place) {
                found.push(place);
            }
        }
    }
    found
}
