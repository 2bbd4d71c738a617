//! What is no cloud: endless, deep, self-repeating, binary. Each gives a finding at its place, in bounded memory: the program
//! runs with 512 MiB of address space, beyond which the system gives it nothing and it would die by a signal.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;
use tempfile::TempDir;

const HEAD: &str = "apiVersion: cloudc.dev/v1alpha1\n";
/// Bytes of address space; the program itself takes some 60 MiB of it.
const MEMORY: u64 = 512 * 1024 * 1024;
const MIB: usize = 1024 * 1024;

/// Runs the program in a folder with bounded memory.
pub fn bounded(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("prlimit")
        .arg(format!("--as={MEMORY}"))
        .arg("--")
        .arg(env!("CARGO_BIN_EXE_cloudc"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("prlimit of util-linux bounds the memory")
}

/// What a refusal says. A signal has no code: neither memory nor stack ran out, and nothing was written at length.
pub fn refusal(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{}: {:.2000}", output.status, said);
    assert!(said.len() < 512 * 1024, "{} bytes are for nobody", said.len());
    assert!(!said.contains("panicked"), "{said:.2000}");
    assert!(said.chars().all(|c| !c.is_control() || c == '\n'), "{said:.2000}");
    said
}

/// Lints a text and expects each of some phrases.
fn refused(text: impl AsRef<[u8]>, expected: &[&str]) -> String {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("cloud.yaml"), text).unwrap();
    let said = refusal(&bounded(folder.path(), &["lint"]));
    for phrase in expected {
        assert!(said.contains(phrase), "{phrase} is not in:\n{said:.2000}");
    }
    said
}

/// `count` lines, by their number.
pub fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// Nine aliases of what is nine aliases of ...
pub fn laughs() -> String {
    let level = |i: usize| format!("a{}: &a{} [{}]\n", i + 1, i + 1, vec![format!("*a{i}"); 9].join(", "));
    format!("a0: &a0 [lol, lol]\n{}", lines(12, level))
}

#[test]
fn aliases_cannot_grow_without_end() {
    let grows = "anchors and aliases that grow to more than 500,000 values";
    let mapping = |i: usize| format!("a{}: &a{} {{a: *a{i}, b: *a{i}, c: *a{i}}}\n", i + 1, i + 1);
    refused(format!("{HEAD}{}", laughs()), &["error[too-large]", grows, "--> cloud.yaml:8:", "help: "]);
    refused(format!("{HEAD}a0: &a0 {{a: x}}\n{}", lines(40, mapping)), &[grows]);
    let text = format!("{HEAD}a: &a {}\nb: [{}]\n", "x".repeat(MIB), vec!["*a"; 1000].join(", "));
    refused(text, &["repeat more than 4 MiB", "--> cloud.yaml:3:"]);
    // Anchors inside each other keep what is in them once for each.
    let open = lines(60, |i| format!("&a{i} ["));
    refused(format!("{HEAD}a: {open}{}{}", "x".repeat(MIB), "]".repeat(60)), &["repeat more than 4 MiB"]);
    let merge =
        format!("{HEAD}a: &a\n{}b:\n  <<: [*a{}]\n", lines(20_000, |i| format!("  k{i}: 1\n")), ", *a".repeat(20));
    refused(merge, &["error["]);
}

#[test]
fn an_alias_cannot_hold_itself() {
    refused(format!("{HEAD}a: &x [*x]\n"), &["cloud.yaml:2:8", "an alias inside the value that it stands for"]);
    refused(format!("{HEAD}a: &x {{b: {{c: *x}}}}\n"), &["an alias inside the value that it stands for"]);
}

#[test]
fn nesting_ends_at_64_levels() {
    let deep = ["error[too-large]", "nesting deeper than 64 levels", "--> cloud.yaml:"];
    refused("[".repeat(100_000), &deep);
    refused(format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), &deep);
    refused("{a: ".repeat(100_000), &deep);
    refused("[{a: ".repeat(50_000), &deep);
    refused("- ".repeat(100_000), &deep);
    refused("? ".repeat(100_000), &["error["]);
    refused(format!("{}x\n", "- a:\n".repeat(2)), &["error["]);
    refused(lines(2000, |i| format!("{}a:\n", " ".repeat(i))), &deep);
    // Flow inside of block.
    let block = lines(40, |i| format!("{}a:\n", " ".repeat(i)));
    refused(format!("{block}{}{}x{}", " ".repeat(40), "[".repeat(40), "]".repeat(40)), &deep);
    // Each alias goes on where the one before it ended.
    let chain = |i: usize| format!("a{}: &a{} {}*a{i}{}\n", i + 1, i + 1, "[".repeat(50), "]".repeat(50));
    refused(format!("{HEAD}a0: &a0 [x]\n{}", lines(300, chain)), &["nesting deeper than 64 levels", "cloud.yaml:4:"]);
}

