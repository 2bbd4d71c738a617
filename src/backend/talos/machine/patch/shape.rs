//! Whether a patch has only fields that Talos has, each of the right shape.

use serde_json::{Map, Value};

use super::below;
use super::merge::is_deletion;
use super::misfit::Fault;
use crate::catalog::talos_documents::{Leaf, MAIN, Shape, shape};
use crate::schema::nearest;

/// Kind of the document (none for `v1alpha1`), the field, the least and the most that Talos takes.
///
/// Source: `Validate` of each kind in siderolabs/talos v1.13.9 `pkg/machinery/config/types`.
const RANGES: [(&str, &str, u64, u64); 6] = [
    (MAIN, "machine.network.kubespan.mtu", 1280, 65535),
    ("KubeSpanConfig", "mtu", 1280, 65535),
    (MAIN, "machine.features.kubePrism.port", 1, 65535),
    ("KubePrismConfig", "port", 1, 65535),
    ("VLANConfig", "vlanID", 1, 4094),
    ("RoutingRuleConfig", "priority", 1, 32765),
];

/// Numbers in a patch that Talos refuses.
pub(super) fn out_of_range(kind: &str, patch: &Map<String, Value>) -> Vec<Fault> {
    let at = |path: &str| {
        let mut keys = path.split('.');
        let first = patch.get(keys.next()?)?;
        keys.try_fold(first, |value, key| value.get(key))?.as_u64()
    };
    let wrong = |(_, path, least, most): &&(&str, &str, u64, u64)| {
        at(path).is_some_and(|number| !(*least..=*most).contains(&number))
    };
    let ranges = RANGES.iter().filter(|(of, ..)| *of == kind).filter(wrong);
    ranges
        .map(|(_, path, least, most)| Fault::OutOfRange { path: (*path).to_owned(), least: *least, most: *most })
        .collect()
}

/// Everything in a patch that a document of this kind cannot hold.
pub(super) fn faults(kind: &str, patch: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(Shape::Fields(fields)) = shape(kind) {
        map(patch, |key| fields.get(key), || fields.keys().map(String::as_str), "", &mut faults);
    }
    faults
}

fn map<'a, Names: Iterator<Item = &'a str>>(
    fields: &Map<String, Value>,
    field: impl Fn(&str) -> Option<&'a Shape>,
    known: impl Fn() -> Names,
    at: &str,
    faults: &mut Vec<Fault>,
) {
    for (key, value) in fields.iter().filter(|(key, _)| *key != "$patch") {
        let path = below(at, key);
        if let Some(shape) = field(key) {
            check(value, shape, &path, faults);
        } else {
            faults.push(Fault::UnknownField { path, near: nearest(key, known()).map(str::to_owned) });
        }
    }
}

fn check(value: &Value, shape: &Shape, at: &str, faults: &mut Vec<Fault>) {
    match (shape, value) {
        (_, Value::Null)
        | (Shape::Leaf(Leaf::Any), _)
        | (Shape::Leaf(Leaf::Scalar), Value::Bool(_) | Value::Number(_) | Value::String(_)) => {}
        (_, Value::Object(fields)) if is_deletion(fields) => {}
        (Shape::Fields(shapes), Value::Object(fields)) => match shapes.get("*") {
            Some(any) => map(fields, |_| Some(any), std::iter::empty, at, faults),
            None => map(fields, |key| shapes.get(key), || shapes.keys().map(String::as_str), at, faults),
        },
        (Shape::List([item]), Value::Array(items)) => items.iter().for_each(|value| check(value, item, at, faults)),
        (shape, value) => {
            let expected = match shape {
                Shape::Leaf(_) => "a single value",
                Shape::List(_) => "a list",
                Shape::Fields(_) => "a mapping",
            };
            let given = match value {
                Value::Object(_) => "a mapping",
                Value::Array(_) => "a list",
                _ => "a single value",
            };
            faults.push(Fault::WrongShape { path: at.to_owned(), given, expected });
        }
    }
}
