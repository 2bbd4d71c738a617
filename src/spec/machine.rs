//! The parts of a machine: volumes, links, kubelet, firewall, files.
//!
//! Any of them may be put together from several levels (a class says the VLAN, the node its address), so a field that must
//! be there is asked for when they are merged, in `resolve`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::network::FLAG;
use super::scalar::{
    Address, Cidr, GoDuration, InterfaceAddress, Mac, NodeNetwork, PortRange, Size, SocketAddress, WireguardKey,
};
use super::{ArgValue, DiskSelector, SecretRef};

/// A volume of a machine.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// `user` is formatted and mounted at `/var/mnt/<name>`, `raw` is a bare partition, `swap` is swap space. Default: user.
    #[serde(default)]
    pub kind: Option<VolumeKind>,
    /// The disk it lies on. Default: the install disk.
    #[serde(default)]
    pub disk_selector: Option<DiskSelector>,
    #[serde(default)]
    pub min_size: Option<Size>,
    #[serde(default)]
    pub max_size: Option<Size>,
    /// Grow later, when the disk has more room. Default: false.
    #[serde(default)]
    pub grow: Option<bool>,
    /// Filesystem of a user volume. Default: xfs.
    #[serde(default)]
    pub filesystem: Option<Filesystem>,
    /// Mount with nosuid, nodev and noexec. Default: true.
    #[serde(default)]
    pub secure: Option<bool>,
}

/// What a volume is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VolumeKind {
    #[default]
    User,
    Raw,
    Swap,
}

/// Filesystem of a user volume.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Filesystem {
    #[default]
    Xfs,
    Ext4,
}

/// Disk encryption of Talos's own volumes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct Encryption {
    /// The volume of the machine configuration.
    #[serde(default)]
    pub state: Option<VolumeEncryption>,
    /// The volume of `/var`.
    #[serde(default)]
    pub ephemeral: Option<VolumeEncryption>,
}

/// LUKS2 keys of a volume, in slot order.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct VolumeEncryption {
    /// Must be given at one level.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub keys: Option<Vec<EncryptionKey>>,
}

/// Where one key comes from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EncryptionKey {
    /// Sealed to the machine's TPM.
    Tpm(Empty),
    /// Derived from the machine's UUID: protects a disk that leaves the machine, nothing else.
    #[serde(rename = "nodeID")]
    NodeId(Empty),
    /// Sealed by a key-management server.
    Kms(Kms),
    /// A passphrase, by reference.
    Static(SecretRef),
}

/// `{}`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct Empty {}

/// A key-management server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Kms {
    #[schemars(regex(pattern = r"^(https|grpc)://"))]
    pub endpoint: String,
}

/// A network interface.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Which physical interface it is.
    #[serde(rename = "match", default)]
    pub matches: Option<LinkMatch>,
    /// `dhcp`, or static addresses with their prefix.
    #[serde(default)]
    pub addresses: Option<LinkAddresses>,
    /// Default gateway through this link.
    #[serde(default)]
    pub gateway: Option<Address>,
    /// Static routes: network -> gateway.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "cidr"}))]
    pub routes: Option<IndexMap<String, Option<Address>>>,
    /// Maximum transmission unit, in bytes.
    #[serde(default)]
    #[schemars(range(min = 576, max = 65535))]
    pub mtu: Option<u32>,
    /// The link of `address` and the default route. Default: the first link.
    #[serde(default)]
    pub primary: Option<bool>,
    /// Several interfaces as one.
    #[serde(default)]
    pub bond: Option<Bond>,
    /// A software bridge.
    #[serde(default)]
    pub bridge: Option<Bridge>,
    /// Tagged networks on this link, by name.
    #[serde(default)]
    pub vlans: Option<IndexMap<String, Option<Vlan>>>,
    /// A WireGuard tunnel.
    #[serde(default)]
    pub wireguard: Option<Wireguard>,
    /// An interface without hardware. Default: false.
    #[serde(default)]
    pub dummy: Option<bool>,
}

