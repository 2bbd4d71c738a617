//! Kubernetes objects of all back ends, file by file, before they become text.
//!
//! Objects are changed after they are made (patches, and names that follow what was patched), and some are looked up to write
//! something else like them (the values of a release that is installed by hand). Text is too late for both.

pub(crate) mod hash;
mod json_patch;
mod merge;
pub mod patch;
pub(in crate::backend) mod substitution;

use serde_json::Value;

use super::yaml;
use crate::parallel;
use crate::tree::FileTree;

/// Files of objects, in the order in which they were made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Objects {
    pub files: Vec<ObjectFile>,
}

/// One file.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectFile {
    /// In the tree.
    pub path: String,
    /// Paths in `cloud.yaml` that own the file, most specific first.
    pub origins: Vec<String>,
    /// Objects, or the one document by which kustomize knows a folder.
    pub documents: Vec<Value>,
    pub applied: Applied,
}

/// What Flux does with a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Whether it goes into a tenant cluster instead of the cloud's own.
    pub in_tenant: bool,
    /// Whether values are put in for `${key}`, so that every other `${` is written as `$${`.
    pub substituted: bool,
}

impl Objects {
    /// Adds a file of the cloud's own cluster that is applied as it stands.
    pub fn add(&mut self, path: &str, origins: &[&str], documents: impl Into<Vec<Value>>) {
        self.add_applied(path, origins, documents, Applied::default());
    }

    /// Adds a file.
    pub fn add_applied(&mut self, path: &str, origins: &[&str], documents: impl Into<Vec<Value>>, applied: Applied) {
        self.files.push(ObjectFile {
            path: path.to_owned(),
            origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
            documents: documents.into(),
            applied,
        });
    }

    /// An object of the cloud's own cluster.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Value> {
        let here = self.files.iter().filter(|file| !file.applied.in_tenant);
        here.flat_map(|file| &file.documents).find(|object| {
            let identity = Identity::of(object);
            identity.is_some_and(|i| (i.kind, i.namespace, i.name) == (kind, namespace, name))
        })
    }

    /// Writes the files.
    pub fn write(self, tree: &mut FileTree) {
        for file in parallel::map(self.files, ObjectFile::text) {
            file.write(tree);
        }
    }
}

/// A file whose objects are text.
pub(super) struct Text {
    path: String,
    content: String,
    origins: Vec<String>,
}

impl ObjectFile {
    /// With the owners in a header. No object is kept.
    pub(super) fn text(self) -> Text {
        let Self { path, origins, documents, .. } = self;
        let header = [format!("cloud.yaml: {}", origins.join(", "))];
        Text { path, content: yaml::write_documents(&header, &documents), origins }
    }
}

impl Text {
    pub(super) fn write(self, tree: &mut FileTree) {
        let origins: Vec<&str> = self.origins.iter().map(String::as_str).collect();
        tree.add(&self.path, self.content, &origins);
    }
}

/// What makes an object the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity<'a> {
    pub api_version: &'a str,
    pub kind: &'a str,
    /// Empty for an object of the whole cluster.
    pub namespace: &'a str,
    pub name: &'a str,
}

impl<'a> Identity<'a> {
    /// `None` for what is no object: kustomize's own files have no name.
    pub fn of(object: &'a Value) -> Option<Self> {
        let text = |value: &'a Value| value.as_str().filter(|text| !text.is_empty());
        Some(Self {
            api_version: text(object.get("apiVersion")?)?,
            kind: text(object.get("kind")?)?,
            namespace: object["metadata"]["namespace"].as_str().unwrap_or_default(),
            name: text(object.get("metadata")?.get("name")?)?,
        })
    }

    /// The group of its API; empty for the core.
    pub fn group(&self) -> &'a str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}
