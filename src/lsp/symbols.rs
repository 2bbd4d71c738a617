//! Document symbols: the outline of a cloud.

use gen_lsp_types::{DocumentSymbol, SymbolKind};

use super::open::Open;
use super::position::Encoding;
use crate::syntax::{Entry, NodeKind};

/// The maps whose names are shown, with what their members are.
const NAMED: [(&str, SymbolKind); 5] = [
    ("nodes", SymbolKind::Object),
    ("nodeClasses", SymbolKind::Class),
    ("zones", SymbolKind::Namespace),
    ("components", SymbolKind::Package),
    ("tenants", SymbolKind::Module),
];

/// The top-level keys, and below them the names of machines, components and so on.
pub(super) fn of(open: &Open, encoding: Encoding) -> Vec<DocumentSymbol> {
    let top = entries(&open.document().root.kind);
    let symbol = |entry: &Entry, kind, children: Vec<DocumentSymbol>| {
        let file = open.file();
        let name = if entry.key.is_empty() { "\"\"".to_owned() } else { entry.key.clone() };
        // What an alias stands for is elsewhere, and a symbol must hold its name.
        let holds = entry.key_span.start <= entry.value.span.start;
        let whole = if holds { entry.key_span.to(entry.value.span) } else { entry.key_span };
        let (range, name_range) = (encoding.range(file, whole), encoding.range(file, entry.key_span));
        let children = (!children.is_empty()).then_some(children);
        DocumentSymbol::new(name, detail(entry), kind, None, None, range, name_range, children)
    };
    top.iter()
        .map(|entry| {
            let named = NAMED.into_iter().find(|(name, _)| *name == entry.key);
            let children = named.map(|(_, kind)| {
                entries(&entry.value.kind).iter().map(|inner| symbol(inner, kind, Vec::new())).collect()
            });
            symbol(entry, SymbolKind::Property, children.unwrap_or_default())
        })
        .collect()
}

fn entries(kind: &NodeKind) -> &[Entry] {
    match kind {
        NodeKind::Map(entries) => entries,
        _ => &[],
    }
}

/// A machine's role, or a value that is one word.
fn detail(entry: &Entry) -> Option<String> {
    let shown = entry.value.get("role").unwrap_or(&entry.value);
    match &shown.kind {
        NodeKind::String(text) if !text.contains('\n') => Some(text.clone()),
        NodeKind::Number(number) => Some(number.to_string()),
        NodeKind::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
