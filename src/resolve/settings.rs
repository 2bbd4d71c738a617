//! Node settings by inheritance: `nodeDefaults` < class chain < zone < node.
//!
//! Settings are merged as plain values (maps by key, scalars and lists replace, sets unite, `null` takes away) and read into
//! their type once, at the end: a new setting needs no merge code.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Resolver;
use crate::diag::Diagnostic;
use crate::schema::{known_instead, respelt};
use crate::spec::NodeSettings;
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
    layers: Vec<Rc<Map<String, Value>>>,
}

impl Layers {
    /// All levels with `needs` below them: what components ask for, the user may always overrule.
    pub(super) fn merged(&self, needs: &Map<String, Value>) -> Map<String, Value> {
        let mut merged = needs.clone();
        for layer in &self.layers {
            merge_settings(&mut merged, layer);
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
        merged
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

    pub(super) fn read(&self, needs: &Map<String, Value>) -> NodeSettings {
        serde_json::from_value(Value::Object(self.merged(needs))).expect("checked settings stay readable when merged")
    }
}

/// For each node, its levels.
pub(super) fn resolve(cx: &mut Resolver<'_>) -> IndexMap<String, Layers> {
    let root = cx.document.root.to_json();
    let at = |keys: &[&str]| {
        let found = keys.iter().try_fold(&root, |value, key| value.get(key));
        let fields = found.and_then(Value::as_object).into_iter().flatten();
        let settings = fields.filter(|(key, _)| !IDENTITY.contains(&key.as_str()));
        Rc::new(settings.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
    };
    let mut shared: BTreeMap<[String; 2], Rc<Map<String, Value>>> = BTreeMap::new();
    let mut once = |section: &str, name: &str| {
        let level = shared.entry([section.to_owned(), name.to_owned()]);
        Rc::clone(level.or_insert_with(|| at(&[section, name])))
    };
    let defaults = at(&["nodeDefaults"]);
    let mut resolved = IndexMap::new();
    for (name, node) in &cx.spec.nodes {
        let mut layers = vec![Rc::clone(&defaults)];
        if let Some(class) = &node.class {
            let path = Path::of(["nodes", name, "class"]);
            layers.extend(class_chain(cx, class, &path).iter().map(|class| once("nodeClasses", class)));
        }
        if let Some(zone) = &node.zone {
            if !cx.spec.zones.is_empty() && !cx.spec.zones.contains_key(zone) {
                let span = cx.value(&Path::of(["nodes", name, "zone"]));
                let help = known_instead(zone, cx.spec.zones.keys().map(String::as_str));
                let fix = respelt(span, zone, cx.spec.zones.keys().map(String::as_str));
                let finding = Diagnostic::error("unknown-zone", span, format!("no zone `{zone}`"));
                cx.report(finding.help_if(help).fix_if(fix));
            }
            layers.push(once("zones", zone));
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
            let finding = Diagnostic::error("unknown-class", span, format!("no node class `{name}`"));
            cx.report(finding.help(help).fix_if(fix));
            break;
        };
        next = found.extends.clone().map(|base| (base, Path::of(["nodeClasses", name.as_str(), "extends"])));
        chain.push(name);
    }
    chain.reverse();
    chain
}

/// Puts a more specific level over a more general one.
fn merge_settings(base: &mut Map<String, Value>, over: &Map<String, Value>) {
    for (key, value) in over {
        if SETS.contains(&key.as_str()) {
            unite(base, key, value);
        } else {
            merge_value(base, key, value);
        }
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
pub(super) fn classes(cx: &Resolver<'_>, node: &str) -> Vec<String> {
    let mut chain = Vec::new();
    let mut class = cx.spec.nodes[node].class.clone();
    // A class that does not exist is one of them too. A circle was reported before; the bound only ends the walk.
    for _ in 0..=cx.spec.node_classes.len() {
        let Some(name) = class else { break };
        class = cx.spec.node_classes.get(&name).and_then(|class| class.extends.clone());
        chain.push(name);
    }
    chain
}

/// The places of a node's settings, the most specific first.
pub(super) fn levels(cx: &Resolver<'_>, node: &str) -> Vec<Path> {
    let mut places = vec![Path::of(["nodes", node])];
    places.extend(cx.spec.nodes[node].zone.as_ref().map(|zone| Path::of(["zones", zone])));
    places.extend(classes(cx, node).iter().map(|class| Path::of(["nodeClasses", class.as_str()])));
    places.push(Path::of(["nodeDefaults"]));
    places
}

/// Where a setting of a node stands: on the node, else in its zone, classes or the defaults.
pub(super) fn declared_at(cx: &Resolver<'_>, node: &str, keys: &[&str]) -> Path {
    let full = |place: Path| keys.iter().fold(place, |path, key| path.key(key));
    let places: Vec<Path> = levels(cx, node).into_iter().map(full).collect();
    places.iter().find(|path| cx.document.contains(path)).unwrap_or(&places[0]).clone()
}

/// A field that one of the levels must give.
pub(super) fn required<T>(
    cx: &mut Resolver<'_>,
    node: &str,
    keys: &[&str],
    field: &str,
    value: Option<T>,
) -> Option<T> {
    if value.is_none() {
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
