//! The top level of `cloud.yaml`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::scalar::{Address, AddressRange, GoDuration, Minor, Version};
use super::{ComponentUse, ControlPlane, Network, Node, NodeClass, NodeSettings, Patch, Registries, Tenant};

/// One cloud: its machines, what runs on them, and the tenant clusters inside.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cloud {
    /// Version of the language.
    pub api_version: ApiVersion,
    /// Kind of the document.
    pub kind: Kind,
    /// Identity of the cloud.
    pub metadata: Metadata,
    /// Pins of Talos and Kubernetes.
    pub versions: Versions,
    /// Where the emitted tree lives and how Flux gets it; without it no Flux sync is emitted.
    #[serde(default)]
    pub delivery: Option<Delivery>,
    /// The address plan.
    pub network: Network,
    /// API endpoint, scheduling, API server and etcd settings.
    pub control_plane: ControlPlane,
    /// Settings of every node.
    #[serde(default)]
    pub node_defaults: Option<NodeSettings>,
    /// Hardware classes, by name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "dns-label"}))]
    pub node_classes: IndexMap<String, NodeClass>,
    /// The machines, by host name.
    #[schemars(extend("minProperties" = 1))]
    // In boxes, since a map that grows holds twice what is in it.
    pub nodes: IndexMap<String, Box<Node>>,
    /// Failure domains, by name; each may carry node settings.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "dns-label"}))]
    pub zones: IndexMap<String, Option<NodeSettings>>,
    /// Registry mirrors, trust and image sources.
    #[serde(default)]
    pub registries: Option<Registries>,
    /// Network boot.
    #[serde(default)]
    pub boot: Option<Boot>,
    /// Where secrets are kept; never their values.
    #[serde(default)]
    pub secrets: Option<Secrets>,
    /// A named set of components.
    #[serde(default)]
    pub profile: Option<String>,
    /// What runs in the management cluster, by product name.
    #[serde(default)]
    pub components: IndexMap<String, Option<ComponentUse>>,
    /// Tenant Kubernetes clusters, by name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "dns-label"}))]
    pub tenants: IndexMap<String, Tenant>,
    /// Changes to emitted documents that the language has no word for.
    #[serde(default)]
    pub patches: Vec<Patch>,
    /// Manifests of the user's own that Flux applies as they stand, after the components: paths beside `cloud.yaml`, in which `*`
    /// stands for any text of a name and `**` for any folders.
    #[serde(default)]
    pub extra_manifests: Vec<String>,
    /// Levels of rules and expiring exceptions.
    #[serde(default)]
    pub lint: Option<Lint>,
}

/// Version of the language.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub enum ApiVersion {
    #[serde(rename = "cloudc.dev/v1alpha1")]
    V1Alpha1,
}

/// Kind of the document.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub enum Kind {
    Cloud,
}

/// Identity of the cloud.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Metadata {
    /// Name of the cloud and of its management cluster.
    #[schemars(regex(pattern = r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$"), example = &"home")]
    pub name: String,
}

/// Pins of Talos and Kubernetes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Versions {
    /// Talos Linux on the machines.
    pub talos: Version,
    /// Kubernetes of the management cluster.
    pub kubernetes: Version,
    /// Machine-config contract: the Talos minor whose layout is written. Default: the minor of `talos`.
    #[serde(default)]
    pub contract: Option<Minor>,
}

/// Where the emitted tree lives and how Flux gets it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Delivery {
    /// The Git repository.
    pub git: Git,
    /// How often Flux compares the cluster with the tree. Default: 10m.
    #[serde(default)]
    pub interval: Option<GoDuration>,
    /// Decryption of SOPS files in every Flux Kustomization.
    #[serde(default)]
    pub sops: Option<Sops>,
    /// A folder of the user's own that Flux also syncs; never written by `cloudc`.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$"))]
    pub apps: Option<String>,
}

impl Delivery {
    /// Go duration, with its default.
    pub fn interval(&self) -> &str {
        self.interval.as_ref().map_or("10m", |interval| interval.text.as_str())
    }
}

/// The Git repository that Flux syncs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Git {
    /// `https://` or `ssh://`.
    #[schemars(regex(pattern = r"^(https|http|ssh)://([^\s/@]+@)?([^\s/@:\[\]]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?(/[^\s]*)?$"), example = &"ssh://git@github.com/me/cloud.git")]
    pub url: String,
    /// Branch. Default: main.
    #[serde(default)]
    pub branch: Option<String>,
    /// Folder of the emitted tree in the repository. Default: its root.
    #[serde(default)]
    #[schemars(regex(pattern = r"^(\./?|(\./)?[A-Za-z0-9_][A-Za-z0-9_./-]*)$"))]
    pub path: Option<String>,
}

impl Git {
    /// With its default.
    pub fn branch(&self) -> &str {
        self.branch.as_deref().unwrap_or("main")
    }
}

/// Recipients of encrypted files.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Sops {
    /// age public keys.
    #[schemars(length(min = 1), inner(regex(pattern = r"^age1[a-z0-9]+$")))]
    pub age: Vec<String>,
}

/// Network boot.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Boot {
    /// PXE by matchbox and dnsmasq, for the first boot of bare machines.
    pub pxe: Pxe,
}

/// The machine that serves network boot while the others are installed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Pxe {
    /// Address at which matchbox and dnsmasq run.
    pub server: Address,
    pub dhcp: PxeDhcp,
}

/// How dnsmasq hands out addresses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct PxeDhcp {
    /// Addresses handed out in `server` mode.
    #[serde(default)]
    pub range: Option<AddressRange>,
    /// Default gateway handed out. Default: `network.gateway`.
    #[serde(default)]
    pub router: Option<Address>,
    /// `server` hands out addresses; `proxy` leaves them to the DHCP server of the network. Default: server.
    #[serde(default)]
    pub mode: DhcpMode,
}

/// Who hands out addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DhcpMode {
    #[default]
    Server,
    Proxy,
}

/// Where secrets are kept.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Secrets {
    /// A `talosctl gen secrets` bundle, SOPS-encrypted; never read by `build`.
    #[serde(default)]
    pub talos: Option<String>,
}

/// Levels of rules and expiring exceptions.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Lint {
    /// Level of each named rule in this cloud; some stay errors, see `docs/levels.md`.
    #[serde(default)]
    pub rules: IndexMap<String, Level>,
    /// Exceptions for parts of this file.
    #[serde(default)]
    pub allow: Vec<Allow>,
}

/// Level of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    Error,
    Warning,
    Ignore,
}

/// An exception from a rule.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Allow {
    /// Name of the rule, as findings print it in brackets.
    pub rule: String,
    /// Path in this file that the exception covers, with all below it: `components.linstor`.
    pub at: String,
    /// Why the rule does not hold here.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Last day on which it holds, in UTC.
    #[serde(default)]
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub until: Option<String>,
}
