//! The effects of single values -> changes: what has one cause and one label, and of which the same is to be said.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, Change, Target};
use crate::emitted::Difference;
use crate::impact::Label;

/// What one different value does.
#[derive(Debug)]
pub(super) struct Effect {
    /// Place in the list of causes.
    pub cause: usize,
    pub label: Label,
    pub targets: Vec<Target>,
    pub note: Option<String>,
    /// None: it follows from others, or from no value at all.
    pub difference: Option<Difference>,
}

/// Cause, severity and what is to be said.
type Key = (usize, Reverse<Label>, Option<String>);

/// By cause: the first `edits` of them in their order, which is that of `cloud.yaml`, the others by their worst effect; of each cause the most
/// severe first. What reaches the same targets with the same label is one change, whatever is said of it.
pub(super) fn group(causes: &[Cause], edits: usize, effects: Vec<Effect>) -> Vec<Change> {
    let mut by_note: BTreeMap<Key, (BTreeSet<Target>, Vec<Difference>)> = BTreeMap::new();
    for Effect { cause, label, targets, note, difference } in effects {
        let (reached, differences) = by_note.entry((cause, Reverse(label), note)).or_default();
        reached.extend(targets);
        differences.extend(difference);
    }
    let mut changes: Vec<(usize, Change)> = Vec::new();
    for ((cause, Reverse(label), note), (targets, differences)) in by_note {
        let targets: Vec<Target> = targets.into_iter().collect();
        let same =
            |(at, change): &&mut (usize, Change)| *at == cause && change.label == label && change.targets == targets;
        // Those of a cause stand together.
        let mut of_cause = changes.iter_mut().rev().take_while(|(at, _)| *at == cause);
        if let Some((_, known)) = of_cause.find(same) {
            known.differences.extend(differences);
            known.note = match (known.note.take(), note) {
                (Some(one), Some(other)) if one.contains(&other) => Some(one),
                (Some(one), Some(other)) => Some(format!("{one}; {other}")),
                (one, other) => one.or(other),
            };
            continue;
        }
        changes.push((cause, Change { cause: causes[cause].clone(), label, targets, note, differences }));
    }
    let mut worst: Vec<Option<Label>> = vec![None; causes.len()];
    for (cause, change) in &changes {
        worst[*cause] = worst[*cause].max(Some(change.label));
    }
    let rank: Vec<_> = worst
        .into_iter()
        .enumerate()
        .map(|(cause, worst)| if cause < edits { (None, cause) } else { (Some(Reverse(worst)), cause) })
        .collect();
    changes.sort_by_key(|(cause, _)| rank[*cause]);
    changes.into_iter().map(|(_, change)| change).collect()
}
