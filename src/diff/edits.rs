//! Two states of `cloud.yaml` -> what its author changed, path by path.
//!
//! Maps are compared by key, so layout, comments and order are no edits. A part that is new or gone as a whole is one edit.

use serde_json::Value;

use crate::source::Span;
use crate::syntax::{Document, Node, NodeKind, Path};

/// One change of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    pub path: Path,
    /// None: it was not there.
    pub from: Option<Value>,
    /// None: it is gone.
    pub to: Option<Value>,
    /// Where it stands now; of what is gone, where it stood.
    pub span: Span,
}

/// What is different, in the order of the new text; what is gone comes where its neighbours are.
pub fn edits(old: &Document, new: &Document) -> Vec<Edit> {
    let mut found = Vec::new();
    compare(&Path::root(), &old.root, &new.root, new.root.span, &mut found);
    found
}

fn compare(path: &Path, old: &Node, new: &Node, span: Span, found: &mut Vec<Edit>) {
    match (&old.kind, &new.kind) {
        (NodeKind::Map(before), NodeKind::Map(after)) => {
            for entry in before.iter().filter(|entry| new.entry(&entry.key).is_none()) {
                let from = Some(entry.value.to_json());
                found.push(Edit { path: path.key(&entry.key), from, to: None, span: entry.key_span });
            }
            for entry in after {
                let path = path.key(&entry.key);
                match old.get(&entry.key) {
                    Some(before) => compare(&path, before, &entry.value, place(&entry.value, entry.key_span), found),
                    None => {
                        found.push(Edit { path, from: None, to: Some(entry.value.to_json()), span: entry.key_span });
                    }
                }
            }
        }
        // Of a list of parts, like patches, the one that changed; of a list of words, all of it says more.
        (NodeKind::List(before), NodeKind::List(after))
            if before.len() == after.len() && after.iter().any(|item| matches!(item.kind, NodeKind::Map(_))) =>
        {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                compare(&path.index(index), before, after, after.span, found);
            }
        }
        _ => {
            let (from, to) = (old.to_json(), new.to_json());
            if from != to {
                found.push(Edit { path: path.clone(), from: Some(from), to: Some(to), span });
            }
        }
    }
}

/// A block says little as a place; its key says it all.
fn place(value: &Node, key: Span) -> Span {
    match &value.kind {
        NodeKind::Map(entries) if !entries.is_empty() => key,
        _ if value.span.start == value.span.end => key,
        _ => value.span,
    }
}
