//! `cloudc completions`: what a shell needs to complete commands, on standard output.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Arguments, Outcome, Session};

/// Print the completions for a shell.
///
/// bash: `cloudc completions bash > ~/.local/share/bash-completion/completions/cloudc`;
/// zsh: into a file `_cloudc` of a folder in `$fpath`; fish: `~/.config/fish/completions/cloudc.fish`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "cloudc", &mut script);
        session.give(&String::from_utf8_lossy(&script))
    }
}
