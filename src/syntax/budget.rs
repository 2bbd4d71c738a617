//! How much of a text is read. Clouds do not come near these limits; without them, a few lines could exhaust the machine.

use super::{Node, NodeKind};
use crate::diag::Diagnostic;
use crate::source::Span;

/// Deepest nesting of collections, those behind aliases included; real files stay below 15.
pub(super) const MAX_DEPTH: usize = 64;
/// Values and comments, with those that aliases repeat; 10,000 nodes with 500 tenants have some 200,000.
const MAX_VALUES: usize = 500_000;
/// Bytes of texts and keys that anchors keep and aliases repeat.
const MAX_REPEATED: usize = 4 * 1024 * 1024;
/// Bytes of one text. Kubernetes takes no object of this size.
const MAX_TEXT: usize = 1024 * 1024;
/// Bytes of one key; YAML itself ends keys without a `?` there.
const MAX_KEY: usize = 1024;

/// What was spent on a text.
#[derive(Debug, Default)]
pub(super) struct Budget {
    values: usize,
    repeated: usize,
}

/// What a value costs.
pub(super) struct Weight {
    values: usize,
    bytes: usize,
    /// Collections inside each other.
    height: usize,
}

type Spent = Result<(), Box<Diagnostic>>;

impl Budget {
    /// One value, or one comment.
    pub fn one(&mut self, at: Span) -> Spent {
        self.values += 1;
        allow(self.values <= MAX_VALUES, at, "the file has more than 500,000 values and comments")
    }

    /// A value that an anchor keeps, or that an alias puts in at a depth.
    pub fn repeat(&mut self, weight: &Weight, depth: usize, at: Span) -> Spent {
        self.values += weight.values;
        self.repeated += weight.bytes;
        allow(depth + weight.height <= MAX_DEPTH, at, TOO_DEEP)?;
        allow(self.repeated <= MAX_REPEATED, at, "the file has anchors and aliases that repeat more than 4 MiB")?;
        allow(self.values <= MAX_VALUES, at, "the file has anchors and aliases that grow to more than 500,000 values")
    }
}

const TOO_DEEP: &str = "the file has nesting deeper than 64 levels";

pub(super) fn too_deep(at: Span) -> Diagnostic {
    too_large(at, TOO_DEEP)
}

/// A collection that begins inside of `depth` others.
pub(super) fn depth(depth: usize, at: Span) -> Spent {
    allow(depth < MAX_DEPTH, at, TOO_DEEP)
}

pub(super) fn text(text: &str, at: Span) -> Spent {
    allow(text.len() <= MAX_TEXT, at, "the file has a text of more than 1 MiB")
}

pub(super) fn key(text: &str, at: Span) -> Spent {
    allow(text.len() <= MAX_KEY, at, "the file has a key of more than 1,024 bytes")
}

fn allow(fits: bool, at: Span, what: &str) -> Spent {
    if fits { Ok(()) } else { Err(Box::new(too_large(at, what))) }
}

fn too_large(at: Span, what: &str) -> Diagnostic {
    Diagnostic::error("too-large", at, what)
        .help("a cloud of this size is more likely a mistake; split it or write it out")
}

/// What a value costs. No value is deeper than [`MAX_DEPTH`], so this is not, either.
pub(super) fn weigh(node: &Node) -> Weight {
    let leaf = |bytes| Weight { values: 1, bytes, height: 0 };
    match &node.kind {
        NodeKind::List(items) => items.iter().map(|item| (0, weigh(item))).fold(leaf(0), Weight::with),
        NodeKind::Map(entries) => {
            entries.iter().map(|entry| (entry.key.len(), weigh(&entry.value))).fold(leaf(0), Weight::with)
        }
        NodeKind::String(text) => leaf(text.len()),
        _ => leaf(4),
    }
    .around(matches!(node.kind, NodeKind::List(_) | NodeKind::Map(_)))
}

impl Weight {
    fn with(self, (key, child): (usize, Self)) -> Self {
        Self {
            values: self.values + child.values,
            bytes: self.bytes + key + child.bytes,
            height: self.height.max(child.height),
        }
    }

    const fn around(mut self, collection: bool) -> Self {
        if collection {
            self.height += 1;
        }
        self
    }
}
