//! A component's own parameters: defaults filled in, references checked.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Resolver;
use crate::diag::Diagnostic;
use crate::schema::known_instead;
use crate::syntax::Path;

/// What was given, with the defaults of the schemas in every place that was left open.
pub(super) fn with_defaults(schemas: &IndexMap<String, Value>, given: &Map<String, Value>) -> Map<String, Value> {
    let mut filled = Map::new();
    for (name, schema) in schemas {
        if let Some(value) = given.get(name).cloned().or_else(|| schema.get("default").cloned()) {
            filled.insert(name.clone(), fill(schema, value));
        }
    }
    filled
}

fn fill(schema: &Value, value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let others = schema.get("additionalProperties").filter(|schema| schema.is_object());
            let mut filled = Map::new();
            for (name, value) in map {
                let value = match properties.and_then(|p| p.get(&name)).or(others) {
                    Some(inner) => fill(inner, value),
                    None => value,
                };
                filled.insert(name, value);
            }
            for (name, inner) in properties.into_iter().flatten() {
                if let Some(default) = inner.get("default")
                    && !filled.contains_key(name)
                {
                    filled.insert(name.clone(), fill(inner, default.clone()));
                }
            }
            Value::Object(filled)
        }
        Value::Array(items) => match schema.get("items") {
            Some(inner) => items.into_iter().map(|item| fill(inner, item)).collect(),
            None => Value::Array(items),
        },
        other => other,
    }
}

/// The names that references of a cloud may use.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub volumes: BTreeSet<String>,
    pub pools: BTreeSet<String>,
    pub classes: BTreeSet<String>,
    /// Keys of the component's own map parameters: `x-ref: parameter.<name>`.
    pub parameters: BTreeMap<String, BTreeSet<String>>,
}

/// Reports each reference (`x-ref`) that names nothing.
pub(super) fn check_references(cx: &mut Resolver<'_>, schema: &Value, value: &Value, at: &Path, names: &Names) {
    match value {
        Value::String(name) => {
            let reference = schema.get("x-ref").and_then(Value::as_str);
            let own = reference.and_then(|reference| reference.strip_prefix("parameter."));
            let (what, known, key) = match reference {
                Some(_) if own.is_some() => match own.and_then(|own| Some((own, names.parameters.get(own)?))) {
                    Some((own, known)) => ("entry here is called", known, own),
                    None => return,
                },
                Some("volume") => ("node has a volume", &names.volumes, "volumes"),
                Some("node-class") => ("node class is called", &names.classes, "nodeClasses"),
                Some("load-balancer-pool") => ("load-balancer pool is called", &names.pools, "network.loadBalancers"),
                _ => return,
            };
            if !known.contains(name) {
                let span = cx.value(at);
                let help = known_instead(name, known.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("add it under `{key}`"));
                cx.report(Diagnostic::error("unknown-reference", span, format!("no {what} `{name}`")).help(help));
            }
        }
        Value::Object(map) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, value) in map {
                let inner = properties.and_then(|p| p.get(name)).or_else(|| schema.get("additionalProperties"));
                if let Some(inner) = inner {
                    check_references(cx, inner, value, &at.key(name), names);
                }
            }
        }
        Value::Array(items) => {
            if let Some(inner) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    check_references(cx, inner, item, &at.index(index), names);
                }
            }
        }
        _ => {}
    }
}
