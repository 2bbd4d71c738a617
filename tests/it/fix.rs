//! `lint --fix` as a user runs it: the binary, on real files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use cloudc::diag::{Diagnostic, Diagnostics, Fix};
use cloudc::lint::fix::{Checked, mend};
use cloudc::output;
use cloudc::source::{Sources, Span};
use serde_json::Value;

use crate::support::{repository, run};

/// The smallest example with mistakes of five kinds, line ends of Windows, a byte order mark, and comments everywhere.
fn wrong() -> String {
    let text = fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    let text = text
        .replace("controlPlane:", "controlPlan: # ours\n  schedulable: 'true'")
        .replace("nodes: 192.168.1.0/24", "nodes: \"192.168.1.7/24\"   # the house\n  # none")
        .replace("kubernetes: v1.35.4", "kubernetes: 1.35.4")
        .replace("    address: 192", "    labels: {rack: 012, \"tier\": 'x'}   # left\n    address: 192")
        .replace("  local-path:", "  local_path:");
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

fn right() -> String {
    wrong()
        .replace("controlPlan:", "controlPlane:")
        .replace("192.168.1.7/24", "192.168.1.0/24")
        .replace("'true'", "true")
        .replace("kubernetes: 1", "kubernetes: v1")
        .replace("rack: 012", "rack: \"012\"")
        .replace("local_path", "local-path")
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn lint(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    said(&run(folder, &[&["lint"], arguments].concat()))
}

#[test]
fn all_that_is_safe_is_fixed_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cloud.yaml");
    fs::write(&path, wrong()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let (code, _, story) = lint(folder.path(), &[]);
    assert!(code == Some(1) && story.ends_with("errors, 0 warnings; --fix mends 5\n"), "{story}");
    let (code, out, story) = lint(folder.path(), &["--fix"]);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{story}");
    assert_eq!(fs::read_to_string(&path).unwrap(), right());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(story.matches(": fixed[").count(), 6, "{story}");
    assert!(
        story.contains("cloud.yaml:18:1: fixed[unknown-key]: replace `controlPlan` with `controlPlane`\n"),
        "{story}"
    );
    assert!(story.ends_with("cloud.yaml: nothing wrong\n"), "{story}");
    let entries: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(entries, ["cloud.yaml"], "nothing else is left behind");
    // Nothing is left to do, so nothing is written.
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    assert_eq!(lint(folder.path(), &["--fix"]).2, "cloud.yaml: nothing wrong\n");
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
}

#[test]
fn guesses_are_made_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cloud.yaml");
    let right = fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    let wrong = right.replace("volume: data", "volume: dta").replace("advertise: l2", "advertise: l2x");
    fs::write(&path, &wrong).unwrap();
    // The second error shows itself when the first is gone.
    let (code, _, story) = lint(folder.path(), &["--fix"]);
    assert!(code == Some(1) && !story.contains("fixed["), "{story}");
    assert_eq!(fs::read_to_string(&path).unwrap(), wrong);
    let (code, _, story) = lint(folder.path(), &["--fix", "--unsafe-fixes"]);
    assert_eq!((code, fs::read_to_string(&path).unwrap()), (Some(0), right), "{story}");
    assert_eq!(lint(folder.path(), &["--unsafe-fixes"]).0, Some(2));
}

#[test]
fn every_format_says_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cloud.yaml");
    for format in ["concise", "json", "sarif", "github", "gitlab", "junit"] {
        fs::write(&path, wrong().replace("volume: data", "volume: dta")).unwrap();
        let (code, out, story) = lint(folder.path(), &["--fix", "--output-format", format]);
        assert_eq!(code, Some(i32::from(format != "sarif")), "{format}");
        assert!(out.contains("unknown-reference") && !out.contains("unknown-key"), "{format}: {out}");
        assert_eq!(story.matches(": fixed[").count(), 6, "{format}: {story}");
        assert_eq!(fs::read_to_string(&path).unwrap(), right().replace("volume: data", "volume: dta"));
    }
}

