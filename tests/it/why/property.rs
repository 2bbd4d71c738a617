//! What changes when one scalar of a cloud changes lies within what provenance says that the scalar touches.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as File;

use cloudc::Compiled;
use cloudc::emitted::compare;
use cloudc::provenance::Provenance;
use cloudc::syntax::Path;
use similar::{ChangeTag, TextDiff};

use super::mutate::{Mutation, mutations};
use crate::support::{catalog, compile_in, repository};

/// Clouds that together use most of the language.
const CLOUDS: [&str; 11] = [
    "examples/one/cloud.yaml",
    "examples/home/cloud.yaml",
    "examples/cozy/cloud.yaml",
    "tests/clouds/tenants.yaml",
    "tests/clouds/talos-workers.yaml",
    "tests/clouds/bonded.yaml",
    "tests/clouds/dual-stack.yaml",
    "tests/clouds/talos/v1.6.yaml",
    "tests/clouds/talos/v1.10.yaml",
    "tests/clouds/talos/v1.14.yaml",
    "tests/clouds/exposed.yaml",
];

/// Of how many scalars one is changed in every run of the tests.
const SAMPLE: usize = 24;

#[test]
fn a_sample_of_changes_stays_within_what_is_touched() {
    let missed: Vec<String> =
        CLOUDS.iter().enumerate().flat_map(|(at, cloud)| check(cloud, SAMPLE, at * 7 + 5)).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// Minutes in a debug build; `CLOUD` names one cloud.
#[test]
#[ignore = "changes every scalar of every cloud"]
fn every_change_stays_within_what_is_touched() {
    let wanted = std::env::var("CLOUD").ok();
    let clouds = CLOUDS.iter().filter(|cloud| wanted.as_ref().is_none_or(|wanted| cloud.contains(wanted)));
    let missed: Vec<String> = clouds.flat_map(|cloud| check(cloud, 1, 0)).collect();
    assert!(missed.is_empty(), "{} missed\n{}", missed.len(), missed.join("\n"));
}

/// What is missed when every `step`th scalar of a cloud changes, from `first` on.
fn check(cloud: &str, step: usize, first: usize) -> Vec<String> {
    let path = repository(cloud);
    let text = std::fs::read_to_string(&path).unwrap();
    let folder = path.parent().unwrap();
    let old = compile_in(folder, cloud, &text).0.expect("the clouds here compile");
    let provenance = Provenance::new(&old, catalog());
    let mut missed = Vec::new();
    let mutations = mutations(&text);
    let (all, mut compiled) = (mutations.len(), 0);
    for mutation in mutations.into_iter().skip(first % step).step_by(step) {
        let Some((value, new)) = changed(folder, cloud, &mutation) else { continue };
        compiled += 1;
        let other = Provenance::new(&new, catalog());
        let what = format!("{cloud} {}: {} -> {value}", mutation.path, mutation.from);
        missed.extend(
            lines(&provenance, &old, &new, &mutation.path, "-").into_iter().map(|line| format!("{what}\n    {line}")),
        );
        missed.extend(
            lines(&other, &new, &old, &mutation.path, "+").into_iter().map(|line| format!("{what}\n    {line}")),
        );
        missed.extend(
            places(&provenance, &old, &other, &new, &mutation.path)
                .into_iter()
                .map(|line| format!("{what}\n    {line}")),
        );
    }
    eprintln!("{cloud}: {compiled} of {all} scalars changed");
    missed
}

/// The first of the changed clouds that compiles into another tree.
fn changed(folder: &File, name: &str, mutation: &Mutation) -> Option<(String, Compiled)> {
    mutation.clouds.iter().take(6).find_map(|(value, text)| Some((value.clone(), compile_in(folder, name, text).0?)))
}

fn text(compiled: &Compiled, file: &str) -> String {
    compiled.tree.get(file).map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).unwrap_or_default()
}

fn files<'a>(one: &'a Compiled, other: &'a Compiled) -> BTreeSet<&'a str> {
    let paths = one.tree.iter().chain(other.tree.iter()).map(|(path, _)| path.as_str());
    paths.filter(|path| one.tree.get(path) != other.tree.get(path)).collect()
}

/// Lines of `own` that `other` has not, and that are not said to be touched.
fn lines(provenance: &Provenance<'_>, own: &Compiled, other: &Compiled, path: &Path, sign: &str) -> Vec<String> {
    let mut missed = Vec::new();
    for file in files(own, other) {
        if own.tree.get(file).is_none() {
            continue;
        }
        let (before, after) = (text(own, file), text(other, file));
        let diff = TextDiff::from_lines(&before, &after);
        let gone: Vec<usize> = diff
            .iter_all_changes()
            .filter(|change| change.tag() == ChangeTag::Delete)
            .filter_map(|change| Some(change.old_index()? + 1))
            .collect();
        let touched = provenance.touched(file, path);
        // Which of several equal lines has gone, a difference of texts does not know.
        let all: Vec<&str> = before.lines().collect();
        let texts: BTreeSet<&str> = touched.iter().map(|line| all[line - 1]).collect();
        let untouched: Vec<usize> = gone.into_iter().filter(|line| !texts.contains(all[line - 1])).collect();
        if let Some(first) = untouched.first() {
            let shown = before.lines().nth(first - 1).unwrap_or_default();
            missed.push(format!("{sign} {file}:{first}: {} ({} lines)", shown.trim(), untouched.len()));
        }
    }
    missed
}

/// Places that differ and are not said to be touched.
fn places(one: &Provenance<'_>, old: &Compiled, other: &Provenance<'_>, new: &Compiled, path: &Path) -> Vec<String> {
    let side = |compiled: &Compiled| -> BTreeMap<String, String> {
        files(old, new)
            .into_iter()
            .filter(|file| compiled.tree.get(file).is_some())
            .map(|file| (file.to_owned(), text(compiled, file)))
            .collect()
    };
    let differences = compare(&side(old), &side(new));
    let missed = differences.iter().filter(|difference| {
        let side = if difference.to.is_some() { other } else { one };
        !side.of(&difference.place).are_touched_by(path)
    });
    let shown = |place: &cloudc::emitted::Place| format!("= {} {} {}", place.file, place.object, place.shown());
    let mut shown: Vec<String> = missed.map(|difference| shown(&difference.place)).collect();
    let more = shown.len().saturating_sub(2);
    shown.truncate(2);
    if more > 0 {
        shown.push(format!("= and {more} more places"));
    }
    shown
}
