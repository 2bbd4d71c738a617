//! `stdlib/versions/cluster-api.yaml` and `instance-types.yaml` -> what a tenant cluster is made of, in versions that fit.
//!
//! A set is chosen as a whole: the version of one provider decides which API versions and fields are written for the
//! others, so nothing here can be picked one by one.

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;
use semver::Version;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::entry::{Image, SetProduct};
use super::packed::table;
use crate::spec::scalar::{Minor, Size};

/// Every set that can be chosen.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterApiSets {
    /// A key of `sets`.
    pub default: String,
    pub sets: IndexMap<String, ClusterApi>,
}

impl ClusterApiSets {
    /// The sets that this binary carries.
    ///
    /// # Panics
    /// When the file does not have the format; a test reads it, so a release cannot.
    pub fn load() -> Self {
        let mut loaded: Self = table("cluster-api");
        let instance_types: IndexMap<String, InstanceType> = table("instance-types");
        for set in loaded.sets.values_mut() {
            set.instance_types.clone_from(&instance_types);
        }
        loaded
    }

    /// The set that is used when the cloud names none.
    ///
    /// # Panics
    /// When `default` names no set; see [`Self::load`].
    pub fn default_set(&self) -> &ClusterApi {
        self.sets.get(&self.default).expect("`default` of <stdlib>/versions/cluster-api.yaml names a set")
    }

    /// The set of this name, and the default for a name that is none: the schema has said so where it was written.
    pub fn set(&self, name: &str) -> &ClusterApi {
        self.sets.get(name).unwrap_or_else(|| self.default_set())
    }
}

/// A set of mutually compatible versions. Serialized, it is `clusterAPI` of the catalog's templates.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterApi {
    /// One line for people.
    pub summary: String,
    /// Which contract the objects of Cluster API itself follow.
    pub contract: Contract,
    /// Whether another product keeps the set together, so that no part of it is moved alone.
    #[serde(default)]
    pub held: bool,
    /// Since when upstream mends nothing in the core of the set; `None` while it does.
    #[serde(default)]
    pub end_of_life: Option<EndOfLife>,
    /// What is wrong with the set and mended in a newer one.
    #[serde(default)]
    pub known_faults: Vec<KnownFault>,
    /// Chart of the operator.
    pub operator: SourcedVersion,
    /// `core`, `kubeadm`, `kamaji`, `kubevirt`, `talos` -> version of the provider.
    pub providers: IndexMap<String, Provider>,
    /// The Kamaji that the set was put together with.
    pub kamaji: SourcedVersion,
    pub kubelet_settings: KubeletSettings,
    pub api_versions: ApiVersions,
    pub gateway_listeners: GatewayListeners,
    /// Product -> the Kubernetes versions it runs on and makes.
    pub kubernetes: IndexMap<String, KubernetesSupport>,
    /// What Talos workers take; `None` for a set whose providers cannot make them.
    #[serde(default)]
    pub talos_workers: Option<TalosWorkers>,
    pub images: Images,
    pub images_by_minor: ImagesByMinor,
    /// Sizes of KubeVirt's own instance types, by name.
    #[serde(skip)]
    pub instance_types: IndexMap<String, InstanceType>,
}

impl ClusterApi {
    /// The Kubernetes minors of tenants that every product of the set can make and for which it has every image that a
    /// control plane needs.
    pub fn tenant_window(&self) -> Window {
        let images = [&self.images_by_minor.cluster_autoscaler, &self.images_by_minor.konnectivity];
        let products = self.kubernetes.values().map(|support| support.tenants);
        Self::intersect(products.chain(images.into_iter().filter_map(ImageByMinor::window)))
    }

    /// The Kubernetes minors of the management cluster that every product of the set runs on.
    pub fn management_window(&self) -> Window {
        Self::intersect(self.kubernetes.values().map(|support| support.management))
    }

    /// The version of a product that has an entry of its own in the catalog.
    pub const fn product(&self, product: SetProduct) -> &SourcedVersion {
        match product {
            SetProduct::Operator => &self.operator,
            SetProduct::Kamaji => &self.kamaji,
        }
    }

