//! Text for a terminal: headings, wrapped paragraphs, columns.
//!
//! The width is fixed, so that a page does not depend on where it is printed; what cannot be broken (an address, a digest)
//! may be longer.

use std::borrow::Cow;

/// Columns.
const WIDTH: usize = 80;

/// No column of names is wider; a longer name has its text on the next line.
const COLUMN: usize = 26;

/// A page as it is written, from top to bottom.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    color: bool,
}

impl Page {
    pub(super) fn new(color: bool) -> Self {
        Self { text: String::new(), color }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// A part with its name; it stands apart from what is above.
    pub(super) fn heading(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.blank();
        }
        let text = self.strong(text).into_owned();
        self.text.push_str(&text);
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A paragraph.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        self.hanging(indent, "", indent, text);
    }

    /// A paragraph behind its name; further lines stand two columns in.
    pub(super) fn item(&mut self, indent: usize, name: &str, text: &str) {
        self.hanging(indent, name, indent + 2, text);
    }

    /// Names in one column, what they are in the next.
    pub(super) fn rows<'r>(&mut self, indent: usize, rows: impl IntoIterator<Item = (&'r str, &'r str)> + Clone) {
        let names = rows.clone().into_iter().map(|(name, _)| name.chars().count());
        let column = names.filter(|width| *width <= COLUMN).max().unwrap_or_default();
        for (name, text) in rows {
            if name.chars().count() > column {
                self.line(indent, name);
                self.line(indent + column + 2, text);
            } else {
                self.hanging(indent, &format!("{name:column$} "), indent + column + 2, text);
            }
        }
    }

    /// A condition as the entry writes it.
    pub(super) fn when(&mut self, indent: usize, condition: Option<&str>) {
        if let Some(condition) = condition {
            self.item(indent, "when:", condition);
        }
    }

    /// Lines as they are.
    pub(super) fn verbatim(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            self.text.push_str(format!("{:indent$}{line}", "").trim_end());
            self.text.push('\n');
        }
    }

    /// `name` at `indent`, then the words, with every further line at `further`.
    fn hanging(&mut self, indent: usize, name: &str, further: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        let name_shown = self.strong(name).into_owned();
        self.text.push_str(&name_shown);
        let mut column = indent + name.chars().count();
        let mut fresh = name.is_empty();
        for word in text.split_whitespace() {
            let width = word.chars().count();
            // What is too long for any line stays beside its name.
            let alone = column == indent + name.chars().count() && further + width > WIDTH;
            if !fresh && !alone && column + 1 + width > WIDTH {
                self.text.push('\n');
                self.text.push_str(&" ".repeat(further));
                column = further;
                fresh = true;
            }
            if !fresh {
                self.text.push(' ');
                column += 1;
            }
            self.text.push_str(word);
            column += width;
            fresh = false;
        }
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }

    fn strong<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.color && !text.is_empty() { Cow::Owned(format!("\x1b[1m{text}\x1b[0m")) } else { Cow::Borrowed(text) }
    }
}

/// Up to the end of the first sentence.
pub(super) fn first_sentence(text: &str) -> &str {
    let ends = text.match_indices(". ").map(|(at, _)| at + 1).chain(text.find('\n'));
    &text[..ends.min().unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::{Page, first_sentence};

    #[test]
    fn lines_end_at_the_width_and_hang() {
        let mut page = Page::new(false);
        page.item(2, "when:", &"condition and ".repeat(10));
        page.rows(0, [("a", "short"), ("a-name-that-no-column-should-be-for", "beside nothing")]);
        let text = page.into_text();
        assert!(text.lines().all(|line| line.len() <= 80 && line.trim_end() == line), "{text}");
        assert!(text.starts_with("  when: condition and"), "{text}");
        assert!(text.contains("\n    condition"), "{text}");
        assert!(text.ends_with("a  short\na-name-that-no-column-should-be-for\n   beside nothing\n"), "{text}");
    }

    #[test]
    fn a_sentence_ends_before_a_space() {
        assert_eq!(first_sentence("Of v1.2 only. Not this."), "Of v1.2 only.");
        assert_eq!(first_sentence("All of it"), "All of it");
        assert_eq!(first_sentence("One line\nand another"), "One line");
    }
}
