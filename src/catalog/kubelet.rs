//! The fields of KubeletConfiguration: `stdlib/versions/kubelet.yaml`.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use crate::spec::scalar::Minor;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KubeletForm {
    Boolean,
    Integer,
    Number,
    Text,
    /// As Go writes it, `1m30s`.
    Duration,
    List,
    Map,
}

impl KubeletForm {
    pub fn fits(self, value: &Value) -> bool {
        match self {
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Text => value.is_string(),
            Self::Duration => value.as_str().is_some_and(is_duration),
            Self::List => value.is_array(),
            Self::Map => value.is_object(),
        }
    }

    /// For people.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Boolean => "`true` or `false`",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Duration => "a duration such as `30s`",
            Self::List => "a list",
            Self::Map => "a mapping",
        }
    }
}

/// As Go reads it, to the nanosecond: `1h30m`, `1.5s`, `100ms`.
fn is_duration(text: &str) -> bool {
    let mut numbers = text.split(|c: char| c.is_ascii_alphabetic() || c == 'µ').filter(|part| !part.is_empty());
    let mut units = text.split(|c: char| c.is_ascii_digit() || c == '.').filter(|part| !part.is_empty());
    text == "0"
        || text.starts_with(|c: char| c.is_ascii_digit())
            && text.ends_with(['h', 'm', 's'])
            && numbers.all(|number| number.parse::<f64>().is_ok())
            && units.all(|unit| matches!(unit, "h" | "m" | "s" | "ms" | "us" | "µs" | "ns"))
}

fn fields() -> &'static IndexMap<KubeletForm, IndexMap<String, Minor>> {
    static FIELDS: LazyLock<IndexMap<KubeletForm, IndexMap<String, Minor>>> =
        LazyLock::new(|| super::packed::table("kubelet"));
    &FIELDS
}

/// What a field holds, and the Kubernetes that had it first.
pub fn kubelet_field(name: &str) -> Option<(KubeletForm, Minor)> {
    fields().iter().find_map(|(form, fields)| Some((*form, *fields.get(name)?)))
}

/// The names of all fields.
pub fn kubelet_fields() -> impl Iterator<Item = &'static str> {
    fields().values().flat_map(IndexMap::keys).map(String::as_str)
}