    fn intersect(windows: impl Iterator<Item = Window>) -> Window {
        windows
            .reduce(|all, one| Window { min: all.min.max(one.min), max: all.max.min(one.max) })
            .expect("a set of <stdlib>/versions/cluster-api.yaml says which Kubernetes it supports")
    }
}

/// The end of upstream's support.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EndOfLife {
    /// The day, as year, month and day: no clock is asked whether it has come.
    pub since: String,
    pub source: String,
}

/// A fault of a product of a set.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KnownFault {
    /// One sentence for people, with what can be done about it.
    pub what: String,
    /// The component that has it,
    pub component: String,
    /// and its first version without it.
    pub mended_in: String,
    pub source: String,
}

/// A contract between the core of Cluster API and its providers; its API has the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Contract {
    V1Beta1,
    V1Beta2,
}

/// A provider of Cluster API.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// As the operator takes it: a tag of upstream's, or what the chart calls its own build.
    pub version: String,
    #[serde(default)]
    pub from: ProviderFrom,
    pub source: String,
}

/// Who brings the provider object and the manifests behind it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderFrom {
    /// The operator fetches what upstream released.
    #[default]
    Release,
    /// A chart brings both.
    Chart,
}

/// A version and the place where it was read.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SourcedVersion {
    /// As upstream tags it.
    pub version: String,
    pub source: String,
}

/// Settings of kubelet that Kamaji writes for every tenant.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KubeletSettings {
    /// The oldest minor whose kubelet takes them.
    pub since: KubernetesMinor,
    /// JSON pointers into KubeletConfiguration.
    pub paths: Vec<String>,
    pub source: String,
}

impl KubeletSettings {
    /// What has to be taken out for kubelets of this version.
    pub fn refused(&self, kubernetes: &Version) -> &[String] {
        if KubernetesMinor::from(kubernetes) < self.since { &self.paths } else { &[] }
    }
}

/// `apiVersion` that is written for each kind.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ApiVersions {
    pub cluster: String,
    pub machine_deployment: String,
    pub machine_health_check: String,
    pub kubeadm_config_template: String,
    pub talos_config_template: String,
    pub kamaji_control_plane: String,
    pub kubevirt_cluster: String,
    pub kubevirt_machine_template: String,
}

/// Whether a control plane can say which listener of a Gateway its route takes.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayListeners {
    pub named: bool,
    pub source: String,
}

/// Kubernetes versions of one product.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KubernetesSupport {
    /// The cluster that runs the product.
    pub management: Window,
    /// The clusters that it makes.
    pub tenants: Window,
    pub source: String,
}

/// Minors from-to, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub min: KubernetesMinor,
    pub max: KubernetesMinor,
}

impl Window {
    pub fn contains(&self, version: &Version) -> bool {
        (self.min..=self.max).contains(&KubernetesMinor::from(version))
    }
}

/// Talos workers of tenants.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TalosWorkers {
    /// Minors of Talos, as `1.13`.
    pub talos: Window,
    pub source: String,
    /// Vendor of a device of the host -> what Talos needs to use it.
    #[serde(default)]
    pub devices: IndexMap<String, DeviceDriver>,
}

/// What Talos needs to use the devices of a vendor.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceDriver {
    /// Sets of system extensions, each a whole driver; the first is taken by itself.
    pub drivers: Vec<Vec<String>>,
    /// Kernel modules, which Talos loads where they are named and nowhere else.
    pub modules: Vec<String>,
    pub sysctls: IndexMap<String, String>,
    pub source: String,
}

impl DeviceDriver {
    /// What these extensions lack of the driver that they name most of.
    pub fn lacking(&self, extensions: &[String]) -> Vec<String> {
        let named = |driver: &&Vec<String>| driver.iter().filter(|part| extensions.contains(part)).count();
        // Read backwards, since `max_by_key` takes the last of equals.
        let driver = self.drivers.iter().rev().max_by_key(named);
        driver.into_iter().flatten().filter(|part| !extensions.contains(part)).cloned().collect()
    }
}

