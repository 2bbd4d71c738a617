//! The text of a file -> its documents, and the lines on which every value of theirs stands.

use std::ops::Range;
use std::rc::Rc;

use serde_json::Value;

use super::{Item, Object, Place, Step, items};
use crate::backend::objects::hash;
use crate::source::{File, Sources};
use crate::syntax::{Document, Node, NodeKind, parse_all};

/// Whether a file of the emitted directory should be YAML.
pub fn is_yaml(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|suffix| path.ends_with(suffix))
}

/// What a file holds.
#[derive(Debug)]
pub enum Contents {
    Documents(Vec<Emitted>),
    /// No YAML: one thing, told apart by lines alone.
    Text(Object),
}

/// One document of a file.
#[derive(Debug)]
pub struct Emitted {
    pub object: Object,
    pub value: Value,
    document: Document,
    file: Rc<File>,
}

/// Reads a file of the emitted directory. What should be YAML and is none, because somebody wrote into it, is text.
pub fn read(path: &str, text: &str) -> Contents {
    let documents = if is_yaml(path) { documents(path, text) } else { None };
    documents.map_or_else(|| Contents::Text(Object::text(path)), Contents::Documents)
}

fn documents(path: &str, text: &str) -> Option<Vec<Emitted>> {
    let mut sources = Sources::default();
    let file = sources.add(path, text);
    let (parsed, findings) = parse_all(file, text);
    if findings.has_errors() {
        return None;
    }
    let file = Rc::new(sources.get(file).clone());
    let mut documents: Vec<Emitted> = Vec::new();
    for document in parsed {
        let value = document.root.to_json();
        if value.is_null() {
            continue;
        }
        let mut object = identity(path, &value);
        // Two that say the same of themselves are told apart by their order.
        let same = documents.iter().filter(|other| other.object.kind == object.kind && same(other, &object)).count();
        if same > 0 {
            object.name = Some(format!("{}#{}", object.name.unwrap_or_default(), same + 1));
        }
        documents.push(Emitted { object, value, document, file: Rc::clone(&file) });
    }
    Some(documents)
}

fn same(other: &Emitted, object: &Object) -> bool {
    let base = |name: &Option<String>| name.as_deref().and_then(|name| name.split('#').next()).map(str::to_owned);
    other.object.namespace == object.namespace && base(&other.object.name) == base(&object.name)
}

fn identity(path: &str, value: &Value) -> Object {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let metadata = &value["metadata"];
    match (text(&value["kind"]), text(&value["apiVersion"])) {
        (Some(kind), Some(version)) => {
            let group = version.rsplit_once('/').map_or(String::new(), |(group, _)| group.to_owned());
            // kustomize's own file names nothing; one stands in each folder.
            let name = text(&metadata["name"]).or_else(|| text(&value["name"])).or_else(|| {
                (group == "kustomize.config.k8s.io")
                    .then(|| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned())
            });
            let name = name.map(|name| hash::stem(&kind, &name).unwrap_or(&name).to_owned());
            Object { group, kind, namespace: text(&metadata["namespace"]), name }
        }
        _ if path.starts_with("talos/machines/") => Object::of_format(path, "v1alpha1", None),
        _ if path.starts_with("talos/images/") && path.ends_with("/schematic.yaml") => {
            Object::of_format(path, "Schematic", None)
        }
        _ if path.starts_with("talos/images/") => Object::of_format(path, "Profile", None),
        _ if path.ends_with(".values.yaml") => Object::of_format(path, "HelmValues", None),
        _ if path.starts_with("boot/matchbox/groups/") => Object::of_format(path, "MatchboxGroup", text(&value["id"])),
        _ if path.starts_with("boot/matchbox/profiles/") => {
            Object::of_format(path, "MatchboxProfile", text(&value["id"]))
        }
        _ if path == "boot/compose.yaml" => Object::of_format(path, "Compose", None),
        _ => Object::text(path),
    }
}

impl Emitted {
    /// Every value with the lines of the file, from 1, on which it and its key stand: those above first.
    pub fn places(&self, path: &str) -> Vec<(Place, Range<usize>)> {
        let mut found = Vec::new();
        walk(&self.document.root, None, &mut Vec::new(), &mut |steps, node, key| {
            let place = Place { file: path.to_owned(), object: self.object.clone(), path: steps.to_vec() };
            found.push((place, self.lines(node, key)));
        });
        found
    }

    /// Every text and number with the path to it and its bytes in the file, quotes and all.
    pub fn texts(&self) -> Vec<(Vec<Step>, Range<usize>)> {
        let mut found = Vec::new();
        walk(&self.document.root, None, &mut Vec::new(), &mut |steps, node, _| {
            if matches!(node.kind, NodeKind::String(_) | NodeKind::Number(_)) {
                found.push((steps.to_vec(), node.span.start..node.span.end));
            }
        });
        found
    }

    fn lines(&self, node: &Node, key: Option<usize>) -> Range<usize> {
        let line = |offset: usize| self.file.line_of(offset) + 1;
        let start = line(key.unwrap_or(node.span.start));
        // The span of a block ends with the line break of its last line.
        let text = self.file.text.get(node.span.start..node.span.end).unwrap_or_default();
        let end = line(node.span.start + text.trim_end().len().saturating_sub(1)).max(start);
        start..end + 1
    }

    /// The value at a path.
    pub fn get(&self, path: &[Step]) -> Option<Value> {
        let mut value = &self.value;
        for step in path {
            value = match (step, value) {
                (Step::Key(key), Value::Object(map)) => map.get(key)?,
                (Step::Item(Item::At(index)), Value::Array(list)) => list.get(*index)?,
                (Step::Item(item), Value::Array(list)) => {
                    let [names, _] = items([list, &[]]);
                    list.get(names.iter().position(|name| name == item)?)?
                }
                _ => return None,
            };
        }
        Some(value.clone())
    }
}

/// A node and all in it, each with its path and where its key begins.
fn walk<'a>(
    node: &'a Node,
    key: Option<usize>,
    path: &mut Vec<Step>,
    found: &mut impl FnMut(&[Step], &'a Node, Option<usize>),
) {
    found(path, node, key);
    match &node.kind {
        NodeKind::Map(entries) => {
            for entry in entries {
                path.push(Step::Key(entry.key.clone()));
                walk(&entry.value, Some(entry.key_span.start), path, found);
                path.pop();
            }
        }
        NodeKind::List(nodes) => {
            let values: Vec<Value> = nodes.iter().map(Node::to_json).collect();
            let [names, _] = items([&values, &[]]);
            for (node, name) in nodes.iter().zip(names) {
                path.push(Step::Item(name));
                walk(node, None, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}
