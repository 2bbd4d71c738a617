//! `cloud.lock` as commands see it: where it is, what it was, what is said of it.

use std::path::{Path, PathBuf};

use super::Session;
use crate::lock::{Move, Resolution};
use crate::{output, source};

/// More versions than this are counted, not named.
const NAMED: usize = 5;

/// The file beside a cloud, which may not be there yet.
pub(super) struct LockFile {
    path: PathBuf,
    text: Option<String>,
}

impl LockFile {
    /// The one of a cloud; none for a cloud from standard input.
    pub(super) fn beside(cloud: &Path) -> Result<Option<Self>, String> {
        let Some(path) = source::lock_path(cloud) else { return Ok(None) };
        let text = source::read_lock(&path)?;
        Ok(Some(Self { path, text }))
    }

    /// Name and text, for the compiler.
    pub(super) fn given(&self) -> Option<(String, String)> {
        Some((self.name(), self.text.clone()?))
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub(super) const fn is_there(&self) -> bool {
        self.text.is_some()
    }

    pub(super) fn name(&self) -> String {
        self.path.strip_prefix("./").unwrap_or(&self.path).display().to_string()
    }

    pub(super) fn changes(&self, resolution: &Resolution) -> bool {
        self.text.as_ref() != Some(&resolution.text)
    }

    /// Why a build that may not change the lock is none.
    pub(super) fn refusal(&self, resolution: &Resolution) -> String {
        let name = self.name();
        let help = "help: build without --locked, and commit the file";
        if self.text.is_none() {
            return format!("error: {name} is missing, and --locked may not write it\n{help}\n");
        }
        let moves = listed(&resolution.moves, "  ");
        format!("error: {name} would change, and --locked may not change it\n{moves}{help}\n")
    }

    pub(super) fn replace(&self, resolution: &Resolution) -> Result<(), String> {
        self.overwrite(resolution).map_err(|error| error.to_string())
    }

    fn overwrite(&self, resolution: &Resolution) -> Result<(), output::Error> {
        output::replace(&self.path, self.text.as_deref(), &resolution.text)
    }

    /// After a build: writes the lock if it changes, and tells so. Where its folder takes no files, the tree is none the worse.
    pub(super) fn keep(&self, session: &Session, resolution: &Resolution) -> Result<(), String> {
        if !self.changes(resolution) {
            return Ok(());
        }
        let name = self.name();
        match self.overwrite(resolution) {
            Ok(()) if session.quiet => {}
            Ok(()) => session.tell(&format!("{name}: {}\n", self.done())),
            Err(error) if error.is_read_only() => {
                session.tell(&format!(
                    "{name}: not written, its folder is read-only: the next cloudc may take other versions\n"
                ));
            }
            Err(error) => return Err(error.to_string()),
        }
        Ok(())
    }

    /// What a build would do to the file, or did.
    pub(super) const fn done(&self) -> &'static str {
        if self.text.is_some() { "updated" } else { "created" }
    }

    /// What the catalog has otherwise than the lock holds; empty where there is nothing.
    pub(super) fn notice(&self, resolution: &Resolution) -> String {
        let (older, newer): (Vec<&Move>, Vec<&Move>) = resolution.offered.iter().partition(|offer| offer.is_back());
        let mut text = String::new();
        let name = self.name();
        if !newer.is_empty() {
            text.push_str(&format!("{name} holds {}: cloudc update moves them\n", named(&newer)));
        }
        if !older.is_empty() {
            text.push_str(&format!("{name} holds {}: a newer cloudc wrote it\n", named(&older)));
        }
        text
    }
}

/// `cilium 1.19.4 (the catalog has 1.20.1), ...`
fn named(offers: &[&Move]) -> String {
    let mut names: Vec<String> = offers
        .iter()
        .take(NAMED)
        .enumerate()
        .map(|(index, Move { what, from, to })| {
            let says = if index == 0 { "the catalog has " } else { "" };
            let (from, to) = (from.as_deref().unwrap_or("nothing"), to.as_deref().unwrap_or("nothing"));
            format!("{what} {from} ({says}{to})")
        })
        .collect();
    if offers.len() > NAMED {
        names.push(format!("{} more", offers.len() - NAMED));
    }
    names.join(", ")
}

/// One line each, in columns.
pub(super) fn listed(moves: &[Move], indent: &str) -> String {
    let width = moves.iter().map(|moved| moved.what.len()).max().unwrap_or_default();
    let mut text = String::new();
    for moved in moves {
        text.push_str(&format!("{indent}{:width$}  {}\n", moved.what, moved.change()));
    }
    text
}
