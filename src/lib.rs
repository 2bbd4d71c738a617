//! `cloudc` compiles one `cloud.yaml` into a directory of Talos, Flux and Cluster API configuration.
//!
//! The flow is the list of modules:
//!
//! 1. [`source`]: files with an identity, spans, lines on demand;
//! 2. [`syntax`]: text -> spanned YAML tree; never fails;
//! 3. [`schema`]: tree -> [`spec`], the file as written, with all errors at once;
//! 4. [`catalog`]: what is known of products, from `stdlib/`;
//! 5. [`resolve`]: spec + catalog -> [`model`], what the file means;
//! 6. [`backend`]: model -> [`tree`], the emitted directory in memory; never fails;
//! 7. [`output`]: tree <-> disk.
//!
//! [`diag`] is how each of them says what is wrong, [`explain`] is what is known, in words, [`cli`] is how people reach them.

pub mod backend;
pub mod catalog;
pub mod cli;
pub mod diag;
pub mod explain;
pub mod model;
pub mod output;
pub mod resolve;
pub mod schema;
pub mod secrets;
pub mod source;
pub mod spec;
pub mod syntax;
pub mod tree;

use catalog::Catalog;
use diag::{Diagnostic, Diagnostics};
use model::Model;
use resolve::Files;
use source::Sources;
use spec::Cloud;
use tree::FileTree;

/// A cloud that compiled.
#[derive(Debug)]
pub struct Compiled {
    pub model: Model,
    pub tree: FileTree,
}

/// Compiles one text. Pure: the only files it sees are those that `read` returns for the paths that the cloud names,
/// relative to itself, and `previous`: name and text of the manifest of the tree that this one replaces, if there is one.
///
/// Without a result there is at least one error among the findings; with one there may still be warnings.
pub fn compile(
    sources: &mut Sources,
    name: &str,
    text: &str,
    catalog: &Catalog,
    previous: Option<(String, String)>,
    read: impl Fn(&str) -> Result<String, String>,
) -> (Option<Compiled>, Diagnostics) {
    let file = sources.add(name, text);
    let (document, mut diags) = syntax::parse(file, text);
    if diags.has_errors() && matches!(document.root.kind, syntax::NodeKind::Null) {
        return (None, diags);
    }
    let Some(spec) = schema::check::<Cloud>(&document, text, &schema::cloud_schema(catalog), &mut diags) else {
        return (None, diags);
    };
    // Of a broken file the rest was checked by itself; what it means together is unknown.
    if diags.has_errors() {
        return (None, diags);
    }
    let files: Files = resolve::referenced_files(&spec).into_iter().map(|path| (path.clone(), read(&path))).collect();
    if let Some((name, text)) = previous {
        let file = sources.add(name, text);
        resolve::upgrade(&spec, &document, sources, file, &mut diags);
    }
    let Some(model) = resolve::resolve(&spec, &document, catalog, &files, &mut diags) else {
        return (None, diags);
    };
    // What a patch makes of a document is known only when the document is.
    for misfit in backend::talos::machine::misfits(&model) {
        let at = document.value_span(&misfit.place);
        diags.push(Diagnostic::error(misfit.rule, at, misfit.message).help_if(misfit.help));
    }
    if diags.has_errors() {
        return (None, diags);
    }
    let tree = backend::emit(&model);
    (Some(Compiled { model, tree }), diags)
}