/// Which physical interface: exactly one field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct LinkMatch {
    /// Permanent MAC address.
    #[serde(default)]
    pub mac: Option<Mac>,
    /// Kernel driver, for example `bcmgenet`.
    #[serde(default)]
    pub driver: Option<String>,
    /// PCI path, for example `0000:04:00.0`.
    #[serde(default)]
    pub bus_path: Option<String>,
    /// Kernel name, for example `enp3s0`.
    #[serde(default)]
    pub name: Option<String>,
}

/// How a link gets its addresses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LinkAddresses {
    Dhcp(Dhcp),
    Static(Vec<InterfaceAddress>),
}

/// Addresses from a DHCP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dhcp {
    Dhcp,
}

/// Bond options in Talos's names.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Bond {
    /// Must be given at one level.
    #[serde(default)]
    pub mode: Option<BondMode>,
    /// The interfaces that it is made of; must be given at one level.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub members: Option<Vec<LinkMatch>>,
    /// Link check every n milliseconds. Default: 100.
    #[serde(default)]
    pub miimon: Option<u32>,
    #[serde(default)]
    pub lacp_rate: Option<LacpRate>,
    #[serde(default)]
    pub xmit_hash_policy: Option<XmitHashPolicy>,
    /// Milliseconds before a recovered member is used.
    #[serde(default)]
    pub up_delay: Option<u32>,
    /// Milliseconds before a failed member is left.
    #[serde(default)]
    pub down_delay: Option<u32>,
}

/// Bond mode of the Linux kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum BondMode {
    #[serde(rename = "balance-rr")]
    BalanceRr,
    #[serde(rename = "active-backup")]
    ActiveBackup,
    #[serde(rename = "balance-xor")]
    BalanceXor,
    #[serde(rename = "broadcast")]
    Broadcast,
    #[serde(rename = "802.3ad")]
    Lacp,
    #[serde(rename = "balance-tlb")]
    BalanceTlb,
    #[serde(rename = "balance-alb")]
    BalanceAlb,
}

impl BondMode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BalanceRr => "balance-rr",
            Self::ActiveBackup => "active-backup",
            Self::BalanceXor => "balance-xor",
            Self::Broadcast => "broadcast",
            Self::Lacp => "802.3ad",
            Self::BalanceTlb => "balance-tlb",
            Self::BalanceAlb => "balance-alb",
        }
    }
}

/// How often LACP packets are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LacpRate {
    Slow,
    Fast,
}

/// How a bond spreads packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum XmitHashPolicy {
    #[serde(rename = "layer2")]
    Layer2,
    #[serde(rename = "layer2+3")]
    Layer23,
    #[serde(rename = "layer3+4")]
    Layer34,
    #[serde(rename = "encap2+3")]
    Encap23,
    #[serde(rename = "encap3+4")]
    Encap34,
}

impl XmitHashPolicy {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Layer2 => "layer2",
            Self::Layer23 => "layer2+3",
            Self::Layer34 => "layer3+4",
            Self::Encap23 => "encap2+3",
            Self::Encap34 => "encap3+4",
        }
    }
}

/// A software bridge.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Bridge {
    #[serde(default)]
    pub members: Vec<LinkMatch>,
    /// Spanning tree. Default: false.
    #[serde(default)]
    pub stp: bool,
}

/// A tagged network.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Vlan {
    /// Its tag; must be given at one level.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4094))]
    pub id: Option<u16>,
    #[serde(default)]
    pub addresses: Option<LinkAddresses>,
    #[serde(default)]
    pub gateway: Option<Address>,
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "cidr"}))]
    pub routes: Option<IndexMap<String, Option<Address>>>,
    #[serde(default)]
    #[schemars(range(min = 576, max = 65535))]
    pub mtu: Option<u32>,
}

/// A WireGuard tunnel; the private key is a secret and put in by reference.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Wireguard {
    /// The reference whose `privateKey` is this end's key; must be given at one level.
    #[serde(default)]
    pub private_key: Option<SecretRef>,
    #[serde(default)]
    pub listen_port: Option<u16>,
    #[serde(default)]
    pub peers: Vec<WireguardPeer>,
}

