//! JSON patch (RFC 6902): one operation on one value.

use serde_json::Value;

use crate::schema::known_instead;
use crate::spec::{JsonPatchOperation, JsonPatchVerb};

/// Why an operation does not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// A phrase that begins with the place.
    pub why: String,
    pub help: Option<String>,
}

impl Failure {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), help: None }
    }
}

/// Applies an operation. Where it fails, nothing has changed.
pub(super) fn apply(target: &mut Value, operation: &JsonPatchOperation) -> Result<(), Failure> {
    let value = || operation.value.clone().unwrap_or_default();
    let from = operation.from.as_deref().unwrap_or_default();
    let path = operation.path.as_str();
    match operation.op {
        JsonPatchVerb::Add => add(target, path, value()),
        JsonPatchVerb::Remove => remove(target, path).map(drop),
        JsonPatchVerb::Replace => get(target, path).map(|old| *old = value()),
        JsonPatchVerb::Copy => {
            let value = get(target, from)?.clone();
            add(target, path, value)
        }
        JsonPatchVerb::Move if path.starts_with(&format!("{from}/")) => {
            Err(Failure::new(format!("`{path}` is inside of what would be moved")))
        }
        JsonPatchVerb::Move => {
            let mut moved = target.clone();
            let value = remove(&mut moved, from)?;
            add(&mut moved, path, value)?;
            *target = moved;
            Ok(())
        }
        JsonPatchVerb::Test => match get(target, path)? {
            found if *found == value() => Ok(()),
            found => Err(Failure::new(format!("`{path}` is {found}"))),
        },
    }
}

/// The keys of a pointer.
fn keys(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}

/// The value at a pointer.
fn get<'a>(target: &'a mut Value, pointer: &str) -> Result<&'a mut Value, Failure> {
    walk(target, &keys(pointer))
}

fn walk<'a>(target: &'a mut Value, keys: &[String]) -> Result<&'a mut Value, Failure> {
    let mut value = target;
    for (depth, key) in keys.iter().enumerate() {
        let failure = no_such(value, &keys[..=depth]);
        let next = match value {
            Value::Object(fields) => fields.get_mut(key),
            Value::Array(items) => index(key).and_then(|index| items.get_mut(index)),
            _ => None,
        };
        value = next.ok_or(failure)?;
    }
    Ok(value)
}

fn add(target: &mut Value, pointer: &str, value: Value) -> Result<(), Failure> {
    let keys = keys(pointer);
    let Some((last, above)) = keys.split_last() else {
        *target = value;
        return Ok(());
    };
    let parent = walk(target, above)?;
    let failure = no_such(parent, &keys);
    match parent {
        Value::Object(fields) => {
            fields.insert(last.clone(), value);
        }
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => match index(last).filter(|index| *index <= items.len()) {
            Some(index) => items.insert(index, value),
            None => return Err(failure),
        },
        _ => return Err(failure),
    }
    Ok(())
}

fn remove(target: &mut Value, pointer: &str) -> Result<Value, Failure> {
    let keys = keys(pointer);
    let Some((last, above)) = keys.split_last() else { return Err(Failure::new("the whole object cannot be removed")) };
    let parent = walk(target, above)?;
    let failure = no_such(parent, &keys);
    match parent {
        Value::Object(fields) => fields.shift_remove(last).ok_or(failure),
        Value::Array(items) => match index(last).filter(|index| *index < items.len()) {
            Some(index) => Ok(items.remove(index)),
            None => Err(failure),
        },
        _ => Err(failure),
    }
}

/// A position in a list; the RFC knows no signs and no leading zeros.
fn index(key: &str) -> Option<usize> {
    let digits = key.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (key == "0" || !key.starts_with('0'))).then(|| key.parse().ok()).flatten()
}

