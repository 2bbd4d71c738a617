//! `cloud.lock` <-> what a build took from the catalog: versions, digests and addresses, so that a newer catalog moves nothing
//! by itself.
//!
//! The file is the user's, as `cloud.yaml` is: it is committed, read with places, and never overwritten when it cannot be
//! read. It holds what the catalog decides; what `cloud.yaml` says is not held against it.

mod cluster_api;
mod hold;
mod moves;
mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use cluster_api::{ClusterApiPins, TagPins};
pub use hold::{hold, homeless};
pub use moves::{Move, moves};
pub use read::read;

use crate::catalog;
use crate::spec::scalar::{Address, Cidr, Version};

/// Version of the file's shape.
const VERSION: u64 = 1;

/// The components whose versions belong to a set of Cluster API versions: they move with it, and it with them.
const SET: [&str; 2] = ["cluster-api", "kamaji"];

/// Names of what is no component and can be taken anew.
pub const EXTENSIONS: &str = "extensions";
pub const BOOT: &str = "boot";

/// What a cloud holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lock {
    /// Version of this format; always 1.
    pub version: u64,
    /// The catalog that something below was last taken from: the start of a hash.
    #[schemars(regex(pattern = r"^[0-9a-f]{12}$"))]
    pub catalog: String,
    /// The Talos release that `extensions` and `overlays` are for.
    #[schemars(with = "Version")]
    pub talos: String,
    /// System extension -> tag of its image.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: BTreeMap<String, String>,
    /// Board -> its overlay.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overlays: BTreeMap<String, OverlayPin>,
    /// Image references of network boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<BootPins>,
    /// What tenant clusters are made of.
    #[serde(default, rename = "clusterAPI", skip_serializing_if = "Option::is_none")]
    pub cluster_api: Option<ClusterApiPins>,
    /// Components of the management cluster.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub components: BTreeMap<String, Pins>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tenants: BTreeMap<String, TenantPins>,
}

/// What a tenant holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantPins {
    /// What it has from the pools of the cloud.
    #[serde(default, skip_serializing_if = "TenantAllocation::is_empty")]
    pub allocation: TenantAllocation,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub addons: BTreeMap<String, Pins>,
}

/// Networks, ports and the address that a tenant did not name and keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantAllocation {
    /// Pod network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pods: Option<Cidr>,
    /// Service network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Cidr>,
    /// Address of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Node port of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Node port of the Konnectivity server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub konnectivity_port: Option<u16>,
}

impl TenantAllocation {
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// Key -> value, as text.
    pub(crate) fn by_name(&self) -> BTreeMap<String, String> {
        let text = |key: &str, value: Option<String>| value.map(|value| (key.to_owned(), value));
        let parts = [
            text("pods", self.pods.as_ref().map(ToString::to_string)),
            text("services", self.services.as_ref().map(ToString::to_string)),
            text("address", self.address.map(|address| address.0.to_string())),
            text("port", self.port.map(|port| port.to_string())),
            text("konnectivityPort", self.konnectivity_port.map(|port| port.to_string())),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// What an entry of the catalog pins, all of it: what its conditions leave out today is not taken from another time tomorrow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pins {
    /// Helm release -> its chart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub releases: BTreeMap<String, ChartPin>,
    /// Layer -> the upstream manifests that it applies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub manifests: BTreeMap<String, ManifestsPin>,
    /// Name in the entry -> image.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, ImagePin>,
}

impl Pins {
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// A chart: where it is, with the keys of a catalog entry, and which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartPin {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^oci://[^:]+$"))]
    pub oci: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The exact version.
    pub version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
}

/// Manifests of a Git repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestsPin {
    /// The repository.
    pub git: String,
    /// The folder in it.
    pub path: String,
    /// The Git tag.
    pub version: String,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImagePin {
    /// Registry and path.
    #[schemars(regex(pattern = r"^[^:@\s]+$"))]
    pub repository: String,
    /// The tag.
    pub tag: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
}

/// The overlay of a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverlayPin {
    /// The image without its registry.
    pub image: String,
    /// The tag.
    pub tag: String,
}

/// The images of network boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BootPins {
    /// The image of matchbox.
    pub matchbox: String,
    /// The image of dnsmasq.
    pub dnsmasq: String,
}

