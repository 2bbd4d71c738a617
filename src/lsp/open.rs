//! A file that an editor has open: its newest text, and what came of compiling it.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gen_lsp_types::Uri;

use super::shelf::Shelf;
use super::uri;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lint::{Asked, Day};
use crate::lock::Anew;
use crate::source::{self, Beside, File, FileId, Folder, FolderEntry, Sources};
use crate::syntax::{self, Document, NodeKind, Path as Place};
use crate::tree::FileTree;
use crate::{Before, Checked, check, output};

/// An open cloud.
#[derive(Debug)]
pub(super) struct Open {
    pub uri: Uri,
    /// None for a text that is in no file yet.
    pub path: Option<PathBuf>,
    pub version: i32,
    /// The newest text, and nothing else.
    sources: Sources,
    file: FileId,
    document: OnceCell<Document>,
    pub shelf: Rc<Shelf>,
    /// Whether the newest text was compiled.
    pub is_checked: bool,
    /// What is wrong with the text that was compiled last.
    pub checked: Outcome,
    /// The last text that compiled, as long as nothing newer does.
    pub compiled: Option<Checked>,
    /// What would be written of that, when somebody asks.
    tree: OnceCell<FileTree>,
}

/// The findings of a compile with the texts that they speak of.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub findings: Diagnostics,
    pub sources: Sources,
    /// Why there was no compile: something beside the cloud could not be read.
    pub refusal: Option<String>,
}

impl Open {
    pub fn new(uri: Uri, version: i32, text: String, shelf: Rc<Shelf>) -> Self {
        let path = uri::to_path(&uri);
        let mut sources = Sources::default();
        let file = sources.add(String::new(), text);
        let document = OnceCell::new();
        let checked = Outcome::default();
        Self {
            uri,
            path,
            version,
            sources,
            file,
            document,
            shelf,
            is_checked: false,
            checked,
            compiled: None,
            tree: OnceCell::new(),
        }
    }

    pub fn change(&mut self, version: i32, text: String) {
        self.version = version;
        self.sources = Sources::default();
        self.file = self.sources.add(String::new(), text);
        self.document = OnceCell::new();
        self.is_checked = false;
    }

    pub fn file(&self) -> &File {
        self.sources.get(self.file)
    }

    /// The newest text as a tree, as far as it can be read.
    pub fn document(&self) -> &Document {
        self.document.get_or_init(|| syntax::parse(self.file, &self.file().text).0)
    }

    /// Whether this is a cloud: by its name, or by what it says of itself.
    pub fn is_cloud(&self) -> bool {
        let name = self.path.as_ref().and_then(|path| path.file_name()).and_then(|name| name.to_str());
        let says = |line: &str| line.starts_with("apiVersion:") && line.contains("cloudc.dev/");
        name.is_some_and(source::is_cloud_name) || self.file().text.lines().any(says)
    }

    /// The folder of the cloud.
    pub fn folder(&self) -> Option<&Path> {
        self.path.as_deref().and_then(Path::parent)
    }

    /// What findings call the text.
    pub fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| self.uri.0.clone(), |path| path.display().to_string())
    }

    /// Compiles the newest text, with the files that are on the disk beside it. Returns what that takes the place of: to free it takes
    /// long enough to do it when the findings are out.
    pub fn check(&mut self, today: Option<Day>) -> Option<Checked> {
        self.is_checked = true;
        let (compiled, checked) =
            self.compile(today).unwrap_or_else(|why| (None, Outcome { refusal: Some(why), ..Outcome::default() }));
        self.checked = checked;
        compiled.and_then(|compiled| {
            self.tree = OnceCell::new();
            self.compiled.replace(compiled)
        })
    }

    fn compile(&mut self, today: Option<Day>) -> Result<(Option<Checked>, Outcome), String> {
        self.shelf = Shelf::of(self.folder(), &self.shelf)?;
        let mut sources = self.shelf.sources.clone();
        if self.shelf.findings.has_errors() {
            return Ok((None, Outcome { findings: self.shelf.findings.clone(), sources, refusal: None }));
        }
        let lock = match self.path.as_deref().and_then(source::lock_path) {
            Some(path) => source::read_lock(&path)?.map(|text| (path.display().to_string(), text)),
            None => None,
        };
        let manifest = self.folder().and_then(output::previous);
        let asked = Asked { today, ..Asked::default() };
        let before = Before { manifest, lock, anew: Anew::Nothing, asked };
        let beside: Box<dyn Beside> = match self.folder() {
            Some(folder) => Box::new(Folder::new(folder)),
            None => Box::new(Nowhere),
        };
        let text = &self.file().text;
        let (compiled, findings) =
            check(&mut sources, &self.name(), text, &self.shelf.catalog, before, beside.as_ref());
        Ok((compiled, Outcome { findings, sources, refusal: None }))
    }

    /// What would be written of the last text that compiled.
    pub fn tree(&self) -> Option<&FileTree> {
        self.compiled.as_ref().map(|compiled| self.tree.get_or_init(|| compiled.tree()))
    }

    /// The findings about this text itself, in their order.
    pub fn own_findings(&self) -> impl Iterator<Item = &Diagnostic> {
        let name = self.name();
        let sorted = self.checked.findings.sorted().into_iter();
        sorted.filter(move |finding| self.checked.sources.get(finding.span.file).name == name)
    }
}

/// The keys of the mapping at a place.
pub(super) fn keys<'d>(document: &'d Document, place: &Place) -> Vec<&'d str> {
    match document.get(place).map(|node| &node.kind) {
        Some(NodeKind::Map(entries)) => entries.iter().map(|entry| entry.key.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Beside a text that is in no file there is nothing.
struct Nowhere;

impl Beside for Nowhere {
    fn read(&self, path: &str) -> Result<String, String> {
        Err(format!("cannot read {path}: the cloud is not saved yet"))
    }

    fn read_below(&self, path: &str) -> Result<String, String> {
        self.read(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, String> {
        Err(format!("cannot read the folder {folder}: the cloud is not saved yet"))
    }
}
