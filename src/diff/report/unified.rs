//! The lines that are different, as `diff -u` writes them.

use similar::TextDiff;

use super::Input;
use crate::diff::Diff;

/// Lines around a change.
const CONTEXT: usize = 3;

pub(super) fn render(diff: &Diff, input: &Input<'_>) -> String {
    let mut text = String::new();
    for path in paths(diff) {
        text.push('\n');
        text.push_str(&file(path, input));
    }
    text
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
    let diff = TextDiff::from_lines(before, after);
    let unified = diff.unified_diff().context_radius(CONTEXT).header(&name(old, "a"), &name(new, "b")).to_string();
    unified.lines().map(|line| input.line(line) + "\n").collect()
}
