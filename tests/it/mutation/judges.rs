//! Who is asked about a broken file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use cloudc::emitted::compare;
use cloudc::output::{Mode, build};

use super::mutants::{Class, Cloud, Mutant};
use crate::catalog::unknown_values;
use crate::references::{self, Tree};
use crate::support::{documents, repository};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Judge {
    Talos,
    Imager,
    Factory,
    Kubernetes,
    Flux,
    References,
    ChartKeys,
    Diff,
    Check,
}

impl Judge {
    pub const ALL: [Self; 9] = [
        Self::Talos,
        Self::Imager,
        Self::Factory,
        Self::Kubernetes,
        Self::Flux,
        Self::References,
        Self::ChartKeys,
        Self::Diff,
        Self::Check,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Talos => "Talos",
            Self::Imager => "imager",
            Self::Factory => "factory",
            Self::Kubernetes => "Kubernetes",
            Self::Flux => "kustomize and Flux",
            Self::References => "references",
            Self::ChartKeys => "keys of charts",
            Self::Diff => "`diff`",
            Self::Check => "`build --check`",
        }
    }

    /// Whether it knows right from wrong, and not only what was written from what was not.
    pub fn knows(self) -> bool {
        self < Self::Diff
    }
}

pub type Noticed = Vec<BTreeSet<Judge>>;

/// Who noticed each mutant, in their order.
pub fn ask(clouds: &[Cloud], mutants: &[Mutant], work: &Path) -> Noticed {
    let mut noticed: Noticed = vec![BTreeSet::new(); mutants.len()];
    talos(clouds, mutants, &mut noticed);
    files(mutants, Class::Profile, Judge::Imager, &["talos-check", "imager"], &mut noticed);
    factory(mutants, &mut noticed);
    kubernetes(mutants, &mut noticed);
    for (number, cloud) in clouds.iter().enumerate() {
        let of: Vec<usize> = (0..mutants.len()).filter(|index| mutants[*index].cloud == number).collect();
        let folder = work.join(format!("trees/{number}"));
        build(&folder, &cloud.compiled.tree, Mode::Write, false).unwrap();
        flux(mutants, &of, &folder, &mut noticed);
        own(cloud, mutants, &of, &folder, &mut noticed);
    }
    noticed
}

/// Whether upstream makes the same of the broken file as of the whole one: it has a default for what is gone.
pub fn means_the_same(mutants: &[Mutant]) -> Vec<bool> {
    let mut same = vec![false; mutants.len()];
    for (index, mutant) in mutants.iter().enumerate().filter(|(_, mutant)| mutant.class == Class::Profile) {
        let resolved = |file: &Path| program("talos-check").args(["imager", "--dump"]).arg(file).output().unwrap();
        let (whole, broken) = (resolved(&mutant.whole), resolved(&mutant.file));
        same[index] = broken.status.success() && whole.stdout == broken.stdout;
    }
    let of: Vec<usize> =
        (0..mutants.len()).filter(|i| matches!(mutants[*i].class, Class::Object | Class::Values)).collect();
    let pairs = of.iter().map(|index| &mutants[*index]);
    let pairs: Vec<String> = pairs.map(|one| format!("{}\t{}", one.whole.display(), path(one))).collect();
    let said = lines(program("kube-check").arg("same").args(schemas()), &pairs);
    assert_eq!(said.len(), of.len(), "kube-check stopped");
    for (index, said) in of.into_iter().zip(said) {
        same[index] = said.ends_with(": ok");
    }
    same
}

/// Arguments that give kube-check its schemas.
fn schemas() -> Vec<String> {
    let upstream = crate::upstream::root().expect("upstream's data is there");
    let said = Command::new(repository("tests/upstream/kube-check/schemas")).arg(upstream).output().unwrap();
    String::from_utf8(said.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn program(name: &str) -> Command {
    Command::new(repository("target/upstream").join(name))
}

/// Runs a judge on lines; what it says of each is `LINE: ok`, or not. What it does not speak of is a fault of this test.
fn lines(command: &mut Command, lines: &[String]) -> Vec<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = lines.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").unwrap();
        text
    });
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let said = child.wait_with_output().unwrap().stdout;
    writer.join().unwrap().unwrap();
    String::from_utf8_lossy(&said).lines().map(str::to_owned).collect()
}

fn path(mutant: &Mutant) -> String {
    mutant.file.display().to_string()
}

/// Asks a program that takes names of files as arguments, and says `FILE: ok` of those that are good.
fn files_of(mutants: &[Mutant], of: &[usize], judge: Judge, call: &[&str], noticed: &mut Noticed) {
    for part in of.chunks(500) {
        let files = part.iter().map(|index| path(&mutants[*index]));
        let said = program(call[0]).args(&call[1..]).args(files).output().unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let good: BTreeSet<&str> = said.lines().filter_map(|line| line.strip_suffix(": ok")).collect();
        let spoken: BTreeSet<&str> = said.lines().filter_map(|line| line.split(": ").next()).collect();
        for index in part {
            let file = path(&mutants[*index]);
            assert!(spoken.contains(file.as_str()), "{call:?} says nothing of {file}");
            if !good.contains(file.as_str()) {
                noticed[*index].insert(judge);
            }
        }
    }
}

