//! Which set of Cluster API versions a cloud has, and what follows from it for the entries of the catalog.

use std::borrow::Cow;

use serde_json::Value;

use super::Resolver;
use super::components::Closure;
use super::versions::Versions;
use crate::catalog::{Catalog, ClusterApi, Component, SetProduct};
use crate::diag::Diagnostic;
use crate::spec::{Cloud, Workers};
use crate::syntax::Path;

/// The component whose parameter names the set.
pub(super) const COMPONENT: &str = "cluster-api";
const PARAMETER: &str = "set";

/// Components that run on the management cluster, and what the set calls their windows.
const PRODUCTS: [(&str, &str); 2] = [(COMPONENT, "clusterAPI"), ("kamaji", "kamaji")];

/// The name of a cloud's set. It is asked before components are known, since their entries see the set.
pub(super) fn name<'a>(spec: &'a Cloud, catalog: &'a Catalog) -> &'a str {
    let usage = spec.components.get(COMPONENT).and_then(Option::as_ref);
    let profile = spec.profile.as_deref().and_then(|name| catalog.profile(name));
    let given = usage.and_then(|usage| usage.parameters.get(PARAMETER));
    let given = given.or_else(|| profile?.components.get(COMPONENT)?.get(PARAMETER));
    given.and_then(Value::as_str).unwrap_or(&catalog.cluster_api.default)
}

/// An entry with the versions of the set in the charts that follow one of its products.
pub(super) fn with_set<'a>(cx: &Resolver<'a>, entry: &'a Component) -> Cow<'a, Component> {
    let set = cx.catalog.cluster_api.set(name(cx.spec, cx.catalog));
    let mut entry = Cow::Borrowed(entry);
    if entry.releases().any(|release| release.chart.follows.is_some()) {
        let charts = entry.to_mut().layers.iter_mut().flat_map(|layer| &mut layer.releases);
        for chart in charts.map(|release| &mut release.chart) {
            let Some(pin) = chart.follows.map(|product| set.product(product)) else { continue };
            if chart.version != pin.version {
                chart.version.clone_from(&pin.version);
                chart.source.clone_from(&pin.source);
                chart.digest = None;
            }
        }
    }
    entry
}

/// The products of the set were tested on some versions of the management cluster and not on others.
pub(super) fn check(cx: &mut Resolver<'_>, components: &Closure<'_>, versions: &Versions) {
    let (name, set) = (name(cx.spec, cx.catalog), cx.pins.set().clone());
    out_of_support(cx, components, name, &set);
    // A version that is wrong by itself was reported at its own place.
    if cx.diags.has_at("version-window", cx.value(&Path::of(["versions", "kubernetes"]))) {
        return;
    }
    providers(cx);
    let mut refused: Option<Diagnostic> = None;
    for (component, product) in PRODUCTS {
        let Some(component) = components.get(component) else { continue };
        let follows = component.entry.primary().and_then(|release| release.chart.follows);
        // The providers stay those of the set whichever chart brings their operator.
        let own = component.usage.version.is_some() && follows == Some(SetProduct::Kamaji);
        let Some(window) = set.kubernetes.get(product).map(|support| support.management).filter(|_| !own) else {
            continue;
        };
        if !window.contains(&versions.kubernetes) {
            let (own, version) = (cx.key(&component.path), cx.value(&Path::of(["versions", "kubernetes"])));
            let is_named = component.path.last_key() == Some(&component.name);
            // What comes with tenants or a profile was chosen for no version: that is what can move.
            let (at, label, what) =
                if is_named { (own, version, "the version that runs") } else { (version, own, "brings it") };
            let why = format!("the versions of `{name}` are for Kubernetes {} to {}", window.min, window.max);
            if refused.as_ref().is_some_and(|first| first.span == at) {
                continue;
            }
            let message = format!("`{}` does not run on Kubernetes {}", component.name, versions.kubernetes);
            let mut diagnostic = Diagnostic::error("version-window", at, message).note(why).label(label, what);
            if name != cx.catalog.cluster_api.default {
                let given = cx.value(&Path::of(["components", COMPONENT, PARAMETER]));
                diagnostic = diagnostic.label(given, "this chooses them");
            }
            let diagnostic = diagnostic.help("move Kubernetes into the window, or choose another `set` of Cluster API");
            if let Some(before) = refused.replace(diagnostic) {
                cx.report(before);
            }
        }
    }
    if let Some(last) = refused {
        cx.report(last);
    }
}

/// Tenants are made by providers, so these cannot be turned off beside them.
fn providers(cx: &mut Resolver<'_>) {
    let spec = cx.spec;
    let talos = spec.tenants.iter().find(|(_, tenant)| tenant.workers == Workers::Talos);
    let needs = [("kamaji", spec.tenants.first()), ("kubevirt", spec.tenants.first()), ("talos", talos)];
    let given = spec.components.get(COMPONENT).and_then(Option::as_ref);
    let given = given.and_then(|usage| usage.parameters.get("providers"));
    for (provider, tenant) in needs {
        let off = given.and_then(|given| given.get(provider)) == Some(&Value::Bool(false));
        let Some((tenant, _)) = tenant.filter(|_| off) else { continue };
        let at = cx.value(&Path::of(["components", COMPONENT, "providers", provider]));
        let label = cx.key(&Path::of(["tenants", tenant]));
        cx.report(
            Diagnostic::error(
                "required-component-off",
                at,
                format!("the provider `{provider}` is turned off, but tenant `{tenant}` needs it"),
            )
            .label(label, "is made with it")
            .help(format!("leave `{provider}` out")),
        );
    }
}

/// What was chosen is said once; what the catalog takes by itself is the catalog's to move.
fn out_of_support(cx: &mut Resolver<'_>, components: &Closure<'_>, name: &str, set: &ClusterApi) {
    let place = Path::of(["components", COMPONENT, PARAMETER]);
    let Some(end) = set.end_of_life.as_ref().filter(|_| components.contains(COMPONENT)) else { return };
    if !cx.document.contains(&place) {
        return;
    }
    let core = set.providers.get("core").map_or("", |core| core.version.as_str());
    let message = format!("upstream ended its support for Cluster API {core} of `{name}` on {}", end.since);
    // A version of one's own is of no set.
    let of_set = |name: &str| components.get(name).is_some_and(|component| component.usage.version.is_none());
    let faults = set.known_faults.iter().filter(|fault| of_set(&fault.component));
    let faults = faults.map(|fault| format!("{} (mended in {})", fault.what, fault.mended_in));
    cx.report(
        Diagnostic::warning("out-of-support", cx.value(&place), message)
            .note(faults.collect::<Vec<_>>().join("; "))
            .help("leave `set` out, unless the cloud has to keep to these versions"),
    );
}
