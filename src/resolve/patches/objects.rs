//! Patches of Kubernetes objects: what each selects and changes, as far as the text alone tells.

use serde_json::Value;

use crate::diag::Diagnostic;
use crate::model::{Change, ObjectPatch, ObjectSelector};
use crate::resolve::Resolver;
use crate::spec::{Glob, JsonPatchOperation, JsonPatchVerb, Patch};
use crate::syntax::Path;

/// The patches that are not for machine configurations, in the order in which they are written.
pub(in crate::resolve) fn of_objects(cx: &mut Resolver<'_>) -> Vec<ObjectPatch> {
    let mut found = Vec::new();
    for (index, patch) in cx.spec.patches.iter().enumerate() {
        let place = Path::of(["patches"]).index(index);
        if let Some(selector) = selector(&patch.at)
            && let Some(change) = change(cx, patch, &place)
        {
            found.push(ObjectPatch { selector, at: patch.at.clone(), change, place });
        }
    }
    found
}

fn selector(at: &str) -> Option<ObjectSelector> {
    let parts: Vec<&str> = at.split('/').collect();
    let glob = |text: &str| Glob::new(text);
    let (tenant, kind, namespace, name) = match parts.as_slice() {
        // Nothing is before the name of what is in no namespace.
        ["flux", kind, name] => (None, glob(kind), Some(glob("")), glob(name)),
        ["flux", kind, namespace, name] => (None, glob(kind), Some(glob(namespace)), glob(name)),
        ["capi", tenant, kind] => (Some(glob(tenant)), glob(kind), None, glob("*")),
        ["capi", tenant, kind, name] => (Some(glob(tenant)), glob(kind), None, glob(name)),
        _ => return None,
    };
    Some(ObjectSelector { tenant, kind, namespace, name })
}

fn change(cx: &mut Resolver<'_>, patch: &Patch, place: &Path) -> Option<Change> {
    match (&patch.merge, &patch.json_patch) {
        (Some(_), Some(_)) => {
            let (at, label) = (cx.key(&place.key("jsonPatch")), cx.key(&place.key("merge")));
            cx.report(
                Diagnostic::error("wrong-value", at, "a patch has one of `merge` and `jsonPatch`")
                    .label(label, "the other")
                    .help("make two patches of it; they are applied in the order in which they are written"),
            );
            None
        }
        (None, None) => {
            let at = cx.value(&place.key("at"));
            cx.report(
                Diagnostic::error("missing-key", at, "this patch changes nothing")
                    .help("write the change as `merge: {...}` or `jsonPatch: [...]`"),
            );
            None
        }
        (Some(value), None) => {
            let at = place.key("merge");
            no_private_key(cx, value, &at);
            merge(cx, value, &at).then(|| Change::Merge(value.clone()))
        }
        (None, Some(operations)) => {
            let list = place.key("jsonPatch");
            let mut sound = true;
            for (index, operation) in operations.iter().enumerate() {
                sound &= complete(cx, operation, &list.index(index));
            }
            sound.then(|| Change::Operations(operations.clone()))
        }
    }
}

fn merge(cx: &mut Resolver<'_>, value: &Value, path: &Path) -> bool {
    if !value.is_object() {
        let at = cx.value(path);
        cx.report(
            Diagnostic::error("wrong-type", at, "a patch of an object needs a mapping in `merge`")
                .help("write what is merged, for example `merge: {spec: {timeout: 20m}}`"),
        );
        return false;
    }
    let Some(directive) = directive(value, path) else { return true };
    let at = cx.key(&directive);
    let key = directive.last_key().unwrap_or_default();
    cx.report(
        Diagnostic::error("wrong-value", at, format!("`{key}` means nothing in a patch of a Kubernetes object"))
            .note("only machine configurations know it")
            .help("write `null` to delete a key, and a list as it shall be; `jsonPatch` changes items of a list"),
    );
    false
}

/// A key that tells how to merge, in the words of a strategic merge.
fn directive(value: &Value, at: &Path) -> Option<Path> {
    match value {
        Value::Object(fields) => fields.iter().find_map(|(key, value)| {
            let path = at.key(key);
            let tells = key == "$patch" || key == "$retainKeys" || key.starts_with("$setElementOrder/");
            if tells || key.starts_with("$deleteFromPrimitiveList/") { Some(path) } else { directive(value, &path) }
        }),
        Value::Array(items) => items.iter().enumerate().find_map(|(index, value)| directive(value, &at.index(index))),
        _ => None,
    }
}

/// Whether an operation has what it needs and nothing else.
fn complete(cx: &mut Resolver<'_>, operation: &JsonPatchOperation, path: &Path) -> bool {
    let verb = operation.op.as_str();
    let takes_value = matches!(operation.op, JsonPatchVerb::Add | JsonPatchVerb::Replace | JsonPatchVerb::Test);
    let takes_from = matches!(operation.op, JsonPatchVerb::Move | JsonPatchVerb::Copy);
    let mut sound = true;
    for (key, takes, given) in
        [("value", takes_value, operation.value.is_some()), ("from", takes_from, operation.from.is_some())]
    {
        if takes && !given {
            let at = cx.value(&path.key("op"));
            cx.report(
                Diagnostic::error("missing-key", at, format!("`{verb}` needs `{key}`"))
                    .help(format!("add `{key}: ...`")),
            );
        } else if given && !takes {
            let at = cx.key(&path.key(key));
            cx.report(
                Diagnostic::error("unknown-key", at, format!("`{verb}` takes no `{key}`"))
                    .help(format!("remove `{key}`")),
            );
        }
        sound &= takes == given;
    }
    if let Some(value) = &operation.value {
        no_private_key(cx, value, &path.key("value"));
    }
    sound
}

fn no_private_key(cx: &mut Resolver<'_>, value: &Value, path: &Path) {
    if value.to_string().contains("PRIVATE KEY-----") {
        let at = cx.value(path);
        cx.report(
            Diagnostic::error("secret-in-the-clear", at, "this patch holds a private key, which would stand in Git")
                .help("encrypt a Secret of your own with sops, and name it here"),
        );
    }
}
