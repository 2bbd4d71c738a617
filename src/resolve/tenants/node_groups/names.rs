//! Names of groups, which become the heads of machine, volume and Service-like names.

use super::WrittenGroup;
use crate::diag::Diagnostic;
use crate::resolve::Resolver;

/// Of `<tenant>-<group>`: a machine adds two parts of five characters and their hyphens, and its volume `-data`; with them it
/// is the value of a label, and so at most 63 long.
const LIMIT: usize = 45;

pub(super) fn check(cx: &mut Resolver<'_>, group: &WrittenGroup<'_>) {
    let length = group.tenant.name.len() + 1 + group.name.len();
    if length <= LIMIT {
        return;
    }
    let (at, label) = (cx.key(&group.key(&[])), cx.key(&group.tenant.key(&[])));
    let name = format!("{}-{}", group.tenant.name, group.name);
    cx.report(
        Diagnostic::error("wrong-name", at, format!("`{name}` is longer than {LIMIT} characters"))
            .note("machines and disks add to it, and none of them may pass 63")
            .label(label, "the name of the tenant comes first")
            .help(format!("shorten one of the two by {}", length - LIMIT)),
    );
}
