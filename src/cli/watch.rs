//! Runs a command again whenever a file changes that it has read.
//!
//! Files are looked at a few times a second. That needs no library, works where the system tells nothing (network file systems, shares of
//! virtual machines and containers), and a file that an editor replaces by another one is still the same path.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::{Outcome, Read, Session};
use crate::source::{self, Noted, Question, Stamp};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// What changes is left to settle: a save may be several steps.
const SETTLE: Duration = Duration::from_millis(50);

/// The places that a run has looked at, be there anything or not.
#[derive(Debug, Default)]
pub(super) struct Seen {
    places: RefCell<BTreeSet<PathBuf>>,
}

impl Seen {
    /// A cloud with what always stands beside one.
    pub(super) fn cloud(&self, read: &Read) {
        let mut places = self.places.borrow_mut();
        places.insert(read.found.clone());
        places.extend(source::lock_path(&read.found));
        places.insert(read.folder.join(".cloudc/manifest.json"));
        places.extend(source::entry_places(&read.folder));
    }

    /// What a cloud names, below its folder.
    pub(super) fn beside(&self, folder: &Path, beside: Noted) {
        let place = |question: &Question| folder.join(if question.path().is_empty() { "." } else { question.path() });
        self.places.borrow_mut().extend(beside.asked().keys().map(place));
    }
}

/// Runs until somebody ends the process; Ctrl-C does it as for any other, so shells say 130.
pub(super) fn run(session: &Session, first: &BTreeSet<PathBuf>, mut once: impl FnMut(&Seen) -> Outcome) -> Outcome {
    let mut known: BTreeMap<PathBuf, Option<Stamp>> = stamped(first);
    loop {
        if std::io::stderr().is_terminal() && !session.quiet {
            session.tell("\x1b[2J\x1b[H");
        }
        let seen = Seen::default();
        if let Err(why) = once(&seen) {
            // Nothing to look at, so nothing to wait for.
            if known.is_empty() && seen.places.borrow().is_empty() {
                return Err(why);
            }
            session.tell(&format!("error: {why}\n"));
        }
        let mut places = seen.places.into_inner();
        places.extend(first.iter().cloned());
        // What went wrong may have kept the rest from being read.
        places.extend(known.keys().cloned());
        // Those that were known are as they were before the run: a change during it counts.
        let new = stamped(&places);
        known = new.into_iter().map(|(place, stamp)| (place.clone(), known.remove(&place).unwrap_or(stamp))).collect();
        if !session.quiet {
            session.tell(&format!("watching {} for changes, Ctrl-C ends\n", super::count(known.len(), "place")));
        }
        known = changed(&known);
    }
}

/// Waits until something is not what it was, and gives what it is then.
fn changed(known: &BTreeMap<PathBuf, Option<Stamp>>) -> BTreeMap<PathBuf, Option<Stamp>> {
    let places: BTreeSet<PathBuf> = known.keys().cloned().collect();
    let mut now = stamped(&places);
    while now == *known {
        thread::sleep(PAUSE);
        now = stamped(&places);
    }
    loop {
        thread::sleep(SETTLE);
        let then = stamped(&places);
        if then == now {
            return now;
        }
        now = then;
    }
}

fn stamped(places: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, Option<Stamp>> {
    places.iter().map(|place| (place.clone(), source::stamp(place))).collect()
}
