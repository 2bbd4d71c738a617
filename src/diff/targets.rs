//! A changed object -> whom the change reaches: the node whose configuration it is, the release whose chart it names, the machines
//! that are made from a template.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Files;
use crate::backend::objects::hash;
use crate::emitted::{Contents, Object, Place, read};
use crate::model::Model;

/// Something that a change reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// `Node`, or the kind of an object.
    pub kind: String,
    pub namespace: Option<String>,
    pub name: String,
}

impl Target {
    pub fn node(name: &str) -> Self {
        Self { kind: "Node".to_owned(), namespace: None, name: name.to_owned() }
    }

    pub fn file(path: &str) -> Self {
        Self { kind: "File".to_owned(), namespace: None, name: path.to_owned() }
    }

    fn object(object: &Object) -> Self {
        let name = object.name.clone().unwrap_or_default();
        Self { kind: object.kind.clone(), namespace: object.namespace.clone(), name }
    }
}

/// What refers to what, in both states: what is gone had its users too.
pub struct References<'a> {
    old: &'a Files,
    new: &'a Files,
    /// Path of an image's folder -> the nodes that run it.
    images: BTreeMap<String, BTreeSet<String>>,
    /// Read when first asked for: most changes do not.
    named: OnceCell<Named>,
}

#[derive(Debug, Default)]
struct Named {
    /// Kind and name of a source -> the releases and Kustomizations that take from it.
    sources: BTreeMap<(String, String), BTreeSet<Target>>,
    /// Node groups with the number of their machines, where it is fixed.
    groups: BTreeMap<Target, Option<u64>>,
}

impl Named {
    fn of(old: &Files, new: &Files) -> Self {
        let mut named = Self::default();
        let other = old.iter().filter(|(path, text)| new.get(*path) != Some(*text));
        for (path, text) in new.iter().chain(other) {
            let Contents::Documents(documents) = read(path, text) else { continue };
            for document in &documents {
                named.add(&document.object, &document.value);
            }
        }
        named
    }

    fn add(&mut self, object: &Object, value: &Value) {
        let spec = &value["spec"];
        match object.kind.as_str() {
            "HelmRelease" | "Kustomization" => {
                let places = [&spec["chartRef"], &spec["chart"]["spec"]["sourceRef"], &spec["sourceRef"]];
                for reference in places {
                    let text = |key: &str| reference[key].as_str().map(str::to_owned);
                    if let (Some(kind), Some(name)) = (text("kind"), text("name")) {
                        self.sources.entry((kind, name)).or_default().insert(Target::object(object));
                    }
                }
            }
            "MachineDeployment" => {
                self.groups.insert(Target::object(object), spec["replicas"].as_u64());
            }
            _ => {}
        }
    }
}

impl<'a> References<'a> {
    /// `models` are what is known of the states.
    pub fn new(old: &'a Files, new: &'a Files, models: impl IntoIterator<Item = &'a Model>) -> Self {
        let mut images: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for image in models.into_iter().flat_map(|model| &model.images) {
            images.entry(format!("talos/images/{}", image.name)).or_default().extend(image.nodes.iter().cloned());
        }
        Self { old, new, images, named: OnceCell::new() }
    }

    fn named(&self) -> &Named {
        self.named.get_or_init(|| Named::of(self.old, self.new))
    }

    /// Whom a change of this place reaches; never empty.
    pub fn targets(&self, place: &Place) -> Vec<Target> {
        let object = &place.object;
        if let Some(node) = node_of(&place.file) {
            return vec![Target::node(node)];
        }
        if object.kind == "Text" {
            return vec![Target::file(&place.file)];
        }
        let own = Target::object(object);
        let folder = place.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let found: Vec<Target> = match object.kind.as_str() {
            "Profile" | "Schematic" => self.images.get(folder).into_iter().flatten().map(|n| Target::node(n)).collect(),
            "OCIRepository" | "HelmRepository" | "GitRepository" => {
                self.named().sources.get(&(own.kind.clone(), own.name.clone())).into_iter().flatten().cloned().collect()
            }
            kind if hash::is_template(kind) => {
                let group = Target { kind: "MachineDeployment".to_owned(), ..own.clone() };
                self.named().groups.contains_key(&group).then_some(group).into_iter().collect()
            }
            _ => Vec::new(),
        };
        if found.is_empty() { vec![own] } else { found }
    }

    /// How many machines a node group has, where that is fixed.
    pub fn machines(&self, group: &Target) -> Option<u64> {
        self.named().groups.get(group).copied().flatten()
    }
}

/// The node whose configuration a file is.
pub fn node_of(file: &str) -> Option<&str> {
    file.strip_prefix("talos/machines/")?.strip_suffix(".yaml")
}