#[test]
fn json_and_sarif_have_the_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let text = wrong();
    fs::write(folder.path().join("cloud.yaml"), &text).unwrap();
    let (_, out, _) = lint(folder.path(), &["--output-format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let findings = report["diagnostics"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["rule"] == "unknown-key").unwrap();
    assert_eq!(finding["fix"]["applicability"], "safe");
    assert_eq!(finding["fix"]["title"], "replace `controlPlan` with `controlPlane`");
    let edit = &finding["fix"]["edits"][0];
    let offset = |end: &str| usize::try_from(edit[end]["offset"].as_u64().unwrap()).unwrap();
    assert_eq!((&text[offset("start")..offset("end")], &edit["text"]), ("controlPlan", &Value::from("controlPlane")));
    // The page shows this shape.
    let page = fs::read_to_string(repository("docs/fixes.md")).unwrap();
    let shown: Value =
        serde_json::from_str(page.split("```json\n").nth(1).unwrap().split("```").next().unwrap()).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&shown), keys(&finding["fix"]));
    assert_eq!(keys(&shown["edits"][0]), keys(edit));

    let (_, out, _) = lint(folder.path(), &["--output-format", "sarif"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "unknown-key").unwrap();
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "cloud.yaml");
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "controlPlane");
    assert_eq!(change["replacements"][0]["deletedRegion"], result["locations"][0]["physicalLocation"]["region"]);
}

#[test]
fn what_touches_is_fixed_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cloud.yaml");
    let text = fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    let said = "# cloudc: ignore[no-mac, no-delivery,pool-too-small] they wait";
    fs::write(&path, text.replace("  endpoint:", &format!("  # Ours. {said}\n  endpoint:"))).unwrap();
    let (code, _, story) = lint(folder.path(), &["--fix"]);
    assert_eq!((code, story.matches("fixed[unused-ignore]").count()), (Some(0), 3), "{story}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text.replace("  endpoint:", "  # Ours.\n  endpoint:"));
}

#[test]
fn what_goes_takes_nothing_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cloud.yaml");
    let good = fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    let allow = |entries: &str| format!("lint:\n  rules: {{no-mac: error}}\n  # Mine.\n  allow:\n{entries}");
    let one = "  - {rule: no-mac, at: nodes.box, reason: soon}\n";
    let two = "  - rule: no-mac\n    at: nodes.box\n    reason: |\n      soon,\n      very\n";
    // In place of, what is written, what is left.
    let cases = [
        ("  name: one\n", "  name: one\n  name: one # again\n", "  name: one\n  # again\n"),
        ("  name: one\n", "  name: one\n\n  # x\n  name: one\n  # y\n", "  name: one\n\n  # x\n  # y\n"),
        ("installDisk: {type: nvme}", "installDisk: {type: nvme, type: nvme}", "installDisk: {type: nvme}"),
        (
            "installDisk: {type: nvme}",
            "installDisk: {type: nvme , type: nvme, size: '>= 10GB'}",
            "installDisk: {type: nvme , size: '>= 10GB'}",
        ),
        (
            "installDisk: {type: nvme}",
            "installDisk: {\n      type: nvme, # x\n      type: nvme # y\n    }",
            "installDisk: {\n      type: nvme, # x\n      # y\n    }",
        ),
        (
            "  endpoint: 192.168.1.50\n",
            "  endpoint: 192.168.1.50 # cloudc: ignore[no-mac] soon\n",
            "  endpoint: 192.168.1.50\n",
        ),
        (
            "  endpoint: 192.168.1.50\n",
            "  # cloudc: ignore[no-mac] soon\n  endpoint: 192.168.1.50\n",
            "  endpoint: 192.168.1.50\n",
        ),
        (
            "components:\n",
            &format!("{}components:\n", allow(one)),
            "lint:\n  rules: {no-mac: error}\n  # Mine.\ncomponents:\n",
        ),
        (
            "components:\n",
            &format!("{}components:\n", allow(two)),
            "lint:\n  rules: {no-mac: error}\n  # Mine.\ncomponents:\n",
        ),
        ("components:\n", "lint: {allow: [{rule: no-mac, at: nodes, reason: soon}]}\ncomponents:\n", "components:\n"),
    ];
    for ends in ["\n", "\r\n"] {
        for (there, wrong, left) in &cases {
            assert!(good.contains(there));
            fs::write(&path, good.replacen(there, wrong, 1).replace('\n', ends)).unwrap();
            let (code, _, story) = lint(folder.path(), &["--fix"]);
            let text = fs::read_to_string(&path).unwrap();
            let wanted = good.replacen(there, left, 1).replace('\n', ends);
            assert_eq!((code, text), (Some(0), wanted), "{wrong}\n{story}");
        }
    }
}

