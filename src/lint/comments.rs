//! `# cloudc: ignore[rule, other-rule] reason`: exceptions for one line, beside it or in the lines above.

use super::levels::{Exception, Levels};
use super::{findings, registry};
use crate::diag::{Diagnostics, Fix};
use crate::source::{File, Sources, Span};
use crate::syntax::{Comment, Document};

const MARK: &str = "cloudc:";

pub(super) fn read(document: &Document, sources: &Sources, levels: &mut Levels, diags: &mut Diagnostics) {
    let file = sources.get(document.file);
    for comment in &document.comments {
        let Some(text) = said(comment) else { continue };
        let span = comment.span;
        let rules = text.trim_start().strip_prefix("ignore[").and_then(|rest| rest.split_once(']'));
        let Some((rules, reason)) = rules.filter(|(rules, _)| !rules.trim().is_empty()) else {
            diags.push(findings::names_no_rule(span));
            continue;
        };
        let has_reason = reason.contains(char::is_alphanumeric);
        if !has_reason {
            diags.push(findings::no_reason(span));
        }
        let covers = covered(file, span);
        for name in rules.split(',') {
            let at = place_of(name, file, span);
            let removal = removal(name, rules, file, span);
            match registry::find(name.trim()) {
                None => diags.push(findings::unknown_rule(name.trim(), at)),
                Some(rule) if rule.is_fixed() => diags.push(findings::fixed_level(rule, at, removal)),
                Some(rule) if has_reason => levels.except(Exception { rule, covers, at, removal, used: false }),
                Some(_) => {}
            }
        }
    }
}

/// What a comment says to the compiler; it may follow words for people: `# two disks only # cloudc: ...`.
fn said(comment: &Comment) -> Option<&str> {
    let text = comment.text.trim();
    text.strip_prefix(MARK).or_else(|| text.split_once(&format!("# {MARK}")).map(|(_, rest)| rest))
}

/// The line of a comment; of one that has a line for itself, the next line that says something.
fn covered(file: &File, comment: Span) -> Span {
    let first = file.line_of(comment.start);
    let line = |line: usize| Span::new(comment.file, file.line_start(line), file.line_start(line + 1));
    let text = |line: Span| file.text.get(line.start..line.end).unwrap_or_default().trim();
    let beside = file.text.get(file.line_start(first)..comment.start).is_some_and(|before| !before.trim().is_empty());
    let mut covered = line(first);
    let silent = |line: Span| text(line).is_empty() || text(line).starts_with('#');
    let mut next = first;
    while !beside && silent(covered) && covered.start < covered.end {
        next += 1;
        covered = line(next);
    }
    covered
}

/// What takes a rule out of a comment, and the comment with the last one. Words for people before it stay.
fn removal(name: &str, rules: &str, file: &File, comment: Span) -> Fix {
    const TITLE: &str = "remove this exception";
    let text = file.text.get(comment.start..comment.end).unwrap_or_default();
    let gone = |start: usize, end: usize| Fix::text(TITLE, Span::new(comment.file, start, end), "");
    let names: Vec<&str> = rules.split(',').collect();
    let list = text.find(rules).map_or(comment.start, |at| comment.start + at);
    // `name` is a part of `rules`, so its own place tells one of two that are equal from the other.
    let before = name.as_ptr().addr() - rules.as_ptr().addr();
    if names.len() > 1 {
        let start = list + before;
        return match before {
            0 => {
                let behind = rules[name.len() + 1..].trim_start();
                gone(start, list + rules.len() - behind.len())
            }
            _ => gone(start - 1, start + name.len()),
        };
    }
    let said = text.rfind(MARK).and_then(|mark| text[..mark].rfind('#')).unwrap_or(0);
    let start = comment.start + said;
    let line = file.line_start(file.line_of(start));
    let left = file.text.get(line..start).unwrap_or_default().trim_end();
    if left.is_empty() {
        return gone(line, file.line_start(file.line_of(start) + 1));
    }
    gone(line + left.len(), comment.end)
}

/// Where a comment names a rule.
fn place_of(name: &str, file: &File, comment: Span) -> Span {
    let text = file.text.get(comment.start..comment.end).unwrap_or_default();
    // `name` is a part of the same words, so it is found where it stands; the first of two that are equal is as good.
    match text.find(name) {
        Some(start) => {
            let start = comment.start + start + (name.len() - name.trim_start().len());
            Span::new(comment.file, start, start + name.trim().len().max(1))
        }
        None => comment,
    }
}
