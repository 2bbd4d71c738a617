//! The catalog that holds for a cloud, with its schema: made again only when an entry beside the cloud changes.

use std::path::Path;
use std::rc::Rc;

use crate::catalog::Catalog;
use crate::diag::Diagnostics;
use crate::schema::own_entries;
use crate::source::{self, Sources};

/// A catalog as a cloud sees it.
#[derive(Debug)]
pub(super) struct Shelf {
    /// Path and text of the entries beside the cloud.
    own: Vec<(String, String)>,
    pub catalog: Catalog,
    /// What is wrong with entries beside the cloud; with an error the catalog is not to be used.
    pub findings: Diagnostics,
    /// The texts of those entries, by which findings speak.
    pub sources: Sources,
}

impl Shelf {
    /// The catalog for a folder, `known` when that is still right; without a folder the built-in one.
    ///
    /// # Errors
    /// A sentence for the user when an entry cannot be read.
    pub fn of(folder: Option<&Path>, known: &Rc<Self>) -> Result<Rc<Self>, String> {
        let entries = folder.map(source::entries).transpose()?.unwrap_or_default();
        let own: Vec<(String, String)> =
            entries.into_iter().map(|(path, text)| (path.display().to_string(), text)).collect();
        Ok(if own == known.own { Rc::clone(known) } else { Rc::new(Self::with(own)) })
    }

    /// The catalog of the binary.
    pub fn builtin() -> Self {
        Self::with(Vec::new())
    }

    fn with(own: Vec<(String, String)>) -> Self {
        let mut catalog = Catalog::builtin();
        let mut sources = Sources::default();
        let findings = own_entries(&mut catalog, &mut sources, own.clone());
        catalog.schema().prepare();
        Self { own, catalog, findings, sources }
    }
}
