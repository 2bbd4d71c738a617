//! `network`, `controlPlane` and `registries`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::scalar::{Address, AddressRange, ApiEndpoint, Cidr, DnsName, Size};

/// The address plan; each fact is said once.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// Network of the machines; a list for one per family or zone.
    pub nodes: OneOrMany<Cidr>,
    /// Default gateway of the machines. Default: first address of `nodes`.
    #[serde(default)]
    pub gateway: Option<Address>,
    /// DNS servers of the machines. Default: Talos's own (1.1.1.1, 8.8.8.8).
    #[serde(default)]
    pub nameservers: Option<Vec<Address>>,
    /// NTP servers of the machines. Default: Talos's own (time.cloudflare.com).
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"^[A-Za-z0-9_.:-]+$")))]
    pub time_servers: Option<Vec<String>>,
    /// Pod network; `[v4, v6]` for dual stack.
    pub pods: OneOrMany<Cidr>,
    /// Service network, in the family order of `pods`.
    pub services: OneOrMany<Cidr>,
    /// Network between nodes and pods, only for Kube-OVN. Default: 100.64.0.0/16.
    #[serde(default)]
    pub join: Option<Cidr>,
    /// Cluster domain. Default: cluster.local.
    #[serde(default)]
    pub dns_domain: Option<DnsName>,
    /// Pools from which tenants take networks and API addresses that they do not name; `cloud.lock` keeps what each has.
    #[serde(default)]
    pub tenants: Option<TenantPools>,
    /// Pools of addresses for LoadBalancer Services, by name.
    #[serde(default)]
    pub load_balancers: IndexMap<String, LoadBalancerPool>,
    /// BGP sessions of the load balancer.
    #[serde(default)]
    pub bgp: Option<Bgp>,
    /// Ranges that nothing here may use, by name.
    #[serde(default)]
    pub reserved: IndexMap<String, AddressRange>,
}

/// Networks and addresses for tenants.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct TenantPools {
    /// Pod networks.
    #[serde(default)]
    pub pods: Option<NetworkPool>,
    /// Service networks.
    #[serde(default)]
    pub services: Option<NetworkPool>,
    /// Addresses of APIs with `expose: load-balancer`: a pool of `loadBalancers`, taken from its end. What hands out the others does
    /// so from the start; a pool with `autoAssign: false` is sure to be left to those who ask for it.
    #[serde(default)]
    pub addresses: Option<String>,
}

/// A network that is cut into networks of one size.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct NetworkPool {
    pub range: Cidr,
    /// Prefix length of the network of one tenant.
    #[schemars(range(min = 8, max = 120))]
    pub prefix: u8,
}

/// One value, or a list of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    pub fn into_list(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// Addresses for LoadBalancer Services.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancerPool {
    #[schemars(length(min = 1))]
    pub addresses: Vec<AddressRange>,
    /// How the addresses are made known to the network.
    pub advertise: Advertise,
    /// Whether Services that name no pool may take from it. Default: true.
    #[serde(default)]
    pub auto_assign: Option<bool>,
}

/// How addresses are made known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Advertise {
    L2,
    Bgp,
}

/// BGP sessions.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Bgp {
    /// Our autonomous system number.
    #[serde(rename = "localASN")]
    #[schemars(range(min = 1))]
    pub local_asn: u32,
    /// Routers, by name.
    #[schemars(extend("minProperties" = 1))]
    pub peers: IndexMap<String, BgpPeer>,
}

/// A router that we peer with.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct BgpPeer {
    pub address: Address,
    /// Its autonomous system number.
    #[schemars(range(min = 1))]
    pub asn: u32,
    /// TCP MD5 password.
    #[serde(default)]
    pub password: Option<SecretRef>,
}

/// A secret by name; never its value.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct SecretRef {
    /// Name of the Kubernetes Secret.
    #[schemars(extend("format" = "dns-name"))]
    pub secret: String,
}

/// API endpoint, scheduling, API server and etcd settings.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ControlPlane {
    /// A free address of `network.nodes` (Talos layer-2 VIP), a node's own address, or `https://host:port`.
    pub endpoint: ApiEndpoint,
    /// Whether workloads run on control-plane nodes. Default: true when there are no workers.
    #[serde(default)]
    pub schedulable: Option<bool>,
    /// Further names of the API server's certificate.
    #[serde(default, rename = "certSANs")]
    #[schemars(inner(regex(
        pattern = r"^((\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$"
    )))]
    pub cert_sans: Vec<String>,
    #[serde(default)]
    pub api_server: Option<ApiServer>,
    #[serde(default)]
    pub controller_manager: Option<StaticPod>,
    #[serde(default)]
    pub scheduler: Option<StaticPod>,
    #[serde(default)]
    pub etcd: Option<Etcd>,
    /// Pods that may call the Talos API.
    #[serde(default)]
    pub talos_api_access: Option<TalosApiAccess>,
}

