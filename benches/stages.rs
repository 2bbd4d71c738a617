//! How long each stage takes, and what people wait for: `cargo bench`, or `cargo bench -- lint` for some of them.
//!
//! A stage is measured alone, with what it starts from made before. `lint` is the whole of `cloudc lint` without the start of a process,
//! `keystroke` the way of a changed text to the language server and of its findings back. The large cloud has 5,000 lines.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark fails by panicking, and works on real folders and programs"
)]

mod clouds;
mod editor;

use std::fmt;
use std::path::Path;

use cloudc::catalog::Catalog;
use cloudc::diag::Diagnostics;
use cloudc::lint::Asked;
use cloudc::lock::Anew;
use cloudc::model::Model;
use cloudc::output::{self, Mode};
use cloudc::resolve::{Files, Held};
use cloudc::source::{FileId, Folder, Sources};
use cloudc::spec::Cloud;
use cloudc::syntax::{self, Document};
use cloudc::{Before, Checked, backend, lock, resolve, schema};
use divan::Bencher;

use editor::Editor;

fn main() {
    divan::main();
}

/// What is compiled.
#[derive(Clone, Copy)]
enum Subject {
    Home,
    Cozy,
    Large,
    /// The large one with a patch of its machines and one of its objects, which are made to see whether they fit.
    Patched,
}

const ALL: [Subject; 4] = [Subject::Home, Subject::Cozy, Subject::Large, Subject::Patched];

const PATCHES: &str = "\
patches:
  - at: talos/nodes/node-0001*
    reason: raise inotify for IDE pods
    merge: {machine: {sysctls: {fs.inotify.max_user_watches: \"1048576\"}}}
  - at: flux/HelmRelease/*/loki
    reason: its first start takes long
    merge: {spec: {timeout: 30m}}
";

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Home => "home",
            Self::Cozy => "cozy",
            Self::Large => "large",
            Self::Patched => "patched",
        })
    }
}

/// A cloud with all that a compile of it starts from.
struct Input {
    text: String,
    lock: Option<(String, String)>,
    folder: Folder,
    catalog: Catalog,
}

impl Input {
    fn of(subject: Subject) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(subject.to_string());
        let read = |name: &str| std::fs::read_to_string(folder.join(name));
        let text = match subject {
            Subject::Home | Subject::Cozy => read("cloud.yaml").unwrap(),
            Subject::Large => clouds::large(),
            Subject::Patched => clouds::large() + PATCHES,
        };
        let lock = read("cloud.lock").ok().map(|text| ("cloud.lock".to_owned(), text));
        Self { text, lock, folder: Folder::new(&folder), catalog: Catalog::builtin() }
    }

    fn parse(&self) -> Document {
        let (document, diags) = syntax::parse(file(), &self.text);
        assert!(diags.is_empty());
        document
    }

    fn spec(&self, document: &Document) -> Cloud {
        schema::check(document, &self.text, self.catalog.schema(), &mut Diagnostics::default()).unwrap()
    }

    fn held(&self) -> Held {
        let Some((_, text)) = &self.lock else { return Held::default() };
        let (lock, document) = lock::read(file(), text, &mut Diagnostics::default()).unwrap();
        Held { lock, document: Some(document) }
    }

    fn resolve(&self, spec: Cloud, document: &Document, held: &Held) -> Model {
        let mut diags = Diagnostics::default();
        resolve::resolve(spec, document, &self.catalog, &Files::default(), held, &mut diags).unwrap().0
    }

    fn check(&self, catalog: &Catalog) -> Checked {
        let asked = Asked::default();
        let before = Before { manifest: None, lock: self.lock.clone(), anew: Anew::Nothing, asked };
        let mut sources = Sources::default();
        cloudc::check(&mut sources, "cloud.yaml", &self.text, catalog, before, &self.folder).0.unwrap()
    }
}

fn file() -> FileId {
    Sources::default().add("cloud.yaml", "")
}

/// Reads the catalog, which every command does first.
#[divan::bench]
fn catalog() -> Catalog {
    Catalog::builtin()
}

/// Makes the schema of `cloud.yaml` and its checker, which a command does once and a language server once a session.
#[divan::bench]
fn schema_of_a_catalog(bencher: Bencher) {
    bencher.with_inputs(Catalog::builtin).bench_values(|catalog| {
        catalog.schema().prepare();
        catalog
    });
}

#[divan::bench(args = ALL)]
fn parse(bencher: Bencher, subject: Subject) {
    let input = Input::of(subject);
    bencher.bench_local(|| input.parse());
}

#[divan::bench(args = ALL)]
fn check(bencher: Bencher, subject: Subject) {
    let input = Input::of(subject);
    let document = input.parse();
    bencher.bench_local(|| input.spec(&document));
}

#[divan::bench(args = ALL)]
fn resolve(bencher: Bencher, subject: Subject) {
    let input = Input::of(subject);
    let (document, held) = (input.parse(), input.held());
    let spec = input.spec(&document);
    bencher.with_inputs(|| spec.clone()).bench_local_values(|spec| input.resolve(spec, &document, &held));
}

#[divan::bench(args = ALL)]
fn objects(bencher: Bencher, subject: Subject) {
    let input = Input::of(subject);
    let document = input.parse();
    let model = input.resolve(input.spec(&document), &document, &input.held());
    bencher.bench_local(|| backend::objects(&model));
}

#[divan::bench(args = ALL)]
fn emit(bencher: Bencher, subject: Subject) {
    let input = Input::of(subject);
    let document = input.parse();
    let model = input.resolve(input.spec(&document), &document, &input.held());
    let (objects, _) = backend::objects(&model);
    bencher.with_inputs(|| objects.clone()).bench_local_values(|objects| backend::emit(&model, Some(objects)));
}

/// What a build would do to a directory that holds the same tree already.
#[divan::bench(args = ALL)]
fn plan(bencher: Bencher, subject: Subject) {
    let input = Input::of(subject);
    let tree = input.check(&input.catalog).tree();
    let folder = tempfile::tempdir().unwrap();
    output::build(folder.path(), &tree, Mode::Write, false).unwrap();
    bencher.bench_local(|| output::build(folder.path(), &tree, Mode::Check, false).unwrap());
}

#[divan::bench(args = ALL)]
fn lint(bencher: Bencher, subject: Subject) {
    let input = Input::of(subject);
    bencher.bench_local(|| input.check(&Catalog::builtin()));
}

/// The same with the catalog and its schema at hand, as in a language server.
#[divan::bench(args = ALL)]
fn lint_again(bencher: Bencher, subject: Subject) {
    let input = Input::of(subject);
    input.catalog.schema().prepare();
    bencher.bench_local(|| input.check(&input.catalog));
}

#[divan::bench(args = ALL)]
fn keystroke(bencher: Bencher, subject: Subject) {
    let text = Input::of(subject).text;
    let mut editor = Editor::open(&text);
    let mut typed = 0;
    bencher.bench_local(|| {
        typed += 1;
        editor.change(&format!("{text}# {typed}\n"))
    });
}
