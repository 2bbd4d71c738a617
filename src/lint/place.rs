//! A path as people write it, `components.linstor` -> the bytes of what is there, its key included.

use crate::schema::nearest;
use crate::source::Span;
use crate::syntax::{Document, Node, NodeKind};

/// The part of a document that a path names.
///
/// # Errors
/// What may have been meant, where nothing is at the path.
pub(super) fn find(document: &Document, given: &str) -> Result<Span, Option<String>> {
    let mut span = document.root.span;
    let mut node = &document.root;
    let mut rest = given;
    while !rest.is_empty() {
        let before = &given[..given.len() - rest.len()];
        (span, node, rest) = step(node, rest).ok_or_else(|| meant(node, before, rest))?;
    }
    if given.is_empty() { Err(None) } else { Ok(span) }
}

/// One step down, and what is left of the path. Keys may have dots of their own, so the longest that fits is meant.
fn step<'n, 't>(node: &'n Node, rest: &'t str) -> Option<(Span, &'n Node, &'t str)> {
    match &node.kind {
        NodeKind::Map(entries) => {
            let fits = entries.iter().filter_map(|entry| Some((entry, below(rest, &entry.key)?)));
            let (entry, rest) = fits.min_by_key(|(_, rest)| rest.len())?;
            // Findings about an alias stand at its anchor, which may be anywhere; what lies between is not meant.
            let alias = entry.value.span.start < entry.key_span.end;
            let span = if alias { entry.value.span } else { entry.key_span.to(entry.value.span) };
            Some((span, &entry.value, rest))
        }
        NodeKind::List(items) => {
            let (index, rest) = rest.strip_prefix('[')?.split_once(']')?;
            let item = items.get(index.parse::<usize>().ok()?)?;
            Some((item.span, item, rest.strip_prefix('.').unwrap_or(rest)))
        }
        _ => None,
    }
}

/// What is left of a path behind a key, written plainly or as findings write it: `["a.b"]`.
fn below<'t>(rest: &'t str, key: &str) -> Option<&'t str> {
    let rest = rest.strip_prefix(format!("[{key:?}]").as_str()).or_else(|| rest.strip_prefix(key))?;
    match rest.strip_prefix('.') {
        Some(below) => Some(below),
        None => (rest.is_empty() || rest.starts_with('[')).then_some(rest),
    }
}

fn meant(node: &Node, before: &str, rest: &str) -> Option<String> {
    let NodeKind::Map(entries) = &node.kind else { return None };
    let wrong = rest.split(['.', '[']).next().unwrap_or(rest);
    // Compared without what is right already, which would make anything look alike.
    let bare = entries.iter().map(|entry| entry.key.as_str());
    let near = nearest(wrong, bare)?;
    Some(format!("{before}{near}"))
}
