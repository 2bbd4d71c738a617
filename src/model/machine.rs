//! A machine, resolved: what its Talos configuration says beside what the whole cluster shares.

use std::net::IpAddr;
use std::sync::Arc;

use indexmap::IndexMap;
use ipnet::IpNet;
use serde_json::{Map, Value};

use crate::catalog::NodeNeed;
use crate::spec::{
    BondMode, DiskSelector, EncryptionKey, FileOp, Filesystem, FirewallDefault, LacpRate, LinkMatch, Protocol, Role,
    VolumeKind, XmitHashPolicy,
};
use crate::syntax::Path;

/// Talos's own label that keeps control-plane nodes out of external load balancers.
pub const EXCLUDE_LABEL: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

/// A machine.
#[derive(Debug, Clone)]
pub struct Machine {
    pub name: String,
    pub role: Role,
    pub class: Option<String>,
    pub zone: Option<String>,
    /// Name of its [`Image`](super::Image).
    pub image: String,
    pub install_disk: InstallDisk,
    pub wipe: bool,
    /// Static address on the primary link, if it has one.
    pub address: Option<IpAddr>,
    pub mac: Option<String>,
    /// The primary link is the first.
    pub links: Vec<Link>,
    /// Empty means Talos's defaults.
    pub nameservers: Vec<IpAddr>,
    /// Empty means Talos's defaults.
    pub time_servers: Vec<String>,
    /// `/etc/hosts`: address -> names.
    pub hosts: IndexMap<String, Vec<String>>,
    /// Names of the Talos API certificate.
    pub cert_sans: Vec<String>,
    pub labels: IndexMap<String, String>,
    /// Whether Talos's default label that excludes control-plane nodes from load balancers is set.
    pub exclude_from_load_balancers: bool,
    pub annotations: IndexMap<String, String>,
    /// Key -> `value:Effect`.
    pub taints: IndexMap<String, String>,
    pub kubelet: Kubelet,
    /// Name -> parameters.
    pub kernel_modules: IndexMap<String, Vec<String>>,
    pub sysctls: IndexMap<String, String>,
    pub sysfs: IndexMap<String, String>,
    pub env: IndexMap<String, String>,
    pub udev_rules: Vec<String>,
    /// Path -> file; the merged CRI customization is in here.
    pub files: IndexMap<String, HostFile>,
    /// In order of the user; `EPHEMERAL` and `STATE` are Talos's own.
    pub volumes: Vec<Volume>,
    pub encryption: IndexMap<String, Vec<EncryptionKey>>,
    pub registries: Registries,
    pub firewall: Option<Firewall>,
    pub watchdog: Option<Watchdog>,
    pub extension_services: IndexMap<String, ExtensionService>,
    /// Cores and bytes of memory, where the user gave them.
    pub cpu: Option<u32>,
    pub memory: Option<u64>,
    /// What components ask of it, in the order of the components; what the user says of the same settings stands above it.
    pub asked: Arc<[Asked]>,
    /// Strategic-merge patches, applied last, in order.
    pub patches: Vec<Patch>,
    pub origins: Vec<String>,
}

impl Machine {
    /// Addresses and routes of all its links and VLANs.
    pub fn addressings(&self) -> impl Iterator<Item = &Addressing> {
        self.links.iter().flat_map(Link::addressings)
    }

    /// Whether it has addresses that only DHCP knows.
    pub fn learns_addresses(&self) -> bool {
        self.addressings().any(|addressing| addressing.dhcp)
    }

    /// Whether there is one network that its addresses can be of, as far as the cloud says.
    pub fn has_one_network(&self) -> bool {
        matches!(self.links.as_slice(), [link] if link.vlans.is_empty() && link.addressing.addresses.len() <= 1)
    }

    /// The one link of a machine of which nothing is known, and nothing asked but an address by DHCP.
    pub fn only_default_link(&self) -> Option<&Link> {
        let [link] = self.links.as_slice() else { return None };
        let Addressing { dhcp, addresses, routes } = &link.addressing;
        let unasked = *dhcp && addresses.is_empty() && routes.is_empty() && link.mtu.is_none() && link.vlans.is_empty();
        (matches!(link.kind, LinkKind::FirstPhysical) && unasked).then_some(link)
    }
}

