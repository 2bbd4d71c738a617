//! Node settings by inheritance: `nodeDefaults` < class chain < zone < node.
//!
//! Settings are merged as plain values (maps by key, scalars and lists replace, sets unite, `null` takes away) and read into
//! their type once, at the end: a new setting needs no merge code.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::{once, successors};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Resolver;
use crate::diag::Diagnostic;
use crate::schema::{known_instead, nearest, respelt};
use crate::spec::{Cloud, NodeSettings};
use crate::syntax::Node;
use crate::syntax::Path;

/// Keys whose lists are united over all levels.
const SETS: [&str; 3] = ["extensions", "kernelArgs", "certSANs"];
/// Keys of a node or class that are no settings.
const IDENTITY: [&str; 6] = ["class", "role", "address", "mac", "zone", "extends"];

/// The settings of one node as values, most general first.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    /// Many nodes share a class and a zone.
    layers: Vec<Arc<Map<String, Value>>>,
}

impl Layers {
    /// All levels over `merged`, of the keys that are wanted.
    fn over(&self, mut merged: Map<String, Value>, wanted: impl Fn(&str) -> bool) -> NodeSettings {
        for layer in &self.layers {
            for (key, value) in layer.iter().filter(|(key, _)| wanted(key)) {
                merge_setting(&mut merged, key, value);
            }
        }
        for set in SETS {
            if let Some(Value::Object(removal)) = merged.get(set)
                && removal.contains_key("remove")
            {
                merged.shift_remove(set);
            }
        }
        // A list of extensions reads as it was written; what components add follows.
        if let Some(Value::Array(extensions)) = merged.get_mut("extensions") {
            let written = self.written("extensions");
            extensions.sort_by_key(|name| written.iter().position(|own| own == name).unwrap_or(usize::MAX));
        }
        serde_json::from_value(Value::Object(merged)).expect("checked settings stay readable when merged")
    }

    /// The members of a set that the levels name, in that order.
    fn written(&self, key: &str) -> Vec<Value> {
        let mut alone = Map::new();
        for layer in &self.layers {
            if let Some(value) = layer.get(key) {
                unite(&mut alone, key, value);
            }
        }
        alone.remove(key).and_then(|members| members.as_array().cloned()).unwrap_or_default()
    }

    /// All levels with `needs` below them: what components ask for, the user may always overrule.
    pub(super) fn read(&self, needs: &Map<String, Value>) -> NodeSettings {
        self.over(needs.clone(), |_| true)
    }

    /// What the user says of some keys; the others are left out.
    pub(super) fn only(&self, keys: &[&str]) -> NodeSettings {
        self.over(Map::new(), |key| keys.contains(&key))
    }
}

/// For each node, its levels.
pub(super) fn resolve(cx: &mut Resolver<'_>) -> IndexMap<String, Layers> {
    let document = cx.document;
    let at = |keys: &[&str]| {
        let entries = document.at(keys).and_then(Node::entries).into_iter().flatten();
        let settings = entries.filter(|entry| !IDENTITY.contains(&entry.key.as_str()));
        Arc::new(settings.map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<Map<_, _>>())
    };
    let mut shared: BTreeMap<[String; 2], Arc<Map<String, Value>>> = BTreeMap::new();
    let mut shared_level = |section: &str, name: &str| {
        let level = shared.entry([section.to_owned(), name.to_owned()]);
        Arc::clone(level.or_insert_with(|| at(&[section, name])))
    };
    let defaults = at(&["nodeDefaults"]);
    let mut in_zone: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (name, node) in &cx.spec.nodes {
        node.zone.iter().for_each(|zone| in_zone.entry(zone).or_default().push(name));
    }
    let mut resolved = IndexMap::new();
    for (name, node) in &cx.spec.nodes {
        let mut layers = vec![Arc::clone(&defaults)];
        if let Some(class) = &node.class {
            let path = Path::of(["nodes", name, "class"]);
            layers.extend(class_chain(cx, class, &path).iter().map(|class| shared_level("nodeClasses", class)));
        }
        if let Some(zone) = &node.zone {
            if !cx.spec.zones.is_empty() && !cx.spec.zones.contains_key(zone) {
                let span = cx.value(&Path::of(["nodes", name, "zone"]));
                let help = known_instead(zone, cx.spec.zones.keys().map(String::as_str));
                let fix = respelt(span, zone, cx.spec.zones.keys().map(String::as_str));
                let others = &in_zone[zone];
                // Many nodes in a zone that is not there, and a zone without nodes: that one has the wrong name.
                let empty = cx.spec.zones.keys().find(|known| others.len() > 1 && !in_zone.contains_key(*known));
                if let Some(empty) = empty {
                    let at = cx.key(&Path::of(["zones", empty]));
                    let message = format!("no node is in zone `{empty}`, and {} are in `{zone}`", others.len());
                    let finding = Diagnostic::error("unknown-zone", at, message).label(span, "is not there");
                    cx.report_once(finding.help(format!("call the zone `{zone}`, or name it on its nodes")));
                } else if others.first() == Some(&name) {
                    let finding = Diagnostic::error("unknown-zone", span, format!("no zone `{zone}`"));
                    let finding = finding.help_if(help).fix_if(fix);
                    let places = others.iter().skip(1).take(3).map(|node| Path::of(["nodes", *node, "zone"]));
                    let places: Vec<_> = places.map(|place| cx.value(&place)).collect();
                    cx.report(places.into_iter().fold(finding, |finding, place| finding.label(place, "and here")));
                }
            }
            layers.push(shared_level("zones", zone));
        }
        layers.push(at(&["nodes", name]));
        resolved.insert(name.clone(), Layers { layers });
    }
    resolved
}

