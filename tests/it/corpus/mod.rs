//! Clouds that nobody wrote: made by a seeded generator out of everything that the language and the catalog have. Each must compile
//! without a finding. What a generated cloud proposes and a rule refuses is left out only where the proposal names that rule.
//!
//! `CLOUDC_CORPUS=60` makes so many clouds, `CLOUDC_CORPUS_SEED=7` others; `CLOUDC_CORPUS_SHRINK=100` makes one that fails plainer in so
//! many steps.

mod dice;
mod machines;
mod platform;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use cloudc::Compiled;
use cloudc::diag::{self, Format};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::Value;

use crate::references;
use crate::support::{catalog, compile_text, right};
use dice::Dice;
use platform::Proposal;

/// What was left out of clouds, by the rule that refused it.
type Refused = BTreeMap<&'static str, usize>;

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// The rules that a cloud breaks, and everything said of it.
fn findings(cloud: &Value) -> (Vec<&'static str>, String) {
    let text = text(cloud);
    let (_, diagnostics, sources) = compile_text(&text);
    let rules = diagnostics.sorted().iter().map(|finding| finding.rule).collect();
    (rules, diag::render(&diagnostics, &sources, Format::Human, false))
}

fn text(cloud: &Value) -> String {
    serde_yaml::to_string(cloud).unwrap()
}

/// A cloud in the making: what was put in, what was left out and why.
struct Making<'a> {
    cloud: Value,
    refused: &'a mut Refused,
    faults: Vec<String>,
}

impl Making<'_> {
    /// Puts in what is not refused. Most goes in at once; where something does not, halves are tried.
    fn put(&mut self, proposals: &[Proposal]) {
        if proposals.is_empty() {
            return;
        }
        let mut with = self.cloud.clone();
        for proposal in proposals {
            proposal.put(&mut with);
        }
        let (rules, said) = findings(&with);
        if rules.is_empty() {
            self.cloud = with;
        } else if let [proposal] = proposals {
            match rules.iter().find(|rule| !proposal.may_break.contains(rule)) {
                Some(_) => self.faults.push(format!("{}:\n{said}", proposal.what)),
                None => *self.refused.entry(rules[0]).or_default() += 1,
            }
        } else {
            let (first, second) = proposals.split_at(proposals.len() / 2);
            self.put(first);
            self.put(second);
        }
    }
}

/// A cloud, or what is wrong with it.
fn cloud(rolls: &[u8], number: usize, refused: &mut Refused) -> Result<Value, String> {
    let mut dice = Dice::new(rolls);
    let mut base = machines::base(&mut dice, number);
    platform::delivery(&mut dice).put(&mut base.cloud);
    let (_, said) = findings(&base.cloud);
    if !said.is_empty() {
        return Err(format!("{said}\n{}", text(&base.cloud)));
    }
    let mut making = Making { cloud: base.cloud.clone(), refused, faults: Vec::new() };
    making.put(&platform::proposals(&mut dice, &base, number));
    if making.faults.is_empty() { Ok(making.cloud) } else { Err(making.faults.join("\n")) }
}

/// A cloud of the corpus.
pub struct Made {
    pub name: String,
    pub text: String,
    pub compiled: Compiled,
    refused: Refused,
}

/// The cloud of a number, or what is wrong with it.
fn make(seed: u8, index: usize, shrink: u32) -> Result<Made, String> {
    let mut bytes = [seed; 32];
    bytes[..8].copy_from_slice(&u64::try_from(index).unwrap().to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: shrink, ..Config::default() };
    let made = RefCell::new(None);
    let result = TestRunner::new_with_rng(config, rng).run(&vec(any::<u8>(), 400), |rolls| {
        let mut refused = Refused::new();
        let cloud = cloud(&rolls, index, &mut refused).map_err(TestCaseError::fail)?;
        made.replace(Some((text(&cloud), refused)));
        Ok(())
    });
    let name = format!("corpus-{index:03}");
    let say = |said: &str| format!("{name} of seed {seed}: {said}");
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, _)) => return Err(say(reason.message())),
        Err(error) => return Err(say(&error.to_string())),
    }
    let (text, refused) = made.into_inner().expect("it ran once");
    let compiled = right(compile_text(&text));
    let faults = references::faults(&compiled);
    if faults.is_empty() {
        Ok(Made { name, text, compiled, refused })
    } else {
        Err(say(&format!("{faults:#?}\n{text}")))
    }
}

/// As many clouds as are asked for.
///
/// # Panics
/// With all that is wrong, when one of them is.
pub fn corpus(default: usize) -> Vec<Made> {
    let count = number("CLOUDC_CORPUS", default);
    let seed = u8::try_from(number("CLOUDC_CORPUS_SEED", 1)).expect("a seed is a byte");
    let shrink = u32::try_from(number("CLOUDC_CORPUS_SHRINK", 0)).expect("a number of steps");
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    let part =
        |rest: usize| -> Vec<_> { (rest..count).step_by(threads).map(|index| make(seed, index, shrink)).collect() };
    let all: Vec<_> = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|rest| scope.spawn(move || part(rest))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let (mut made, mut wrong) = (Vec::new(), Vec::new());
    for one in all {
        match one {
            Ok(one) => made.push(one),
            Err(said) => wrong.push(said),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    made.sort_by(|one, other| one.name.cmp(&other.name));
    let used: BTreeSet<&str> =
        made.iter().flat_map(|made| &made.compiled.model.platform.components).map(|used| used.name.as_str()).collect();
    let entries = catalog().components().filter(|entry| entry.management).map(|entry| entry.name.as_str());
    let missing: Vec<&str> = entries.filter(|name| !used.contains(name)).collect();
    let mut refused = Refused::new();
    made.iter().flat_map(|made| &made.refused).for_each(|(rule, times)| *refused.entry(rule).or_default() += times);
    eprintln!("{count} clouds of seed {seed} with {} components, none with {missing:?}", used.len());
    eprintln!("left out, by the rule that refused it: {refused:?}");
    assert!(count < 60 || missing.is_empty(), "no cloud has {missing:?}");
    made
}

#[test]
fn generated_clouds_are_clean() {
    // One of each Talos minor.
    assert!(!corpus(9).is_empty());
}
