//! A JSON Schema in the words of the language: what may stand at a place.

use serde_json::Value;

use crate::schema;

/// The forms that a value may have: references followed, alternatives apart, without `null`.
pub(super) fn forms<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return target
            .strip_prefix('#')
            .and_then(|pointer| root.pointer(pointer))
            .map(|target| forms(root, target))
            .unwrap_or_default();
    }
    // Beside a type they are conditions, see `one_of_keys`.
    for key in ["anyOf", "oneOf"].into_iter().filter(|_| schema.get("type").is_none()) {
        if let Some(branches) = schema.get(key).and_then(Value::as_array) {
            return branches.iter().flat_map(|branch| forms(root, branch)).collect();
        }
    }
    if schema.get("type") == Some(&Value::from("null")) { Vec::new() } else { vec![schema] }
}

/// What may stand at a place, in a few words.
pub(super) fn words(root: &Value, schema: &Value) -> String {
    let mut all: Vec<String> = Vec::new();
    for form in forms(root, schema) {
        let one = of_form(root, form);
        if !all.contains(&one) {
            all.push(one);
        }
    }
    if all.is_empty() { "anything".to_owned() } else { all.join(" or ") }
}

/// One form in a few words.
pub(super) fn of_form(root: &Value, form: &Value) -> String {
    if let Some(only) = form.get("const") {
        return plain(only);
    }
    if let Some(names) = form.get("enum").and_then(Value::as_array) {
        return names.iter().map(plain).collect::<Vec<_>>().join(" | ");
    }
    match kind(form) {
        Some("string") => text(form),
        Some("integer") => number(form, "whole number"),
        Some("number") => number(form, "number"),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => {
            let items = form.get("items").map(|items| words(root, items)).unwrap_or_default();
            let count = match form.get("minItems").and_then(Value::as_u64) {
                Some(1) => ", not empty".to_owned(),
                Some(least) => format!(", {least} or more"),
                None => String::new(),
            };
            match items.as_str() {
                "" | "anything" => format!("list{count}"),
                items => format!("list of {items}{count}"),
            }
        }
        Some("object") => {
            let map = form.get("additionalProperties").is_some_and(|inner| *inner != Value::Bool(false));
            let count = match form.get("minProperties").and_then(Value::as_u64) {
                Some(least) if map && least > 0 => format!(", {least} or more"),
                _ => String::new(),
            };
            if map { format!("map by name{count}") } else { format!("mapping{}", one_of_keys(form)) }
        }
        _ => "anything".to_owned(),
    }
}

/// Keys of which a mapping has exactly one.
fn one_of_keys(form: &Value) -> String {
    let branches = form.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let keys: Vec<String> =
        branches.filter_map(|branch| branch.get("required")).map(|keys| plain(keys).replace(['[', ']'], "")).collect();
    if keys.is_empty() { String::new() } else { format!(" with either {}", keys.join(" or ")) }
}

/// The type of a form beside `null`.
fn kind(form: &Value) -> Option<&str> {
    let named = match form.get("type") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    };
    named.or_else(|| {
        (form.get("properties").is_some() || form.get("additionalProperties").is_some()).then_some("object")
    })
}

fn text(form: &Value) -> String {
    if let Some(reference) = form.get("x-ref").and_then(Value::as_str) {
        return refers(reference);
    }
    let string = |key: &str| form.get(key).and_then(Value::as_str);
    if let Some(noun) = string("format").and_then(schema::noun) {
        return noun.to_owned();
    }
    match string("pattern") {
        Some(pattern) => format!("text of the form `{pattern}`"),
        None => "text".to_owned(),
    }
}

/// What a reference (`x-ref`) names.
fn refers(reference: &str) -> String {
    match reference {
        "volume" => "name of a volume of the nodes".to_owned(),
        "load-balancer-pool" => "name of a pool of `network.loadBalancers`".to_owned(),
        "node-class" => "name of one of `nodeClasses`".to_owned(),
        "storage-class" => "name of a StorageClass".to_owned(),
        "secret" => "name of a Secret".to_owned(),
        other => match other.strip_prefix("parameter.") {
            Some(parameter) => format!("name of one of `{parameter}`"),
            None => format!("name of a {}", other.replace('-', " ")),
        },
    }
}

fn number(form: &Value, noun: &str) -> String {
    let bound = |key: &str| form.get(key).and_then(Value::as_i64);
    // What the type cannot hold anyway says nothing.
    let most = bound("maximum").filter(|most| *most < i64::from(u32::MAX));
    match (bound("minimum").filter(|least| *least != 0 || most.is_some()), most) {
        (Some(least), Some(most)) => format!("{noun} from {least} to {most}"),
        (Some(least), None) => format!("{noun} from {least}"),
        (None, Some(most)) => format!("{noun} up to {most}"),
        (None, None) => noun.to_owned(),
    }
}

/// A value as it is written in `cloud.yaml`, on one line.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}: {}", plain(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}

/// `required`, or what holds where nothing is said; `null` says nothing.
pub(super) fn open(schema: &Value, required: bool) -> Option<String> {
    if required {
        return Some("required".to_owned());
    }
    match schema.get("default")? {
        Value::Null => None,
        Value::String(text) if text.contains(' ') => Some(format!("default `{text}`")),
        default => Some(format!("default {}", plain(default))),
    }
}

/// The keys that an object must have; those that hold unless it is turned off included.
pub(super) fn requires(form: &Value, key: &str) -> bool {
    let lists = [form.get("required"), form.pointer("/then/required")];
    lists.into_iter().flatten().filter_map(Value::as_array).flatten().any(|name| name == key)
}
