//! What tenant clusters are made of. Versions of providers are held as a set or not at all: they decide what is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ImagePin;
use crate::catalog::{ClusterApi, KubernetesMinor};

/// A set of Cluster API versions, with the images that its tenants run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterApiPins {
    /// Its name, which is the cloud's to choose: all that stands here is of this set.
    pub set: String,
    /// Provider -> its version.
    pub providers: BTreeMap<String, String>,
    /// The Kamaji of the set.
    pub kamaji: String,
    /// Images of every tenant.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, ImagePin>,
    /// Images that follow the tenant's Kubernetes, for the minors that there are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub images_by_minor: BTreeMap<String, TagPins>,
}

/// An image with a tag per Kubernetes minor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagPins {
    /// Registry and path.
    pub repository: String,
    /// Kubernetes minor -> tag.
    pub tags: BTreeMap<String, String>,
}

impl ClusterApiPins {
    /// The pins of a set, as far as tenants of these minors use them.
    pub fn of(name: &str, set: &ClusterApi, minors: &[KubernetesMinor]) -> Self {
        let providers = set.providers.iter().map(|(name, provider)| (name.clone(), provider.version.clone())).collect();
        let mut pins = Self { set: name.to_owned(), providers, kamaji: set.kamaji.version.clone(), ..Self::default() };
        if minors.is_empty() {
            return pins;
        }
        let set = as_value(set);
        for (name, image) in entries(&set["images"]) {
            let digest = image["digest"].as_str().map(str::to_owned);
            let pin = ImagePin { repository: text(&image["repository"]), tag: text(&image["tag"]), digest };
            pins.images.insert(name.clone(), pin);
        }
        for (name, image) in entries(&set["imagesByMinor"]) {
            let minors = minors.iter().map(ToString::to_string);
            let tags =
                minors.filter_map(|minor| Some((minor.clone(), image["tags"].get(&minor)?.as_str()?.to_owned())));
            let pin = TagPins { repository: text(&image["repository"]), tags: tags.collect() };
            pins.images_by_minor.insert(name.clone(), pin);
        }
        pins
    }

    /// The set of this name as the catalog has it, with the images that are held.
    ///
    /// # Errors
    /// Where in the pins the first thing stands that the set has otherwise, and what it has instead.
    pub fn hold(&self, set: &ClusterApi) -> Result<ClusterApi, (Vec<&str>, String)> {
        let Self { providers, kamaji, .. } = Self::of(&self.set, set, &[]);
        if (&providers, &kamaji) != (&self.providers, &self.kamaji) {
            return Err(self.differs(set));
        }
        let mut value = as_value(set);
        for (name, pin) in &self.images {
            if let Some(image) = value["images"].get_mut(name) {
                image["repository"] = json!(pin.repository);
                image["tag"] = json!(pin.tag);
                image["digest"] = json!(pin.digest);
            }
        }
        for (name, pin) in &self.images_by_minor {
            let Some(image) = value["imagesByMinor"].get_mut(name) else { continue };
            // Tags of minors that are not held would be looked for in the wrong place.
            if image["repository"] != json!(pin.repository) {
                return Err((vec!["imagesByMinor", name, "repository"], text(&image["repository"])));
            }
            for (minor, tag) in &pin.tags {
                if let Some(known) = image["tags"].get_mut(minor) {
                    *known = json!(tag);
                }
            }
        }
        let mut held: ClusterApi = serde_json::from_value(value).expect("texts of a set were replaced by texts");
        held.instance_types.clone_from(&set.instance_types);
        Ok(held)
    }

    fn differs(&self, set: &ClusterApi) -> (Vec<&str>, String) {
        let version = |name: &str| set.providers.get(name).map_or("none", |provider| provider.version.as_str());
        match self.providers.iter().find(|(name, held)| version(name) != held.as_str()) {
            Some((name, _)) => (vec!["providers", name], version(name).to_owned()),
            None if self.kamaji != set.kamaji.version => (vec!["kamaji"], set.kamaji.version.clone()),
            None => (vec!["providers"], "more".to_owned()),
        }
    }
}

fn as_value(set: &ClusterApi) -> Value {
    serde_json::to_value(set).expect("a set is data")
}

fn entries(map: &Value) -> impl Iterator<Item = (&String, &Value)> {
    map.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