/// kube-apiserver.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiServer {
    /// Flags without the leading dashes.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": FLAG}))]
    pub extra_args: IndexMap<String, ArgValue>,
    /// Audit policy: `default` (Talos's: metadata of every request), `none`, or an `audit.k8s.io/v1` policy.
    #[serde(default)]
    pub audit: Option<Audit>,
    #[serde(default)]
    pub resources: Option<PodResources>,
    /// Log in with an OpenID Connect provider.
    #[serde(default)]
    pub oidc: Option<Oidc>,
}

/// The name of a flag, without the leading dashes.
pub(super) const FLAG: &str = r"^[A-Za-z0-9][A-Za-z0-9.-]*$";

/// A flag's value; numbers and booleans are written as text.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ArgValue {
    Text(String),
    Bool(bool),
    Number(#[schemars(with = "i64")] serde_json::Number),
}

impl std::fmt::Display for ArgValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// Audit policy of the API server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Audit {
    Named(NamedAudit),
    Policy(IndexMap<String, Value>),
}

/// Audit policies with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NamedAudit {
    Default,
    None,
}

/// Resources of a static pod; used as request, and as limit for memory.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct PodResources {
    #[serde(default)]
    #[schemars(extend("format" = "cpu"), with = "String")]
    pub cpu: Option<Value>,
    #[serde(default)]
    pub memory: Option<Size>,
}

/// OpenID Connect.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Oidc {
    #[schemars(regex(pattern = r"^https://"))]
    pub issuer: String,
    pub client_id: String,
    #[serde(default)]
    pub username_claim: Option<String>,
    #[serde(default)]
    pub groups_claim: Option<String>,
}

/// kube-controller-manager or kube-scheduler.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StaticPod {
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": FLAG}))]
    pub extra_args: IndexMap<String, ArgValue>,
    #[serde(default)]
    pub resources: Option<PodResources>,
}

/// etcd.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Etcd {
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": FLAG}))]
    pub extra_args: IndexMap<String, ArgValue>,
    /// Networks whose addresses etcd advertises to its peers. Default: `network.nodes`, where a machine may have another
    /// network.
    #[serde(default)]
    pub advertised_subnets: Vec<Cidr>,
}

/// Pods that may call the Talos API.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct TalosApiAccess {
    /// Talos roles, for example `os:etcd:backup`.
    #[schemars(inner(regex(
        pattern = r"^os:(admin|operator|reader|etcd:backup|impersonator|meta:writer|image:verifier)$"
    )))]
    pub roles: Vec<String>,
    /// Kubernetes namespaces of the pods.
    pub namespaces: Vec<String>,
}

/// A registry as images name it, with its port; `*` is every one that is not named.
const REGISTRY_HOST: &str = r"^(\*|[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?)$";

/// Registry mirrors, trust and image sources.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct Registries {
    /// Mirrors by registry host: a list of addresses tried in order.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": REGISTRY_HOST}))]
    pub mirrors: IndexMap<String, Option<Mirror>>,
    /// TLS settings by registry host.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": REGISTRY_HOST}))]
    pub tls: IndexMap<String, Option<RegistryTls>>,
    /// Credentials by registry host.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": REGISTRY_HOST}))]
    pub auth: IndexMap<String, Option<SecretRef>>,
    /// CA certificates that every node trusts: PEM files beside `cloud.yaml`.
    #[serde(default)]
    pub trust: Vec<String>,
    /// Image Factory host. Default: factory.talos.dev.
    #[serde(default)]
    pub factory: Option<DnsName>,
    /// Own registry of installer images instead of the Image Factory.
    #[serde(default)]
    pub imager: Option<ImagerRegistry>,
}

/// Own registry of installer images.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ImagerRegistry {
    /// `host/path`, for example `registry.corp.example/talos`.
    #[schemars(
        regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/[a-z0-9._-]+)*$"),
        example = &"registry.corp.example/talos"
    )]
    pub registry: String,
}

/// Mirror of a registry.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Mirror {
    Endpoints(
        #[schemars(length(min = 1), inner(regex(pattern = r"^https?://")))]
        Vec<String>,
    ),
    Full(MirrorSettings),
}

/// Mirror with its settings.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MirrorSettings {
    #[schemars(length(min = 1), inner(regex(pattern = r"^https?://")))]
    pub endpoints: Vec<String>,
    /// Never ask the original registry. Default: false.
    #[serde(default)]
    pub skip_fallback: bool,
    /// Use the endpoint's path as it is, without adding `/v2`. Default: false.
    #[serde(default)]
    pub override_path: bool,
}

/// TLS of a registry.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistryTls {
    /// PEM file beside `cloud.yaml`.
    #[serde(default)]
    pub ca_file: Option<String>,
    #[serde(default)]
    pub insecure_skip_verify: bool,
}
