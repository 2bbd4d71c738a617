//! What happens, for people: one line for all of it, then cause by cause.

use std::collections::BTreeSet;

use super::Input;
use crate::diff::{Cause, Change, Diff, Target, shown};
use crate::impact::Label;

/// More targets than this are counted, not named.
const NAMED: usize = 8;

pub(super) fn render(diff: &Diff, input: &Input<'_>) -> String {
    if diff.is_empty() {
        return "nothing changes\n".to_owned();
    }
    let mut text = format!("{}\n", headline(diff));
    let mut last: Option<&Cause> = None;
    for change in &diff.changes {
        if last != Some(&change.cause) {
            text.push_str(&format!("\n{}\n", cause(&change.cause, input)));
            last = Some(&change.cause);
        }
        text.push_str(&format!("  {:12} {}{}\n", change.label.as_str(), targets(change), note(change)));
    }
    text
}

/// `3 nodes reboot · 1 node group rolls (4 machines) · 0 data at risk`.
pub(super) fn headline(diff: &Diff) -> String {
    let mut parts = Vec::new();
    for label in [
        Label::Frozen,
        Label::Quorum,
        Label::Recreate,
        Label::OsUpgrade,
        Label::Reboot,
        Label::Unknown,
        Label::Rollout,
        Label::Connectivity,
        Label::Restart,
        Label::Live,
    ] {
        let targets = reached(diff, label);
        if targets.is_empty() {
            continue;
        }
        let one = targets.len() == 1;
        let mut part = format!("{} {}", counted(&targets), verb(label, one));
        if label == Label::Rollout {
            let machines: Vec<u64> = diff.machines.values().copied().flatten().collect();
            let more = if machines.len() < diff.machines.len() { "or more " } else { "" };
            let sum: u64 = machines.iter().sum();
            if sum > 0 {
                part.push_str(&format!(" ({sum} {more}machine{})", if sum == 1 { "" } else { "s" }));
            }
        }
        parts.push(part);
    }
    let lost = reached(diff, Label::DataLoss).len();
    if parts.is_empty() && lost == 0 {
        parts.push("nothing happens".to_owned());
    }
    parts.push(format!("{lost} data at risk"));
    parts.join(" · ")
}

fn reached(diff: &Diff, label: Label) -> BTreeSet<&Target> {
    diff.changes.iter().filter(|change| change.label == label).flat_map(|change| &change.targets).collect()
}

fn counted(targets: &BTreeSet<&Target>) -> String {
    let all = |kind: &str| targets.iter().all(|target| target.kind == kind);
    let noun = if all("Node") {
        "node"
    } else if all("MachineDeployment") {
        "node group"
    } else if all("HelmRelease") {
        "release"
    } else {
        "object"
    };
    format!("{} {noun}{}", targets.len(), if targets.len() == 1 { "" } else { "s" })
}

const fn verb(label: Label, one: bool) -> &'static str {
    match (label, one) {
        (Label::Frozen, _) => "cannot change in place",
        (Label::Quorum, true) => "puts etcd at risk",
        (Label::Quorum, false) => "put etcd at risk",
        (Label::Recreate, true) => "is made anew",
        (Label::Recreate, false) => "are made anew",
        (Label::OsUpgrade, true) => "takes a new OS image",
        (Label::OsUpgrade, false) => "take a new OS image",
        (Label::Reboot, true) => "reboots",
        (Label::Reboot, false) => "reboot",
        (Label::Unknown, _) => "with an unknown effect",
        (Label::Rollout, true) => "rolls",
        (Label::Rollout, false) => "roll",
        (Label::Connectivity, true) => "changes its network",
        (Label::Connectivity, false) => "change their network",
        (Label::Restart, true) => "restarts",
        (Label::Restart, false) => "restart",
        (Label::Live, true) => "changes live",
        (Label::Live, false) => "change live",
        (Label::Noop, _) => "unaffected",
        (Label::DataLoss, _) => "at risk",
    }
}

/// `tenants.acme.nodeGroups.md0.cpu  4 -> 8  cloud.yaml:88`
pub(super) fn cause(cause: &Cause, input: &Input<'_>) -> String {
    let Cause { what, from, to, at } = cause;
    let value = |value: &serde_json::Value| shown(&input.spec_value(what, value));
    let change = match (from, to) {
        (Some(from), Some(to)) => format!("  {} -> {}", value(from), value(to)),
        (Some(from), None) if from.is_object() => "  removed".to_owned(),
        (Some(from), None) => format!("  {} -> (removed)", value(from)),
        (None, Some(to)) if to.is_object() => "  new".to_owned(),
        (None, Some(to)) => format!("  (new) -> {}", value(to)),
        (None, None) => String::new(),
    };
    let at = at.as_ref().map_or_else(String::new, |at| match &at.range {
        Some([(start, _), _]) => format!("  {}:{}", at.file, start.line),
        None => format!("  {}", at.file),
    });
    format!("{what}{change}{at}")
}

/// `nodes k1 k2 k3`, `HelmRelease kube-system/cilium`.
pub(super) fn targets(change: &Change) -> String {
    let mut parts = Vec::new();
    let kinds: BTreeSet<&str> = change.targets.iter().map(|target| target.kind.as_str()).collect();
    for kind in kinds {
        let of_kind: Vec<&Target> = change.targets.iter().filter(|target| target.kind == kind).collect();
        let names = of_kind.iter().take(NAMED).map(|target| match &target.namespace {
            Some(namespace) => format!("{namespace}/{}", target.name),
            None => target.name.clone(),
        });
        let noun = match (kind, of_kind.len()) {
            ("Node", 1) => "node",
            ("Node", _) => "nodes",
            (kind, _) => kind,
        };
        let mut part = format!("{noun} {}", names.collect::<Vec<_>>().join(" "));
        if of_kind.len() > NAMED {
            part.push_str(&format!(" and {} more", of_kind.len() - NAMED));
        }
        parts.push(part);
    }
    parts.join(", ")
}

fn note(change: &Change) -> String {
    change.note.as_ref().map_or_else(String::new, |note| format!("  {note}"))
}
