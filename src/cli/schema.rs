//! `cloudc schema`: the JSON Schemas, for editors.

use clap::{Args, ValueEnum};

use super::{Outcome, Session};
use crate::schema;

/// Print a JSON Schema.
#[derive(Debug, Args)]
pub(super) struct SchemaCommand {
    /// Of what.
    #[arg(value_enum, default_value_t = Which::Cloud)]
    which: Which,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    /// cloud.yaml, with every component of the catalog and those of `components/` beside the cloud here or above.
    Cloud,
    /// A catalog entry.
    Component,
}

impl SchemaCommand {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let schema = match self.which {
            Which::Cloud => schema::cloud_schema(&session.catalog_here()?),
            Which::Component => schema::component_schema(),
        };
        session.give(&format!("{schema:#}\n"))
    }
}
