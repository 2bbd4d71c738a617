//! Whether the chosen components can stand together, and on the versions of the cluster.

use indexmap::IndexMap;
use semver::{Version, VersionReq};

use super::{Chosen, Closure, brought, copies, values};
use crate::diag::Diagnostic;
use crate::resolve::Resolver;
use crate::resolve::context::{Context, broken_entry};
use crate::resolve::parameters::{self, Names};
use crate::syntax::Path;

/// The versions that components of a cluster meet, and where `cloud.yaml` says them.
pub(in crate::resolve) struct ClusterVersions<'v> {
    /// None where the machines are not ours to know: in a tenant.
    pub talos: Option<&'v Version>,
    pub kubernetes: &'v Version,
    pub kubernetes_place: Path,
}

/// Conflicts, exclusive slots, owners of definitions, versions, references.
pub(in crate::resolve) fn check(
    cx: &mut Resolver<'_>,
    context: &Context,
    closure: &Closure<'_>,
    names: &Names,
    running: &ClusterVersions<'_>,
) {
    let mut slots: IndexMap<String, &Chosen<'_>> = IndexMap::new();
    let mut groups: IndexMap<String, &Chosen<'_>> = IndexMap::new();
    for component in closure.iter() {
        references(cx, component, &names.with_parameters(&component.parameters));
        conflicts(cx, closure, component);
        versions(cx, component, running);
        let scope = context.component(cx, component);
        copies::check(cx, &scope, component);
        values::check(cx, &scope, component);
        values::patience(cx, component);
        for slot in &component.entry.slots {
            if scope.holds(cx, component, slot.when.as_deref())
                && let Some(first) = slots.insert(slot.name.clone(), component)
            {
                slot_taken(cx, first, component, &slot.name);
            }
        }
        for crds in brought(cx, &scope, component) {
            for group in crds.groups {
                if let Some(first) = groups.insert(group.clone(), component) {
                    group_taken(cx, first, component, &group);
                }
            }
        }
    }
}

/// Reports what the parameters of a component name and is not there.
pub(in crate::resolve) fn references(cx: &mut Resolver<'_>, component: &Chosen<'_>, names: &Names) {
    for (name, schema) in &component.entry.parameters {
        if let Some(value) = component.parameters.get(name) {
            parameters::check_references(cx, schema, value, &component.path.key(name), names);
        }
    }
}

fn conflicts(cx: &mut Resolver<'_>, closure: &Closure<'_>, component: &Chosen<'_>) {
    for conflict in &component.entry.conflicts {
        let Some(other) = closure.get(&conflict.component) else { continue };
        let message = format!("`{}` and `{}` cannot stand together", component.name, other.name);
        together(cx, "component-conflict", message, component, other, conflict.reason.clone());
    }
}

fn slot_taken(cx: &mut Resolver<'_>, first: &Chosen<'_>, second: &Chosen<'_>, slot: &str) {
    let message = format!("`{}` and `{}` both are the `{slot}`", first.name, second.name);
    together(cx, "slot-taken", message, second, first, String::new());
}

/// Whoever applies last wins, and who goes first takes the other's objects along.
fn group_taken(cx: &mut Resolver<'_>, first: &Chosen<'_>, second: &Chosen<'_>, group: &str) {
    let message = format!("`{}` and `{}` both bring the kinds of `{group}`", first.name, second.name);
    let why = "a CustomResourceDefinition with two owners changes with each of them, and goes with the first that goes";
    together(cx, "two-crd-owners", message, second, first, why.to_owned());
}

fn together(
    cx: &mut Resolver<'_>,
    rule: &'static str,
    message: String,
    at: &Chosen<'_>,
    other: &Chosen<'_>,
    why: String,
) {
    let (place, label) = (cx.key(&at.path), cx.key(&other.path));
    cx.report(
        Diagnostic::error(rule, place, message)
            .note(why)
            .label(label, other.because.clone())
            .help("keep one of the two"),
    );
}

/// The windows of the entry and of its charts, except of a chart whose version the user chose.
fn versions(cx: &mut Resolver<'_>, component: &Chosen<'_>, running: &ClusterVersions<'_>) {
    let entry = component.entry.clone();
    let talos_place = Path::of(["versions", "talos"]);
    if let (Some(window), Some(talos)) = (&entry.talos, running.talos) {
        outside(cx, component, &entry.title, window, ("Talos", talos, &talos_place));
    }
    let kubernetes = ("Kubernetes", running.kubernetes, &running.kubernetes_place);
    if let Some(window) = &entry.kubernetes {
        outside(cx, component, &entry.title, window, kubernetes);
    }
    for release in entry.releases() {
        let chosen = component.usage.version.is_some() && entry.takes_version(release);
        if let Some(window) = release.chart.kubernetes.as_ref().filter(|_| !chosen) {
            let what = format!("the chart {} {}", release.name, release.chart.version);
            outside(cx, component, &what, window, kubernetes);
        }
    }
}

fn outside(
    cx: &mut Resolver<'_>,
    component: &Chosen<'_>,
    what: &str,
    window: &str,
    (product, version, place): (&str, &Version, &Path),
) {
    let requirement = match VersionReq::parse(window) {
        Ok(requirement) => requirement,
        Err(error) => return broken_entry(cx, component, &format!("`{window}`"), &error.to_string()),
    };
    // A pre-release is as new as its release: no window speaks of pre-releases.
    let plain = Version::new(version.major, version.minor, version.patch);
    if !requirement.matches(&plain) {
        let (at, label) = (cx.key(&component.path), cx.value(place));
        cx.report(
            Diagnostic::error(
                "version-window",
                at,
                format!("`{}` does not run on {product} {version}", component.name),
            )
            .note(format!("{what} is for {product} {window}"))
            .label(label, "the version that runs")
            .help(format!("move {product} into the window, or give another `version` of the chart")),
        );
    }
}
