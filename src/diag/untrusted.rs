//! Texts of findings quote files that anybody may have written, and go to terminals and logs: what would steer those is made
//! visible, and what is endless is cut.

use super::Diagnostic;

/// Bytes; a list of all components is shorter.
const LONGEST: usize = 4000;

pub(super) fn visible(mut diagnostic: Diagnostic) -> Diagnostic {
    mend(&mut diagnostic.message, false);
    mend(&mut diagnostic.note, false);
    diagnostic.labels.iter_mut().for_each(|label| mend(&mut label.message, false));
    if let Some(help) = &mut diagnostic.help {
        mend(help, true);
    }
    diagnostic
}

fn mend(text: &mut String, has_lines: bool) {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push_str("...");
    }
    // Nearly all are fine as they are.
    let steers = |c: char| is_steering(c) && !(has_lines && c == '\n');
    if text.contains(steers) {
        let mut shown = String::new();
        for c in text.chars() {
            if steers(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
        }
        *text = shown;
    }
}

/// A sentence that names files, whoever gave them their names; its lines stay.
pub(crate) fn printable(text: &str) -> String {
    let mut text = text.to_owned();
    mend(&mut text, true);
    text
}

/// Control characters, and those that change the direction of text.
fn is_steering(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::mend;

    #[test]
    fn steering_characters_are_shown() {
        let mut text = "a\u{1b}[31m\nb\u{202e}c".to_owned();
        mend(&mut text, true);
        assert_eq!(text, "a\\u{1b}[31m\nb\\u{202e}c");
        mend(&mut text, false);
        assert_eq!(text, "a\\u{1b}[31m\\u{a}b\\u{202e}c");
    }

    #[test]
    fn endless_texts_are_cut() {
        let mut text = "\u{e4}".repeat(5000);
        mend(&mut text, true);
        assert_eq!(text.len(), 4003);
    }
}
