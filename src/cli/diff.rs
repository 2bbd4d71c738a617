//! `cloudc diff`: what a change does to nodes, releases and machines, before it is merged.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::Args;

use super::revision::Revision;
use super::{ATTENTION, FINE, Loaded, Outcome, Session, home};
use crate::diag::Format as Findings;
use crate::diff::report::{Format, Input, render};
use crate::diff::{Files, Known, Secrets, diff};
use crate::impact::Label;
use crate::tree::FileTree;
use crate::{Compiled, output, source};

/// The longest comment that GitHub takes, in characters; GitLab takes more.
const COMMENT: usize = 65_536;

/// Say what a change does to nodes, releases and machines.
///
/// Compares what the cloud compiles to with the directory that an earlier build wrote, or with another state of the cloud.
/// Exit code 0: no difference; 1: there is one, or a denied effect; 2: something does not compile or cannot be read.
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The cloud; default: cloud.yaml here or in a folder above.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The directory to compare with; default: the folder of the cloud.
    #[arg(short, long, value_name = "DIR", conflicts_with = "against")]
    output: Option<PathBuf>,
    /// Compare with what this compiles to instead: a commit of the repository, which `git` reads, or another cloud.yaml.
    #[arg(long, value_name = "REV|FILE")]
    against: Option<String>,
    /// How the difference is printed.
    #[arg(long, value_enum, default_value_t = Format::Unified, value_name = "FORMAT")]
    format: Format,
    /// Exit with 1 when the change has one of these effects: noop, live, restart, connectivity, rollout, unknown, reboot,
    /// os-upgrade, recreate, quorum, frozen, data-loss.
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    deny: Vec<Label>,
    /// Exit with 0 when there is a difference; a denied effect still exits with 1.
    #[arg(long)]
    exit_zero: bool,
    /// Show what stands at the places of secrets.
    #[arg(long)]
    show_secrets: bool,
    /// The size of a markdown report; what does not fit is counted.
    #[arg(long, value_name = "BYTES", default_value_t = COMMENT)]
    max_bytes: usize,
}

impl Diff {
    pub(super) fn run(self, session: &Session) -> Outcome {
        // The process ends with this: to free a large cloud piece by piece would be for nobody.
        let now = ManuallyDrop::new(session.compile(self.file.as_deref(), None, self.output.as_deref())?);
        let compiled = must_compile(session, &now, "the cloud")?;
        let before = match &self.against {
            Some(against) => before(session, &now, against)?,
            None => None,
        };
        let old = match (&before, &self.against) {
            (Some(before), Some(against)) => texts(&must_compile(session, before, &format!("`{against}`"))?.tree),
            (None, Some(_)) => Files::new(),
            _ => {
                let folder = self.output.as_deref().map(|folder| session.path(folder));
                let folder = folder.unwrap_or_else(|| home(&now.folder).to_owned());
                output::standing(&folder, &compiled.tree).map_err(|error| error.to_string())?
            }
        };
        let new = texts(&compiled.tree);
        let known_before = before.as_ref().and_then(known);
        let found = diff(&old, &new, known_before, known(&now).expect("it has compiled"));
        let secrets = (!self.show_secrets && !found.is_empty()).then(|| {
            let clouds = known_before.into_iter().chain(known(&now));
            let files = new.iter().chain(old.iter().filter(|(path, text)| new.get(*path) != Some(text)));
            Secrets::of(files, clouds.map(|known| known.compiled.document.root.to_json()))
        });
        let input = Input { old: &old, new: &new, secrets, max_bytes: self.max_bytes };
        session.give(&render(&found, &input, self.format))?;
        let denied: Vec<&Label> = self.deny.iter().filter(|label| found.has(**label)).collect();
        if !denied.is_empty() {
            let names = denied.iter().map(|label| label.as_str()).collect::<Vec<_>>().join(", ");
            session.tell(&format!("error: the change has a denied effect: {names}\n"));
            return Ok(ATTENTION);
        }
        Ok(if found.is_empty() || self.exit_zero { FINE } else { ATTENTION })
    }
}

/// The other state of the cloud; none where the commit has no such file yet.
fn before(session: &Session, now: &Loaded, against: &str) -> Result<Option<Loaded>, String> {
    if source::is_file(&session.path(Path::new(against))) {
        return session.compile(Some(Path::new(against)), None, None).map(Some);
    }
    let revision = Revision::of(home(&now.folder), against)?;
    let name = now.path.file_name().map_or_else(|| "cloud.yaml".into(), |name| name.to_string_lossy());
    let before = revision.compile(&name)?;
    if before.is_none() {
        session.tell(&format!("{name} is not in {against}: everything is new\n"));
    }
    Ok(before)
}

/// Two clouds can be compared only when both mean something.
fn must_compile<'a>(session: &Session, loaded: &'a Loaded, what: &str) -> Result<&'a Compiled, String> {
    if loaded.diagnostics.has_errors() {
        session.show(&loaded.diagnostics, &loaded.sources, Findings::Human)?;
    }
    loaded.compiled.as_ref().ok_or_else(|| format!("{what} does not compile"))
}

fn known(loaded: &Loaded) -> Option<Known<'_>> {
    let Loaded { compiled, catalog, sources, .. } = loaded;
    compiled.as_ref().map(|compiled| Known { compiled, catalog, sources })
}

fn texts(tree: &FileTree) -> Files {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    tree.iter().map(|(path, file)| (path.as_str().to_owned(), text(&file.bytes))).collect()
}
