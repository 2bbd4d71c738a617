//! Labels, roles and taints of a group: only what reaches a Node, and what kubelet takes.

use super::WrittenGroup;
use crate::diag::Diagnostic;
use crate::model::{is_copied_to_nodes, is_refused_label, is_reserved_taint};
use crate::resolve::Resolver;
use crate::resolve::schedulable::reserved_taint;
use crate::spec::scalar::{LabelKey, LabelValue, Scalar};
use crate::syntax::Path;

pub(super) fn check(cx: &mut Resolver<'_>, group: &WrittenGroup<'_>) {
    for (key, value) in &group.spec.labels {
        let place = group.key(&["labels", key]);
        if !reads_as::<LabelKey>(key) {
            not_a(cx, &place, true, key, "key of a label");
        } else if !reads_as::<LabelValue>(value) {
            not_a(cx, &place, false, value, "value of a label");
        } else if !is_copied_to_nodes(key) && is_refused_label(key) {
            refused(cx, &place, key);
        }
    }
    for (index, role) in group.spec.roles.iter().enumerate() {
        if role.is_empty() || !reads_as::<LabelValue>(role) {
            not_a(cx, &group.key(&["roles"]).index(index), false, role, "role");
        }
    }
    for key in group.spec.taints.keys() {
        if !reads_as::<LabelKey>(key) {
            not_a(cx, &group.key(&["taints", key]), true, key, "key of a taint");
        } else if is_reserved_taint(key) {
            reserved_taint(cx, &group.key(&["taints", key]), key);
        }
    }
}

fn refused(cx: &mut Resolver<'_>, place: &Path, key: &str) {
    let at = cx.key(place);
    cx.report(
        Diagnostic::error("reserved-label", at, format!("no kubelet gives itself the label `{key}`"))
            .note("in the domains of Kubernetes it may set a few labels only, and does not start with another")
            .help("choose a domain of your own, `node-restriction.kubernetes.io`, or `roles`"),
    );
}

fn not_a(cx: &mut Resolver<'_>, place: &Path, is_key: bool, text: &str, what: &str) {
    let at = if is_key { cx.key(place) } else { cx.value(place) };
    cx.report(
        Diagnostic::error("wrong-value", at, format!("`{text}` cannot be the {what}"))
            .help("letters, digits, `-`, `_` and `.`, at most 63, with a letter or digit at both ends"),
    );
}

fn reads_as<T: Scalar>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}
