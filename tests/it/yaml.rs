//! The YAML writer: what it writes reads back equal, and no string that some reader would take for something else stands
//! without quotes.

use std::sync::LazyLock;

use cloudc::backend::yaml::{to_yaml, write_documents};
use granit_parser::{Event, Parser, ScalarStyle};
use proptest::prelude::*;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Number, Value, json};

/// Strings that YAML 1.1 or 1.2 readers, or their shortcuts, are known to trip over.
#[rustfmt::skip]
const NASTY: &[&str] = &[
    "", " ", "  ", "\t", "\n", "\n\n", "\r", "\r\n", "~", "null", "Null", "NULL", "nULL", "true", "True", "TRUE", "false",
    "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "y", "Y", "n", "N", "<<", "=", "-", "--",
    "---", "--- a", "...", "... a", ".", "..", "?", "? a", ":", ": a", "a:", "a: b", "a:b", "a :b", "- a", "-a", "#", "# a",
    "a #b", "a# b", "a#", "!", "!!str a", "&a", "*a", "|", "|-", ">", "%YAML 1.2", "%", "@a", "`a`", "[", "]", "[]", "{",
    "}", "{}", "{{ a }}", "a, b", ",", "'", "''", "\"", "\"\"", "it's", "say \"a\"", "\\", "a\\nb", "0", "-0", "+0", "00",
    "007", "08", "0o7", "0O7", "0b1", "0x1F", "0xg", "1_000", "1__0", "_1", "1_", "+1", "-1", "1e3", "1E3", "1e+3", "1.e+3",
    "1e", "e1", "1.0", "1.", ".1", "-.1", "+.1", "._1", ".e1", ".inf", ".Inf", ".INF", "-.inf", "+.inf", "inf", "Infinity",
    "nan", ".nan", ".NaN", ".NAN", "22:22", "1:2:3", "190:20:30.15", "-1:30", "12:30:45.5", "2001-12-14", "2001-1-1",
    "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "2001-12-14T21:59:43Z", "1.2.3", "1.2.3.4", "10.0.0.0/8",
    "v1.35.4", "52:54:00:12:34:56", "00:11:22:33:44:55", "fe80::1", "::1", "0.0.0.0/0", "1h30m", "10Mi", "1e3Gi", "12e03",
    "${a}", "$(a)", "a b", " a", "a ", "\ta", "a\t", "a\tb", "a\n", "a\n\n", "a\n\n\n", "\na", "\n a", " a\nb", "a\n b",
    "a\n\n b", "a \nb", "a\t\nb", "a\n\tb", "a\nb\n ", "a\n ", "a\n \nb", "---\na", "a\n---\nb", "a\n...\nb", "# a\nb",
    "a: b\nc: d", "- a\n- b\n", "a\r\nb", "a\rb", "\u{85}", "a\u{85}b", "\u{2028}", "a\u{2028}b\n", "\u{2029}", "\u{feff}",
    "\u{feff}a", "a\n\u{feff}b", "\u{0}", "\u{1}", "\u{7}", "\u{8}", "\u{b}", "\u{c}", "\u{1b}[31m", "\u{7f}", "\u{80}",
    "\u{9f}", "\u{a0}", "\u{a0}a", "a\u{a0}\nb", "\u{ad}", "\u{200b}", "\u{202e}", "\u{d7ff}", "\u{e000}", "\u{fffd}",
    "\u{fffe}", "\u{ffff}", "\u{10000}", "\u{1fffe}", "\u{10ffff}", "ä", "äöü: ß\n", "日本語", "🦀", "a\u{301}",
];

fn read(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).unwrap_or_else(|e| panic!("{e}:\n{text}")))
        .collect()
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (-20i64..20).prop_map(Number::from),
        any::<f64>().prop_filter_map("JSON has finite numbers only", Number::from_f64),
        (-300i32..300).prop_filter_map("finite", |e| Number::from_f64(10f64.powi(e))),
    ]
}

