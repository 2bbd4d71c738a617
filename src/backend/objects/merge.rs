//! JSON merge patch (RFC 7386), and what two values have different.
//!
//! A strategic merge would know which lists of which kinds merge by which key. For custom resources, and these are nearly all
//! that is patched here, the API server itself knows no such thing and merges like this.

use serde_json::{Map, Value, json};

/// Merges a patch into a value: mappings merge, `null` deletes a key, everything else replaces what is there.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (key, change) in changes {
        if change.is_null() {
            fields.shift_remove(key);
        } else {
            merge(fields.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

/// Every place that is not the same in both, each with what the second has there; lists are compared as a whole.
pub(super) fn difference(before: &Value, after: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    compare(Some(before), Some(after), &mut Vec::new(), &mut found);
    found
}

fn compare<'a>(before: Option<&'a Value>, after: Option<&'a Value>, at: &mut Vec<&'a str>, found: &mut Vec<Value>) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            // In one order, whatever the order of the keys is.
            let mut keys: Vec<&'a String> = old.keys().chain(new.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                at.push(key);
                compare(old.get(key), new.get(key), at, found);
                at.pop();
            }
        }
        (before, after) if before == after => {}
        (_, Some(value)) => found.push(json!([at, value])),
        (_, None) => found.push(json!([at])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appendix A of RFC 7386.
    #[test]
    fn the_examples_of_the_rfc() {
        for (original, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut target = original.clone();
            merge(&mut target, &patch);
            assert_eq!(target, result, "{original} {patch}");
        }
    }

    #[test]
    fn what_differs_is_said_without_the_order_of_keys() {
        let before = json!({"a": 1, "b": {"c": [1], "d": null}});
        assert!(difference(&before, &json!({"b": {"d": null, "c": [1]}, "a": 1})).is_empty());
        let after = json!({"b": {"c": [1, 2]}, "e": null, "a": 1});
        assert_eq!(
            difference(&before, &after),
            [json!([["b", "c"], [1, 2]]), json!([["b", "d"]]), json!([["e"], null])]
        );
    }
}