fn files(mutants: &[Mutant], class: Class, judge: Judge, call: &[&str], noticed: &mut Noticed) {
    let of: Vec<usize> = (0..mutants.len()).filter(|index| mutants[*index].class == class).collect();
    files_of(mutants, &of, judge, call, noticed);
}

fn talos(clouds: &[Cloud], mutants: &[Mutant], noticed: &mut Noticed) {
    let mut by_minor: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, mutant) in mutants.iter().enumerate().filter(|(_, mutant)| mutant.class == Class::Machine) {
        by_minor.entry(&clouds[mutant.cloud].minor).or_default().push(index);
    }
    for (minor, of) in by_minor {
        files_of(mutants, &of, Judge::Talos, &[&format!("talos-validate-{minor}"), "--strict"], noticed);
    }
}

/// The factory takes it, and its ID is the one that the tree has for it.
fn factory(mutants: &[Mutant], noticed: &mut Noticed) {
    for (index, mutant) in mutants.iter().enumerate().filter(|(_, mutant)| mutant.class == Class::Schematic) {
        let id = |file: &Path| {
            let said = program("talos-check").arg("schematic").arg(file).output().unwrap();
            let text = String::from_utf8(said.stdout).unwrap();
            said.status.success().then(|| text.rsplit(": ").next().unwrap().trim().to_owned())
        };
        if id(&mutant.file).is_none_or(|id| !mutant.header.contains(&id)) {
            noticed[index].insert(Judge::Factory);
        }
    }
}

/// Its API server of objects, and whoever reads what a machine configuration passes on to it.
fn kubernetes(mutants: &[Mutant], noticed: &mut Noticed) {
    let mut ask = |classes: &[Class], command: &mut Command| {
        let of: Vec<usize> = (0..mutants.len()).filter(|index| classes.contains(&mutants[*index].class)).collect();
        let given: Vec<String> = of.iter().map(|index| path(&mutants[*index])).collect();
        let said = lines(command, &given);
        assert_eq!(said.len(), of.len(), "kube-check stopped");
        for (index, said) in of.iter().zip(said) {
            if !said.ends_with(": ok") {
                noticed[*index].insert(Judge::Kubernetes);
            }
        }
    };
    ask(&[Class::Object, Class::Values], program("kube-check").arg("files").args(schemas()));
    ask(&[Class::Machine], program("kube-check").arg("machines"));
}

fn flux(mutants: &[Mutant], of: &[usize], tree: &Path, noticed: &mut Noticed) {
    let of: Vec<usize> =
        of.iter().copied().filter(|i| matches!(mutants[*i].class, Class::Object | Class::Values)).collect();
    let given: Vec<String> =
        of.iter().map(|index| format!("{}\t{}", mutants[*index].path, path(&mutants[*index]))).collect();
    let said = lines(program("kube-check").arg("edits").arg(tree), &given);
    assert_eq!(said.len(), of.len(), "kube-check stopped");
    for (index, said) in of.iter().zip(said) {
        if !said.ends_with(": ok") {
            noticed[*index].insert(Judge::Flux);
        }
    }
}

/// What cloudc and its tests know themselves.
fn own(cloud: &Cloud, mutants: &[Mutant], of: &[usize], folder: &Path, noticed: &mut Noticed) {
    let tree = &cloud.compiled.tree;
    let documents_of_all = references::all_documents(tree);
    let whole = Tree::new(&cloud.compiled, &documents_of_all);
    for index in of {
        let mutant = &mutants[*index];
        let after = documents(mutant.emitted.as_bytes());
        if !whole.with(&mutant.path, &after).faults().is_empty() {
            noticed[*index].insert(Judge::References);
        }
        let of_kubernetes = matches!(mutant.class, Class::Object | Class::Values);
        if of_kubernetes && after.iter().any(|object| !unknown_values(&mutant.path, object).is_empty()) {
            noticed[*index].insert(Judge::ChartKeys);
        }
        let file = folder.join(&mutant.path);
        let before = fs::read_to_string(&file).unwrap();
        let one = |text: &str| BTreeMap::from([(mutant.path.clone(), text.to_owned())]);
        if !compare(&one(&before), &one(&mutant.emitted)).is_empty() {
            noticed[*index].insert(Judge::Diff);
        }
        fs::write(&file, &mutant.emitted).unwrap();
        if build(folder, tree, Mode::Check, false).unwrap().is_stale() {
            noticed[*index].insert(Judge::Check);
        }
        fs::write(&file, before).unwrap();
    }
}
