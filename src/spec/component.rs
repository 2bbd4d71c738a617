//! `components`: common keys here, a component's own keys in the catalog.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::scalar::GoDuration;

/// A component as a cloud uses it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComponentUse {
    /// `false` leaves out a member of the profile. Default: true.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Chart version. Default: the catalog's.
    #[serde(default)]
    pub version: Option<String>,
    /// Namespace. Default: the catalog's.
    #[serde(default)]
    #[schemars(extend("format" = "dns-label"))]
    pub namespace: Option<String>,
    /// Chart values, merged over the catalog's.
    #[serde(default)]
    pub values: Option<Map<String, Value>>,
    /// Components that must be ready first.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// How often Flux reconciles the release. Default: 1h.
    #[serde(default)]
    pub interval: Option<GoDuration>,
    /// How long an install or upgrade may take. Default: the catalog's.
    #[serde(default)]
    pub timeout: Option<GoDuration>,
    /// The chart of a product that the catalog does not know.
    #[serde(default)]
    pub chart: Option<CustomChart>,
    /// The component's own keys.
    #[serde(flatten)]
    #[schemars(skip)]
    pub parameters: IndexMap<String, Value>,
}

/// The chart of a product that the catalog does not know.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct CustomChart {
    /// `oci://host/path` (the chart is below it) or `https://` chart repository.
    #[schemars(regex(pattern = r"^(oci|https|http)://[^\s]+$"), example = &"oci://ghcr.io/stefanprodan/charts")]
    pub repository: String,
    /// Name of the chart in the repository.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Exact version. A range (`6.x`, `>=6.1 <7`) is one where the rule `unpinned-chart` is lowered.
    #[schemars(extend("type" = "string"), regex(pattern = r"^[v0-9^~<>=*][0-9A-Za-z.*^~<>=|, +-]*$"))]
    pub version: String,
}
