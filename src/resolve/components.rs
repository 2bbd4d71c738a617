//! Which components a cloud has: what it names, its profile, and what those require, until nothing is missing.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::context::Context;
use super::parameters::{self, Names};
use super::{Resolver, volumes};
use crate::catalog::{Chart, Component, CrdPolicy, Layer, Namespace, PodSecurity, Provides, Release, Status};
use crate::diag::Diagnostic;
use crate::schema::did_you_mean;
use crate::spec::scalar::Cidr;
use crate::spec::{ComponentUse, CustomChart};
use crate::syntax::Path;

/// The component that delivers all others.
pub(super) const DELIVERY: &str = "flux";
/// The components that make tenant clusters.
pub(super) const TENANCY: [&str; 4] = ["cluster-api", "kamaji", "kubevirt", "cdi"];

/// A component that the cloud has.
#[derive(Debug, Clone)]
pub(super) struct Chosen<'a> {
    pub name: String,
    pub entry: std::borrow::Cow<'a, Component>,
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
    /// How often Flux looks after it: a Go duration.
    pub(super) fn interval(&self) -> String {
        self.usage.interval.as_ref().map_or_else(|| "1h".to_owned(), |interval| interval.text.clone())
    }
}

/// All components of a cluster, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Closure<'a> {
    chosen: IndexMap<String, Chosen<'a>>,
}

