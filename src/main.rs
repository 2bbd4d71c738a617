//! Arguments -> [`cloudc::cli`] -> exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A compile makes and drops millions of small values.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cloudc::cli::run(std::env::args_os())
}
