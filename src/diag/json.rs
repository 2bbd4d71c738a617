//! The machine-readable form, version 1: lines and columns from 1, columns in characters, offsets in bytes.

use serde_json::{Value, json};

use crate::diag::{Diagnostics, Severity, page};
use crate::source::{Sources, Span};

pub(super) fn render(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let findings: Vec<Value> = diagnostics
        .sorted()
        .into_iter()
        .map(|d| {
            let labels: Vec<Value> = d
                .labels
                .iter()
                .map(|label| {
                    json!({
                        "message": label.message,
                        "file": sources.get(label.span.file).name,
                        "start": place(sources, label.span, label.span.start),
                        "end": place(sources, label.span, label.span.end),
                    })
                })
                .collect();
            json!({
                "rule": d.rule,
                "severity": d.severity.as_str(),
                "message": d.message,
                "note": d.note,
                "file": sources.get(d.span.file).name,
                "start": place(sources, d.span, d.span.start),
                "end": place(sources, d.span, d.span.end),
                "labels": labels,
                "help": d.help,
                "fix": d.fix.as_ref().map(|fix| fix.to_json(sources)),
                "url": page(d.rule),
            })
        })
        .collect();
    let document = json!({
        "version": 1,
        "summary": {
            "errors": diagnostics.count(Severity::Error),
            "warnings": diagnostics.count(Severity::Warning),
        },
        "diagnostics": findings,
    });
    format!("{document:#}\n")
}

fn place(sources: &Sources, span: Span, offset: usize) -> Value {
    sources.get(span.file).line_column(offset).to_json(offset)
}
