//! The order of layers: who must be ready before whom, without cycles and without edges that say nothing new.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::{IndexMap, IndexSet};

/// Layer -> the layers that must be ready first.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    edges: IndexMap<String, IndexSet<String>>,
}

impl Graph {
    pub(super) fn node(&mut self, name: &str) {
        self.edges.entry(name.to_owned()).or_default();
    }

    /// `later` waits for `earlier`; both must be nodes.
    pub(super) fn edge(&mut self, later: &str, earlier: &str) {
        if later != earlier && self.edges.contains_key(earlier) {
            self.edges.entry(later.to_owned()).or_default().insert(earlier.to_owned());
        }
    }

    /// Whether `later` waits for `earlier`, directly or through others.
    pub(super) fn waits(&self, later: &str, earlier: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![later];
        while let Some(name) = open.pop() {
            for next in self.edges.get(name).into_iter().flatten() {
                if next == earlier {
                    return true;
                }
                if seen.insert(next.as_str()) {
                    open.push(next);
                }
            }
        }
        false
    }

    /// Every node after all that it waits for, ties in the order of insertion; or the members of a cycle.
    pub(super) fn sort(&self) -> Result<Vec<String>, Vec<String>> {
        let mut open: IndexMap<&str, usize> =
            self.edges.iter().map(|(name, before)| (name.as_str(), before.len())).collect();
        let mut sorted = Vec::with_capacity(open.len());
        while !open.is_empty() {
            let Some(ready) = open.iter().find(|(_, waits)| **waits == 0).map(|(name, _)| *name) else {
                return Err(self.cycle(&open.keys().copied().collect()));
            };
            open.shift_remove(ready);
            for (name, waits) in &mut open {
                if self.edges[*name].contains(ready) {
                    *waits -= 1;
                }
            }
            sorted.push(ready.to_owned());
        }
        Ok(sorted)
    }

    fn cycle(&self, among: &BTreeSet<&str>) -> Vec<String> {
        let mut walk: Vec<&str> = Vec::new();
        let mut at = among.iter().next().copied().unwrap_or_default();
        loop {
            if let Some(start) = walk.iter().position(|name| *name == at) {
                return walk[start..].iter().chain([&at]).map(|&name| name.to_owned()).collect();
            }
            walk.push(at);
            let next = self.edges[at].iter().find(|name| among.contains(name.as_str()));
            at = next.map_or(at, String::as_str);
        }
    }

    /// Direct edges that no other path implies; the graph must be free of cycles.
    pub(super) fn reduced(&self) -> BTreeMap<String, Vec<String>> {
        self.edges
            .iter()
            .map(|(name, before)| {
                let direct = before
                    .iter()
                    .filter(|earlier| !before.iter().any(|other| other != *earlier && self.waits(other, earlier)))
                    .cloned()
                    .collect();
                (name.clone(), direct)
            })
            .collect()
    }
}
