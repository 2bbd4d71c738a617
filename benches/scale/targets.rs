//! What a build is to cost at most, and what it does.

use std::path::Path;
use std::process::Command;

use crate::CLOUDC;
use crate::measure::{self, Cost};
use crate::rows::{Row, Step};

/// What is measured without a generated cloud.
pub struct Small {
    /// `cloudc --version`.
    start: Cost,
    /// `cloudc lint` of the largest example.
    lint: Cost,
    /// The example, and its lines.
    example: (String, usize),
}

impl Small {
    pub fn measure(work: &Path) -> Self {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let clouds = ["one", "home", "cozy"].map(|name| (name, examples.join(name).join("cloud.yaml")));
        let lines = |path: &Path| std::fs::read_to_string(path).unwrap().lines().count();
        let (name, cloud) = clouds.into_iter().max_by_key(|(_, path)| lines(path)).expect("there are examples");
        let best = |arguments: &[&str]| {
            let run = || measure::run(Command::new(CLOUDC).current_dir(work).args(arguments), &[0]);
            (0..20).fold(None, |best, _| Some(Cost::best(best, run()))).expect("there is a round")
        };
        let lint = best(&["lint", "--quiet", cloud.to_str().expect("the checkout has a plain path")]);
        Self { start: best(&["--version"]), lint, example: (name.to_owned(), lines(&cloud)) }
    }
}

/// One line of the table.
pub struct Target {
    pub what: String,
    pub at_most: f64,
    /// What stands behind both figures.
    pub unit: &'static str,
    /// Where it was measured, and what came out.
    pub measured: Vec<(String, f64)>,
}

pub fn check(rows: &[Row], small: &Small) -> Vec<Target> {
    let each = |figure: &dyn Fn(&Row) -> f64| rows.iter().map(|row| (size(row), figure(row))).collect();
    let over_copy = |step: Step| move |row: &Row| row.cost(step).seconds() / row.cost(Step::Copy).seconds();
    let target = |what: &str, at_most, unit, measured| Target { what: what.to_owned(), at_most, unit, measured };
    let (example, lines) = &small.example;
    let lint = format!("`lint` of the largest example (`examples/{example}`, {lines} lines)");
    vec![
        target("full `build`, in times of `cp -r`", 1.5, "×", each(&over_copy(Step::Build))),
        target("`build` without a change, in times of `cp -r`", 0.5, "×", each(&over_copy(Step::Again))),
        target("`build` of ten times the machines", 11.0, "×", growth(rows)),
        target("memory of a full `build`, in bytes of its output", 4.0, "×", each(&memory)),
        target(&lint, 20.0, "ms", vec![(String::new(), small.lint.seconds() * 1e3)]),
        target("start-up (`cloudc --version`)", 3.0, "ms", vec![(String::new(), small.start.seconds() * 1e3)]),
    ]
}

fn size(row: &Row) -> String {
    format!("{}/{}", row.nodes, row.tenants)
}

fn memory(row: &Row) -> f64 {
    row.cost(Step::Build).bytes as f64 / row.bytes as f64
}

/// Of each cloud with a tenth as many machines and the same tenants.
fn growth(rows: &[Row]) -> Vec<(String, f64)> {
    let tenth = |row: &Row| rows.iter().find(|other| (other.nodes * 10, other.tenants) == (row.nodes, row.tenants));
    let time = |row: &Row| row.cost(Step::Build).seconds();
    rows.iter().filter_map(|row| Some((size(row), time(row) / time(tenth(row)?)))).collect()
}
