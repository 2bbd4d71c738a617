//! Size of a group's machines: said once, large enough to run something, known where the autoscaler starts from nothing.

use super::WrittenGroup;
use crate::catalog::ClusterApi;
use crate::diag::Diagnostic;
use crate::model::{MachineSize, NodeGroup, Replicas};
use crate::resolve::Resolver;
use crate::schema::{did_you_mean, respelt};

/// Below this kubelet keeps all memory for itself and the system.
const LEAST_MEMORY: u64 = 1 << 30;

pub(super) fn size(cx: &mut Resolver<'_>, group: &WrittenGroup<'_>) -> Option<MachineSize> {
    let spec = group.spec;
    match (&spec.instance_type, spec.cpu, &spec.memory) {
        (Some(instance_type), None, None) => Some(MachineSize::InstanceType(instance_type.clone())),
        (None, Some(cpu), Some(memory)) => {
            Some(MachineSize::Explicit { cpu, memory: memory.quantity().to_owned(), memory_bytes: memory.bytes })
        }
        (Some(_), _, _) => {
            given_twice(cx, group);
            None
        }
        _ => {
            let at = cx.key(&group.key(&[]));
            cx.report(
                Diagnostic::error("missing-key", at, format!("group `{}` has no size", group.name))
                    .help("give `instanceType`, or both `cpu` and `memory`"),
            );
            None
        }
    }
}

fn given_twice(cx: &mut Resolver<'_>, group: &WrittenGroup<'_>) {
    let at = cx.value(&group.key(&["instanceType"]));
    let label = cx.key(&group.key(&[if group.spec.cpu.is_some() { "cpu" } else { "memory" }]));
    cx.report(
        Diagnostic::error(
            "size-given-twice",
            at,
            format!("group `{}` has an instance type and a size of its own", group.name),
        )
        .label(label, "KubeVirt refuses both together")
        .help("keep `instanceType`, or `cpu` and `memory`"),
    );
}

pub(super) fn check(cx: &mut Resolver<'_>, set: &ClusterApi, group: &WrittenGroup<'_>, resolved: &NodeGroup) {
    if let Some(instance_type) = &group.spec.instance_type {
        perhaps_misspelled(cx, set, group, instance_type);
    }
    let key = if group.spec.instance_type.is_some() { "instanceType" } else { "memory" };
    match resolved.cores_and_bytes(set) {
        Some((_, bytes)) if bytes < LEAST_MEMORY => {
            let at = cx.value(&group.key(&[key]));
            cx.report(
                Diagnostic::error(
                    "machine-too-small",
                    at,
                    format!("a machine of group `{}` has no memory left for pods", group.name),
                )
                .note("the system and kubelet keep 612 MiB back at least")
                .help("give it 1Gi at least; 2Gi is where it begins to be useful"),
            );
        }
        None if matches!(resolved.replicas, Replicas::Scaled { min: 0, .. }) => {
            let (at, label) = (cx.value(&group.key(&[key])), cx.value(&group.key(&["replicas", "min"])));
            cx.report(
                Diagnostic::error(
                    "unknown-machine-size",
                    at,
                    format!("group `{}` can never grow: the size of its machines is not known", group.name),
                )
                .note("the autoscaler learns the size from a machine, or from cloudc, which knows KubeVirt's own types only")
                .label(label, "no machine to look at")
                .help("give `cpu` and `memory`, or a `min` of 1"),
            );
        }
        _ => {}
    }
}

/// A type may be one of the user's own; one that is nearly KubeVirt's is a slip.
fn perhaps_misspelled(cx: &mut Resolver<'_>, set: &ClusterApi, group: &WrittenGroup<'_>, instance_type: &str) {
    let known = set.instance_types.keys().map(String::as_str);
    if set.instance_types.contains_key(instance_type) {
        return;
    }
    let Some(help) = did_you_mean(instance_type, known.clone()) else { return };
    let at = cx.value(&group.key(&["instanceType"]));
    cx.report(
        Diagnostic::warning(
            "unknown-instance-type",
            at,
            format!("`{instance_type}` is none of KubeVirt's own instance types"),
        )
        .note("it must be a VirtualMachineClusterInstancetype of your own")
        .help(help)
        .fix_if(respelt(at, instance_type, known)),
    );
}
