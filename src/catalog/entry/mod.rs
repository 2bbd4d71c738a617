//! One catalog entry as it stands in `stdlib/components/<name>/component.yaml`.
//!
//! An entry is data about a product: what it installs, in which order, what it needs from other products and
//! what it needs from the machine. These types are the format; `schema/component.schema.json` is generated from them.

mod layer;
mod node;
mod relation;

pub use layer::*;
pub use node::*;
pub use relation::*;

use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A product of the catalog.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Component {
    /// Format version; always `cloudc.dev/v1alpha1`.
    pub api_version: ComponentApi,
    /// Always `Component`.
    pub kind: ComponentKind,
    /// The key under `components` in `cloud.yaml`; equals the folder name.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$"))]
    pub name: String,
    /// The product's own name, as its documentation spells it.
    pub title: String,
    /// One sentence: what it gives to the cloud.
    pub summary: String,
    /// The product's documentation.
    pub docs: String,
    /// Whether the product should still be chosen.
    #[serde(default)]
    pub status: Status,
    /// When the status came to be and what it means for those who have the product, in one sentence.
    #[serde(default)]
    pub status_note: Option<String>,
    /// What to use instead, when `status` is not `active`: an entry, or a product that has none.
    #[serde(default)]
    pub replaced_by: Option<String>,
    /// Talos versions that it works on, as a semver requirement. Default: all.
    #[serde(default)]
    #[schemars(example = &">=1.10.0")]
    pub talos: Option<String>,
    /// Kubernetes versions that it works on, as a semver requirement; a chart's own window stands beside the chart.
    #[serde(default)]
    pub kubernetes: Option<String>,
    /// Where each non-obvious fact of this entry was read.
    #[serde(default)]
    pub sources: Vec<FactSource>,
    /// Network or storage that the cluster stands on: never uninstalled on failure, never pruned, long timeouts.
    #[serde(default)]
    pub protected: bool,
    /// Whether it may stand under `components`; `false` for products that only tenants install.
    #[serde(default = "yes")]
    pub management: bool,
    /// Whether it may also be a tenant's add-on.
    #[serde(default)]
    pub tenant: bool,
    /// The component's own keys in `cloud.yaml`: name -> JSON Schema (2020-12) with `description` and `default`.
    /// `x-ref: volume | load-balancer-pool | pool-address | node-class | storage-class | parameter.<name>` makes a string a checked reference;
    /// `secret` names a Secret. `x-volume-kind: <kind>` is the kind of volume that a product takes, `{of: <key>, <value>: <kind>}` where a key
    /// beside it decides. `x-refuses: {part, why}` is a part of names that the product does not take, `x-outside: <why>` an
    /// address that must not be the cloud's own.
    #[serde(default)]
    pub parameters: IndexMap<String, Value>,
    /// Parameters that the user must give.
    #[serde(default)]
    pub required_parameters: Vec<String>,
    /// Arrangements of the product: the first whose `when` holds is taken, and templates see its name as `variant`.
    #[serde(default)]
    pub variants: IndexMap<String, Variant>,
    /// The release that `version`, `values` and `timeout` of the user mean. Default: the one with the entry's name, else the first.
    #[serde(default)]
    pub primary: Option<String>,
    /// Where it is installed.
    pub namespace: Namespace,
    /// Roles of which a cloud has one holder at most (`cni`, `load-balancer`, ...).
    #[serde(default)]
    pub slots: Vec<Slot>,
    /// Networks that it uses inside the cluster beside those of `network`; nothing else may use their addresses.
    #[serde(default)]
    pub networks: Vec<NetworkUse>,
    /// What it gives to others.
    #[serde(default)]
    pub provides: Provides,
    /// What must be there first; a named component that is missing is added.
    #[serde(default)]
    pub requires: Vec<Requirement>,
    /// Components that it comes after when they are present.
    #[serde(default)]
    pub after: Vec<String>,
    /// Components that it cannot stand beside.
    #[serde(default)]
    pub conflicts: Vec<Conflict>,
    /// What must hold of values that a user gives.
    #[serde(default)]
    pub value_checks: Vec<ValueCheck>,
    /// Secrets that the user creates; listed in the generated README.
    #[serde(default)]
    pub secrets: Vec<SecretNeed>,
    /// The node half: what it needs from the machines.
    #[serde(default, deserialize_with = "node::shared")]
    pub node: Vec<Arc<NodeNeed>>,
    /// What it needs from the Talos cluster configuration.
    #[serde(default)]
    pub cluster: Vec<ClusterNeed>,
    /// What a person does by hand after it is up: a template of Markdown, for the generated README.
    #[serde(default)]
    pub notes: Option<String>,
    /// Images that its values and objects name; templates see `images.<name>` with `ref`, `repository`, `tag` and `digest`.
    #[serde(default)]
    pub images: IndexMap<String, Image>,
    /// What is applied, in this order; each layer is one Flux Kustomization that waits for the one before.
    pub layers: Vec<Layer>,
}

