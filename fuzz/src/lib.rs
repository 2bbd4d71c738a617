//! What several targets need.

use std::sync::LazyLock;

use cloudc::catalog::Catalog;
use cloudc::diag::{Diagnostics, Format, render};
use cloudc::source::{Beside, FolderEntry, Sources};
use cloudc::{Before, Compiled, compile};

/// One machine.
pub const ONE: &str = include_str!("../../docs/rules/clouds/one.yaml");

/// The catalog of the binary.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);

/// Compiles a text with nothing beside it but a lock; findings are rendered as every user of them does.
pub fn compiled(text: &str, lock: Option<&str>) -> (Option<Compiled>, Diagnostics) {
    let mut sources = Sources::default();
    let lock = lock.map(|lock| ("cloud.lock".to_owned(), lock.to_owned()));
    let before = Before { lock, ..Before::default() };
    let (compiled, findings) = compile(&mut sources, "cloud.yaml", text, &CATALOG, before, &Nothing);
    assert!(compiled.is_some() || findings.has_errors(), "refused without a reason");
    for format in [Format::Human, Format::Sarif] {
        render(&findings, &sources, format, false);
    }
    (compiled, findings)
}

/// There are no files beside the cloud.
struct Nothing;

impl Beside for Nothing {
    fn read(&self, path: &str) -> Result<String, String> {
        Err(format!("cannot read {path}"))
    }

    fn read_below(&self, path: &str) -> Result<String, String> {
        self.read(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, String> {
        Err(format!("cannot read {folder}"))
    }
}
