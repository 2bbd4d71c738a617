//! What components ask of machines and of Talos, and what decides that they do.

use crate::catalog::ClusterNeed;
use crate::provenance::cause::Cause::{Path, Setting};
use crate::provenance::cause::Scope;
use crate::provenance::{Origin, components, needs, pattern};
use crate::syntax::Path as SpecPath;

/// Conditions of the components that change images.
pub(super) fn extension_needs(scope: &Scope<'_>) -> Vec<Origin> {
    let machine = scope.machine();
    let asked =
        machine.into_iter().flat_map(|machine| machine.asked.iter()).filter(|asked| asked.need.changes_the_image());
    asked.map(needs::origin).collect()
}

/// What decides which components ask for what: their own conditions, and who is there.
pub(in crate::provenance) fn conditions(scope: &Scope<'_>) -> Vec<Origin> {
    let provenance = scope.provenance;
    let known = provenance.once("conditions".to_owned(), || {
        let mut origins = components::roster(provenance, None);
        for component in &provenance.compiled.model.platform.components {
            origins.extend(components::needs(provenance, &component.name).iter().cloned());
        }
        origins.sort();
        origins.dedup();
        origins
    });
    known.to_vec()
}

/// The components that ask Talos for something.
pub(super) fn cluster(scope: &Scope<'_>, asks: impl Fn(&ClusterNeed) -> bool) -> Vec<Origin> {
    let provenance = scope.provenance;
    let mut origins = Vec::new();
    for component in &provenance.compiled.model.platform.components {
        let owner = components::Owner { component: component.name.clone(), tenant: None };
        let Some(entry) = components::entry(provenance, &owner) else { continue };
        for need in entry.cluster.iter().filter(|need| asks(need)) {
            let origin = component.origins.first().map(|origin| SpecPath::read(origin)).unwrap_or_default();
            origins.push(Origin::Need { component: component.name.clone(), reason: need.reason.clone(), origin });
        }
    }
    origins
}

pub(super) fn no_cni(scope: &Scope<'_>) -> Vec<Origin> {
    cluster(scope, |need| need.no_cni)
}

pub(super) fn no_kube_proxy(scope: &Scope<'_>) -> Vec<Origin> {
    cluster(scope, |need| need.no_kube_proxy)
}

pub(super) fn no_host_dns(scope: &Scope<'_>) -> Vec<Origin> {
    cluster(scope, |need| need.no_host_dns_forwarding)
}

pub(super) fn metrics(scope: &Scope<'_>) -> Vec<Origin> {
    let last = scope.path.last().map(pattern::text).unwrap_or_default();
    let served = ["bind-address", "listen-metrics-urls"].contains(&last.as_str());
    if served { cluster(scope, |need| need.control_plane_metrics) } else { Vec::new() }
}

pub(super) fn api_access(scope: &Scope<'_>) -> Vec<Origin> {
    cluster(scope, |need| !need.talos_api_access.is_empty())
}

/// Rules that let in who talks to a component, or to the cluster on a port that no rule names, are made where the firewall blocks.
pub(super) fn port_rules(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = scope.all(&[Path("network.nodes"), Path("network.pods")]);
    if scope.one(&Setting("firewall.rules.{name}")).is_empty() {
        origins.extend(scope.one(&Setting("firewall.rules")));
    }
    origins.extend(conditions(scope));
    origins
}
