//! `healthCheck` of a tenant: patient enough for machines that start, and able to act on small groups.

use super::Written;
use crate::diag::Diagnostic;
use crate::model::{HealthCheck, NodeGroup};
use crate::resolve::Resolver;
use crate::spec::CountOrPercent;

const DEFAULT_STARTUP_SECONDS: u64 = 20 * 60;
/// What the API takes; 0 turns the timeout off.
const LEAST_STARTUP_SECONDS: u64 = 30;
/// A volume, a boot, cloud-init, images of the network add-on: less than this replaces machines that are on their way.
const USUAL_STARTUP_SECONDS: u64 = 5 * 60;

pub(super) fn health_check(cx: &mut Resolver<'_>, tenant: &Written<'_>, groups: &[NodeGroup]) -> HealthCheck {
    let given = tenant.spec.health_check.clone().unwrap_or_default();
    let startup = given.startup_timeout.as_ref().map_or(DEFAULT_STARTUP_SECONDS, |timeout| timeout.seconds);
    if startup != 0 && startup < USUAL_STARTUP_SECONDS {
        impatient(cx, tenant, startup);
    }
    if let Some(limit) = &given.max_unhealthy {
        // A group that may be empty loses its last machines to the autoscaler.
        let never = |least: u32| least > 0 && allowed(limit, least) == 0;
        let never: Vec<&NodeGroup> = groups.iter().filter(|group| never(group.replicas.bounds().0)).collect();
        if !never.is_empty() {
            never_acts(cx, tenant, &never);
        }
    }
    HealthCheck {
        max_unhealthy: given.max_unhealthy.map(|limit| match limit {
            CountOrPercent::Count(count) => count.to_string(),
            CountOrPercent::Percent(percent) => percent.0,
        }),
        startup_timeout_seconds: startup,
    }
}

/// How many broken machines of a group are replaced at once; Cluster API rounds percentages down.
fn allowed(limit: &CountOrPercent, machines: u32) -> u32 {
    match limit {
        CountOrPercent::Count(count) => *count,
        CountOrPercent::Percent(percent) => {
            let percent: u32 = percent.0.trim_end_matches('%').parse().unwrap_or_default();
            machines.saturating_mul(percent) / 100
        }
    }
}

fn impatient(cx: &mut Resolver<'_>, tenant: &Written<'_>, seconds: u64) {
    let at = cx.value(&tenant.key(&["healthCheck", "startupTimeout"]));
    let finding = if seconds < LEAST_STARTUP_SECONDS {
        Diagnostic::error("wrong-value", at, "Cluster API takes no startup timeout below 30 s")
    } else {
        Diagnostic::warning(
            "impatient-health-check",
            at,
            format!("machines of tenant `{}` are replaced before they have started", tenant.name),
        )
        .note("a volume is made, the machine boots and joins, and pulls the images of the network add-on")
    };
    cx.report(finding.help("leave `startupTimeout` out for 20m, or give 10m at least"));
}

fn never_acts(cx: &mut Resolver<'_>, tenant: &Written<'_>, groups: &[&NodeGroup]) {
    let at = cx.value(&tenant.key(&["healthCheck", "maxUnhealthy"]));
    let mut finding =
        Diagnostic::warning("never-replaced", at, "groups at their smallest never get a broken machine replaced")
            .note("percentages are rounded down, and nothing is replaced while more than that is broken");
    for group in groups {
        let (least, _) = group.replicas.bounds();
        let label = cx.key(&tenant.key(&["nodeGroups", &group.name]));
        finding = finding.label(label, if least > 1 { format!("{least} machines") } else { "one machine".to_owned() });
    }
    cx.report(finding.help("leave `maxUnhealthy` out, give a number, or a larger percentage"));
}
