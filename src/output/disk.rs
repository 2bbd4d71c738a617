//! What stands in the output directory, seen without following a symbolic link below it.
//!
//! The directory itself may be a link: the user chose it. Everything in it may come from a repository that others write to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::diff;
use super::error::Error;
use super::manifest::{FOLDER, Hash, Manifest, PATH};
use super::plan::{Disk, Standing, Thing};
use crate::parallel;
use crate::tree::{FileTree, TreePath};

/// The largest manifest that is read; that of 10,000 nodes is a tenth of it.
const MAX_MANIFEST: u64 = 64 * 1024 * 1024;

/// The output directory.
pub(super) struct OutputDir {
    root: PathBuf,
}

impl OutputDir {
    pub fn new(root: &Path) -> Result<Self, Error> {
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        match fs::metadata(root) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(Error::InTheWay { path: root.to_owned() }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(Error::io("open", root)(e)),
        }
        Ok(Self { root: root.to_owned() })
    }

    pub fn join(&self, path: &TreePath) -> PathBuf {
        self.root.join(path.as_str())
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Our own folder, `.cloudc`, created with the directory where it is missing.
    pub fn create_own_folder(&self) -> Result<PathBuf, Error> {
        let folder = self.root.join(FOLDER);
        fs::create_dir_all(&self.root).map_err(Error::io("create", &self.root))?;
        self.create_folder(&TreePath::new(FOLDER).expect("a constant path is safe"))?;
        self.has_own("lock")?;
        Ok(folder)
    }

    /// The manifest and its text; nothing is owned where there is none.
    pub fn manifest(&self) -> Result<(Manifest, Option<Vec<u8>>), Error> {
        let Some(bytes) = self.manifest_text()? else { return Ok((Manifest::default(), None)) };
        let wrong = |problem| Error::Manifest { path: self.root.join(PATH), problem };
        Ok((Manifest::parse(&bytes).map_err(wrong)?, Some(bytes)))
    }

    /// The manifest as it is.
    pub fn manifest_text(&self) -> Result<Option<Vec<u8>>, Error> {
        let there = self.has_own("manifest.json")?;
        there.then(|| read(&self.root.join(PATH), MAX_MANIFEST)).transpose()
    }

    /// Whether one of our own files exists; an error when it is not a plain file in a plain folder.
    fn has_own(&self, name: &str) -> Result<bool, Error> {
        let folder = self.root.join(FOLDER);
        for (place, is_folder) in [(folder.clone(), true), (folder.join(name), false)] {
            match fs::symlink_metadata(&place) {
                Ok(found) if if is_folder { found.is_dir() } else { found.is_file() } => {}
                Ok(_) => return Err(Error::InTheWay { path: place }),
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(e) => return Err(Error::io("look at", &place)(e)),
            }
        }
        Ok(true)
    }

    /// Looks at every path that a plan decides about.
    pub fn survey(&self, tree: &FileTree, owned: &Manifest) -> Result<Disk, Error> {
        let paths: BTreeSet<&TreePath> = tree.iter().map(|(path, _)| path).chain(owned.paths()).collect();
        // However many files a folder has, it is looked at once.
        let mut ways = BTreeMap::new();
        for path in &paths {
            let mut above = Way::Open;
            for folder in path.parents() {
                if let Some(known) = ways.get(&folder) {
                    above = Way::clone(known);
                    continue;
                }
                if matches!(above, Way::Open) {
                    above = self.way(&folder)?;
                }
                ways.insert(folder, above.clone());
            }
        }
        let looked = parallel::map(paths, |path| {
            let found = match path.parents().next_back().map(|folder| &ways[&folder]) {
                None | Some(Way::Open) => self.look(path)?,
                Some(Way::Ends) => None,
                Some(Way::Blocked(standing)) => Some(standing.clone()),
            };
            Ok((path.clone(), found))
        });
        looked.into_iter().collect()
    }

    /// Whether a path leads on through a folder, all those above which are open.
    fn way(&self, folder: &TreePath) -> Result<Way, Error> {
        let place = self.join(folder);
        Ok(match kind(&place)? {
            None => Way::Ends,
            Some(kind) if kind.is_dir() => Way::Open,
            Some(kind) => Way::Blocked(Standing { at: folder.clone(), thing: thing(kind, &place)? }),
        })
    }

    /// What stands at a path, the folder of which is open.
    fn look(&self, path: &TreePath) -> Result<Option<Standing>, Error> {
        let place = self.join(path);
        let Some(kind) = kind(&place)? else { return Ok(None) };
        let thing = if kind.is_dir() { Thing::Folder { holds: self.holds(path)? } } else { thing(kind, &place)? };
        Ok(Some(Standing { at: path.clone(), thing }))
    }

    /// Everything below a folder except folders, named from the output directory on.
    fn holds(&self, folder: &TreePath) -> Result<BTreeSet<String>, Error> {
        let mut holds = BTreeSet::new();
        for entry in walkdir::WalkDir::new(self.join(folder)) {
            let entry = entry.map_err(|e| Error::io("look at", &self.join(folder))(e.into()))?;
            if !entry.file_type().is_dir() {
                let below = entry.path().strip_prefix(&self.root).expect("the walk starts below the root");
                holds.insert(below.to_string_lossy().into_owned());
            }
        }
        Ok(holds)
    }

    /// Creates the folder and those above it, one by one so that none is reached through a link.
    pub fn create_folder(&self, folder: &TreePath) -> Result<(), Error> {
        folder.parents().chain([folder.clone()]).try_for_each(|part| self.create_one(&part))
    }

    /// Creates a folder, those above which are there and no links.
    pub fn create_one(&self, folder: &TreePath) -> Result<(), Error> {
        let place = self.join(folder);
        let Err(e) = fs::create_dir(&place) else { return Ok(()) };
        match fs::symlink_metadata(&place) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(Error::InTheWay { path: place }),
            Err(_) => Err(Error::io("create", &place)(e)),
        }
    }

