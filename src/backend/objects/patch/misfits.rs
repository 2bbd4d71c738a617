//! What is wrong with a patch of objects, in words.

use std::collections::BTreeSet;

use super::Fault;
use super::address::Address;
use crate::backend::Misfit;
use crate::model::{Change, ObjectPatch};
use crate::schema::known_instead;
use crate::spec::Glob;
use crate::syntax::Path;

/// What an address has for a part of a selector.
type Part = fn(&Address) -> &str;

/// A selector without an object: the first of its parts that nothing has, with what there is instead.
pub(super) fn matches_nothing(patch: &ObjectPatch, addresses: &[Address]) -> Misfit {
    let selector = &patch.selector;
    let any = Glob::new("*");
    let tenant = selector.tenant.as_ref();
    let namespace = selector.namespace.as_ref();
    let parts: [(&str, &Glob, Part); 4] = [
        ("tenant", tenant.unwrap_or(&any), |address| address.tenant.as_deref().unwrap_or_default()),
        ("kind", &selector.kind, |address| &address.kind),
        ("namespace", namespace.unwrap_or(&any), |address| &address.namespace),
        ("name", &selector.name, |address| &address.name),
    ];
    let mut left: Vec<&Address> =
        addresses.iter().filter(|address| address.tenant.is_some() == tenant.is_some()).collect();
    let mut why = (String::new(), None);
    for (part, glob, of) in parts {
        let matching: Vec<&Address> = left.iter().copied().filter(|address| glob.matches(of(address))).collect();
        if matching.is_empty() {
            why = if part == "namespace" { elsewhere(&selector.name, &left) } else { instead(part, glob, of, &left) };
            break;
        }
        left = matching;
    }
    let (what, help) = why;
    let place = patch.place.key("at");
    Misfit { place, rule: "patch-matches-nothing", message: format!("`{}` selects no object{what}", patch.at), help }
}

/// The kind is in other namespaces, or in none.
fn elsewhere(name: &Glob, left: &[&Address]) -> (String, Option<String>) {
    let named: Vec<&&Address> = left.iter().filter(|address| name.matches(&address.name)).collect();
    let selectors: BTreeSet<String> = match named.as_slice() {
        [] => left.iter().map(|address| address.selector()).collect(),
        named => named.iter().map(|address| address.selector()).collect(),
    };
    let selectors = crate::schema::one_of(selectors.iter().map(String::as_str));
    (": it is in another namespace, or in none".to_owned(), Some(format!("choose {selectors}")))
}

fn instead(part: &str, glob: &Glob, of: Part, left: &[&Address]) -> (String, Option<String>) {
    let known: BTreeSet<&str> = left.iter().map(|address| of(address)).collect();
    let there = if glob.is_pattern() { "none has such a" } else { "none has this" };
    (format!(": {there} {part}"), known_instead(glob.as_str(), known.iter().copied()))
}

impl Fault {
    pub(super) fn at(self, patch: &ObjectPatch, address: &Address) -> Misfit {
        let object = address.selector();
        match self {
            Self::Operation(index, failure) => {
                let Change::Operations(operations) = &patch.change else {
                    unreachable!("only a JSON patch has operations")
                };
                let operation = operations[index].op.as_str();
                Misfit {
                    place: patch.place.key("jsonPatch").index(index),
                    rule: "patch-does-not-apply",
                    message: format!("`{operation}` does not apply to `{object}`: {}", failure.why),
                    help: failure.help,
                }
            }
            Self::Identity(key) => Misfit {
                place: writer(patch, &key.split('.').collect::<Vec<_>>()),
                rule: "patch-renames",
                message: format!("a patch cannot change `{key}` of `{object}`: it would be another object"),
                help: Some("leave it as it is; add an object of your own with `extraManifests`".to_owned()),
            },
            Self::Secret => Misfit {
                place: writer(patch, &[]),
                rule: "secret-in-the-clear",
                message: format!("this writes a value into `{object}`, which would stand in Git"),
                help: Some("leave the values out, and encrypt a Secret of your own with sops".to_owned()),
            },
        }
    }
}

/// The place in a patch that writes a key.
fn writer(patch: &ObjectPatch, keys: &[&str]) -> Path {
    match &patch.change {
        Change::Merge(_) => keys.iter().fold(patch.place.key("merge"), |path, key| path.key(key)),
        Change::Operations(operations) => {
            let pointer = if keys.is_empty() { String::new() } else { format!("/{}", keys.join("/")) };
            let writes = |path: &str| pointer.starts_with(path) || path.starts_with(&pointer);
            let list = patch.place.key("jsonPatch");
            match operations.iter().position(|operation| !pointer.is_empty() && writes(&operation.path)) {
                Some(index) => list.index(index),
                None => list,
            }
        }
    }
}
