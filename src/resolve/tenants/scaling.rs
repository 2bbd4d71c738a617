//! `autoscaler` of a tenant, and whether there is a machine at all for what runs in it.

use indexmap::IndexMap;

use super::Written;
use crate::catalog::ClusterApi;
use crate::diag::Diagnostic;
use crate::model::{Autoscaler, NodeGroup, Replicas};
use crate::resolve::Resolver;
use crate::spec::scalar::GoDuration;

/// What is written for every tenant.
const OWN_FLAGS: [&str; 4] =
    ["cloud-provider", "kubeconfig", "clusterapi-cloud-config-authoritative", "node-group-auto-discovery"];

pub(super) fn autoscaler(
    cx: &mut Resolver<'_>,
    set: &ClusterApi,
    tenant: &Written<'_>,
    groups: &[NodeGroup],
) -> Option<Autoscaler> {
    let scaled = groups.iter().any(|group| matches!(group.replicas, Replicas::Scaled { .. }));
    if tenant.spec.autoscaler.is_some() && !scaled && all_known(tenant, groups) {
        let at = cx.key(&tenant.key(&["autoscaler"]));
        cx.report(
            Diagnostic::warning(
                "autoscaler-without-groups",
                at,
                format!("tenant `{}` has no node group to scale", tenant.name),
            )
            .help("give a group `replicas: {min, max}`"),
        );
    }
    scaled.then(|| Autoscaler {
        image: set.images_by_minor.cluster_autoscaler.reference(&tenant.spec.kubernetes.0).unwrap_or_default(),
        flags: flags(cx, tenant),
    })
}

/// A group with a fault is not among the groups; what they lack together is not known then.
fn all_known(tenant: &Written<'_>, groups: &[NodeGroup]) -> bool {
    groups.len() == tenant.spec.node_groups.len()
}

fn flags(cx: &mut Resolver<'_>, tenant: &Written<'_>) -> IndexMap<String, String> {
    let Some(settings) = &tenant.spec.autoscaler else { return IndexMap::new() };
    let duration = |given: &Option<GoDuration>| given.as_ref().map(|duration| duration.text.clone());
    let threshold = settings.scale_down_utilization_threshold.map(|share| share.to_string());
    let known = [
        ("scale-down-unneeded-time", duration(&settings.scale_down_unneeded_time)),
        ("scan-interval", duration(&settings.scan_interval)),
        ("scale-down-utilization-threshold", threshold),
        ("scale-down-delay-after-add", duration(&settings.scale_down_delay_after_add)),
        ("max-node-provision-time", duration(&settings.max_node_provision_time)),
    ];
    let mut flags = IndexMap::new();
    for (flag, value) in &known {
        flags.extend(value.clone().map(|value| ((*flag).to_owned(), value)));
    }
    for (flag, value) in &settings.extra_args {
        let known = known.iter().any(|(known, _)| known == flag);
        if known || OWN_FLAGS.contains(&flag.as_str()) {
            let at = cx.key(&tenant.key(&["autoscaler", "extraArgs", flag]));
            let help = if known {
                "use the key of `autoscaler` for it"
            } else {
                "remove it: it joins the autoscaler to the tenant"
            };
            cx.report(Diagnostic::error("reserved-setting", at, format!("`{flag}` is not a further flag")).help(help));
        }
        flags.insert(flag.clone(), value.to_string());
    }
    flags
}

/// Flux waits for add-ons, and add-ons for a machine: the autoscaler may make one for a pod that does not fit, but pods of
/// the network and of every DaemonSet ask for none.
pub(super) fn check_first_machine(cx: &mut Resolver<'_>, tenant: &Written<'_>, groups: &[NodeGroup]) {
    let enabled = |usage: &Option<crate::spec::ComponentUse>| usage.as_ref().is_none_or(|u| u.enabled != Some(false));
    let Some((first, _)) = tenant.spec.addons.iter().find(|(_, usage)| enabled(usage)) else { return };
    if !all_known(tenant, groups) || groups.iter().any(|group| group.replicas.bounds().0 > 0) {
        return;
    }
    let at = cx.key(&tenant.key(&["addons"]));
    let label = match groups.first() {
        Some(group) => cx.value(&tenant.key(&["nodeGroups", &group.name, "replicas"])),
        None => cx.key(&tenant.key(&[])),
    };
    cx.report(
        Diagnostic::warning(
            "add-ons-without-machine",
            at,
            format!("the add-ons of tenant `{}` wait for a machine that nobody makes", tenant.name),
        )
        .note(format!("`{first}` and what comes after it become ready on a machine only"))
        .label(label, "no machine to begin with")
        .help("give one group a `min` of 1"),
    );
}