/// A need of a component that holds on a machine.
#[derive(Debug, Clone)]
pub struct Asked {
    pub component: String,
    /// The place in `cloud.yaml` that has the component there.
    pub origin: String,
    /// Thousands of machines share one.
    pub need: Arc<NodeNeed>,
}

/// A piece of a Talos document that is merged into it.
#[derive(Debug, Clone)]
pub struct Patch {
    /// In Talos's own form.
    pub value: Value,
    /// Where it stands in `cloud.yaml`.
    pub place: Path,
}

/// The disk that Talos is installed on.
#[derive(Debug, Clone)]
pub enum InstallDisk {
    Path(String),
    /// All given fields hold; never empty.
    Selector(DiskSelector),
}

impl InstallDisk {
    /// Whether a volume's choice is this very disk.
    pub fn is_named_by(&self, volume: &DiskSelector) -> bool {
        match self {
            Self::Path(path) => volume.name.as_ref() == Some(path),
            Self::Selector(install) => volume.is_same_disk(install),
        }
    }
}

/// A network interface.
#[derive(Debug, Clone)]
pub struct Link {
    /// The user's name for it; the interface's own name for virtual links, an alias for physical ones.
    pub name: String,
    pub kind: LinkKind,
    pub addressing: Addressing,
    pub mtu: Option<u32>,
    pub vlans: Vec<Vlan>,
    /// Layer-2 address that control-plane nodes share, on this link.
    pub vip: Option<IpAddr>,
}

impl Link {
    /// Its own addresses and routes, then those of its VLANs.
    pub fn addressings(&self) -> impl Iterator<Item = &Addressing> {
        std::iter::once(&self.addressing).chain(self.vlans.iter().map(|vlan| &vlan.addressing))
    }
}

/// What an interface is.
#[derive(Debug, Clone)]
pub enum LinkKind {
    Physical(LinkMatch),
    /// The first physical interface that is up; nothing is known of it.
    FirstPhysical,
    Bond(Bond),
    Bridge {
        members: Vec<LinkMatch>,
        stp: bool,
    },
    Dummy,
    Wireguard(Wireguard),
}

/// A WireGuard tunnel.
#[derive(Debug, Clone)]
pub struct Wireguard {
    /// The reference whose `privateKey` is this end's key, 32 bytes in base64.
    pub private_key: String,
    /// `None`: the kernel chooses.
    pub listen_port: Option<u16>,
    pub peers: Vec<WireguardPeer>,
}

/// The other end of a tunnel.
#[derive(Debug, Clone)]
pub struct WireguardPeer {
    /// 32 bytes in base64.
    pub public_key: String,
    /// `address:port`; `None` waits for the peer.
    pub endpoint: Option<String>,
    pub allowed_ips: Vec<IpNet>,
    /// Go duration.
    pub keepalive: Option<String>,
}

/// Several interfaces as one.
#[derive(Debug, Clone)]
pub struct Bond {
    pub mode: BondMode,
    pub members: Vec<LinkMatch>,
    pub miimon: Option<u32>,
    pub lacp_rate: Option<LacpRate>,
    pub xmit_hash_policy: Option<XmitHashPolicy>,
    pub up_delay: Option<u32>,
    pub down_delay: Option<u32>,
}

/// Addresses and routes of a link or VLAN.
#[derive(Debug, Clone, Default)]
pub struct Addressing {
    pub dhcp: bool,
    /// Address with the prefix of its network.
    pub addresses: Vec<IpNet>,
    /// Destination -> gateway; the default route is `0.0.0.0/0` or `::/0`.
    pub routes: Vec<(IpNet, IpAddr)>,
}

/// A tagged network on a link.
#[derive(Debug, Clone)]
pub struct Vlan {
    pub name: String,
    pub id: u16,
    pub addressing: Addressing,
    pub mtu: Option<u32>,
    pub vip: Option<IpAddr>,
}

