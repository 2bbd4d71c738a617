//! What `cloudc` knows about products: `stdlib/`, compiled into the binary.
//!
//! Entries are data. This module reads them and evaluates their expressions; nothing here knows a product by name.

mod boot;
mod chart_keys;
mod cluster_api;
mod entry;
mod kubelet;
mod machine_facts;
mod packed;
mod talos;
pub mod talos_documents;
mod template;

pub use boot::{BootImages, boot_images};
pub use chart_keys::{ChartKeys, UnknownKey};
pub use cluster_api::*;
pub use entry::*;
pub use kubelet::{KubeletForm, kubelet_field, kubelet_fields};
pub use machine_facts::{
    BoardAdvisory, RetiredChart, board_advisory, extensions_of_module, modules_of_extension, retired_chart,
};
pub(crate) use packed::{Packed, file};
pub use talos::{Layout, Talos, TalosOverlay, Tier, extension_image, talos};
pub use template::{Condition, Names, Templates, nth_address};

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use chart_keys::AllKeys;
use packed::files;

use crate::schema::{Schema, cloud_schema, cloud_schema_for};

/// A named set of components.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Profile {
    pub api_version: ComponentApi,
    pub kind: ProfileKind,
    pub name: String,
    pub summary: String,
    /// Component -> its parameters.
    pub components: IndexMap<String, IndexMap<String, Value>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub enum ProfileKind {
    Profile,
}

/// A component of the catalog.
#[derive(Debug)]
enum Entry {
    /// Read when it is first asked for: to read all entries takes longer than to check a cloud that has a few of them.
    Ours(Packed, OnceLock<Box<Component>>),
    /// From beside a cloud.
    Own(Box<Component>, String),
}

impl Entry {
    fn component(&self) -> &Component {
        match self {
            Self::Ours(file, component) => component.get_or_init(|| Box::new(file.read())),
            Self::Own(component, _) => component,
        }
    }

    /// As diagnostics show it.
    fn file(&self) -> String {
        match self {
            Self::Ours(file, _) => file.name(),
            Self::Own(_, file) => file.clone(),
        }
    }
}

/// Everything that `stdlib/` says.
#[derive(Debug)]
pub struct Catalog {
    /// By name, in its order.
    components: BTreeMap<String, Entry>,
    profiles: BTreeMap<String, Profile>,
    pub templates: Templates,
    /// The sets of Cluster API versions.
    pub cluster_api: ClusterApiSets,
    keys: AllKeys,
    /// What [`Self::schema`] made, until an entry is put in.
    schema: OnceLock<Schema>,
}

impl Catalog {
    /// The catalog that this binary carries.
    ///
    /// # Panics
    /// When an entry does not have the format, as soon as it is asked for; a test reads every entry, so a release cannot.
    pub fn builtin() -> Self {
        let entries = files("components/", "/component.yaml");
        // An entry is called like its folder.
        let components = entries.map(|file| (file.folder().to_owned(), Entry::Ours(file, OnceLock::new()))).collect();
        let profiles = files("profiles/", ".yaml").map(Packed::read::<Profile>);
        Self {
            components,
            profiles: profiles.map(|profile| (profile.name.clone(), profile)).collect(),
            templates: Templates::default(),
            cluster_api: ClusterApiSets::load(),
            keys: AllKeys::new(),
            schema: OnceLock::new(),
        }
    }

    /// The schema of `cloud.yaml` with these components. It is made when it is first asked for and kept, since a language server checks
    /// by it at every keystroke.
    pub fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| Schema::new(cloud_schema(self)))
    }

    /// While [`Self::schema`] is not made: a smaller one, which takes `text` when that one does, where there is one.
    pub fn schema_for(&self, text: &str) -> Option<Schema> {
        let is_made = self.schema.get().is_some();
        if is_made { None } else { cloud_schema_for(self, text).map(Schema::new) }
    }

    /// Puts an entry in, over one of the same name; `file` is where it was read.
    pub fn insert(&mut self, entry: Component, file: String) {
        self.schema = OnceLock::new();
        self.components.insert(entry.name.clone(), Entry::Own(entry.into(), file));
    }

    /// The file of an entry, as diagnostics show it; nothing without the entry.
    pub fn file(&self, name: &str) -> String {
        self.components.get(name).map(Entry::file).unwrap_or_default()
    }

    /// Whether an entry is a user's own, and so what the user writes.
    pub fn is_own(&self, name: &str) -> bool {
        matches!(self.components.get(name), Some(Entry::Own(..)))
    }

    /// In their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.components.keys().map(String::as_str)
    }

    /// In the order of their names.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.components.values().map(Entry::component)
    }

    pub fn component(&self, name: &str) -> Option<&Component> {
        self.components.get(name).map(Entry::component)
    }

    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }

    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }
}

/// What names this catalog: the start of a hash of all that is read of it.
pub fn fingerprint() -> &'static str {
    static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
        let mut hasher = Sha256::new();
        let entries = files("components/", "/component.yaml");
        for file in entries.chain(files("profiles/", ".yaml")).chain(files("versions/", ".yaml")) {
            // Lengths, so that no text continues into another.
            hasher.update(format!("{} {}\n", file.name(), file.json().len()));
            hasher.update(file.json());
        }
        let mut start = format!("{:x}", hasher.finalize());
        start.truncate(12);
        start
    });
    &FINGERPRINT
}
