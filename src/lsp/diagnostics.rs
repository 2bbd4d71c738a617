//! Findings -> what an editor underlines, each in the file where it stands.

use std::collections::BTreeMap;
use std::path::Path;

use gen_lsp_types::{
    Code, CodeDescription, Diagnostic as Shown, DiagnosticRelatedInformation, DiagnosticSeverity, Location, Range, Uri,
};

use super::open::Open;
use super::position::Encoding;
use super::uri;
use crate::diag::{Diagnostic, Severity, page};
use crate::source::Span;

/// What is said of each file, the cloud's own always among them.
pub(super) fn of(open: &Open, encoding: Encoding) -> BTreeMap<String, Vec<Shown>> {
    let mut files: BTreeMap<String, Vec<Shown>> = BTreeMap::new();
    let own = files.entry(open.uri.0.clone()).or_default();
    if let Some(why) = &open.checked.refusal {
        own.push(Shown {
            range: Range::default(),
            severity: Some(DiagnosticSeverity::Error),
            source: Some("cloudc".to_owned()),
            message: why.clone().into(),
            ..Shown::default()
        });
    }
    for finding in open.checked.findings.sorted() {
        let Some(place) = location(open, finding.span, encoding) else { continue };
        files.entry(place.uri.0).or_default().push(shown(open, finding, place.range, encoding));
    }
    files
}

/// One finding at its place.
pub(super) fn shown(open: &Open, finding: &Diagnostic, range: Range, encoding: Encoding) -> Shown {
    let mut message = finding.message.clone();
    for more in [Some(finding.note.clone()), finding.help.as_ref().map(|help| format!("help: {help}"))] {
        if let Some(more) = more.filter(|more| !more.is_empty()) {
            message.push('\n');
            message.push_str(&more);
        }
    }
    let related: Vec<DiagnosticRelatedInformation> = finding
        .labels
        .iter()
        .filter_map(|label| {
            let location = location(open, label.span, encoding)?;
            Some(DiagnosticRelatedInformation { location, message: label.message.clone() })
        })
        .collect();
    Shown {
        range,
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::Error,
            Severity::Warning => DiagnosticSeverity::Warning,
        }),
        code: Some(Code::String(finding.rule.to_owned())),
        code_description: Some(CodeDescription { href: Uri(page(finding.rule)) }),
        source: Some("cloudc".to_owned()),
        message: message.into(),
        related_information: (!related.is_empty()).then_some(related),
        ..Shown::default()
    }
}

/// A place of the compile as an editor opens it; none in what is compiled in.
fn location(open: &Open, span: Span, encoding: Encoding) -> Option<Location> {
    let file = open.checked.sources.get(span.file);
    let range = encoding.range(file, span);
    if file.name == open.name() {
        return Some(Location { uri: open.uri.clone(), range });
    }
    if file.name.starts_with('<') {
        return None;
    }
    let path = open.folder().unwrap_or(Path::new("")).join(&file.name);
    Some(Location { uri: uri::of_path(&path)?, range })
}