#[test]
fn large_files_are_refused_by_their_size() {
    let folder = TempDir::new().unwrap();
    fs::File::create(folder.path().join("cloud.yaml")).unwrap().set_len(50 * MIB as u64).unwrap();
    let said = refusal(&bounded(folder.path(), &["lint"]));
    assert_eq!(
        said,
        "error: cloud.yaml is larger than 16 MiB, which is more likely a mistake: split it, or name another file\n"
    );
    refused("- abcdefgh\n".repeat(50 * MIB / 11), &["larger than 16 MiB"]);
    refused("x".repeat(50 * MIB), &["larger than 16 MiB"]);
    refused("# a comment\n".repeat(50 * MIB / 12), &["larger than 16 MiB"]);
}

#[test]
fn what_fits_into_16_mib_is_refused_by_what_it_holds() {
    let values = "more than 500,000 values and comments";
    refused(format!("{HEAD}nodes:\n{}", "- abcdefgh\n".repeat(600_000)), &[values, "--> cloud.yaml:500"]);
    refused(format!("[{}]", "a,".repeat(MIB)), &[values]);
    refused("# comment\n".repeat(600_000), &[values]);
    refused(lines(550_000, |i| format!("k{i}: 1\n")), &[values]);
    refused(lines(600_000, |i| format!("- &a{i} x\n")), &[values]);
    refused("k: 1\n".repeat(600_000), &[values]);
    refused(format!("{HEAD}kind: {}\n", "x".repeat(4 * MIB)), &["a text of more than 1 MiB", "cloud.yaml:2:7"]);
    refused(format!("{HEAD}? {}\n: 1\n", "x".repeat(MIB)), &["a key of more than 1,024 bytes", "cloud.yaml:2:3"]);
    refused(format!("{HEAD}{}: 1\n", "x".repeat(MIB)), &["error[", "cloud.yaml:2:"]);
    refused("\n".repeat(8 * MIB), &["the file is empty"]);
    refused(format!("# {}", "a".repeat(8 * MIB)), &["the file is empty"]);
}

#[test]
fn findings_come_to_an_end() {
    let text = format!("{HEAD}{}", lines(60_000, |i| format!("key{i}: 1\n")));
    let said = refused(text, &["error[unknown-key]", "there are more than 1000 findings", "look again"]);
    assert!(said.matches("error[").count() < 1100);
    refused(format!("{HEAD}{}", "kind: Cloud\n".repeat(60_000)), &["`kind` is given twice", "more than 1000 findings"]);
    // Each broken in itself: a text is not cut into more sections than the language has keys.
    refused(lines(100_000, |i| format!("k{i}: ]\n")), &["error[syntax]"]);
    refused(lines(300, |i| format!("k{i}: ]\n")), &["error[syntax]"]);
    refused("x\n".repeat(MIB), &["error["]);
}

#[test]
fn encodings_other_than_utf8_are_named() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    refused([&[0xff, 0xfe][..], &utf16(HEAD)].concat(), &["cloud.yaml is UTF-16", "save it as UTF-8"]);
    refused([&[0xfe, 0xff, 0][..], HEAD.as_bytes()].concat(), &["cloud.yaml is UTF-16", "save it as UTF-8"]);
    refused(
        [HEAD.as_bytes(), b"# gr\xfc\xdfe\n"].concat(),
        &["not UTF-8: the byte 0xfc in line 2, at offset 36, is wrong; save it as UTF-8"],
    );
    refused([HEAD.as_bytes(), b"kind: \xc3"].concat(), &["not UTF-8"]);
    // A surrogate, and what is written longer than it may be.
    refused(b"a: \xed\xa0\x80\n", &["not UTF-8"]);
    refused(b"a: \xc0\xaf\n", &["not UTF-8"]);
}

#[test]
fn control_characters_are_refused_and_never_printed() {
    for (character, shown) in [("\0", "\\u{0}"), ("\u{1b}[31m", "\\u{1b}"), ("\u{7}", "\\u{7}"), ("\u{9b}", "\\u{9b}")]
    {
        for line in
            [format!("kind: a{character}b"), format!("kind: \"{character}\""), format!("# {character}\nkind: a")]
        {
            refused(format!("{HEAD}{line}\n"), &["error[syntax]", shown, "cloud.yaml:2:"]);
        }
    }
    refused(format!("{HEAD}nodes:\n\ta: 1\n"), &["a tab cannot indent YAML", "cloud.yaml:3:1", "indent with spaces"]);
    // Escaped they are a text like any other; no format prints them.
    let folder = TempDir::new().unwrap();
    let text = format!("{HEAD}\"a\\e[31m\\nb\\u202e\": 1\nkind: \"\\e[0m\"\n");
    fs::write(folder.path().join("cloud.yaml"), text).unwrap();
    for format in ["human", "concise", "json", "sarif", "github", "gitlab", "junit"] {
        let output = bounded(folder.path(), &["lint", "--output-format", format]);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(said.contains("31m"), "{format}: {said}");
        let steers = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!said.contains(steers), "{format}: {said:?}");
    }
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing() {
    let (one, _) = crate::support::run_text(&fs::read_to_string("examples/one/cloud.yaml").unwrap());
    let text = fs::read_to_string("examples/one/cloud.yaml").unwrap();
    for text in
        [text.replace('\n', "\r\n"), format!("\u{feff}{text}"), format!("\u{feff}{}", text.replace('\n', "\r\n"))]
    {
        assert_eq!(crate::support::run_text(&text).0, one);
    }
    refused(format!("{HEAD}\u{feff}kind: Cloud\n"), &["a BOM must not appear inside a document", "cloud.yaml:2:1"]);
    refused(format!("{HEAD}kind: Clod\n").replace('\n', "\r\n"), &["cloud.yaml:2:7", "did you mean `Cloud`"]);
    refused(format!("\u{feff}{HEAD}kind: Clod\n"), &["cloud.yaml:2:7"]);
}

