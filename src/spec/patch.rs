//! `patches`: changes to what is emitted, for what the language has no word for.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A change to emitted documents.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Patch {
    /// Machine configurations: `talos/nodes/*`, `talos/class/<class>`, `talos/node/<node>`. Kubernetes objects:
    /// `flux/<Kind>/<namespace>/<name>`, `flux/<Kind>/<name>` for an object of the whole cluster, `capi/<tenant>/<Kind>[/<name>]`;
    /// `*` stands for any text in a part. A name that ends in a hash is written without it.
    #[schemars(regex(
        pattern = r"^(talos/(nodes/\*|class/[^/]+|node/[^/]+)|flux/[^/]+/[^/]+(/[^/]+)?|capi/[^/]+/[^/]+(/[^/]+)?)$"
    ))]
    pub at: String,
    /// Why the language is not enough here.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// In a machine configuration, as Talos merges: maps merge, lists grow, `$patch: delete` removes. In a Kubernetes object, a JSON
    /// merge patch (RFC 7386): maps merge, `null` deletes, lists are replaced as a whole.
    #[serde(default)]
    pub merge: Option<Value>,
    /// Operations of a JSON patch (RFC 6902), for Kubernetes objects; each must apply to every object that is selected.
    #[serde(default)]
    pub json_patch: Option<Vec<JsonPatchOperation>>,
}

/// One operation of a JSON patch.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
pub struct JsonPatchOperation {
    pub op: JsonPatchVerb,
    /// A JSON pointer such as `/spec/values/replicas`; in a key `~1` is a slash and `~0` a tilde, and `-` is the end of a list.
    #[schemars(regex(pattern = r"^(/([^/~]|~[01])*)*$"))]
    pub path: String,
    /// Where `move` and `copy` take the value from.
    #[serde(default)]
    #[schemars(regex(pattern = r"^(/([^/~]|~[01])*)*$"))]
    pub from: Option<String>,
    /// What `add` and `replace` write and `test` expects; `null` is a value.
    #[serde(default, deserialize_with = "present")]
    pub value: Option<Value>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JsonPatchVerb {
    Add,
    Remove,
    Replace,
    Move,
    Copy,
    Test,
}

impl JsonPatchVerb {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Move => "move",
            Self::Copy => "copy",
            Self::Test => "test",
        }
    }
}

/// Tells a `null` that is given from nothing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
