//! Go to definition: from a name to the key that gives it, from a component to the user's own entry.

use std::path::Path;

use gen_lsp_types::{Location, Range};

use super::hover::{component, spot};
use super::names::Thing;
use super::open::Open;
use super::position::Encoding;
use super::uri;
use crate::explain::offers;
use crate::syntax::NodeKind;

/// Where the name at a byte of the text is defined; more than one place where several levels do.
pub(super) fn of(open: &Open, offset: usize, encoding: Encoding) -> Vec<Location> {
    let document = open.document();
    let Some(spot) = spot(document, offset) else { return Vec::new() };
    if spot.is_key {
        let catalog = &open.shelf.catalog;
        // A built-in entry is in no file.
        let own = component(&spot.path).filter(|name| catalog.is_own(name));
        let uri = own.and_then(|name| uri::of_path(Path::new(&catalog.file(name))));
        return uri.map(|uri| Location { uri, range: Range::default() }).into_iter().collect();
    }
    let Some(NodeKind::String(name)) = document.get(&spot.path).map(|node| &node.kind) else { return Vec::new() };
    let thing =
        offers(&open.shelf.catalog.schema().value, &spot.path).and_then(|offers| Thing::at(&spot.path, &offers));
    let model = open.compiled.as_ref().map(|compiled| &compiled.model);
    let spans = thing.map(|thing| thing.definitions(name, document, model)).unwrap_or_default();
    let location = |span| Location { uri: open.uri.clone(), range: encoding.range(open.file(), span) };
    spans.into_iter().map(location).collect()
}
