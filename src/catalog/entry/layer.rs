//! What an entry applies: layers of releases, manifests and objects, each with its pin.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One step of a component: becomes one Flux Kustomization.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Layer {
    /// `release`, `config`, ...; the Kustomization is `<component>` for the first layer, `<component>-<name>` after it.
    pub name: String,
    /// Expression; the layer exists only when it is true.
    #[serde(default)]
    pub when: Option<String>,
    /// For the CNI and Flux: whether the layer is part of what is applied by hand before Flux runs. Default: layers with releases.
    #[serde(default)]
    pub bootstrap: Option<bool>,
    /// Helm releases, in order.
    #[serde(default)]
    pub releases: Vec<Release>,
    /// Manifests of an upstream Git repository, applied as they are.
    #[serde(default)]
    pub manifests: Option<Manifests>,
    /// Template of Kubernetes objects (several YAML documents).
    #[serde(default)]
    pub objects: Option<String>,
    /// Objects to wait for when they are not in this layer themselves.
    #[serde(default)]
    pub health_checks: Vec<HealthCheck>,
    /// Readiness of kinds that kstatus does not know.
    #[serde(default)]
    pub health_check_exprs: Vec<HealthCheckExpr>,
}

/// One HelmRelease.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Release {
    /// Name of the HelmRelease and of the Helm release.
    pub name: String,
    #[serde(default)]
    pub when: Option<String>,
    pub chart: Chart,
    /// Whether upstream releases the chart together with the primary one: a `version` of the user then is its version, too.
    #[serde(default)]
    pub in_step: bool,
    /// Releases of the same layer that come first.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// Template of the chart values (one YAML mapping).
    #[serde(default)]
    pub values: Option<String>,
    /// Go duration; default 10m, 20m for protected components.
    #[serde(default)]
    pub timeout: Option<String>,
    /// How CRDs in the chart's `crds/` folder are handled; `none` when the chart has no such folder.
    #[serde(default)]
    pub crds: CrdPolicy,
}

/// What Helm does with the chart's `crds/` folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CrdPolicy {
    /// The chart has no `crds/` folder.
    #[default]
    None,
    /// Installed and upgraded with the chart.
    CreateReplace,
    /// Another component brings them.
    Skip,
}

/// Where a chart comes from; exactly one of `oci`, `repository`, `git`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chart {
    /// Full address of the chart in an OCI registry, without the tag.
    #[serde(default)]
    #[schemars(regex(pattern = r"^oci://[^:]+$"))]
    pub oci: Option<String>,
    /// An HTTP chart repository; `name` is the chart in it.
    #[serde(default)]
    pub repository: Option<String>,
    /// A Git repository; `path` is the chart in it, `version` the tag.
    #[serde(default)]
    pub git: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub path: Option<String>,
    /// Exact version; never a range.
    pub version: String,
    /// The product of the chosen Cluster API set that this chart installs: its version there takes the place of `version`, which
    /// is the one of the default set.
    #[serde(default)]
    pub follows: Option<SetProduct>,
    /// Digest of the chart's OCI artefact, where one was read.
    #[serde(default)]
    #[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
    /// Where the version was read.
    pub source: String,
    /// Kubernetes versions that the chart supports, as a semver requirement.
    #[serde(default)]
    pub kubernetes: Option<String>,
    #[serde(default)]
    pub renovate: Renovate,
}

/// A product whose version belongs to a Cluster API set (`versions/cluster-api.yaml`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SetProduct {
    /// The Cluster API operator.
    Operator,
    Kamaji,
}

/// Plain manifests in an upstream Git repository.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifests {
    pub git: String,
    /// Folder with a `kustomization.yaml`.
    pub path: String,
    /// Git tag.
    pub version: String,
    pub source: String,
    #[serde(default)]
    pub renovate: Renovate,
    /// Template of strategic-merge patches on what the folder brings (several YAML documents).
    #[serde(default)]
    pub patches: Option<String>,
}

/// An image that a component's values or objects name.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Image {
    /// Registry and path, without the tag.
    #[schemars(regex(pattern = r"^[^:@\s]+$"))]
    pub repository: String,
    pub tag: String,
    #[serde(default)]
    #[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
    /// Where the tag was read.
    pub source: String,
    #[serde(default)]
    pub renovate: Renovate,
}

impl Image {
    /// `repository:tag`, and the digest where there is one.
    pub fn reference(&self) -> String {
        let digest = self.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
        format!("{}:{}{digest}", self.repository, self.tag)
    }
}

/// How Renovate finds new versions, where the address of the pin does not say it.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Renovate {
    /// A datasource of Renovate.
    #[serde(default)]
    pub datasource: Option<String>,
    /// The package in that datasource.
    #[serde(default)]
    pub package_name: Option<String>,
    /// A versioning scheme of Renovate.
    #[serde(default)]
    pub versioning: Option<String>,
    /// A regular expression whose group `version` is the version in a tag.
    #[serde(default)]
    pub extract_version: Option<String>,
}

/// An object that must be ready before a layer is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheck {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub namespace: String,
}

/// CEL readiness of a kind, as Flux's `healthCheckExprs` takes it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheckExpr {
    pub api_version: String,
    pub kind: String,
    pub current: String,
    #[serde(default)]
    pub in_progress: Option<String>,
    #[serde(default)]
    pub failed: Option<String>,
}
