//! Fixes on a text, until nothing is left that one mends. Pure: how a text is checked is told from outside.
//!
//! Fixes of one round that do not touch each other are made together and checked once; if that shows anything that was not there, each is made
//! alone. One that does not end its finding, or brings another, is taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::registry;
use crate::diag::{Diagnostic, Diagnostics, Fix, Replacement, Severity};
use crate::source::Sources;
use crate::syntax::{self, NodeKind};

/// A text that is not done after as many rounds is left as it is then.
const ROUNDS: usize = 100;

/// What is said of a text.
#[derive(Debug)]
pub struct Checked {
    pub findings: Diagnostics,
    pub sources: Sources,
}

/// A fix that was made, with the place of its finding in the text that it was made in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub rule: &'static str,
    pub title: String,
    pub line: usize,
    pub column: usize,
}

/// A finding as it is known again in another text.
type Name = (&'static str, String);

struct Candidate {
    made: Made,
    name: Name,
    replacements: Vec<Replacement>,
}

/// Makes the safe fixes of a text, with `guesses` all of them. `name` is what findings call the text.
pub fn mend(
    mut text: String,
    name: &str,
    guesses: bool,
    mut check: impl FnMut(&str) -> Checked,
) -> (String, Vec<Made>, Checked) {
    let mut checked = check(&text);
    let (mut made, mut refused) = (Vec::new(), BTreeSet::new());
    for _ in 0..ROUNDS {
        let mut chosen = candidates(&checked, name, guesses, &refused);
        if chosen.is_empty() {
            break;
        }
        if chosen.len() > 1 {
            let (fixed, after) = attempt(&text, &chosen, &mut check);
            if is_better(&checked, &after, &fixed, &chosen) {
                made.extend(chosen.into_iter().map(|candidate| candidate.made));
                (text, checked) = (fixed, after);
                continue;
            }
            chosen.truncate(1);
        }
        let (fixed, after) = attempt(&text, &chosen, &mut check);
        let better = is_better(&checked, &after, &fixed, &chosen);
        for candidate in chosen {
            if better {
                made.push(candidate.made);
            } else {
                refused.insert((candidate.name, candidate.made.line, candidate.made.column));
            }
        }
        if better {
            (text, checked) = (fixed, after);
        }
    }
    (text, made, checked)
}

/// How many findings have a fix that would be tried.
pub fn count(checked: &Checked, name: &str, guesses: bool) -> usize {
    offered(checked, name, guesses).count()
}

fn offered<'c>(
    checked: &'c Checked,
    name: &'c str,
    guesses: bool,
) -> impl Iterator<Item = (&'c Diagnostic, &'c Fix, Vec<Replacement>)> {
    checked.findings.sorted().into_iter().filter_map(move |finding| {
        let fix = finding.fix.as_ref().filter(|fix| guesses || fix.is_safe())?;
        let replacements = fix.replacements(&checked.sources)?;
        let here = |at: &Replacement| checked.sources.get(at.at.file).name == name;
        replacements.iter().all(here).then_some((finding, fix, replacements))
    })
}

/// The fixes of a round, in the order of the text; of those that touch each other, the first.
fn candidates(
    checked: &Checked,
    name: &str,
    guesses: bool,
    refused: &BTreeSet<(Name, usize, usize)>,
) -> Vec<Candidate> {
    let mut chosen: Vec<Candidate> = Vec::new();
    for (finding, fix, replacements) in offered(checked, name, guesses) {
        let at = checked.sources.get(finding.span.file).line_column(finding.span.start);
        let name = (finding.rule, finding.message.clone());
        let made = Made { rule: finding.rule, title: fix.title.clone(), line: at.line, column: at.column };
        let touches = |one: &Replacement| {
            let others = chosen.iter().flat_map(|other| &other.replacements);
            others.into_iter().any(|other| one.at.start <= other.at.end && other.at.start <= one.at.end)
        };
        if !refused.contains(&(name.clone(), at.line, at.column)) && !replacements.iter().any(touches) {
            chosen.push(Candidate { made, name, replacements });
        }
    }
    chosen
}

