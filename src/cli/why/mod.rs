//! `cloudc why`: what a line of the emitted directory comes from, and which lines a path in cloud.yaml touches.

mod blast;
mod human;
mod json;

use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{ATTENTION, Loaded, Outcome, Session};
use crate::provenance::{Line, Provenance};
use crate::schema::nearest;
use crate::source::{self, Sources};
use crate::tree::FileTree;
use crate::{Compiled, diag};

/// Say which lines of cloud.yaml and of the catalog made a line of the emitted directory.
#[derive(Debug, Args)]
pub(super) struct Why {
    /// A file of the emitted directory, and a line of it; without the line, the whole file.
    #[arg(value_name = "FILE[:LINE]", required_unless_present = "blast")]
    target: Option<String>,
    /// Every emitted line that another value at this path of cloud.yaml may change.
    #[arg(long, value_name = "PATH", conflicts_with = "target")]
    blast: Option<String>,
    /// The cloud; default: cloud.yaml here or in a folder above.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Where the directory is; default: the folder of the cloud.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Form::Human, value_name = "FORMAT")]
    output_format: Form,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    Human,
    /// One document, shape `version: 1`.
    Json,
}

/// What answers are made of.
struct Answer<'a> {
    compiled: &'a Compiled,
    sources: &'a Sources,
}

impl Why {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let loaded = session.compile(self.file.as_deref(), None, self.output.as_deref())?;
        let Some(compiled) = &loaded.compiled else {
            session.show(&loaded.diagnostics, &loaded.sources, diag::Format::Human)?;
            return Ok(ATTENTION);
        };
        let provenance = Provenance::new(compiled, &loaded.catalog);
        let answer = Answer { compiled, sources: &loaded.sources };
        if let Some(path) = &self.blast {
            let path = match blast::checked(path, &compiled.document, &loaded.catalog) {
                Ok(path) => path,
                Err(why) => {
                    session.tell(&format!("error: {why}\n"));
                    return Ok(ATTENTION);
                }
            };
            return blast::give(session, &answer, &provenance, &path, self.output_format);
        }
        let target = self.target.as_deref().unwrap_or_default();
        let (name, line) = split(target);
        let Some(file) = self.find(session, &loaded, &compiled.tree, name) else {
            session.tell(&unknown(&compiled.tree, name));
            return Ok(ATTENTION);
        };
        self.note_stale(session, &loaded, compiled, &file);
        let mut lines = provenance.lines(&file);
        if let Some(number) = line {
            let count = lines.len();
            lines.retain(|own| own.number == number);
            if lines.is_empty() {
                session.tell(&format!("error: {file} has no line {number}; it has {count}\n"));
                return Ok(ATTENTION);
            }
        }
        session.give(&match (self.output_format, line) {
            (Form::Json, _) => json::lines(&answer, &file, &lines),
            (Form::Human, Some(_)) => human::line(&answer, &file, &lines),
            (Form::Human, None) => human::file(&answer, &file, &lines),
        })
    }

    /// The file of the tree that is meant: as the tree calls it, or as it is reached from here.
    fn find(&self, session: &Session, loaded: &Loaded, tree: &FileTree, name: &str) -> Option<String> {
        let given: PathBuf = Path::new(name).components().filter(|part| *part != Component::CurDir).collect();
        let directory = self.directory(session, loaded);
        let reached = session.path(&given);
        let folders = [directory.as_path(), self.output.as_deref().unwrap_or(Path::new(""))];
        let below = folders.into_iter().flat_map(|folder| {
            let folder: PathBuf = folder.components().filter(|part| *part != Component::CurDir).collect();
            [reached.strip_prefix(&folder).ok(), given.strip_prefix(&folder).ok()].map(|rest| rest.map(Path::to_owned))
        });
        let candidates = std::iter::once(given.clone()).chain(below.flatten());
        let texts = candidates.filter_map(|path| path.to_str().map(|text| text.replace('\\', "/")));
        texts.into_iter().find(|path| tree.get(path).is_some())
    }

    fn directory(&self, session: &Session, loaded: &Loaded) -> PathBuf {
        self.output.as_ref().map_or_else(|| loaded.folder.clone(), |output| session.path(output))
    }

    /// Line numbers are those of what would be written.
    fn note_stale(&self, session: &Session, loaded: &Loaded, compiled: &Compiled, file: &str) {
        let place = self.directory(session, loaded).join(file);
        // What is no file (a pipe) might never end.
        let Some(Ok(there)) = source::is_file(&place).then(|| source::read(&place)) else { return };
        let same = compiled.tree.get(file).is_some_and(|own| own.bytes == there.as_bytes());
        if !same && !session.quiet {
            session.tell(&format!("note: {file} is not what this cloud compiles to; lines are those of a new build\n"));
        }
    }
}

/// `FILE:LINE` -> both.
fn split(target: &str) -> (&str, Option<usize>) {
    match target.rsplit_once(':') {
        Some((file, line)) if !file.is_empty() => line.parse().map_or((target, None), |line| (file, Some(line))),
        _ => (target, None),
    }
}

/// What there is instead of a file that there is not.
fn unknown(tree: &FileTree, name: &str) -> String {
    let paths = || tree.iter().map(|(path, _)| path.as_str());
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let wanted = last(name);
    let mut near: Vec<&str> = paths().filter(|path| last(path) == wanted).take(3).collect();
    if near.is_empty() {
        near.extend(nearest(name, paths()));
    }
    if near.is_empty() {
        let names: Vec<String> = paths().map(last).collect();
        let like = nearest(&wanted, names.iter().map(String::as_str)).map(str::to_owned);
        near.extend(paths().filter(|path| like.as_deref() == Some(&last(path))).take(3));
    }
    let help = match near[..] {
        [] => "`cloudc build` writes what there is".to_owned(),
        _ => format!("did you mean {}?", crate::schema::one_of(near)),
    };
    format!("error: this cloud has no file {name}; {help}\n")
}

impl Answer<'_> {
    fn text(&self, file: &str, line: &Line) -> String {
        let bytes = self.compiled.tree.get(file).map(|file| file.bytes.as_slice()).unwrap_or_default();
        String::from_utf8_lossy(bytes).lines().nth(line.number - 1).unwrap_or_default().to_owned()
    }
}
