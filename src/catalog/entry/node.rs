//! The node half of an entry: what it needs from the machines and from the Talos cluster configuration.

use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::spec::{Port, Protocol};

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
    #[serde(default)]
    pub annotations: IndexMap<String, String>,
    /// Volumes of the node: name -> settings, as under `volumes` in `cloud.yaml`.
    #[serde(default)]
    pub volumes: IndexMap<String, Map<String, Value>>,
    /// Ports of the node that its pods listen on. Two components cannot have one port; a firewall that blocks lets in who
    /// talks to them.
    #[serde(default)]
    pub ports: Vec<HostPort>,
    /// Labels of Talos's defaults that must not be set.
    #[serde(default)]
    pub remove_labels: Vec<String>,
}

impl NodeNeed {
    /// Whether it is for what the machine starts from, not only for its configuration.
    pub fn changes_the_image(&self) -> bool {
        !self.extensions.is_empty() || !self.kernel_args.is_empty()
    }

    /// Whether it is for more than ports, of which only a firewall knows.
    pub fn changes_settings(&self) -> bool {
        let Self { when: _, reason: _, extensions, modules, kernel_args, sysctls, cri, files, kubelet, .. } = self;
        let Self { labels, annotations, volumes, ports: _, remove_labels, .. } = self;
        let KubeletNeed { extra_args, config, extra_mounts } = kubelet;
        let lists = [extensions, kernel_args, extra_mounts, remove_labels];
        let texts = [sysctls, labels, annotations, extra_args];
        cri.is_some()
            || lists.iter().any(|list| !list.is_empty())
            || texts.iter().any(|map| !map.is_empty())
            || !(modules.is_empty() && files.is_empty() && volumes.is_empty() && config.is_empty())
    }
}

/// Ports of a node.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostPort {
    /// Ports, or ranges such as `7000-7399`.
    pub ports: Vec<Port>,
    /// Default: tcp.
    #[serde(default)]
    pub protocol: Option<Protocol>,
    /// Who talks to it, in a few words.
    pub purpose: String,
    /// Who reaches it past a firewall that blocks; empty when the node only talks to itself. Default: the nodes.
    #[serde(default = "nodes")]
    pub from: Vec<PortClient>,
}

/// Needs that machines can share: thousands of them have the same.
pub(super) fn shared<'de, D: Deserializer<'de>>(needs: D) -> Result<Vec<Arc<NodeNeed>>, D::Error> {
    Ok(Vec::<NodeNeed>::deserialize(needs)?.into_iter().map(Arc::new).collect())
}

fn nodes() -> Vec<PortClient> {
    vec![PortClient::Nodes]
}

/// Who talks to a port of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PortClient {
    /// Programs on the addresses of the nodes.
    Nodes,
    /// Pods: those on the same node come with their own address, and Talos lets them in to other pods only.
    Pods,
}

impl PortClient {
    /// As entries write it; also the key of their networks in `network` of an expression.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Pods => "pods",
        }
    }
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
    /// `true`: it gives pods their addresses itself; the parts of the pod network that Kubernetes cuts for nodes are not used.
    #[serde(default)]
    pub own_pod_addresses: bool,
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
