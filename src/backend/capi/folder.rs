//! Objects -> the files of one folder and the `kustomization.yaml` that lists them in the order they were added.
//!
//! Flux takes every YAML file of a folder without that list, so a file beside it would be applied too.

use serde_json::Value;

use crate::backend::flux_objects::kustomize_file;
use crate::backend::objects::{Applied, Objects};

/// A folder that a Flux Kustomization applies.
pub(super) struct Folder<'a> {
    out: &'a mut Objects,
    path: String,
    files: Vec<String>,
    applied: Applied,
}

impl<'a> Folder<'a> {
    pub(super) fn new(out: &'a mut Objects, path: String) -> Self {
        Self { out, path, files: Vec::new(), applied: Applied::default() }
    }

    /// Says what Flux does with the folder.
    #[must_use]
    pub(super) fn applied(mut self, applied: Applied) -> Self {
        self.applied = applied;
        self
    }

    /// Adds a file with one or more objects; `name` is without the suffix, `origin` the path in `cloud.yaml`.
    pub(super) fn add(&mut self, name: &str, origin: &str, objects: impl Into<Vec<Value>>) {
        let file = format!("{name}.yaml");
        self.out.add_applied(&format!("{}/{file}", self.path), &[origin], objects, self.applied);
        self.files.push(file);
    }

    /// Writes the list.
    pub(super) fn finish(self, origin: &str) {
        self.out.add(&format!("{}/kustomization.yaml", self.path), &[origin], [kustomize_file(&self.files)]);
    }
}
