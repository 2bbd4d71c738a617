//! A different value -> why it is different: the edit of `cloud.yaml` that it comes from, else what it comes from at all.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Edit, Known, edits};
use crate::emitted::{Contents, Difference, Object, Place, read};
use crate::provenance::{Origin, Origins, Provenance};
use crate::source::{LineColumn, Sources, Span};
use crate::syntax::Path;

/// Why something is different.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// A path in `cloud.yaml`, or what of the catalog or of `cloud.lock` it is.
    pub what: String,
    /// What its author changed there, where that is known.
    pub from: Option<Value>,
    pub to: Option<Value>,
    pub at: Option<Located>,
}

/// A place for people and editors.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    pub file: String,
    /// None: the file as a whole.
    pub range: Option<Range>,
}

/// Start and end, each with its offset in bytes.
pub type Range = [(LineColumn, usize); 2];

impl Located {
    fn of(sources: &Sources, span: Span) -> Self {
        let file = sources.get(span.file);
        let range = [span.start, span.end].map(|offset| (file.line_column(offset), offset));
        Self { file: file.name.clone(), range: Some(range) }
    }
}

/// All causes of a diff, each once, in the order in which they are told.
pub(super) struct Causes<'a> {
    before: Option<(Known<'a>, Provenance<'a>)>,
    now: (Known<'a>, Provenance<'a>),
    edits: Vec<Edit>,
    /// The edits, then the others as they come.
    list: Vec<Cause>,
}

impl<'a> Causes<'a> {
    pub(super) fn new(before: Option<Known<'a>>, now: Known<'a>) -> Self {
        let edits = before.map(|before| edits(&before.compiled.document, &now.compiled.document)).unwrap_or_default();
        let list = edits
            .iter()
            .map(|edit| {
                let gone = before.filter(|_| edit.to.is_none());
                let at = Located::of(gone.unwrap_or(now).sources, edit.span);
                Cause { what: edit.path.to_string(), from: edit.from.clone(), to: edit.to.clone(), at: Some(at) }
            })
            .collect();
        let with = |known: Known<'a>| (known, Provenance::new(known.compiled, known.catalog));
        Self { before: before.map(with), now: with(now), edits, list }
    }

    /// The causes of differences, each by its place in the list.
    pub(super) fn of(&mut self, differences: &[Difference]) -> Vec<usize> {
        let edits: Vec<Option<usize>> = differences.iter().map(|difference| self.edit_of(difference)).collect();
        let only = if self.edits.len() == 1 { Some(0) } else { None };
        let mut explained: BTreeMap<&str, Vec<(&Place, usize)>> = BTreeMap::new();
        for (place, edit) in differences.iter().map(|difference| &difference.place).zip(&edits) {
            explained.entry(&place.file).or_default().extend(edit.map(|edit| (place, edit)));
        }
        let cause = |(at, difference): (usize, &Difference)| {
            let edit = edits[at].or_else(|| neighbour(&difference.place, &explained[difference.place.file.as_str()]));
            let edit = edit.or(only);
            edit.unwrap_or_else(|| self.source_of(difference))
        };
        differences.iter().enumerate().map(cause).collect()
    }

    /// The edit that a difference comes from.
    fn edit_of(&self, difference: &Difference) -> Option<usize> {
        if self.edits.is_empty() {
            return None;
        }
        let place = &difference.place;
        let of_old = || self.edit(&self.before.as_ref()?.1.of(place));
        // Of what is gone, the old cloud knows where it came from, and the new one what decides that it is not there.
        if difference.to.is_none() {
            of_old().or_else(|| self.edit(&self.now.1.of(place)))
        } else {
            self.edit(&self.now.1.of(place))
        }
    }

    /// What a difference comes from that no edit explains.
    fn source_of(&mut self, difference: &Difference) -> usize {
        let gone = difference.to.is_none();
        let (known, provenance) = self.before.as_ref().filter(|_| gone).unwrap_or(&self.now);
        let owner = if gone { owner(&difference.place.file) } else { None };
        let cause = owner.map(|path| at_path(*known, &path));
        let cause = cause.or_else(|| source(*known, &provenance.of(&difference.place)));
        self.listed(cause.unwrap_or_else(|| Cause { what: "cloudc".to_owned(), from: None, to: None, at: None }))
    }

