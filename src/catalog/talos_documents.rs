//! What is known of Talos's configuration documents: `stdlib/versions/talos-documents.yaml` and `talos-fields.yaml`.
//!
//! Compiling needs only the first, which says what came when. The second is read where a user writes Talos's own documents,
//! to find the key that Talos would refuse.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::spec::FileOp;
use crate::spec::scalar::Minor;

/// The kind of the document that has none.
pub const MAIN: &str = "v1alpha1";

/// The one part of containerd's settings that Talos up to 1.13 reads.
pub const CRI_FILE: &str = "/etc/cri/conf.d/20-customization.part";

/// What came when.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct History {
    kinds: BTreeMap<Minor, Vec<String>>,
    fields: IndexMap<String, Minor>,
    control_plane_kinds: Vec<String>,
    secret_kinds: Vec<String>,
    managed_etc: Vec<String>,
    kubelet_fields: Vec<String>,
    api_server_arguments: IndexMap<String, String>,
    denied_arguments: IndexMap<String, Vec<String>>,
}

fn history() -> &'static History {
    static HISTORY: LazyLock<History> = LazyLock::new(|| super::packed::table("talos-documents"));
    &HISTORY
}

/// The minor that brought a kind of document; `None` for a kind that does not exist.
pub fn kind_since(kind: &str) -> Option<Minor> {
    let mut kinds = history().kinds.iter();
    kinds.find(|(_, kinds)| kinds.iter().any(|known| known == kind)).map(|(since, _)| *since)
}

/// Every kind, old ones first.
pub fn kinds() -> impl Iterator<Item = &'static str> + Clone {
    history().kinds.values().flatten().map(String::as_str)
}

/// The minor that brought a field which came later than the section it stands in.
///
/// # Panics
/// When the table does not have the field.
pub fn field_since(path: &str) -> Minor {
    *history().fields.get(path).expect("the table has every field that is asked for")
}

/// Whether Talos takes a kind on control-plane machines only.
pub fn is_control_plane_kind(kind: &str) -> bool {
    history().control_plane_kinds.iter().any(|known| known == kind)
}

/// Whether a document of this kind exists only beside the secrets.
pub fn is_secret_kind(kind: &str) -> bool {
    history().secret_kinds.iter().any(|known| known == kind)
}

/// Whether Talos keeps a path below `/etc` for itself.
fn is_managed_etc(below: &str) -> bool {
    let first = below.split('/').next().unwrap_or(below);
    history().managed_etc.iter().any(|managed| managed == first)
}

/// Where a file of the host goes since 1.14.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileHome<'a> {
    /// `EtcFileConfig`, by its path below `/etc`.
    Etc(&'a str),
    /// `CRICustomizationConfig`, by its name.
    Cri(&'a str),
    /// `machine.files`, where all files were before.
    Main,
}

/// Where a file goes, by what it is to do to the one that is there.
pub fn file_home(path: &str, op: FileOp) -> FileHome<'_> {
    // A document says what the whole file is.
    if op == FileOp::Append {
        return FileHome::Main;
    }
    if let Some(name) = cri_part(path) {
        return FileHome::Cri(name);
    }
    match path.strip_prefix("/etc/") {
        Some(below) if !is_managed_etc(below) => FileHome::Etc(below),
        _ => FileHome::Main,
    }
}

/// The name of a part of containerd's settings, by its path. It has its number: `customization` alone is what Talos calls
/// the one from `machine.files`.
pub fn cri_part(path: &str) -> Option<&str> {
    path.strip_prefix("/etc/cri/conf.d/")?.strip_suffix(".part")
}

/// Whether Talos alone sets this field of KubeletConfiguration.
pub fn is_kubelet_field(field: &str) -> bool {
    history().kubelet_fields.iter().any(|reserved| reserved == field)
}

/// The kind of document that says what a flag of kube-apiserver would say.
pub fn api_server_argument(flag: &str) -> Option<&'static str> {
    let mut arguments = history().api_server_arguments.iter();
    arguments.find(|(begin, _)| flag.starts_with(begin.as_str())).map(|(_, kind)| kind.as_str())
}

/// Whether Talos sets a flag of a program (`apiServer`, `controllerManager`, `scheduler`, `kubelet`) and lets nobody change it.
pub fn is_denied_argument(program: &str, flag: &str) -> bool {
    history().denied_arguments.get(program).is_some_and(|denied| denied.iter().any(|known| known == flag))
}

/// What a place in a document holds.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Shape {
    /// `scalar`, or `any`.
    Leaf(Leaf),
    /// Items of one shape.
    List([Box<Shape>; 1]),
    /// Fields by name; `*` is any name.
    Fields(BTreeMap<String, Shape>),
}

/// Something without fields that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaf {
    /// A text, number or flag.
    Scalar,
    /// Whatever it is, Talos does not look into it.
    Any,
}

/// The fields of a kind, or of [`MAIN`].
pub fn shape(kind: &str) -> Option<&'static Shape> {
    static SHAPES: LazyLock<BTreeMap<String, Shape>> = LazyLock::new(|| super::packed::table("talos-fields"));
    SHAPES.get(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::talos;

    #[test]
    fn every_kind_has_a_release_and_fields() {
        let minors: Vec<Minor> = talos().minors().map(|(minor, _)| minor).collect();
        assert!(history().kinds.keys().all(|since| minors.contains(since)));
        let kinds: Vec<&str> = kinds().collect();
        assert_eq!(kinds.len(), 89, "as many as Talos 1.14.1 registers");
        for kind in kinds.into_iter().chain([MAIN]) {
            assert!(matches!(shape(kind), Some(Shape::Fields(_))), "{kind}");
        }
        assert_eq!(kind_since("RawVolumeConfig"), Some("v1.11".parse().unwrap()));
        assert_eq!(kind_since("RawVolume"), None);
    }
}
