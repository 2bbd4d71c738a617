//! A product that the catalog does not know, given whole in `cloud.yaml`.

use serde_json::json;

use crate::catalog::Component;
use crate::spec::{ComponentUse, CustomChart};

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