impl<'a> Closure<'a> {
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
            let scope = context.component(component);
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
pub(super) fn closure<'a>(cx: &mut Resolver<'a>, context: &mut Context) -> Closure<'a> {
    let names = Names {
        volumes: volumes::volume_names(context),
        pools: cx.spec.network.load_balancers.keys().cloned().collect(),
        parameters: BTreeMap::new(),
    };
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
    let implied = [(DELIVERY, "it delivers everything else", Path::of(["delivery"]), true)].into_iter().chain(
        TENANCY.map(|name| (name, "tenants are made with it", Path::of(["tenants"]), !cx.spec.tenants.is_empty())),
    );
    for (name, because, path, needed) in implied {
        if needed && !closure.contains(name) {
            if off.contains(name) && name != DELIVERY {
                disabled_but_needed(cx, name, "the tenants", because, &path);
            }
            add(cx, &mut closure, name, ComponentUse::default(), &IndexMap::new(), because, path);
        }
    }
    complete(cx, context, &mut closure, &off);
    check(cx, context, &closure, &names);
    closure
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
            let scope = context.component(component);
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
    let entry = match (&usage.chart, catalog.component(name)) {
        (Some(chart), _) => std::borrow::Cow::Owned(custom(name, chart, &usage)),
        (None, Some(entry)) => std::borrow::Cow::Borrowed(entry),
        (None, None) => {
            let at = cx.key(&path);
            let help = did_you_mean(name, catalog.components().map(|c| c.name.as_str()));
            cx.report(
                Diagnostic::error("unknown-component", at, format!("the catalog has no component `{name}`"))
                    .help_if(help),
            );
            return;
        }
    };
    if entry.status != Status::Active && entry.management {
        let at = cx.key(&path);
        let word = if entry.status == Status::Retired { "retired" } else { "deprecated" };
        let help = entry.replaced_by.as_ref().map(|other| {
            let known = if catalog.component(other).is_some() { "use" } else { "upstream's successor is" };
            format!("{known} `{other}`")
        });
        cx.report(
            Diagnostic::warning("retired-component", at, format!("{} is {word} upstream", entry.title)).help_if(help),
        );
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

/// A product that the catalog does not know, as an entry.
fn custom(name: &str, chart: &CustomChart, usage: &ComponentUse) -> Component {
    let oci = chart.repository.starts_with("oci://");
    let release = Release {
        name: name.to_owned(),
        when: None,
        chart: Chart {
            oci: oci.then(|| format!("{}/{}", chart.repository.trim_end_matches('/'), chart.name)),
            repository: (!oci).then(|| chart.repository.clone()),
            git: None,
            name: (!oci).then(|| chart.name.clone()),
            path: None,
            version: chart.version.clone(),
            source: "cloud.yaml".to_owned(),
            kubernetes: None,
        },
        depends_on: Vec::new(),
        values: None,
        timeout: None,
        // Nothing is known of the chart; this is right for charts with and without a crds/ folder.
        crds: CrdPolicy::CreateReplace,
    };
    Component {
        api_version: crate::catalog::ComponentApi::V1Alpha1,
        kind: crate::catalog::ComponentKind::Component,
        name: name.to_owned(),
        title: chart.name.clone(),
        summary: String::new(),
        docs: String::new(),
        status: Status::Active,
        replaced_by: None,
        sources: Vec::new(),
        protected: false,
        management: true,
        tenant: true,
        parameters: IndexMap::new(),
        required_parameters: Vec::new(),
        namespace: Namespace {
            name: usage.namespace.clone().unwrap_or_else(|| name.to_owned()),
            pod_security: PodSecurity::Baseline,
            fixed: None,
        },
        slots: Vec::new(),
        networks: Vec::new(),
        provides: Provides::default(),
        requires: Vec::new(),
        after: Vec::new(),
        conflicts: Vec::new(),
        secrets: Vec::new(),
        node: Vec::new(),
        cluster: Vec::new(),
        notes: None,
        layers: vec![Layer {
            name: "release".to_owned(),
            when: None,
            bootstrap: None,
            releases: vec![release],
            manifests: None,
            objects: None,
            health_checks: Vec::new(),
            health_check_exprs: Vec::new(),
        }],
    }
}

/// Networks that the chosen components use inside the cluster: what, which, and who asked for it.
pub(super) fn networks(cx: &mut Resolver<'_>, context: &Context, closure: &Closure<'_>) -> Vec<(String, Cidr, Path)> {
    let mut networks = Vec::new();
    for component in closure.iter() {
        let scope = context.component(component);
        for network in &component.entry.networks {
            if scope.holds(cx, component, network.when.as_deref()) {
                networks.push((format!("the {} network", network.name), network.cidr, component.path.clone()));
            }
        }
    }
    networks
}

/// Conflicts, exclusive slots, references.
fn check(cx: &mut Resolver<'_>, context: &Context, closure: &Closure<'_>, names: &Names) {
    let mut holders: IndexMap<String, &Chosen<'_>> = IndexMap::new();
    for component in closure.iter() {
        let scope = context.component(component);
        let mut names = names.clone();
        let maps = component.parameters.iter().filter_map(|(name, value)| Some((name.clone(), value.as_object()?)));
        names.parameters = maps.map(|(name, map)| (name, map.keys().cloned().collect())).collect();
        for (name, schema) in &component.entry.parameters {
            if let Some(value) = component.parameters.get(name) {
                parameters::check_references(cx, schema, value, &component.path.key(name), &names);
            }
        }
        for conflict in &component.entry.conflicts {
            if let Some(other) = closure.get(&conflict.component) {
                let (at, label) = (cx.key(&component.path), cx.key(&other.path));
                cx.report(
                    Diagnostic::error(
                        "component-conflict",
                        at,
                        format!("`{}` and `{}` cannot stand together", component.name, other.name),
                    )
                    .note(conflict.reason.clone())
                    .label(label, other.because.clone())
                    .help("keep one of the two"),
                );
            }
        }
        for slot in &component.entry.slots {
            if !scope.holds(cx, component, slot.when.as_deref()) {
                continue;
            }
            if let Some(first) = holders.insert(slot.name.clone(), component) {
                let (at, label) = (cx.key(&component.path), cx.key(&first.path));
                cx.report(
                    Diagnostic::error(
                        "slot-taken",
                        at,
                        format!("`{}` and `{}` both are the `{}`", first.name, component.name, slot.name),
                    )
                    .label(label, "the first")
                    .help("keep one of the two"),
                );
            }
        }
    }
    if !cx.spec.network.load_balancers.is_empty() && !holders.contains_key("load-balancer") {
        let at = cx.key(&Path::of(["network", "loadBalancers"]));
        cx.report(
            Diagnostic::error("no-load-balancer", at, "no component announces these pools")
                .help("add `metallb: {}` or `cilium: {}` under `components`"),
        );
    }
}
