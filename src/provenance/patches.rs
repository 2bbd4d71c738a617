//! Patches of machine configurations: which places each one says, and which it only has a part in.

use serde_json::Value;

use super::Origin;
use super::cause::Scope;
use crate::emitted::Step;
use crate::syntax::{Node, NodeKind, Path};

/// Where a patch meets a place.
struct Meeting {
    path: Path,
    /// Whether it says the place itself.
    says: bool,
    /// The keys on the way that would take all of it away.
    deletions: Vec<Path>,
}

/// The patches that say the value of a place, the last first: it is applied on top.
pub(super) fn direct(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins: Vec<Origin> = own(scope).filter(|met| met.says).map(|met| Origin::Spec(met.path)).collect();
    origins.reverse();
    origins
}

/// The patches that have a part in a place, and what chooses them. A patch that is for other machines might be for this one.
pub(super) fn shaped(scope: &Scope<'_>) -> Vec<Origin> {
    if scope.machine().is_none() {
        return Vec::new();
    }
    let parts = own(scope).flat_map(|met| {
        let part = (!met.says).then_some(met.path);
        part.into_iter().chain(met.deletions).map(Origin::Spec)
    });
    let all = Path::of(["patches"]);
    let list = match scope.document().get(&all).map(|node| &node.kind) {
        Some(NodeKind::List(patches)) => patches.as_slice(),
        _ => &[],
    };
    let selectors = list.iter().enumerate().filter_map(|(index, patch)| {
        let at = all.index(index);
        let merge = patch.get("merge").map(Node::to_json)?;
        meets(scope, &merge, &at).map(|_| Origin::Spec(at.key("at")))
    });
    parts.chain(selectors).collect()
}

/// Where the patches of the machine meet the place.
fn own<'s>(scope: &'s Scope<'_>) -> impl Iterator<Item = Meeting> + 's {
    let patches = scope.machine().map(|machine| machine.patches.as_slice()).unwrap_or_default();
    patches.iter().filter_map(|patch| meets(scope, &patch.value, &patch.place))
}

/// Whether a patch is for this document.
fn is_for(scope: &Scope<'_>, patch: &Value) -> bool {
    let text = |key: &str| patch.get(key).and_then(Value::as_str);
    match text("kind") {
        None => scope.object.kind == "v1alpha1",
        Some(kind) => {
            let name = scope.object.name.as_deref();
            kind == scope.object.kind && text("name").is_none_or(|wanted| name.is_none_or(|own| own == wanted))
        }
    }
}

fn meets(scope: &Scope<'_>, patch: &Value, at: &Path) -> Option<Meeting> {
    if !is_for(scope, patch) {
        return None;
    }
    let (mut value, mut at, mut deletions) = (patch, at.clone(), Vec::new());
    for step in scope.path {
        if value.get("$patch").is_some() {
            deletions.push(at.key("$patch"));
        }
        match (step, value) {
            (Step::Key(key), Value::Object(map)) => match (map.get(key), deletions.pop()) {
                (Some(inner), deletion) => {
                    deletions.extend(deletion);
                    value = inner;
                    at = at.key(key);
                }
                // Beside it the patch may delete.
                (None, Some(deletion)) => return Some(Meeting { path: deletion, says: false, deletions }),
                (None, None) => return None,
            },
            _ => return Some(Meeting { path: at, says: true, deletions }),
        }
    }
    Some(Meeting { path: at, says: !value.is_object() && !scope.path.is_empty(), deletions })
}
