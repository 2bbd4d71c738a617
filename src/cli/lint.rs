//! `cloudc lint`: everything that is wrong with a cloud, without writing anything.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{ATTENTION, FINE, Outcome, Session, count};
use crate::diag::{Format, Severity};
use crate::lint::registry::{self, Rule};
use crate::lock::Anew;
use crate::schema::did_you_mean;

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
    /// Only findings of these rules, and what keeps the cloud from being compiled.
    #[arg(long, value_name = "RULE,...", value_delimiter = ',', value_parser = rule)]
    select: Vec<&'static Rule>,
    /// No findings of these rules.
    #[arg(long, value_name = "RULE,...", value_delimiter = ',', value_parser = rule_that_may_be_ignored)]
    ignore: Vec<&'static Rule>,
}

fn rule(name: &str) -> Result<&'static Rule, String> {
    registry::find(name).ok_or_else(|| {
        let help = did_you_mean(name, registry::RULES.iter().map(|rule| rule.name));
        help.unwrap_or_else(|| "`cloudc explain` lists the rules".to_owned())
    })
}

fn rule_that_may_be_ignored(name: &str) -> Result<&'static Rule, String> {
    rule(name).and_then(|rule| {
        let why = || format!("findings of `{name}` stay errors, see `cloudc explain {name}`");
        if rule.is_fixed() { Err(why()) } else { Ok(rule) }
    })
}

impl Lint {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let mut read = session.read(self.file.as_deref(), self.stdin_filename.as_deref())?;
        (read.asked.select, read.asked.ignore) = (self.select, self.ignore);
        let loaded = read.compile(session, None, Anew::Nothing);
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
