//! What a plain scalar means by the YAML 1.2 core schema: `no`, `on`, `0755`, `1_000` and `22:22` are strings or decimal
//! numbers, never booleans, octals or sexagesimals.

use serde_json::Number;

use super::NodeKind;

pub(super) fn resolve(text: &str) -> NodeKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return NodeKind::Null,
        "true" | "True" | "TRUE" => return NodeKind::Bool(true),
        "false" | "False" | "FALSE" => return NodeKind::Bool(false),
        _ => {}
    }
    number(text).map_or_else(|| NodeKind::String(text.to_owned()), NodeKind::Number)
}

/// Whether a text is itself without quotes, wherever it stands.
pub fn plain(text: &str) -> bool {
    let harmless = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    let begins = text.starts_with(|c: char| c.is_alphanumeric() || "/._".contains(c));
    begins && text.chars().all(harmless) && matches!(resolve(text), NodeKind::String(_))
}

fn number(text: &str) -> Option<Number> {
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, 8).then(|| i64::from_str_radix(octal, 8).ok()).flatten().map(Number::from);
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, 16).then(|| i64::from_str_radix(hex, 16).ok()).flatten().map(Number::from);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits(unsigned, 10) {
        let text = text.strip_prefix('+').unwrap_or(text);
        return text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok();
    }
    let float = is_float(unsigned).then(|| text.parse::<f64>().ok()).flatten()?;
    // JSON knows one kind of number, and `1e3` is as whole as `1000`.
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
    let whole = (float.fract() == 0.0 && float.abs() < 1e15).then_some(float as i64);
    whole.map(Number::from).or_else(|| Number::from_f64(float))
}

fn digits(text: &str, radix: u32) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_digit(radix))
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| !e.is_empty() && all_digits(e))
}
