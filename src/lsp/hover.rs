//! Hover: what the language says of a place, and what the cloud makes of it.

use gen_lsp_types::{Contents, Hover, MarkupContent, MarkupKind};

use super::open::Open;
use super::position::Encoding;
use crate::explain::{self, Field, Topic};
use crate::source::Span;
use crate::syntax::{Document, Node, NodeKind, Path, Step};

/// A key or a scalar of the file.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub path: Path,
    pub span: Span,
    pub is_key: bool,
}

/// The key or scalar that a byte belongs to.
pub(super) fn spot(document: &Document, offset: usize) -> Option<Spot> {
    within(&document.root, &Path::root(), offset)
}

fn within(node: &Node, path: &Path, offset: usize) -> Option<Spot> {
    let holds = |span: Span| span.start <= offset && offset <= span.end;
    match &node.kind {
        NodeKind::Map(entries) => entries.iter().find_map(|entry| {
            let path = path.key(&entry.key);
            if holds(entry.key_span) {
                return Some(Spot { path, span: entry.key_span, is_key: true });
            }
            within(&entry.value, &path, offset)
        }),
        NodeKind::List(items) => {
            items.iter().enumerate().find_map(|(index, item)| within(item, &path.index(index), offset))
        }
        NodeKind::Null => None,
        _ => holds(node.span).then(|| Spot { path: path.clone(), span: node.span, is_key: false }),
    }
}

/// What is known of the place at a byte of the text.
pub(super) fn at(open: &Open, offset: usize, encoding: Encoding) -> Option<Hover> {
    let spot = spot(open.document(), offset)?;
    let mut text = field(open, &spot.path)?;
    if let Some(cloud) = here(open, &spot.path) {
        text = format!("{cloud}\n{text}");
    }
    // Pages are columns of plain text.
    let value = format!("```text\n{}\n```", text.trim_end());
    Some(Hover {
        contents: Contents::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value }),
        range: Some(encoding.range(open.file(), spot.span)),
    })
}

/// The page of a component in short, or of a field.
fn field(open: &Open, path: &Path) -> Option<String> {
    let shelf = &open.shelf;
    let model = open.compiled.as_ref().map(|compiled| &compiled.model);
    if let Some(name) = component(path) {
        return match shelf.catalog.component(name) {
            Some(entry) => Some(explain::brief(entry, model)),
            None => model.and_then(|model| explain::own_component(name, model, false)),
        };
    }
    let field = Field::find(&shelf.catalog.schema().value, &path.to_string()).ok()?;
    Some(Topic::Field(field).page(&shelf.catalog, None, false))
}

/// What came of a place in this cloud, where that is not what is written there.
fn here(open: &Open, path: &Path) -> Option<String> {
    let model = &open.compiled.as_ref()?.model;
    match path.steps() {
        [Step::Key(nodes), Step::Key(name)] if nodes == "nodes" => explain::machine(name, model),
        [Step::Key(classes), Step::Key(name)] if classes == "nodeClasses" => {
            let nodes = model.nodes.iter().filter(|node| node.class.as_ref() == Some(name));
            let names: Vec<&str> = nodes.map(|node| node.name.as_str()).collect();
            (!names.is_empty()).then(|| format!("{name}: class of {}\n", names.join(", ")))
        }
        _ => explain::derived(path, model),
    }
}

/// The component whose key a path is.
pub(super) fn component(path: &Path) -> Option<&str> {
    match path.steps() {
        [Step::Key(components), Step::Key(name)] if components == "components" => Some(name),
        [Step::Key(tenants), _, Step::Key(addons), Step::Key(name)] if tenants == "tenants" && addons == "addons" => {
            Some(name)
        }
        _ => None,
    }
}
