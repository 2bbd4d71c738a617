//! Two texts -> the start of a unified diff, for the message about a file that was edited by hand.

use std::time::Duration;

use similar::TextDiff;

/// Longer diffs are cut; the whole one is a matter of `git diff`.
const LINES: usize = 30;
const COLUMNS: usize = 160;
/// Larger files are not compared.
pub(super) const BYTES: u64 = 1024 * 1024;
/// After this the diff is coarser than it could be, which is fine for a message.
const TIMEOUT: Duration = Duration::from_millis(300);

/// `None` when one of the two is not text.
pub(super) fn unified(path: &str, found: &[u8], wanted: &[u8]) -> Option<String> {
    let (found, wanted) = (str::from_utf8(found).ok()?, str::from_utf8(wanted).ok()?);
    let diff = TextDiff::configure().timeout(TIMEOUT).diff_lines(found, wanted);
    let text = diff
        .unified_diff()
        .context_radius(2)
        .header(&format!("{path} (as it is)"), &format!("{path} (as cloudc writes it)"))
        .to_string();
    let total = text.lines().count();
    let mut out: String = text.lines().take(LINES).flat_map(|line| [printable(line), "\n".to_owned()]).collect();
    if total > LINES {
        out.push_str(&format!("... {} more lines\n", total - LINES));
    }
    Some(out)
}

/// The file may hold anything, and this goes to a terminal.
fn printable(line: &str) -> String {
    let mut out: String =
        line.chars().take(COLUMNS).map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
    if line.chars().nth(COLUMNS).is_some() {
        out.push_str("...");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn shows_what_would_change() {
        let diff = unified("a.yaml", b"a: 1\nb: 2\n", b"a: 1\nb: 3\n").unwrap();
        assert_eq!(
            diff,
            "--- a.yaml (as it is)\n+++ a.yaml (as cloudc writes it)\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n"
        );
    }

    #[test]
    fn is_short_and_safe_to_print() {
        let found = format!("{}\u{1b}[31m\n", "x".repeat(1000)).repeat(500);
        let diff = unified("a.yaml", found.as_bytes(), b"y\n").unwrap();
        assert!(diff.lines().count() <= 31 && diff.lines().all(|line| line.chars().count() < 200));
        assert!(unified("a.yaml", b"\x1b[31m", b"").unwrap().contains("-\u{fffd}[31m"));
        assert_eq!(unified("a.yaml", b"\xff", b""), None);
    }
}
