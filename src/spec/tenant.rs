//! `tenants`: Kubernetes clusters inside the cloud.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::network::FLAG;
use super::scalar::{Address, Cidr, DnsName, GoDuration, Size, Version};
use super::{ArgValue, ComponentUse, OneOrMany, Taint};

/// A tenant Kubernetes cluster.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    pub kubernetes: Version,
    /// Namespace in the management cluster. Default: `tenant-<name>`.
    #[serde(default)]
    #[schemars(extend("format" = "dns-label"))]
    pub namespace: Option<String>,
    /// `deleting` takes the Cluster out of the tree and keeps the rest until it is gone; then remove the tenant. Default: active.
    #[serde(default)]
    pub state: TenantState,
    #[serde(default)]
    pub control_plane: TenantControlPlane,
    /// Needs `pods` and `services` where the cloud has no pool of them.
    #[serde(default)]
    pub network: TenantNetwork,
    /// Operating system and bootstrap of the workers. Default: kubeadm. Talos workers need secrets before anything of the
    /// tenant starts: `cloudc secrets generate --tenant NAME`.
    #[serde(default)]
    pub workers: Workers,
    /// Groups of worker machines, by name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "dns-label"}))]
    pub node_groups: IndexMap<String, NodeGroup>,
    /// StorageClasses of the tenant, each on a class of the host cluster.
    #[serde(default)]
    pub storage_classes: IndexMap<String, TenantStorageClass>,
    /// Where the tenant's LoadBalancer Services take addresses.
    #[serde(default)]
    pub load_balancers: Option<TenantLoadBalancers>,
    /// Cluster autoscaler; on when a group has min and max.
    #[serde(default)]
    pub autoscaler: Option<Autoscaler>,
    /// Replacement of broken machines.
    #[serde(default)]
    pub health_check: Option<HealthCheck>,
    /// What runs in the tenant cluster, by product name.
    #[serde(default)]
    pub addons: IndexMap<String, Option<ComponentUse>>,
    /// Limit of what the tenant may take from the cloud.
    #[serde(default)]
    pub quota: Option<Quota>,
}

impl Tenant {
    /// The namespace in the management cluster.
    pub fn host_namespace(&self, name: &str) -> String {
        self.namespace.clone().unwrap_or_else(|| format!("tenant-{name}"))
    }
}

/// Whether a tenant runs or goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TenantState {
    #[default]
    Active,
    Deleting,
}

/// Control plane of a tenant, by Kamaji.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantControlPlane {
    /// Control-plane pods. Default: 2.
    #[serde(default)]
    #[schemars(range(min = 1, max = 9))]
    pub replicas: Option<u32>,
    /// Kamaji DataStore. Default: default.
    #[serde(default)]
    pub data_store: Option<String>,
    /// How the API is reached from outside. Default: load-balancer.
    #[serde(default)]
    pub expose: Expose,
    /// Address of the API: with `load-balancer` one of a pool (default: one of `network.tenants.addresses`, which `cloud.lock`
    /// keeps), with `node-port` that of a node or of what stands before the nodes (default: the first control-plane node's).
    #[serde(default)]
    pub address: Option<Address>,
    /// Name of the API for ingress and gateway, and in its certificate.
    #[serde(default)]
    pub hostname: Option<DnsName>,
    /// Port of the API; with `node-port` one of the node-port range that no other tenant has. Default: 6443; with `node-port` a free
    /// one, which `cloud.lock` keeps.
    #[serde(default)]
    #[schemars(range(min = 1, max = 32767))]
    pub port: Option<u16>,
    /// Port of the Konnectivity server. Default: 8132; with `node-port` as `port`.
    #[serde(default)]
    #[schemars(range(min = 1, max = 32767))]
    pub konnectivity_port: Option<u16>,
    /// With `ingress`: an Ingress controller of your own. Default: the one of the catalog that the cloud has.
    #[serde(default)]
    pub ingress: Option<TenantIngress>,
    /// With `gateway`: a Gateway of your own. Default: the one of the component `tenant-gateway`.
    #[serde(default)]
    pub gateway: Option<TenantGateway>,
    /// Tunnel from the control plane to the workers. Default: true.
    #[serde(default)]
    pub konnectivity: Option<bool>,
}

impl TenantControlPlane {
    /// The port of the API.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(6443)
    }

    /// The port of the Konnectivity server; `None` without Konnectivity.
    pub fn konnectivity_port(&self) -> Option<u16> {
        self.konnectivity.unwrap_or(true).then(|| self.konnectivity_port.unwrap_or(8132))
    }
}

/// How a tenant's API is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expose {
    #[default]
    LoadBalancer,
    NodePort,
    ClusterIp,
    Ingress,
    Gateway,
}

/// An Ingress controller that hands TLS through.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct TenantIngress {
    /// Name of its IngressClass.
    #[schemars(extend("format" = "dns-name"))]
    pub class: String,
    /// What makes it hand TLS through. Default: `nginx.ingress.kubernetes.io/ssl-passthrough: "true"`.
    #[serde(default)]
    pub annotations: Option<IndexMap<String, String>>,
}

