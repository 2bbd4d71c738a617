//! `cloudc explain`: what is known of a component, a field or a rule.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;

use super::{Loaded, Outcome, Read, Session, count};
use crate::catalog::Catalog;
use crate::diag::Severity;
use crate::explain::{self, Topic};
use crate::lock::Anew;
use crate::source;

/// Explain a component of the catalog, a field of cloud.yaml or a rule of findings.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A component (`linstor`), a rule (`address-overlap`) or a path (`nodes.NAME.installDisk`); without it, what there is.
    #[arg(value_name = "COMPONENT|RULE|FIELD.PATH")]
    name: Option<String>,
    /// The cloud in which a component is shown; default: cloud.yaml here or in a folder above, if there is one.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Explain {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let color = session.colored(std::io::stdout().is_terminal());
        let (read, mut silent) = match self.read(session) {
            Ok(read) => (read, None),
            // A cloud that was not asked for keeps nobody from reading the catalog.
            Err(why) if self.file.is_none() => (None, Some(why)),
            Err(why) => return Err(why),
        };
        let read = read.ok_or_else(Catalog::builtin);
        let catalog = read.as_ref().map_or_else(|builtin| builtin, |read| &read.catalog);
        let Some(name) = &self.name else { return session.give(&explain::contents(catalog, color)) };
        let unknown = match explain::topic(name, catalog) {
            Ok(Topic::Component(_)) => None,
            Ok(topic) => return session.give(&topic.page(catalog, None, color)),
            Err(why) => Some(why),
        };
        // A component has a part in the cloud, and one that the catalog does not know may stand there whole.
        let (catalog, model) = match read.map(|read| read.compile(session, None, Anew::Nothing)) {
            Err(builtin) => (builtin, None),
            Ok(Loaded { catalog, compiled: Some(compiled), .. }) => (catalog, Some(compiled.model)),
            Ok(Loaded { catalog, diagnostics, .. }) => {
                let errors = count(diagnostics.count(Severity::Error), "error");
                silent = Some(format!("the cloud has {errors}, see `cloudc lint`"));
                (catalog, None)
            }
        };
        if let Some(why) = unknown {
            return session.give(&model.and_then(|model| explain::own_component(name, &model, color)).ok_or(why)?);
        }
        if let (Some(why), false) = (silent, session.quiet) {
            session.tell(&format!("note: the part about this cloud is left out: {why}\n"));
        }
        session.give(&explain::topic(name, &catalog)?.page(&catalog, model.as_ref(), color))
    }

    /// The cloud that is named, else the one that is found, else none.
    fn read(&self, session: &Session) -> Result<Option<Read>, String> {
        if self.file.is_none() && source::find(&session.directory)?.is_none() {
            return Ok(None);
        }
        session.read(self.file.as_deref(), None).map(Some)
    }
}