impl Component {
    /// In the order in which they are installed.
    pub fn releases(&self) -> impl Iterator<Item = &Release> {
        self.layers.iter().flat_map(|layer| &layer.releases)
    }

    /// The release that `version`, `values` and `timeout` of the user mean.
    pub fn primary(&self) -> Option<&Release> {
        let name = self.primary.as_ref().unwrap_or(&self.name);
        self.releases().find(|release| release.name == *name).or_else(|| self.releases().next())
    }

    /// Whether a `version` of the user is that of this release.
    pub fn takes_version(&self, release: &Release) -> bool {
        release.in_step || self.primary().is_some_and(|primary| primary.name == release.name)
    }
}

const fn yes() -> bool {
    true
}

/// Version of the entry format.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub enum ComponentApi {
    #[serde(rename = "cloudc.dev/v1alpha1")]
    V1Alpha1,
}

/// Kind of the file.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub enum ComponentKind {
    Component,
}

/// Whether the product should still be chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    #[default]
    Active,
    /// Still works, upstream advises another.
    Deprecated,
    /// No releases any more, security fixes included.
    Retired,
    /// Goes on under another name or in another place.
    Moved,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deprecated => "deprecated",
            Self::Retired => "retired",
            Self::Moved => "moved",
        }
    }
}

/// An arrangement of a product.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What it means, in one sentence.
    pub summary: String,
    /// Expression; absent in the last variant, which is taken when no other is.
    #[serde(default)]
    pub when: Option<String>,
}

/// A fact and the place where it was read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactSource {
    /// The fact, in a few words.
    pub fact: String,
    /// `owner/repo:path@version`, or the address of a page.
    pub source: String,
}

/// The namespace of a component.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Namespace {
    pub name: String,
    /// The PodSecurity level that its pods need; Talos enforces `baseline` where nothing is said.
    #[serde(default)]
    pub pod_security: PodSecurity,
    /// Why the name cannot be changed, where upstream's manifests or our health checks name it.
    #[serde(default)]
    pub fixed: Option<String>,
}

/// Pod Security Standards level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PodSecurity {
    Restricted,
    #[default]
    Baseline,
    Privileged,
}

impl PodSecurity {
    /// As labels of a Namespace name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restricted => "restricted",
            Self::Baseline => "baseline",
            Self::Privileged => "privileged",
        }
    }
}

/// A Secret that the user creates.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretNeed {
    /// Expression giving the Secret's name, or a list of names; nothing is needed when it gives none or an empty list.
    pub name: String,
    /// Keys that the Secret must have.
    pub keys: Vec<String>,
    /// What it is used for.
    pub purpose: String,
    /// Namespace, when it is not the component's own.
    #[serde(default)]
    pub namespace: Option<String>,
}
