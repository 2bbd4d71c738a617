//! How findings look.

use cloudc::diag::{Diagnostic, Diagnostics, Format, render};
use cloudc::source::{FileId, Sources, Span};
use proptest::prelude::*;
use snapbox::{IntoData, str};

fn span(sources: &Sources, file: FileId, text: &str) -> Span {
    let start = sources.get(file).text.find(text).unwrap();
    Span::new(file, start, start + text.len())
}

fn human(sources: &Sources, findings: impl IntoIterator<Item = Diagnostic>) -> String {
    let mut diagnostics = Diagnostics::default();
    findings.into_iter().for_each(|finding| diagnostics.push(finding));
    render(&diagnostics, sources, Format::Human, false)
}

/// Compares to the letter, `...` included.
#[track_caller]
fn shows(said: String, expected: impl IntoData) {
    snapbox::assert_data_eq!(said, expected.raw());
}

/// One finding on one text, with a note.
fn one(text: &str, start: usize, end: usize) -> String {
    let mut sources = Sources::default();
    let file = sources.add("cloud.yaml", text);
    human(&sources, [Diagnostic::error("a-rule", Span::new(file, start, end), "something is wrong").note("here")])
}

#[test]
fn nothing_is_empty() {
    assert_eq!(human(&Sources::default(), []), "");
}