    /// The cause of another comment or layout of a file.
    pub(super) fn of_file(&mut self, path: &str, text: &str) -> usize {
        let object = match read(path, text) {
            Contents::Text(object) => Some(object),
            Contents::Documents(documents) => documents.into_iter().next().map(|document| document.object),
        };
        let object = object.unwrap_or_else(|| Object::text(path));
        let place = Place { file: path.to_owned(), object, path: Vec::new() };
        self.of(&[Difference { place, from: None, to: Some(Value::Null) }])[0]
    }

    fn listed(&mut self, cause: Cause) -> usize {
        self.list.iter().position(|known| *known == cause).unwrap_or_else(|| {
            self.list.push(cause);
            self.list.len() - 1
        })
    }

    /// The edit that a value comes from: what says it, before what only shapes it; the nearest first.
    fn edit(&self, origins: &Origins) -> Option<usize> {
        let nearest = |origins: &[Origin]| {
            let near = |edit: &Edit| {
                let touched = origins.iter().filter(|origin| origin.is_touched_by(&edit.path));
                touched.filter_map(|origin| Some(shared(origin.path()?, &edit.path))).max()
            };
            let found = self.edits.iter().enumerate().filter_map(|(at, edit)| Some((near(edit)?, at)));
            found.max_by_key(|(near, at)| (*near, std::cmp::Reverse(*at))).map(|(_, at)| at)
        };
        nearest(&origins.direct).or_else(|| nearest(&origins.shaped_by))
    }

    /// How many of the list are edits: its first ones.
    pub(super) const fn edits(&self) -> usize {
        self.edits.len()
    }

    pub(super) fn into_list(self) -> Vec<Cause> {
        self.list
    }
}

/// How many steps two paths have in common.
fn shared(one: &Path, other: &Path) -> usize {
    one.steps().iter().zip(other.steps()).take_while(|(one, other)| one == other).count()
}

fn at_path(known: Known<'_>, path: &Path) -> Cause {
    let span = known.compiled.document.value_span(path);
    Cause { what: path.to_string(), from: None, to: None, at: Some(Located::of(known.sources, span)) }
}

/// The edit behind the nearest difference of the same object, else of the same file: a value that nobody writes comes and goes with
/// those beside it.
fn neighbour(place: &Place, of_file: &[(&Place, usize)]) -> Option<usize> {
    let near = |other: &Place| {
        let steps = other.path.iter().zip(&place.path).take_while(|(one, other)| one == other).count();
        (other.object == place.object, steps)
    };
    let found = of_file.iter().map(|(other, edit)| (near(other), *edit));
    found.max_by_key(|(near, edit)| (*near, std::cmp::Reverse(*edit))).map(|(_, edit)| edit)
}

/// What a value comes from, where no edit is known: what is written before what is not.
fn source(known: Known<'_>, origins: &Origins) -> Option<Cause> {
    let elsewhere = |what: &str, file: Option<&str>| {
        let at = file.map(|file| Located { file: file.to_owned(), range: None });
        Cause { what: what.to_owned(), from: None, to: None, at }
    };
    let cause = |origin: &Origin| match origin {
        Origin::Spec(path) | Origin::Key(path) | Origin::Need { origin: path, .. } => at_path(known, path),
        Origin::Default(path) => elsewhere(&format!("{path} (default)"), None),
        Origin::Catalog { file, what } => elsewhere(what, Some(file)),
        Origin::Lock { path } => elsewhere(path, Some("cloud.lock")),
        Origin::Rule { why } => elsewhere(why, None),
    };
    let all = || origins.direct.iter().chain(&origins.shaped_by);
    let written = origins.direct.iter().find(|origin| matches!(origin, Origin::Spec(_) | Origin::Key(_)));
    let named = || all().find(|origin| !matches!(origin, Origin::Rule { .. }));
    written.or_else(named).or_else(|| all().next()).map(cause)
}

/// The part of `cloud.yaml` that a file is named after.
fn owner(file: &str) -> Option<Path> {
    let stem = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    match file.split('/').collect::<Vec<_>>().as_slice() {
        ["talos", "machines", node] => Some(Path::of(["nodes", &stem(node)])),
        ["tenants", tenant, ..] => Some(Path::of(["tenants", tenant])),
        ["flux", "tenants", tenant] => Some(Path::of(["tenants", &stem(tenant)])),
        ["flux", "components", component, ..] => Some(Path::of(["components", &stem(component)])),
        _ => None,
    }
}
