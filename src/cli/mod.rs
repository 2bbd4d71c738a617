//! The command line: one file per command. Standard output carries the result, standard error the story.

mod build;
mod completions;
mod diff;
mod explain;
mod graph;
mod init;
mod lint;
mod locked;
mod lsp;
mod machineconfig;
mod man;
mod revision;
mod schema;
mod secrets;
mod secrets_file;
mod talosconfig;
mod unchanged;
mod update;
mod version;
mod watch;
mod why;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::error::ErrorKind;
use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use crate::catalog::Catalog;
use crate::diag::{self, Diagnostics, Format};
use crate::lint::{Asked, Day};
use crate::lock::Anew;
use crate::source::{self, Beside, Folder, Noted, Question, Sources};
use crate::{Before, Checked, Compiled, check, output};

use locked::LockFile;

/// Fine.
const FINE: u8 = 0;
/// The input or the tree needs attention.
const ATTENTION: u8 = 1;
/// The command could not do its job.
const FAILED: u8 = 2;

/// Compiles one cloud.yaml into a Git-ready directory of Talos, Flux and Cluster API configuration.
#[derive(Debug, Parser)]
#[command(
    name = "cloudc",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    disable_version_flag = true
)]
struct Arguments {
    /// Work as if started in this folder.
    #[arg(short = 'C', long = "directory", global = true, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// When to color.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
    /// Say nothing but findings.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Name the files that are read.
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Print the version; with `--verbose` what a bug report needs.
    #[arg(short = 'V', long, global = true, action = ArgAction::Version)]
    version: Option<bool>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Build(build::Build),
    Completions(completions::Completions),
    Diff(diff::Diff),
    Explain(explain::Explain),
    Graph(graph::Graph),
    Init(init::Init),
    Lint(lint::Lint),
    Lsp(lsp::Lsp),
    Machineconfig(machineconfig::MachineConfig),
    Man(man::ManCommand),
    Schema(schema::SchemaCommand),
    Secrets(secrets::Secrets),
    Talosconfig(talosconfig::TalosConfig),
    Update(update::Update),
    Why(why::Why),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// What every command needs to know of its surroundings.
#[derive(Debug)]
struct Session {
    directory: PathBuf,
    color: Color,
    quiet: bool,
    verbose: bool,
}

/// What a command ends with: an exit code, or why it could not do its job.
type Outcome = Result<u8, String>;

/// Runs a command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let arguments = match Arguments::try_parse_from(&arguments) {
        Ok(arguments) => arguments,
        Err(error) if error.kind() == ErrorKind::DisplayVersion && version::is_verbose(&arguments) => {
            let _ = std::io::stdout().lock().write_all(version::report().as_bytes());
            return ExitCode::from(FINE);
        }
        Err(error) => {
            // A closed pipe leaves nobody to tell.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { FAILED } else { FINE });
        }
    };
    let session = Session {
        directory: arguments.directory.unwrap_or_else(|| PathBuf::from(".")),
        color: arguments.color,
        quiet: arguments.quiet,
        verbose: arguments.verbose,
    };
    let outcome = match arguments.command {
        Command::Build(build) => build.run(&session),
        Command::Completions(command) => command.run(&session),
        Command::Diff(diff) => diff.run(&session),
        Command::Explain(command) => command.run(&session),
        Command::Graph(command) => command.run(&session),
        Command::Init(command) => command.run(&session),
        Command::Lint(lint) => lint.run(&session),
        Command::Lsp(command) => command.run(&session),
        Command::Machineconfig(command) => command.run(&session),
        Command::Man(command) => command.run(&session),
        Command::Schema(command) => command.run(&session),
        Command::Secrets(command) => command.run(&session),
        Command::Talosconfig(command) => command.run(&session),
        Command::Update(update) => update.run(&session),
        Command::Why(why) => why.run(&session),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            session.tell(&format!("error: {}\n", diag::printable(&why)));
            ExitCode::from(FAILED)
        }
    }
}