/// Images that are the same for every tenant.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Images {
    pub cloud_controller_manager: Image,
    pub csi_driver: Image,
    pub csi_provisioner: Image,
    pub csi_attacher: Image,
    pub csi_resizer: Image,
    pub csi_snapshotter: Image,
    pub csi_node_driver_registrar: Image,
    pub liveness_probe: Image,
    /// Signs the certificates of Talos workers, beside a control plane that is not Talos's; in sets with such workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talos_csr_signer: Option<Image>,
}

/// Images that follow the Kubernetes minor of the tenant.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImagesByMinor {
    pub cluster_autoscaler: ImageByMinor,
    /// Server and agent have the same tags.
    pub konnectivity: ImageByMinor,
    /// containerDisk of a kubeadm worker.
    pub worker: ImageByMinor,
}

/// An image with a tag per Kubernetes minor.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImageByMinor {
    pub repository: String,
    pub tags: BTreeMap<KubernetesMinor, String>,
    pub source: String,
}

impl ImageByMinor {
    /// From the oldest to the newest minor with an image; `None` without any.
    fn window(&self) -> Option<Window> {
        let (min, _) = self.tags.first_key_value()?;
        let (max, _) = self.tags.last_key_value()?;
        Some(Window { min: *min, max: *max })
    }

    /// `None` when no image is known for the minor.
    pub fn tag(&self, kubernetes: &Version) -> Option<&str> {
        self.tags.get(&KubernetesMinor::from(kubernetes)).map(String::as_str)
    }

    /// `None` when no image is known for the minor.
    pub fn reference(&self, kubernetes: &Version) -> Option<String> {
        self.tag(kubernetes).map(|tag| format!("{}:{tag}", self.repository))
    }
}

/// Size of a `VirtualMachineClusterInstancetype`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceType {
    /// Cores.
    pub cpu: u32,
    pub memory: Size,
}

/// A minor as the catalog writes it: `1.34`, without the `v` of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KubernetesMinor(pub Minor);

impl From<&Version> for KubernetesMinor {
    fn from(version: &Version) -> Self {
        Self(Minor::from(version))
    }
}

impl fmt::Display for KubernetesMinor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.major, self.0.minor)
    }
}

impl<'de> Deserialize<'de> for KubernetesMinor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        format!("v{text}").parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl Serialize for KubernetesMinor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_covers_its_window() {
        let sets = ClusterApiSets::load();
        assert!(!sets.default_set().summary.is_empty());
        for (name, set) in &sets.sets {
            let window = set.tenant_window();
            assert!(window.min <= window.max, "{name}");
            assert!(set.management_window().min <= set.management_window().max, "{name}");
            let minors = (window.min.0.minor..=window.max.0.minor).map(|minor| Version::new(1, minor, 0));
            for version in minors {
                for images in [&set.images_by_minor.cluster_autoscaler, &set.images_by_minor.konnectivity] {
                    assert!(images.tag(&version).is_some(), "{name}: {} for {version}", images.repository);
                }
            }
            assert!(set.instance_types.contains_key("u1.medium"));
        }
    }

    #[test]
    fn the_kinds_of_the_core_are_of_the_contract() {
        for (name, set) in &ClusterApiSets::load().sets {
            let contract = serde_json::to_value(set.contract).unwrap();
            let versions = &set.api_versions;
            for version in [
                &versions.cluster,
                &versions.machine_deployment,
                &versions.machine_health_check,
                &versions.kubeadm_config_template,
            ] {
                assert_eq!(version.split_once('/').unwrap().1, contract, "{name}");
            }
        }
    }

    #[test]
    fn templates_see_the_file_as_it_stands() {
        let set = serde_json::to_value(ClusterApiSets::load().default_set()).unwrap();
        assert_eq!(set["apiVersions"]["Cluster"], "cluster.x-k8s.io/v1beta2");
        assert!(set["providers"]["core"]["version"].as_str().unwrap().starts_with('v'));
        assert!(set["kubernetes"]["kamaji"]["tenants"]["min"].is_string());
    }
}
