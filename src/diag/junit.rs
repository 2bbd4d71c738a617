//! JUnit XML: a suite per file, a case per finding. Warnings are skipped cases, for JUnit knows none and a failed case would say that
//! the check failed. Without findings there is one case that passed: readers take a report without cases for a broken one. The form is
//! the schema of Jenkins, which is the strictest that others keep to; its root does not count what was skipped.

use super::place::{Region, story};
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::source::{FileId, Sources};
use crate::xml::escaped;

pub(super) fn render(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let sorted = diagnostics.sorted();
    let suites: Vec<&[&Diagnostic]> = sorted.chunk_by(|one, other| one.span.file == other.span.file).collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!("<testsuites name=\"cloudc\"{}>\n", failures(&sorted)));
    for findings in &suites {
        let file = findings[0].span.file;
        out.push_str(&format!("  <testsuite name=\"{}\"{}>\n", name(file, sources), counts(findings)));
        findings.iter().for_each(|d| out.push_str(&case(d, sources)));
        out.push_str("  </testsuite>\n");
    }
    if suites.is_empty() {
        out.push_str(&format!("  <testsuite name=\"cloudc\"{}>\n", counts(&[])));
        out.push_str("    <testcase name=\"nothing wrong\" classname=\"cloudc\"/>\n  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn failures(findings: &[&Diagnostic]) -> String {
    let errors = findings.iter().filter(|d| d.severity == Severity::Error).count();
    format!(" tests=\"{}\" failures=\"{errors}\" errors=\"0\"", findings.len().max(1))
}

fn counts(findings: &[&Diagnostic]) -> String {
    let warnings = findings.iter().filter(|d| d.severity == Severity::Warning).count();
    format!("{} skipped=\"{warnings}\"", failures(findings))
}

fn case(d: &Diagnostic, sources: &Sources) -> String {
    let at = Region::of(d.span, sources).start;
    let file = name(d.span.file, sources);
    let element = match d.severity {
        Severity::Error => "failure",
        Severity::Warning => "skipped",
    };
    let place = format!("{file}:{}:{}", at.line, at.column);
    format!(
        "    <testcase name=\"{}: {place}\" classname=\"{file}\" file=\"{file}\" line=\"{}\">\n      \
         <{element} message=\"{}\">{place}: {}</{element}>\n    </testcase>\n",
        escaped(d.rule),
        at.line,
        escaped(&d.message),
        escaped(&story(d, sources)),
    )
}

fn name(file: FileId, sources: &Sources) -> String {
    escaped(&sources.get(file).name)
}
