//! What a tenant's machines may take at most, against its quota and against the machines of the cloud.

use super::Written;
use crate::catalog::ClusterApi;
use crate::diag::Diagnostic;
use crate::model::{NodeGroup, Tenant};
use crate::resolve::Resolver;
use crate::resolve::cluster::schedulable;
use crate::resolve::context::Context;
use crate::spec::{Quota, Role};
use crate::syntax::Path;

const GI: u64 = 1 << 30;

/// Cores, and bytes of memory and disks.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    cores: u64,
    memory: u64,
    storage: u64,
}

/// The sum over all groups of `machines` of each; machines of unknown size count for their disks alone.
fn sum(set: &ClusterApi, groups: &[NodeGroup], machines: impl Fn(&NodeGroup) -> u64) -> Sum {
    groups.iter().fold(Sum::default(), |sum, group| {
        let (cores, bytes) = group.cores_and_bytes(set).unwrap_or_default();
        let count = machines(group);
        Sum {
            cores: sum.cores.saturating_add(count.saturating_mul(cores.into())),
            memory: sum.memory.saturating_add(count.saturating_mul(bytes)),
            storage: sum.storage.saturating_add(count.saturating_mul(group.disk_bytes)),
        }
    })
}

pub(super) fn check(
    cx: &mut Resolver<'_>,
    hosts: Option<&Hosts<'_>>,
    set: &ClusterApi,
    tenant: &Written<'_>,
    groups: &[NodeGroup],
) {
    if let Some(quota) = &tenant.spec.quota {
        against_quota(cx, set, tenant, groups, quota);
    }
    for group in groups {
        against_hosts(cx, hosts, set, tenant, group);
    }
}

fn against_quota(cx: &mut Resolver<'_>, set: &ClusterApi, tenant: &Written<'_>, groups: &[NodeGroup], quota: &Quota) {
    let most = sum(set, groups, |group| group.replicas.bounds().1.into());
    // One more machine of each group while its machines are replaced.
    let surge = sum(set, groups, |group| u64::from(group.replicas.bounds().1) + 1);
    let gi = |bytes: u64| format!("{}Gi", bytes.div_ceil(GI));
    let cores = |cores: u64| format!("{cores} cores");
    let resources = [
        ("cpu", quota.cpu.map(u64::from), most.cores, surge.cores, &cores as &dyn Fn(u64) -> String),
        ("memory", quota.memory.as_ref().map(|size| size.bytes), most.memory, surge.memory, &gi),
        ("storage", quota.storage.as_ref().map(|size| size.bytes), most.storage, surge.storage, &gi),
    ];
    for (key, limit, most, surge, shown) in resources {
        let Some(limit) = limit.filter(|limit| *limit < surge) else { continue };
        let (at, label) = (cx.value(&tenant.key(&["quota", key])), cx.key(&tenant.key(&["nodeGroups"])));
        let when = if limit < most { "cannot grow to their `max`" } else { "cannot be replaced at their `max`" };
        cx.report(
            Diagnostic::warning(
                "quota-too-small",
                at,
                format!("machines of tenant `{}` {when} within the {key} of its quota", tenant.name),
            )
            .note("a group has one machine more while its machines are replaced")
            .label(label, format!("{} at most, {} while they are replaced", shown(most), shown(surge)))
            .help(format!("allow {}, or lower `max`", shown(surge))),
        );
    }
}

/// All machines of all tenants against the memory of all nodes that run them.
pub(super) fn check_all(cx: &mut Resolver<'_>, hosts: Option<&Hosts<'_>>, set: &ClusterApi, tenants: &[Tenant]) {
    let groups = tenants.iter().flat_map(|tenant| &tenant.node_groups);
    let most = groups.fold(0u64, |all, group| {
        let (_, bytes) = group.cores_and_bytes(set).unwrap_or_default();
        all.saturating_add(bytes.saturating_mul(group.replicas.bounds().1.into()))
    });
    let Some(&Hosts { memory, .. }) = hosts else { return };
    // Without any node for pods there is another finding.
    if most <= memory || memory == 0 {
        return;
    }
    let (at, label) = (cx.key(&Path::of(["tenants"])), cx.key(&Path::of(["nodes"])));
    let groups = tenants.iter().flat_map(|tenant| tenant.node_groups.iter().map(move |group| (tenant, group)));
    let largest = groups.max_by_key(|(_, group)| {
        let (_, bytes) = group.cores_and_bytes(set).unwrap_or_default();
        bytes.saturating_mul(group.replicas.bounds().1.into())
    });
    let largest = largest
        .map(|(tenant, group)| cx.value(&Path::of(["tenants", &tenant.name, "nodeGroups", &group.name, "replicas"])));
    let finding = Diagnostic::warning("more-than-the-nodes", at, "the tenants may grow beyond the memory of the nodes");
    let finding = finding.label(label, format!("{}Gi on nodes that run virtual machines", memory / GI));
    let finding = largest.into_iter().fold(finding, |finding, place| finding.label(place, "most of it"));
    cx.report(
        finding
            .note("the machines that come last stay pending")
            .help(format!("the groups may take {}Gi: lower `max`, or add nodes", most.div_ceil(GI))),
    );
}

/// A machine is never spread over hosts.
fn against_hosts(
    cx: &mut Resolver<'_>,
    hosts: Option<&Hosts<'_>>,
    set: &ClusterApi,
    tenant: &Written<'_>,
    group: &NodeGroup,
) {
    let Some((_, bytes)) = group.cores_and_bytes(set) else { return };
    let Some((largest, memory)) = hosts.and_then(|hosts| hosts.largest) else { return };
    if bytes < memory {
        return;
    }
    let path = tenant.key(&["nodeGroups", &group.name]);
    let key = if tenant.spec.node_groups[&group.name].instance_type.is_some() { "instanceType" } else { "memory" };
    let (at, label) = (cx.value(&path.key(key)), cx.key(&Path::of(["nodes", largest])));
    cx.report(
        Diagnostic::error(
            "machine-too-large",
            at,
            format!("no node has the memory for a machine of group `{}`", group.name),
        )
        .label(label, format!("the largest, {}Gi", memory / GI))
        .help("give the group a smaller size, or correct `resources` of the nodes"),
    );
}

/// The nodes that run virtual machines, added up once for all groups of all tenants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hosts<'a> {
    /// Bytes of all together.
    memory: u64,
    /// The first of those with the most memory.
    largest: Option<(&'a str, u64)>,
}

impl<'a> Hosts<'a> {
    /// None when one of them does not say how much memory it has.
    pub(super) fn of(cx: &Resolver<'_>, context: &'a Context) -> Option<Self> {
        let schedulable = schedulable(cx);
        let hosts = context.nodes().iter().filter(|node| schedulable || node["role"] == Role::Worker.as_str());
        let hosts: Option<Vec<(&str, u64)>> =
            hosts.map(|node| Some((node["name"].as_str()?, node["memory"].as_u64()?))).collect();
        let hosts = hosts?;
        let memory = hosts.iter().map(|(_, memory)| memory).sum();
        // Read backwards, since `max_by_key` takes the last of equals.
        Some(Self { memory, largest: hosts.into_iter().rev().max_by_key(|(_, memory)| *memory) })
    }
}
