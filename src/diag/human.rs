//! With the lines of the file and arrows under them, as rustc prints findings; ASCII, so that it looks the same everywhere.
//!
//! Only the lines between the first and the last place of a finding are handed to the library, cut out with our own line
//! index: it would count lines from the top of the file for every finding otherwise. The library makes control characters
//! of the source visible, but not those of paths, labels and help.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::source::{FileId, Sources, Span};

/// Columns; longer source lines are cut around what they are shown for. Fixed, so that output does not depend on where
/// it is printed.
const WIDTH: usize = 120;

pub(super) fn render(diagnostics: &Diagnostics, sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
    let findings: Vec<String> =
        diagnostics.sorted().into_iter().map(|d| renderer.render(&[finding(d, sources)]) + "\n").collect();
    findings.join("\n")
}

fn finding<'a>(d: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut files = vec![d.span.file];
    for label in &d.labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    let mut group = level
        .primary_title(d.message.as_str())
        .id(d.rule)
        .elements(files.into_iter().map(|file| snippet(d, file, sources)));
    if let Some(help) = &d.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    let see = format!("cloudc explain {}", d.rule);
    group.element(Level::NOTE.with_name("see").message(see))
}

/// The places of a finding in one file.
fn snippet<'a>(d: &'a Diagnostic, file: FileId, sources: &'a Sources) -> Snippet<'a, Annotation<'a>> {
    let source = sources.get(file);
    let places: Vec<(AnnotationKind, Range<usize>, &str)> =
        std::iter::once((AnnotationKind::Primary, d.span, d.note.as_str()))
            .chain(d.labels.iter().map(|label| (AnnotationKind::Context, label.span, label.message.as_str())))
            .filter(|(_, span, _)| span.file == file)
            .map(|(kind, span, message)| (kind, within(&source.text, span), message))
            .collect();
    let first = places.iter().map(|(_, range, _)| source.line_of(range.start)).min().unwrap_or_default();
    let last = places.iter().map(|(_, range, _)| source.line_of(range.end)).max().unwrap_or_default();
    let start = source.line_start(first);
    let text = &source.text[start..source.line_start(last + 1)];
    let annotations = places.into_iter().map(|(kind, range, message)| {
        let annotation = kind.span(range.start - start..range.end - start);
        if message.is_empty() { annotation } else { annotation.label(normalize_untrusted_str(message)) }
    });
    Snippet::source(text).path(normalize_untrusted_str(&source.name)).line_start(first + 1).annotations(annotations)
}

/// The span on character boundaries inside the text: a wrong span must not cost the user the message.
fn within(text: &str, span: Span) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    start..text.ceil_char_boundary(span.end).max(start)
}