#[test]
fn a_text_from_standard_input_is_the_result() {
    let ask = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloudc"));
        command.args(["lint", "-", "--fix"]).args(arguments).env("NO_COLOR", "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), wrong().as_bytes()).unwrap();
        said(&child.wait_with_output().unwrap())
    };
    let (code, out, story) = ask(&["--stdin-filename", "x/cloud.yaml"]);
    assert_eq!((code, out), (Some(0), right()), "{story}");
    assert!(story.contains("x/cloud.yaml:18:1: fixed[unknown-key]"), "{story}");
    let (code, out, story) = ask(&["--output-format", "json"]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{story}");
}

#[test]
fn a_file_that_is_not_ours_to_write_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (real, path) = (folder.path().join("real"), folder.path().join("cloud.yaml"));
    fs::write(&real, wrong()).unwrap();
    symlink(&real, &path).unwrap();
    let (code, _, story) = lint(folder.path(), &["--fix"]);
    assert!(code == Some(2) && story.contains("cloud.yaml is not what cloudc keeps there"), "{story}");
    assert_eq!(fs::read_to_string(&real).unwrap(), wrong());
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());

    fs::remove_file(&path).unwrap();
    fs::rename(&real, &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let (code, _, story) = lint(folder.path(), &["--fix"]);
    assert!(code == Some(2) && story.contains("cannot write cloud.yaml"), "{story}");
    assert_eq!(fs::read_to_string(&path).unwrap(), wrong());

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let error = output::edit(&path, "what was read", "what would be written").unwrap_err().to_string();
    assert!(error.contains("was changed by something else in the meantime"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), wrong());
}

#[test]
fn what_does_not_help_is_taken_back() {
    // A fix that leaves its finding, one that brings another, and one that helps.
    let check = |text: &str| {
        let (mut findings, mut sources) = (Diagnostics::default(), Sources::default());
        let file = sources.add("t", text);
        let mut say = |word: &str, to: &str| {
            for (at, _) in text.match_indices(word) {
                let at = Span::new(file, at, at + word.len());
                findings.push(Diagnostic::error("a-rule", at, format!("found {word}")).fix(Fix::rename(at, word, to)));
            }
        };
        say("stays", "still-stays");
        say("worse", "broken");
        say("wrong", "right");
        if let Some(at) = text.find("broken") {
            findings.push(Diagnostic::error("syntax", Span::new(file, at, at + 1), "not even YAML"));
        }
        Checked { findings, sources }
    };
    let (text, made, left) = mend("a: stays\nb: worse\nc: wrong\nd: wrong\n".to_owned(), "t", false, check);
    assert_eq!(text, "a: stays\nb: worse\nc: right\nd: right\n");
    let lines: Vec<usize> = made.iter().map(|made| made.line).collect();
    assert_eq!((lines, left.findings.sorted().len()), (vec![3, 4], 2));
}

#[test]
fn several_clouds_are_checked_and_fixed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("cloud.yaml"), wrong()).unwrap();
    }
    let files = ["a/cloud.yaml", "b/cloud.yaml"];
    let (code, out, _) = lint(folder.path(), &[&files[..], &["--output-format", "concise"]].concat());
    assert_eq!(code, Some(1));
    for file in files {
        assert!(out.contains(&format!("{file}:18:1: error[unknown-key]")), "{out}");
    }
    let (code, _, story) = lint(folder.path(), &[&files[..], &["--fix"]].concat());
    assert!(code == Some(0) && story.ends_with("2 files: nothing wrong\n"), "{story}");
    for file in files {
        assert_eq!(fs::read_to_string(folder.path().join(file)).unwrap(), right());
    }
    assert_eq!(lint(folder.path(), &["a/cloud.yaml", "none.yaml"]).0, Some(2));
    assert_eq!(lint(folder.path(), &["-", "-"]).0, Some(2));
}
