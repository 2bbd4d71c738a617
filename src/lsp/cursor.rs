//! A place in a text that is being typed -> where in the cloud that is.
//!
//! The text at the cursor is hardly ever YAML yet, so the lines above it are read by their indentation and brackets alone, from the
//! nearest top-level key on: what is broken elsewhere does not matter.

use std::ops::Range;

use crate::syntax::{Path, Step};

/// What stands at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Of a key, its mapping; of a value, the value.
    pub place: Path,
    pub slot: Slot,
    /// The bytes of the word, also those behind the cursor.
    pub word: Range<usize>,
    /// Whether the word is inside of brackets.
    pub is_flow: bool,
}

/// What may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Key,
    Value,
    /// A value, or the first key of a mapping.
    Either,
}

/// Where the cursor is; none in comments, block scalars and behind other words.
pub(super) fn find(text: &str, offset: usize) -> Option<Cursor> {
    let of_word = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    let line = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line..offset];
    let start = line + before.trim_end_matches(of_word).len();
    let behind = &text[offset..];
    let end = offset + behind.find(|c| !of_word(c)).unwrap_or(behind.len());

    let mut reader = Reader::default();
    for above in text[section(text, line)..line].lines() {
        reader.line(above);
    }
    let prefix = &text[line..start];
    let at = reader.last_line(prefix)?;
    let (place, slot) = reader.slot(at)?;
    Some(Cursor { place, slot, word: start..end, is_flow: reader.is_flow() })
}

/// The start of the top-level key that a line belongs to.
fn section(text: &str, line: usize) -> usize {
    let is_key = |at: &usize| text[*at..].starts_with(|c: char| c.is_alphanumeric() || c == '"' || c == '\'');
    let starts = text[..line].rmatch_indices('\n').skip(1).map(|(at, _)| at + 1);
    starts.chain([0]).find(is_key).unwrap_or(0)
}

#[derive(Debug)]
enum Frame {
    Map {
        indent: usize,
        key: String,
    },
    List {
        indent: usize,
        index: usize,
    },
    /// `key` once its colon has come.
    FlowMap {
        key: Option<String>,
    },
    FlowList {
        index: usize,
    },
}

impl Frame {
    const fn indent(&self) -> usize {
        match self {
            Self::Map { indent, .. } | Self::List { indent, .. } => *indent,
            Self::FlowMap { .. } | Self::FlowList { .. } => 0,
        }
    }
}

/// What a line ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Nothing but spaces up to this column.
    Fresh(usize),
    /// A dash.
    Item,
    /// The colon of a key.
    Value,
    /// Brackets that are open.
    Flow,
    /// A comment, text, brackets that are closed.
    Elsewhere,
}

#[derive(Debug, Default)]
struct Reader {
    frames: Vec<Frame>,
    /// The indentation of what owns a block scalar, while its lines last.
    scalar: Option<usize>,
    /// What stands in brackets since the last comma or colon.
    token: String,
}

impl Reader {
    fn is_flow(&self) -> bool {
        matches!(self.frames.last(), Some(Frame::FlowMap { .. } | Frame::FlowList { .. }))
    }

    fn line(&mut self, line: &str) {
        let content = line.trim_start_matches(' ');
        if !self.is_flow() && (content.trim().is_empty() || content.starts_with('#')) {
            return;
        }
        self.read(line);
    }

    /// The line of the cursor, up to its word.
    fn last_line(&mut self, prefix: &str) -> Option<At> {
        match self.read(prefix) {
            At::Elsewhere => None,
            at => Some(at),
        }
    }

