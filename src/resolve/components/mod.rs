//! Which components a cloud has: what it names, its profile, and what those require, until nothing is missing.

mod check;
mod copies;
mod custom;
mod values;

pub(super) use check::{ClusterVersions, check, references};

use std::borrow::Cow;
use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::context::{Context, Scope};
use super::parameters::{self, Names};
use super::versions::Versions;
use super::{Resolver, pins, volumes};
use crate::catalog::{Component, Crds, Status};
use crate::diag::Diagnostic;
use crate::schema::{did_you_mean, respelt};
use crate::spec::scalar::Cidr;
use crate::spec::{ComponentUse, Expose};
use crate::syntax::Path;

/// The component that delivers all others.
pub(super) const DELIVERY: &str = "flux";
/// The components that make tenant clusters.
pub(super) const TENANCY: [&str; 4] = ["cluster-api", "kamaji", "kubevirt", "cdi"];

/// The Gateway of tenants that name none, and the definitions that every Gateway needs.
pub(super) const TENANT_GATEWAY: &str = "tenant-gateway";
pub(super) const GATEWAY_API: &str = "gateway-api";

/// Why a component is in clouds that neither name it nor have it from others.
pub fn implied(component: &str) -> Option<&'static str> {
    if component == DELIVERY {
        return Some("every cloud: it delivers everything else");
    }
    if component == TENANT_GATEWAY {
        return Some("tenants whose API is exposed by a Gateway, and who name none");
    }
    TENANCY.contains(&component).then_some("tenants: they are made with it")
}

/// A component that the cloud has.
#[derive(Debug, Clone)]
pub(super) struct Chosen<'a> {
    pub name: String,
    pub entry: Cow<'a, Component>,
    pub usage: ComponentUse,
    /// Defaults filled in.
    pub parameters: Map<String, Value>,
    pub namespace: String,
    /// Why it is here, for readers.
    pub because: String,
    /// The place in `cloud.yaml` that asks for it.
    pub path: Path,
}

impl Chosen<'_> {
    /// Whether a release is what `version`, `values` and `timeout` of the user mean.
    pub(super) fn is_primary(&self, release: &str) -> bool {
        self.entry.primary().is_some_and(|primary| primary.name == release)
    }

    /// How often Flux looks after it: a Go duration.
    pub(super) fn interval(&self) -> String {
        self.usage.interval.as_ref().map_or_else(|| "1h".to_owned(), |interval| interval.text.clone())
    }
}

/// All components of a cluster, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Closure<'a> {
    chosen: IndexMap<String, Chosen<'a>>,
    /// The tenant whose cluster it is; none for the management cluster.
    tenant: Option<String>,
}

