//! Any text -> trees whose places lie in the text, on character boundaries, and inside each other.
#![no_main]

use cloudc::diag::{Format, render};
use cloudc::source::{Sources, Span};
use cloudc::syntax::{Node, NodeKind, parse, parse_all};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    let file = sources.add("cloud.yaml", text);
    let (document, findings) = parse(file, text);
    check(&document.root, text);
    document.comments.iter().for_each(|comment| is_in(comment.span, text));
    for format in [Format::Human, Format::Concise, Format::Json] {
        render(&findings, &sources, format, false);
    }
    findings.into_iter().for_each(|finding| is_in(finding.span, text));
    let (documents, findings) = parse_all(file, text);
    documents.iter().for_each(|document| check(&document.root, text));
    findings.into_iter().for_each(|finding| is_in(finding.span, text));
});

fn is_in(span: Span, text: &str) {
    assert!(text.get(span.start..span.end).is_some(), "{span:?}");
}

fn check(node: &Node, text: &str) {
    is_in(node.span, text);
    match &node.kind {
        NodeKind::List(items) => items.iter().for_each(|item| check(item, text)),
        NodeKind::Map(entries) => entries.iter().for_each(|entry| {
            is_in(entry.key_span, text);
            check(&entry.value, text);
        }),
        _ => {}
    }
}
