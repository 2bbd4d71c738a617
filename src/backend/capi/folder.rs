//! Objects -> the files of one folder and the `kustomization.yaml` that lists them in the order they were added.
//!
//! Flux takes every YAML file of a folder without that list, so a file beside it would be applied too.

use serde_json::Value;

use crate::backend::flux_objects::kustomize_file;
use crate::backend::yaml;
use crate::tree::FileTree;

/// A folder that a Flux Kustomization applies.
pub(super) struct Folder<'a> {
    tree: &'a mut FileTree,
    path: String,
    files: Vec<String>,
}

impl<'a> Folder<'a> {
    pub(super) fn new(tree: &'a mut FileTree, path: String) -> Self {
        Self { tree, path, files: Vec::new() }
    }

    /// Adds a file with one or more objects; `name` is without the suffix, `origin` the path in `cloud.yaml`.
    pub(super) fn add(&mut self, name: &str, origin: &str, objects: &[Value]) {
        let file = format!("{name}.yaml");
        write_file(self.tree, &format!("{}/{file}", self.path), origin, objects);
        self.files.push(file);
    }

    /// Writes the list.
    pub(super) fn finish(self, origin: &str) {
        write_file(self.tree, &format!("{}/kustomization.yaml", self.path), origin, &[kustomize_file(&self.files)]);
    }
}

/// Writes a file with the line that says which part of `cloud.yaml` it comes from.
pub(super) fn write_file(tree: &mut FileTree, path: &str, origin: &str, objects: &[Value]) {
    tree.add(path, yaml::write_documents(&[format!("cloud.yaml: {origin}")], objects), &[origin]);
}
