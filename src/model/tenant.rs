//! A tenant cluster, resolved.

use std::net::IpAddr;

use indexmap::IndexMap;
use ipnet::IpNet;
use semver::Version;
use serde_json::Value;

use super::Image;
use super::machine::Registries;
use super::platform::{Release, SecretNeed};
use crate::catalog::{ClusterApi, PodSecurity};
use crate::spec::Expose;

/// A tenant cluster.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Name of the Cluster, its control plane and infrastructure; a DNS-1035 label of at most 30 characters.
    pub name: String,
    pub namespace: String,
    pub kubernetes: Version,
    /// Whether it is being taken down: the Cluster is out of the tree, what it needs to go in order still is in it.
    pub deleting: bool,
    pub control_plane: TenantControlPlane,
    pub pods: Vec<IpNet>,
    pub services: Vec<IpNet>,
    /// The address of the tenant's DNS Service.
    pub dns_service_ip: IpAddr,
    pub node_groups: Vec<NodeGroup>,
    /// What Talos workers need of their control plane; `None` for kubeadm workers.
    pub talos: Option<TalosWorkers>,
    pub storage_classes: Vec<TenantStorageClass>,
    /// Labels that put the tenant's LoadBalancer Services into a pool; empty without a pool. The cloud controller manager
    /// sets labels and no annotations, so the pool selects by label.
    pub load_balancer_labels: IndexMap<String, String>,
    /// `None` when no group is scaled.
    pub autoscaler: Option<Autoscaler>,
    pub health_check: HealthCheck,
    pub addons: Vec<Addon>,
    pub quota: Option<Quota>,
    /// Where workers pull images; without credentials.
    pub registries: Registries,
    /// API versions and images of the chosen Cluster API set.
    pub cluster_api: ClusterApi,
    /// Kustomizations of the management cluster that must be ready before the Cluster is applied.
    pub depends_on: Vec<String>,
    /// Secrets that the user creates in the tenant or its namespace.
    pub secrets: Vec<SecretNeed>,
    pub origins: Vec<String>,
}

impl Tenant {
    /// Secret with the tenant's kubeconfig, made by Kamaji in the tenant's namespace.
    pub fn kubeconfig_secret(&self) -> String {
        format!("{}-admin-kubeconfig", self.name)
    }
}

/// Key in [`Tenant::kubeconfig_secret`] whose endpoint is the in-cluster Service name.
pub const KUBECONFIG_KEY: &str = "super-admin.svc";

/// Control plane of a tenant.
#[derive(Debug, Clone)]
pub struct TenantControlPlane {
    pub replicas: u32,
    pub data_store: String,
    pub expose: Expose,
    /// Port of the API: 6443, and with `node-port` one of the node-port range that no other tenant has. At most 32767,
    /// which is as far as the Kamaji provider can count.
    pub port: u16,
    /// Port of the Konnectivity server: 8132, and with `node-port` like `port`.
    pub konnectivity_port: u16,
    /// What serves `ingress`; always there then.
    pub ingress: Option<Ingress>,
    /// The Gateway that `gateway` attaches to; always there then.
    pub gateway: Option<Gateway>,
    /// Fixed address of the API, from a pool.
    pub address: Option<IpAddr>,
    /// Labels and annotations of the API Service, for its pool and address.
    pub service_labels: IndexMap<String, String>,
    pub service_annotations: IndexMap<String, String>,
    pub hostname: Option<String>,
    /// Names of the certificate beside those that Kamaji adds.
    pub cert_sans: Vec<String>,
    /// Version of the Konnectivity images; `None` turns the tunnel off.
    pub konnectivity: Option<String>,
}

/// A class of Ingresses of the management cluster, and what makes its controller hand TLS through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingress {
    /// `None`: the default class.
    pub class: Option<String>,
    pub annotations: IndexMap<String, String>,
}

/// A Gateway of the management cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    pub name: String,
    pub namespace: String,
    /// Name of its listener for the API. The one for Konnectivity has the name that Kamaji takes for granted.
    pub listener: String,
}

/// Worker machines that are alike.
#[derive(Debug, Clone)]
pub struct NodeGroup {
    pub name: String,
    pub replicas: Replicas,
    pub size: MachineSize,
    /// Kubernetes quantity, and its bytes.
    pub disk: String,
    pub disk_bytes: u64,
    pub image: WorkerImage,
    pub roles: Vec<String>,
    pub labels: IndexMap<String, String>,
    /// Key -> `value:Effect`.
    pub taints: IndexMap<String, String>,
    pub gpus: Vec<String>,
    /// Kernel modules and kernel parameters that the devices need of Talos.
    pub kernel_modules: Vec<String>,
    pub sysctls: IndexMap<String, String>,
    pub origins: Vec<String>,
}

impl NodeGroup {
    /// Cores and bytes of memory of a machine; `None` for an instance type that the catalog does not know.
    pub fn cores_and_bytes(&self, set: &ClusterApi) -> Option<(u32, u64)> {
        match &self.size {
            MachineSize::Explicit { cpu, memory_bytes, .. } => Some((*cpu, *memory_bytes)),
            MachineSize::InstanceType(name) => {
                set.instance_types.get(name).map(|known| (known.cpu, known.memory.bytes))
            }
        }
    }
}

