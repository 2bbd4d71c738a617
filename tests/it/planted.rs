//! One planted fault each: `tests/planted/<cloud>.faults.yaml` changes a line or two of a cloud that has none, and the finding stands
//! in the changed lines.

use std::collections::BTreeSet;
use std::fs;

use cloudc::diag::{self, Format};
use serde::Deserialize;

use crate::support::{compile_in, repository};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    rule: String,
    /// Text of the cloud, which stands there once.
    from: String,
    to: String,
    /// Text at which the finding begins, on one of the changed lines, or wherever it is where nothing is left of them.
    at: String,
}

const CLOUDS: [&str; 6] = ["site", "rack", "trio", "boards", "dual", "next"];

#[test]
fn the_clouds_have_no_fault() {
    for cloud in CLOUDS {
        let text = fs::read_to_string(repository(&format!("tests/planted/{cloud}.yaml"))).unwrap();
        let (compiled, findings, sources) = compile_in(&repository("tests/planted"), cloud, &text);
        let shown = diag::render(&findings, &sources, Format::Human, false);
        assert!(compiled.is_some() && findings.is_empty(), "{shown}");
    }
}

#[test]
fn every_fault_of_the_site_is_found() {
    assert!(all_are_found("site") >= 60);
}

#[test]
fn every_fault_of_the_rack_is_found() {
    assert!(all_are_found("rack") >= 25);
}

#[test]
fn every_fault_of_three_small_machines_is_found() {
    assert!(all_are_found("trio") >= 36);
}

#[test]
fn every_fault_of_the_boards_is_found() {
    assert!(all_are_found("boards") >= 19);
}

#[test]
fn every_fault_of_two_families_is_found() {
    assert!(all_are_found("dual") >= 25);
}

#[test]
fn every_fault_of_the_newest_layout_is_found() {
    assert!(all_are_found("next") >= 21);
}

/// How many rules have found what was planted for them; panics where one has not.
fn all_are_found(cloud: &str) -> usize {
    let text = fs::read_to_string(repository(&format!("tests/planted/{cloud}.yaml"))).unwrap();
    let faults = fs::read_to_string(repository(&format!("tests/planted/{cloud}.faults.yaml"))).unwrap();
    let faults: Vec<Fault> = serde_yaml::from_str(&faults).unwrap();
    let missed = faults.iter().filter_map(|fault| {
        let why = is_found(cloud, &text, fault).err()?;
        Some(format!("{cloud}: {} from `{}`\n{why}", fault.rule, fault.to.trim()))
    });
    let missed: Vec<String> = missed.collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    faults.into_iter().map(|fault| fault.rule).collect::<BTreeSet<_>>().len()
}

fn is_found(cloud: &str, text: &str, fault: &Fault) -> Result<(), String> {
    if text.matches(&fault.from).count() != 1 {
        return Err(format!("`{}` is not there once", fault.from));
    }
    let planted = text.replace(&fault.from, &fault.to);
    let first = text[..text.find(&fault.from).unwrap()].matches('\n').count() + 1;
    let last = first + fault.to.trim_end_matches('\n').matches('\n').count();
    let (_, findings, sources) = compile_in(&repository("tests/planted"), cloud, &planted);
    let shown = diag::render(&findings, &sources, Format::Human, false);
    let found: Vec<_> = findings.sorted().into_iter().filter(|finding| finding.rule == fault.rule).collect();
    let here = found.iter().find(|finding| {
        let file = sources.get(finding.span.file);
        let line = file.line_column(finding.span.start).line;
        planted[finding.span.start..].starts_with(&fault.at) && (fault.to.is_empty() || (first..=last).contains(&line))
    });
    match here {
        Some(_) => Ok(()),
        None => Err(format!("not found at `{}`, lines {first} to {last}\n{shown}", fault.at)),
    }
}
