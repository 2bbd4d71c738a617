//! A path -> the place in the schema that it leads to.
//!
//! A path is written as in findings, `nodes.rpi1.address`; where a name of the user's own goes, any name will do, or `*`.

use indexmap::IndexMap;
use serde_json::Value;

use crate::explain::shape;
use crate::schema::{known_instead, nearest};

/// What a name of the user's own is called in paths.
pub(in crate::explain) const NAME: &str = "<name>";
/// And a place in a list.
pub(in crate::explain) const ITEM: &str = "[]";
/// No path of the language is longer.
const DEPTH: usize = 16;

/// Where a walk has come to.
pub(super) struct Place<'s> {
    /// In its general form.
    pub path: String,
    /// Its own, or that of the map or list whose member it is.
    pub description: Option<String>,
    pub schema: &'s Value,
    pub required: bool,
    /// Whether the last step was a name of the user's own.
    named: bool,
}

/// The place at the end of a path, or why there is none.
pub(super) fn find<'s>(root: &'s Value, given: &str) -> Result<Place<'s>, String> {
    let steps = steps(given);
    let description = description(root, root);
    let mut place = Place { path: String::new(), description, schema: root, required: true, named: false };
    let mut rest = steps.as_slice();
    while let Some((step, more)) = rest.split_first() {
        // A name may have dots, and below a value of any form there is nothing to tell.
        if place.is_open(root) || place.named && place.is_leaf(root) && !is_index(step) {
            break;
        }
        place = place.step(root, step)?;
        rest = more;
    }
    Ok(place)
}

/// Every path of the language in its general form, in the order of the schema.
pub(in crate::explain) fn paths(root: &Value) -> Vec<String> {
    let mut all = Vec::new();
    descend(root, root, "", 0, &mut all);
    all
}

fn descend(root: &Value, schema: &Value, path: &str, depth: usize, all: &mut Vec<String>) {
    for (key, (inner, _)) in children(root, schema) {
        let path = join(path, key);
        if depth < DEPTH {
            descend(root, inner, &path, depth + 1, all);
        }
        all.push(path);
    }
}

/// What can stand below a place: key -> schema, and whether it must be there.
pub(in crate::explain) fn children<'s>(root: &'s Value, schema: &'s Value) -> IndexMap<&'s str, (&'s Value, bool)> {
    let mut found: IndexMap<&str, (&Value, bool)> = IndexMap::new();
    for form in shape::forms(root, schema) {
        for (key, inner) in form.get("properties").and_then(Value::as_object).into_iter().flatten() {
            found.entry(key).or_insert((inner, shape::requires(form, key)));
        }
        for (key, inner) in [(NAME, form.get("additionalProperties")), (ITEM, form.get("items"))] {
            if let Some(inner) = inner.filter(|inner| inner.is_object()) {
                found.entry(key).or_insert((inner, false));
            }
        }
    }
    found
}

/// What is said of a place, or of the one thing that may stand there.
pub(super) fn description(root: &Value, schema: &Value) -> Option<String> {
    let of = |schema: &Value| schema.get("description").and_then(Value::as_str).map(str::to_owned);
    of(schema).or_else(|| shape::forms(root, schema).first().and_then(|form| of(form)))
}

impl<'s> Place<'s> {
    fn step(&self, root: &'s Value, step: &str) -> Result<Self, String> {
        let children = children(root, self.schema);
        let own = step == "*" || step.starts_with('<') && step.ends_with('>');
        let to = |key: &str, (schema, required): (&'s Value, bool), named| {
            let member = if [NAME, ITEM].contains(&key) { self.description.clone() } else { None };
            let description = description(root, schema).or(member);
            Place { path: join(&self.path, key), description, schema, required, named }
        };
        if let Some((key, found)) = children.get_key_value(step) {
            return Ok(to(key, *found, false));
        }
        let keys = || children.keys().copied().filter(|key| ![NAME, ITEM].contains(key));
        match (children.get(NAME), children.get(ITEM)) {
            // Beside names of the catalog a name of the user's own is meant as one, unless it looks like a slip.
            (Some(found), _) if own || nearest(step, keys()).is_none() => Ok(to(NAME, *found, true)),
            (_, Some(found)) if own || is_index(step) => Ok(to(ITEM, *found, false)),
            // `patches.at` is as clear as `patches[].at`.
            (None, Some(found)) => to(ITEM, *found, false).step(root, step),
            _ => Err(self.unknown(step, keys().collect())),
        }
    }

    fn unknown(&self, step: &str, keys: Vec<&str>) -> String {
        let owner = if self.path.is_empty() { "cloud.yaml".to_owned() } else { format!("`{}`", self.path) };
        match known_instead(step, keys) {
            Some(help) => format!("{owner} has no key `{step}`; {help}"),
            None => format!("{owner} has no keys, so no `{step}`"),
        }
    }

    /// Whether anything may stand here.
    fn is_open(&self, root: &Value) -> bool {
        let forms = shape::forms(root, self.schema);
        let free = |form: &Value| form.get("additionalProperties") == Some(&Value::Bool(true));
        forms.iter().any(|form| free(form) || shape::of_form(root, form) == "anything")
    }

    /// Whether there are no names below.
    fn is_leaf(&self, root: &Value) -> bool {
        children(root, self.schema).keys().all(|key| *key == ITEM)
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    match (path, key) {
        ("", key) => key.to_owned(),
        (path, ITEM) => format!("{path}{ITEM}"),
        (path, key) => format!("{path}.{key}"),
    }
}

fn is_index(step: &str) -> bool {
    step == ITEM || !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit())
}

/// `a.b["c.d"][0]` -> `a`, `b`, `c.d`, `0`.
fn steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut rest = path.trim().trim_start_matches('.');
    while !rest.is_empty() {
        if let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let inside = inside.trim_matches(['"', '\'']);
            steps.push(if inside.is_empty() { ITEM.to_owned() } else { inside.to_owned() });
            rest = after;
        } else {
            let end =
                rest.char_indices().skip(1).find(|(_, c)| matches!(c, '.' | '[')).map_or(rest.len(), |(at, _)| at);
            steps.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn paths_of_findings_are_read() {
        assert_eq!(steps("nodes.rpi1.address"), ["nodes", "rpi1", "address"]);
        assert_eq!(steps("nodes.a.labels[\"x.example/y\"]"), ["nodes", "a", "labels", "x.example/y"]);
        assert_eq!(steps("patches[0].at"), ["patches", "0", "at"]);
        assert_eq!(steps("patches[].at"), ["patches", "[]", "at"]);
        assert!(steps("").is_empty());
        for odd in ["[[..", "...", "[", "]", "a..b", "é[ü", "a.[b"] {
            assert!(!steps(odd).is_empty() || odd == "...", "{odd}");
        }
    }
}
