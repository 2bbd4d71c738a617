//! One catalog entry as it stands in `stdlib/components/<name>/component.yaml`.
//!
//! An entry is data about a product: what it installs, in which order, what it needs from other products and
//! what it needs from the machine. These types are the format; `schema/component.schema.json` is generated from them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::spec::scalar::Cidr;

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
    /// The entry to use instead, when `status` is not `active`.
    #[serde(default)]
    pub replaced_by: Option<String>,
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
    /// `x-ref: volume | load-balancer-pool | parameter.<name>` makes a string a checked reference; `secret` names a Secret.
    #[serde(default)]
    pub parameters: IndexMap<String, Value>,
    /// Parameters that the user must give.
    #[serde(default)]
    pub required_parameters: Vec<String>,
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
    /// Secrets that the user creates; listed in the generated README.
    #[serde(default)]
    pub secrets: Vec<SecretNeed>,
    /// The node half: what it needs from the machines.
    #[serde(default)]
    pub node: Vec<NodeNeed>,
    /// What it needs from the Talos cluster configuration.
    #[serde(default)]
    pub cluster: Vec<ClusterNeed>,
    /// What a person does by hand after it is up: a template of Markdown, for the generated README.
    #[serde(default)]
    pub notes: Option<String>,
    /// What is applied, in this order; each layer is one Flux Kustomization that waits for the one before.
    pub layers: Vec<Layer>,
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
    /// API groups of the CustomResourceDefinitions it brings, with the layer after which they exist.
    #[serde(default)]
    pub api_groups: IndexMap<String, String>,
    /// Expression giving a map: StorageClass name -> `{default: bool}`.
    #[serde(default)]
    pub storage_classes: Option<String>,
    /// The layer after which the StorageClasses exist.
    #[serde(default)]
    pub storage_layer: Option<String>,
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

/// A component that cannot stand beside this one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    pub component: String,
    pub reason: String,
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

/// What a component needs from the machines for which `when` is true.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeNeed {
    /// Expression over the context with `node`; absent means every node.
    #[serde(default)]
    pub when: Option<String>,
    /// Why, for `explain` and comments.
    pub reason: String,
    /// Official Talos system extensions, without the `siderolabs/` prefix.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// Kernel modules to load, with their parameters.
    #[serde(default)]
    pub modules: IndexMap<String, Vec<String>>,
    /// Kernel command-line arguments, part of the image.
    #[serde(default)]
    pub kernel_args: Vec<String>,
    #[serde(default)]
    pub sysctls: IndexMap<String, String>,
    /// containerd configuration (TOML) merged into the CRI customization.
    #[serde(default)]
    pub cri: Option<String>,
    /// Files of the host: path -> file.
    #[serde(default)]
    pub files: IndexMap<String, HostFile>,
    #[serde(default)]
    pub kubelet: KubeletNeed,
    #[serde(default)]
    pub labels: IndexMap<String, String>,
    /// Labels of Talos's defaults that must not be set.
    #[serde(default)]
    pub remove_labels: Vec<String>,
}

/// A file on the host, in Talos's terms (`machine.files`).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostFile {
    pub content: String,
    /// `create`, `append` or `overwrite`.
    pub op: String,
    /// Octal permissions, for example `0o644`.
    pub permissions: String,
}

/// Kubelet settings of a component.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeletNeed {
    #[serde(default)]
    pub extra_args: IndexMap<String, String>,
    /// Fields of KubeletConfiguration.
    #[serde(default)]
    pub config: IndexMap<String, Value>,
    /// Host paths bound into the kubelet's mount namespace.
    #[serde(default)]
    pub extra_mounts: Vec<String>,
}

/// What a component needs from the Talos cluster configuration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterNeed {
    #[serde(default)]
    pub when: Option<String>,
    pub reason: String,
    /// `true`: Talos installs no CNI of its own.
    #[serde(default)]
    pub no_cni: bool,
    /// `true`: Talos runs no kube-proxy.
    #[serde(default)]
    pub no_kube_proxy: bool,
    /// `true`: host DNS does not answer for kube-dns (needed with eBPF masquerading).
    #[serde(default)]
    pub no_host_dns_forwarding: bool,
    /// `true`: controller manager, scheduler and etcd serve their metrics on the node addresses.
    #[serde(default)]
    pub control_plane_metrics: bool,
    /// Talos API access for pods: namespace -> roles.
    #[serde(default)]
    pub talos_api_access: IndexMap<String, Vec<String>>,
}

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
    /// Where the version was read.
    pub source: String,
    /// Kubernetes versions that the chart supports, as a semver requirement.
    #[serde(default)]
    pub kubernetes: Option<String>,
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
    /// Strategic-merge patches on what the folder brings, as kustomize writes them.
    #[serde(default)]
    pub patches: Vec<Value>,
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
