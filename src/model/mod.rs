//! What the cloud means: every default filled in, every reference resolved, every requirement placed.
//!
//! Back ends read this and nothing else. An `Option` here is a fact about the cloud ("this node has no fixed address"),
//! never a question that is still open. `origins` are paths in `cloud.yaml`, the most specific first.

mod machine;
mod manifest;
mod patch;
mod platform;
mod tenant;
mod tenant_secret;

pub use machine::*;
pub use manifest::*;
pub use patch::*;
pub use platform::*;
pub use tenant::*;
pub use tenant_secret::*;

use std::net::IpAddr;

use indexmap::IndexMap;
use ipnet::IpNet;
use semver::Version;

use crate::spec::DhcpMode;
use crate::spec::scalar::{AddressRange, Minor};

/// A cloud, resolved.
#[derive(Debug, Clone)]
pub struct Model {
    pub name: String,
    pub talos: Version,
    pub kubernetes: Version,
    /// Talos minor whose machine-config layout is written; at most the minor of `talos`.
    pub contract: Minor,
    pub delivery: Option<Delivery>,
    pub network: Network,
    pub control_plane: ControlPlane,
    /// One per distinct set of image ingredients, in order of first use.
    pub images: Vec<Image>,
    /// In the order of `cloud.yaml`.
    pub nodes: Vec<Machine>,
    pub pxe: Option<Pxe>,
    pub platform: Platform,
    pub tenants: Vec<Tenant>,
    /// Of Kubernetes objects, in the order in which they are applied.
    pub patches: Vec<ObjectPatch>,
    /// Where the Talos secrets bundle is kept.
    pub secrets_bundle: String,
}

impl Model {
    /// The image that a machine runs.
    ///
    /// # Panics
    /// When the machine is not one of this model.
    pub fn image_of(&self, machine: &Machine) -> &Image {
        let image = self.images.iter().find(|image| image.name == machine.image);
        image.expect("resolve gives every machine an image of the model")
    }

    /// Where the file with [`TalosWorkers::secret`] is kept: beside the Talos secrets bundle.
    pub fn tenant_bundle(&self, tenant: &Tenant) -> String {
        let folder = self.secrets_bundle.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        format!("{folder}tenant-{}.sops.yaml", tenant.name)
    }
}

/// How Flux gets the tree.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub url: String,
    pub branch: String,
    /// Folder of the tree in the repository, without leading or trailing slash; empty for the root.
    pub path: String,
    /// Go duration.
    pub interval: String,
    /// age recipients; not empty means that every Kustomization decrypts with Secret `sops-age`.
    pub sops_age: Vec<String>,
    /// A folder of the user's own that Flux also syncs.
    pub apps: Option<String>,
}

impl Delivery {
    /// A path of the tree as Flux sees it from the root of the repository: `./flux/components/x`.
    pub fn repository_path(&self, tree_path: &str) -> String {
        if self.path.is_empty() { format!("./{tree_path}") } else { format!("./{}/{tree_path}", self.path) }
    }
}

/// The address plan.
#[derive(Debug, Clone)]
pub struct Network {
    pub nodes: Vec<IpNet>,
    pub gateway: IpAddr,
    pub pods: Vec<IpNet>,
    pub services: Vec<IpNet>,
    pub dns_domain: String,
    /// The address of the cluster DNS Service: the tenth of the first service network.
    pub dns_service_ip: IpAddr,
    pub load_balancers: IndexMap<String, LoadBalancerPool>,
    /// Ranges that nothing uses, by the name the user gave them.
    pub reserved: IndexMap<String, AddressRange>,
    /// Networks that components use inside the cluster, with what they are.
    pub internal: Vec<(String, IpNet)>,
}

impl Network {
    /// Whether the machines have no IPv4 addresses.
    pub fn is_ipv6_only(&self) -> bool {
        self.nodes.iter().all(|network| matches!(network, IpNet::V6(_)))
    }

    /// Name of the pool that has this address.
    pub fn pool_of(&self, address: IpAddr) -> Option<&str> {
        self.load_balancers.iter().find(|(_, pool)| pool.contains(address)).map(|(name, _)| name.as_str())
    }
}

/// Addresses for LoadBalancer Services.
#[derive(Debug, Clone)]
pub struct LoadBalancerPool {
    pub addresses: Vec<AddressRange>,
    pub advertise: crate::spec::Advertise,
    pub auto_assign: bool,
}

impl LoadBalancerPool {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|range| range.contains(address))
    }
}

/// The Kubernetes API and what runs beside it.
#[derive(Debug, Clone)]
pub struct ControlPlane {
    /// `https://host:port`, as every client uses it.
    pub endpoint: Endpoint,
    /// Whether ordinary workloads run on control-plane nodes.
    pub schedulable: bool,
    /// Names of the API server's certificate that the user asks for.
    pub cert_sans: Vec<String>,
    pub api_server: ApiServer,
    pub controller_manager: StaticPod,
    pub scheduler: StaticPod,
    pub etcd: Etcd,
    /// Whether Talos installs its own CNI (flannel).
    pub cni: bool,
    pub kube_proxy: bool,
    /// Whether the host's DNS cache answers for kube-dns.
    pub host_dns_forwarding: bool,
    /// Talos API access of pods: roles and namespaces; both empty means off.
    pub talos_api_roles: Vec<String>,
    pub talos_api_namespaces: Vec<String>,
}

