//! The entries of a mapping while it is read: in the order in which they stand, found by their key.

use std::collections::BTreeMap;

use super::Entry;

/// Up to here, looking at each is faster than keeping an index.
const FEW: usize = 32;

/// Entries of different keys.
#[derive(Debug, Default)]
pub(super) struct Entries {
    list: Vec<Entry>,
    /// Place in the list, by key; empty for a few.
    index: BTreeMap<String, usize>,
}

impl Entries {
    pub fn find(&self, key: &str) -> Option<&Entry> {
        if self.list.len() <= FEW {
            return self.list.iter().find(|entry| entry.key == key);
        }
        self.index.get(key).map(|&at| &self.list[at])
    }

    /// The key must be new.
    pub fn push(&mut self, entry: Entry) {
        self.list.push(entry);
        if self.list.len() > FEW {
            let from = self.index.len();
            self.index.extend(self.list[from..].iter().enumerate().map(|(at, entry)| (entry.key.clone(), from + at)));
        }
    }

    pub fn into_list(self) -> Vec<Entry> {
        self.list
    }
}
