//! A file of the emitted directory -> what it says: documents with an identity, and places in them.
//!
//! Reviewers, Talos, Flux and Cluster API do not see files and lines, they see objects. What is said of a change (its effect, its
//! cause) is said of places in objects, so that moving text about says nothing.

mod compare;
mod document;

pub use compare::{Difference, Operation, Side, by_part, compare, differences};
pub use document::{Contents, Emitted, is_yaml, read};

use std::fmt;

use serde_json::Value;

/// What a document describes, whatever file it stands in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// API group without the version; empty for the core group and for what has none.
    pub group: String,
    /// Kind of the document. What has no `kind` of its own is called after its format: `v1alpha1` (Talos's main document),
    /// `Profile` and `Schematic` (images), `HelmValues`, `MatchboxGroup`, `MatchboxProfile`, `Compose`, `Text`.
    pub kind: String,
    pub namespace: Option<String>,
    /// Without the content hash that the name of an immutable template ends in.
    pub name: Option<String>,
}

impl Object {
    /// A file that is no YAML.
    pub fn text(path: &str) -> Self {
        Self::of_format(path, "Text", None)
    }

    /// What is called after its format, and after its file where it has no name.
    fn of_format(path: &str, kind: &str, name: Option<String>) -> Self {
        let name = name.or_else(|| Some(path.to_owned()));
        Self { group: String::new(), kind: kind.to_owned(), namespace: None, name }
    }
}

impl fmt::Display for Object {
    /// `HelmRelease kube-system/cilium`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        match (&self.namespace, &self.name) {
            (Some(namespace), Some(name)) => write!(f, " {namespace}/{name}"),
            (None, Some(name)) => write!(f, " {name}"),
            _ => Ok(()),
        }
    }
}

/// A value of the emitted directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Path in the directory.
    pub file: String,
    pub object: Object,
    /// Empty: the whole document.
    pub path: Vec<Step>,
}

impl Place {
    /// The path as people write it; empty for the whole document.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if key.contains(['.', '[', ' ']) => text.push_str(&format!("[{key:?}]")),
                Step::Key(key) if text.is_empty() => text.push_str(key),
                Step::Key(key) => text.push_str(&format!(".{key}")),
                Step::Item(item) => text.push_str(&format!("[{item}]")),
            }
        }
        text
    }
}

/// One step down in a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Key(String),
    Item(Item),
}

/// What tells an item from the others of its list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A key that every item has, each with another value.
    Named { key: &'static str, value: String },
    /// The item itself, in a list of texts and numbers.
    Member(String),
    /// From 0.
    At(usize),
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { key, value } => write!(f, "{key}={value}"),
            Self::Member(value) => f.write_str(value),
            Self::At(index) => write!(f, "{index}"),
        }
    }
}

/// Keys that tell the objects of a list apart, the most telling first.
const IDENTITIES: [&str; 13] = [
    "name",
    "id",
    "key",
    "interface",
    "deviceSelector",
    "mountPath",
    "path",
    "op",
    "network",
    "address",
    "subnet",
    "containerPort",
    "kind",
];

/// How the items of both lists are told apart: by one key of theirs, by themselves, or only by where they stand.
fn items(lists: [&[Value]; 2]) -> [Vec<Item>; 2] {
    let unique = |name: &dyn Fn(&Value) -> Option<String>| {
        lists.map(|list| {
            let names: Option<Vec<String>> = list.iter().map(name).collect();
            names.filter(|names| names.iter().enumerate().all(|(at, name)| !names[..at].contains(name)))
        })
    };
    if let [Some(one), Some(other)] = unique(&|item| scalar(item)) {
        return [one, other].map(|names| names.into_iter().map(Item::Member).collect());
    }
    for key in IDENTITIES {
        if let [Some(one), Some(other)] = unique(&|item| scalar(item.get(key)?)) {
            return [one, other].map(|names| names.into_iter().map(|value| Item::Named { key, value }).collect());
        }
    }
    lists.map(|list| (0..list.len()).map(Item::At).collect())
}

/// A text, number or flag as text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
