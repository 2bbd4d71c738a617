//! The page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::judges::{Judge, Noticed};
use super::mutants::{Class, Fault, Mutant};

/// Survivors that are shown.
const SHOWN: usize = 60;

/// What became of the mutants, in their order.
pub struct Judged {
    pub mutants: Vec<Mutant>,
    pub noticed: Noticed,
    /// Those that are the same to upstream.
    pub same: Vec<bool>,
}

impl Judged {
    fn known(&self, index: usize) -> bool {
        self.noticed[index].iter().any(|judge| judge.knows())
    }

    /// Those that are faults: a broken file that is the same to upstream is none, unless somebody notices.
    fn faults(&self) -> impl Iterator<Item = usize> {
        (0..self.mutants.len()).filter(|index| !self.same[*index] || self.known(*index))
    }

    fn count(&self, keep: impl Fn(usize) -> bool) -> usize {
        self.faults().filter(|index| keep(*index)).count()
    }

    /// The part of some that judges who know noticed.
    fn score(&self, of: impl Fn(usize) -> bool) -> String {
        share(self.count(|index| of(index) && self.known(index)), self.count(of))
    }
}

fn share(part: usize, of: usize) -> String {
    let thousandths = (part * 1000).checked_div(of);
    thousandths.map_or_else(|| "–".to_owned(), |thousandths| format!("{} %", (thousandths + 5) / 10))
}

pub fn page(judged: &Judged, places: &BTreeMap<Class, usize>, sample: &str) -> String {
    let (mutants, faults) = (&judged.mutants, judged.faults().count());
    let mut page = format!(
        "# Conformance\n\n\
         What cloudc emits is handed to upstream's own code by `just conformance`; [tests/upstream](../tests/upstream/README.md) says what, and to whom.\n\
         This page says how good those judges are: every field of what the examples and the clouds of the tests compile to is broken, one at a\n\
         time, and each judge is asked whether it notices. It is written by\n\n\
         ```sh\ntests/upstream/mutate {sample}\n```\n\n\
         {} broken files were judged, of {} that there are. {} of them are the same to upstream, which has a default for what is gone: these are no\n\
         faults. Of the other {faults}, {} were noticed by a judge that knows right from wrong; without values of charts, {}.\n\n",
        mutants.len(),
        places.values().sum::<usize>(),
        mutants.len() - faults,
        judged.score(|_| true),
        judged.score(|index| mutants[index].class != Class::Values),
    );
    by_fault(judged, places, &mut page);
    by_judge(judged, &mut page);
    survivors(judged, &mut page);
    page
}

fn by_fault(judged: &Judged, places: &BTreeMap<Class, usize>, page: &mut String) {
    page.push_str("## By what was broken\n\n| broken | of | faults |");
    for fault in Fault::ALL {
        write!(page, " {} |", fault.name()).unwrap();
    }
    page.push_str(" all |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for class in Class::ALL {
        let of = |index: usize| judged.mutants[index].class == class;
        let all = places.get(&class).unwrap_or(&0);
        write!(page, "| {} | {all} | {} |", class.name(), judged.count(of)).unwrap();
        for fault in Fault::ALL {
            write!(page, " {} |", judged.score(|index| of(index) && judged.mutants[index].fault == fault)).unwrap();
        }
        writeln!(page, " {} |", judged.score(of)).unwrap();
    }
}

fn by_judge(judged: &Judged, page: &mut String) {
    page.push_str("\n## By who noticed\n\n| judge |");
    for class in Class::ALL {
        write!(page, " {} |", class.name()).unwrap();
    }
    page.push_str("\n|---|---|---|---|---|---|\n");
    for judge in Judge::ALL {
        write!(page, "| {} |", judge.name()).unwrap();
        for class in Class::ALL {
            let of = |index: usize| judged.mutants[index].class == class;
            let part = judged.count(|index| of(index) && judged.noticed[index].contains(&judge));
            write!(page, " {} |", share(part, judged.count(of))).unwrap();
        }
        page.push('\n');
    }
    page.push_str(
        "\n`diff` and `build --check` know what was written, not what is right: they notice any edit, and are not counted above. *Kubernetes* is the code\n\
         of its API server with the definitions of all projects, and of those who read what Talos passes on. *References* is what emitted documents say\n\
         of each other (`tests/it/references`), *keys of charts* the lists in `stdlib/components/*/values`.\n\n\
         | judges that know | broken files |\n|---|---|\n",
    );
    let knowing = |index: usize| judged.noticed[index].iter().filter(|judge| judge.knows()).count();
    for number in 0..=4 {
        writeln!(page, "| {number} | {} |", judged.count(|index| knowing(index) == number)).unwrap();
    }
}

/// Why nobody can know.
const fn why(fault: Fault) -> &'static str {
    match fault {
        Fault::Removed => "optional: without it, something else is right, too",
        Fault::Misspelled => "its keys are free, or read by a program that is no judge here",
        Fault::OtherType => "read by a program that is no judge here",
        Fault::OtherWord => "any word is right here",
        Fault::OutOfRange => "any number is right here",
        Fault::Flipped => "both are right",
    }
}

fn survivors(judged: &Judged, page: &mut String) {
    let survived = |index: &usize| !judged.known(*index) && judged.mutants[*index].class != Class::Values;
    let mut places: BTreeMap<(Fault, &str), usize> = BTreeMap::new();
    for index in judged.faults().filter(survived) {
        let mutant = &judged.mutants[index];
        *places.entry((mutant.fault, &mutant.place)).or_default() += 1;
    }
    page.push_str("\n## Survivors\n\nWhat no judge noticed. Values of charts are left out: charts have no schema for most of them.\n\n| how | why | broken files |\n|---|---|---|\n");
    for fault in Fault::ALL {
        let times: usize = places.iter().filter(|((of, _), _)| *of == fault).map(|(_, times)| times).sum();
        if times > 0 {
            writeln!(page, "| {} | {} | {times} |", fault.name(), why(fault)).unwrap();
        }
    }
    page.push_str("\nThe most frequent of their places:\n\n| place | how | broken files |\n|---|---|---|\n");
    let total = places.len();
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|((_, place), times)| (std::cmp::Reverse(*times), *place));
    for ((fault, place), times) in places.into_iter().take(SHOWN) {
        writeln!(page, "| `{place}` | {} | {times} |", fault.name()).unwrap();
    }
    writeln!(page, "\n{} more places.", total.saturating_sub(SHOWN)).unwrap();
}
