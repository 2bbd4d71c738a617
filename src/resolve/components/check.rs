//! Whether the chosen components can stand together, and on the versions of the cluster.

use indexmap::{IndexMap, IndexSet};
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
    let mut misfits = Misfits::new();
    for component in closure.iter() {
        references(cx, component, &names.with_parameters(&component.parameters));
        conflicts(cx, closure, component);
        versions(cx, component, running, &mut misfits);
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
    outside_of_windows(cx, misfits);
}

/// Components that do not run on a version, by the place of that.
type Misfits<'c> = IndexMap<Path, Vec<Misfit<'c>>>;

/// A component that does not run on a version of the cluster.
struct Misfit<'c> {
    component: &'c Chosen<'c>,
    /// `Kubernetes 1.31.6`
    running: String,
    why: String,
}

/// Reports what the parameters of a component name and is not there.
pub(in crate::resolve) fn references(cx: &mut Resolver<'_>, component: &Chosen<'_>, names: &Names) {
    for (name, schema) in &component.entry.parameters {
        if let Some(value) = component.parameters.get(name) {
            parameters::check_references(cx, schema, value, &component.path.key(name), names);
            parameters::volume_kind(cx, schema, value, &component.parameters, &component.path.key(name));
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
fn versions<'c>(
    cx: &mut Resolver<'_>,
    component: &'c Chosen<'_>,
    running: &ClusterVersions<'_>,
    misfits: &mut Misfits<'c>,
) {
    let entry = &component.entry;
    let talos_place = Path::of(["versions", "talos"]);
    if let (Some(window), Some(talos)) = (&entry.talos, running.talos) {
        misfit(cx, component, &entry.title, window, ("Talos", talos, &talos_place), misfits);
    }
    let kubernetes = ("Kubernetes", running.kubernetes, &running.kubernetes_place);
    if let Some(window) = &entry.kubernetes {
        misfit(cx, component, &entry.title, window, kubernetes, misfits);
    }
    for release in entry.releases() {
        let chosen = component.usage.version.is_some() && entry.takes_version(release);
        if let Some(window) = release.chart.kubernetes.as_ref().filter(|_| !chosen) {
            let what = format!("the chart {} {}", release.name, release.chart.version);
            misfit(cx, component, &what, window, kubernetes, misfits);
        }
    }
}

fn misfit<'c>(
    cx: &mut Resolver<'_>,
    component: &'c Chosen<'_>,
    what: &str,
    window: &str,
    (product, version, place): (&str, &Version, &Path),
    misfits: &mut Misfits<'c>,
) {
    let requirement = match VersionReq::parse(window) {
        Ok(requirement) => requirement,
        Err(error) => return broken_entry(cx, component, &format!("`{window}`"), &error.to_string()),
    };
    // A pre-release is as new as its release: no window speaks of pre-releases.
    let plain = Version::new(version.major, version.minor, version.patch);
    if !requirement.matches(&plain) {
        let why = format!("{what} is for {product} {window}");
        misfits.entry(place.clone()).or_default().push(Misfit {
            component,
            running: format!("{product} {version}"),
            why,
        });
    }
}

/// One component does not fit the version; several of them, or one that nobody named, the version does not fit.
fn outside_of_windows(cx: &mut Resolver<'_>, misfits: Misfits<'_>) {
    for (place, misfits) in misfits {
        let version_at = cx.value(&place);
        // A version that is wrong by itself was reported at its own place.
        if cx.diags.has_at("version-window", version_at) {
            continue;
        }
        let names: IndexSet<&str> = misfits.iter().map(|misfit| misfit.component.name.as_str()).collect();
        let Some(first) = misfits.first() else { continue };
        let product = first.running.split(' ').next().unwrap_or_default();
        let component = first.component;
        let is_named = component.path.last_key() == Some(&component.name);
        let message = format!("{} not run on {}", does(&names), first.running);
        let whys: IndexSet<&str> = misfits.iter().map(|misfit| misfit.why.as_str()).collect();
        let (at, label) = (cx.key(&component.path), "the version that runs");
        let finding = if names.len() == 1 && is_named {
            Diagnostic::error("version-window", at, message)
                .label(version_at, label)
                .help(format!("move {product} into the window, or give another `version` of the chart"))
        } else {
            let finding = Diagnostic::error("version-window", version_at, message);
            let mut places = misfits.iter().map(|misfit| &misfit.component.path).collect::<Vec<_>>();
            places.dedup();
            let finding = places
                .into_iter()
                .take(4)
                .fold(finding, |finding, path| finding.label(cx.key(path), "is older or newer than what runs on it"));
            finding.help(format!("move {product} into the window"))
        };
        cx.report(finding.note(whys.into_iter().collect::<Vec<_>>().join("; ")));
    }
}

/// `` `a` does ``, `` `a` and `b` do ``.
fn does(names: &IndexSet<&str>) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last} do", rest.join(", ")),
        _ => format!("{} does", names.concat()),
    }
}