    fn read(&mut self, line: &str) -> At {
        if self.is_flow() {
            return self.flow(line);
        }
        let mut column = line.len() - line.trim_start_matches(' ').len();
        if self.scalar.is_some_and(|owner| column > owner) {
            return At::Elsewhere;
        }
        self.scalar = None;
        let mut dash = false;
        while line[column..].starts_with("- ") || &line[column..] == "-" {
            self.item(column);
            dash = true;
            let rest = &line[column + 1..];
            column = line.len() - rest.trim_start_matches(' ').len();
        }
        let rest = &line[column..];
        if rest.is_empty() {
            return if dash { At::Item } else { At::Fresh(column) };
        }
        if rest.starts_with('#') {
            return At::Elsewhere;
        }
        let Some((key, value)) = split_key(rest) else {
            return if rest.starts_with(['{', '[']) { self.flow(rest) } else { At::Elsewhere };
        };
        self.settle(column, false);
        match self.frames.last_mut() {
            Some(Frame::Map { indent, key: last }) if *indent == column => key.clone_into(last),
            _ => self.frames.push(Frame::Map { indent: column, key: key.to_owned() }),
        }
        self.value(value.trim_start(), column)
    }

    fn value(&mut self, value: &str, column: usize) -> At {
        match value.chars().next() {
            None => At::Value,
            Some('&' | '!') => {
                let rest = value.split_once(' ').map_or("", |(_, rest)| rest);
                self.value(rest.trim_start(), column)
            }
            Some('|' | '>') => {
                self.scalar = Some(column);
                At::Elsewhere
            }
            Some('{' | '[') => self.flow(value),
            Some('"' | '\'') if value.len() == 1 => At::Value,
            _ => At::Elsewhere,
        }
    }

    /// Leaves what a line at a column does not belong to.
    fn settle(&mut self, column: usize, dash: bool) {
        while let Some(frame) = self.frames.last() {
            let ended = matches!(frame, Frame::List { .. }) && !dash && frame.indent() == column;
            if frame.indent() <= column && !ended {
                break;
            }
            self.frames.pop();
        }
    }

    fn item(&mut self, column: usize) {
        self.settle(column, true);
        match self.frames.last_mut() {
            Some(Frame::List { indent, index }) if *indent == column => *index += 1,
            _ => self.frames.push(Frame::List { indent: column, index: 0 }),
        }
    }

    fn flow(&mut self, line: &str) -> At {
        let mut quote = None;
        let mut last = ' ';
        let mut characters = line.chars().peekable();
        while let Some(c) = characters.next() {
            match (c, quote) {
                (c, Some(open)) if c == open => quote = None,
                ('"' | '\'', None) => quote = Some(c),
                ('#', None) if last == ' ' => return At::Elsewhere,
                ('{', None) => self.open(Frame::FlowMap { key: None }),
                ('[', None) => self.open(Frame::FlowList { index: 0 }),
                ('}' | ']', None) => {
                    self.token.clear();
                    self.frames.pop();
                    if !self.is_flow() {
                        return At::Elsewhere;
                    }
                    // What was closed stands where a word would.
                    self.token.push(c);
                }
                (',', None) => {
                    self.token.clear();
                    match self.frames.last_mut() {
                        Some(Frame::FlowMap { key }) => *key = None,
                        Some(Frame::FlowList { index }) => *index += 1,
                        _ => {}
                    }
                }
                (':', None) if characters.peek().is_none_or(|next| " ,}{[\"'".contains(*next)) => {
                    if let Some(Frame::FlowMap { key }) = self.frames.last_mut() {
                        *key = Some(self.token.trim().to_owned());
                    }
                    self.token.clear();
                }
                (c, _) => self.token.push(c),
            }
            last = c;
        }
        At::Flow
    }

    fn open(&mut self, frame: Frame) {
        self.token.clear();
        self.frames.push(frame);
    }

    fn slot(&mut self, at: At) -> Option<(Path, Slot)> {
        match at {
            At::Elsewhere => None,
            At::Value => Some((self.path(), Slot::Value)),
            At::Item => Some((self.path(), Slot::Either)),
            At::Flow if !self.token.trim().is_empty() => None,
            At::Flow => Some(match self.frames.last() {
                Some(Frame::FlowMap { key: None }) => (self.path(), Slot::Key),
                Some(Frame::FlowList { .. }) => (self.path(), Slot::Either),
                _ => (self.path(), Slot::Value),
            }),
            At::Fresh(column) => {
                self.settle(column, false);
                match self.frames.last() {
                    Some(Frame::Map { indent, .. }) if *indent == column => {
                        self.frames.pop();
                        Some((self.path(), Slot::Key))
                    }
                    None if column > 0 => None,
                    None => Some((Path::root(), Slot::Key)),
                    Some(_) => Some((self.path(), Slot::Either)),
                }
            }
        }
    }

