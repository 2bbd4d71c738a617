//! The pod network of a tenant inside that of the cloud: packets that are wrapped twice need two ports.

use std::sync::Arc;

use super::Written;
use crate::catalog::NodeNeed;
use crate::diag::Diagnostic;
use crate::model::{Addon, Machine};
use crate::resolve::Resolver;
use crate::resolve::components::Closure;
use crate::spec::Protocol;
use crate::spec::scalar::PortRange;
use crate::syntax::Path;

/// The chart value by which a pod network of tenants takes another port; the catalog gives it one that no network of a cloud has.
const VALUE: &str = "tunnelPort";

/// A UDP port of the nodes, with the component that listens there.
pub(super) struct HostPort {
    ports: PortRange,
    purpose: String,
    path: Path,
}

/// What components of the cloud listen on, on any node.
pub(super) fn of_nodes(machines: &[Machine], components: &Closure<'_>) -> Vec<HostPort> {
    let is_asked = |need: &Arc<NodeNeed>| {
        machines.iter().any(|machine| machine.asked.iter().any(|asked| Arc::ptr_eq(&asked.need, need)))
    };
    let mut ports = Vec::new();
    for component in components.iter() {
        let needs = component.entry.node.iter().filter(|need| !need.ports.is_empty());
        for need in needs.filter(|need| is_asked(need)) {
            for port in need.ports.iter().filter(|port| port.protocol == Some(Protocol::Udp)) {
                ports.extend(port.ports.iter().map(|one| HostPort {
                    ports: one.range(),
                    purpose: port.purpose.clone(),
                    path: component.path.clone(),
                }));
            }
        }
    }
    ports
}

pub(super) fn check(cx: &mut Resolver<'_>, tenant: &Written<'_>, addons: &[Addon], of_nodes: &[HostPort]) {
    for addon in addons {
        let ports = addon.releases.iter().filter_map(|release| release.values[VALUE].as_u64());
        for number in ports.filter_map(|port| u16::try_from(port).ok()).collect::<Vec<_>>() {
            let Some(taken) = of_nodes.iter().find(|port| (port.ports.from..=port.ports.to).contains(&number)) else {
                continue;
            };
            let at = cx.value(&tenant.key(&["addons", &addon.name, "values", VALUE]));
            let label = cx.key(&taken.path);
            cx.report(
                Diagnostic::warning(
                    "same-tunnel-port",
                    at,
                    format!("the tunnels of tenant `{}` have port {number} of the cloud's own", tenant.name),
                )
                .note("its machines are pods: their packets are wrapped twice, and the first to see the port unwraps them")
                .label(label, format!("{} listens on it", taken.purpose))
                .help(format!("leave `{VALUE}` out")),
            );
        }
    }
}
