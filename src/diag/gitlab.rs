//! GitLab's Code Quality report: a list of what GitLab shows in merge requests. It compares reports of two branches by
//! fingerprint.

use serde_json::{Value, json};

use super::place::{Fingerprints, Region};
use crate::diag::{Diagnostics, Severity};
use crate::source::{LineColumn, Sources};

pub(super) fn render(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let mut fingerprints = Fingerprints::default();
    let findings: Vec<Value> = diagnostics
        .sorted()
        .into_iter()
        .map(|d| {
            let Region { start, end } = Region::of(d.span, sources);
            // The widget shows one line and nothing else.
            let help = d.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            json!({
                "description": format!("{}{help}", d.message),
                "check_name": d.rule,
                "fingerprint": fingerprints.next(d, sources),
                "severity": match d.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                },
                "location": {
                    "path": sources.get(d.span.file).name,
                    "positions": {"begin": position(start), "end": position(end)},
                },
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(findings))
}

fn position(at: LineColumn) -> Value {
    json!({"line": at.line, "column": at.column})
}
