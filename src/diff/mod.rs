//! Two states of a cloud -> what a change does: its effects on nodes, releases and machines, and what caused each.
//!
//! The emitted directories are compared by meaning ([`crate::emitted`]), each difference is judged ([`crate::impact`]) and joined with the
//! machines as a whole (`topology`); its cause is looked for among the edits of `cloud.yaml` by where the value comes from
//! ([`crate::provenance`]).

mod cause;
mod edits;
mod effect;
mod redact;
pub mod report;
mod targets;
mod topology;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use cause::{Cause, Located};
pub use edits::{Edit, edits};
pub use redact::Secrets;
pub use targets::Target;

use crate::Compiled;
use crate::backend::objects::hash;
use crate::catalog::Catalog;
use crate::emitted::{Difference, Object, Place, Side, by_part, compare, differences, is_yaml};
use crate::impact::{Label, Table};
use crate::parallel;
use crate::source::Sources;
use crate::spec::scalar::Minor;
use cause::Causes;
use effect::{Effect, group};
use targets::{References, node_of};
use topology::{Consequence, Machines};

/// An emitted directory: path -> text.
pub type Files = BTreeMap<String, String>;

/// A cloud that compiled, with what it was compiled from.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub compiled: &'a Compiled,
    pub catalog: &'a Catalog,
    pub sources: &'a Sources,
}

/// What is different between two states.
#[derive(Debug, Default)]
pub struct Diff {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
    /// By cause: edits in the order of `cloud.yaml`, then the others, the worst first; of each cause the most severe first.
    pub changes: Vec<Change>,
    /// Node groups whose machines are replaced -> how many those are, where that is fixed.
    pub machines: BTreeMap<Target, Option<u64>>,
}

/// Everything of one cause that has one effect of which the same is to be said.
#[derive(Debug)]
pub struct Change {
    pub cause: Cause,
    pub label: Label,
    /// Never empty; in order.
    pub targets: Vec<Target>,
    pub note: Option<String>,
    /// The values, with secrets as they are.
    pub differences: Vec<Difference>,
}

impl Diff {
    /// Whether both states are the same to the byte.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// Whether something has this effect.
    pub fn has(&self, label: Label) -> bool {
        self.changes.iter().any(|change| change.label == label)
    }

    /// The most severe effect; `noop` where there is none.
    pub fn severity(&self) -> Label {
        self.changes.iter().map(|change| change.label).max().unwrap_or(Label::Noop)
    }
}

/// What it means to go from the directory `old` to `new`, which `now` emitted; `before` emitted `old`, where that is known.
pub fn diff(old: &Files, new: &Files, before: Option<Known<'_>>, now: Known<'_>) -> Diff {
    let changed = |(path, text): &(&String, &String)| old.get(*path).is_some_and(|old| old != *text);
    let names = |files: &mut dyn Iterator<Item = (&String, &String)>| files.map(|(path, _)| path.clone()).collect();
    let mut diff = Diff {
        added: names(&mut new.iter().filter(|(path, _)| !old.contains_key(*path))),
        changed: names(&mut new.iter().filter(changed)),
        removed: names(&mut old.iter().filter(|(path, _)| !new.contains_key(*path))),
        ..Diff::default()
    };
    if diff.is_empty() {
        return diff;
    }
    let differing = [(old, new), (new, old)]
        .map(|(files, other)| files.iter().filter(move |(path, text)| other.get(*path) != Some(*text)));
    // Objects in memory are many times their text: those of a part are gone before the next is read.
    let parts = parallel::map(by_part(differing), |part| {
        let sides = part.map(Side::of);
        (differences(&sides[0], &sides[1]), sides.each_ref().map(Machines::of))
    });
    let (mut found, mut machines) = (Vec::new(), [Machines::default(), Machines::default()]);
    for (differences, of_part) in parts {
        found.extend(differences);
        for (machines, more) in machines.iter_mut().zip(of_part) {
            machines.extend(more);
        }
    }
    let references = References::new(old, new, before.iter().chain([&now]).map(|known| &known.compiled.model));
    let mut causes = Causes::new(before, now);
    // Until the machines run the new Talos, the older one applies what is new.
    let talos = before.iter().chain([&now]).map(|known| Minor::from(&known.compiled.model.talos)).min();
    let talos = talos.expect("there is at least one state");
    let found = whole_files(found, old, new);
    let behind = causes.of(&found);
    let renamed = renamed(&found);
    let effect = |(difference, cause): (Difference, usize)| {
        let verdict = Table::builtin().judge(&difference, talos);
        let targets = references.targets(&difference.place);
        let object = &difference.place.object;
        let (label, note) =
            if verdict.label == Label::Rollout && hash::is_template(&object.kind) && !renamed.contains(object) {
                (Label::Live, Some("the same content in another form"))
            } else {
                (verdict.label, verdict.note)
            };
        Effect { cause, label, targets, note: note.map(str::to_owned), difference: Some(difference) }
    };
    let mut effects: Vec<Effect> = found.into_iter().zip(behind).map(effect).collect();
    effects.extend(together(&effects, machines, old, new));
    effects.extend(layout_only(&diff.changed, &effects, &mut causes, old, new));
    let edits = causes.edits();
    diff.changes = group(&told(causes.into_list(), &effects), edits, effects);
    let rolled = diff.changes.iter().filter(|change| change.label == Label::Rollout).flat_map(|change| &change.targets);
    let groups = rolled.filter(|target| target.kind == "MachineDeployment");
    diff.machines = groups.map(|target| (target.clone(), references.machines(target))).collect();
    diff
}

