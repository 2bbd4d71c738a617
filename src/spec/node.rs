//! `nodes`, `nodeClasses`, `nodeDefaults`: one set of settings that may stand at each level.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::machine::{Encryption, ExtensionService, Firewall, HostFile, Kubelet, Link, Resources, Volume, Watchdog};
use super::scalar::{Address, LabelValue, Mac};
use super::{ArgValue, Registries};

/// A machine.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// `control-plane` or `worker`.
    pub role: Role,
    /// Hardware class.
    #[serde(default)]
    pub class: Option<String>,
    /// Static address on the primary link; without it the link uses DHCP.
    #[serde(default)]
    pub address: Option<Address>,
    /// Permanent MAC address: selects the primary link and the network-boot group.
    #[serde(default)]
    pub mac: Option<Mac>,
    /// Failure domain; a key of `zones`.
    #[serde(default)]
    pub zone: Option<String>,
    #[serde(flatten)]
    pub settings: NodeSettings,
}

/// Role of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    ControlPlane,
    Worker,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::Worker => "worker",
        }
    }
}

/// A hardware class.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeClass {
    /// The class whose settings this one starts from.
    #[serde(default)]
    pub extends: Option<String>,
    #[serde(flatten)]
    pub settings: NodeSettings,
}

/// Settings that may stand in `nodeDefaults`, a class, a zone or a node; the more specific wins. `null` takes a value away.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSettings {
    /// CPU architecture. Default: amd64.
    #[serde(default)]
    pub arch: Option<Arch>,
    /// Talos platform. Default: metal.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// Single-board computer: a Talos overlay such as `rpi_generic`.
    #[serde(default)]
    pub board: Option<String>,
    /// Boot with UEFI Secure Boot. Default: false.
    #[serde(default)]
    pub secure_boot: Option<bool>,
    /// Official Talos system extensions, without the `siderolabs/` prefix; united over all levels.
    #[serde(default)]
    pub extensions: Option<SetOf<String>>,
    /// Kernel command-line arguments, part of the image; united over all levels.
    #[serde(default)]
    pub kernel_args: Option<SetOf<String>>,
    /// Kernel modules to load: name -> parameters.
    #[serde(default)]
    pub kernel_modules: Option<IndexMap<String, Option<Vec<String>>>>,
    /// Kernel parameters under `/proc/sys`.
    #[serde(default)]
    pub sysctls: Option<IndexMap<String, Option<ArgValue>>>,
    /// Kernel attributes under `/sys`.
    #[serde(default)]
    pub sysfs: Option<IndexMap<String, Option<ArgValue>>>,
    /// Disk that Talos is installed on: a path, or what the disk must match. Default: a disk of at least 10 GB, the smallest match first as Talos finds it.
    #[serde(default)]
    pub install_disk: Option<InstallDisk>,
    /// Wipe the install disk before installing. Default: false.
    #[serde(default)]
    pub wipe: Option<bool>,
    /// Volumes, by name; `EPHEMERAL` and `STATE` are Talos's own.
    #[serde(default)]
    pub volumes: Option<IndexMap<String, Option<Volume>>>,
    /// Disk encryption of Talos's own volumes.
    #[serde(default)]
    pub encryption: Option<Encryption>,
    /// Network interfaces, by a name of your choice.
    #[serde(default)]
    pub links: Option<IndexMap<String, Option<Link>>>,
    /// DNS servers; replaces `network.nameservers`.
    #[serde(default)]
    pub nameservers: Option<Vec<Address>>,
    /// NTP servers; replaces `network.timeServers`.
    #[serde(default)]
    pub time_servers: Option<Vec<String>>,
    /// Entries of `/etc/hosts`: address -> names.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "address"}))]
    pub hosts: Option<IndexMap<String, Option<Vec<String>>>>,
    /// Further names of the Talos API certificate; united over all levels.
    #[serde(default, rename = "certSANs")]
    pub cert_sans: Option<SetOf<String>>,
    /// Node labels.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "label-key"}))]
    pub labels: Option<IndexMap<String, Option<LabelValue>>>,
    /// Node annotations.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "label-key"}))]
    pub annotations: Option<IndexMap<String, Option<String>>>,
    /// Node taints: key -> `value:Effect` or `:Effect`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "label-key"}))]
    pub taints: Option<IndexMap<String, Option<Taint>>>,
    /// kubelet settings.
    #[serde(default)]
    pub kubelet: Option<Kubelet>,
    /// Files on the host, by path.
    #[serde(default)]
    pub files: Option<IndexMap<String, Option<HostFile>>>,
    /// udev rules.
    #[serde(default)]
    pub udev_rules: Option<Vec<String>>,
    /// Environment of Talos services (proxies).
    #[serde(default)]
    pub env: Option<IndexMap<String, Option<String>>>,
    /// Registry settings beside the cloud's.
    #[serde(default)]
    pub registries: Option<Registries>,
    /// Ingress firewall of the host.
    #[serde(default)]
    pub firewall: Option<Firewall>,
    /// Hardware watchdog.
    #[serde(default)]
    pub watchdog: Option<Watchdog>,
    /// Settings of extension services, by service name.
    #[serde(default)]
    pub extension_services: Option<IndexMap<String, Option<ExtensionService>>>,
    /// What the hardware has, for capacity checks.
    #[serde(default)]
    pub resources: Option<Resources>,
    /// Machine-config patches in Talos's own form, merged last.
    #[serde(default)]
    pub patches: Option<Vec<Value>>,
}

