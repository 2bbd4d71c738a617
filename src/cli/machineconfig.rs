//! `cloudc machineconfig`: a node's machine configuration with its secrets, on standard output and nowhere else.

use std::path::PathBuf;

use clap::Args;

use super::{ATTENTION, Outcome, Session};
use crate::backend::talos::machine;
use crate::backend::yaml;
use crate::diag::Format;
use crate::schema::known_instead;
use crate::secrets::Bundle;
use crate::source;

/// Print the machine configuration of a node with its secrets put in.
#[derive(Debug, Args)]
pub(super) struct MachineConfig {
    /// Name of the node.
    node: String,
    /// A bundle of `talosctl gen secrets`, decrypted; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    secrets: PathBuf,
    /// The cloud; default: cloud.yaml here or in a folder above.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl MachineConfig {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let loaded = session.compile(self.file.as_deref(), None, None)?;
        session.show(&loaded.diagnostics, &loaded.sources, Format::Human)?;
        let Some(compiled) = &loaded.compiled else { return Ok(ATTENTION) };
        let model = &compiled.model;
        let Some(node) = model.nodes.iter().find(|node| node.name == self.node) else {
            let hint = known_instead(&self.node, model.nodes.iter().map(|node| node.name.as_str())).unwrap_or_default();
            return Err(format!("no node `{}`; {hint}", self.node));
        };
        let text = source::read(&session.path(&self.secrets))?;
        let bundle = Bundle::parse(&text).map_err(|error| error.to_string())?;
        let documents = machine::documents(model, node, Some(&bundle));
        session.give(&yaml::write_documents(&[], &documents))
    }
}
