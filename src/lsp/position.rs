//! Bytes <-> lines and columns as the protocol counts them: UTF-16 units, unless the editor takes bytes.

use gen_lsp_types::{Position, PositionEncodingKind, Range};
use serde_json::Value;

use crate::source::{File, Span};

/// How columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16,
}

impl Encoding {
    /// Bytes when the editor offers them; UTF-16 is what every editor has.
    pub fn negotiated(parameters: &Value) -> Self {
        let offered = parameters.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
        let bytes = offered.into_iter().flatten().any(|encoding| encoding == "utf-8");
        if bytes { Self::Utf8 } else { Self::Utf16 }
    }

    pub const fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    /// The place of a byte; inside of a character, that of the character.
    pub fn position(self, file: &File, offset: usize) -> Position {
        let offset = file.text.floor_char_boundary(offset);
        let line = file.line_of(offset);
        let before = file.text.get(file.line_start(line)..offset).unwrap_or_default();
        let width = match self {
            Self::Utf8 => before.len(),
            Self::Utf16 => before.encode_utf16().count(),
        };
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Position { line: number(line), character: number(width) }
    }

    /// The byte of a place; past the end of a line, its end.
    pub fn offset(self, file: &File, position: Position) -> usize {
        let number = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let start = file.line_start(number(position.line));
        let rest = &file.text[start..];
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut left = number(position.character);
        for (at, character) in line.char_indices() {
            let width = match self {
                Self::Utf8 => character.len_utf8(),
                Self::Utf16 => character.len_utf16(),
            };
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + line.len()
    }

    pub fn range(self, file: &File, span: Span) -> Range {
        let end = file.text.ceil_char_boundary(span.end.min(file.text.len())).max(span.start);
        Range { start: self.position(file, span.start), end: self.position(file, end) }
    }
}

#[cfg(test)]
mod tests {
    use gen_lsp_types::Position;

    use super::Encoding;
    use crate::source::Sources;

    #[test]
    fn every_character_has_its_place_and_back() {
        let mut sources = Sources::default();
        let id = sources.add("a", "a: é\r\nb: 😀 x # 日本\n\nlast");
        let file = sources.get(id);
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (at, character) in file.text.char_indices().filter(|(_, c)| !matches!(c, '\n' | '\r')) {
                let there = encoding.position(file, at);
                assert_eq!(encoding.offset(file, there), at, "{encoding:?} {character}");
            }
            let end = encoding.offset(file, Position { line: 0, character: 99 });
            assert_eq!(&file.text[..end], "a: é");
            assert_eq!(encoding.offset(file, Position { line: 99, character: 0 }), file.text.len());
        }
        let x = file.text.find('x').unwrap();
        assert_eq!(Encoding::Utf16.position(file, x), Position { line: 1, character: 6 });
        assert_eq!(Encoding::Utf8.position(file, x), Position { line: 1, character: 8 });
    }
}