#[test]
fn the_sample_of_the_manual() {
    let lines = "\n".repeat(30);
    let text = format!(
        "{lines}    lan: {{addresses: [192.168.20.64/27, 192.168.20.190-192.168.20.210]}}\n\n\n\n\n\n\n    dhcp: \
         192.168.20.200-192.168.20.249\n"
    );
    let mut sources = Sources::default();
    let file = sources.add("cloud.yaml", text);
    let finding = Diagnostic::error(
        "address-overlap",
        span(&sources, file, "192.168.20.190-192.168.20.210"),
        "load-balancer pool `lan` overlaps the DHCP range `dhcp`",
    )
    .note("192.168.20.200-192.168.20.210 is in both")
    .label(span(&sources, file, "192.168.20.200-192.168.20.249"), "reserved here")
    .help("end the pool at 192.168.20.199");
    shows(
        human(&sources, [finding]),
        str![[r#"
error[address-overlap]: load-balancer pool `lan` overlaps the DHCP range `dhcp`
  --> cloud.yaml:31:41
   |
31 |     lan: {addresses: [192.168.20.64/27, 192.168.20.190-192.168.20.210]}
   |                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 192.168.20.200-192.168.20.210 is in both
...
38 |     dhcp: 192.168.20.200-192.168.20.249
   |           ----------------------------- reserved here
   |
   = help: end the pool at 192.168.20.199
   = see: cloudc explain address-overlap

"#]],
    );
}

#[test]
fn a_label_in_a_file_of_the_catalog() {
    let mut sources = Sources::default();
    let cloud = sources.add("cloud.yaml", "name: home\ncomponents:\n  metallb: {}\n");
    let entry = sources.add(
        "<stdlib>/components/metallb/component.yaml",
        "name: metallb\nneeds:\n  cluster:\n  - reason: speakers need it\n    strictArp: true\n",
    );
    let finding =
        Diagnostic::warning("component-needs", span(&sources, cloud, "metallb"), "`metallb` needs strict ARP")
            .label(span(&sources, entry, "strictArp: true"), "asked for here")
            .label(span(&sources, cloud, "home"), "this cloud does not set it")
            .help("set `network.strictArp: true`");
    shows(
        human(&sources, [finding]),
        str![[r#"
warning[component-needs]: `metallb` needs strict ARP
 --> cloud.yaml:3:3
  |
1 | name: home
  |       ---- this cloud does not set it
2 | components:
3 |   metallb: {}
  |   ^^^^^^^
  |
 ::: <stdlib>/components/metallb/component.yaml:5:5
  |
5 |     strictArp: true
  |     --------------- asked for here
  |
  = help: set `network.strictArp: true`
  = see: cloudc explain component-needs

"#]],
    );
}

#[test]
fn several_findings_stand_apart() {
    let mut sources = Sources::default();
    let file = sources.add("cloud.yaml", "nodes:\n  k1: {rol: control}\n  k2: {disk: /dev/sda}\n");
    let findings = [
        Diagnostic::error("unknown-key", span(&sources, file, "rol"), "unknown key `rol`").help("did you mean `role`?"),
        Diagnostic::warning("disk-name", span(&sources, file, "/dev/sda"), "`/dev/sda` may name another disk tomorrow"),
    ];
    shows(
        human(&sources, findings),
        str![[r#"
error[unknown-key]: unknown key `rol`
 --> cloud.yaml:2:8
  |
2 |   k1: {rol: control}
  |        ^^^
  |
  = help: did you mean `role`?
  = see: cloudc explain unknown-key

warning[disk-name]: `/dev/sda` may name another disk tomorrow
 --> cloud.yaml:3:14
  |
3 |   k2: {disk: /dev/sda}
  |              ^^^^^^^^
  |
  = see: cloudc explain disk-name

"#]],
    );
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!("key: [{}, bad, {}]\n", vec!["good"; 300].join(", "), vec!["fine"; 300].join(", "));
    let at = text.find("bad").unwrap();
    let said = one(&text, at, at + 3);
    assert!(said.lines().all(|line| line.len() <= 130), "{said}");
    shows(
        said,
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:1:1807
  |
1 | ...d, good, good, good, good, good, good, good, good, bad, fine, fine, fine, fine, fine, fine, fine, fine, fine, ...
  |                                                       ^^^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
}

#[test]
fn a_long_value_does_not_break_it() {
    let text = format!("key: {}\nb: 1\n", "v".repeat(5000));
    let said = one(&text, 5, 5005);
    assert!(said.lines().all(|line| line.len() <= 200), "{said}");
    shows(
        said,
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:1:6
  |
1 | key: vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv...vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv
  |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^...^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
}

#[test]
fn the_end_of_the_file_can_be_shown() {
    shows(
        one("a: 1\n", 5, 5),
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:2:1
  |
2 |
  | ^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
    shows(
        one("a: [1", 5, 5),
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:1:6
  |
1 | a: [1
  |      ^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
    shows(
        one("", 0, 0),
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:1:1
  |
1 |
  | ^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
}

#[test]
fn an_empty_place_gets_a_caret() {
    shows(
        one("a:\nb: 1\n", 2, 2),
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:1:3
  |
1 | a:
  |   ^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
    shows(
        one("a: 1\nb: 2\n", 5, 5),
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:2:1
  |
2 | b: 2
  | ^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
}

#[test]
fn wide_and_combined_characters_are_underlined_in_full() {
    shows(
        one("name: 日本語 # ä\n", 6, 15),
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:1:7
  |
1 | name: 日本語 # ä
  |       ^^^^^^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
    let combined = one("na\u{301}me: ä, b\n", 11, 12);
    assert!(combined.contains("\n  |         ^ here\n"), "{combined}");
    shows(
        one("a:\t🦀 b\n", 8, 9),
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:1:6
  |
1 | a:    🦀 b
  |          ^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
}

#[test]
fn a_place_of_several_lines() {
    shows(
        one("a:\n  b: 1\n  c: 2\n  d: 3\n  e: 4\n  f: 5\n  g: 6\nh: 7\n", 5, 46),
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:2:3
  |
2 | /   b: 1
3 | |   c: 2
4 | |   d: 3
5 | |   e: 4
6 | |   f: 5
7 | |   g: 6
8 | | h: 7
  | |_^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
    shows(
        one("a: 1\r\nb: 2\r\n", 6, 10),
        str![[r#"
error[a-rule]: something is wrong
 --> cloud.yaml:2:1
  |
2 | b: 2
  | ^^^^ here
  |
  = see: cloudc explain a-rule

"#]],
    );
}

#[test]
fn a_place_of_very_many_lines_is_folded() {
    let text = format!("nodes:\n{}", "  k: 1\n".repeat(1000));
    shows(
        one(&text, 0, text.len() - 1),
        str![[r#"
error[a-rule]: something is wrong
    --> cloud.yaml:1:1
     |
   1 | / nodes:
   2 | |   k: 1
   3 | |   k: 1
   4 | |   k: 1
...    |
1000 | |   k: 1
1001 | |   k: 1
     | |______^ here
     |
     = see: cloudc explain a-rule

"#]],
    );
}

#[test]
fn what_the_file_holds_cannot_drive_the_terminal() {
    let said = one("a: \u{1b}[31mred\u{7}\u{202e}\n", 3, 11);
    assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{said}");
    let mut sources = Sources::default();
    let file = sources.add("\u{1b}[31m", "\u{1b}[31m");
    let bad = "\u{1b}[31m";
    let finding = Diagnostic::error("a-rule", Span::new(file, 0, 1), bad)
        .note(bad)
        .label(Span::new(file, 0, 5), bad)
        .help(format!("{bad}\nsecond line"));
    let said = human(&sources, [finding]);
    assert!(!said.contains('\u{1b}'), "{said}");
    shows(
        said,
        str![[r#"
error[a-rule]: \u{1b}[31m
 --> ␛[31m:1:1
  |
1 | ␛[31m
  | ^----
  | |
  | \u{1b}[31m
  | \u{1b}[31m
  |
  = help: \u{1b}[31m
          second line
  = see: cloudc explain a-rule

"#]],
    );
}

#[test]
fn a_wrong_place_still_tells_the_message() {
    for (start, end) in [(0, 100), (100, 100), (4, 2), (4, 5), (5, 6), (100, 0)] {
        assert!(one("a: ä b\n", start, end).starts_with("error[a-rule]: something is wrong\n"));
    }
}

#[test]
fn color_is_a_choice() {
    let mut sources = Sources::default();
    let file = sources.add("cloud.yaml", "a: 1\n");
    let mut diagnostics = Diagnostics::default();
    diagnostics.push(Diagnostic::error("a-rule", Span::new(file, 0, 1), "something is wrong"));
    let plain = render(&diagnostics, &sources, Format::Human, false);
    let colored = render(&diagnostics, &sources, Format::Human, true);
    assert!(!plain.contains('\u{1b}'));
    assert!(colored.contains("\u{1b}[") && colored.ends_with('\n'));
}

#[test]
fn many_findings_in_a_long_file_take_no_time() {
    let mut sources = Sources::default();
    let text = "key: value\n".repeat(200_000);
    let file = sources.add("cloud.yaml", text);
    let findings = (0..300).map(|n| {
        let at = (199_000 + n) * 11;
        Diagnostic::error("a-rule", Span::new(file, at, at + 3), "something is wrong")
    });
    let before = std::time::Instant::now();
    human(&sources, findings);
    assert!(before.elapsed() < std::time::Duration::from_secs(5), "{:?}", before.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn any_place_in_any_text_can_be_shown(
        texts in proptest::collection::vec("([a-z:# -]|\\n|\\r|\\t|\\PC|\\pC){0,60}", 2),
        places in proptest::collection::vec((0usize..2, 0usize..200, 0usize..40, "(|a label)"), 1..6),
        wide in any::<bool>(),
    ) {
        let mut sources = Sources::default();
        let files: Vec<FileId> = texts
            .iter()
            .map(|text| sources.add("cloud.yaml", if wide { text.repeat(20) } else { text.clone() }))
            .collect();
        let span = |&(file, start, length, _): &(usize, usize, usize, String)| {
            Span::new(files[file], start, start + length)
        };
        let mut finding = Diagnostic::error("a-rule", span(&places[0]), "something is wrong");
        for place in &places[1..] {
            finding = finding.label(span(place), place.3.clone());
        }
        let said = human(&sources, [finding]);
        prop_assert!(said.starts_with("error[a-rule]: something is wrong\n") && said.ends_with('\n'));
        assert!(!said.contains('\u{1b}'), "{said}");
    }
}
