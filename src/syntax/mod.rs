//! Text -> [`Document`]: a YAML tree in which every key and value knows its bytes. Parsing never fails: what is wrong becomes
//! a diagnostic, and what can still be read is read.

mod budget;
mod core_schema;
mod entries;
mod parse;
mod path;

pub use core_schema::plain;
pub use entries::Entries;
pub use parse::{parse, parse_all};
pub use path::{Path, Step};

use serde_json::{Map, Number, Value};

use crate::source::{FileId, Span};

/// A parsed file.
#[derive(Debug, Clone)]
pub struct Document {
    pub file: FileId,
    pub root: Node,
    /// In order of appearance.
    pub comments: Vec<Comment>,
}

/// A comment; `text` is what follows `#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub span: Span,
    pub text: String,
}

/// A value with its place. Aliases are already replaced by what they stand for and keep the place of the anchor.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub span: Span,
    pub kind: NodeKind,
}

/// What a value is, by the YAML 1.2 core schema.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Node>),
    Map(Entries),
}

/// One key of a mapping with its value. Keys are strings.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&Entries> {
        match &self.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().and_then(|entries| entries.find(key))
    }

    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Whether another value says the same elsewhere.
    fn is_same(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }

    /// The value without its places.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(flag) => Value::Bool(*flag),
            NodeKind::Number(number) => Value::Number(number.clone()),
            NodeKind::String(text) => Value::String(text.clone()),
            NodeKind::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            NodeKind::Map(entries) => {
                Value::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect::<Map<_, _>>())
            }
        }
    }
}

impl Document {
    /// The entry or list item at a path, as far as the path leads: the deepest node that exists.
    fn walk(&self, path: &Path) -> (Option<&Entry>, &Node) {
        let mut entry = None;
        let mut node = &self.root;
        for step in path.steps() {
            match (step, &node.kind) {
                (Step::Key(key), NodeKind::Map(entries)) => match entries.find(key) {
                    Some(found) => {
                        entry = Some(found);
                        node = &found.value;
                    }
                    None => break,
                },
                (Step::Index(index), NodeKind::List(items)) => match items.get(*index) {
                    Some(found) => {
                        entry = None;
                        node = found;
                    }
                    None => break,
                },
                _ => break,
            }
        }
        (entry, node)
    }

    /// The value at a path, or the nearest thing above it that exists.
    pub fn value_span(&self, path: &Path) -> Span {
        let (entry, node) = self.walk(path);
        match (entry, &node.kind) {
            // A whole block says little as a place; its key says it all.
            (Some(entry), NodeKind::Map(entries)) if !entries.is_empty() => entry.key_span,
            (Some(entry), NodeKind::Null) if node.span.start == node.span.end => entry.key_span,
            _ => node.span,
        }
    }

    /// The key at a path, or the nearest thing above it that exists.
    pub fn key_span(&self, path: &Path) -> Span {
        let (entry, node) = self.walk(path);
        entry.map_or(node.span, |entry| entry.key_span)
    }

    pub fn get(&self, path: &Path) -> Option<&Node> {
        path.steps().iter().try_fold(&self.root, |node, step| match (step, &node.kind) {
            (Step::Key(key), _) => node.get(key),
            (Step::Index(index), NodeKind::List(items)) => items.get(*index),
            _ => None,
        })
    }

    /// The value at a path of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(&self.root, |node, key| node.get(key))
    }

    pub fn contains(&self, path: &Path) -> bool {
        self.get(path).is_some()
    }
}
