//! Lines of a file -> the places that stand on them.
//!
//! A line belongs to what starts on it: a key with its value, an item of a list. Over a block stands a line that goes when the whole
//! block goes, so it comes from all that is below it, too. Comments, `---` and blank lines belong to the document that they stand in or
//! before, and come from what decides that it is there.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Origin, Origins, Provenance, table};
use crate::emitted::{Contents, Object, Place, read};
use crate::syntax::Path;

/// A line of the emitted directory.
#[derive(Debug, Clone)]
pub struct Line {
    /// From 1.
    pub number: usize,
    /// What stands on it; a line that belongs to the whole document has the place without a path.
    pub places: Vec<Place>,
    /// What that comes from, all of it together.
    pub origins: Origins,
}

/// A file, with a tree of places for each document.
struct Map {
    places: Vec<Mapped>,
    /// Number of lines.
    length: usize,
}

struct Mapped {
    place: Place,
    lines: Range<usize>,
    /// Below how many others it stands; a document is at 0.
    depth: usize,
    leaf: bool,
}

impl Map {
    fn of(provenance: &Provenance<'_>, file: &str) -> Option<Self> {
        let text = String::from_utf8_lossy(&provenance.compiled.tree.get(file)?.bytes).into_owned();
        let length = text.lines().count();
        let whole = |object: Object| Place { file: file.to_owned(), object, path: Vec::new() };
        let mut places = Vec::new();
        match read(file, &text) {
            Contents::Text(object) => {
                places.push(Mapped { place: whole(object), lines: 1..length + 1, depth: 0, leaf: true });
            }
            Contents::Documents(documents) => {
                for document in documents {
                    let found = document.places(file);
                    let depths: Vec<usize> = found.iter().map(|(place, _)| place.path.len()).collect();
                    for (at, (place, lines)) in found.into_iter().enumerate() {
                        let leaf = depths.get(at + 1).is_none_or(|next| *next <= depths[at]);
                        places.push(Mapped { depth: place.path.len(), place, lines, leaf });
                    }
                }
            }
        }
        Some(Self { places, length })
    }

    /// The places of a line, by number.
    fn on(&self, number: usize) -> Vec<usize> {
        let all = || self.places.iter().enumerate();
        let starting: Vec<usize> =
            all().filter(|(_, own)| own.lines.start == number && own.depth > 0).map(|(at, _)| at).collect();
        if !starting.is_empty() {
            let leaves: Vec<usize> = starting.iter().copied().filter(|at| self.places[*at].leaf).collect();
            return if leaves.is_empty() { starting[starting.len() - 1..].to_vec() } else { leaves };
        }
        let within = all().filter(|(_, own)| own.lines.contains(&number) && own.depth > 0);
        if let Some((at, _)) = within.max_by_key(|(_, own)| own.depth) {
            return vec![at];
        }
        let documents: Vec<usize> = all().filter(|(_, own)| own.depth == 0).map(|(at, _)| at).collect();
        let own = documents.iter().find(|at| number < self.places[**at].lines.end).or(documents.last());
        own.copied().into_iter().collect()
    }

    /// The places below one, by number; none below a document, which does not go with what is in it.
    fn below(&self, at: usize) -> Range<usize> {
        if self.places[at].depth == 0 {
            return at..at;
        }
        let depth = self.places[at].depth;
        let end = self.places[at + 1..].iter().position(|other| other.depth <= depth);
        at + 1..end.map_or(self.places.len(), |end| at + 1 + end)
    }
}

pub(super) fn of(provenance: &Provenance<'_>, file: &str) -> Vec<Line> {
    let Some(map) = Map::of(provenance, file) else { return Vec::new() };
    let own: Vec<Origins> = map.places.iter().map(|mapped| provenance.of(&mapped.place)).collect();
    let line = |number: usize| {
        let on = map.on(number);
        let mut origins = Origins::default();
        for at in &on {
            origins.direct.extend(own[*at].direct.iter().cloned());
            origins.shape(own[*at].shaped_by.iter().cloned());
            let is_rule = |origin: &&Origin| !matches!(origin, Origin::Rule { .. });
            for below in map.below(*at) {
                origins.shape(own[below].direct.iter().filter(is_rule).cloned());
                origins.shape(own[below].shaped_by.iter().cloned());
            }
        }
        Line { number, places: on.iter().map(|at| map.places[*at].place.clone()).collect(), origins: origins.tidy() }
    };
    (1..=map.length).map(line).collect()
}

/// The numbers of the lines that another value at a path may change. The same as asking each line, without joining what they come from.
pub(super) fn touched(provenance: &Provenance<'_>, file: &str, path: &Path) -> Vec<usize> {
    let Some(map) = Map::of(provenance, file) else { return Vec::new() };
    // What is the same for a whole document is asked once.
    let mut shared: BTreeMap<Object, bool> = BTreeMap::new();
    let mut own = Vec::with_capacity(map.places.len());
    for mapped in &map.places {
        let found = table::lookup(provenance, &mapped.place);
        let of_document = *shared
            .entry(mapped.place.object.clone())
            .or_insert_with(|| found.shared.iter().any(|origin| origin.is_touched_by(path)));
        own.push(of_document || found.own.are_touched_by(path));
    }
    let touched: Vec<bool> = (0..own.len()).map(|at| own[at] || map.below(at).any(|below| own[below])).collect();
    (1..=map.length).filter(|number| map.on(*number).iter().any(|at| touched[*at])).collect()
}
