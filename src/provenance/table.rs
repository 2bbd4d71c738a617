//! Tables of rows: which kinds of documents a file has, and where each place in them comes from.
//!
//! The first row that matches a place says what it comes from directly. What decides that the file and the document are there
//! shapes every line of them.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::cause::{Cause, Scope};
use super::pattern::{self, Captures};
use super::{Origin, Origins, Provenance, boot, capi, components, docs, flux, images, patches, talos};
use crate::emitted::Place;

/// Files of one form.
pub(super) struct Files {
    /// `talos/machines/{node}.yaml`
    pub pattern: &'static str,
    /// What decides that such a file is there, and what else every line of it hangs on.
    pub shaped: &'static [Cause],
    /// Of each kind the first that matches; `*` is any.
    pub kinds: &'static [Kind],
}

/// Documents of one kind.
pub(super) struct Kind {
    /// Of the documents; `*` is any.
    pub name: &'static str,
    /// What decides that such a document is there.
    pub shaped: &'static [Cause],
    /// The first that matches is taken.
    pub rows: &'static [Row],
}

/// Where some places of a document come from.
pub(super) struct Row {
    pub path: &'static str,
    pub direct: &'static [Cause],
    /// What else such a place hangs on.
    pub shaped: &'static [Cause],
}

/// A row of which nothing else decides.
pub(super) const fn row(path: &'static str, direct: &'static [Cause]) -> Row {
    Row { path, direct, shaped: &[] }
}

/// A row with what else decides.
pub(super) const fn shaped(path: &'static str, direct: &'static [Cause], shaped: &'static [Cause]) -> Row {
    Row { path, direct, shaped }
}

/// All files, the most special patterns first.
const FAMILIES: [&[Files]; 6] = [talos::FILES, images::FILES, boot::FILES, flux::FILES, capi::FILES, docs::FILES];

/// What the tables say of a place.
pub(super) struct Found {
    /// Of this place.
    pub own: Origins,
    /// Of every place of its document.
    pub shared: Rc<Vec<Origin>>,
}

/// What a place comes from by the tables.
pub(super) fn lookup(provenance: &Provenance<'_>, place: &Place) -> Found {
    let found = FAMILIES.iter().flat_map(|files| files.iter()).find_map(|files| {
        let names = pattern::file(files.pattern, &place.file)?;
        Some((files, names))
    });
    let Some((files, names)) = found else { return unknown(provenance, place) };
    let mut own = Origins::default();
    let kind = files.kinds.iter().find(|kind| kind.name == place.object.kind || kind.name == "*");
    let mut scope = Scope::new(provenance, place, names, Captures::default());
    own.direct.extend(patches::direct(&scope));
    own.shape(patches::shaped(&scope));
    if let Some(kind) = kind {
        // A whole document is its owner's; what it says stands in its places.
        let rows = kind.rows.iter().filter(|row| place.path.is_empty() == row.path.is_empty());
        let row = rows.into_iter().find_map(|row| Some((row, pattern::matches(row.path, &place.path)?)));
        if let Some((row, captures)) = row {
            scope.captures = captures;
            own.direct.extend(scope.all(row.direct));
            own.shape(scope.all(row.shaped));
        }
    }
    // What is asked for is asked for where its conditions hold.
    let asking: Vec<String> = own
        .direct
        .iter()
        .filter_map(|origin| match origin {
            Origin::Need { component, .. } => Some(component.clone()),
            _ => None,
        })
        .collect();
    for component in asking {
        own.shape(components::needs(provenance, &component).iter().cloned());
    }
    if place.path.is_empty() {
        own.direct.extend(scope.owners());
    } else if own.direct.is_empty() {
        own.direct.push(Origin::Rule { why: "layout of this document" });
    }
    let shared = provenance.once(format!("document {} {}", place.file, place.object), || {
        let mut origins = kind.map(|kind| scope.all(kind.shaped)).unwrap_or_default();
        origins.extend(scope.all(files.shaped));
        origins
    });
    Found { own, shared }
}

/// A file that no table knows hangs on its owners, and on everything.
fn unknown(provenance: &Provenance<'_>, place: &Place) -> Found {
    let scope = Scope::new(provenance, place, BTreeMap::new(), Captures::default());
    let own = Origins { direct: scope.owners(), shaped_by: Vec::new() };
    Found { own, shared: Rc::new(scope.everything()) }
}
