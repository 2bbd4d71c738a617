//! The emitted directory in memory: safe relative paths, their bytes, and what in `cloud.yaml` caused them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::Serialize;

/// A path below the output directory: `/`-separated, no empty, `.` or `..` parts, so it can never leave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TreePath(String);

impl TreePath {
    /// `None` when the text could leave the directory, or means different files on different systems.
    pub fn new(path: &str) -> Option<Self> {
        let safe = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && !part.chars().any(|c| c.is_control() || c == '\\' || c == ':')
        };
        path.split('/').all(safe).then(|| Self(path.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folders above, outermost first: `a` and `a/b` for `a/b/c`.
    pub fn parents(&self) -> impl DoubleEndedIterator<Item = Self> {
        self.0.match_indices('/').map(|(at, _)| Self(self.0[..at].to_owned()))
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One file of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    pub bytes: Vec<u8>,
    /// Paths in `cloud.yaml` that own the file, most specific first; never empty.
    pub origins: Vec<String>,
}

/// Path -> file, in path order: the same whatever order the back ends ran in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTree {
    files: BTreeMap<TreePath, TreeFile>,
    /// What the tree installs, for the next build to compare with: product -> version.
    pub versions: BTreeMap<String, String>,
}

impl FileTree {
    /// Adds a file.
    ///
    /// # Panics
    /// When the path is unsafe, taken, or would make a file of a folder: back ends build paths from checked names, and
    /// no two own the same one.
    pub fn add(&mut self, path: &str, text: impl Into<Vec<u8>>, origins: &[&str]) {
        let path = TreePath::new(path).unwrap_or_else(|| panic!("a back end emitted the unsafe path {path:?}"));
        let below = TreePath(format!("{path}/"));
        let is_folder = self.files.range(&below..).next().is_some_and(|(next, _)| next.0.starts_with(&below.0));
        let in_file = path.parents().find(|parent| self.files.contains_key(parent));
        assert!(!is_folder && in_file.is_none(), "{path} is a file for one back end and a folder for another");
        match self.files.entry(path) {
            Entry::Occupied(taken) => panic!("two back ends emitted {}", taken.key()),
            Entry::Vacant(free) => {
                free.insert(TreeFile {
                    bytes: text.into(),
                    origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
                });
            }
        }
    }

    pub fn get(&self, path: &str) -> Option<&TreeFile> {
        self.files.get(&TreePath::new(path)?)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&TreePath, &TreeFile)> {
        self.files.iter()
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
