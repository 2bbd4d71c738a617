//! What several tests need: compiling a cloud, and the emitted objects with their files.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use cloudc::catalog::Catalog;
use cloudc::diag::{self, Diagnostics, Format};
use cloudc::source::{Folder, Sources};
use cloudc::tree::FileTree;
use cloudc::{Before, Compiled, compile};
use serde::Deserialize;
use serde_json::Value;

/// A folder of this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compiles a text that lies in `tests/clouds`.
pub fn compile_text(text: &str) -> (Option<Compiled>, Diagnostics, Sources) {
    compile_in(&repository("tests/clouds"), "cloud.yaml", text)
}

/// The catalog of the binary, read once, with its schema.
pub fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let catalog = Catalog::builtin();
        catalog.schema().prepare();
        catalog
    })
}

/// Compiles a text as if it lay in a folder.
pub fn compile_in(folder: &Path, name: &str, text: &str) -> (Option<Compiled>, Diagnostics, Sources) {
    let mut sources = Sources::default();
    let beside = Folder::new(folder);
    let (compiled, diagnostics) = compile(&mut sources, name, text, catalog(), Before::default(), &beside);
    (compiled, diagnostics, sources)
}

/// Compiles a text that must be right, and that lies in a folder.
pub fn compile_beside(folder: &Path, name: &str, text: &str) -> (Compiled, Sources) {
    let (compiled, diagnostics, sources) = compile_in(folder, name, text);
    (right((compiled, diagnostics, sources.clone())), sources)
}

/// Compiles a file that must be right.
pub fn compile_file(path: &Path) -> Compiled {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.display().to_string();
    right(compile_in(path.parent().unwrap(), &name, &text))
}

/// The tree of a text that must be right.
pub fn tree(text: &str) -> FileTree {
    right(compile_text(text)).tree
}

/// What compiled, or a panic with the findings.
pub fn right((compiled, diagnostics, sources): (Option<Compiled>, Diagnostics, Sources)) -> Compiled {
    compiled.unwrap_or_else(|| panic!("{}", diag::render(&diagnostics, &sources, Format::Human, false)))
}

/// Paths of the files that differ: changed, made or gone.
pub fn changed(before: &FileTree, after: &FileTree) -> BTreeSet<String> {
    let paths = before.iter().chain(after.iter()).map(|(path, _)| path.as_str());
    let bytes = |tree: &FileTree, path: &str| tree.get(path).map(|file| file.bytes.clone());
    paths.filter(|path| bytes(before, path) != bytes(after, path)).map(str::to_owned).collect()
}

/// Runs the program in a folder.
pub fn run(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloudc"));
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

/// Every cloud that must compile: the examples, and those that use the rest of the language.
pub fn clouds() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        ["one", "home", "cozy"].map(|name| repository(&format!("examples/{name}/cloud.yaml"))).to_vec();
    for folder in ["tests/clouds", "tests/clouds/talos"] {
        let more = std::fs::read_dir(repository(folder)).unwrap().map(|entry| entry.unwrap().path());
        found.extend(more.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")));
    }
    found.sort();
    found
}

/// Whether a file is one of `extraManifests`, written as it was given.
pub fn is_of_the_user(path: &str) -> bool {
    path.starts_with("flux/manifests/") && path != "flux/manifests/kustomization.yaml"
}

/// The YAML documents of a file of the tree.
pub fn documents(bytes: &[u8]) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(std::str::from_utf8(bytes).unwrap())
        .map(|d| Value::deserialize(d).unwrap())
        .collect()
}

/// Every Kubernetes object of a tree with the path of its file.
pub fn objects(tree: &FileTree) -> Vec<(String, Value)> {
    let kubernetes = |path: &str| {
        Path::new(path).extension().is_some_and(|extension| extension == "yaml")
            && (path.starts_with("flux/") || path.starts_with("tenants/") || path.starts_with("bootstrap/"))
            && !path.ends_with(".values.yaml")
    };
    tree.iter()
        .filter(|(path, _)| kubernetes(path.as_str()))
        .flat_map(|(path, file)| documents(&file.bytes).into_iter().map(|object| (path.as_str().to_owned(), object)))
        .collect()
}

/// The tree of a text of an example, and its warnings.
pub fn run_text(text: &str) -> (FileTree, usize) {
    let (compiled, diagnostics, _) = compile_in(&repository("examples/one"), "cloud.yaml", text);
    let count = diagnostics.count(cloudc::diag::Severity::Warning);
    (compiled.unwrap().tree, count)
}
