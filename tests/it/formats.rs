//! Findings in the formats of other programs: what those read must be what was found.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use cloudc::diag::{Diagnostic, Diagnostics, Format, render};
use cloudc::source::{FileId, Sources, Span};
use serde_json::Value;
use snapbox::{IntoData, str};

use crate::support::repository;

/// A name with everything in it that some format takes for its own.
const NASTY: &str = "clouds/a b,c:d%<&>\"é.yaml";

fn span(sources: &Sources, file: FileId, text: &str) -> Span {
    let start = sources.get(file).text.find(text).unwrap();
    Span::new(file, start, start + text.len())
}

fn shown(sources: &Sources, findings: impl IntoIterator<Item = Diagnostic>, format: Format) -> String {
    let mut diagnostics = Diagnostics::default();
    findings.into_iter().for_each(|finding| diagnostics.push(finding));
    render(&diagnostics, sources, format, false)
}

/// Windows line ends, characters of several bytes before and in the place, messages with everything that has a meaning somewhere,
/// findings in three files, one of them the catalog's.
fn sample() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let cloud = sources.add("cloud.yaml", "name: 日本\r\nnodes:\r\n  ä: {🦀: größe}\r\n  b: [1,\r\n    2]\r\n");
    let other = sources.add(NASTY, "a: 1\nb: 2\n");
    let entry = sources.add("<stdlib>/components/metallb/component.yaml", "name: metallb\n");
    let findings = vec![
        Diagnostic::error("wrong-value", span(&sources, other, "2"), "100% of `<b>` & \"c\":\r\n::error::d, e"),
        Diagnostic::error("wrong-value", span(&sources, cloud, "größe"), "`größe` is no size")
            .note("not a number")
            .label(span(&sources, cloud, "日本"), "said here")
            .label(span(&sources, entry, "metallb"), "asked for here")
            .help("write `5GiB`"),
        Diagnostic::warning("unknown-key", span(&sources, cloud, "[1,\r\n    2]"), "two lines"),
        Diagnostic::error("not-in-the-list", Span::new(cloud, 500, 600), "past \u{1b}the end"),
    ];
    (sources, findings)
}

