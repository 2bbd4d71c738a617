//! `cloudc machineconfig`: a node's machine configuration with its secrets, on standard output and nowhere else.

use std::path::PathBuf;

use clap::Args;

use super::{ATTENTION, Outcome, Session};
use crate::backend::talos::machine;
use crate::backend::yaml;
use crate::diag::Format;
use crate::schema::known_instead;
use crate::secrets::{self, Wanted};

/// Print the machine configuration of a node with its secrets put in.
#[derive(Debug, Args)]
pub(super) struct MachineConfig {
    /// Name of the node.
    node: String,
    /// The secrets bundle, SOPS-encrypted or not; `-` for standard input. Default: `secrets.talos` of the cloud.
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// The cloud; default: cloud.yaml here or in a folder above.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl MachineConfig {
    pub(super) fn run(self, session: &Session) -> Outcome {
        super::one_standard_input(self.file.as_deref(), self.secrets.as_deref())?;
        let loaded = session.compile(self.file.as_deref(), None, None)?;
        session.show(&loaded.diagnostics, &loaded.sources, Format::Human)?;
        let Some(compiled) = &loaded.compiled else { return Ok(ATTENTION) };
        let model = &compiled.model;
        let Some(node) = model.nodes.iter().find(|node| node.name == self.node) else {
            let hint = known_instead(&self.node, model.nodes.iter().map(|node| node.name.as_str())).unwrap_or_default();
            return Err(format!("no node `{}`; {hint}", self.node));
        };
        let bundle = session.bundle(self.secrets.as_deref(), &loaded.folder, model)?;
        let wanted = secrets::wanted(std::slice::from_ref(node));
        let lacking: Vec<String> = wanted
            .iter()
            .filter(|wanted| !wanted.is_in(&bundle))
            .map(|Wanted { name, kind }| format!("`references.{name}` with {}", super::secrets::keys(*kind)))
            .collect();
        if !lacking.is_empty() {
            return Err(format!(
                "the secrets bundle lacks {}, which node `{}` refers to: add it with sops, or with an editor to a plain file",
                lacking.join(", "),
                node.name
            ));
        }
        let documents = machine::documents(model, node, Some(&bundle));
        session.give(&yaml::write_documents(&[], &documents))
    }
}
