//! The page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::judges::{Judge, Noticed};
use super::mutants::{Class, Fault, Mutant};

/// Survivors of one place that are shown.
const SHOWN: usize = 40;

fn share(part: usize, of: usize) -> String {
    let thousandths = (part * 1000).checked_div(of);
    thousandths.map_or_else(|| "–".to_owned(), |thousandths| format!("{} %", (thousandths + 5) / 10))
}

pub fn page(mutants: &[Mutant], noticed: &Noticed, places: &BTreeMap<Class, usize>, sample: &str) -> String {
    let known = |index: usize| noticed[index].iter().any(|judge| judge.knows());
    let count = |keep: &dyn Fn(usize) -> bool| (0..mutants.len()).filter(|index| keep(*index)).count();
    let mut page = format!(
        "# Conformance\n\n\
         What cloudc emits is handed to upstream's own code by `just conformance`; [tests/upstream](../tests/upstream/README.md) says what, and to whom.\n\
         This page says how good those judges are: every field of what the examples and the clouds of the tests compile to is broken, one at a\n\
         time, and each judge is asked whether it notices. It is written by\n\n\
         ```sh\ntests/upstream/mutate {sample}\n```\n\n\
         {} broken files were judged, of {} that there are; {} of them were noticed by a judge that knows right from wrong.\n\n",
        mutants.len(),
        places.values().sum::<usize>(),
        share(count(&known), mutants.len()),
    );

    page.push_str("## By what was broken\n\n| broken | of | judged |");
    for fault in Fault::ALL {
        write!(page, " {} |", fault.name()).unwrap();
    }
    page.push_str(" all |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for class in Class::ALL {
        let of = |index: usize| mutants[index].class == class;
        write!(page, "| {} | {} | {} |", class.name(), places.get(&class).unwrap_or(&0), count(&of)).unwrap();
        for fault in Fault::ALL {
            let of = |index: usize| of(index) && mutants[index].fault == fault;
            write!(page, " {} |", share(count(&|index| of(index) && known(index)), count(&of))).unwrap();
        }
        writeln!(page, " {} |", share(count(&|index| of(index) && known(index)), count(&of))).unwrap();
    }

    page.push_str("\n## By who noticed\n\n| judge |");
    for class in Class::ALL {
        write!(page, " {} |", class.name()).unwrap();
    }
    page.push_str("\n|---|---|---|---|---|---|\n");
    for judge in Judge::ALL {
        write!(page, "| {} |", judge.name()).unwrap();
        for class in Class::ALL {
            let of = |index: usize| mutants[index].class == class;
            write!(page, " {} |", share(count(&|index| of(index) && noticed[index].contains(&judge)), count(&of)))
                .unwrap();
        }
        page.push('\n');
    }
    page.push_str(
        "\n`diff` and `build --check` know what was written, not what is right: they notice any edit, and are not counted above. *References* are those\n\
         between emitted objects, *keys of charts* the lists in `stdlib/components/*/values`.\n\n| judges that know | broken files |\n|---|---|\n",
    );
    let by = |number: usize| count(&|index| noticed[index].iter().filter(|judge| judge.knows()).count() == number);
    (0..=4).for_each(|number| writeln!(page, "| {number} | {} |", by(number)).unwrap());

    page.push_str("\n## Survivors\n\nThe places whose breakage no judge noticed most often: those that are free texts and switches for upstream.\n\n| place | how |  |\n|---|---|---|\n");
    let mut survivors: BTreeMap<(&str, Fault), usize> = BTreeMap::new();
    for (index, mutant) in
        mutants.iter().enumerate().filter(|(index, mutant)| mutant.class != Class::Values && !known(*index))
    {
        let _ = index;
        *survivors.entry((&mutant.place, mutant.fault)).or_default() += 1;
    }
    let total = survivors.len();
    let mut survivors: Vec<_> = survivors.into_iter().collect();
    survivors.sort_by_key(|(place, times)| (std::cmp::Reverse(*times), *place));
    for ((place, fault), times) in survivors.into_iter().take(SHOWN) {
        writeln!(page, "| `{place}` | {} | {times} |", fault.name()).unwrap();
    }
    writeln!(page, "\n{} more places survived less often; values of charts are left out.", total.saturating_sub(SHOWN))
        .unwrap();
    page
}
