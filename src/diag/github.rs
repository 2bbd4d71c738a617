//! Workflow commands of GitHub Actions: a line that its runner turns into an annotation beside the code.
//!
//! What must be escaped is the runner's own list (`actions/toolkit`, `packages/core/src/command.ts`): in a message `%` and line
//! breaks, in a property `:` and `,` too.

use super::place::{Region, story};
use crate::diag::Diagnostics;
use crate::source::Sources;

pub(super) fn render(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let mut out = String::new();
    for d in diagnostics.sorted() {
        let Region { start, end } = Region::of(d.span, sources);
        // Columns of a place of several lines make the runner drop them all, with a complaint.
        let columns = if start.line == end.line {
            format!(",col={},endLine={},endColumn={}", start.column, end.line, end.column)
        } else {
            format!(",endLine={}", end.line)
        };
        out.push_str(&format!(
            "::{} file={},line={}{columns},title={}::{}\n",
            d.severity.as_str(),
            property(&sources.get(d.span.file).name),
            start.line,
            property(d.rule),
            data(&story(d, sources)),
        ));
    }
    out
}

/// What else controls a terminal would control that of whoever reads the log.
fn data(text: &str) -> String {
    let text = text.replace(|c: char| c.is_control() && !matches!(c, '\r' | '\n' | '\t'), "\u{fffd}");
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
