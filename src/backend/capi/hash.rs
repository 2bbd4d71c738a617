//! Content -> the short hash in the name of an object that must be replaced when the content changes.
//!
//! Machine and bootstrap templates are immutable or behave so: an edit under the same name is refused or rolls nothing. With
//! the content in the name, every change is a new object, and whatever refers to it follows. The hash is over the meaning,
//! not the text: the order of keys does not count.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Eight hex digits of the SHA-256 over the canonical JSON: keys sorted, no spaces.
pub(super) fn content_hash(content: &Value) -> String {
    let mut canonical = String::new();
    write_canonical(&mut canonical, content);
    let digest = Sha256::digest(canonical.as_bytes());
    format!("{:08x}", u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
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
    use serde_json::json;

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
