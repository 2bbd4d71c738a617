//! Patches of Kubernetes objects, as back ends apply them.

use serde_json::Value;

use crate::spec::{Glob, JsonPatchOperation};
use crate::syntax::Path;

/// A change to the objects that it selects.
#[derive(Debug, Clone)]
pub struct ObjectPatch {
    pub selector: ObjectSelector,
    /// The selector as it is written.
    pub at: String,
    pub change: Change,
    /// The patch in `cloud.yaml`.
    pub place: Path,
}

/// Which objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSelector {
    /// `None`: what is below `flux/`, and the same in `bootstrap/`. Otherwise tenants: what is below `tenants/<tenant>/`.
    pub tenant: Option<Glob>,
    pub kind: Glob,
    /// `None`: wherever it is.
    pub namespace: Option<Glob>,
    pub name: Glob,
}

/// What is changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// JSON merge patch (RFC 7386): mappings merge, `null` deletes, everything else replaces, lists as a whole.
    Merge(Value),
    /// JSON patch (RFC 6902).
    Operations(Vec<JsonPatchOperation>),
}
