//! `network` of a tenant: one family, and room for a network of its own on every machine.

use ipnet::IpNet;

use super::Written;
use crate::diag::Diagnostic;
use crate::model::NodeGroup;
use crate::resolve::Resolver;
use crate::resolve::network::nets;

/// What the controller manager cuts for each node from the pod network (`--node-cidr-mask-size-ipv4`, `-ipv6`).
const NODE_MASK_V4: u8 = 24;
const NODE_MASK_V6: u8 = 64;

pub(super) fn check(cx: &mut Resolver<'_>, tenant: &Written<'_>, groups: &[NodeGroup]) {
    families(cx, tenant);
    for pods in nets(&tenant.spec.network.pods) {
        room_for_nodes(cx, tenant, groups, &pods);
    }
}

fn families(cx: &mut Resolver<'_>, tenant: &Written<'_>) {
    let network = &tenant.spec.network;
    let of = |nets: Vec<IpNet>| nets.iter().map(|net| net.addr().is_ipv4()).collect::<Vec<_>>();
    if of(nets(&network.pods)) == of(nets(&network.services)) {
        return;
    }
    let (at, label) = (cx.value(&tenant.key(&["network", "services"])), cx.value(&tenant.key(&["network", "pods"])));
    cx.report(
        Diagnostic::error(
            "family-order",
            at,
            format!("the services of tenant `{}` have another address family than its pods", tenant.name),
        )
        .label(label, "the family of the pods")
        .help("give two networks of one family"),
    );
}

fn room_for_nodes(cx: &mut Resolver<'_>, tenant: &Written<'_>, groups: &[NodeGroup], pods: &IpNet) {
    let mask = if pods.addr().is_ipv4() { NODE_MASK_V4 } else { NODE_MASK_V6 };
    let bits = mask.checked_sub(pods.prefix_len());
    let room = bits.map_or(0, |bits| 1u64.checked_shl(bits.into()).unwrap_or(u64::MAX));
    let most: u64 = groups.iter().map(|group| u64::from(group.replicas.bounds().1)).sum();
    // While a group's machines are replaced it has one more.
    let needed = most + groups.len() as u64;
    if room >= needed.max(1) {
        return;
    }
    let at = cx.value(&tenant.key(&["network", "pods"]));
    let largest = groups.iter().max_by_key(|group| group.replicas.bounds().1);
    let label = largest.map_or_else(
        || cx.key(&tenant.key(&["nodeGroups"])),
        |group| cx.value(&tenant.key(&["nodeGroups", &group.name, "replicas"])),
    );
    let shortest = mask - u8::try_from(needed.next_power_of_two().trailing_zeros()).unwrap_or(mask).min(mask);
    cx.report(
        Diagnostic::error(
            "network-too-small",
            at,
            format!("the pod network of tenant `{}` has room for {room} machines, not for {needed}", tenant.name),
        )
        .note(format!(
            "each machine takes a /{mask} of it, and each group has one more while its machines are replaced"
        ))
        .label(label, "the most that the groups may have")
        .help(format!("give a /{shortest} or larger, or lower `max`")),
    );
}
