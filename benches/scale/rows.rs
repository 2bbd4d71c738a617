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
    // Writes `cloud.lock`, and the tree that is copied.
    measure::run(&mut command(&folder, Step::Build, 0), &[0]);
    fs::copy(folder.join("cloud.lock"), edited.join("cloud.lock")).unwrap();
    let (files, bytes) = measure::size(&folder.join("out-0"));
    let rounds = if files > 2000 { 3 } else { 7 };
    let mut costs = vec![None; STEPS.len()];
    for round in 1..=rounds {
        for (cost, step) in costs.iter_mut().zip(STEPS) {
            let codes: &[i32] = if step == Step::Diff { &[1] } else { &[0] };
            *cost = Some(Cost::best(*cost, measure::run(&mut command(&folder, step, round), codes)));
        }
    }
    let costs = costs.into_iter().map(|cost| cost.expect("there is a round")).collect();
    Row { nodes, tenants, lines: text.lines().count(), files, bytes, costs }
}

/// Nothing is removed between rounds: ext4 looks long for the place of a new file where others have just been removed.
fn command(folder: &Path, step: Step, round: usize) -> Command {
    let arguments = match step {
        Step::Copy => format!("-r out-0 copy-{round}"),
        Step::Build | Step::Again => format!("build --quiet --output out-{round}"),
        Step::Check => format!("build --quiet --output out-{round} --check"),
        Step::Lint => "lint --quiet cloud.yaml".to_owned(),
        Step::Diff => format!("diff --quiet --file edited/cloud.yaml --output out-{round} --format summary"),
    };
    let mut command = Command::new(if step == Step::Copy { "cp" } else { CLOUDC });
    command.current_dir(folder).args(arguments.split(' '));
    command
}
