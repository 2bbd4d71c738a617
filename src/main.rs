//! Arguments -> [`cloudc::cli`] -> exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    cloudc::cli::run(std::env::args_os())
}
