//! `cloudc lint`: everything that is wrong with a cloud, without writing anything.

use std::path::{Path, PathBuf};

use clap::Args;

use super::watch::{self, Seen};
use super::{ATTENTION, FINE, Outcome, Read, Session, count};
use crate::diag::{Diagnostics, Format, Severity};
use crate::lint::fix::{self, Checked, Made};
use crate::lint::registry::{self, Rule};
use crate::lock::Anew;
use crate::output;
use crate::schema::did_you_mean;
use crate::source::{Folder, Noted, Sources};

/// Check the cloud and write nothing.
#[derive(Debug, Args)]
pub(super) struct Lint {
    /// The clouds, `-` for standard input; default: cloud.yaml here or in a folder above.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
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
    /// Write what findings would have instead, where that is safe. What is left is printed; of standard input, the text.
    #[arg(long)]
    fix: bool,
    /// With `--fix`, also fixes that are a guess of what was meant.
    #[arg(long, requires = "fix")]
    unsafe_fixes: bool,
    /// Check again whenever one of the files that were read changes, until Ctrl-C.
    #[arg(long)]
    watch: bool,
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
        let inputs = self.files.iter().filter(|file| is_input(file)).count();
        if inputs > 1 {
            return Err("standard input can be read once".to_owned());
        }
        if self.watch && inputs > 0 {
            return Err("standard input cannot be watched".to_owned());
        }
        // Both would be the result.
        if self.fix && inputs > 0 && self.output_format != Format::Human {
            return Err(
                "with --fix the text from standard input is the result, so its findings are for people".to_owned()
            );
        }
        if self.watch {
            let first = self.files.iter().map(|file| session.path(file)).collect();
            return watch::run(session, &first, |seen| self.once(session, seen));
        }
        self.once(session, &Seen::default())
    }

    /// Checks every cloud once; `seen` learns what was read for it.
    fn once(&self, session: &Session, seen: &Seen) -> Outcome {
        let files: Vec<Option<&Path>> = match self.files.as_slice() {
            [] => vec![None],
            files => files.iter().map(|file| Some(file.as_path())).collect(),
        };
        let mut findings = Diagnostics::default();
        let mut sources = Sources::default();
        let mut fixable = 0;
        for file in files {
            let mut read = session.read_among(file, self.stdin_filename.as_deref(), sources)?;
            (read.asked.select, read.asked.ignore) = (self.select.clone(), self.ignore.clone());
            read.announce(session);
            seen.cloud(&read);
            let checked = if self.fix { self.fixed(session, &read, seen)? } else { checked(&read, &read.text, seen) };
            fixable += if self.fix { 0 } else { fix::count(&checked, &read.name, false) };
            findings.extend(checked.findings);
            sources = checked.sources;
        }
        session.show(&findings, &sources, self.output_format)?;
        let (errors, warnings) = (findings.count(Severity::Error), findings.count(Severity::Warning));
        if self.output_format == Format::Human && !session.quiet {
            session.tell(&self.summary(errors, warnings, fixable));
        }
        let wrong = errors > 0 || self.deny_warnings && warnings > 0;
        Ok(if wrong { self.output_format.verdict(ATTENTION) } else { FINE })
    }

    /// Fixes a cloud: its file, or what came from standard input on standard output.
    fn fixed(&self, session: &Session, read: &Read, seen: &Seen) -> Result<Checked, String> {
        let check = |text: &str| checked(read, text, seen);
        let (text, made, checked) = fix::mend(read.text.clone(), &read.name, self.unsafe_fixes, check);
        if is_input(&read.found) {
            session.give(&text)?;
        } else if !made.is_empty() {
            output::edit(&read.found, &read.text, &text).map_err(|error| error.to_string())?;
        }
        if !session.quiet {
            session.tell(&story(&made, &read.name));
        }
        Ok(checked)
    }

    fn summary(&self, errors: usize, warnings: usize, fixable: usize) -> String {
        let what = match self.files.as_slice() {
            [] => "cloud.yaml".to_owned(),
            [file] => file.display().to_string(),
            files => count(files.len(), "file"),
        };
        let more = match fixable {
            0 => String::new(),
            number => format!("; --fix mends {number}"),
        };
        match (errors, warnings) {
            (0, 0) => format!("{what}: nothing wrong\n"),
            _ => format!("{what}: {}, {}{more}\n", count(errors, "error"), count(warnings, "warning")),
        }
    }
}

fn is_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn checked(read: &Read, text: &str, seen: &Seen) -> Checked {
    let beside = Noted::new(Folder::new(&read.folder));
    let (_, findings, sources) = read.check(text, &read.folder, Anew::Nothing, &beside);
    seen.beside(&read.folder, beside);
    Checked { findings, sources }
}

/// What was fixed, a line each.
fn story(made: &[Made], name: &str) -> String {
    let line = |Made { rule, title, line, column }: &Made| format!("{name}:{line}:{column}: fixed[{rule}]: {title}\n");
    made.iter().map(line).collect()
}
