//! `cloudc update`: takes versions anew from the catalog and writes them into `cloud.lock`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::locked::listed;
use super::{ATTENTION, FINE, Outcome, Session};
use crate::diag::Format;
use crate::lock::{Anew, BOOT, EXTENSIONS};
use crate::model::Model;
use crate::schema::known_instead;

/// Move what cloud.lock holds to the versions of the catalog.
#[derive(Debug, Args)]
pub(super) struct Update {
    /// Components and add-ons, `extensions` for the images of system extensions, `boot` for those of network boot;
    /// default: everything.
    #[arg(value_name = "COMPONENT")]
    names: Vec<String>,
    /// The cloud; default: cloud.yaml here or in a folder above.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Write nothing, only say what would move.
    #[arg(long)]
    dry_run: bool,
}

impl Update {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let anew = if self.names.is_empty() {
            Anew::All
        } else {
            Anew::Named(self.names.iter().cloned().collect::<BTreeSet<_>>())
        };
        let loaded = session.compile_anew(self.file.as_deref(), None, None, anew)?;
        let lock = loaded.lock.as_ref().ok_or("a cloud from standard input has no lock to update")?;
        session.show(&loaded.diagnostics, &loaded.sources, Format::Human)?;
        let Some(compiled) = &loaded.compiled else { return Ok(ATTENTION) };
        check_names(&self.names, &compiled.model)?;
        if !lock.changes(&compiled.lock) {
            if !session.quiet {
                session.tell("nothing moves\n");
            }
            return Ok(FINE);
        }
        session.give(&listed(&compiled.lock.moves, ""))?;
        if self.dry_run {
            return Ok(FINE);
        }
        lock.replace(&compiled.lock)?;
        if !session.quiet {
            session.tell(&format!("{}: {}; cloudc build writes the directory\n", lock.name(), lock.done()));
        }
        Ok(FINE)
    }
}

/// Only what the cloud has can be taken anew.
fn check_names(names: &[String], model: &Model) -> Result<(), String> {
    let components = model.platform.components.iter().map(|component| component.name.as_str());
    let addons = model.tenants.iter().flat_map(|tenant| &tenant.addons).map(|addon| addon.name.as_str());
    let known: BTreeSet<&str> = components.chain(addons).chain([EXTENSIONS, BOOT]).collect();
    let unknown = names.iter().find(|name| !known.contains(name.as_str()));
    unknown.map_or(Ok(()), |name| {
        let help = known_instead(name, known.iter().copied()).unwrap_or_default();
        Err(format!("this cloud has no component `{name}`\nhelp: {help}"))
    })
}
