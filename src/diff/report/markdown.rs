//! For a comment on a pull request: what happens as a table, the lines folded below, all of it within the size that a comment may
//! have.

use super::{Input, summary, unified};
use crate::diff::{Change, Diff};

/// Room for the sentence that says what was cut, and for what closes the blocks.
const CLOSING: usize = 400;

pub(super) fn render(diff: &Diff, input: &Input<'_>) -> String {
    if diff.is_empty() {
        return "**cloudc diff**: nothing changes\n".to_owned();
    }
    let budget = input.max_bytes.saturating_sub(CLOSING);
    let mut text = format!("**cloudc diff**: {}\n\n", summary::headline(diff));
    text.push_str("| effect | on | because of | note |\n|---|---|---|---|\n");
    let mut left_out = 0;
    // Should not everything fit, the worst does.
    let mut changes: Vec<&Change> = diff.changes.iter().collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.label));
    for change in changes {
        let row = row(change, input);
        if text.len() + row.len() > budget {
            left_out += 1;
        } else {
            text.push_str(&row);
        }
    }
    if left_out > 0 {
        text.push_str(&format!("\n{left_out} more effects do not fit into this comment; `cloudc diff` shows them.\n"));
        return text;
    }
    let files = unified::paths(diff);
    text.push_str(&format!("\n<details><summary>{} files</summary>\n", files.len()));
    let mut left_out = 0;
    for path in files {
        let lines = unified::file(path, input);
        let fence = fence(&lines);
        let block = format!("\n{fence}diff\n{lines}{fence}\n");
        if left_out > 0 || text.len() + block.len() > budget {
            left_out += 1;
        } else {
            text.push_str(&block);
        }
    }
    if left_out > 0 {
        let noun = if left_out == 1 { "file does" } else { "files do" };
        text.push_str(&format!("\n{left_out} more {noun} not fit into this comment; `cloudc diff` shows them.\n"));
    }
    text.push_str("\n</details>\n");
    text
}

fn row(change: &Change, input: &Input<'_>) -> String {
    let note = change.note.as_deref().unwrap_or_default();
    let cells = [
        format!("`{}`", change.label.as_str()),
        escaped(&summary::targets(change)),
        escaped(&summary::cause(&change.cause, input)),
        escaped(note),
    ];
    format!("| {} |\n", cells.join(" | "))
}

/// Text that stays text in a table.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' => {
                out.push('\\');
                out.push(c);
            }
            // A name with an @ is nobody who should be told.
            '@' => out.push_str("@\u{200b}"),
            c => out.push(c),
        }
    }
    out
}

/// A fence that no line of the text closes.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}