/// A list that is united with the lists of other levels, or names to take away.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SetOf<T> {
    Add(Vec<T>),
    Remove(Removal<T>),
}

/// Members to take away from what other levels added.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Removal<T> {
    pub remove: Vec<T>,
}

/// CPU architecture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arch {
    #[default]
    Amd64,
    Arm64,
}

impl Arch {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// Talos platform.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    #[default]
    Metal,
}

/// The disk that Talos is installed on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum InstallDisk {
    Path(DiskPath),
    Selector(DiskSelector),
}

/// A device path such as `/dev/sda`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DiskPath(#[schemars(regex(pattern = r"^/dev/[A-Za-z0-9/_:.-]+$"))] pub String);

/// What a disk must match; all given fields hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("minProperties" = 1))]
pub struct DiskSelector {
    /// `ssd`, `hdd`, `nvme` or `sd`.
    #[serde(default, rename = "type")]
    pub kind: Option<DiskType>,
    /// Size with a comparison, for example `>= 200GB`.
    #[serde(default)]
    #[schemars(regex(pattern = r"^(==|<=|>=|<|>)?\s*[0-9]+\s*([kKMGT]i?)?B?$"))]
    pub size: Option<String>,
    /// Model; `*` matches any text.
    #[serde(default)]
    pub model: Option<String>,
    #[serde(default)]
    pub serial: Option<String>,
    /// World-wide identifier.
    #[serde(default)]
    pub wwid: Option<String>,
    /// Path on the bus; `*` matches any text.
    #[serde(default)]
    pub bus_path: Option<String>,
    #[serde(default)]
    pub modalias: Option<String>,
    /// Device name such as `/dev/nvme0n1`.
    #[serde(default)]
    pub name: Option<String>,
}

impl DiskSelector {
    /// Whether both name one and the same disk; a common look (`type: nvme`) does not.
    pub fn is_same_disk(&self, other: &Self) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        same(&self.name, &other.name) || same(&self.serial, &other.serial) || same(&self.wwid, &other.wwid)
    }
}

/// Kind of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiskType {
    Ssd,
    Hdd,
    Nvme,
    Sd,
}

impl DiskType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ssd => "ssd",
            Self::Hdd => "hdd",
            Self::Nvme => "nvme",
            Self::Sd => "sd",
        }
    }
}

/// `value:Effect` or `:Effect`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Taint(#[schemars(regex(pattern = r"^[A-Za-z0-9_.-]*:(NoSchedule|PreferNoSchedule|NoExecute)$"))] pub String);
