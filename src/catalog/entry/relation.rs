//! What an entry is to others: roles it holds, what it gives, what it needs, what it cannot stand beside.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::spec::scalar::Cidr;

/// A role that one component of a cloud can hold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// `cni`, `load-balancer`, `ingress`, `metrics-api`, ...
    pub name: String,
    /// Expression; the slot is held only when it is true.
    #[serde(default)]
    pub when: Option<String>,
}

/// A network that a component uses inside the cluster.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkUse {
    /// What it is for, as in `the <name> network`.
    pub name: String,
    pub cidr: Cidr,
    /// Expression; the network is used only when it is true.
    #[serde(default)]
    pub when: Option<String>,
}

/// What a component gives to others.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provides {
    /// The kinds that it adds to the API. A group has one owner in a cluster; custom resources wait for its layer.
    #[serde(default)]
    pub crds: Vec<Crds>,
    /// Expression giving a map: StorageClass name -> `{default: bool}`.
    #[serde(default)]
    pub storage_classes: Option<String>,
    /// The layer after which the StorageClasses exist.
    #[serde(default)]
    pub storage_layer: Option<String>,
    /// What it keeps in copies: a template of a list of [`Copies`].
    #[serde(default)]
    pub copies: Option<String>,
    /// The IngressClass that it serves.
    #[serde(default)]
    pub ingress_class: Option<IngressClass>,
}

/// Data that is kept in copies, each in a failure domain of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copies {
    /// The parameter that says how many, from the component's own on.
    pub at: Vec<String>,
    pub copies: usize,
    /// What a domain is, in the plural, for people.
    pub of: String,
    /// The domains that there are; one may stand here more than once.
    pub domains: Vec<String>,
}

/// A class of Ingresses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IngressClass {
    pub name: String,
    /// Annotations of an Ingress whose TLS is handed through to its Service.
    pub passthrough: IndexMap<String, String>,
}

/// CustomResourceDefinitions of a component.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crds {
    /// API groups.
    pub groups: Vec<String>,
    /// The layer after which they exist.
    pub layer: String,
    /// Who creates them, which decides what an upgrade and an uninstall do to them.
    pub mechanism: CrdMechanism,
    /// Expression; they are brought only when it is true.
    #[serde(default)]
    pub when: Option<String>,
}

/// Who creates CustomResourceDefinitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CrdMechanism {
    /// The chart's `crds/` folder: Helm installs them, Flux upgrades them, nobody deletes them.
    CrdsFolder,
    /// Templates of a chart: upgraded with the release, and deleted with it unless the chart keeps them.
    Templates,
    /// A program of the product, when it runs: they exist some time after the release is ready.
    Operator,
    /// Manifests of upstream's repository, applied as they are.
    Manifests,
}

impl CrdMechanism {
    /// What it means for the definitions, for readers.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::CrdsFolder => "in the chart's crds/ folder: upgraded with the release, kept when it goes",
            Self::Templates => {
                "templates of the chart: upgraded with the release; what an uninstall does, the chart decides"
            }
            Self::Operator => "registered by the product when it runs",
            Self::Manifests => "manifests of upstream's repository",
        }
    }
}

/// Something that must be there first.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requirement {
    /// A component of the catalog; added when the cloud does not name it.
    #[serde(default)]
    pub component: Option<String>,
    /// `storage-class` or `load-balancer`: any component that provides it; missing is a finding, nothing is added.
    #[serde(default)]
    pub capability: Option<Capability>,
    /// The layer of this entry that needs it; default: the first.
    #[serde(default)]
    pub layer: Option<String>,
    /// The layer of the required component that must be ready; default: its last.
    #[serde(default)]
    pub of_layer: Option<String>,
    /// Expression; the requirement holds only when it is true.
    #[serde(default)]
    pub when: Option<String>,
    /// Why, for `explain` and diagnostics.
    pub reason: String,
}

/// Something that several components can provide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    StorageClass,
    LoadBalancer,
}

/// What must hold of a value that a user gives to the primary chart, or of a parameter.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueCheck {
    /// The keys down to it; none for a parameter.
    #[serde(default)]
    pub value: Vec<String>,
    /// The keys down to a parameter that is given, instead of `value`.
    #[serde(default)]
    pub parameter: Vec<String>,
    /// Keys of `cloud.yaml` down to what it does not stand beside. Default: the component itself.
    #[serde(default)]
    pub beside: Vec<String>,
    #[serde(default)]
    pub rule: ValueRule,
    /// Expression; the check is made only when it is true. It sees `values`, all that the user gives, and `value`.
    #[serde(default)]
    pub when: Option<String>,
    /// Expression over the same; the finding is there unless it is true.
    pub unless: String,
    /// Why.
    pub note: String,
    /// The way out.
    pub help: String,
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ValueRule {
    /// `value-against-platform`: it does not work on this cloud.
    #[default]
    AgainstPlatform,
    /// `guarded-switch`: it works only once something outside is ready for it.
    GuardedSwitch,
    /// `component-conflict`, as a warning: it gets in the way of another component.
    ComponentConflict,
}

/// A component that cannot stand beside this one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    pub component: String,
    pub reason: String,
}
