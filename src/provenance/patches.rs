//! Patches of machine configurations: which places each one says, and which it only has a part in.

use serde_json::Value;

use super::Origin;
use super::cause::Scope;
use crate::emitted::Step;
use crate::syntax::{Node, NodeKind, Path};

/// The patches that say the value of a place, the last first: it is applied on top.
pub(super) fn direct(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins: Vec<Origin> = own(scope).filter(|(_, says)| *says).map(|(path, _)| Origin::Spec(path)).collect();
    origins.reverse();
    origins
}

/// The patches that have a part in a place, and what chooses them. A patch that is for other machines might be for this one.
pub(super) fn shaped(scope: &Scope<'_>) -> Vec<Origin> {
    if scope.machine().is_none() {
        return Vec::new();
    }
    let parts = own(scope).filter(|(_, says)| !says).map(|(path, _)| Origin::Spec(path));
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
fn own<'s>(scope: &'s Scope<'_>) -> impl Iterator<Item = (Path, bool)> + 's {
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

/// The place in `cloud.yaml` where a patch meets the place, and whether it says the place itself.
fn meets(scope: &Scope<'_>, patch: &Value, at: &Path) -> Option<(Path, bool)> {
    if !is_for(scope, patch) {
        return None;
    }
    let (mut value, mut at) = (patch, at.clone());
    for step in scope.path {
        match (step, value) {
            (Step::Key(key), Value::Object(map)) => match map.get(key) {
                Some(inner) => {
                    value = inner;
                    at = at.key(key);
                }
                // Beside it the patch may delete.
                None => return map.contains_key("$patch").then(|| (at.key("$patch"), false)),
            },
            _ => return Some((at, true)),
        }
    }
    Some((at, !value.is_object() && !scope.path.is_empty()))
}