/// Whether Cluster API copies a label from Machine to Node, on live machines too. Every other label is kubelet's to set when it
/// registers. Upstream: Cluster API `api/core/v1beta2`, `NodeRoleLabelPrefix`, `NodeRestrictionLabelDomain`,
/// `ManagedNodeLabelDomain`.
pub fn is_copied_to_nodes(key: &str) -> bool {
    let Some((domain, _)) = key.split_once('/') else { return false };
    let within = |parent: &str| is_domain_within(domain, parent);
    domain == "node-role.kubernetes.io" || within("node-restriction.kubernetes.io") || within("node.cluster.x-k8s.io")
}

/// Labels of Kubernetes' own domains that kubelet may give itself (`staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go`,
/// 1.35).
const KUBELET_LABELS: [&str; 10] = [
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];
const KUBELET_DOMAINS: [&str; 2] = ["kubelet.kubernetes.io", "node.kubernetes.io"];

/// Whether a label is in a domain of Kubernetes and none that a kubelet may give its own node.
pub fn is_refused_label(key: &str) -> bool {
    let Some((domain, _)) = key.split_once('/') else { return false };
    let within = |parents: [&str; 2]| parents.iter().any(|parent| is_domain_within(domain, parent));
    within(["kubernetes.io", "k8s.io"]) && !KUBELET_LABELS.contains(&key) && !within(KUBELET_DOMAINS)
}

/// Taints that controllers of Kubernetes and Cluster API keep for themselves; `out-of-service` is for people.
///
/// Sources: kubernetes `staging/src/k8s.io/api/core/v1/well_known_taints.go`, Cluster API `internal/webhooks` (taints of machines).
pub fn is_reserved_taint(key: &str) -> bool {
    let Some((domain, name)) = key.split_once('/') else { return false };
    match domain {
        "node.kubernetes.io" => name != "out-of-service",
        "node.cluster.x-k8s.io" => matches!(name, "uninitialized" | "outdated-revision"),
        domain => domain == "node.cloudprovider.kubernetes.io",
    }
}

/// Whether the domain of a label is another one or a subdomain of it.
pub(crate) fn is_domain_within(domain: &str, parent: &str) -> bool {
    domain.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What a worker boots from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkerImage {
    /// containerDisk reference, of a kubeadm worker.
    ContainerDisk(String),
    /// What the Image Factory makes, of a Talos worker.
    Talos(Box<Image>),
}

/// Talos workers and the control plane that is not Talos's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TalosWorkers {
    /// Secret in [`FLUX_NAMESPACE`](super::FLUX_NAMESPACE) with what they and their control plane share; the user makes it.
    pub secret: String,
    /// The name of the control plane's Service in the DNS of the host cluster, in full.
    pub endpoint: String,
    /// The DNS Service of the host cluster.
    pub nameserver: IpAddr,
    /// Domain of the host cluster.
    pub domain: String,
    /// Image of what signs the machines' certificates in the place of Talos's own control plane.
    pub signer: String,
}

/// Size of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replicas {
    Fixed(u32),
    Scaled { min: u32, max: u32 },
}

impl Replicas {
    /// The fewest and the most machines.
    pub const fn bounds(self) -> (u32, u32) {
        match self {
            Self::Fixed(count) => (count, count),
            Self::Scaled { min, max } => (min, max),
        }
    }
}

/// Size of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineSize {
    /// Name of a VirtualMachineClusterInstancetype.
    InstanceType(String),
    /// Cores and bytes; `memory` is the Kubernetes quantity as written.
    Explicit { cpu: u32, memory: String, memory_bytes: u64 },
}

/// A tenant's StorageClass on a class of the host cluster.
#[derive(Debug, Clone)]
pub struct TenantStorageClass {
    pub name: String,
    pub from: String,
    pub default: bool,
}

/// Cluster autoscaler.
#[derive(Debug, Clone)]
pub struct Autoscaler {
    /// Image reference with the tag for the tenant's Kubernetes minor.
    pub image: String,
    /// Its own flags beside those that join it to the tenant, without the hyphens.
    pub flags: IndexMap<String, String>,
}

/// Replacement of broken machines.
#[derive(Debug, Clone)]
pub struct HealthCheck {
    /// A number as text, or a percentage; `None`: what suits the size of each group.
    pub max_unhealthy: Option<String>,
    pub startup_timeout_seconds: u64,
}

/// Something that Flux installs into the tenant through its kubeconfig.
#[derive(Debug, Clone)]
pub struct Addon {
    pub name: String,
    /// Namespace inside the tenant.
    pub namespace: String,
    /// What its pods need of that namespace.
    pub pod_security: PodSecurity,
    pub protected: bool,
    pub interval: String,
    /// Add-ons of the same tenant that come first.
    pub depends_on: Vec<String>,
    pub releases: Vec<Release>,
    /// Layers of objects inside the tenant, applied after the releases, in order.
    pub objects: Vec<Vec<Value>>,
    pub origins: Vec<String>,
}

/// Limit of what a tenant's machines and volumes may take: cores and bytes.
#[derive(Debug, Clone)]
pub struct Quota {
    pub cpu: Option<u32>,
    pub memory: Option<u64>,
    pub storage: Option<u64>,
}
