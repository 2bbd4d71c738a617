//! `cloudc lsp`: serves an editor over standard input and output.

use clap::Args;

use super::{ATTENTION, FINE, Outcome, Session};
use crate::lsp;

/// Serve an editor: findings as you type, completion, documentation. Editors start it themselves, see docs/editors.md.
#[derive(Debug, Args)]
pub(super) struct Lsp {
    /// Standard input and output, which is what is served; editors like to say so.
    #[arg(long, hide = true)]
    stdio: bool,
}

impl Lsp {
    #[expect(clippy::unused_self, reason = "a command is run with its arguments")]
    pub(super) fn run(self, _: &Session) -> Outcome {
        Ok(if lsp::serve(super::today)? { FINE } else { ATTENTION })
    }
}