fn string() -> impl Strategy<Value = String> {
    let nasty = || proptest::sample::select(NASTY).prop_map(str::to_owned);
    prop_oneof![
        4 => nasty(),
        2 => proptest::collection::vec(nasty(), 0..6).prop_map(|parts| parts.concat()),
        2 => proptest::collection::vec(nasty(), 0..6).prop_map(|parts| parts.join("\n")),
        2 => "[0-9a-fxobTZtzeE_.:+ -]{0,12}",
        1 => "[ -~]{0,30}",
        1 => "[ -~\n]{0,60}",
        1 => any::<String>(),
        1 => "[a-z]{900,1100}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => number().prop_map(Value::Number),
        6 => string().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((string(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// What a reader that resolves plain scalars by YAML 1.1 (with `PyYAML`'s, go-yaml's and js-yaml's additions) or by the
/// YAML 1.2 core schema does not read as a string.
static NOT_A_STRING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^(?:
            | ~ | null
            | y | yes | n | no | true | false | on | off
            | [-+]? 0b [01_]+ | [-+]? 0o? [0-7_]+ | [-+]? 0x [0-9a-f_]+ | [-+]? [0-9] [0-9_,]*
            | [-+]? [0-9] [0-9_]* (?: : [0-5]?[0-9] )+ (?: \. [0-9_]* )?
            | [-+]? (?: [0-9] [0-9_]* )? \. [0-9_]* (?: e [-+]? [0-9]+ )?
            | [-+]? [0-9] [0-9_]* e [-+]? [0-9]+
            | [-+]? \. inf | \. nan
            | [0-9]{4} - [0-9][0-9]? - [0-9][0-9]? (?: (?: t | [\ \t]+ ) [0-9][0-9]? : [0-9]{2} : [0-9]{2}
                (?: \. [0-9]* )? (?: [\ \t]* (?: z | [-+] [0-9][0-9]? (?: : [0-9]{2} )? ) )? )?
            | << | =
        )$",
    )
    .expect("a constant pattern")
});

/// Every scalar of the text with its style, by a parser that knows events only, in document order.
fn scalars(text: &str) -> Vec<(String, ScalarStyle)> {
    Parser::new_from_str(text)
        .filter_map(|next| match next.unwrap_or_else(|e| panic!("{e}:\n{text}")).0 {
            Event::Scalar(value, style, ..) => Some((value.into_owned(), style)),
            _ => None,
        })
        .collect()
}

/// The scalars of a value in document order; `true` marks those that are strings.
fn leaves(value: &Value, out: &mut Vec<(String, bool)>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| {
            out.push((key.clone(), true));
            leaves(inner, out);
        }),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, out)),
        Value::String(text) => out.push((text.clone(), true)),
        other => out.push((other.to_string(), false)),
    }
}

fn check(documents: &[Value]) {
    let text = write_documents(&["cloud.yaml: nodes.a".to_owned(), String::new()], documents);
    assert!(
        text.starts_with("# cloud.yaml: nodes.a\n#\n") && text.ends_with('\n') && !text.ends_with("\n\n"),
        "{text}"
    );
    assert!(text.lines().all(|line| !line.ends_with([' ', '\t'])), "trailing space:\n{text}");
    assert_eq!(read(&text), documents, "{text}");

    let mut expected = Vec::new();
    for document in documents {
        leaves(document, &mut expected);
    }
    let found = scalars(&text);
    assert_eq!(found.len(), expected.len(), "{text}");
    for ((found, style), (expected, is_string)) in found.iter().zip(&expected) {
        let plain = *style == ScalarStyle::Plain;
        if *is_string {
            assert_eq!(found, expected, "{text}");
            assert!(!plain || !NOT_A_STRING.is_match(found), "{found:?} stands without quotes:\n{text}");
        } else {
            assert!(plain && NOT_A_STRING.is_match(found), "{found:?} is not read as {expected}:\n{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn what_is_written_reads_back_equal(documents in proptest::collection::vec(value(), 1..4)) {
        check(&documents);
    }
}

#[test]
fn every_nasty_string_reads_back_in_every_place() {
    for &text in NASTY {
        for document in [
            json!(text),
            json!([text]),
            json!([[text], text]),
            json!({"a": text}),
            json!({ text: text, "b": text }),
            json!({ text: { text: [text, { text: text }] } }),
            json!([{ text: text, "b": [text] }]),
        ] {
            check(&[document.clone(), document]);
        }
    }
}

#[test]
fn a_key_longer_than_an_implicit_key_may_be_is_explicit() {
    for length in [999, 1000, 1001, 1024, 5000] {
        let key = "k".repeat(length);
        check(&[json!({"a": {key.clone(): {"b": [1, {key.clone(): [key]}]}}})]);
    }
}

#[test]
fn the_style_is_the_one_that_kubectl_prints() {
    let document = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "labels": {}, "annotations": {"b/c": "true", "d": "1.2"}},
        "list": ["a", {"b": 1, "c": [1.5, null]}, [], ["x", ["z"]]],
        "data": {"text": "a: b\n  c\n", "cut": "a\nb", "kept": "a\n\n", "indented": "  a\nb\n", "trailing": "a \nb"},
    });
    let expected = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels: {}
  annotations:
    b/c: \"true\"
    d: \"1.2\"
list:
- a
- b: 1
  c:
  - 1.5
  - null
- []
- - x
  - - z
data:
  text: |
    a: b
      c
  cut: |-
    a
    b
  kept: \"a\\n\\n\"
  indented: |2
      a
    b
  trailing: \"a \\nb\"
";
    assert_eq!(to_yaml(&document), expected);
    check(&[document]);
}
