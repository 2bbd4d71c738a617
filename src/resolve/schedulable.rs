//! Where pods may run: taints, and what is left of a machine beside what its kubelet keeps for itself.

use std::collections::BTreeSet;

use super::Resolver;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::{ControlPlane, Machine, is_reserved_taint};
use crate::spec::Role;
use crate::spec::scalar::Size;
use crate::syntax::Path;

/// Machines that have no room for a pod are named up to this number.
const NAMED: usize = 4;

pub(super) fn check(cx: &mut Resolver<'_>, control_plane: &ControlPlane, machines: &[Machine]) {
    for machine in machines {
        for key in machine.taints.keys().filter(|key| is_reserved_taint(key)) {
            let at = declared_at(cx, &machine.name, &["taints", key]);
            reserved_taint(cx, &at, key);
        }
        memory(cx, machine);
    }
    somewhere(cx, control_plane, machines);
}

/// A taint that somebody else sets and takes away.
pub(super) fn reserved_taint(cx: &mut Resolver<'_>, place: &Path, key: &str) {
    let at = cx.key(place);
    cx.report_once(
        Diagnostic::error("reserved-taint", at, format!("the taint `{key}` is not yours to give"))
            .note("controllers of Kubernetes set and remove it by what they see of the node")
            .help("choose a key of your own, such as `dedicated`"),
    );
}

/// Pods that tolerate nothing, such as cluster DNS and Flux, need one node without taints.
fn somewhere(cx: &mut Resolver<'_>, control_plane: &ControlPlane, machines: &[Machine]) {
    let own = |machine: &Machine| {
        let keeps_off = |taint: &&String| taint.ends_with(":NoSchedule") || taint.ends_with(":NoExecute");
        // One that is reserved has a finding of its own.
        let mut own = machine.taints.iter().filter(|(key, _)| !is_reserved_taint(key));
        let (key, _) = own.find(|(_, taint)| keeps_off(taint))?;
        Some(declared_at(cx, &machine.name, &["taints", key]))
    };
    let runs_pods = |machine: &&Machine| machine.role == Role::Worker || control_plane.schedulable;
    let taints: Vec<Option<Path>> = machines.iter().filter(runs_pods).map(own).collect();
    if taints.iter().any(Option::is_none) {
        return;
    }
    let unscheduled = Path::of(["controlPlane", "schedulable"]);
    // Many machines have theirs from one class.
    let mut seen = BTreeSet::new();
    let mut places: Vec<Path> = taints.into_iter().flatten().filter(|place| seen.insert(place.clone())).collect();
    let Some(last) = places.pop() else {
        let at = cx.value(&unscheduled);
        let label = cx.key(&Path::of(["nodes"]));
        cx.report(
            Diagnostic::warning("no-node-for-pods", at, "no node runs pods")
                .label(label, "none of them is a worker")
                .help("leave `schedulable` out, or add a worker"),
        );
        return;
    };
    let mut finding = Diagnostic::warning("no-node-for-pods", cx.key(&last), "every node that runs pods has a taint")
        .note("cluster DNS, Flux and most of what it installs tolerate none, and stay pending")
        .help("leave one node without a taint, or use `PreferNoSchedule`");
    for place in places.iter().take(NAMED) {
        finding = finding.label(cx.key(place), "and this");
    }
    if cx.document.contains(&unscheduled) && !control_plane.schedulable {
        finding = finding.label(cx.value(&unscheduled), "control-plane nodes run none");
    }
    cx.report(finding);
}

/// What the kubelet keeps for the system, for itself and free, against what the machine has.
fn memory(cx: &mut Resolver<'_>, machine: &Machine) {
    let Some(has) = machine.memory else { return };
    let kept = |field: &str, key: &str| {
        let text = machine.kubelet.config.get(field)?.get(key)?.as_str()?;
        Some((field.to_owned(), text.parse::<Size>().ok()?.bytes))
    };
    let parts: Vec<(String, u64)> =
        [("systemReserved", "memory"), ("kubeReserved", "memory"), ("evictionHard", "memory.available")]
            .into_iter()
            .filter_map(|(field, key)| kept(field, key))
            .collect();
    let all: u64 = parts.iter().map(|(_, bytes)| bytes).sum();
    let largest = parts.iter().max_by_key(|(_, bytes)| *bytes);
    if let Some((field, _)) = largest.filter(|_| all >= has) {
        let at = cx.key(&declared_at(cx, &machine.name, &["kubelet", "config", field]));
        let label = cx.value(&declared_at(cx, &machine.name, &["resources", "memory"]));
        cx.report_once(
            Diagnostic::error("machine-too-small", at, format!("node `{}` has no memory left for pods", machine.name))
                .note("what the kubelet reserves and keeps free is not given to pods, and it does not start with less than none")
                .label(label, "all that it has")
                .help("reserve less"),
        );
    }
    let thresholds = ["memory.available", "nodefs.available", "imagefs.available"];
    for key in thresholds {
        let (soft, hard) = (kept("evictionSoft", key), kept("evictionHard", key));
        if let (Some((_, soft)), Some((_, hard))) = (soft, hard)
            && soft < hard
        {
            let place = |field: &str| declared_at(cx, &machine.name, &["kubelet", "config", field, key]);
            let (at, label) = (cx.value(&place("evictionSoft")), cx.value(&place("evictionHard")));
            cx.report_once(
                Diagnostic::error("wrong-value", at, format!("the soft threshold of `{key}` lies below the hard one"))
                    .note("pods are evicted at once before the kubelet warns them")
                    .label(label, "the hard one")
                    .help("raise the soft threshold above the hard one"),
            );
        }
    }
}
