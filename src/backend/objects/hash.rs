//! Content -> the short hash in the name of an object that must be replaced when the content changes.
//!
//! Machine and bootstrap templates are immutable or behave so: an edit under the same name is refused or rolls nothing. With
//! the content in the name, every change is a new object, and whatever refers to it follows. The hash is over the meaning,
//! not the text: the order of keys does not count.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Eight hex digits of the SHA-256 over the canonical JSON: keys sorted, no spaces.
pub(in crate::backend) fn content_hash(content: &Value) -> String {
    let mut canonical = String::new();
    write_canonical(&mut canonical, content);
    let digest = Sha256::digest(canonical.as_bytes());
    format!("{:08x}", u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}

/// Kinds from which Cluster API makes machines, and which it never changes in place: their names end in a hash.
const TEMPLATES: [&str; 3] = ["KubeadmConfigTemplate", "KubevirtMachineTemplate", "TalosConfigTemplate"];
/// How the names of ConfigMaps with a hash go on before it.
const HASHED_CONFIG: &str = "-cloud-config";

/// Whether machines are made from objects of a kind, anew whenever the name is another.
pub(crate) fn is_template(kind: &str) -> bool {
    TEMPLATES.contains(&kind)
}

/// The name without the hash that it ends in; `None` where it has none.
pub(crate) fn stem<'a>(kind: &str, name: &'a str) -> Option<&'a str> {
    let (stem, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hash && (is_template(kind) || kind == "ConfigMap" && stem.ends_with(HASHED_CONFIG))).then_some(stem)
}

/// The name of what has another content since its name was made. The hash is over the old one and what is different, so that
/// content which is only written in another way keeps its name here, too.
pub(super) fn renamed(stem: &str, name: &str, difference: &[Value]) -> String {
    format!("{stem}-{}", content_hash(&json!({"name": name, "difference": difference})))
}

fn write_canonical(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(out, value);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(out, item);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_keys_does_not_count_and_order_of_items_does() {
        let one = json!({"a": {"x": 1, "y": [1, 2]}, "b": "\"quoted\""});
        let same = json!({"b": "\"quoted\"", "a": {"y": [1, 2], "x": 1}});
        let other = json!({"a": {"x": 1, "y": [2, 1]}, "b": "\"quoted\""});
        assert_eq!(content_hash(&one), content_hash(&same));
        assert_ne!(content_hash(&one), content_hash(&other));
        // Pinned: another hash would replace every machine of every user.
        assert_eq!(content_hash(&one), "163faea1");
    }
}
