//! A product that the catalog does not know, given whole in `cloud.yaml`.

use serde_json::json;

use semver::VersionReq;

use crate::catalog::{Component, retired_chart};
use crate::diag::Diagnostic;
use crate::model::is_range;
use crate::resolve::Resolver;
use crate::spec::{ComponentUse, CustomChart};
use crate::syntax::Path;

/// Reports a chart that upstream has ended, and one of which a repository chooses the version.
pub(super) fn check(cx: &mut Resolver<'_>, chart: &CustomChart, component: &Path) {
    if let Some(retired) = retired_chart(&chart.repository, &chart.name) {
        let place = component.key("chart");
        let (at, label) = (cx.value(&place.key("name")), cx.value(&place.key("repository")));
        let message = format!("the chart `{}` is retired upstream", chart.name);
        cx.report(
            Diagnostic::warning("retired-component", at, message)
                .note(retired.what.clone())
                .label(label, "from here")
                .help(format!("use {}", retired.instead)),
        );
    }
    exact(cx, &chart.version, &component.key("chart").key("version"));
}

/// Reports a version of a chart that is a range of them, or none.
pub(super) fn exact(cx: &mut Resolver<'_>, version: &str, place: &Path) {
    if !is_range(version) {
        return;
    }
    let at = cx.value(place);
    cx.report(if is_requirement(version) {
        Diagnostic::error(
            "unpinned-chart",
            at,
            format!("`{version}` is a range of versions, of which the repository chooses"),
        )
        .help("write the version that runs")
    } else {
        Diagnostic::error("wrong-value", at, format!("`{version}` is no version of a chart"))
            .help("write one such as `6.9.2`")
    });
}

/// Whether Flux understands a range: comparisons behind spaces or commas, alternatives behind `||`.
/// Upstream: Masterminds/semver `Constraint`.
fn is_requirement(text: &str) -> bool {
    let parts = text.split("||").flat_map(|part| part.split([' ', ',']));
    let mut parts = parts.filter(|part| !part.is_empty()).peekable();
    parts.peek().is_some() && parts.all(|part| VersionReq::parse(part.trim_start_matches('v')).is_ok())
}

/// The entry that the catalog would have, as far as `cloud.yaml` says it.
pub(super) fn custom(name: &str, chart: &CustomChart, usage: &ComponentUse) -> Component {
    let place = if chart.repository.starts_with("oci://") {
        json!({"oci": format!("{}/{}", chart.repository.trim_end_matches('/'), chart.name)})
    } else {
        json!({"repository": chart.repository, "name": chart.name})
    };
    let mut release = json!({
        "name": name,
        "chart": {"version": chart.version, "source": "cloud.yaml"},
        // Nothing is known of the chart; this is right for charts with and without a crds/ folder.
        "crds": "create-replace",
    });
    for (key, value) in place.as_object().into_iter().flatten() {
        release["chart"][key] = value.clone();
    }
    let entry = json!({
        "apiVersion": "cloudc.dev/v1alpha1",
        "kind": "Component",
        "name": name,
        "title": chart.name,
        "summary": "",
        "docs": "",
        "tenant": true,
        "namespace": {"name": usage.namespace.as_deref().unwrap_or(name)},
        "layers": [{"name": "release", "releases": [release]}],
    });
    serde_json::from_value(entry).expect("these are keys of the format")
}
