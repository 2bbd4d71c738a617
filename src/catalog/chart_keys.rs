//! The keys that the values of a chart take: Helm ignores every other one without a word.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Catalog;
use super::packed::{Packed, files};
use crate::syntax::Path;

/// The keys of one chart, as `stdlib/components/<component>/values/<release>.yaml` lists them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartKeys {
    /// Where they were read.
    pub source: String,
    /// The chart version that was read.
    pub version: String,
    /// Key -> keys below it; anything may stand below a key without any.
    keys: Map<String, Value>,
}

/// A key that the chart does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKey {
    /// From the root of the values.
    pub place: Path,
    /// Keys that may stand there.
    pub known: Vec<String>,
}

impl ChartKeys {
    /// Every key of `values` that the chart does not have, outermost only.
    pub fn unknown(&self, values: &Map<String, Value>) -> Vec<UnknownKey> {
        let mut unknown = Vec::new();
        walk(&self.keys, values, &Path::root(), &mut unknown);
        unknown
    }
}

fn walk(known: &Map<String, Value>, values: &Map<String, Value>, at: &Path, unknown: &mut Vec<UnknownKey>) {
    for (key, value) in values {
        match (known.get(key), value) {
            (None, _) => unknown.push(UnknownKey { place: at.key(key), known: known.keys().cloned().collect() }),
            (Some(Value::Object(below)), Value::Object(values)) if !below.is_empty() => {
                walk(below, values, &at.key(key), unknown);
            }
            _ => {}
        }
    }
}

/// The lists of all charts. Each is read when values are first given to its chart, and kept: lists are long, most clouds need few of them,
/// and many tenants may need the same.
#[derive(Debug)]
pub(super) struct AllKeys {
    /// By path.
    files: BTreeMap<&'static str, (Packed, OnceLock<ChartKeys>)>,
}

impl AllKeys {
    pub fn new() -> Self {
        let files = files("components/", ".yaml").filter(|file| file.path().contains("/values/"));
        Self { files: files.map(|file| (file.path(), (file, OnceLock::new()))).collect() }
    }
}

impl Catalog {
    /// The keys of a release's chart; none where they are not known.
    pub fn chart_keys(&self, component: &str, release: &str) -> Option<&ChartKeys> {
        // An entry of a user's own may have another chart under the same name.
        if self.is_own(component) {
            return None;
        }
        let path = format!("components/{component}/values/{release}.yaml");
        let (file, keys) = self.keys.files.get(path.as_str())?;
        Some(keys.get_or_init(|| file.read()))
    }
}
