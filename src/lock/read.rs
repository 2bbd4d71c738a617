//! Text -> [`Lock`], checked like `cloud.yaml`; every finding has its place and the way out.

use std::sync::LazyLock;

use super::{ChartPin, Lock, VERSION};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{self, Schema};
use crate::source::{FileId, Span};
use crate::syntax::{self, Document, NodeKind, Path};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(schema::lock_schema()));

const WAY_OUT: &str = "restore the file from Git; without it everything is taken from the catalog anew";

/// The lock of a text with its places. Without a result there is an error among the findings.
pub fn read(file: FileId, text: &str, diags: &mut Diagnostics) -> Option<(Lock, Document)> {
    if let Some(at) = conflict(file, text) {
        diags.push(
            Diagnostic::error("lock-conflict", at, "both sides of a merge stand in this file")
                .help("take either side whole and build: what it lacks is taken from the catalog"),
        );
        return None;
    }
    let mut found = Diagnostics::default();
    let (document, syntax) = syntax::parse(file, text);
    found.extend(syntax);
    let lock = if found.has_errors() { None } else { checked(&document, text, &mut found) };
    if let Some(lock) = &lock {
        check_charts(lock, &document, &mut found);
    }
    let clean = !found.has_errors();
    for mut finding in found {
        finding.help.get_or_insert_with(|| WAY_OUT.to_owned());
        diags.push(finding);
    }
    lock.filter(|_| clean).map(|lock| (lock, document))
}

/// Of another version, nothing else is worth saying.
fn checked(document: &Document, text: &str, diags: &mut Diagnostics) -> Option<Lock> {
    let place = Path::of(["version"]);
    match document.get(&place).map(|node| &node.kind) {
        Some(NodeKind::Number(version)) if version.as_u64() != Some(VERSION) => {
            let message = format!("the file has version {version}, and this cloudc knows version {VERSION}");
            diags.push(
                Diagnostic::error("lock-version", document.value_span(&place), message)
                    .help("use the cloudc that wrote it, or a newer one"),
            );
            None
        }
        _ => schema::check(document, text, &SCHEMA, diags),
    }
}

/// The first line that Git leaves where two sides clash.
fn conflict(file: FileId, text: &str) -> Option<Span> {
    let marker = "<<<<<<< ";
    let start = if text.starts_with(marker) { 0 } else { text.find(&format!("\n{marker}"))? + 1 };
    let length = text[start..].find(['\r', '\n']).unwrap_or(text.len() - start);
    Some(Span::new(file, start, start + length))
}

/// A chart stands in one place.
fn check_charts(lock: &Lock, document: &Document, diags: &mut Diagnostics) {
    let components = lock.components.iter().map(|(name, pins)| (Path::of(["components", name]), pins));
    let addons = lock.tenants.iter().flat_map(|(tenant, pins)| {
        pins.addons.iter().map(move |(name, pins)| (Path::of(["tenants", tenant, "addons", name]), pins))
    });
    for (path, pins) in components.chain(addons) {
        for (release, ChartPin { oci, repository, git, .. }) in &pins.releases {
            if [oci, repository, git].iter().filter(|place| place.is_some()).count() != 1 {
                let at = document.key_span(&path.key("releases").key(release));
                diags.push(
                    Diagnostic::error("wrong-value", at, format!("the chart of `{release}` does not have one place"))
                        .note("one of `oci`, `repository` and `git`"),
                );
            }
        }
    }
}
