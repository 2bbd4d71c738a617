//! `cloudc lint`: everything that is wrong with a cloud, without writing anything.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{ATTENTION, FINE, Outcome, Session, count};
use crate::diag::{Format, Severity};

/// Check the cloud and write nothing.
#[derive(Debug, Args)]
pub(super) struct Lint {
    /// The cloud, `-` for standard input; default: cloud.yaml here or in a folder above.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// What a text from standard input is called, and where it would stand.
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<PathBuf>,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output_format: Format,
    /// Fail on warnings.
    #[arg(long)]
    deny_warnings: bool,
}

impl Lint {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let loaded = session.compile(self.file.as_deref(), self.stdin_filename.as_deref(), None)?;
        session.show(&loaded.diagnostics, &loaded.sources, self.output_format)?;
        let errors = loaded.diagnostics.count(Severity::Error);
        let warnings = loaded.diagnostics.count(Severity::Warning);
        if self.output_format == Format::Human && !session.quiet {
            let file = self.file.as_deref().unwrap_or(Path::new("cloud.yaml")).display();
            session.tell(&match (errors, warnings) {
                (0, 0) => format!("{file}: nothing wrong\n"),
                _ => format!("{file}: {}, {}\n", count(errors, "error"), count(warnings, "warning")),
            });
        }
        let wrong = errors > 0 || self.deny_warnings && warnings > 0;
        Ok(if wrong { self.output_format.verdict(ATTENTION) } else { FINE })
    }
}