impl Session {
    /// Tells the story on standard error.
    #[expect(clippy::unused_self, reason = "what is told is told for a session")]
    fn tell(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    fn path(&self, path: &Path) -> PathBuf {
        let here = self.directory.as_os_str() == ".";
        if here || path.is_absolute() || path.as_os_str() == "-" { path.to_owned() } else { self.directory.join(path) }
    }

    /// The result on standard output; a reader that has gone away is no failure.
    #[expect(clippy::unused_self, reason = "what is given is given for a session")]
    fn give(&self, text: &str) -> Outcome {
        match std::io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(format!("cannot write the result: {error}"))
            }
            _ => Ok(FINE),
        }
    }

    fn colored(&self, terminal: bool) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => wants_color(terminal),
        }
    }

    /// Findings for people on standard error; machine formats are results and go to standard output.
    fn show(&self, diagnostics: &Diagnostics, sources: &Sources, format: Format) -> Outcome {
        if format == Format::Human {
            self.tell(&diag::render(diagnostics, sources, format, self.colored(std::io::stderr().is_terminal())));
            return Ok(FINE);
        }
        self.give(&diag::render(diagnostics, sources, format, false))
    }

    /// The catalog with the entries beside the cloud that is found here, if one is.
    fn catalog_here(&self) -> Result<Catalog, String> {
        let found = source::find(&self.directory)?;
        let folder = found.as_ref().and_then(|found| found.path.parent());
        let Some(folder) = folder else { return Ok(Catalog::builtin()) };
        let mut sources = Sources::default();
        let (catalog, findings) = catalog(folder, &mut sources)?;
        if findings.has_errors() {
            self.tell(&diag::render(&findings, &sources, Format::Human, self.colored(std::io::stderr().is_terminal())));
            return Err("an entry beside the cloud is wrong".to_owned());
        }
        Ok(catalog)
    }

    /// Finds, reads and compiles the cloud.
    /// `name` is what findings call a text from standard input, and where it would stand.
    /// `output` is where the tree is, if not beside the cloud.
    fn compile(&self, file: Option<&Path>, name: Option<&Path>, output: Option<&Path>) -> Result<Loaded, String> {
        self.compile_anew(file, name, output, Anew::Nothing)
    }

    /// The same, with something of `cloud.lock` taken from the catalog again.
    fn compile_anew(
        &self,
        file: Option<&Path>,
        name: Option<&Path>,
        output: Option<&Path>,
        anew: Anew,
    ) -> Result<Loaded, String> {
        Ok(self.read(file, name)?.compile(self, output, anew))
    }

    /// Finds and reads the cloud; for the arguments see [`Self::compile`].
    fn read(&self, file: Option<&Path>, name: Option<&Path>) -> Result<Read, String> {
        self.read_among(file, name, Sources::default())
    }

    /// The same for one cloud of several, whose texts are known already.
    fn read_among(&self, file: Option<&Path>, name: Option<&Path>, mut sources: Sources) -> Result<Read, String> {
        let given = file.map(|file| self.path(file));
        let found = source::discover(given.as_deref(), &self.directory)?.path;
        let text = source::read(&found)?;
        let path = name.filter(|_| found.as_os_str() == "-").unwrap_or(&found);
        let name = shown(path);
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let lock = LockFile::beside(path)?;
        let (catalog, findings) = catalog(&folder, &mut sources)?;
        Ok(Read { found, name, text, catalog, findings, sources, folder, lock, asked: Asked::default() })
    }
}

/// A cloud that was found and read, with the catalog that holds for it.
struct Read {
    found: PathBuf,
    /// What findings call it.
    name: String,
    text: String,
    catalog: Catalog,
    /// What is wrong with entries beside it.
    findings: Diagnostics,
    sources: Sources,
    folder: PathBuf,
    lock: Option<LockFile>,
    asked: Asked,
}