impl<'a> Closure<'a> {
    pub(super) fn of_tenant(name: &str) -> Self {
        Self { tenant: Some(name.to_owned()), ..Self::default() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Chosen<'a>> {
        self.chosen.values()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Chosen<'a>> {
        self.chosen.get(name)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.chosen.contains_key(name)
    }

    /// Components that hold a slot.
    pub(super) fn holders(&self, cx: &mut Resolver<'_>, context: &Context, slot: &str) -> Vec<String> {
        let mut holders = Vec::new();
        for component in self.iter() {
            let scope = context.component(cx, component);
            for held in &component.entry.slots {
                if held.name == slot && scope.holds(cx, component, held.when.as_deref()) {
                    holders.push(component.name.clone());
                }
            }
        }
        holders
    }
}

/// The components of the management cluster.
pub(super) fn closure<'a>(cx: &mut Resolver<'a>, context: &mut Context, versions: &Versions) -> Closure<'a> {
    let pools = cx.spec.network.load_balancers.keys().cloned();
    let names = Names::of_cloud(volumes::volume_names(context), pools, cx.spec.node_classes.keys().cloned());
    let root = Path::of(["components"]);
    let mut closure = Closure::default();
    let mut off = BTreeSet::new();
    for (name, usage) in &cx.spec.components {
        if usage.as_ref().is_some_and(|usage| usage.enabled == Some(false)) {
            off.insert(name.clone());
        }
    }
    if let Some(profile) = cx.spec.profile.as_deref().and_then(|name| cx.catalog.profile(name)) {
        for (name, given) in &profile.components {
            if off.contains(name) {
                continue;
            }
            let usage = cx.spec.components.get(name).cloned().flatten().unwrap_or_default();
            let path = if cx.spec.components.contains_key(name) { root.key(name) } else { Path::of(["profile"]) };
            let because = format!("profile `{}`", profile.name);
            add(cx, &mut closure, name, usage, given, &because, path);
        }
    }
    for (name, usage) in &cx.spec.components {
        if !off.contains(name) && !closure.contains(name) {
            let usage = usage.clone().unwrap_or_default();
            add(cx, &mut closure, name, usage, &IndexMap::new(), &format!("components.{name}"), root.key(name));
        }
    }
    let gateways = |shared: bool| {
        let control_planes = cx.spec.tenants.values().map(|tenant| &tenant.control_plane);
        control_planes.filter(|c| c.expose == Expose::Gateway && c.gateway.is_none() == shared).count() > 0
    };
    let tenants = Path::of(["tenants"]);
    let implied = [(DELIVERY, "it delivers everything else", Path::of(["delivery"]), true)]
        .into_iter()
        .chain(TENANCY.map(|name| (name, "tenants are made with it", tenants.clone(), !cx.spec.tenants.is_empty())))
        .chain([
            (TENANT_GATEWAY, "tenants are exposed by it", tenants.clone(), gateways(true)),
            (GATEWAY_API, "tenants are exposed by a Gateway", tenants.clone(), gateways(false)),
        ])
        .collect::<Vec<_>>();
    for (name, because, path, needed) in implied {
        if needed && !closure.contains(name) {
            if off.contains(name) && name != DELIVERY {
                disabled_but_needed(cx, name, "the tenants", because, &path);
            }
            add(cx, &mut closure, name, ComponentUse::default(), &IndexMap::new(), because, path);
        }
    }
    complete(cx, context, &mut closure, &off);
    let versions = ClusterVersions {
        talos: Some(&versions.talos),
        kubernetes: &versions.kubernetes,
        kubernetes_place: Path::of(["versions", "kubernetes"]),
    };
    check(cx, context, &closure, &names, &versions);
    pools_are_announced(cx, context, &closure);
    closure
}

fn pools_are_announced(cx: &mut Resolver<'_>, context: &Context, closure: &Closure<'_>) {
    if !cx.spec.network.load_balancers.is_empty() && closure.holders(cx, context, "load-balancer").is_empty() {
        let at = cx.key(&Path::of(["network", "loadBalancers"]));
        cx.report(
            Diagnostic::error("no-load-balancer", at, "no component announces these pools")
                .help("add `metallb: {}` or `cilium: {}` under `components`"),
        );
    }
}

/// The definitions that a component brings to this cluster.
pub(super) fn brought(cx: &mut Resolver<'_>, scope: &Scope, component: &Chosen<'_>) -> Vec<Crds> {
    let mut brought = component.entry.provides.crds.clone();
    brought.retain(|crds| scope.holds(cx, component, crds.when.as_deref()));
    brought
}

/// Adds what is required until nothing is missing.
pub(super) fn complete<'a>(
    cx: &mut Resolver<'a>,
    context: &mut Context,
    closure: &mut Closure<'a>,
    off: &BTreeSet<String>,
) {
    loop {
        context.set_components(closure.iter());
        let mut missing: IndexMap<String, (String, String, Path)> = IndexMap::new();
        for component in closure.iter() {
            let scope = context.component(cx, component);
            for requirement in &component.entry.requires {
                let Some(name) = &requirement.component else { continue };
                if !closure.contains(name) && scope.holds(cx, component, requirement.when.as_deref()) {
                    missing.entry(name.clone()).or_insert_with(|| {
                        (component.name.clone(), requirement.reason.clone(), component.path.clone())
                    });
                }
            }
        }
        if missing.is_empty() {
            return;
        }
        for (name, (by, reason, path)) in missing {
            if off.contains(&name) {
                disabled_but_needed(cx, &name, &format!("`{by}`"), &reason, &path);
            }
            add(
                cx,
                closure,
                &name,
                ComponentUse::default(),
                &IndexMap::new(),
                &format!("required by {by}: {reason}"),
                path,
            );
        }
    }
}