/// kubelet settings.
#[derive(Debug, Clone, Default)]
pub struct Kubelet {
    pub extra_args: IndexMap<String, String>,
    /// Fields of KubeletConfiguration, `maxPods` included.
    pub config: Map<String, Value>,
    pub extra_mounts: Vec<ExtraMount>,
    /// Networks from which the node's address is taken; a leading `!` excludes.
    pub node_ip: Vec<String>,
}

/// A host path that the kubelet sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraMount {
    pub source: String,
    pub destination: String,
    pub kind: String,
    pub options: Vec<String>,
}

/// A file on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFile {
    pub content: String,
    pub op: FileOp,
    /// Octal, `0o644`.
    pub permissions: String,
}

/// A volume.
#[derive(Debug, Clone)]
pub struct Volume {
    pub name: String,
    pub kind: VolumeKind,
    /// `None`: the install disk (Talos's system disk).
    pub disk: Option<DiskSelector>,
    /// As Talos writes sizes, `100GiB`.
    pub min_size: Option<String>,
    pub max_size: Option<String>,
    pub grow: Option<bool>,
    pub filesystem: Filesystem,
    /// Mounted with nosuid, nodev and noexec; `None` where nothing is said.
    pub secure: Option<bool>,
}

impl Volume {
    /// Talos's own volumes are configured, not created.
    pub fn is_system(&self) -> bool {
        matches!(self.name.as_str(), "EPHEMERAL" | "STATE" | "IMAGECACHE")
    }

    /// The path of its disk, where the path is all that is said of it.
    pub fn disk_path(&self) -> Option<&str> {
        let selector = self.disk.as_ref()?;
        let path = selector.name.as_deref()?;
        (*selector == DiskSelector { name: selector.name.clone(), ..DiskSelector::default() }).then_some(path)
    }

    /// Where it is mounted (user volumes).
    pub fn mount_path(&self) -> String {
        format!("/var/mnt/{}", self.name)
    }

    /// The partition of a raw volume; Talos labels it `r-<name>` (user: `u-<name>`).
    pub fn device(&self) -> String {
        let prefix = match self.kind {
            VolumeKind::User => 'u',
            VolumeKind::Raw => 'r',
            VolumeKind::Swap => 's',
        };
        format!("/dev/disk/by-partlabel/{prefix}-{}", self.name)
    }
}

/// Mirrors, TLS and trust of a machine.
#[derive(Debug, Clone, Default)]
pub struct Registries {
    /// Registry host -> mirror.
    pub mirrors: IndexMap<String, Mirror>,
    /// Registry host -> TLS.
    pub tls: IndexMap<String, RegistryTls>,
    /// Registry host -> the reference with its credentials.
    pub auth: IndexMap<String, String>,
    /// PEM texts that every node trusts: name -> certificates.
    pub trust: IndexMap<String, String>,
}

/// Mirror of a registry.
#[derive(Debug, Clone)]
pub struct Mirror {
    pub endpoints: Vec<String>,
    pub skip_fallback: bool,
    pub override_path: bool,
}

/// TLS of a registry.
#[derive(Debug, Clone)]
pub struct RegistryTls {
    /// PEM text.
    pub ca: Option<String>,
    pub insecure_skip_verify: bool,
}

/// Ingress firewall.
#[derive(Debug, Clone)]
pub struct Firewall {
    pub default: FirewallDefault,
    pub rules: Vec<FirewallRule>,
}

/// Who may reach which ports.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FirewallRule {
    pub name: String,
    /// `2379-2380` or `50000`.
    pub ports: Vec<String>,
    pub protocol: Protocol,
    pub from: Vec<IpNet>,
    /// Each lies inside one of `from`.
    pub except: Vec<IpNet>,
}

/// Hardware watchdog.
#[derive(Debug, Clone)]
pub struct Watchdog {
    pub device: String,
    /// Go duration.
    pub timeout: String,
}

/// Settings of an extension service.
#[derive(Debug, Clone)]
pub struct ExtensionService {
    pub environment: Vec<String>,
    /// Mount path -> content.
    pub config_files: IndexMap<String, String>,
}