/// What is not held but taken from the catalog again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Anew {
    #[default]
    Nothing,
    All,
    /// Components, wherever they are, [`EXTENSIONS`] and [`BOOT`].
    Named(BTreeSet<String>),
}

impl Lock {
    /// What stays held.
    #[must_use]
    pub fn without(&self, anew: &Anew) -> Self {
        let names = match anew {
            Anew::Nothing => return self.clone(),
            // What a tenant has is nothing that the catalog could have anew.
            Anew::All => return Self { tenants: self.allocations(), ..Self::default() },
            Anew::Named(names) => names,
        };
        let mut held = self.clone();
        let mut gone: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        if held.cluster_api.is_some() && SET.iter().any(|name| gone.contains(name)) {
            gone.extend(SET);
            held.cluster_api = None;
        }
        if gone.contains(EXTENSIONS) {
            held.extensions.clear();
            held.overlays.clear();
        }
        if gone.contains(BOOT) {
            held.boot = None;
        }
        held.components.retain(|name, _| !gone.contains(name.as_str()));
        for tenant in held.tenants.values_mut() {
            tenant.addons.retain(|name, _| !gone.contains(name.as_str()));
        }
        held
    }

    fn allocations(&self) -> BTreeMap<String, TenantPins> {
        let only = |pins: &TenantPins| TenantPins { allocation: pins.allocation.clone(), ..TenantPins::default() };
        self.tenants.iter().map(|(name, pins)| (name.clone(), only(pins))).collect()
    }

    /// The pins of the management cluster, or of a tenant.
    pub fn pins(&self, tenant: Option<&str>) -> Option<&BTreeMap<String, Pins>> {
        match tenant {
            None => Some(&self.components),
            Some(tenant) => self.tenants.get(tenant).map(|tenant| &tenant.addons),
        }
    }

    pub(crate) fn allocate(&mut self, allocations: &BTreeMap<String, TenantAllocation>) {
        for (tenant, allocation) in allocations {
            self.tenants.entry(tenant.clone()).or_default().allocation = allocation.clone();
        }
    }

    pub(crate) fn pin(&mut self, tenant: Option<&str>, name: &str, pins: Pins) {
        if pins.is_empty() {
            return;
        }
        let place = match tenant {
            None => &mut self.components,
            Some(tenant) => &mut self.tenants.entry(tenant.to_owned()).or_default().addons,
        };
        place.insert(name.to_owned(), pins);
    }
}

/// What a build holds from now on.
#[derive(Debug, Clone, Default)]
pub struct Resolution {
    /// `cloud.lock` as it is to be; as it was given, where it says the same.
    pub text: String,
    /// From what was given to that.
    pub moves: Vec<Move>,
    /// From that to what the catalog has.
    pub offered: Vec<Move>,
}

impl Resolution {
    /// `given` is the file as it was, `taken` what this build took, `offered` what it would have taken with nothing held.
    pub(crate) fn new(given: Option<(&Lock, &str)>, mut taken: Lock, mut offered: Lock) -> Self {
        taken.version = VERSION;
        let moves = moves(given.map_or(&Lock::default(), |(lock, _)| lock), &taken);
        taken.catalog = match given {
            Some((lock, _)) if moves.iter().all(|moved| moved.to.is_none()) => lock.catalog.clone(),
            _ => catalog::fingerprint().to_owned(),
        };
        let text = match given {
            Some((lock, text)) if *lock == taken => text.to_owned(),
            _ => write::write(&taken),
        };
        offered.talos.clone_from(&taken.talos);
        let offered = self::moves(&taken, &offered);
        Self { text, moves, offered }
    }
}
