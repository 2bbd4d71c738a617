//! `cloudc build`: compiles and writes the directory.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{ATTENTION, FAILED, FINE, Loaded, Outcome, Read, Session, home, unchanged};
use crate::Compiled;
use crate::diag::{Diagnostics, Format, Severity};
use crate::lock::Anew;
use crate::output::{self, Error, Mode, Report};

/// Compile the cloud and write the directory.
#[derive(Debug, Args)]
pub(super) struct Build {
    /// The cloud; default: cloud.yaml here or in a folder above.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Where to write; default: the folder of the cloud.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write nothing; fail when the directory is not what would be written.
    #[arg(long)]
    check: bool,
    /// Write nothing but this file of the tree, to standard output.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["check", "force"])]
    stdout: Option<String>,
    /// Fail when cloud.lock is missing or would change.
    #[arg(long)]
    locked: bool,
    /// Overwrite files that were edited by hand or are not cloudc's.
    #[arg(long)]
    force: bool,
    /// Fail on warnings.
    #[arg(long)]
    deny_warnings: bool,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output_format: Format,
}

impl Build {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let read = session.read(self.file.as_deref(), None)?;
        if self.locked && read.lock.is_none() {
            return Err("a cloud from standard input has no lock, which --locked needs".to_owned());
        }
        let directory = match &self.output {
            Some(directory) => session.path(directory),
            None => home(&read.folder).to_owned(),
        };
        let writes = !self.check && self.stdout.is_none();
        let inputs = writes.then(|| unchanged::Inputs::of(&read));
        if let Some(inputs) = &inputs
            && let Some(files) = unchanged::files(&read, inputs, &directory)
        {
            return self.unchanged(session, &read, &directory, files);
        }
        // The process ends with this: to free a large cloud piece by piece would be for nobody.
        let loaded = ManuallyDrop::new(read.compile(session, self.output.as_deref(), Anew::Nothing));
        session.show(&loaded.diagnostics, &loaded.sources, self.output_format)?;
        let Some(compiled) = &loaded.compiled else {
            return Ok(if self.check { FAILED } else { self.output_format.verdict(ATTENTION) });
        };
        if self.deny_warnings && loaded.diagnostics.count(Severity::Warning) > 0 {
            return Ok(self.output_format.verdict(ATTENTION));
        }
        if self.locked
            && let Some(lock) = &loaded.lock
            && lock.changes(&compiled.lock)
        {
            session.tell(&lock.refusal(&compiled.lock));
            return Ok(ATTENTION);
        }
        if let Some(path) = &self.stdout {
            let file = compiled.tree.get(path).ok_or_else(|| format!("this cloud has no file {path}"))?;
            return session.give(&String::from_utf8_lossy(&file.bytes));
        }
        let mode = if self.check { Mode::Check } else { Mode::Write };
        match output::build(&directory, &compiled.tree, mode, self.force) {
            Ok(report) => {
                if !session.quiet {
                    session.tell(&summary(&report, &directory, self.check));
                }
                let stale = self.lock(session, &loaded, compiled)? || report.is_stale();
                // What has something to say must say it again.
                let is_silent = loaded.diagnostics.is_empty() && compiled.lock.offered.is_empty();
                if let (Some(inputs), Some(manifest), true) = (inputs, report.digest, is_silent) {
                    unchanged::keep(&directory, inputs, &loaded, &compiled.lock.text, manifest);
                }
                Ok(if self.check && stale { ATTENTION } else { FINE })
            }
            Err(error @ Error::Conflicts { .. }) => {
                session.tell(&format!("error: {error}\n"));
                Ok(ATTENTION)
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Build {
    /// Says what a build says that changes nothing.
    fn unchanged(&self, session: &Session, read: &Read, directory: &Path, files: usize) -> Outcome {
        if session.verbose {
            session.tell(&format!("{}: not compiled, all that it is made of is as it was\n", read.name));
        }
        session.show(&Diagnostics::default(), &read.sources, self.output_format)?;
        if !session.quiet {
            session.tell(&up_to_date(directory, files));
        }
        Ok(FINE)
    }

    /// Writes `cloud.lock`, or says that it would be written; whether it is not what it should be.
    fn lock(&self, session: &Session, loaded: &Loaded, compiled: &Compiled) -> Result<bool, String> {
        let Some(lock) = &loaded.lock else { return Ok(false) };
        if !session.quiet {
            session.tell(&lock.notice(&compiled.lock));
        }
        let changes = lock.changes(&compiled.lock);
        if !self.check {
            lock.keep(session, &compiled.lock)?;
        } else if changes && !session.quiet {
            session.tell(&format!("{}: would be {}\n", lock.name(), lock.done()));
        }
        Ok(changes)
    }
}

fn up_to_date(directory: &Path, files: usize) -> String {
    format!("{}: up to date, {files} files\n", directory.display())
}

fn summary(report: &Report, directory: &Path, check: bool) -> String {
    let (created, updated, deleted) = (report.created.len(), report.updated.len(), report.deleted.len());
    let to = directory.display();
    if !report.is_stale() {
        return up_to_date(directory, report.same);
    }
    let verb = if check { "would be " } else { "" };
    let mut text = format!(
        "{to}: {created} files {verb}created, {updated} {verb}updated, {deleted} {verb}deleted, {} unchanged\n",
        report.same
    );
    for conflict in &report.conflicts {
        text.push_str(&format!("{}: {}\n", conflict.at, conflict.cause.as_str()));
    }
    text
}
