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
pub mod provenance;
pub mod resolve;
pub mod schema;
pub mod secrets;
pub mod source;
pub mod spec;
pub mod syntax;
pub mod tree;
mod xml;

use catalog::Catalog;
use diag::{Diagnostic, Diagnostics};
use lock::{Anew, Resolution};
use model::Model;
use resolve::{Files, Held};
use source::{Beside, Sources};
use spec::Cloud;
use syntax::Document;
use tree::FileTree;

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
    let file = sources.add(name, text);
    let (document, mut diags) = syntax::parse(file, text);
    let Before { manifest, lock, anew, asked } = before;
    let mut wrong_lock = Diagnostics::default();
    let given = lock.and_then(|(name, text)| {
        let (lock, document) = lock::read(sources.add(name, text.clone()), &text, &mut wrong_lock)?;
        Some((lock, document, text))
    });
    if diags.has_errors() && matches!(document.root.kind, syntax::NodeKind::Null) {
        return (None, diags);
    }
    let spec = schema::check::<Cloud>(&document, text, &schema::cloud_schema(catalog), &mut diags);
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
    // What a patch makes of a document is known only when the document is.
    let (objects, misfits) = backend::objects(&model);
    for misfit in backend::talos::machine::misfits(&model).into_iter().chain(misfits) {
        let at = document.value_span(&misfit.place);
        diags.push(Diagnostic::error(misfit.rule, at, misfit.message).help_if(misfit.help));
    }
    for duplicate in backend::flux::manifests::duplicates(&model, &objects) {
        let (path, object, origin) = (&duplicate.path, duplicate.object, &duplicate.origin);
        diags.push(files.manifests.emitted_twice(path, object, origin, &document));
    }
    lint::finish(&mut diags);
    if diags.has_errors() {
        return (None, diags);
    }
    let tree = backend::emit(&model, &objects);
    let lock = Resolution::new(given.as_ref().map(|(lock, _, text)| (lock, text.as_str())), taken.taken, taken.offered);
    (Some(Compiled { document, model, tree, lock }), diags)
}