fn attempt(text: &str, chosen: &[Candidate], check: &mut impl FnMut(&str) -> Checked) -> (String, Checked) {
    let fixed = replaced(text, chosen.iter().flat_map(|candidate| &candidate.replacements));
    let checked = check(&fixed);
    (fixed, checked)
}

/// A text with other bytes in some places, which do not overlap.
pub fn replaced<'r>(text: &str, replacements: impl IntoIterator<Item = &'r Replacement>) -> String {
    let mut all: Vec<&Replacement> = replacements.into_iter().collect();
    all.sort_by_key(|replacement| std::cmp::Reverse(replacement.at));
    let mut text = text.to_owned();
    for replacement in all {
        text.replace_range(replacement.at.start..replacement.at.end, &replacement.text);
    }
    text
}

/// Whether the findings that were fixed are gone and none came that would have been seen before.
fn is_better(before: &Checked, after: &Checked, fixed: &str, chosen: &[Candidate]) -> bool {
    let (had, has) = (tally(before, &[]), tally(after, &[]));
    let mut ended: BTreeMap<&Name, usize> = BTreeMap::new();
    for candidate in chosen {
        *ended.entry(&candidate.name).or_default() += 1;
    }
    let of = |tally: &BTreeMap<Name, usize>, name: &Name| tally.get(name).copied().unwrap_or_default();
    if ended.into_iter().any(|(name, number)| of(&has, name) + number > of(&had, name)) {
        return false;
    }
    // What stopped the compiler kept it from seeing more.
    let stopped = before.findings.sorted().into_iter().filter(|finding| finding.severity == Severity::Error);
    let stopped = stopped.map(|finding| stage(finding.rule)).min();
    let hidden = |rule| stopped.is_some_and(|stopped| stage(rule) > stopped || stage(rule) == Stage::Meaning);
    // Nobody looks at what stands under a wrong key.
    let has = tally(after, &uncovered(fixed, chosen));
    has.iter().all(|(name, number)| *number <= of(&had, name) || hidden(name.0))
}

/// The entries of a fixed text whose keys are fixed.
fn uncovered(fixed: &str, chosen: &[Candidate]) -> Vec<Range<usize>> {
    let mut all: Vec<&Replacement> = chosen.iter().flat_map(|candidate| &candidate.replacements).collect();
    all.sort_by_key(|replacement| replacement.at);
    let mut grown = 0_isize;
    let starts: Vec<usize> = all
        .into_iter()
        .map(|Replacement { at, text }| {
            let start = at.start.saturating_add_signed(grown);
            grown += text.len().cast_signed() - (at.end - at.start).cast_signed();
            start
        })
        .collect();
    let (document, _) = syntax::parse(Sources::default().add("", ""), fixed);
    let (mut found, mut left) = (Vec::new(), vec![&document.root]);
    while let Some(node) = left.pop() {
        match &node.kind {
            NodeKind::List(items) => left.extend(items),
            NodeKind::Map(entries) => {
                let here = entries.iter().filter(|entry| starts.contains(&entry.key_span.start));
                found.extend(here.map(|entry| entry.key_span.start..entry.value.span.end));
                left.extend(entries.iter().map(|entry| &entry.value));
            }
            _ => {}
        }
    }
    found
}

/// How many findings there are of each name, without those that begin in some places.
fn tally(checked: &Checked, without: &[Range<usize>]) -> BTreeMap<Name, usize> {
    let mut tally = BTreeMap::new();
    let sorted = checked.findings.sorted().into_iter();
    for finding in sorted.filter(|finding| !without.iter().any(|place| place.contains(&finding.span.start))) {
        *tally.entry((finding.rule, finding.message.clone())).or_default() += 1;
    }
    tally
}

/// How far the compiler has come when it raises a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Text,
    Shape,
    Meaning,
}

fn stage(rule: &str) -> Stage {
    match rule {
        "syntax" | "too-large" => Stage::Text,
        _ if registry::find(rule).is_some_and(registry::Rule::is_of_the_text) => Stage::Shape,
        _ => Stage::Meaning,
    }
}
