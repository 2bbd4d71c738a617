//! What `cloudc` knows about products: `stdlib/`, compiled into the binary.
//!
//! Entries are data. This module reads them and evaluates their expressions; nothing here knows a product by name.

mod boot;
mod chart_keys;
mod cluster_api;
mod entry;
mod kubelet;
mod machine_facts;
mod talos;
pub mod talos_documents;
mod template;

pub use boot::{BootImages, boot_images};
pub use chart_keys::{ChartKeys, UnknownKey};
pub use cluster_api::*;
pub use entry::*;
pub use kubelet::{KubeletForm, kubelet_field, kubelet_fields};
pub use machine_facts::{BoardAdvisory, board_advisory, extensions_of_module, modules_of_extension};
pub use talos::{Layout, Talos, TalosOverlay, Tier, extension_image, talos};
pub use template::{Condition, Names, Templates, nth_address};

use std::sync::{LazyLock, OnceLock};
use std::thread;

use include_dir::{Dir, include_dir};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use chart_keys::AllKeys;

use crate::schema::{Schema, cloud_schema};
use crate::source::Sources;
use crate::syntax;

static STDLIB: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

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

/// Everything that `stdlib/` says.
#[derive(Debug)]
pub struct Catalog {
    components: IndexMap<String, Component>,
    /// Entries that are not compiled in: name -> file.
    own: IndexMap<String, String>,
    profiles: IndexMap<String, Profile>,
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
    /// When an entry does not have the format; a test reads every entry, so a release cannot.
    pub fn builtin() -> Self {
        let mut components: IndexMap<String, Component> =
            entries().into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        components.sort_keys();
        let mut profiles = IndexMap::new();
        for (path, text) in files("profiles/*.yaml") {
            let profile: Profile = read(&path, text);
            profiles.insert(profile.name.clone(), profile);
        }
        profiles.sort_keys();
        Self {
            components,
            own: IndexMap::new(),
            profiles,
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

    /// Puts an entry in, over one of the same name; `file` is where it was read.
    pub fn insert(&mut self, entry: Component, file: String) {
        self.schema = OnceLock::new();
        self.own.insert(entry.name.clone(), file);
        self.components.insert(entry.name.clone(), entry);
        self.components.sort_keys();
    }

    /// The file of an entry, as diagnostics show it.
    pub fn file(&self, name: &str) -> String {
        self.own.get(name).cloned().unwrap_or_else(|| format!("<stdlib>/components/{name}/component.yaml"))
    }

    /// Whether an entry is a user's own, and so what the user writes.
    pub fn is_own(&self, name: &str) -> bool {
        self.own.contains_key(name)
    }

    /// In the order of their names.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.components.values()
    }

    pub fn component(&self, name: &str) -> Option<&Component> {
        self.components.get(name)
    }

    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }

    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }
}

/// The entries that are compiled in, half of them read on another thread: to read them is a third of what a command takes.
fn entries() -> Vec<Component> {
    let files = files("components/*/component.yaml");
    let (one, other) = files.split_at(files.len() / 2);
    let read_all = |half: &[(String, &'static str)]| -> Vec<Component> {
        half.iter().map(|(path, text)| read(path, text)).collect()
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| read_all(other));
        let mut entries = read_all(one);
        entries.extend(other.join().expect("a test reads every entry"));
        entries
    })
}

/// What names this catalog: the start of a hash of all that is read of it.
pub fn fingerprint() -> &'static str {
    static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
        let mut hasher = Sha256::new();
        for glob in ["components/*/component.yaml", "profiles/*.yaml", "versions/*.yaml"] {
            for (path, text) in files(glob) {
                // Lengths, so that no text continues into another.
                hasher.update(format!("{path} {}\n", text.len()));
                hasher.update(text);
            }
        }
        let mut start = format!("{:x}", hasher.finalize());
        start.truncate(12);
        start
    });
    &FINGERPRINT
}

/// Path as diagnostics show it, and text.
pub(crate) fn files(glob: &str) -> Vec<(String, &'static str)> {
    let mut found: Vec<(String, &'static str)> = STDLIB
        .find(glob)
        .expect("a fixed glob is valid")
        .filter_map(|entry| entry.as_file())
        .filter_map(|file| Some((format!("<stdlib>/{}", file.path().to_str()?), file.contents_utf8()?)))
        .collect();
    found.sort();
    found
}

/// A file of ours as a type; one that does not fit stops everything, with its place.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(path: &str, text: &'static str) -> T {
    let mut sources = Sources::default();
    let file = sources.add(path, text);
    let (document, diags) = syntax::parse(file, text);
    if let Some(first) = diags.sorted().first() {
        let at = sources.get(file).line_column(first.span.start);
        panic!("{path}:{}:{}: {}", at.line, at.column, first.message);
    }
    serde_json::from_value(document.root.to_json()).unwrap_or_else(|error| panic!("{path}: {error}"))
}
