//! Manifests of the user's own.

use std::fmt;

/// A file that is handed on byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraManifest {
    pub text: String,
    /// In their order.
    pub objects: Vec<ObjectId>,
    /// Path in `cloud.yaml`.
    pub origin: String,
}

/// What makes an object of a cluster the same one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    group: String,
    kind: String,
    namespace: String,
    name: String,
}

impl ObjectId {
    /// Without a namespace an object is in `default`, if its kind is in any; so both are one.
    pub fn new(group: &str, kind: &str, namespace: &str, name: &str) -> Self {
        let namespace = if namespace == "default" { "" } else { namespace };
        let [group, kind, namespace, name] = [group, kind, namespace, name].map(str::to_owned);
        Self { group, kind, namespace, name }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name, .. } = self;
        match namespace.as_str() {
            "" => write!(f, "{kind} `{name}`"),
            namespace => write!(f, "{kind} `{name}` in `{namespace}`"),
        }
    }
}
