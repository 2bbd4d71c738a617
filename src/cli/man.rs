//! `cloudc man`: manual pages in roff, made of the same definitions as `--help`.
//!
//! On standard output everything is one page, so that `cloudc man | man -l -` is a whole manual; in a folder each command has a
//! page of its own, as packages want it.

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use super::{Arguments, FINE, Outcome, Session};
use crate::{output, source};

/// Print the manual page, or write one for each command.
#[derive(Debug, Args)]
pub(super) struct ManCommand {
    /// Where to write a page for each command, `cloudc.1`, `cloudc-build.1` and so on; default: one page on standard output.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl ManCommand {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let mut command = Arguments::command();
        // Fills in the names of subcommands and the options that they all have.
        command.build();
        match &self.output {
            None => session.give(&one_page(&command)),
            Some(folder) => write_pages(session, &session.path(folder), &command),
        }
    }
}

fn write_pages(session: &Session, folder: &Path, command: &Command) -> Outcome {
    let pages = commands(command);
    output::create_folder(folder).map_err(|error| error.to_string())?;
    for command in &pages {
        let man = Man::new((*command).clone());
        let path = folder.join(man.get_filename());
        let before = output::exists(&path).then(|| source::read(&path)).transpose()?;
        output::replace(&path, before.as_deref(), &rendered(&man)).map_err(|error| error.to_string())?;
    }
    if !session.quiet {
        session.tell(&format!("{}: {} pages\n", folder.display(), pages.len()));
    }
    Ok(FINE)
}

/// The command and all below it, each before its own.
fn commands(command: &Command) -> Vec<&Command> {
    std::iter::once(command).chain(command.get_subcommands().flat_map(commands)).collect()
}

fn rendered(man: &Man) -> String {
    written(|page| man.render(page))
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut page = Vec::new();
    write(&mut page).expect("writing into memory does not fail");
    String::from_utf8_lossy(&page).into_owned()
}

/// The page of the program, and those of its commands as its sections.
fn one_page(command: &Command) -> String {
    let mut page = rendered(&Man::new(command.clone()));
    for command in commands(command).into_iter().skip(1) {
        let man = Man::new(command.clone());
        let synopsis = written(|page| man.render_synopsis_section(page));
        let description = written(|page| man.render_description_section(page));
        // What every command has stands on top once.
        let own = command.clone().mut_args(|argument| {
            let hidden = argument.is_global_set() || ["help", "version"].contains(&argument.get_id().as_str());
            argument.hide(hidden)
        });
        let options = written(|page| Man::new(own).render_options_section(page));
        page.push_str(&format!(".SH \"{}\"\n", display_name(command).to_uppercase()));
        for part in [synopsis, description, options] {
            page.push_str(&subsection(&part));
        }
    }
    page
}

/// `cloudc secrets generate`
fn display_name(command: &Command) -> &str {
    command.get_bin_name().unwrap_or_else(|| command.get_name())
}

/// A section without what begins every page, one level down.
fn subsection(roff: &str) -> String {
    let lines = roff.lines().filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el "));
    let lines =
        lines.map(|line| line.strip_prefix(".SH ").map_or_else(|| line.to_owned(), |title| format!(".SS {title}")));
    lines.map(|line| line + "\n").collect()
}