/// Where clients reach the Kubernetes API.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
    pub kind: EndpointKind,
}

impl Endpoint {
    pub fn url(&self) -> String {
        match self.host.parse() {
            Ok(IpAddr::V6(v6)) => format!("https://[{v6}]:{}", self.port),
            _ => format!("https://{}:{}", self.host, self.port),
        }
    }
}

/// What stands behind the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointKind {
    /// A free address that control-plane nodes share (Talos layer-2 VIP).
    Vip(IpAddr),
    /// The address of one control-plane node.
    Node(IpAddr),
    /// A load balancer or DNS name outside.
    External,
}

/// kube-apiserver.
#[derive(Debug, Clone, Default)]
pub struct ApiServer {
    pub extra_args: IndexMap<String, String>,
    pub oidc: Option<Oidc>,
    pub audit: AuditPolicy,
    pub resources: PodResources,
}

/// An OpenID Connect provider that vouches for users.
#[derive(Debug, Clone)]
pub struct Oidc {
    pub issuer: String,
    pub client_id: String,
    /// The claim that is the user's name.
    pub username_claim: String,
    pub groups_claim: Option<String>,
}

/// Audit policy of the API server.
#[derive(Debug, Clone, Default)]
pub enum AuditPolicy {
    /// Metadata of every request, as Talos generates it.
    #[default]
    Metadata,
    None,
    /// An `audit.k8s.io/v1` Policy.
    Custom(serde_json::Value),
}

/// Requests of a static pod; memory is also its limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodResources {
    /// Kubernetes quantities.
    pub cpu: Option<String>,
    pub memory: Option<String>,
}

/// kube-controller-manager or kube-scheduler.
#[derive(Debug, Clone, Default)]
pub struct StaticPod {
    pub extra_args: IndexMap<String, String>,
    pub resources: PodResources,
}

/// etcd.
#[derive(Debug, Clone, Default)]
pub struct Etcd {
    pub extra_args: IndexMap<String, String>,
    pub advertised_subnets: Vec<IpNet>,
}

/// An operating-system image that one or more nodes use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Unique name: the class of its first node, else the node; a DNS label.
    pub name: String,
    pub ingredients: Ingredients,
    /// Host of the Image Factory, for example `factory.talos.dev`.
    pub factory: String,
    /// `host/path` of an own registry of installer images, instead of the factory's.
    pub registry: Option<String>,
    /// Names of the nodes that use it.
    pub nodes: Vec<String>,
    pub origins: Vec<String>,
}

/// What an image is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingredients {
    /// Talos version without the `v`.
    pub talos: Version,
    pub arch: crate::spec::Arch,
    pub secure_boot: bool,
    pub board: Option<Board>,
    /// Names without the `siderolabs/` prefix: as written, then what components add. The order is for people; one set is
    /// one image.
    pub extensions: Vec<String>,
    /// Extension -> reference of its image, for those who build without the factory.
    pub extension_images: IndexMap<String, String>,
    /// In the order given.
    pub kernel_args: Vec<String>,
}

impl Ingredients {
    /// The extensions in the one order that their set has.
    pub fn sorted_extensions(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.extensions.iter().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Whether both make one image.
    pub fn same_image(&self, other: &Self) -> bool {
        let Self { talos, arch, secure_boot, board, extensions: _, extension_images: _, kernel_args } = self;
        (talos, arch, secure_boot, board, kernel_args)
            == (&other.talos, &other.arch, &other.secure_boot, &other.board, &other.kernel_args)
            && self.sorted_extensions() == other.sorted_extensions()
    }

    /// Its overlay, on a single-board computer of Talos 1.7 or later.
    pub fn overlay(&self) -> Option<&Overlay> {
        match &self.board {
            Some(Board::Overlay(overlay)) => Some(overlay),
            _ => None,
        }
    }
}

/// How a single-board computer is supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Board {
    /// By Talos itself, up to 1.6; with the kernel arguments that Talos adds for it.
    BuiltIn {
        name: String,
        kernel_args: Vec<String>,
    },
    Overlay(Overlay),
}

impl Board {
    pub fn name(&self) -> &str {
        match self {
            Self::BuiltIn { name, .. } | Self::Overlay(Overlay { name, .. }) => name,
        }
    }

    /// What it adds to the kernel command line.
    pub fn kernel_args(&self) -> &[String] {
        match self {
            Self::BuiltIn { kernel_args, .. } | Self::Overlay(Overlay { kernel_args, .. }) => kernel_args,
        }
    }
}

/// Single-board-computer support that is kept outside of Talos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// For example `rpi_generic`.
    pub name: String,
    /// For example `siderolabs/sbc-raspberrypi`.
    pub image: String,
    /// Tag of the overlay image, for the imager (the factory picks its own).
    pub version: String,
    /// What it adds to the kernel command line.
    pub kernel_args: Vec<String>,
}

/// Network boot of the first installation.
#[derive(Debug, Clone)]
pub struct Pxe {
    pub server: IpAddr,
    pub range: Option<AddressRange>,
    pub router: IpAddr,
    pub mode: DhcpMode,
    pub nameservers: Vec<IpAddr>,
    /// Image reference of matchbox and dnsmasq, pinned.
    pub matchbox_image: String,
    pub dnsmasq_image: String,
}
