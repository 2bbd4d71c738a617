//! Patches of Kubernetes objects -> changed objects, names that follow, and what is wrong with the patches.
//!
//! Every object is patched once, where all of them are known and none is text: what stands in two places (`bootstrap/` and
//! `flux/`) is read from the patched one. A patch that does not fit an object leaves it as it was, and is told of: what is written
//! then is never used.

mod address;
mod misfits;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::json_patch;
use super::merge::{difference, merge};
use super::substitution::escape_all;
use super::{Identity, ObjectFile, Objects, hash};
use crate::backend::Misfit;
use crate::model::{Change, Model, ObjectPatch};
use crate::syntax::Path;
use address::Address;

/// Tells Flux to leave `${` in an object alone.
const SUBSTITUTE_ANNOTATION: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Applies the patches of a cloud to all of its objects, and gives back what is wrong with them, each once.
pub fn apply(objects: &mut Objects, model: &Model) -> Vec<Misfit> {
    if model.patches.is_empty() {
        return Vec::new();
    }
    let addresses: Vec<Address> = objects.files.iter().flat_map(addresses).collect();
    let mut pass = Pass { patches: &model.patches, matched: BTreeSet::new(), misfits: IndexMap::new() };
    for file in &mut objects.files {
        pass.file(file);
    }
    let idle = model.patches.iter().enumerate().filter(|(index, _)| !pass.matched.contains(index));
    let idle = idle.filter(|(_, patch)| !is_for_a_leaving_tenant(model, patch));
    let nothing = idle.map(|(_, patch)| misfits::matches_nothing(patch, &addresses));
    nothing.chain(pass.misfits.into_values()).collect()
}

/// Most objects of a tenant go before it does, and its patches may stay for as long.
fn is_for_a_leaving_tenant(model: &Model, patch: &ObjectPatch) -> bool {
    let tenant = patch.selector.tenant.as_ref();
    tenant.is_some_and(|glob| model.tenants.iter().any(|tenant| tenant.deleting && glob.matches(&tenant.name)))
}

/// Where the objects of a file can be found by selectors.
fn addresses(file: &ObjectFile) -> impl Iterator<Item = Address> + '_ {
    file.documents.iter().filter_map(|document| Address::of(&file.path, document))
}

/// One run over all objects.
struct Pass<'a> {
    patches: &'a [ObjectPatch],
    /// Patches that had an object.
    matched: BTreeSet<usize>,
    /// By place and rule: what is wrong with ten objects is said of the first.
    misfits: IndexMap<(Path, &'static str), Misfit>,
}

impl Pass<'_> {
    fn file(&mut self, file: &mut ObjectFile) {
        let mut names = BTreeMap::new();
        let mut owners = BTreeSet::new();
        for document in &mut file.documents {
            let Some(address) = Address::of(&file.path, document) else { continue };
            let selecting = |patch: &&ObjectPatch| address.is_selected(&patch.selector);
            let before = document.clone();
            for (index, patch) in self.patches.iter().enumerate().filter(|(_, patch)| selecting(patch)) {
                self.matched.insert(index);
                match patched(document, patch, file.applied.substituted) {
                    Ok(changed) => {
                        *document = changed;
                        owners.insert(index);
                    }
                    Err(fault) => {
                        let misfit = fault.at(patch, &address);
                        self.misfits.entry((misfit.place.clone(), misfit.rule)).or_insert(misfit);
                    }
                }
            }
            if *document != before {
                if !file.applied.substituted {
                    leave_variables(document);
                }
                names.extend(new_name(&before, document));
            }
        }
        file.origins.extend(owners.into_iter().map(|index| self.patches[index].place.to_string()));
        if !names.is_empty() {
            file.documents.iter_mut().for_each(|document| rename(document, &names));
        }
    }
}

/// Why a patch does not fit an object, and below the patch, where.
enum Fault {
    /// The number of an operation.
    Operation(usize, json_patch::Failure),
    /// The key of the object's identity that would change.
    Identity(&'static str),
    /// The values of a Secret.
    Secret,
}

/// The object as a patch makes it.
fn patched(object: &Value, patch: &ObjectPatch, substituted: bool) -> Result<Value, Fault> {
    let meant = |value: &Value| if substituted { escape_all(value) } else { value.clone() };
    let mut changed = object.clone();
    match &patch.change {
        Change::Merge(value) => merge(&mut changed, &meant(value)),
        Change::Operations(operations) => {
            for (index, operation) in operations.iter().enumerate() {
                let mut operation = operation.clone();
                operation.value = operation.value.as_ref().map(meant);
                json_patch::apply(&mut changed, &operation).map_err(|failure| Fault::Operation(index, failure))?;
            }
        }
    }
    let identity = [
        ("apiVersion", "/apiVersion"),
        ("kind", "/kind"),
        ("metadata.name", "/metadata/name"),
        ("metadata.namespace", "/metadata/namespace"),
    ];
    if let Some((key, _)) = identity.iter().find(|(_, at)| object.pointer(at) != changed.pointer(at)) {
        return Err(Fault::Identity(key));
    }
    let secret = |object: &Value| ["data", "stringData"].map(|key| object.get(key).cloned());
    if object["kind"] == "Secret" && secret(object) != secret(&changed) {
        return Err(Fault::Secret);
    }
    Ok(changed)
}

/// Where nothing is put in for `${key}` now, nothing is when a user turns that on for all objects.
fn leave_variables(object: &mut Value) {
    if object.to_string().contains("${") {
        let metadata = &mut object["metadata"];
        if !metadata["annotations"].is_object() {
            metadata["annotations"] = json!({});
        }
        metadata["annotations"][SUBSTITUTE_ANNOTATION] = json!("disabled");
    }
}

/// The old and the new name of an object whose name says what is in it.
fn new_name(before: &Value, after: &Value) -> Option<(String, String)> {
    let identity = Identity::of(before)?;
    let stem = hash::stem(identity.kind, identity.name)?;
    // Labels and annotations of the object itself may change at any time.
    let content = |object: &Value| {
        let mut object = object.clone();
        object.as_object_mut().and_then(|fields| fields.shift_remove("metadata"));
        object
    };
    let difference = difference(&content(before), &content(after));
    (!difference.is_empty()).then(|| (identity.name.to_owned(), hash::renamed(stem, identity.name, &difference)))
}

/// Writes the new names wherever the old ones stand; with its hash, a name stands for nothing else.
fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(new) = names.get(text) {
                new.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(fields) => fields.values_mut().for_each(|value| rename(value, names)),
        _ => {}
    }
}