impl Read {
    fn compile(self, session: &Session, output: Option<&Path>, anew: Anew) -> Loaded {
        self.announce(session);
        let output = output.map_or_else(|| self.folder.clone(), |output| session.path(output));
        let beside = Noted::new(Folder::new(&self.folder));
        let (checked, diagnostics, sources) = self.check(&self.text, &output, anew, &beside);
        let compiled = checked.map(Checked::emit);
        let Self { found, catalog, folder, lock, .. } = self;
        Loaded { catalog, compiled, diagnostics, sources, path: found, folder, lock, asked: beside.asked() }
    }

    /// Names the files that are read, where that was asked for.
    fn announce(&self, session: &Session) {
        if session.verbose {
            session.tell(&format!("compiling {}\n", self.found.display()));
        }
        if let Some(lock) = self.lock.as_ref().filter(|lock| session.verbose && lock.is_there()) {
            session.tell(&format!("keeping to {}\n", lock.name()));
        }
    }

    /// Checks a text as if it were that of the file.
    fn check(
        &self,
        text: &str,
        output: &Path,
        anew: Anew,
        beside: &dyn Beside,
    ) -> (Option<Checked>, Diagnostics, Sources) {
        let mut sources = self.sources.clone();
        if self.findings.has_errors() {
            return (None, self.findings.clone(), sources);
        }
        // Without a clock no exception ends.
        let asked = Asked { today: today(), ..self.asked.clone() };
        let lock = self.lock.as_ref().and_then(LockFile::given);
        let before = Before { manifest: output::previous(output), lock, anew, asked };
        let (checked, diagnostics) = check(&mut sources, &self.name, text, &self.catalog, before, beside);
        (checked, diagnostics, sources)
    }
}

/// The catalog with the entries that lie beside a cloud, and what is wrong with those.
fn catalog(folder: &Path, sources: &mut Sources) -> Result<(Catalog, Diagnostics), String> {
    let own = source::entries(folder)?.into_iter().map(|(path, text)| (shown(&path), text)).collect();
    Ok(with_own(own, sources))
}

/// The catalog with these entries, path and text, and what is wrong with those.
fn with_own(own: Vec<(String, String)>, sources: &mut Sources) -> (Catalog, Diagnostics) {
    let mut catalog = Catalog::builtin();
    let findings = crate::schema::own_entries(&mut catalog, sources, own);
    (catalog, findings)
}

/// A path as findings show it.
fn shown(path: &Path) -> String {
    path.strip_prefix("./").unwrap_or(path).display().to_string()
}

/// A cloud as a command sees it.
struct Loaded {
    /// What it was compiled with.
    catalog: Catalog,
    compiled: Option<Compiled>,
    diagnostics: Diagnostics,
    sources: Sources,
    /// Of the cloud.
    path: PathBuf,
    /// The folder of `cloud.yaml`.
    folder: PathBuf,
    /// None for a cloud from standard input.
    lock: Option<LockFile>,
    /// What was asked of the files beside the cloud, with digests of the answers.
    asked: BTreeMap<Question, String>,
}

/// The folder of a cloud, as a path that can be opened.
fn home(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// The time, counted from the Unix epoch: for certificates, and for the last days of exceptions. Nothing that is emitted knows it.
#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
fn now() -> Result<Duration, String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_err(|_| "the clock of this computer is before 1970".to_owned())
}

/// The day, for exceptions that end; none where the clock is wrong.
fn today() -> Option<Day> {
    now().ok().map(Day::of)
}

/// Two files cannot both come from standard input: secrets would be taken for the cloud, and shown in its findings.
fn one_standard_input(cloud: Option<&Path>, secrets: Option<&Path>) -> Result<(), String> {
    let both = [cloud, secrets].iter().all(|file| file.is_some_and(|file| file.as_os_str() == "-"));
    if both { Err("the cloud and the secrets cannot both come from standard input".to_owned()) } else { Ok(()) }
}

/// `1 error`, `2 errors`.
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Whether to color by the conventions of `NO_COLOR` and `CLICOLOR_FORCE`.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn wants_color(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    if set("NO_COLOR") {
        return false;
    }
    set("CLICOLOR_FORCE") || terminal
}
