//! Chart values that patches write: as with `values` of a component, each key must be one that the chart has.

use serde_json::{Map, Value};

use crate::model::{Change, ObjectPatch, Platform};
use crate::resolve::{Resolver, values};
use crate::spec::{JsonPatchOperation, JsonPatchVerb};
use crate::syntax::Path;

/// Where values stand in a `HelmRelease`.
const VALUES: [&str; 2] = ["spec", "values"];

/// Reports keys that the charts of the selected releases do not have.
pub(in crate::resolve) fn check_values(cx: &mut Resolver<'_>, platform: &Platform, patches: &[ObjectPatch]) {
    for component in &platform.components {
        for release in component.layers.iter().flat_map(|layer| &layer.releases) {
            let selecting = patches.iter().filter(|patch| {
                let selector = &patch.selector;
                selector.tenant.is_none()
                    && selector.kind.matches("HelmRelease")
                    && selector.namespace.as_ref().is_none_or(|glob| glob.matches(&component.namespace))
                    && selector.name.matches(&release.name)
            });
            for patch in selecting {
                for (written, place) in written(patch) {
                    // The place of an operation is its path; a merge shows each key.
                    let merges = matches!(patch.change, Change::Merge(_));
                    let place = |below: &Path| if merges { place.join(below) } else { place.clone() };
                    values::check(cx, &component.name, &release.name, &written, place);
                }
            }
        }
    }
}

/// The values that a patch writes, each with its place.
fn written(patch: &ObjectPatch) -> Vec<(Map<String, Value>, Path)> {
    match &patch.change {
        Change::Merge(value) => {
            let place = VALUES.iter().fold(patch.place.key("merge"), |path, key| path.key(key));
            let values = value.pointer("/spec/values").and_then(Value::as_object);
            values.map(|values| (values.clone(), place)).into_iter().collect()
        }
        Change::Operations(operations) => {
            let list = patch.place.key("jsonPatch");
            let of = |(index, operation)| Some((by_operation(operation)?, list.index(index).key("path")));
            operations.iter().enumerate().filter_map(of).collect()
        }
    }
}

/// The values around what an operation writes; none below a list, of whose items nothing is known.
fn by_operation(operation: &JsonPatchOperation) -> Option<Map<String, Value>> {
    let writes = matches!(operation.op, JsonPatchVerb::Add | JsonPatchVerb::Replace);
    let value = operation.value.as_ref().filter(|_| writes)?;
    let below = operation.path.strip_prefix("/spec/values")?;
    let keys: Vec<String> = below.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    let in_list = |key: &String| key == "-" || key.bytes().all(|byte| byte.is_ascii_digit());
    if keys.iter().any(in_list) {
        return None;
    }
    let around = |value: Value, key: String| Value::Object([(key, value)].into_iter().collect());
    match keys.into_iter().rev().fold(value.clone(), around) {
        Value::Object(values) => Some(values),
        _ => None,
    }
}
