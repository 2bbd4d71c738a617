//! A cloud -> the same with one scalar changed into another that its kind allows.

use std::collections::BTreeMap;

use cloudc::schema::cloud_schema;
use cloudc::source::Sources;
use cloudc::syntax::{Node, NodeKind, Path, parse};
use serde_json::Value;

use crate::support::catalog;

/// A scalar of a cloud, and what may stand in its place.
pub struct Mutation {
    pub path: Path,
    pub from: String,
    /// Whole texts of clouds, the likeliest first, with the new value.
    pub clouds: Vec<(String, String)>,
}

/// Every scalar of a cloud, in order.
pub fn mutations(text: &str) -> Vec<Mutation> {
    let mut sources = Sources::default();
    let file = sources.add("cloud.yaml", text);
    let (document, findings) = parse(file, text);
    assert!(!findings.has_errors());
    let words = words();
    let mut found = Vec::new();
    let classes = names(&document.root, "nodeClasses");
    let pools = names(document.root.get("network").unwrap(), "loadBalancers");
    walk(&document.root, &Path::root(), &mut |path, node| {
        let Some(values) = others(node, &words) else { return };
        let mut values = values;
        if let NodeKind::String(own) = &node.kind {
            for group in [&classes, &pools] {
                if group.contains(own) {
                    values.splice(0..0, group.iter().filter(|name| *name != own).map(|name| format!("{name:?}")));
                }
            }
        }
        let from = text[node.span.start..node.span.end].to_owned();
        let cloud = |value: String| {
            let changed = format!("{}{value}{}", &text[..node.span.start], &text[node.span.end..]);
            (value, changed)
        };
        found.push(Mutation { path: path.clone(), from, clouds: values.into_iter().map(cloud).collect() });
    });
    found
}

fn names(node: &Node, key: &str) -> Vec<String> {
    match node.get(key).map(|node| &node.kind) {
        Some(NodeKind::Map(entries)) => entries.iter().map(|entry| entry.key.clone()).collect(),
        _ => Vec::new(),
    }
}

fn walk(node: &Node, path: &Path, found: &mut impl FnMut(&Path, &Node)) {
    match &node.kind {
        NodeKind::Map(entries) => entries.iter().for_each(|entry| walk(&entry.value, &path.key(&entry.key), found)),
        NodeKind::List(items) => items.iter().enumerate().for_each(|(at, item)| walk(item, &path.index(at), found)),
        _ => found(path, node),
    }
}

/// Word of the language -> the words that may stand in its place.
fn words() -> BTreeMap<String, Vec<String>> {
    fn collect(schema: &Value, groups: &mut Vec<Vec<String>>) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match schema {
            Value::Object(map) => {
                if let Some(words) = map.get("enum").and_then(Value::as_array) {
                    groups.push(words.iter().filter_map(text).collect());
                }
                if let Some(forms) = map.get("oneOf").and_then(Value::as_array) {
                    groups.push(forms.iter().filter_map(|form| text(form.get("const")?)).collect());
                }
                map.values().for_each(|inner| collect(inner, groups));
            }
            Value::Array(items) => items.iter().for_each(|inner| collect(inner, groups)),
            _ => {}
        }
    }
    let mut groups = Vec::new();
    collect(&cloud_schema(catalog()), &mut groups);
    groups.push(["minimal", "home", "cozystack"].map(str::to_owned).to_vec());
    let mut words: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for group in groups {
        for word in &group {
            let others = words.entry(word.clone()).or_default();
            others.extend(group.iter().filter(|other| *other != word).cloned());
            others.sort();
            others.dedup();
        }
    }
    words
}

/// Other values of the same kind; nothing for what has none.
fn others(node: &Node, words: &BTreeMap<String, Vec<String>>) -> Option<Vec<String>> {
    Some(match &node.kind {
        NodeKind::Bool(flag) => vec![(!flag).to_string()],
        NodeKind::Number(number) => match number.as_i64() {
            Some(number) => vec![(number + 1).to_string(), (number - 1).to_string()],
            None => vec![(number.as_f64()? / 2.0).to_string()],
        },
        NodeKind::String(text) => {
            let mut values: Vec<String> = words.get(text).into_iter().flatten().cloned().collect();
            values.extend(counted(text));
            values.push(format!("{text}x"));
            values.push(format!("x{text}"));
            values.iter().map(|value| format!("{value:?}")).collect()
        }
        _ => return None,
    })
}

/// The text with one of its numbers greater or smaller, the last number first.
fn counted(text: &str) -> Vec<String> {
    let mut numbers: Vec<(usize, usize)> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if end > at {
            numbers.push((at, end));
        }
        at = end.max(at + 1);
    }
    // Of a network the host part stays zero: an octet further up is changed.
    let mut out = Vec::new();
    for (start, end) in numbers.into_iter().rev() {
        let Ok(number) = text[start..end].parse::<u64>() else { continue };
        for other in [number.checked_add(1), number.checked_sub(1)].into_iter().flatten() {
            out.push(format!("{}{other}{}", &text[..start], &text[end..]));
        }
    }
    out
}
