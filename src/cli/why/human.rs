//! Origins for people: where to look, and what stands there.

use super::Answer;
use crate::provenance::{Line, Origin};
use crate::syntax::{NodeKind, Path};

/// More origins than this are counted, not listed.
const LISTED: usize = 8;
/// A longer value is cut.
const VALUE: usize = 60;

/// One line with everything that it comes from.
pub(super) fn line(answer: &Answer<'_>, file: &str, lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&format!("{file}:{}: {}\n", line.number, answer.text(file, line).trim()));
        for place in &line.places {
            let shown = place.shown();
            if !shown.is_empty() {
                text.push_str(&format!("  {}, {shown}\n", place.object));
            }
        }
        for origin in &line.origins.direct {
            text.push_str(&format!("  {}\n", shown(answer, origin)));
        }
        let shaping: Vec<String> = shaping(line).map(|origin| shown(answer, origin)).collect();
        if !shaping.is_empty() {
            text.push_str("shaped by\n");
            let more = shaping.len().saturating_sub(LISTED);
            for origin in shaping.iter().take(LISTED) {
                text.push_str(&format!("  {origin}\n"));
            }
            if more > 0 {
                text.push_str(&format!("  and {more} more: --output-format json has all\n"));
            }
        }
    }
    text
}

/// A whole file: lines that come from the same stand together.
pub(super) fn file(answer: &Answer<'_>, file: &str, lines: &[Line]) -> String {
    let mut groups: Vec<(usize, usize, &[Origin])> = Vec::new();
    for line in lines {
        match groups.last_mut() {
            Some((_, last, origins)) if **origins == *line.origins.direct => *last = line.number,
            _ => groups.push((line.number, line.number, &line.origins.direct)),
        }
    }
    let range = |first: usize, last: usize| if first == last { first.to_string() } else { format!("{first}-{last}") };
    let width = groups.iter().map(|(first, last, _)| range(*first, *last).len()).max().unwrap_or_default();
    let mut text = format!("{file}\n");
    for (first, last, origins) in groups {
        let mut range = range(first, last);
        for origin in origins {
            text.push_str(&format!("  {range:>width$}  {}\n", shown(answer, origin)));
            range.clear();
        }
        if origins.is_empty() {
            text.push_str(&format!("  {range:>width$}  what stands below\n"));
        }
    }
    let mut shared: Vec<&Origin> = lines.first().into_iter().flat_map(shaping).collect();
    shared.retain(|origin| lines.iter().all(|line| line.origins.shaped_by.contains(origin)));
    if !shared.is_empty() {
        text.push_str("every line shaped by\n");
        let more = shared.len().saturating_sub(LISTED);
        for origin in shared.iter().take(LISTED) {
            text.push_str(&format!("  {}\n", shown(answer, origin)));
        }
        if more > 0 {
            text.push_str(&format!("  and {more} more: --output-format json has all\n"));
        }
    }
    text
}

/// What shapes a line and is written.
fn shaping(line: &Line) -> impl Iterator<Item = &Origin> {
    let written = |origin: &&Origin| !matches!(origin, Origin::Default(_) | Origin::Rule { .. });
    line.origins.shaped_by.iter().filter(written)
}

/// `cloud.yaml:88:7  tenants.acme.nodeGroups.md0.cpu: 8`
fn shown(answer: &Answer<'_>, origin: &Origin) -> String {
    match origin {
        Origin::Spec(path) => {
            let value = value(answer, path).map(|value| format!(": {value}")).unwrap_or_default();
            format!("{}  {path}{value}", place(answer, path))
        }
        Origin::Key(path) => format!("{}  {path}", place(answer, path)),
        Origin::Default(path) => format!("default  {path} is not written"),
        Origin::Need { component, reason, origin } => {
            format!("{}  {origin}: {component} asks for it: {reason}", place(answer, origin))
        }
        Origin::Catalog { file, what } => format!("{file}  {what}"),
        Origin::Lock { path } => format!("cloud.lock  {path}"),
        Origin::Rule { why } => format!("cloudc  {why}"),
    }
}

fn place(answer: &Answer<'_>, path: &Path) -> String {
    let document = &answer.compiled.document;
    let file = answer.sources.get(document.file);
    let at = file.line_column(document.key_span(path).start);
    format!("{}:{}:{}", file.name, at.line, at.column)
}

/// A short value, as it is written.
fn value(answer: &Answer<'_>, path: &Path) -> Option<String> {
    let node = answer.compiled.document.get(path)?;
    let text = match &node.kind {
        NodeKind::Map(_) => return None,
        NodeKind::String(text) if !text.contains('\n') => text.clone(),
        _ => node.to_json().to_string(),
    };
    Some(if text.chars().count() > VALUE {
        format!("{}...", text.chars().take(VALUE).collect::<String>())
    } else {
        text
    })
}
