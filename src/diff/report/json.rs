//! The machine-readable form, version 1: lines and columns from 1, columns in characters, offsets in bytes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Input;
use crate::diff::{Cause, Change, Diff, Target};

pub(super) fn render(diff: &Diff, input: &Input<'_>) -> String {
    let mut labels: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &diff.changes {
        *labels.entry(change.label.as_str()).or_default() += 1;
    }
    let document = json!({
        "version": 1,
        "severity": diff.severity().as_str(),
        "files": {"added": diff.added.len(), "changed": diff.changed.len(), "removed": diff.removed.len()},
        "changes": diff.changes.iter().map(|change| one(change, input)).collect::<Vec<_>>(),
        "labels": labels,
    });
    format!("{document:#}\n")
}

fn one(change: &Change, input: &Input<'_>) -> Value {
    let Cause { what, from, to, at } = &change.cause;
    let at = at.as_ref().map(|at| {
        let place = |index: usize| {
            let (place, offset) = at.range?[index];
            Some(place.to_json(offset))
        };
        json!({"file": at.file, "start": place(0), "end": place(1)})
    });
    let values: Vec<Value> = change
        .differences
        .iter()
        .map(|difference| {
            let place = &difference.place;
            json!({
                "file": place.file,
                "object": place.object.to_string(),
                "path": place.shown(),
                "from": difference.from.as_ref().map(|value| input.value(place, value)),
                "to": difference.to.as_ref().map(|value| input.value(place, value)),
            })
        })
        .collect();
    json!({
        "label": change.label.as_str(),
        "path": what,
        "from": from.as_ref().map(|value| input.spec_value(what, value)),
        "to": to.as_ref().map(|value| input.spec_value(what, value)),
        "cause": at,
        "targets": change.targets.iter().map(target).collect::<Vec<_>>(),
        "note": change.note,
        "values": values,
    })
}

fn target(target: &Target) -> Value {
    let mut value = json!({"kind": target.kind, "name": target.name});
    if let Some(namespace) = &target.namespace {
        value["namespace"] = json!(namespace);
    }
    value
}
