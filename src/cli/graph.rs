//! `cloudc graph`: a picture of the cloud, on standard output.

use std::path::PathBuf;

use clap::Args;

use super::{ATTENTION, Outcome, Session};
use crate::diag;
use crate::graph::{self, Format, What};

/// Draw the components in their order, or what the cloud consists of.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// The cloud; default: cloud.yaml here or in a folder above.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How.
    #[arg(long, value_enum, default_value_t = Format::Mermaid, value_name = "FORMAT")]
    format: Format,
    /// What.
    #[arg(long, value_enum, default_value_t = What::Components, value_name = "WHAT")]
    what: What,
}

impl Graph {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let loaded = session.compile(self.file.as_deref(), None, None)?;
        let Some(compiled) = &loaded.compiled else {
            session.show(&loaded.diagnostics, &loaded.sources, diag::Format::Human)?;
            return Ok(ATTENTION);
        };
        let graph = graph::graph(&compiled.model, &compiled.tree, self.what);
        session.give(&graph::render(&graph, self.format))
    }
}
