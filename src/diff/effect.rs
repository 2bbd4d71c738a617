//! The effects of single values -> changes: what has one cause and one label, and of which the same is to be said.

use std::cmp::Reverse;
use std::collections::BTreeMap;

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
    let mut by_note: BTreeMap<Key, (Vec<Target>, Vec<Difference>)> = BTreeMap::new();
    for Effect { cause, label, targets, note, difference } in effects {
        let (reached, differences) = by_note.entry((cause, Reverse(label), note)).or_default();
        for target in targets {
            if !reached.contains(&target) {
                reached.push(target);
            }
        }
        differences.extend(difference);
    }
    let mut changes: Vec<(usize, Change)> = Vec::new();
    for ((cause, Reverse(label), note), (mut targets, differences)) in by_note {
        targets.sort();
        let same =
            |(at, change): &&mut (usize, Change)| *at == cause && change.label == label && change.targets == targets;
        if let Some((_, known)) = changes.iter_mut().find(same) {
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
    let worst = |cause: usize| changes.iter().filter(|(at, _)| *at == cause).map(|(_, change)| change.label).max();
    let rank: Vec<_> = (0..causes.len())
        .map(|cause| if cause < edits { (None, cause) } else { (Some(Reverse(worst(cause))), cause) })
        .collect();
    changes.sort_by_key(|(cause, _)| rank[*cause]);
    changes.into_iter().map(|(_, change)| change).collect()
}
