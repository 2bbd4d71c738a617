//! The line of a template that writes a place -> what that line reads.
//!
//! A template is read as text here, by the indentation of its keys. What cannot be told is left out: what the whole template reads
//! shapes every line that it writes anyway.

use std::collections::BTreeMap;

use super::components::Owner;
use super::{Origin, Provenance, names};
use crate::emitted::Step;
use crate::syntax::{NodeKind, Path};

/// Names that are given by names: more text than this is a circle.
const LONGEST: usize = 400;

/// A line of a template that has a key.
struct Written<'t> {
    /// The keys above and its own.
    keys: Vec<&'t str>,
    /// What stands behind the key.
    value: &'t str,
}

/// What says the value at a place. `kind` picks the documents of a template that writes several; `hints` are names that may be keys of
/// what the template goes through.
pub(super) fn says(
    provenance: &Provenance<'_>,
    owner: &Owner,
    template: &str,
    kind: Option<&str>,
    place: &[Step],
    hints: &[String],
) -> Vec<Origin> {
    let place: Vec<&str> = place
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) => None,
        })
        .collect();
    let declared = declared(template);
    let documents = template.split("\n---").filter(|text| {
        kind.is_none_or(|kind| {
            text.lines().any(|line| line.trim().strip_prefix("kind:").is_some_and(|own| own.trim() == kind))
        })
    });
    let mut lines: Vec<Written<'_>> = documents.flat_map(written).collect();
    lines.retain(|line| place.starts_with(&line.keys));
    let longest = lines.iter().map(|line| line.keys.len()).max().unwrap_or_default();
    lines.retain(|line| line.keys.len() == longest);
    let mut origins = Vec::new();
    for expression in lines.iter().flat_map(|line| expressions(line.value)) {
        for name in provenance.catalog.templates.names_of_expression(expression) {
            origins.extend(of_name(provenance, owner, &name, expression, &declared, hints));
        }
    }
    origins
}

fn of_name(
    provenance: &Provenance<'_>,
    owner: &Owner,
    name: &str,
    text: &str,
    declared: &BTreeMap<&str, (&str, bool)>,
    hints: &[String],
) -> Vec<Origin> {
    let (root, field) = name.split_once('.').map_or((name, None), |(root, field)| (root, Some(field)));
    let Some((expression, goes_through)) = declared.get(root).filter(|_| text.len() < LONGEST) else {
        return names::of(provenance, owner, name, text);
    };
    let text = format!("{text} {expression}");
    let read = provenance.catalog.templates.names_of_expression(expression);
    let of = |name: &String| of_name(provenance, owner, name, &text, declared, hints);
    let origins = read.iter().flat_map(of);
    if !goes_through {
        return origins.collect();
    }
    origins.map(|origin| narrowed(provenance, origin, field, hints)).collect()
}

/// Of a map that a template goes through, the entry that a place is about.
fn narrowed(provenance: &Provenance<'_>, origin: Origin, field: Option<&str>, hints: &[String]) -> Origin {
    let document = &provenance.compiled.document;
    let Origin::Spec(path) = &origin else { return origin };
    if !matches!(document.get(path).map(|node| &node.kind), Some(NodeKind::Map(_))) {
        return origin;
    }
    let Some(entry) = hints.iter().map(|hint| path.key(hint)).find(|entry| document.contains(entry)) else {
        return origin;
    };
    let Some(field) = field else { return Origin::Key(entry) };
    let within: Path = field.split('.').fold(entry, |path, key| path.key(key));
    if document.contains(&within) { Origin::Spec(within) } else { Origin::Default(within) }
}

/// Names that a template gives: to what, and whether it goes through that.
fn declared(template: &str) -> BTreeMap<&str, (&str, bool)> {
    let mut names = BTreeMap::new();
    for tag in template.split("{%").skip(1).filter_map(|rest| rest.split("%}").next()) {
        let tag = tag.trim_matches(['-', '+', ' ']);
        if let Some((variables, rest)) = tag.strip_prefix("for ").and_then(|rest| rest.split_once(" in ")) {
            let list = rest.split(" if ").next().unwrap_or(rest);
            names.extend(variables.split(',').map(|name| (name.trim(), (list.trim(), true))));
        } else if let Some((name, value)) = tag.strip_prefix("set ").and_then(|rest| rest.split_once('=')) {
            names.insert(name.trim(), (value.trim(), false));
        }
    }
    names
}

/// The lines of a document that have a key, with the keys above them.
fn written(document: &str) -> Vec<Written<'_>> {
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut lines = Vec::new();
    for line in document.lines() {
        let mut text = line.trim_start();
        let mut indent = line.len() - text.len();
        while let Some(rest) = text.strip_prefix("- ") {
            indent += 2;
            text = rest;
        }
        if text.starts_with("{%") || text.starts_with("{{") || text.starts_with('#') {
            continue;
        }
        let Some((key, value)) = text.split_once(':') else { continue };
        if !value.is_empty() && !value.starts_with(' ') {
            continue;
        }
        above.retain(|(other, _)| *other < indent);
        above.push((indent, key.trim_matches(['"', '\''])));
        lines.push(Written { keys: above.iter().map(|(_, key)| *key).collect(), value });
    }
    lines
}

fn expressions(value: &str) -> impl Iterator<Item = &str> {
    value.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()).map(|text| text.trim_matches(['-', ' ']))
}

#[cfg(test)]
mod tests {
    use super::{declared, expressions, written};

    #[test]
    fn lines_know_the_keys_above_them() {
        let template =
            "spec:\n  a: {{ x }}\n{% for n in list %}\n  items:\n  - name: {{ n }}\n    size: 1\n{% endfor %}\nb: 2\n";
        let keys: Vec<String> = written(template).iter().map(|line| line.keys.join(".")).collect();
        assert_eq!(keys, ["spec", "spec.a", "spec.items", "spec.items.name", "spec.items.size", "b"]);
        assert_eq!(declared(template).get("n"), Some(&("list", true)));
        assert_eq!(expressions(" {{ a }}-{{ b.c }}").collect::<Vec<_>>(), ["a", "b.c"]);
    }
}
