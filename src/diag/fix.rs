//! What a finding would have written instead: said where the finding is made, for `lint --fix` and editors alike.
//!
//! A fix speaks of places and names; what that is in bytes is found out here, from the text: quotes stay as they are, and whatever stands around
//! an entry that goes stays too, comments above all.

use serde_json::{Value, json};

use super::place::Region;
use crate::source::{Sources, Span};
use crate::syntax::plain;

/// Whether a fix may be made without looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// The text could not be compiled and can be read in one way only, or what is emitted stays the same.
    Safe,
    /// A guess of what was meant.
    Unsafe,
}

/// Changes of a text that end a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What is done, as a short lower-case order.
    pub title: String,
    pub applicability: Applicability,
    edits: Vec<Edit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Edit {
    /// The scalar there is another one, if it is still what it is taken for.
    Scalar { at: Span, from: String, to: String },
    /// The bytes there are others.
    Text { at: Span, to: String },
    /// What stands there is what stands elsewhere.
    Copy { at: Span, from: Span },
    /// The entry of a mapping or the item of a list goes; the span is all of it, its key included.
    Gone { at: Span },
}

/// Bytes to write in place of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    pub at: Span,
    pub text: String,
}

impl Applicability {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

impl Fix {
    /// Writes another name where one stands.
    pub fn rename(at: Span, from: &str, to: &str) -> Self {
        let edit = Edit::Scalar { at, from: from.to_owned(), to: to.to_owned() };
        Self::of(format!("replace `{from}` with `{to}`"), edit)
    }

    /// Writes bytes where others stand.
    pub fn text(title: impl Into<String>, at: Span, to: impl Into<String>) -> Self {
        Self::of(title.into(), Edit::Text { at, to: to.into() })
    }

    /// Takes an entry of a mapping, or an item of a list, away.
    pub fn remove(title: impl Into<String>, at: Span) -> Self {
        Self::of(title.into(), Edit::Gone { at })
    }

    /// Writes two values in each other's place.
    pub fn swap(title: impl Into<String>, one: Span, other: Span) -> Self {
        let edits = vec![Edit::Copy { at: one, from: other }, Edit::Copy { at: other, from: one }];
        Self { title: title.into(), applicability: Applicability::Safe, edits }
    }

    fn of(title: String, edit: Edit) -> Self {
        Self { title, applicability: Applicability::Safe, edits: vec![edit] }
    }

    /// The same as a guess.
    #[must_use]
    pub fn guessed(self) -> Self {
        Self { applicability: Applicability::Unsafe, ..self }
    }

    pub const fn is_safe(&self) -> bool {
        matches!(self.applicability, Applicability::Safe)
    }

    /// What is written; nothing where the text does not allow it: an alias, a comment in the middle of what would go.
    pub fn replacements(&self, sources: &Sources) -> Option<Vec<Replacement>> {
        self.edits.iter().map(|edit| edit.replacement(sources)).collect()
    }

    /// As JSON outputs say it; null where nothing can be written.
    pub(super) fn to_json(&self, sources: &Sources) -> Value {
        let Some(replacements) = self.replacements(sources) else { return Value::Null };
        let edits = replacements.iter().map(|Replacement { at, text }| {
            let Region { start, end } = Region::of(*at, sources);
            json!({"start": start.to_json(at.start), "end": end.to_json(at.end), "text": text})
        });
        json!({"title": self.title, "applicability": self.applicability.as_str(), "edits": edits.collect::<Vec<_>>()})
    }
}

impl Edit {
    fn replacement(&self, sources: &Sources) -> Option<Replacement> {
        match self {
            Self::Scalar { at, from, to } => {
                let text = spelt(sources.text(*at), from, to)?;
                Some(Replacement { at: *at, text })
            }
            Self::Text { at, to } => Some(Replacement { at: *at, text: to.clone() }),
            Self::Copy { at, from } => Some(Replacement { at: *at, text: sources.text(*from).to_owned() }),
            Self::Gone { at } => {
                let text = &sources.get(at.file).text;
                // A block of text ends with the line.
                let at = Span::new(at.file, at.start, at.start + sources.text(*at).trim_end().len());
                let (start, end) = in_lines(text, at).or_else(|| in_brackets(text, at))?;
                Some(Replacement { at: Span::new(at.file, start, end), text: String::new() })
            }
        }
    }
}

/// A text in the quotes that another one has.
fn spelt(written: &str, from: &str, to: &str) -> Option<String> {
    // Escapes are rare in names, and are not ours to write again.
    match written.chars().next()? {
        quote @ ('"' | '\'') => {
            let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
            let as_is = inner == from && !to.contains([quote, '\\']) && !to.contains(char::is_control);
            as_is.then(|| format!("{quote}{to}{quote}"))
        }
        _ => (written == from).then(|| if plain(to) { to.to_owned() } else { json!(to).to_string() }),
    }
}

/// The lines of an entry or item that has them for itself. A comment behind it stays.
fn in_lines(text: &str, at: Span) -> Option<(usize, usize)> {
    let line = text[..at.start].rfind('\n').map_or(0, |end| end + 1);
    let before = text.get(line..at.start)?;
    let indent = before.len() - before.trim_start_matches(' ').len();
    if !matches!(before[indent..].trim_end(), "" | "-")
        || opened(&text[..line])
        || commented(text.get(at.start..at.end)?)
    {
        return None;
    }
    let rest = text[at.end..].split('\n').next().unwrap_or_default();
    match rest.trim() {
        "" => Some((line, (at.end + rest.len() + 1).min(text.len()))),
        said if said.starts_with('#') => Some((line + indent, at.end + rest.len() - rest.trim_start().len())),
        _ => None,
    }
}

/// An entry or item between brackets, with the comma that it does not need any more.
fn in_brackets(text: &str, at: Span) -> Option<(usize, usize)> {
    let (before, after) = (text.get(..at.start)?.trim_end(), text.get(at.end..)?);
    let next = after.trim_start();
    if !before.ends_with([',', '{', '['])
        || !next.starts_with([',', '}', ']'])
        || commented(text.get(at.start..at.end)?)
    {
        return None;
    }
    if let Some(before) = before.strip_suffix(',') {
        return Some((before.len(), at.end));
    }
    match next.strip_prefix(',') {
        Some(next) if !next.trim_start().starts_with('#') => Some((at.start, text.len() - next.trim_start().len())),
        Some(_) => None,
        None => Some((at.start, at.end)),
    }
}

/// Whether what comes next is between brackets.
fn opened(before: &str) -> bool {
    let said = before.trim_end().rsplit('\n').next().unwrap_or_default();
    said.ends_with([',', '{', '['])
}

/// Whether there may be a comment in a text.
fn commented(text: &str) -> bool {
    text.starts_with('#') || text.contains(" #") || text.contains("\n#") || text.contains("\t#")
}
