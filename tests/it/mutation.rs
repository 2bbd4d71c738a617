//! How much of what could be wrong with emitted files is noticed, and by whom: fields are broken one at a time, and every judge is asked.

mod judges;
mod mutants;
mod report;

use std::path::PathBuf;

use crate::support::repository;

/// Into `$CLOUDC_MUTATE` go mutants; `secrets/MINOR.yaml` there are bundles, and the judges are in `target/upstream`. `CLOUDC_MUTANTS` is how
/// many of each class are taken, `all` for every one. The page is `docs/conformance.md`, or `$CLOUDC_MUTATION_PAGE`.
#[test]
#[ignore = "for tests/upstream/mutate"]
fn mutation_score() {
    let work = PathBuf::from(std::env::var_os("CLOUDC_MUTATE").expect("CLOUDC_MUTATE is a folder"));
    let sample = std::env::var("CLOUDC_MUTANTS").unwrap_or_else(|_| "300".to_owned());
    let limit =
        if sample == "all" { usize::MAX } else { sample.parse().expect("CLOUDC_MUTANTS is a number, or `all`") };
    let clouds = mutants::clouds(&work);
    let (mutants, places) = mutants::sample(&clouds, limit, &work);
    let noticed = judges::ask(&clouds, &mutants, &work);
    let page =
        report::page(&report::Judged { same: judges::means_the_same(&mutants), mutants, noticed }, &places, &sample);
    eprintln!("{page}");
    let to = std::env::var_os("CLOUDC_MUTATION_PAGE").map_or_else(|| repository("docs/conformance.md"), PathBuf::from);
    std::fs::write(to, page).unwrap();
}
