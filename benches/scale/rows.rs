//! A cloud of some size -> what each command costs on it, beside a copy of what it writes.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::measure::{self, Cost};
use crate::{CLOUDC, clouds};

/// What is measured of one cloud, in this order in each round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// `cp -r` of the emitted directory: what the disk costs.
    Copy,
    /// `cloudc build` into a directory that is not there.
    Build,
    /// `cloudc build` again.
    Again,
    /// `cloudc build --check`.
    Check,
    /// `cloudc lint`.
    Lint,
    /// `cloudc diff` of a cloud in which one setting of every machine is another.
    Diff,
}

pub const STEPS: [Step; 6] = [Step::Copy, Step::Build, Step::Again, Step::Check, Step::Lint, Step::Diff];

/// One cloud.
#[derive(Debug)]
pub struct Row {
    pub nodes: usize,
    pub tenants: usize,
    /// Lines of `cloud.yaml`.
    pub lines: usize,
    /// What a build writes.
    pub files: usize,
    pub bytes: u64,
    costs: Vec<Cost>,
}

impl Row {
    pub fn cost(&self, step: Step) -> Cost {
        self.costs[STEPS.iter().position(|other| *other == step).expect("every step is measured")]
    }
}

pub fn measure(work: &Path, nodes: usize, tenants: usize) -> Row {
    eprintln!("{nodes} machines, {tenants} tenants");
    let folder = work.join(format!("{nodes}-{tenants}"));
    measure::empty(&folder);
    let text = clouds::cloud(nodes, tenants);
    let edited = folder.join("edited");
    fs::create_dir(&edited).unwrap();
    fs::write(folder.join("cloud.yaml"), &text).unwrap();
    // A setting of `nodeDefaults`.
    let changed = text.replacen("gc_thresh3: \"16384\"", "gc_thresh3: \"32768\"", 1);
    assert_ne!(changed, text, "the clouds have the setting");
    fs::write(edited.join("cloud.yaml"), changed).unwrap();
    let out = folder.join("out");
    // Writes `cloud.lock`, and the tree that is copied.
    measure::run(&mut cloudc(&folder, Step::Build), &[0]);
    fs::copy(folder.join("cloud.lock"), edited.join("cloud.lock")).unwrap();
    let (files, bytes) = measure::size(&out);
    let rounds = if files > 5000 { 3 } else { 7 };
    let mut costs = vec![None; STEPS.len()];
    for _ in 0..rounds {
        for (cost, step) in costs.iter_mut().zip(STEPS) {
            match step {
                Step::Copy => measure::remove(&folder.join("copy")),
                Step::Build => measure::remove(&out),
                _ => {}
            }
            let codes: &[i32] = if step == Step::Diff { &[1] } else { &[0] };
            *cost = Some(Cost::best(*cost, measure::run(&mut cloudc(&folder, step), codes)));
        }
    }
    measure::remove(&folder);
    let costs = costs.into_iter().map(|cost| cost.expect("there is a round")).collect();
    Row { nodes, tenants, lines: text.lines().count(), files, bytes, costs }
}

fn cloudc(folder: &Path, step: Step) -> Command {
    let arguments = match step {
        Step::Copy => {
            let mut copy = Command::new("cp");
            copy.current_dir(folder).args(["-r", "out", "copy"]);
            return copy;
        }
        Step::Build | Step::Again => "build --quiet --output out",
        Step::Check => "build --quiet --output out --check",
        Step::Lint => "lint --quiet cloud.yaml",
        Step::Diff => "diff --quiet --file edited/cloud.yaml --output out --format summary",
    };
    let mut command = Command::new(CLOUDC);
    command.current_dir(folder).args(arguments.split(' '));
    command
}
