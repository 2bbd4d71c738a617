//! Tools from their registries into `target/peers/`, each with its version in the folder's name; what is there is not fetched again.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{From, Tool};

/// The folder with the tool's programs, or why there is none.
pub fn install(tool: &Tool) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is below target/").join("peers");
    let folder = root.join(format!("{}-{}", tool.name, tool.version));
    let bin = folder.join("bin");
    if bin.join(tool.program).exists() {
        return Ok(bin);
    }
    eprintln!("installing {} {}", tool.name, tool.version);
    let version = tool.version;
    match tool.from {
        From::PyPI(package) => {
            run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
            run(Command::new(bin.join("pip")).args(["install", "--quiet", &format!("{package}=={version}")]))?;
        }
        From::CratesIo(package) => {
            let pinned = ["install", "--quiet", "--locked", "--version", version, package, "--root"];
            run(Command::new(env!("CARGO")).args(pinned).arg(&folder))?;
        }
        From::Go(package) => {
            let package = format!("{package}@v{version}");
            run(Command::new("go").env("GOBIN", &bin).args(["install", &package]))?;
        }
    }
    if bin.join(tool.program).exists() { Ok(bin) } else { Err("skipped: installed without its program".to_owned()) }
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = command.output().map_err(|_| format!("skipped: no `{program}`"))?;
    if output.status.success() {
        return Ok(());
    }
    eprintln!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    Err(format!("skipped: `{program}` could not install it"))
}
