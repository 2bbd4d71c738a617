//! The lines that are different, as `diff -u` writes them.

use similar::TextDiff;

use super::Input;
use crate::diff::Diff;
use crate::parallel;

/// Lines around a change.
const CONTEXT: usize = 3;

pub(super) fn render(diff: &Diff, input: &Input<'_>) -> String {
    parallel::map(paths(diff), |path| format!("\n{}", file(path, input))).concat()
}

/// Every file that is different, in order.
pub(super) fn paths(diff: &Diff) -> Vec<&String> {
    let mut paths: Vec<&String> = diff.added.iter().chain(&diff.changed).chain(&diff.removed).collect();
    paths.sort();
    paths
}

/// One file. A value that is redacted on both sides is marked as different all the same, without its text.
pub(super) fn file(path: &str, input: &Input<'_>) -> String {
    let (old, new) = (input.old.get(path), input.new.get(path));
    let name =
        |side: Option<&String>, prefix: &str| side.map_or("/dev/null".to_owned(), |_| format!("{prefix}/{path}"));
    let [before, after] = [old, new].map(|side| side.map(String::as_str).unwrap_or_default());
    let [shown_before, shown_after] = [before, after].map(|text| input.lines(path, text));
    let mut text = format!("--- {}\n+++ {}\n", name(old, "a"), name(new, "b"));
    // Compared as they are, printed as they may be shown.
    for hunk in TextDiff::from_lines(before, after).unified_diff().context_radius(CONTEXT).iter_hunks() {
        text.push_str(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            let line = match (change.old_index(), change.new_index()) {
                (_, Some(at)) => &shown_after[at],
                (Some(at), None) => &shown_before[at],
                (None, None) => continue,
            };
            text.push_str(&format!("{}{line}\n", change.tag()));
            if change.missing_newline() {
                text.push_str("\\ No newline at end of file\n");
            }
        }
    }
    text
}
