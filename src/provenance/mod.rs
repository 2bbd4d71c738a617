//! A place of the emitted directory -> what made it: lines of `cloud.yaml`, defaults, the catalog, `cloud.lock`, rules of the compiler.
//!
//! Back ends know nothing of this. What they take for each place is declared here, in tables of rows, one file per family of output,
//! and looked up in the document and the model. So the same question has the same answer for a tree of today and for one of another
//! commit, and a wrong row is found by changing every scalar of a cloud and comparing the trees (`tests/it/why.rs`).

mod boot;
mod capi;
mod cause;
mod cloud;
mod components;
mod docs;
mod flux;
mod images;
mod inputs;
mod lines;
mod names;
mod needs;
mod patches;
mod pattern;
mod table;
mod talos;
mod template;

pub use lines::Line;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::Compiled;
use crate::catalog::Catalog;
use crate::emitted::Place;
use crate::model::{Machine, Model, Tenant};
use crate::syntax::Path;

/// One thing that a place comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// What stands in `cloud.yaml` at this path.
    Spec(Path),
    /// That this key is in `cloud.yaml`, whatever stands below it.
    Key(Path),
    /// Nothing in `cloud.yaml` says it; this key would.
    Default(Path),
    /// What a component asks of a machine or of Talos, with the place in `cloud.yaml` that has the component there.
    Need { component: String, reason: String, origin: Path },
    /// A file of the catalog, and what of it.
    Catalog { file: String, what: String },
    /// A version that `cloud.lock` holds, by its path in there.
    Lock { path: String },
    /// A constant of the compiler.
    Rule { why: &'static str },
}

impl Origin {
    /// The place in `cloud.yaml` that it speaks of.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Spec(path) | Self::Key(path) | Self::Default(path) => Some(path),
            Self::Need { origin, .. } => Some(origin),
            Self::Catalog { .. } | Self::Lock { .. } | Self::Rule { .. } => None,
        }
    }

    /// Whether another value at `path` may be another value of what comes from here.
    pub fn is_touched_by(&self, path: &Path) -> bool {
        match self {
            Self::Spec(own) | Self::Default(own) => is_prefix(own, path) || is_prefix(path, own),
            Self::Key(own) | Self::Need { origin: own, .. } => is_prefix(path, own),
            Self::Catalog { .. } | Self::Lock { .. } | Self::Rule { .. } => false,
        }
    }
}

fn is_prefix(short: &Path, long: &Path) -> bool {
    long.steps().starts_with(short.steps())
}

/// All that a place comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// What says the value, the most specific first.
    pub direct: Vec<Origin>,
    /// What decides that the place is there at all, or that it has this form.
    pub shaped_by: Vec<Origin>,
}

impl Origins {
    /// Whether another value at `path` may change the place.
    pub fn are_touched_by(&self, path: &Path) -> bool {
        self.direct.iter().chain(&self.shaped_by).any(|origin| origin.is_touched_by(path))
    }

    fn shape(&mut self, more: impl IntoIterator<Item = Origin>) {
        self.shaped_by.extend(more);
    }

    /// Each once; what is direct shapes as well and is not said again. Where something says the value, what could say it too does not.
    fn tidy(mut self) -> Self {
        let said = self.direct.iter().any(|origin| !matches!(origin, Origin::Default(_)));
        let mut first = true;
        let (direct, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.direct).into_iter().partition(|origin| {
            let is_default = matches!(origin, Origin::Default(_));
            !is_default || !said && std::mem::take(&mut first)
        });
        self.direct = direct;
        self.shaped_by.extend(open);
        let mut seen = std::collections::BTreeSet::new();
        self.direct.retain(|origin| seen.insert(origin.clone()));
        self.shaped_by.retain(|origin| seen.insert(origin.clone()));
        self
    }
}

/// Knows where every place of a compiled cloud comes from.
pub struct Provenance<'a> {
    compiled: &'a Compiled,
    catalog: &'a Catalog,
    /// By name.
    machines: BTreeMap<&'a str, &'a Machine>,
    tenants: BTreeMap<&'a str, &'a Tenant>,
    /// What was found out of components, by the question.
    known: RefCell<BTreeMap<String, Rc<Vec<Origin>>>>,
    /// Questions whose answers are being found.
    open: RefCell<Vec<String>>,
    /// Whether one of them was asked within itself.
    in_circle: Cell<bool>,
}

impl std::fmt::Debug for Provenance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Provenance")
    }
}

impl<'a> Provenance<'a> {
    /// `catalog` is the one that the cloud was compiled with.
    pub fn new(compiled: &'a Compiled, catalog: &'a Catalog) -> Self {
        let Model { nodes, tenants, .. } = &compiled.model;
        Self {
            compiled,
            catalog,
            machines: nodes.iter().map(|machine| (machine.name.as_str(), machine)).collect(),
            tenants: tenants.iter().map(|tenant| (tenant.name.as_str(), tenant)).collect(),
            known: RefCell::default(),
            open: RefCell::default(),
            in_circle: Cell::default(),
        }
    }

    /// What a place comes from. Pure: the place need not be one that this tree has.
    pub fn of(&self, place: &Place) -> Origins {
        let table::Found { mut own, shared } = table::lookup(self, place);
        own.shape(shared.iter().cloned());
        own.tidy()
    }

    /// Every line of a file with what it comes from; nothing for a file that the tree does not have.
    pub fn lines(&self, file: &str) -> Vec<Line> {
        lines::of(self, file)
    }

    /// The lines, counted from 1, that another value at `path` may change: file -> lines in order.
    pub fn blast(&self, path: &Path) -> BTreeMap<String, Vec<usize>> {
        let mut touched = BTreeMap::new();
        for (file, _) in self.compiled.tree.iter() {
            let lines = self.touched(file.as_str(), path);
            if !lines.is_empty() {
                touched.insert(file.as_str().to_owned(), lines);
            }
        }
        touched
    }

    /// The lines of one file, counted from 1, that another value at `path` may change.
    pub fn touched(&self, file: &str, path: &Path) -> Vec<usize> {
        lines::touched(self, file, path)
    }

    /// An answer that many places need, found once. Components may speak of each other in circles: a question within itself adds
    /// nothing, and what was found on the way is not kept then, since it is not all.
    fn once(&self, question: String, answer: impl FnOnce() -> Vec<Origin>) -> Rc<Vec<Origin>> {
        if let Some(known) = self.known.borrow().get(&question) {
            return Rc::clone(known);
        }
        if self.open.borrow().contains(&question) {
            self.in_circle.set(true);
            return Rc::default();
        }
        self.open.borrow_mut().push(question.clone());
        let answer = Rc::new(answer());
        self.open.borrow_mut().pop();
        let outermost = self.open.borrow().is_empty();
        if outermost {
            self.in_circle.set(false);
        }
        if !self.in_circle.get() {
            self.known.borrow_mut().insert(question, Rc::clone(&answer));
        }
        answer
    }
}