/// A class and what it extends, most general first.
fn class_chain(cx: &mut Resolver<'_>, class: &str, from: &Path) -> Vec<String> {
    let mut chain: Vec<String> = Vec::new();
    let mut next = Some((class.to_owned(), from.clone()));
    while let Some((name, path)) = next {
        let span = cx.value(&path);
        if chain.contains(&name) {
            if cx.diags.has("class-cycle") {
                break;
            }
            let mut cycle = chain.clone();
            cycle.push(name);
            let places = cycle.iter().map(|class| Path::of(["nodeClasses", class.as_str(), "extends"]));
            let labels: BTreeSet<_> = places.map(|place| cx.value(&place)).filter(|other| *other != span).collect();
            let finding = Diagnostic::error("class-cycle", span, "node classes extend each other in a circle")
                .note(cycle.join(" -> "))
                .help("let one of them stand on its own");
            cx.report(labels.into_iter().fold(finding, |finding, place| finding.label(place, "in the circle")));
            break;
        }
        let Some(found) = cx.spec.node_classes.get(&name) else {
            let help = known_instead(&name, cx.spec.node_classes.keys().map(String::as_str))
                .unwrap_or_else(|| "add it under `nodeClasses`".to_owned());
            let fix = respelt(span, &name, cx.spec.node_classes.keys().map(String::as_str));
            // Many name it, and nobody the other: that one has the wrong name.
            if let Some(unused) = renamed(cx, &name) {
                let at = cx.key(&Path::of(["nodeClasses", unused]));
                let message = format!("nothing is of class `{unused}`, and several are of `{name}`");
                let finding = Diagnostic::error("unknown-class", at, message).label(span, "is not there");
                cx.report_once(finding.help(format!("call the class `{name}`, or name it there")));
            } else {
                let finding = Diagnostic::error("unknown-class", span, format!("no node class `{name}`"));
                cx.report(finding.help(help).fix_if(fix));
            }
            break;
        };
        next = found.extends.clone().map(|base| (base, Path::of(["nodeClasses", name.as_str(), "extends"])));
        chain.push(name);
    }
    chain.reverse();
    chain
}

/// The class that nothing is of, of nearly the name of one that is not there and that several nodes or classes name.
fn renamed<'a>(cx: &Resolver<'a>, name: &str) -> Option<&'a str> {
    let spec = cx.spec;
    // Asked only where one was not found, and then of each that names it.
    let meant = nearest(name, spec.node_classes.keys().map(String::as_str))?;
    let of = |class: &str| {
        let nodes = spec.nodes.values().filter(|node| node.class.as_deref() == Some(class));
        nodes.count() + spec.node_classes.values().filter(|other| other.extends.as_deref() == Some(class)).count()
    };
    (of(meant) == 0 && of(name) > 1).then_some(meant)
}

/// Puts a setting of a more specific level over that of more general ones.
fn merge_setting(base: &mut Map<String, Value>, key: &str, value: &Value) {
    if SETS.contains(&key) {
        unite(base, key, value);
    } else {
        merge_value(base, key, value);
    }
}