/// A Gateway of the management cluster. Its listeners take TLSRoutes of the tenant's namespace, and hand TLS through: one for
/// the API, on the tenant's `port`, and one called `konnectivity-server`, on its `konnectivityPort`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct TenantGateway {
    #[schemars(extend("format" = "dns-name"))]
    pub name: String,
    #[schemars(extend("format" = "dns-label"))]
    pub namespace: String,
    /// Name of the listener for the API. Default: kube-apiserver.
    #[serde(default)]
    #[schemars(extend("format" = "dns-name"))]
    pub listener: Option<String>,
}

/// Networks inside a tenant cluster.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct TenantNetwork {
    /// Default: one of `network.tenants.pods`.
    #[serde(default)]
    pub pods: OneOrMany<Cidr>,
    /// Default: one of `network.tenants.services`.
    #[serde(default)]
    pub services: OneOrMany<Cidr>,
}

/// Operating system and bootstrap of workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Workers {
    #[default]
    Kubeadm,
    Talos,
}

/// Worker machines that are alike.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeGroup {
    /// A number, or the bounds of the autoscaler.
    pub replicas: Replicas,
    /// KubeVirt instance type; instead of `cpu` and `memory`.
    #[serde(default)]
    pub instance_type: Option<String>,
    /// Cores.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub cpu: Option<u32>,
    #[serde(default)]
    pub memory: Option<Size>,
    /// Disk for container images and pods. Default: 20Gi.
    #[serde(default)]
    pub disk: Option<Size>,
    #[serde(default)]
    pub image: Option<WorkerImage>,
    /// Node roles, as `node-role.kubernetes.io/<role>`.
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default)]
    pub labels: IndexMap<String, String>,
    #[serde(default)]
    pub taints: IndexMap<String, Taint>,
    /// GPU resource names of the host cluster. Talos workers boot with the driver, of the branch that `image.extensions` names.
    #[serde(default)]
    pub gpus: Vec<String>,
}

/// Size of a group.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Replicas {
    Fixed(u32),
    Scaled(ScaleBounds),
}

/// Bounds of the autoscaler.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub struct ScaleBounds {
    pub min: u32,
    #[schemars(range(min = 1))]
    pub max: u32,
}

/// Boot image of workers.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerImage {
    /// KubeVirt containerDisk; for kubeadm workers.
    #[serde(default)]
    pub container_disk: Option<String>,
    /// Talos version; for Talos workers. Default: `versions.talos`.
    #[serde(default)]
    pub talos: Option<Version>,
    /// Official system extensions, without `siderolabs/`; for Talos workers.
    #[serde(default)]
    pub extensions: Vec<String>,
}

/// A tenant's StorageClass.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct TenantStorageClass {
    /// StorageClass of the host cluster.
    pub from: String,
    #[serde(default)]
    pub default: bool,
}

/// Where LoadBalancer Services take addresses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct TenantLoadBalancers {
    /// A key of `network.loadBalancers`.
    pub pool: String,
}

/// Cluster autoscaler.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Autoscaler {
    /// How long a node is idle before it is removed. Default: 10m.
    #[serde(default)]
    pub scale_down_unneeded_time: Option<GoDuration>,
    /// How often it looks. Default: 10s.
    #[serde(default)]
    pub scan_interval: Option<GoDuration>,
    /// A node is idle when its pods ask for less than this share of it. Default: 0.5.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub scale_down_utilization_threshold: Option<f64>,
    /// How long nothing is removed after a machine was added. Default: 10m.
    #[serde(default)]
    pub scale_down_delay_after_add: Option<GoDuration>,
    /// How long a machine may take to join before another group is tried. Default: 15m.
    #[serde(default)]
    pub max_node_provision_time: Option<GoDuration>,
    /// Further flags of cluster-autoscaler, without the hyphens.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": FLAG}))]
    pub extra_args: IndexMap<String, ArgValue>,
}

/// Replacement of broken machines.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheck {
    /// Broken machines up to which any are replaced: a number or a percentage. Default: 50%.
    #[serde(default)]
    pub max_unhealthy: Option<CountOrPercent>,
    /// How long a new machine may take to join. Default: 20m.
    #[serde(default)]
    pub startup_timeout: Option<GoDuration>,
}

/// A number or a percentage.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CountOrPercent {
    Count(u32),
    Percent(Percent),
}

/// A percentage such as `50%`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Percent(#[schemars(regex(pattern = r"^(100|[1-9]?[0-9])%$"))] pub String);

/// Limit of what a tenant may take.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Quota {
    #[serde(default)]
    pub cpu: Option<u32>,
    #[serde(default)]
    pub memory: Option<Size>,
    #[serde(default)]
    pub storage: Option<Size>,
}
