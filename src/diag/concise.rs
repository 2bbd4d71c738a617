//! One line per finding, for editors and pipes.

use crate::diag::Diagnostics;
use crate::source::Sources;

pub(super) fn render(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let mut out = String::new();
    for d in diagnostics.sorted() {
        let file = sources.get(d.span.file);
        let at = file.line_column(d.span.start);
        out.push_str(&format!(
            "{}:{}:{}: {}[{}]: {}\n",
            file.name,
            at.line,
            at.column,
            d.severity.as_str(),
            d.rule,
            d.message
        ));
    }
    out
}