fn merge_value(base: &mut Map<String, Value>, key: &str, value: &Value) {
    match (base.get_mut(key), value) {
        (_, Value::Null) => {
            base.shift_remove(key);
        }
        // What selects a device is one choice, not a sum of choices.
        (Some(Value::Object(below)), Value::Object(above)) if key != "match" => {
            for (key, value) in above {
                merge_value(below, key, value);
            }
        }
        _ => {
            base.insert(key.to_owned(), without_nulls(value));
        }
    }
}

/// A `null` that takes nothing away is no value either.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k.clone(), without_nulls(v)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn unite(base: &mut Map<String, Value>, key: &str, value: &Value) {
    let mut members = base.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    match value {
        Value::Array(more) => {
            for member in more {
                if !members.contains(member) {
                    members.push(member.clone());
                }
            }
        }
        Value::Object(removal) => {
            let gone = removal.get("remove").and_then(Value::as_array).cloned().unwrap_or_default();
            members.retain(|member| !gone.contains(member));
        }
        _ => members.clear(),
    }
    base.insert(key.to_owned(), Value::Array(members));
}

/// The class of a node and those that it extends, the most specific first.
pub(super) fn classes<'c>(spec: &'c Cloud, node: &str) -> impl Iterator<Item = &'c str> {
    let base = |class: &&str| spec.node_classes.get(*class)?.extends.as_deref();
    // A class that does not exist is one of them too. A circle was reported before; the bound only ends the walk.
    successors(spec.nodes[node].class.as_deref(), base).take(spec.node_classes.len() + 1)
}

/// Whether a class of a node is not there, or is in a circle: that was reported, and what is missing may stand in it.
pub(super) fn has_broken_class(cx: &Resolver<'_>, node: &str) -> bool {
    let (reported, known) = (cx.diags.has("unknown-class") || cx.diags.has("class-cycle"), &cx.spec.node_classes);
    let is_broken = |(at, class): (usize, &str)| at >= known.len() || !known.contains_key(class);
    reported && classes(cx.spec, node).enumerate().any(is_broken)
}

/// The places of a node's settings, as keys, the most specific first.
fn places<'c>(spec: &'c Cloud, node: &'c str) -> impl Iterator<Item = Vec<&'c str>> {
    let zone = spec.nodes[node].zone.iter().map(|zone| vec!["zones", zone.as_str()]);
    let classes = classes(spec, node).map(|class| vec!["nodeClasses", class]);
    once(vec!["nodes", node]).chain(zone).chain(classes).chain(once(vec!["nodeDefaults"]))
}

/// The same as paths.
pub(super) fn levels(cx: &Resolver<'_>, node: &str) -> Vec<Path> {
    places(cx.spec, node).map(Path::of).collect()
}

/// Where a setting of a node stands: on the node, else in its zone, classes or the defaults.
pub(super) fn declared_at(cx: &Resolver<'_>, node: &str, keys: &[&str]) -> Path {
    let full = places(cx.spec, node).map(|place| [place.as_slice(), keys].concat());
    let mut written = full.filter(|keys| cx.document.at(keys).is_some());
    written.next().map_or_else(|| Path::of(["nodes", node].iter().chain(keys)), Path::of)
}

/// A field that one of the levels must give.
pub(super) fn required<T>(
    cx: &mut Resolver<'_>,
    node: &str,
    keys: &[&str],
    field: &str,
    value: Option<T>,
) -> Option<T> {
    // What a class that is not there would have said is not known.
    if value.is_none() && !has_broken_class(cx, node) {
        let at = cx.key(&declared_at(cx, node, keys));
        let whose = keys.join(".");
        cx.report(
            Diagnostic::error("missing-key", at, format!("`{whose}` lacks `{field}`"))
                .help(format!("add `{field}` here, or where the node inherits from")),
        );
    }
    value
}

/// Where a member of a united list stands.
pub(super) fn declared_item(cx: &Resolver<'_>, node: &str, key: &str, item: &str) -> Path {
    let lists = levels(cx, node).into_iter().map(|level| level.key(key));
    for list in lists {
        let items = cx.document.get(&list).map(Node::to_json);
        let index = items.as_ref().and_then(Value::as_array).and_then(|items| items.iter().position(|i| i == item));
        if let Some(index) = index {
            return list.index(index);
        }
    }
    declared_at(cx, node, &[key])
}
