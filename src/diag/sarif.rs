//! SARIF 2.1.0 (OASIS), as code scanning takes it.
//!
//! Only rules with findings are described: a reader looks up what a result refers to, and the whole list is on the page of rules.
//! No message has `arguments`, so braces in it are only braces.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::place::{Fingerprints, Region};
use super::{Diagnostic, Diagnostics, PROJECT, Severity, page};
use crate::lint::registry;
use crate::source::{Sources, Span};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// How catalog files begin, and what stands for that in URIs.
const STDLIB: (&str, &str) = ("<stdlib>/", "STDLIB");
/// The name by which readers know the root of the repository.
const ROOT: &str = "%SRCROOT%";

pub(super) fn render(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let sorted = diagnostics.sorted();
    // The gravest of each rule: one name may be an error here and a warning there.
    let mut found: BTreeMap<&str, Severity> = BTreeMap::new();
    for d in &sorted {
        let gravest = found.entry(d.rule).or_insert(d.severity);
        *gravest = d.severity.max(*gravest);
    }
    let names: Vec<&str> = found.keys().copied().collect();
    let mut fingerprints = Fingerprints::default();
    let results: Vec<Value> = sorted
        .iter()
        .map(|d| {
            let index = names.binary_search(&d.rule).expect("every rule of a finding is in the list");
            result(d, index, &fingerprints.next(d, sources), sources)
        })
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "cloudc",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": PROJECT,
                "rules": found.into_iter().map(|(name, severity)| describe(name, severity)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                ROOT: {"description": {"text": "the folder that cloudc was started in"}},
                STDLIB.1: {"description": {"text": "the catalog inside of cloudc"}},
            },
            "invocations": [{"executionSuccessful": true}],
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn describe(name: &str, severity: Severity) -> Value {
    let what = registry::find(name).map_or_else(|| name.to_owned(), |rule| rule.summary().replace('\n', " "));
    json!({
        "id": name,
        "shortDescription": {"text": what},
        "fullDescription": {"text": what},
        "help": {"text": format!("cloudc explain {name}"), "markdown": format!("`cloudc explain {name}`")},
        "helpUri": page(name),
        "defaultConfiguration": {"level": severity.as_str()},
    })
}

fn result(d: &Diagnostic, index: usize, fingerprint: &str, sources: &Sources) -> Value {
    let said = [Some(&d.message), Some(&d.note).filter(|note| !note.is_empty()), d.help.as_ref()];
    let said: Vec<&str> = said.into_iter().flatten().map(String::as_str).collect();
    let mut result = json!({
        "ruleId": d.rule,
        "ruleIndex": index,
        "level": d.severity.as_str(),
        "message": {"text": said.join("\n")},
        "locations": [location(d.span, sources)],
        "partialFingerprints": {"cloudc/v1": fingerprint},
    });
    if !d.labels.is_empty() {
        let related = d.labels.iter().enumerate().map(|(id, label)| {
            let mut place = location(label.span, sources);
            place["id"] = json!(id);
            if !label.message.is_empty() {
                place["message"] = json!({"text": label.message});
            }
            place
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = fix(d, sources) {
        result["fixes"] = json!([fix]);
    }
    result
}

/// What would be written instead, for readers that offer it.
fn fix(d: &Diagnostic, sources: &Sources) -> Option<Value> {
    let fix = d.fix.as_ref()?;
    let replacements = fix.replacements(sources)?;
    let changes = replacements.iter().map(|replacement| {
        json!({
            "deletedRegion": region(replacement.at, sources),
            "insertedContent": {"text": replacement.text},
        })
    });
    Some(json!({
        "description": {"text": fix.title},
        "artifactChanges": [{
            "artifactLocation": artifact(&sources.get(d.span.file).name),
            "replacements": changes.collect::<Vec<_>>(),
        }],
    }))
}

fn location(span: Span, sources: &Sources) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": artifact(&sources.get(span.file).name),
        "region": region(span, sources),
    }})
}

fn region(span: Span, sources: &Sources) -> Value {
    let Region { start, end } = Region::of(span, sources);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A file as a URI: relative to where we stand; whole for what was named by its whole path.
fn artifact(name: &str) -> Value {
    let mut artifact = Map::new();
    if let Some(below) = name.strip_prefix(STDLIB.0) {
        artifact.insert("uri".to_owned(), json!(encoded(below)));
        artifact.insert("uriBaseId".to_owned(), json!(STDLIB.1));
    } else if name.starts_with('/') {
        artifact.insert("uri".to_owned(), json!(format!("file://{}", encoded(name))));
    } else {
        artifact.insert("uri".to_owned(), json!(encoded(name)));
        artifact.insert("uriBaseId".to_owned(), json!(ROOT));
    }
    Value::Object(artifact)
}

/// A path with everything percent-encoded that a path of a URI cannot hold (RFC 3986); `:` too, which would be a scheme's.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