/// The other end of a tunnel.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireguardPeer {
    pub public_key: WireguardKey,
    /// `address:port`. Talos resolves no name here.
    #[serde(default)]
    pub endpoint: Option<SocketAddress>,
    #[serde(default, rename = "allowedIPs")]
    pub allowed_ips: Vec<Cidr>,
    #[serde(default)]
    pub keepalive: Option<GoDuration>,
}

/// kubelet settings.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Kubelet {
    /// Flags without the leading dashes.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": FLAG}))]
    pub extra_args: Option<IndexMap<String, Option<ArgValue>>>,
    /// Fields of KubeletConfiguration.
    #[serde(default)]
    pub config: Option<IndexMap<String, Value>>,
    /// Pods per node; must fit the node's share of the pod network. Default: 110.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_pods: Option<u32>,
    /// Host paths that the kubelet sees.
    #[serde(default)]
    pub extra_mounts: Option<Vec<ExtraMount>>,
    /// Networks from which the node's address is taken; a leading `!` excludes one. Default: `network.nodes`, where the
    /// machine may have another network.
    #[serde(default, rename = "nodeIP")]
    pub node_ip: Option<Vec<NodeNetwork>>,
}

/// A host path that the kubelet sees.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ExtraMount {
    pub source: String,
    pub destination: String,
    /// Default: bind.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Default: bind, rshared, rw.
    #[serde(default)]
    pub options: Option<Vec<String>>,
}

/// A file on the host.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct HostFile {
    /// Must be given at one level.
    #[serde(default)]
    pub content: Option<String>,
    /// What happens with an existing file. Default: create.
    #[serde(default)]
    pub op: Option<FileOp>,
    /// Octal and in quotes, for example `"0o600"`. Default: `"0o644"`.
    #[serde(default)]
    #[schemars(regex(pattern = r"^0o[0-7]{3,4}$"))]
    pub permissions: Option<String>,
}

/// What happens with an existing file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileOp {
    #[default]
    Create,
    Append,
    Overwrite,
}

/// Ingress firewall of the host.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct Firewall {
    /// What happens to packets that no rule names. Default: accept.
    #[serde(default)]
    pub default: Option<FirewallDefault>,
    /// Rules, by name. Where the firewall blocks, ports of components, and those ports of Talos and Kubernetes that no rule names, get
    /// rules by themselves (`cilium-tcp`, `etcd`, `kubelet`, ...), for nodes and, where they ask, pods.
    #[serde(default)]
    pub rules: IndexMap<String, Option<FirewallRule>>,
}

/// What happens to packets that no rule names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FirewallDefault {
    #[default]
    Accept,
    Block,
}

/// Who may reach which ports.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct FirewallRule {
    /// Ports, or ranges such as `2379-2380`; must be given at one level.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub ports: Option<Vec<Port>>,
    /// Default: tcp.
    #[serde(default)]
    pub protocol: Option<Protocol>,
    /// Networks that may; must be given at one level.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub from: Option<Vec<Cidr>>,
    /// Networks inside `from` that may not.
    #[serde(default)]
    pub except: Vec<Cidr>,
}

/// A port or a range of ports.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Port {
    One(#[schemars(range(min = 1))] u16),
    Range(PortRange),
}

impl Port {
    pub const fn range(&self) -> PortRange {
        match *self {
            Self::One(port) => PortRange { from: port, to: port },
            Self::Range(range) => range,
        }
    }
}

/// Transport protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    #[default]
    Tcp,
    Udp,
}

impl Protocol {
    /// As the language and Talos write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// Hardware watchdog.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Watchdog {
    /// Must be given at one level.
    #[serde(default)]
    #[schemars(regex(pattern = r"^/dev/watchdog[0-9]+$"))]
    pub device: Option<String>,
    /// Default: 1m.
    #[serde(default)]
    pub timeout: Option<GoDuration>,
}

/// Settings of an extension service.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionService {
    /// `KEY=value`; a secret value does not belong here.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Files: path -> content.
    #[serde(default)]
    pub config_files: IndexMap<String, Option<String>>,
}

/// What the hardware has.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct Resources {
    /// Cores.
    #[serde(default)]
    pub cpu: Option<u32>,
    #[serde(default)]
    pub memory: Option<Size>,
}
