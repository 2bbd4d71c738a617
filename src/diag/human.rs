//! With the lines of the file and arrows under them, as rustc prints findings; ASCII, so that it looks the same everywhere.
//!
//! Only the lines between the first and the last place of a finding are handed to the library, cut out with our own line
//! index: it would count lines from the top of the file for every finding otherwise. The library makes control characters
//! of the source visible, but not those of paths, labels and help, nor those beyond ASCII.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
};

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::source::{File, FileId, Sources, Span};

/// Columns; longer source lines are cut around what they are shown for. Fixed, so that output does not depend on where
/// it is printed.
const WIDTH: usize = 120;

/// Bytes of source in one picture: places further apart have one each, and of a line that is longer only the place is told.
const MOST: usize = 16 * 1024;

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
        .elements(files.into_iter().flat_map(|file| pictures(d, file, sources)));
    if let Some(help) = &d.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    let see = format!("cloudc explain {}", d.rule);
    group.element(Level::NOTE.with_name("see").message(see))
}

/// A place of a finding, with what is said of it.
type Place<'a> = (AnnotationKind, Range<usize>, &'a str);

/// The places of a finding in one file.
fn pictures<'a>(d: &'a Diagnostic, file: FileId, sources: &'a Sources) -> Vec<Element<'a>> {
    let source = sources.get(file);
    let places: Vec<Place> = std::iter::once((AnnotationKind::Primary, d.span, d.note.as_str()))
        .chain(d.labels.iter().map(|label| (AnnotationKind::Context, label.span, label.message.as_str())))
        .filter(|(_, span, _)| span.file == file)
        .map(|(kind, span, message)| (kind, within(source, span), message))
        .collect();
    match snippet(source, &places) {
        Some(snippet) => vec![snippet.into()],
        None => places.iter().flat_map(|place| alone(source, place)).collect(),
    }
}

/// One place by itself.
fn alone<'a>(source: &'a File, place: &Place<'a>) -> Vec<Element<'a>> {
    if let Some(snippet) = snippet(source, std::slice::from_ref(place)) {
        return vec![snippet.into()];
    }
    let (_, range, message) = place;
    let at = source.line_column(range.start);
    let name = normalize_untrusted_str(&source.name);
    let origin: Element = Origin::path(name).line(at.line).char_column(at.column).into();
    let note = (!message.is_empty()).then(|| Level::NOTE.message(normalize_untrusted_str(message)).into());
    std::iter::once(origin).chain(note).collect()
}

/// The lines of some places with arrows; none where they are too much to show.
fn snippet<'a>(source: &'a File, places: &[Place<'a>]) -> Option<Snippet<'a, Annotation<'a>>> {
    let first = places.iter().map(|(_, range, _)| source.line_of(range.start)).min().unwrap_or_default();
    let last = places.iter().map(|(_, range, _)| source.line_of(range.end)).max().unwrap_or_default();
    let start = source.line_start(first);
    let text = &source.text[start..source.line_start(last + 1)];
    if text.len() > MOST {
        return None;
    }
    let annotations = places.iter().map(|(kind, range, message)| {
        let annotation = kind.span(range.start - start..range.end - start);
        if message.is_empty() { annotation } else { annotation.label(normalize_untrusted_str(message)) }
    });
    let name = normalize_untrusted_str(&source.name);
    Some(Snippet::source(without_c1(text)).path(name).line_start(first + 1).annotations(annotations))
}

/// Terminals take U+0080 to U+009F for the beginning of a command; what stands in their place is as long.
fn without_c1(text: &str) -> Cow<'_, str> {
    let steers = |c: char| matches!(c, '\u{80}'..='\u{9f}');
    if text.contains(steers) { text.replace(steers, "\u{b7}").into() } else { text.into() }
}

/// The span on character boundaries inside the text: a wrong span must not cost the user the message. A long one is shown by its
/// beginning.
fn within(source: &File, span: Span) -> Range<usize> {
    let text = &source.text;
    let start = text.floor_char_boundary(span.start);
    let end = text.ceil_char_boundary(span.end).max(start);
    if end - start <= MOST / 2 {
        return start..end;
    }
    let line = source.line_start(source.line_of(start) + 1).saturating_sub(1);
    start..text.floor_char_boundary(line.min(start + WIDTH)).max(start)
}
