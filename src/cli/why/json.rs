//! Origins for machines, version 1: lines and columns from 1, columns in characters, offsets in bytes.

use serde_json::{Value, json};

use super::Answer;
use crate::provenance::{Line, Origin};
use crate::syntax::Path;

/// Lines of a file with all that they come from.
pub(super) fn lines(answer: &Answer<'_>, file: &str, lines: &[Line]) -> String {
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| {
            let places: Vec<Value> = line
                .places
                .iter()
                .map(|place| {
                    let object = &place.object;
                    json!({
                        "group": object.group,
                        "kind": object.kind,
                        "namespace": object.namespace,
                        "name": object.name,
                        "path": place.shown(),
                    })
                })
                .collect();
            let origins = |origins: &[Origin]| origins.iter().map(|own| origin(answer, own)).collect::<Vec<_>>();
            json!({
                "line": line.number,
                "text": answer.text(file, line),
                "places": places,
                "direct": origins(&line.origins.direct),
                "shapedBy": origins(&line.origins.shaped_by),
            })
        })
        .collect();
    document(&json!({"version": 1, "file": file, "lines": lines}))
}

/// Lines that a path touches, by file.
pub(super) fn blast(path: &Path, touched: &[(String, usize, String)]) -> String {
    let lines: Vec<Value> =
        touched.iter().map(|(file, line, text)| json!({"file": file, "line": line, "text": text})).collect();
    document(&json!({"version": 1, "path": path.to_string(), "lines": lines}))
}

fn document(value: &Value) -> String {
    format!("{value:#}\n")
}

fn origin(answer: &Answer<'_>, origin: &Origin) -> Value {
    let mut out = match origin {
        Origin::Spec(_) => json!({"kind": "spec"}),
        Origin::Key(_) => json!({"kind": "key"}),
        Origin::Default(_) => json!({"kind": "default"}),
        Origin::Need { component, reason, .. } => json!({"kind": "need", "component": component, "reason": reason}),
        Origin::Catalog { file, what } => json!({"kind": "catalog", "file": file, "what": what}),
        Origin::Lock { path } => json!({"kind": "lock", "path": path}),
        Origin::Rule { why } => json!({"kind": "rule", "why": why}),
    };
    let Some(path) = origin.path() else { return out };
    out["path"] = json!(path.to_string());
    if !matches!(origin, Origin::Default(_)) {
        let document = &answer.compiled.document;
        let span = document.value_span(path);
        let file = answer.sources.get(span.file);
        let at = |offset: usize| file.line_column(offset).to_json(offset);
        out["file"] = json!(file.name);
        out["start"] = at(span.start);
        out["end"] = at(span.end);
    }
    out
}