#[test]
fn github() {
    let (sources, findings) = sample();
    snapbox::assert_data_eq!(shown(&sources, findings, Format::Github), str![[r#"
::error file=cloud.yaml,line=3,col=10,endLine=3,endColumn=15,title=wrong-value::`größe` is no size%0Anot a number%0Acloud.yaml:1:7: said here%0A<stdlib>/components/metallb/component.yaml:1:7: asked for here%0Ahelp: write `5GiB`
::warning file=cloud.yaml,line=4,endLine=5,title=unknown-key::two lines
::error file=cloud.yaml,line=6,col=1,endLine=6,endColumn=1,title=not-in-the-list::past \u{1b}the end
::error file=clouds/a b%2Cc%3Ad%25<&>"é.yaml,line=2,col=4,endLine=2,endColumn=5,title=wrong-value::100%25 of `<b>` & "c":\u{d}\u{a}::error::d, e

"#]].raw());
}

#[test]
fn gitlab() {
    let (sources, findings) = sample();
    let report: Value = serde_json::from_str(&shown(&sources, findings, Format::Gitlab)).unwrap();
    let report = report.as_array().unwrap();
    assert_eq!(report.len(), 4);
    assert_eq!(report[0]["description"], "`größe` is no size; write `5GiB`");
    assert_eq!(report[0]["check_name"], "wrong-value");
    assert_eq!(report[0]["severity"], "major");
    assert_eq!(report[0]["location"]["path"], "cloud.yaml");
    assert_eq!(report[0]["location"]["positions"]["begin"], serde_json::json!({"line": 3, "column": 10}));
    assert_eq!(report[1]["severity"], "minor");
    assert_eq!(report[3]["location"]["path"], NASTY);
    // Without one of these, GitLab takes no finding; it knows no other severity.
    for finding in report {
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&finding["severity"].as_str().unwrap()));
        assert!(["description", "fingerprint"].iter().all(|key| finding[*key].is_string()), "{finding}");
        assert!(finding["location"]["path"].is_string() && finding["location"]["positions"]["begin"]["line"].is_u64());
    }
    let unique: BTreeSet<&str> = report.iter().map(|finding| finding["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(unique.len(), 4);
    assert_eq!(shown(&Sources::default(), [], Format::Gitlab), "[]\n");
}

#[test]
fn junit() {
    let (sources, findings) = sample();
    snapbox::assert_data_eq!(shown(&sources, findings, Format::Junit), str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="cloudc" tests="4" failures="3" errors="0">
  <testsuite name="cloud.yaml" tests="3" failures="2" errors="0" skipped="1">
    <testcase name="wrong-value: cloud.yaml:3:10" classname="cloud.yaml" file="cloud.yaml" line="3">
      <failure message="`größe` is no size">cloud.yaml:3:10: `größe` is no size&#10;not a number&#10;cloud.yaml:1:7: said here&#10;&lt;stdlib&gt;/components/metallb/component.yaml:1:7: asked for here&#10;help: write `5GiB`</failure>
    </testcase>
    <testcase name="unknown-key: cloud.yaml:4:6" classname="cloud.yaml" file="cloud.yaml" line="4">
      <skipped message="two lines">cloud.yaml:4:6: two lines</skipped>
    </testcase>
    <testcase name="not-in-the-list: cloud.yaml:6:1" classname="cloud.yaml" file="cloud.yaml" line="6">
      <failure message="past \u{1b}the end">cloud.yaml:6:1: past \u{1b}the end</failure>
    </testcase>
  </testsuite>
  <testsuite name="clouds/a b,c:d%&lt;&amp;&gt;&quot;é.yaml" tests="1" failures="1" errors="0" skipped="0">
    <testcase name="wrong-value: clouds/a b,c:d%&lt;&amp;&gt;&quot;é.yaml:2:4" classname="clouds/a b,c:d%&lt;&amp;&gt;&quot;é.yaml" file="clouds/a b,c:d%&lt;&amp;&gt;&quot;é.yaml" line="2">
      <failure message="100% of `&lt;b&gt;` &amp; &quot;c&quot;:\u{d}\u{a}::error::d, e">clouds/a b,c:d%&lt;&amp;&gt;&quot;é.yaml:2:4: 100% of `&lt;b&gt;` &amp; &quot;c&quot;:\u{d}\u{a}::error::d, e</failure>
    </testcase>
  </testsuite>
</testsuites>

"#]].raw());
    snapbox::assert_data_eq!(
        shown(&Sources::default(), [], Format::Junit),
        str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="cloudc" tests="1" failures="0" errors="0">
  <testsuite name="cloudc" tests="1" failures="0" errors="0" skipped="0">
    <testcase name="nothing wrong" classname="cloudc"/>
  </testsuite>
</testsuites>

"#]]
        .raw()
    );
}

#[test]
fn sarif_says_where_in_characters() {
    let (sources, findings) = sample();
    let log: Value = serde_json::from_str(&shown(&sources, findings, Format::Sarif)).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let region = |place: &Value| {
        let region = &place["physicalLocation"]["region"];
        ["startLine", "startColumn", "endLine", "endColumn"].map(|key| region[key].as_u64().unwrap())
    };
    let results = run["results"].as_array().unwrap();
    assert_eq!(region(&results[0]["locations"][0]), [3, 10, 3, 15]);
    assert_eq!(region(&results[1]["locations"][0]), [4, 6, 5, 7]);
    assert_eq!(region(&results[0]["relatedLocations"][0]), [1, 7, 1, 9]);
    assert_eq!(results[0]["message"]["text"], "`größe` is no size\nnot a number\nwrite `5GiB`");
    let artifact = |place: &Value| place["physicalLocation"]["artifactLocation"].clone();
    assert_eq!(artifact(&results[3]["locations"][0])["uri"], "clouds/a%20b%2Cc%3Ad%25%3C%26%3E%22%C3%A9.yaml");
    let entry = artifact(&results[0]["relatedLocations"][1]);
    assert_eq!(
        (entry["uri"].as_str(), entry["uriBaseId"].as_str()),
        (Some("components/metallb/component.yaml"), Some("STDLIB"))
    );
    assert!(run["originalUriBaseIds"]["STDLIB"].is_object());
    // A path of the whole disk is a URI that needs no base.
    let mut sources = Sources::default();
    let file = sources.add("/tmp/a cloud.yaml", "a: 1\n");
    let whole = shown(&sources, [Diagnostic::error("syntax", Span::new(file, 0, 1), "bad")], Format::Sarif);
    assert!(whole.contains("\"uri\": \"file:///tmp/a%20cloud.yaml\"\n"), "{whole}");
}

#[test]
fn sarif_describes_the_rules_of_its_results() {
    let (sources, findings) = sample();
    let log: Value = serde_json::from_str(&shown(&sources, findings, Format::Sarif)).unwrap();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let named: Vec<(&str, &str)> = rules
        .iter()
        .map(|rule| (rule["id"].as_str().unwrap(), rule["defaultConfiguration"]["level"].as_str().unwrap()))
        .collect();
    assert_eq!(named, [("not-in-the-list", "error"), ("unknown-key", "warning"), ("wrong-value", "error")]);
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    assert_eq!(rules[2]["helpUri"], "https://github.com/cloudc/cloudc/blob/main/docs/rules/wrong-value.md");
    assert!(rules[2]["shortDescription"]["text"].as_str().unwrap().contains("A value has not the form"));
}

#[test]
fn sarif_is_valid_against_the_schema() {
    let path = repository("target/upstream/formats/sarif-schema-2.1.0.json");
    let Ok(text) = fs::read_to_string(&path) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "tests/upstream/formats/fetch.sh was not run");
        eprintln!("skipped: tests/upstream/formats/fetch.sh was not run");
        return;
    };
    let schema = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let (sources, findings) = sample();
    for findings in [findings, Vec::new()] {
        let log = serde_json::from_str(&shown(&sources, findings, Format::Sarif)).unwrap();
        let errors: Vec<String> = validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    // The schema is one that can say no.
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0", "runs": [{"results": []}]})));
}

#[test]
fn fingerprints_stay_while_lines_move() {
    let fingerprints = |text: &str| -> Vec<[String; 2]> {
        let mut sources = Sources::default();
        let file = sources.add("cloud.yaml", text);
        let findings = || {
            let bad = text.match_indices("bad").map(|(at, _)| Span::new(file, at, at + 3));
            bad.map(|at| Diagnostic::error("wrong-value", at, "`bad` is no number"))
        };
        let sarif: Value = serde_json::from_str(&shown(&sources, findings(), Format::Sarif)).unwrap();
        let gitlab: Value = serde_json::from_str(&shown(&sources, findings(), Format::Gitlab)).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let results = sarif["runs"][0]["results"].as_array().unwrap().iter();
        let both = results.zip(gitlab.as_array().unwrap());
        both.map(|(one, other)| [text(&one["partialFingerprints"]["cloudc/v1"]), text(&other["fingerprint"])]).collect()
    };
    let before = fingerprints("a: bad\nb: bad\n");
    assert_eq!(before, fingerprints("# a comment\n\na: bad\nc: 1\nb:   bad\n"));
    assert_ne!(before[0], before[1]);
    assert!(before.iter().all(|[sarif, gitlab]| sarif == gitlab));
}

#[test]
fn the_order_is_that_of_places() {
    let (sources, findings) = sample();
    for format in [Format::Sarif, Format::Github, Format::Gitlab, Format::Junit] {
        let mut backwards = findings.clone();
        backwards.reverse();
        assert_eq!(shown(&sources, findings.clone(), format), shown(&sources, backwards, format));
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cloudc")).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn the_verdict_of_sarif_is_in_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let one = fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    fs::write(folder.path().join("cloud.yaml"), one.replace("10.96.0.0/16", "10.244.0.0/16")).unwrap();
    for (format, code) in [("sarif", 0), ("github", 1), ("gitlab", 1), ("junit", 1), ("json", 1)] {
        for command in ["lint", "build"] {
            let ran = run(folder.path(), &[command, "--output-format", format]);
            assert_eq!(ran.status.code(), Some(code), "{command} {format}");
            let said = String::from_utf8(ran.stdout).unwrap();
            assert!(said.contains("address-overlap"), "{command} {format}: {said}");
        }
    }
    assert!(!folder.path().join("talos").exists(), "a cloud with errors was written");
    // A job that could not be done is no finding.
    let missing = run(folder.path(), &["lint", "missing.yaml", "--output-format", "sarif"]);
    assert_eq!((missing.status.code(), missing.stdout.len()), (Some(2), 0));
    let check = run(folder.path(), &["build", "--check", "--output-format", "sarif"]);
    assert_eq!(check.status.code(), Some(2));
    // A stale directory is none either: the document does not tell it.
    fs::write(folder.path().join("cloud.yaml"), one).unwrap();
    let stale = run(folder.path(), &["build", "--check", "--output-format", "sarif"]);
    assert_eq!(stale.status.code(), Some(1));
}
