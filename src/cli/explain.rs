//! `cloudc explain`: what is known of a component, a field or a rule.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;

use super::{Loaded, Outcome, Session, count};
use crate::catalog::Catalog;
use crate::diag::Severity;
use crate::explain::{self, Topic};
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
        let (catalog, model, silent) = match self.cloud(session) {
            Ok(None) => (Catalog::builtin(), None, None),
            Ok(Some(Loaded { catalog, compiled: Some(compiled), .. })) => (catalog, Some(compiled.model), None),
            Ok(Some(Loaded { catalog, diagnostics, .. })) => {
                let errors = count(diagnostics.count(Severity::Error), "error");
                (catalog, None, Some(format!("the cloud has {errors}, see `cloudc lint`")))
            }
            // A cloud that was not asked for keeps nobody from reading the catalog.
            Err(why) if self.file.is_none() => (Catalog::builtin(), None, Some(why)),
            Err(why) => return Err(why),
        };
        let Some(name) = &self.name else { return session.give(&explain::contents(&catalog, color)) };
        let page = match explain::topic(name, &catalog) {
            Ok(topic) => {
                if let (Topic::Component(_), Some(why), false) = (&topic, silent, session.quiet) {
                    session.tell(&format!("note: the part about this cloud is left out: {why}\n"));
                }
                topic.page(&catalog, model.as_ref(), color)
            }
            Err(why) => model.and_then(|model| explain::own_component(name, &model, color)).ok_or(why)?,
        };
        session.give(&page)
    }

    /// The cloud that is named, else the one that is found, else none.
    fn cloud(&self, session: &Session) -> Result<Option<Loaded>, String> {
        if self.file.is_none() && source::find(&session.directory)?.is_none() {
            return Ok(None);
        }
        session.compile(self.file.as_deref(), None, None).map(Some)
    }
}