/// What is said when the last of these keys is not in this value.
fn no_such(parent: &Value, keys: &[String]) -> Failure {
    let written: Vec<String> = keys.iter().map(|key| key.replace('~', "~0").replace('/', "~1")).collect();
    let pointer = format!("/{}", written.join("/"));
    match parent {
        Value::Object(fields) => {
            let key = keys.last().map(String::as_str).unwrap_or_default();
            let help = known_instead(key, fields.keys().map(String::as_str));
            Failure { why: format!("there is no `{pointer}`"), help }
        }
        Value::Array(items) => Failure::new(format!("there is no `{pointer}`: the list has {} items", items.len())),
        _ => Failure::new(format!("there is no `{pointer}`: what is above it is a single value")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(target: &Value, operations: &Value) -> Option<Value> {
        let operations: Vec<JsonPatchOperation> = serde_json::from_value(operations.clone()).unwrap();
        let mut target = target.clone();
        operations.iter().try_for_each(|operation| apply(&mut target, operation)).ok().map(|()| target)
    }

    /// Appendix A of RFC 6902.
    #[test]
    fn the_examples_of_the_rfc() {
        for (target, operations, result) in [
            (
                json!({"foo": "bar"}),
                json!([{"op": "add", "path": "/baz", "value": "qux"}]),
                json!({"foo": "bar", "baz": "qux"}),
            ),
            (
                json!({"foo": ["bar", "baz"]}),
                json!([{"op": "add", "path": "/foo/1", "value": "qux"}]),
                json!({"foo": ["bar", "qux", "baz"]}),
            ),
            (json!({"baz": "qux", "foo": "bar"}), json!([{"op": "remove", "path": "/baz"}]), json!({"foo": "bar"})),
            (
                json!({"foo": ["bar", "qux", "baz"]}),
                json!([{"op": "remove", "path": "/foo/1"}]),
                json!({"foo": ["bar", "baz"]}),
            ),
            (
                json!({"baz": "qux", "foo": "bar"}),
                json!([{"op": "replace", "path": "/baz", "value": "boo"}]),
                json!({"baz": "boo", "foo": "bar"}),
            ),
            (
                json!({"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}}),
                json!([{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}]),
                json!({"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}),
            ),
            (
                json!({"foo": ["all", "grass", "cows", "eat"]}),
                json!([{"op": "move", "from": "/foo/1", "path": "/foo/3"}]),
                json!({"foo": ["all", "cows", "eat", "grass"]}),
            ),
            (
                json!({"baz": "qux", "foo": ["a", 2, "c"]}),
                json!([{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}]),
                json!({"baz": "qux", "foo": ["a", 2, "c"]}),
            ),
            (
                json!({"foo": "bar"}),
                json!([{"op": "add", "path": "/child", "value": {"grandchild": {}}}]),
                json!({"foo": "bar", "child": {"grandchild": {}}}),
            ),
            (
                json!({"/": 9, "~1": 10}),
                json!([{"op": "test", "path": "/~01", "value": 10}]),
                json!({"/": 9, "~1": 10}),
            ),
            (
                json!({"foo": ["bar"]}),
                json!([{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}]),
                json!({"foo": ["bar", ["abc", "def"]]}),
            ),
            (json!({"foo": 1}), json!([{"op": "copy", "from": "/foo", "path": "/bar"}]), json!({"foo": 1, "bar": 1})),
            (json!({"foo": 1}), json!([{"op": "replace", "path": "/foo", "value": null}]), json!({"foo": null})),
        ] {
            assert_eq!(applied(&target, &operations), Some(result), "{target} {operations}");
        }
        for (target, operations) in [
            (json!({"baz": "qux"}), json!([{"op": "test", "path": "/baz", "value": "bar"}])),
            (json!({"foo": "bar"}), json!([{"op": "add", "path": "/baz/bat", "value": "qux"}])),
            (json!({"/": 9, "~1": 10}), json!([{"op": "test", "path": "/~01", "value": "10"}])),
            (json!({"foo": ["bar"]}), json!([{"op": "add", "path": "/foo/2", "value": 1}])),
            (json!({"foo": ["bar"]}), json!([{"op": "remove", "path": "/foo/-"}])),
            (json!({"foo": ["bar"]}), json!([{"op": "replace", "path": "/foo/00", "value": 1}])),
            (json!({"foo": {"bar": 1}}), json!([{"op": "move", "from": "/foo", "path": "/foo/bar"}])),
            (json!({"foo": "bar"}), json!([{"op": "remove", "path": "/baz"}])),
        ] {
            assert_eq!(applied(&target, &operations), None, "{target} {operations}");
        }
    }
}