fn disabled_but_needed(cx: &mut Resolver<'_>, name: &str, by: &str, reason: &str, path: &Path) {
    let at = cx.value(&Path::of(["components", name, "enabled"]));
    let label = cx.key(path);
    cx.report(
        Diagnostic::error("required-component-off", at, format!("`{name}` is turned off, but {by} needs it"))
            .label(label, reason.to_owned())
            .help(format!("turn `{name}` on, or leave out what needs it")),
    );
}

/// Adds one component with its parameters.
pub(super) fn add<'a>(
    cx: &mut Resolver<'a>,
    closure: &mut Closure<'a>,
    name: &str,
    usage: ComponentUse,
    given: &IndexMap<String, Value>,
    because: &str,
    path: Path,
) {
    let catalog = cx.catalog;
    if let Some(chart) = &usage.chart {
        custom::check(cx, chart, &path);
    }
    if let Some(version) = &usage.version {
        custom::exact(cx, version, &path.key("version"));
    }
    let entry = match (&usage.chart, catalog.component(name)) {
        (Some(chart), _) => Cow::Owned(custom::custom(name, chart, &usage)),
        (None, Some(entry)) => pins::component(cx, closure.tenant.as_deref(), entry, &usage, &path),
        (None, None) => {
            let at = cx.key(&path);
            let help = did_you_mean(name, catalog.names());
            cx.report(
                Diagnostic::error("unknown-component", at, format!("the catalog has no component `{name}`"))
                    .help_if(help)
                    .fix_if(respelt(at, name, catalog.names())),
            );
            return;
        }
    };
    if entry.status != Status::Active {
        let at = cx.key(&path);
        let help = entry.replaced_by.as_ref().map(|other| {
            let known = if catalog.component(other).is_some() { "use" } else { "upstream's successor is" };
            format!("{known} `{other}`")
        });
        let message = format!("{} is {} upstream", entry.title, entry.status.as_str());
        let note = entry.status_note.clone().unwrap_or_default();
        cx.report(Diagnostic::warning("retired-component", at, message).note(note).help_if(help));
    }
    let mut parameters: Map<String, Value> = given.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    parameters.extend(usage.parameters.iter().map(|(key, value)| (key.clone(), value.clone())));
    let missing: Vec<&String> =
        entry.required_parameters.iter().filter(|name| !parameters.contains_key(*name)).collect();
    for parameter in missing {
        let at = cx.key(&path);
        let about =
            entry.parameters.get(parameter).and_then(|schema| schema.get("description")).and_then(Value::as_str);
        cx.report(
            Diagnostic::error("missing-key", at, format!("component `{name}` needs `{parameter}`"))
                .help(format!("give `components.{name}.{parameter}`: {}", about.unwrap_or_default())),
        );
    }
    let parameters = parameters::with_defaults(&entry.parameters, &parameters);
    if let (Some(wanted), Some(why)) = (&usage.namespace, &entry.namespace.fixed)
        && *wanted != entry.namespace.name
    {
        let at = cx.value(&path.key("namespace"));
        cx.report(
            Diagnostic::error("fixed-namespace", at, format!("`{name}` lives in namespace `{}`", entry.namespace.name))
                .note(why.clone())
                .help("remove `namespace`"),
        );
    }
    let namespace = usage.namespace.clone().unwrap_or_else(|| entry.namespace.name.clone());
    let chosen =
        Chosen { name: name.to_owned(), entry, usage, parameters, namespace, because: because.to_owned(), path };
    closure.chosen.insert(name.to_owned(), chosen);
}

/// Networks that the chosen components use inside the cluster: what, which, and who asked for it.
pub(super) fn networks(cx: &mut Resolver<'_>, context: &Context, closure: &Closure<'_>) -> Vec<(String, Cidr, Path)> {
    let mut networks = Vec::new();
    for component in closure.iter() {
        let scope = context.component(cx, component);
        for network in &component.entry.networks {
            if scope.holds(cx, component, network.when.as_deref()) {
                networks.push((format!("the {} network", network.name), network.cidr, component.path.clone()));
            }
        }
    }
    networks
}
