//! `cargo bench --bench scale`: what a build costs from 10 to 10,000 machines, beside `cp -r` of what it writes and beside other
//! tools on equal work. Writes the tables and the plot of `docs/performance.md`.
//!
//! Arguments after `--`: `--largest 1000` leaves out clouds of more machines, `--no-peers` the other tools, `--print` prints the
//! tables instead of writing them.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a benchmark works on real folders with a real clock, tells its progress, fails by panicking, and prints figures of few digits"
)]

#[path = "../clouds/mod.rs"]
#[allow(dead_code, reason = "the other benchmarks have sizes of their own")]
mod clouds;
mod machine;
mod measure;
mod peers;
mod plot;
mod rows;
mod tables;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use rows::Row;

/// Machines and tenants of each cloud.
const CLOUDS: [(usize, usize); 8] =
    [(10, 0), (100, 0), (1000, 0), (10_000, 0), (100, 50), (1000, 50), (1000, 500), (10_000, 500)];
/// Machines of the clouds of equal work.
const EQUAL_WORK: [usize; 2] = [100, 1000];

/// The binary that is measured: built with the release profile.
const CLOUDC: &str = env!("CARGO_BIN_EXE_cloudc");

fn main() {
    let asked = |flag: &str| std::env::args().any(|argument| argument == flag);
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scale");
    measure::empty(&work);
    let largest = std::env::args().skip_while(|argument| argument != "--largest").nth(1);
    let largest: usize = largest.map_or(usize::MAX, |number| number.parse().expect("--largest takes a number"));
    let sizes = CLOUDS.into_iter().filter(|(nodes, _)| *nodes <= largest);
    let rows: Vec<Row> = sizes.map(|(nodes, tenants)| rows::measure(&work, nodes, tenants)).collect();
    let small = targets::Small::measure(&work);
    let mut sections = vec![
        ("machine", machine::describe(&work)),
        ("targets", tables::targets(&targets::check(&rows, &small))),
        ("commands", tables::commands(&rows)),
        ("memory", tables::memory(&rows)),
    ];
    if !asked("--no-peers") {
        let sizes: Vec<usize> = EQUAL_WORK.into_iter().filter(|nodes| *nodes <= largest).collect();
        let peers = peers::measure(&work, &sizes);
        sections.push(("peers", tables::peers(&peers, &sizes)));
    }
    measure::remove(&work);
    if asked("--print") {
        for (name, text) in &sections {
            println!("{name}\n\n{text}");
        }
        return;
    }
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = docs.join("performance.md");
    let text = fs::read_to_string(&page).unwrap();
    let text = sections.iter().fold(text, |text, (name, section)| tables::put(&text, name, section));
    fs::write(page, text).unwrap();
    fs::write(docs.join("performance.svg"), plot::svg(&rows)).unwrap();
}
