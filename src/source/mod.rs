//! Where text comes from: files with an identity, byte spans into them, and line/column on demand.
//!
//! Every later stage speaks in [`Span`]s; lines and columns are computed only when something is printed.

mod beside;
mod discover;
mod lock;
mod noted;
mod stamp;

pub use beside::{Beside, Folder, FolderEntry, read_all};
pub use discover::{Discovered, MAX_BYTES, discover, entries, find, is_cloud_name, is_file, read, text};
pub use lock::{lock_path, read_lock};
pub use noted::{Noted, Question, digest};
pub use stamp::{Stamp, entry_places, stamp};

use serde_json::{Value, json};

/// A file of this compilation, by index into [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A range of bytes in one file, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub const fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start, end }
    }

    /// The smallest span that covers both; both must be in the same file.
    #[must_use]
    pub const fn to(self, other: Self) -> Self {
        Self {
            file: self.file,
            start: if self.start < other.start { self.start } else { other.start },
            end: if self.end > other.end { self.end } else { other.end },
        }
    }
}

/// A place counted for people: lines and columns from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumn {
    pub line: usize,
    pub column: usize,
}

impl LineColumn {
    /// As every JSON output says it, with the offset in bytes that it stands for.
    pub fn to_json(self, offset: usize) -> Value {
        json!({"line": self.line, "column": self.column, "offset": offset})
    }
}

/// One text with its name and the offsets of its lines.
#[derive(Debug, Clone)]
pub struct File {
    /// As shown in diagnostics: a path as the user gave it, or `<stdlib>/...`.
    pub name: String,
    pub text: String,
    line_starts: Vec<usize>,
}

impl File {
    /// The zero-based line that holds a byte offset.
    pub fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Byte offset of a zero-based line; the end of the text past the last one.
    pub fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line).copied().unwrap_or(self.text.len())
    }

    pub fn line_column(&self, offset: usize) -> LineColumn {
        let offset = offset.min(self.text.len());
        let line = self.line_of(offset);
        let column = self.text.get(self.line_start(line)..offset).map_or(0, |before| before.chars().count());
        LineColumn { line: line + 1, column: column + 1 }
    }
}

/// All files of a compilation.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<File>,
}

impl Sources {
    /// Takes a text in; its identity stays valid for the life of `self`.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let text = text.into();
        // Counted first: a file may be nothing but line breaks.
        let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
        let mut line_starts = Vec::with_capacity(breaks + 1);
        line_starts.push(0);
        line_starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        self.files.push(File { name: name.into(), text, line_starts });
        FileId(u32::try_from(self.files.len() - 1).expect("fewer than 2^32 files"))
    }

    pub fn get(&self, file: FileId) -> &File {
        &self.files[file.0 as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.start..span.end).unwrap_or_default()
    }
}
