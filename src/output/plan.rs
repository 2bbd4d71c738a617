//! (tree, what stands on disk, what we own) -> what a build does with every path. Pure: nothing is read or written here.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{Hash, Manifest};
use crate::parallel;
use crate::tree::{FileTree, TreePath};

/// What stands at a place in the output directory; symbolic links are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thing {
    File(Hash),
    Symlink,
    /// `holds` names everything below, from the output directory on, except folders.
    Folder {
        holds: BTreeSet<String>,
    },
    /// A device, socket or pipe.
    Special,
}

/// The first thing on the way down to a path that is not a folder, or what stands at the path itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub at: TreePath,
    pub thing: Thing,
}

/// What stands at, or in the way of, each path of the tree and of the manifest; `None` when nothing does.
pub(super) type Disk = BTreeMap<TreePath, Option<Standing>>;

/// What a build does with one path. Where a [`Cause`] speaks against it, only with `force`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Update,
    /// The bytes on disk are the wanted ones, whoever wrote them.
    Same,
    Delete,
    /// Ours once, and not there any more: leaves the manifest.
    Gone,
    /// Ours once; something else has taken the place and no new file wants it. Leaves the manifest, stays on disk.
    Left,
}

/// Why a build stops at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    EditedByHand,
    NotOwned,
    Symlink,
    Folder,
    Special,
}

impl Cause {
    /// Whether `force` overrules it. Folders and special files are never replaced: more than one file could be lost.
    pub const fn yields_to_force(self) -> bool {
        matches!(self, Self::EditedByHand | Self::NotOwned | Self::Symlink)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EditedByHand => "edited by hand since cloudc wrote it",
            Self::NotOwned => "a file that cloudc did not write stands here",
            Self::Symlink => "a symbolic link stands here; cloudc writes neither through it nor over it",
            Self::Folder => "a folder with files of others stands where a file goes",
            Self::Special => "a device, socket or pipe stands here",
        }
    }
}

/// What a build does.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub actions: BTreeMap<TreePath, Action>,
    /// By the place that is in the way, which may be a folder above several wanted files.
    pub conflicts: BTreeMap<TreePath, Cause>,
    /// Hashes of the tree's files.
    pub wanted: BTreeMap<TreePath, Hash>,
}

impl Plan {
    pub fn paths(&self, action: Action) -> impl Iterator<Item = &TreePath> {
        self.actions.iter().filter(move |(_, a)| **a == action).map(|(path, _)| path)
    }

    /// The paths that get new bytes.
    pub fn writes(&self) -> impl Iterator<Item = &TreePath> {
        self.actions.iter().filter(|(_, a)| matches!(a, Action::Create | Action::Update)).map(|(path, _)| path)
    }
}

pub(super) fn plan(tree: &FileTree, disk: &Disk, owned: &Manifest) -> Plan {
    let mut plan = Plan::default();
    for path in owned.paths() {
        if tree.get(path.as_str()).is_none() {
            let action = plan_stale(path, disk, owned, &mut plan.conflicts);
            plan.actions.insert(path.clone(), action);
        }
    }
    // After the stale files: a file that goes away makes room for a folder, and the other way round.
    for (path, hash) in parallel::map(tree.iter(), |(path, file)| (path, Hash::of(&file.bytes))) {
        let action = plan_wanted(path, hash, disk, owned, &mut plan);
        plan.actions.insert(path.clone(), action);
        plan.wanted.insert(path.clone(), hash);
    }
    plan
}

fn standing<'a>(disk: &'a Disk, path: &TreePath) -> Option<&'a Standing> {
    disk.get(path).expect("the disk was looked at for every path of the tree and the manifest").as_ref()
}

fn plan_stale(path: &TreePath, disk: &Disk, owned: &Manifest, conflicts: &mut BTreeMap<TreePath, Cause>) -> Action {
    match standing(disk, path) {
        None => Action::Gone,
        Some(Standing { at, thing: Thing::File(hash) }) if at == path => {
            if !owned.wrote(path, *hash) {
                conflicts.insert(path.clone(), Cause::EditedByHand);
            }
            Action::Delete
        }
        Some(_) => Action::Left,
    }
}

fn plan_wanted(path: &TreePath, hash: Hash, disk: &Disk, owned: &Manifest, plan: &mut Plan) -> Action {
    let Some(Standing { at, thing }) = standing(disk, path) else { return Action::Create };
    let goes_away = |place: &TreePath| plan.actions.get(place) == Some(&Action::Delete);
    let (action, conflict) = match thing {
        Thing::File(found) if at == path => match *found {
            found if found == hash => (Action::Same, None),
            found if owned.wrote(path, found) => (Action::Update, None),
            _ if owned.knows(path) => (Action::Update, Some(Cause::EditedByHand)),
            _ => (Action::Update, Some(Cause::NotOwned)),
        },
        Thing::File(_) if goes_away(at) => (Action::Create, None),
        Thing::File(_) => (Action::Create, Some(Cause::NotOwned)),
        Thing::Folder { holds } => {
            let empties = holds.iter().all(|name| TreePath::new(name).is_some_and(|below| goes_away(&below)));
            (Action::Create, (!empties).then_some(Cause::Folder))
        }
        Thing::Symlink => (Action::Create, Some(Cause::Symlink)),
        Thing::Special => (Action::Create, Some(Cause::Special)),
    };
    if let Some(cause) = conflict {
        plan.conflicts.insert(at.clone(), cause);
    }
    action
}
