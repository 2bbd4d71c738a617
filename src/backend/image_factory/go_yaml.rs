//! A string as one YAML scalar, byte for byte as go-yaml v3 and v4 write it in a block list.
//!
//! Only the Image Factory's canonical form needs this: its ID is a hash over such bytes. Everything that people read is
//! written by [`crate::backend::yaml`].

/// Source: go.yaml.in/yaml v4.0.0-rc.4, `internal/libyaml` (`stringv`, `resolve`, `analyzeScalar`). Text without line
/// breaks; a kernel argument or a name has none.
pub(super) fn scalar(text: &str) -> String {
    if text.is_empty() || reads_as_other(text) || text.chars().any(char::is_control) {
        double_quoted(text)
    } else if needs_quotes(text) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        text.to_owned()
    }
}

/// Whether the plain text would be taken for a boolean, null, number or date.
fn reads_as_other(text: &str) -> bool {
    const WORDS: [&str; 39] = [
        "true", "True", "TRUE", "false", "False", "FALSE", "~", "null", "Null", "NULL", ".nan", ".NaN", ".NAN", ".inf",
        ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", "y", "Y", "yes", "Yes", "YES", "on",
        "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF", "<<",
    ];
    WORDS.contains(&text) || is_number(text) || is_base_60(text) || is_date(text)
}

fn is_number(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return false;
    }
    let plain = text.replace('_', "");
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let radix = |prefix: [&str; 2], radix: u32| {
        let digits = prefix.iter().find_map(|prefix| unsigned.strip_prefix(prefix));
        digits.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)))
    };
    let decimal = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.contains(|c: char| c.is_ascii_digit())
        && unsigned.bytes().all(|b| b.is_ascii_digit() || b"eE.+-".contains(&b))
        && unsigned.parse::<f64>().is_ok();
    radix(["0x", "0X"], 16) || radix(["0o", "0O"], 8) || radix(["0b", "0B"], 2) || decimal
}

/// `190:20:30`, a number in YAML 1.1.
fn is_base_60(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = digits.split(':');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        && !rest.is_empty()
        && rest.iter().all(|part| part.parse::<u8>().is_ok_and(|n| n < 60) && part.len() <= 2)
}

/// `2026-01-31`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, max: u32| part.parse::<u32>().is_ok_and(|n| (1..=max).contains(&n));
    matches!(parts[..], [year, month, day]
        if year.len() == 4 && year.parse::<u32>().is_ok() && number(month, 12) && number(day, 31))
}

fn needs_quotes(text: &str) -> bool {
    text.starts_with(|c: char| "#,[]{}&*!|>'\"%@`".contains(c))
        || matches!(text.as_bytes(), [b'?' | b':' | b'-'] | [b'?' | b':' | b'-', b' ', ..])
        || text.starts_with("---")
        || text.starts_with("...")
        || text.contains(": ")
        || text.ends_with(':')
        || text.contains(" #")
        || text.starts_with(' ')
        || text.ends_with(' ')
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\x{:02X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::scalar;

    /// Each right-hand side was taken from `yaml.Marshal` of image-factory v1.4.0's schematic package.
    #[test]
    fn scalars_are_those_of_go_yaml() {
        for (text, expected) in [
            ("console=ttyS0,115200n8", "console=ttyS0,115200n8"),
            ("-console", "-console"),
            ("dyndbg=\"file drivers/usb/* +p\"", "dyndbg=\"file drivers/usb/* +p\""),
            ("quiet", "quiet"),
            ("y", "\"y\""),
            ("1", "\"1\""),
            ("0x1f", "\"0x1f\""),
            ("1.5e3", "\"1.5e3\""),
            ("12:30", "\"12:30\""),
            ("2026-01-31", "\"2026-01-31\""),
            ("!no", "'!no'"),
            ("*a'b", "'*a''b'"),
            ("a: b", "'a: b'"),
            ("a #b", "'a #b'"),
            ("-", "'-'"),
            ("", "\"\""),
            ("a\tb", "\"a\\tb\""),
            ("---x", "'---x'"),
            ("...", "'...'"),
            ("? a", "'? a'"),
            ("?a", "?a"),
            (":a", ":a"),
            ("x:", "'x:'"),
            ("1_000", "\"1_000\""),
            ("0b1", "\"0b1\""),
            ("0o7", "\"0o7\""),
            ("07", "\"07\""),
            ("08", "\"08\""),
            ("-0", "\"-0\""),
            ("+1", "\"+1\""),
            (".5", "\".5\""),
            ("5.", "\"5.\""),
            ("1e5", "\"1e5\""),
            ("<<", "\"<<\""),
            ("~a", "~a"),
            ("true1", "true1"),
            ("ö=1", "ö=1"),
            ("a\\b", "a\\b"),
            ("'x", "'''x'"),
            ("a\"b", "a\"b"),
            ("-1", "\"-1\""),
            ("- x", "'- x'"),
            ("@x", "'@x'"),
            ("%x", "'%x'"),
            ("{x}", "'{x}'"),
            ("[x", "'[x'"),
            ("1.2.3.4", "1.2.3.4"),
            ("0xzz", "0xzz"),
            ("1:2:3", "\"1:2:3\""),
            ("99:99", "99:99"),
            ("on", "\"on\""),
            ("null", "\"null\""),
            ("None", "None"),
            ("2026-1-2", "\"2026-1-2\""),
            ("12345678901234567890123", "\"12345678901234567890123\""),
            ("1-2", "1-2"),
            ("=x", "=x"),
            ("=", "="),
            ("a ,b", "a ,b"),
            ("0.", "\"0.\""),
            ("-.", "-."),
            ("+", "+"),
            (".", "."),
            ("e5", "e5"),
            ("1__0", "\"1__0\""),
            ("_1", "_1"),
            ("0x", "0x"),
            ("-0x1f", "\"-0x1f\""),
            ("0b2", "0b2"),
        ] {
            assert_eq!(scalar(text), expected);
        }
    }
}
