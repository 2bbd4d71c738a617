//! All rows, in the order in which they are asked.

use std::sync::LazyLock;

use super::Label;
use super::row::{Family, Row};
use crate::catalog::{self, Packed};
use crate::emitted::Difference;
use crate::spec::scalar::Minor;

/// The files of `stdlib/impact/`: what is said of one product by name comes before what is said of every release.
const FILES: [&str; 7] = ["files", "talos", "cluster-api", "pruning", "components", "flux", "kubernetes"];

/// What is known of the effects of changes.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Row>,
}

/// What happens when one difference is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<'t> {
    pub label: Label,
    /// What happens and what people do, in one phrase.
    pub note: Option<&'t str>,
    /// None: no row covers the place, and so the label is `unknown`.
    pub source: Option<&'t str>,
}

impl Table {
    /// The table of this binary, read once.
    ///
    /// # Panics
    /// When a row does not have the format; a test reads every row, so a release cannot.
    pub fn builtin() -> &'static Self {
        static TABLE: LazyLock<Table> = LazyLock::new(|| {
            let files = FILES.iter().filter_map(|name| catalog::file(&format!("impact/{name}.yaml")));
            Table { rows: files.flat_map(rows).collect() }
        });
        &TABLE
    }

    /// The effect of a difference on a cloud whose machines run a Talos of this minor. The first row that covers it decides.
    pub fn judge(&self, difference: &Difference, talos: Minor) -> Verdict<'_> {
        match self.rows.iter().find(|row| row.covers(difference, talos)) {
            Some(row) => Verdict { label: row.label, note: row.note.as_deref(), source: Some(&row.source) },
            None => Verdict { label: Label::Unknown, note: None, source: None },
        }
    }

    /// In the order in which they are asked.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

fn rows(file: Packed) -> Vec<Row> {
    let path = file.name();
    let families: Vec<Family> = file.read();
    let rows = families.into_iter().map(|family| family.rows(&path));
    rows.collect::<Result<Vec<_>, _>>()
        .unwrap_or_else(|error| panic!("{path}: {error}"))
        .into_iter()
        .flatten()
        .collect()
}