    fn path(&self) -> Path {
        let step = |frame: &Frame| match frame {
            Frame::Map { key, .. } | Frame::FlowMap { key: Some(key) } => Some(Step::Key(key.clone())),
            Frame::List { index, .. } | Frame::FlowList { index } => Some(Step::Index(*index)),
            Frame::FlowMap { key: None } => None,
        };
        self.frames.iter().filter_map(step).collect::<Vec<_>>().into()
    }
}

/// `key: rest`, with the key as it is meant.
fn split_key(text: &str) -> Option<(&str, &str)> {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let (key, rest) = text[1..].split_once(quote)?;
        return Some((key, rest.strip_prefix(':')?));
    }
    if text.starts_with(['{', '[']) {
        return None;
    }
    let colon = text.match_indices(':').map(|(at, _)| at);
    let at = colon.into_iter().find(|at| matches!(text.as_bytes().get(at + 1), None | Some(b' ')))?;
    Some((text[..at].trim_end(), &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::{Slot, find};

    /// `^` is the cursor.
    fn at(text: &str) -> Option<(String, Slot, String)> {
        let offset = text.find('^').unwrap();
        let text = text.replacen('^', "", 1);
        find(&text, offset).map(|cursor| (cursor.place.to_string(), cursor.slot, text[cursor.word].to_owned()))
    }

    fn is(text: &str, place: &str, slot: Slot, word: &str) {
        assert_eq!(at(text), Some((place.to_owned(), slot, word.to_owned())), "{text}");
    }

    #[test]
    fn blocks_are_read_by_indentation() {
        is("no^", "", Slot::Key, "no");
        is("a: {\nnodes:\n  a:\n    role: worker\n    cl^", "nodes.a", Slot::Key, "cl");
        is("nodes:\n  a:\n    role: wo^rk\n", "nodes.a.role", Slot::Value, "work");
        is("nodes:\n  a:\n    role: ^", "nodes.a.role", Slot::Value, "");
        is("nodes:\n  a:\n    ^\n  b: {}", "nodes.a", Slot::Either, "");
        is("nodes:\n  a:\n    role: x\n  ^", "nodes", Slot::Key, "");
        is("nodes:\n  a:\n    extensions:\n    - x\n    - ^", "nodes.a.extensions[1]", Slot::Either, "");
        is("nodes:\n  a:\n    extensions:\n    - x\n    cl^", "nodes.a", Slot::Key, "cl");
        is("patches:\n  - at: x\n    me^", "patches[0]", Slot::Key, "me");
        is("x: 1\n\n^", "", Slot::Key, "");
        is("x:\n  \"a.b\":\n    c: ^", "x[\"a.b\"].c", Slot::Value, "");
        is("x:\n  mac: \"a:b:c\"\n  ^", "x", Slot::Key, "");
    }

    #[test]
    fn brackets_are_read_too() {
        is("nodes:\n  a: {class: x, ro^}", "nodes.a", Slot::Key, "ro");
        is("nodes:\n  a: {class: ^", "nodes.a.class", Slot::Value, "");
        is("nodes:\n  a: {class: x,\n    role: wo^", "nodes.a.role", Slot::Value, "wo");
        is("nodes:\n  a: {extensions: [a, b^]}", "nodes.a.extensions[1]", Slot::Either, "b");
        is("nodes:\n  a: {links: {lan: {x: 1}, ^", "nodes.a.links", Slot::Key, "");
        is("nodes:\n  a: {mac: \"1:2, 3\", ^", "nodes.a", Slot::Key, "");
        is("a:\n  - {b: 1}\n  - {^", "a[1]", Slot::Key, "");
    }

    #[test]
    fn where_nothing_is_to_be_said() {
        for text in ["# ^", "a: b # c^", "a: |\n  x^", "a:\n  b: >-\n    some\n    te^", "a: {b: c} ^", "a: b c^"] {
            assert_eq!(at(text), None, "{text}");
        }
        is("a:\n  b: |\n    x: y\n  c^", "a", Slot::Key, "c");
    }
}
