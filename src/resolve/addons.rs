//! Add-ons of a tenant: components by the same rules as the cloud's, with the tenant's networks in view.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::json;

use super::components::{self, Closure};
use super::context::Context;
use super::graph::Graph;
use super::order::{depends_on, sorted};
use super::parameters::Names;
use super::{Resolver, network::nets, render};
use crate::diag::Diagnostic;
use crate::model::{Addon, Platform, SecretNeed};
use crate::spec;
use crate::syntax::Path;

/// The tenant's components by the same rules as the cloud's, with the tenant's networks in view.
pub(super) fn addons(
    cx: &mut Resolver<'_>,
    context: &Context,
    platform: &mut Platform,
    name: &str,
    namespace: &str,
    spec: &spec::Tenant,
    dns_service_ip: &str,
) -> (Vec<Addon>, Vec<SecretNeed>) {
    let strings =
        |list: &spec::OneOrMany<spec::scalar::Cidr>| nets(list).iter().map(ToString::to_string).collect::<Vec<_>>();
    let roles: BTreeSet<&String> = spec.node_groups.values().flat_map(|group| &group.roles).collect();
    let kubernetes = &spec.kubernetes.0;
    let tenant = json!({
        "name": name,
        "namespace": namespace,
        "kubernetes": format!("v{kubernetes}"),
        "kubernetesContext": {"version": format!("v{kubernetes}"), "minor": kubernetes.minor},
        "apiHost": format!("{name}.{namespace}.svc"),
        "apiPort": spec.control_plane.port(),
        "nodeRoles": roles,
        "talos": spec.workers == spec::Workers::Talos,
    });
    let network = json!({
        "nodes": context.network()["pods"],
        "gateway": null,
        "pods": strings(&spec.network.pods),
        "services": strings(&spec.network.services),
        "dnsDomain": "cluster.local",
        "dnsServiceIP": dns_service_ip,
        "join": null,
        "loadBalancers": {},
        "bgp": {"localASN": null, "peers": {}},
    });
    let mut context = context.for_tenant(&tenant, network);
    let path = Path::of(["tenants", name, "addons"]);
    let mut closure = Closure::of_tenant(name);
    let mut off = BTreeSet::new();
    for (addon, usage) in &spec.addons {
        let usage = usage.clone().unwrap_or_default();
        if usage.enabled == Some(false) {
            off.insert(addon.clone());
            continue;
        }
        components::add(
            cx,
            &mut closure,
            addon,
            usage,
            &IndexMap::new(),
            &path.key(addon).to_string(),
            path.key(addon),
        );
    }
    components::complete(cx, &mut context, &mut closure, &off);
    let versions = components::ClusterVersions {
        talos: None,
        kubernetes,
        kubernetes_place: Path::of(["tenants", name, "kubernetes"]),
    };
    // Volumes of nodes and pools of addresses are the cloud's: an add-on has none to name.
    let nothing = Names::of_cloud(BTreeSet::new(), std::iter::empty(), std::iter::empty());
    components::check(cx, &context, &closure, &nothing, &versions);
    if closure.holders(cx, &context, "cni").is_empty() {
        let at = cx.key(&path);
        cx.report(
            Diagnostic::warning(
                "no-tenant-cni",
                at,
                format!("tenant `{name}` has no network add-on: its nodes never become ready"),
            )
            .help("add `cilium: {}` to its `addons`"),
        );
    }
    order(cx, &context, platform, &closure, name)
}

/// Add-ons with the network first, rendered.
fn order(
    cx: &mut Resolver<'_>,
    context: &Context,
    platform: &mut Platform,
    closure: &Closure<'_>,
    tenant: &str,
) -> (Vec<Addon>, Vec<SecretNeed>) {
    let cni = closure.holders(cx, context, "cni");
    let mut graph = Graph::default();
    closure.iter().for_each(|component| graph.node(&component.name));
    for component in closure.iter() {
        let scope = context.component(cx, component);
        let required = component.entry.requires.clone();
        for requirement in &required {
            if let Some(other) = &requirement.component
                && scope.holds(cx, component, requirement.when.as_deref())
            {
                graph.edge(&component.name, other);
            }
        }
        component.entry.after.iter().for_each(|other| graph.edge(&component.name, other));
        for other in depends_on(cx, closure, component, &format!("tenant `{tenant}`")) {
            graph.edge(&component.name, other);
        }
    }
    for holder in &cni {
        for component in closure.iter() {
            if !graph.waits(holder, &component.name) {
                graph.edge(&component.name, holder);
            }
        }
    }
    let path = Path::of(["tenants", tenant, "addons"]);
    let Some(sorted) = sorted(cx, &graph, closure, "add-ons", &path) else { return Default::default() };
    let reduced = graph.reduced();
    let mut addons = Vec::new();
    let mut secrets = Vec::new();
    for component in sorted.iter().filter_map(|name| closure.get(name)) {
        let scope = context.component(cx, component);
        let layers = render::render_layers(cx, &scope, component, &mut platform.sources);
        render::secrets(cx, &scope, component, &mut secrets);
        let mut releases = Vec::new();
        let mut objects = Vec::new();
        for layer in layers {
            releases.extend(layer.releases);
            if !layer.objects.is_empty() {
                objects.push(layer.objects);
            }
        }
        addons.push(Addon {
            name: component.name.clone(),
            namespace: component.namespace.clone(),
            pod_security: component.entry.namespace.pod_security,
            protected: component.entry.protected,
            interval: component.interval(),
            depends_on: reduced.get(&component.name).cloned().unwrap_or_default(),
            releases,
            objects,
            origins: vec![component.path.to_string()],
        });
    }
    for secret in &mut secrets {
        secret.purpose = format!("{} (in tenant `{tenant}`)", secret.purpose);
    }
    (addons, secrets)
}