#[test]
fn tags_say_what_a_value_is_or_are_refused() {
    for (tag, value) in [
        ("!!binary", "aGVsbG8="),
        ("!foo", "bar"),
        ("!foo", "[a]"),
        ("!!int", "abc"),
        ("!!bool", "yes"),
        ("!!null", "x"),
        ("!!map", "[a]"),
        ("!!seq", "{a: b}"),
        ("!!set", "{a}"),
        ("!!python/object/apply:os.system", "[x]"),
    ] {
        let phrase = format!("the value is not what its tag `{tag}` says");
        refused(
            format!("{HEAD}metadata: {tag} {value}\n"),
            &["error[syntax]", &phrase, "cloud.yaml:2:", "leave the tag away"],
        );
    }
    let text = fs::read_to_string("examples/one/cloud.yaml").unwrap();
    assert!(text.contains("kind: Cloud"));
    let tagged = text.replace("kind: Cloud", "kind: !!str Cloud");
    assert_eq!(crate::support::run_text(&tagged).0, crate::support::run_text(&text).0);
}

#[test]
fn numbers_without_end_are_texts() {
    let digits = "1".repeat(1_000_000);
    refused(format!("{HEAD}kind: {digits}\n"), &["error[wrong-value]", "cloud.yaml:2:7"]);
    refused(format!("{HEAD}kind: 1.{digits}\n"), &["cloud.yaml:2:7"]);
    refused(format!("{HEAD}kind: 1e{digits}\n"), &["cloud.yaml:2:7"]);
    refused(format!("{HEAD}kind: 0x{digits}\n"), &["cloud.yaml:2:7"]);
}

#[test]
fn a_file_is_one_document_that_says_something() {
    let empty = ["the file is empty, not a mapping", "`cloudc init` writes one to start from"];
    refused("", &empty);
    refused("# a\n# b\n", &empty);
    refused("---\n", &empty);
    refused("\u{feff}", &empty);
    refused(format!("{HEAD}---\n{HEAD}"), &["a second document in one file", "cloud.yaml:2:1"]);
    refused("---\n---\n---\n", &["a second document in one file"]);
    // An anchor that is given again is another one from there on, as YAML has it.
    refused(format!("{HEAD}kind: &x a\nmetadata: &x b\nversions: *x\n"), &["`versions` is `b`"]);
}

/// One small accident.
#[derive(Debug, Clone)]
enum Slip {
    Remove,
    Twice,
    Indent,
    Insert(&'static str),
    Cut,
}

/// What makes another thing of a text.
const INSERTED: &[&str] = &[
    "{",
    "]",
    ":",
    "- ",
    "\"",
    "*a",
    "&a ",
    "\u{0}",
    "\t",
    "#",
    "|",
    "!!int ",
    "<<: ",
    "ä",
    "99999999999999999999",
    "-1",
];

fn slip() -> impl Strategy<Value = Slip> {
    prop_oneof![
        Just(Slip::Remove),
        Just(Slip::Twice),
        Just(Slip::Indent),
        Just(Slip::Cut),
        proptest::sample::select(INSERTED).prop_map(Slip::Insert),
    ]
}

/// A text after an accident at a place of it.
fn slipped(text: &str, slip: &Slip, at: prop::sample::Index) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = at.index(lines.len());
    let middle = lines[line].floor_char_boundary(lines[line].len() / 2);
    match slip {
        Slip::Remove => drop(lines.remove(line)),
        Slip::Twice => lines.insert(line, lines[line].clone()),
        Slip::Indent => lines[line].insert_str(0, "  "),
        Slip::Cut => lines[line].truncate(middle),
        Slip::Insert(what) => lines[line].insert_str(middle, what),
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn examples_after_accidents_are_compiled_or_refused(
        name in proptest::sample::select(&["one", "home", "cozy"][..]),
        slips in proptest::collection::vec((slip(), any::<prop::sample::Index>()), 1..4),
    ) {
        let folder = crate::support::repository(&format!("examples/{name}"));
        let text = fs::read_to_string(folder.join("cloud.yaml")).unwrap();
        let text = slips.iter().fold(text, |text, (slip, at)| slipped(&text, slip, *at));
        let (compiled, findings, sources) = crate::support::compile_in(&folder, "cloud.yaml", &text);
        prop_assert!(compiled.is_some() != findings.has_errors());
        for format in [cloudc::diag::Format::Human, cloudc::diag::Format::Json] {
            cloudc::diag::render(&findings, &sources, format, false);
        }
    }
}
