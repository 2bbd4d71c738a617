//! Where a finding is and what it says, as formats for machines share them.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::Diagnostic;
use crate::source::{LineColumn, Sources, Span};

/// A span, counted for people; the end is exclusive and never before the start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region {
    pub start: LineColumn,
    pub end: LineColumn,
}

impl Region {
    /// On character boundaries inside the text: a wrong span must not cost the user the place.
    pub fn of(span: Span, sources: &Sources) -> Self {
        let file = sources.get(span.file);
        let start = file.text.floor_char_boundary(span.start);
        let end = file.text.ceil_char_boundary(span.end).max(start);
        Self { start: file.line_column(start), end: file.line_column(end) }
    }
}

/// All that a finding says beside where it is, a line for each thing.
pub(super) fn story(d: &Diagnostic, sources: &Sources) -> String {
    let mut lines = vec![d.message.clone()];
    lines.extend((!d.note.is_empty()).then(|| d.note.clone()));
    for label in &d.labels {
        let at = Region::of(label.span, sources).start;
        let file = &sources.get(label.span.file).name;
        lines.push(format!("{file}:{}:{}: {}", at.line, at.column, label.message).trim_end_matches(": ").to_owned());
    }
    lines.extend(d.help.as_ref().map(|help| format!("help: {help}")));
    lines.join("\n")
}

/// Names findings from run to run. They keep their names while lines move: a name is of the file, the rule and the message, and only
/// of several that say the same in one file, of their order.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    seen: BTreeMap<[u8; 32], usize>,
}

impl Fingerprints {
    /// 32 hexadecimal digits, another one for each finding.
    pub fn next(&mut self, d: &Diagnostic, sources: &Sources) -> String {
        let parts = [&sources.get(d.span.file).name, d.rule, &d.message].map(str::to_owned);
        let same = self.seen.entry(Sha256::digest(parts.join("\0")).into()).or_default();
        *same += 1;
        let digest = Sha256::digest(format!("{}\0{same}", parts.join("\0")));
        let half = digest.first_chunk().expect("a digest of SHA-256 has 32 bytes");
        format!("{:032x}", u128::from_be_bytes(*half))
    }
}
