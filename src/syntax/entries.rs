//! The entries of a mapping: in order of appearance, and found by key in about the same time however many they are.

use std::ops::Deref;

use indexmap::IndexMap;

use super::Entry;

/// Up to so many entries are looked through faster than an index.
const SHORT: usize = 16;

/// The entries of a mapping in order of appearance.
///
/// A long mapping (the nodes of a large cloud) is asked for one of its keys for nearly every finding and setting, so it keeps an index;
/// it only grows, and so the index is never wrong.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    list: Vec<Entry>,
    /// Key -> position of its first entry; none for a short mapping.
    places: Option<Box<IndexMap<String, usize>>>,
}

impl Entries {
    /// The first entry of a key.
    pub fn find(&self, key: &str) -> Option<&Entry> {
        match &self.places {
            None => self.list.iter().find(|entry| entry.key == key),
            Some(places) => places.get(key).map(|&at| &self.list[at]),
        }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.list.push(entry);
        if self.list.len() > SHORT {
            // All of them when it stops being short, then one by one.
            let new = if self.places.is_none() { 0 } else { self.list.len() - 1 };
            let places = self.places.get_or_insert_default();
            for (at, entry) in self.list.iter().enumerate().skip(new) {
                places.entry(entry.key.clone()).or_insert(at);
            }
        }
    }
}

/// What is found follows from what is there.
impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.list
    }
}

impl Extend<Entry> for Entries {
    fn extend<T: IntoIterator<Item = Entry>>(&mut self, more: T) {
        more.into_iter().for_each(|entry| self.push(entry));
    }
}

impl IntoIterator for Entries {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'e> IntoIterator for &'e Entries {
    type Item = &'e Entry;
    type IntoIter = std::slice::Iter<'e, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{Entries, SHORT};
    use crate::source::{Sources, Span};
    use crate::syntax::{Entry, Node, NodeKind};

    #[test]
    fn the_first_of_a_key_is_found_in_mappings_of_any_length() {
        let span = Span::new(Sources::default().add("a", ""), 0, 0);
        let mut entries = Entries::default();
        for number in 0..3 * SHORT {
            let value = Node { span, kind: NodeKind::Number(number.into()) };
            entries.push(Entry { key: (number % (2 * SHORT)).to_string(), key_span: span, value });
            for known in 0..=number {
                let key = (known % (2 * SHORT)).to_string();
                assert_eq!(entries.find(&key), entries.iter().find(|entry| entry.key == key), "{key} of {number}");
            }
            assert_eq!(entries.find("none"), None);
        }
    }
}
