//! `cloudc` compiles one `cloud.yaml` into a directory of Talos, Flux and Cluster API configuration.
//!
//! The flow is the list of modules:
//!
//! 1. [`source`]: files with an identity, spans, lines on demand;
//! 2. [`syntax`]: text -> spanned YAML tree; never fails;
//! 3. [`schema`]: tree -> [`spec`], the file as written, with all errors at once;
//! 4. [`catalog`]: what is known of products, from `stdlib/`;
//! 5. [`lint`]: what a cloud says of rules: levels and exceptions, which weigh every finding from here on;
//! 6. [`lock`]: what earlier builds took from the catalog and this one keeps;
//! 7. [`resolve`]: spec + catalog + lock -> [`model`], what the file means;
//! 8. [`backend`]: model -> [`tree`], the emitted directory in memory; never fails;
//! 9. [`output`]: tree <-> disk.
//!
//! [`diag`] is how each of them says what is wrong, [`emitted`] reads the tree again as objects, [`impact`] knows what a change of them
//! does, [`provenance`] says what each of its lines comes from, [`explain`] is what is known, in words,
//! [`graph`] draws a cloud, [`cli`] is how people reach them and [`lsp`] how editors do.

pub mod backend;
pub mod catalog;
pub mod cli;
pub mod diag;
pub mod diff;
pub mod emitted;
pub mod explain;
pub mod graph;
pub mod impact;
pub mod lint;
pub mod lock;
pub mod lsp;
pub mod model;
pub mod output;
mod parallel;
pub mod provenance;
pub mod resolve;
pub mod schema;
pub mod secrets;
pub mod source;
pub mod spec;
pub mod syntax;
pub mod tree;
mod xml;

use std::thread;

use backend::objects::Objects;
use catalog::Catalog;
use diag::{Diagnostic, Diagnostics};
use lock::{Anew, Lock, Resolution};
use model::Model;
use resolve::{Files, Held, Taken};
use source::{Beside, Sources};
use spec::Cloud;
use syntax::Document;
use tree::FileTree;

/// A cloud without errors, of which nothing is written yet.
#[derive(Debug)]
pub struct Checked {
    /// The file as written.
    pub document: Document,
    pub model: Model,
    /// Kubernetes objects, where findings needed them.
    objects: Option<Objects>,
    /// `cloud.lock` as it is.
    lock: Option<(Lock, String)>,
    taken: Taken,
}

/// A cloud that compiled.
#[derive(Debug)]
pub struct Compiled {
    /// The file as written.
    pub document: Document,
    pub model: Model,
    pub tree: FileTree,
    /// `cloud.lock`.
    pub lock: Resolution,
}

impl Checked {
    /// The emitted directory.
    pub fn tree(&self) -> FileTree {
        backend::emit(&self.model, self.objects.clone())
    }

    /// With everything that is written.
    pub fn emit(self) -> Compiled {
        let Self { document, model, objects, lock, taken } = self;
        let tree = backend::emit(&model, objects);
        let given = lock.as_ref().map(|(lock, text)| (lock, text.as_str()));
        let lock = Resolution::new(given, taken.taken, taken.offered);
        Compiled { document, model, tree, lock }
    }
}

/// What is there before a cloud is compiled: what earlier builds left (names and texts of files, where there are any), and what the
/// command line says.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// The manifest of the tree that this one replaces.
    pub manifest: Option<(String, String)>,
    /// `cloud.lock`, whose versions are kept,
    pub lock: Option<(String, String)>,
    /// except of what is to be taken anew.
    pub anew: Anew,
    /// The day, and rules that are left out.
    pub asked: lint::Asked,
}

/// Compiles one text. Pure: the only files it sees are those beside the cloud that it names, and those of `before`.
///
/// Without a result there is at least one error among the findings; with one there may still be warnings.
pub fn compile(
    sources: &mut Sources,
    name: &str,
    text: &str,
    catalog: &Catalog,
    before: Before,
    beside: &dyn Beside,
) -> (Option<Compiled>, Diagnostics) {
    let (checked, diags) = check(sources, name, text, catalog, before, beside);
    (checked.map(Checked::emit), diags)
}

/// Finds all that [`compile`] finds and writes nothing: for those who only want to know.
pub fn check(
    sources: &mut Sources,
    name: &str,
    text: &str,
    catalog: &Catalog,
    before: Before,
    beside: &dyn Beside,
) -> (Option<Checked>, Diagnostics) {
    let Before { manifest, lock, anew, asked } = before;
    let mut wrong_lock = Diagnostics::default();
    let (document, mut diags, given, small) = thread::scope(|scope| {
        // What is made once takes longer than to read the text.
        let small = scope.spawn(|| {
            let small = catalog.schema_for(text);
            small.as_ref().unwrap_or_else(|| catalog.schema()).prepare();
            small
        });
        scope.spawn(catalog::talos);
        let (document, diags) = syntax::parse(sources.add(name, text), text);
        let given = lock.and_then(|(name, text)| {
            let (lock, document) = lock::read(sources.add(name, text.clone()), &text, &mut wrong_lock)?;
            Some((lock, document, text))
        });
        let small = small.join().expect("a test reads every entry");
        (document, diags, given, small)
    });
    if diags.has_errors() && matches!(document.root.kind, syntax::NodeKind::Null) {
        return (None, diags);
    }
    let passed = small.and_then(|schema| schema::accept(&document, &schema));
    let spec: Option<Cloud> = passed.or_else(|| schema::check(&document, text, catalog.schema(), &mut diags));
    diags.extend(wrong_lock);
    let Some(spec) = spec else { return (None, diags) };
    // Of a broken file the rest was checked by itself; what it means together is unknown.
    if diags.has_errors() {
        return (None, diags);
    }
    let levels = lint::read(&spec, &document, sources, &asked, &mut diags);
    diags.weigh_by(levels);
    let files = Files {
        texts: source::read_all(resolve::referenced_files(&spec), beside),
        manifests: resolve::own_manifests(&spec, &document, sources, beside, &mut diags),
    };
    if let Some((name, text)) = manifest {
        let file = sources.add(name, text);
        resolve::upgrade(&spec, &document, sources, file, &mut diags);
    }
    let held =
        given.as_ref().map(|(lock, document, _)| Held { lock: lock.without(&anew), document: Some(document.clone()) });
    let resolved = resolve::resolve(spec, &document, catalog, &files, &held.unwrap_or_default(), &mut diags);
    let Some((model, taken)) = resolved else {
        debug_assert!(diags.has_errors(), "a rule without which the compiler cannot go on is fixed");
        return (None, diags);
    };
    // What a patch makes of a document, and what stands in a manifest too, is known only when the documents are.
    let are_compared = !model.patches.is_empty() || !model.platform.extra_manifests.is_empty();
    let (objects, misfits) = are_compared.then(|| backend::objects(&model)).unzip();
    for misfit in backend::talos::machine::misfits(&model).into_iter().chain(misfits.unwrap_or_default()) {
        let at = document.value_span(&misfit.place);
        diags.push(Diagnostic::error(misfit.rule, at, misfit.message).help_if(misfit.help));
    }
    for duplicate in objects.iter().flat_map(|objects| backend::flux::manifests::duplicates(&model, objects)) {
        let (path, object, origin) = (&duplicate.path, duplicate.object, &duplicate.origin);
        diags.push(files.manifests.emitted_twice(path, object, origin, &document));
    }
    lint::finish(&mut diags);
    if diags.has_errors() {
        return (None, diags);
    }
    let lock = given.map(|(lock, _, text)| (lock, text));
    (Some(Checked { document, model, objects, lock, taken }), diags)
}
