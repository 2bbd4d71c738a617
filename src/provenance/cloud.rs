//! Templates of paths -> places in `cloud.yaml`: `tenants.{tenant}.nodeGroups.*.image`, and the levels of a node's settings.

use super::Origin;
use crate::emitted::{Item, Step as Place};
use crate::syntax::{Document, Node, NodeKind, Path};

/// One step of a template.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Key(String),
    /// What a star of the row stood for: a key, or an item of a list.
    Of(Place),
    /// Every key or item that is there.
    Any,
}

/// Where a template leads.
#[derive(Debug, Clone)]
pub(super) struct Found<'d> {
    pub path: Path,
    /// None: nothing of it is written.
    pub node: Option<&'d Node>,
}

impl Found<'_> {
    pub(super) fn origin(self) -> Origin {
        if self.node.is_some() { Origin::Spec(self.path) } else { Origin::Default(self.path) }
    }
}

/// The places that a template stands for. One that leads into a text, a number or a list that has no such item ends there: that is
/// what says the value.
pub(super) fn find<'d>(document: &'d Document, from: &Path, steps: &[Step]) -> Vec<Found<'d>> {
    let mut open = vec![Found { path: from.clone(), node: document.get(from) }];
    for step in steps {
        open = open.into_iter().flat_map(|found| go(found, step)).collect();
    }
    open
}

fn go<'d>(found: Found<'d>, step: &Step) -> Vec<Found<'d>> {
    let Found { path, node } = &found;
    let missing = |key: &str| vec![Found { path: path.key(key), node: None }];
    match (step, node.map(|node| &node.kind)) {
        (Step::Any, Some(NodeKind::Map(entries))) => {
            entries.iter().map(|entry| Found { path: path.key(&entry.key), node: Some(&entry.value) }).collect()
        }
        (Step::Any, Some(NodeKind::List(items))) => {
            items.iter().enumerate().map(|(at, item)| Found { path: path.index(at), node: Some(item) }).collect()
        }
        (Step::Any, None) => Vec::new(),
        (Step::Key(key) | Step::Of(Place::Key(key)), Some(NodeKind::Map(entries))) => match entries.find(key) {
            Some(entry) => vec![Found { path: path.key(key), node: Some(&entry.value) }],
            None => missing(key),
        },
        (Step::Of(Place::Item(item)), Some(NodeKind::Map(entries))) => {
            let key = super::pattern::text(&Place::Item(item.clone()));
            match entries.find(&key) {
                Some(entry) => vec![Found { path: path.key(&key), node: Some(&entry.value) }],
                None => vec![found],
            }
        }
        (Step::Of(step), Some(NodeKind::List(items))) => {
            let at = items.iter().enumerate().position(|(at, node)| is(step, at, node));
            match at {
                Some(at) => vec![Found { path: path.index(at), node: items.get(at) }],
                None => vec![found],
            }
        }
        (Step::Key(key) | Step::Of(Place::Key(key)), None) => missing(key),
        _ => vec![found],
    }
}

/// Whether an item of `cloud.yaml` is the one that a step names.
fn is(step: &Place, at: usize, node: &Node) -> bool {
    let says = |node: &Node, text: &str| match &node.kind {
        NodeKind::String(own) => own == text,
        NodeKind::Number(number) => number.to_string() == text,
        NodeKind::Bool(flag) => flag.to_string() == text,
        _ => false,
    };
    match step {
        Place::Key(_) => false,
        Place::Item(Item::Member(text)) => says(node, text),
        Place::Item(Item::Named { key, value }) => node.get(key).is_some_and(|node| says(node, value)),
        Place::Item(Item::At(index)) => at == *index,
    }
}

/// The places of a node's settings, the most specific first.
pub(super) fn levels(document: &Document, node: &str) -> Vec<Path> {
    let text = |path: &Path| match document.get(path).map(|node| &node.kind) {
        Some(NodeKind::String(text)) => Some(text.clone()),
        _ => None,
    };
    let own = Path::of(["nodes", node]);
    let mut levels = vec![own.clone()];
    levels.extend(text(&own.key("zone")).map(|zone| Path::of(["zones", zone.as_str()])));
    let mut class = text(&own.key("class"));
    while let Some(name) = class {
        let level = Path::of(["nodeClasses", name.as_str()]);
        if levels.contains(&level) {
            break;
        }
        class = text(&level.key("extends"));
        levels.push(level);
    }
    levels.push(Path::of(["nodeDefaults"]));
    levels
}

/// The keys of a map that are written.
pub(super) fn keys(document: &Document, path: &Path) -> Vec<String> {
    match document.get(path).map(|node| &node.kind) {
        Some(NodeKind::Map(entries)) => entries.iter().map(|entry| entry.key.clone()).collect(),
        _ => Vec::new(),
    }
}
