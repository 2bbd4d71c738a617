//! The one YAML writer: ordered JSON values to text that every YAML 1.1 and 1.2 reader understands alike.
//!
//! Quoting follows what kubectl (go-yaml v2 line), kustomize (v3 line), `PyYAML`, ruamel and js-yaml each take for a plain
//! string: a scalar stays plain only when all of them read the same string back.

use serde_json::{Map, Value};

/// Documents separated by `---`; a comment line per entry of `header` stands above the first.
pub fn write_documents<'a>(header: &[String], documents: impl IntoIterator<Item = &'a Value>) -> String {
    let mut out = String::new();
    for line in header {
        out.push_str(if line.is_empty() { "#" } else { "# " });
        out.push_str(line);
        out.push('\n');
    }
    for (index, document) in documents.into_iter().enumerate() {
        if index > 0 {
            out.push_str("---\n");
        }
        write_document(&mut out, document);
    }
    out
}

/// One document without header.
pub fn to_yaml(document: &Value) -> String {
    let mut out = String::new();
    write_document(&mut out, document);
    out
}

fn write_document(out: &mut String, document: &Value) {
    match document {
        Value::Object(map) if !map.is_empty() => write_map(out, map, 0, true),
        Value::Array(items) if !items.is_empty() => write_list(out, items, 0, true),
        // Readers disagree on the indentation of a block at the top.
        Value::String(text) => {
            write_string(out, text, None);
            out.push('\n');
        }
        scalar => {
            write_scalar(out, scalar, 0);
            out.push('\n');
        }
    }
}

/// `inline` is true when the cursor already stands where the first key goes.
fn write_map(out: &mut String, map: &Map<String, Value>, indent: usize, inline: bool) {
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 || !inline {
            pad(out, indent);
        }
        // A key without `?` must end within 1024 characters.
        let long = key.len() > 1000;
        out.push_str(if long { "? " } else { "" });
        write_string(out, key, None);
        if long {
            out.push('\n');
            pad(out, indent);
        }
        out.push(':');
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                write_map(out, inner, indent + 2, false);
            }
            // Items stand at the parent's indentation, as kubectl prints them.
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                write_list(out, items, indent, false);
            }
            scalar => {
                out.push(' ');
                write_scalar(out, scalar, indent + 2);
                out.push('\n');
            }
        }
    }
}

fn write_list(out: &mut String, items: &[Value], indent: usize, inline: bool) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 || !inline {
            pad(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => write_map(out, map, indent + 2, true),
            Value::Array(inner) if !inner.is_empty() => write_list(out, inner, indent + 2, true),
            scalar => {
                write_scalar(out, scalar, indent + 2);
                out.push('\n');
            }
        }
    }
}

fn write_scalar(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&plain_number(&number.to_string())),
        Value::String(text) => write_string(out, text, Some(indent)),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

/// A float with an exponent needs a dot and a sign, or YAML 1.1 readers take it for a string.
fn plain_number(number: &str) -> String {
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else {
        return number.to_owned();
    };
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{dot}e{sign}{exponent}")
}

/// `block` is the indentation of a literal block; `None` where a block cannot stand (keys).
fn write_string(out: &mut String, text: &str, block: Option<usize>) {
    match block {
        _ if is_plain(text) => out.push_str(text),
        Some(indent) if text.contains('\n') && is_block_safe(text) => write_block(out, text, indent),
        _ => write_quoted(out, text),
    }
}

fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(&first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    bytes.len() <= 1000
        && (first.is_ascii_alphanumeric() || b"_/.()^$+\\;".contains(&first))
        && !matches!(last, b':' | b' ')
        && bytes.iter().all(|byte| is_plain_byte(*byte))
        && !bytes.windows(2).any(|pair| pair == b": ")
        && !is_ambiguous(text)
}

/// Inside a flow collection of another tool the others would end the scalar.
const fn is_plain_byte(byte: u8) -> bool {
    let ends = matches!(
        byte,
        b'{' | b'}' | b'[' | b']' | b',' | b'"' | b'\'' | b'`' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@' | b'#'
    );
    (byte.is_ascii_graphic() || byte == b' ') && !ends
}

/// Whether some reader takes the plain text for something else than a string.
fn is_ambiguous(text: &str) -> bool {
    const WORDS: [&str; 14] =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", ".nan", ".inf", "-.inf", "+.inf"];
    let first = text.as_bytes().first().copied().unwrap_or_default();
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || (first.is_ascii_digit() || b".+-".contains(&first))
            && text.bytes().all(|b| b.is_ascii_hexdigit() || b"._:-+xoXOTZtz ".contains(&b))
        || (first == b'e' || first == b'E') && text.bytes().skip(1).all(|b| b.is_ascii_digit() || b"_+.-".contains(&b))
        || text.starts_with("---")
        || text.starts_with("...")
}

fn is_block_safe(text: &str) -> bool {
    !text.starts_with(['\n', '\t'])
        // Kept line breaks at the end of a file would not survive an editor, and a file ends with one line break.
        && !text.ends_with("\n\n")
        && text.chars().all(|c| {
            c == '\n'
                || c == '\t'
                || !c.is_control()
                    && !matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        })
        && text.lines().all(|line| !line.ends_with([' ', '\t']))
}

fn write_block(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with(' ') {
        out.push('2');
    }
    let body = text.strip_suffix('\n');
    if body.is_none() {
        out.push('-');
    }
    for line in body.unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
    }
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            c if c.is_control() && u32::from(c) < 0x100 => out.push_str(&format!("\\x{:02X}", u32::from(c))),
            '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}