    /// Whether the folder is there, and not behind a link.
    pub fn has_folder(&self, folder: &TreePath) -> bool {
        folder
            .parents()
            .chain([folder.clone()])
            .all(|part| fs::symlink_metadata(self.join(&part)).is_ok_and(|found| found.is_dir()))
    }

    /// The diff for a message; `None` when there is nothing to show.
    pub fn diff(&self, path: &TreePath, wanted: &[u8]) -> Option<String> {
        let mut found = Vec::new();
        File::open(self.join(path)).ok()?.take(diff::BYTES + 1).read_to_end(&mut found).ok()?;
        let small = found.len().max(wanted.len()) as u64 <= diff::BYTES;
        small.then(|| diff::unified(path.as_str(), &found, wanted)).flatten()
    }
}

/// A file, unless it is larger.
pub(super) fn read(place: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = File::open(place).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    read.map_err(Error::io("read", place))?;
    let fits = bytes.len() as u64 <= most;
    fits.then_some(bytes).ok_or_else(|| Error::io("read", place)(io::ErrorKind::FileTooLarge.into()))
}

/// Whether files can be found below a folder.
#[derive(Clone)]
enum Way {
    Open,
    /// It is not there, or something above it is not.
    Ends,
    /// It, or something above it, is no folder.
    Blocked(Standing),
}

/// `None` when nothing stands there.
fn kind(place: &Path) -> Result<Option<FileType>, Error> {
    match fs::symlink_metadata(place) {
        Ok(found) => Ok(Some(found.file_type())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io("look at", place)(e)),
    }
}

/// What is no folder.
fn thing(kind: FileType, place: &Path) -> Result<Thing, Error> {
    if kind.is_symlink() {
        return Ok(Thing::Symlink);
    }
    if !kind.is_file() {
        return Ok(Thing::Special);
    }
    let hash = File::open(place).and_then(|mut file| Hash::read(&mut file));
    Ok(Thing::File(hash.map_err(Error::io("read", place))?))
}