/// The causes with what became of the value, where nobody edited it and all of a cause became the same: a version of the catalog.
fn told(mut causes: Vec<Cause>, effects: &[Effect]) -> Vec<Cause> {
    for (at, cause) in causes.iter_mut().enumerate() {
        let in_cloud = cause.at.as_ref().is_none_or(|at| at.range.is_some());
        let mut values = effects
            .iter()
            .filter(|effect| effect.cause == at)
            .filter_map(|effect| effect.difference.as_ref())
            .map(|difference| (&difference.from, &difference.to));
        if let Some(first @ (Some(from), Some(to))) = values.next()
            && !in_cloud
            && values.all(|other| other == first)
        {
            (cause.from, cause.to) = (Some(from.clone()), Some(to.clone()));
        }
    }
    causes
}

/// Objects whose name ends in another hash than before.
fn renamed(differences: &[Difference]) -> BTreeSet<Object> {
    let is_name = |place: &Place| place.shown() == "metadata.name";
    differences
        .iter()
        .map(|difference| &difference.place)
        .filter(|place| is_name(place))
        .map(|place| place.object.clone())
        .collect()
}

/// What follows for the machines as a whole.
fn together(effects: &[Effect], differing: [Machines; 2], old: &Files, new: &Files) -> Vec<Effect> {
    let of_targets =
        |effect: &Effect| effect.targets.iter().map(|target| (target.clone(), effect.label)).collect::<Vec<_>>();
    let labels: Vec<(Target, Label)> = effects.iter().flat_map(of_targets).collect();
    if !labels.iter().any(|(target, _)| target.kind == "Node") {
        return Vec::new();
    }
    let is_same_machine = |(path, text): &(&String, &String)| node_of(path).is_some() && old.get(*path) == Some(*text);
    let same = parallel::map(new.iter().filter(is_same_machine), |file| Machines::of(&Side::of([file])));
    let [mut before, mut after] = differing;
    for machine in same {
        before.extend(machine.clone());
        after.extend(machine);
    }
    let found = topology::consequences(&before, &after, &labels).into_iter();
    // Of what happens to the node, the worst brings the consequence.
    let mut worst: BTreeMap<&Target, &Effect> = BTreeMap::new();
    for (target, effect) in effects.iter().flat_map(|effect| effect.targets.iter().map(move |target| (target, effect)))
    {
        let known = worst.entry(target).or_insert(effect);
        *known = if effect.label >= known.label { effect } else { known };
    }
    let effect = |consequence: Consequence| {
        let target = Target::node(&consequence.node);
        let cause = worst.get(&target)?.cause;
        let Consequence { label, note, .. } = consequence;
        Some(Effect { cause, label, targets: vec![target], note: Some(note), difference: None })
    };
    found.filter_map(effect).collect()
}

/// A machine that is new or gone is one difference, not one for each of its documents; and so is a file that somebody made unreadable.
fn whole_files(mut differences: Vec<Difference>, old: &Files, new: &Files) -> Vec<Difference> {
    let unreadable = |place: &Place| place.object.kind == "Text" && is_yaml(&place.file);
    let places = differences.iter().map(|difference| &difference.place);
    let torn: BTreeSet<String> = places.filter(|place| unreadable(place)).map(|place| place.file.clone()).collect();
    differences.retain(|difference| {
        let place = &difference.place;
        let whole = !(old.contains_key(&place.file) && new.contains_key(&place.file));
        let of_machine = node_of(&place.file).is_some() && whole;
        (!of_machine || place.object.kind == "v1alpha1") && (!torn.contains(&place.file) || unreadable(place))
    });
    differences
}

/// Files whose text is different and whose meaning is not.
fn layout_only(
    changed: &[String],
    effects: &[Effect],
    causes: &mut Causes<'_>,
    old: &Files,
    new: &Files,
) -> Vec<Effect> {
    let differences = effects.iter().filter_map(|effect| effect.difference.as_ref());
    let said: BTreeSet<&str> = differences.map(|difference| difference.place.file.as_str()).collect();
    let same = |path: &&String| {
        let alone = |files: &Files| Files::from([((*path).clone(), files[*path].clone())]);
        // A document may have moved here from another file, and the differences are named after that one.
        !said.contains(path.as_str()) && compare(&alone(old), &alone(new)).is_empty()
    };
    let mut effect = |path: &String| Effect {
        cause: causes.of_file(path, &new[path]),
        label: Label::Noop,
        targets: vec![Target::file(path)],
        note: Some("comments and layout".to_owned()),
        difference: None,
    };
    changed.iter().filter(same).map(&mut effect).collect()
}

/// What a value is in one line of a report.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        Value::String(text) if !text.contains('\n') => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST - 3).collect::<String>() + "..." }
}
