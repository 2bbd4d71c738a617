//! Patches: which machines each one changes; and those of Kubernetes objects.

mod objects;
mod values;

use serde_json::Value;

use super::Resolver;
use super::settings::{classes, levels};
use crate::diag::Diagnostic;
use crate::model::Patch;
use crate::spec;
use crate::syntax::{Node, Path};

pub(super) use objects::of_objects;
pub(super) use values::check_values;

/// What a patch selects, by its `at`.
enum Selector<'a> {
    EveryNode,
    /// Nodes of this class, and of those that extend it.
    Class(&'a str),
    Node(&'a str),
}

impl<'a> Selector<'a> {
    /// `None`: it selects objects of Flux or Cluster API.
    fn of(at: &'a str) -> Option<Self> {
        let target = at.strip_prefix("talos/")?;
        Some(match target.split_once('/') {
            Some(("class", class)) => Self::Class(class),
            Some(("node", node)) => Self::Node(node),
            _ => Self::EveryNode,
        })
    }

    fn selects(&self, cx: &Resolver<'_>, name: &str) -> bool {
        match self {
            Self::EveryNode => true,
            Self::Node(wanted) => *wanted == name,
            Self::Class(wanted) => classes(cx.spec, name).any(|class| class == *wanted),
        }
    }
}

/// Finds patches that change nothing or have not the form of one.
pub(super) fn check(cx: &mut Resolver<'_>) {
    for (index, patch) in cx.spec.patches.iter().enumerate() {
        let path = Path::of(["patches"]).index(index);
        let Some(selector) = Selector::of(&patch.at) else { continue };
        if patch.json_patch.is_some() {
            let at = cx.key(&path.key("jsonPatch"));
            cx.report(
                Diagnostic::error("json-patch-on-talos", at, "a machine configuration takes no JSON patch")
                    .note("Talos refuses one where there is more than one document")
                    .help("write the change as `merge`; `$patch: delete` takes something away"),
            );
        } else if !patch.merge.as_ref().is_some_and(Value::is_object) {
            let at = cx.value(&path.key("merge"));
            cx.report(
                Diagnostic::error("wrong-type", at, "a patch of a machine configuration needs a mapping in `merge`")
                    .help("write what is merged, for example `merge: {machine: {sysctls: {...}}}`"),
            );
        }
        if !cx.spec.nodes.keys().any(|name| selector.selects(cx, name)) {
            let at = cx.value(&path.key("at"));
            cx.report(Diagnostic::error("patch-matches-nothing", at, format!("`{}` selects no node", patch.at)));
        }
    }
    let nodes: Vec<&String> = cx.spec.nodes.keys().collect();
    let booted = nodes.iter().filter(|_| cx.spec.boot.is_some());
    for patch in booted.flat_map(|node| of(cx, node)).collect::<Vec<_>>() {
        image_cache(cx, &patch);
    }
    for (value, place) in nodes.into_iter().flat_map(|node| own(cx, node)).collect::<Vec<_>>() {
        let keys = value.as_object().map(|map| map.contains_key("merge") && map.contains_key("reason"));
        if keys != Some(false) {
            let at = cx.value(&place);
            cx.report(
                Diagnostic::error("wrong-type", at, "a patch here is a piece of a Talos document")
                    .help("write it as Talos has it, for example `{machine: {sysctls: {...}}}`; `at`, `reason` and `merge` belong to the top-level `patches`"),
            );
        }
    }
}

/// The cache is a partition of the ISO or the disk image, which a machine that boots over the network does not have.
fn image_cache(cx: &mut Resolver<'_>, patch: &Patch) {
    let keys: &[&str] = match patch.value.get("kind").and_then(Value::as_str) {
        Some("ImageCacheConfig") => &["local", "enabled"],
        Some(_) => return,
        None => &["machine", "features", "imageCache", "localEnabled"],
    };
    let on = keys.iter().try_fold(&patch.value, |value, key| value.get(key)) == Some(&Value::Bool(true));
    if !on {
        return;
    }
    let at = cx.key(&keys.iter().fold(patch.place.clone(), |path, key| path.key(key)));
    let label = cx.key(&Path::of(["boot", "pxe"]));
    cx.report_once(
        Diagnostic::warning("image-cache-over-network", at, "network boot brings no image cache")
            .note("Talos looks for it on the medium that it booted from (siderolabs/talos#10212)")
            .label(label, "network boot is asked for here")
            .help("start from an ISO with the cache, or serve images from a mirror"),
    );
}

/// The patches of a machine: those of its levels, general ones first, then those that select it.
pub(super) fn of(cx: &Resolver<'_>, name: &str) -> Vec<Patch> {
    let selecting = |patch: &spec::Patch| Selector::of(&patch.at).is_some_and(|at| at.selects(cx, name));
    let selected =
        cx.spec.patches.iter().enumerate().filter(|(_, patch)| selecting(patch)).filter_map(|(index, patch)| {
            let place = Path::of(["patches"]).index(index).key("merge");
            Some((patch.merge.clone()?, place))
        });
    own(cx, name).into_iter().chain(selected).map(|(value, place)| Patch { value, place }).collect()
}

/// `patches` of the node and of what it inherits from.
fn own(cx: &Resolver<'_>, node: &str) -> Vec<(Value, Path)> {
    let mut found = Vec::new();
    for level in levels(cx, node).into_iter().rev() {
        let list = level.key("patches");
        let items = cx.document.get(&list).map(Node::to_json);
        let items = items.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        found.extend(items.into_iter().enumerate().map(|(index, value)| (value, list.index(index))));
    }
    found
}
