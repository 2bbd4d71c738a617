//! Whether a build would do what the last one did, because nothing that it is made of has changed.
//!
//! A compile depends on its input alone, so all of that is hashed: the program, the day, the cloud, its lock, the catalog entries beside
//! it, what it asked of the files beside it and was told, and the manifest of the tree. Times of files do not count.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Loaded, Read, today};
use crate::output;
use crate::source::{self, Folder, Question, digest};

/// What a build was made of, as it is kept in the directory. Equal records make equal trees.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    inputs: Inputs,
    /// Digest of `cloud.lock`, where there is one.
    lock: Option<String>,
    /// Questions, and the digests of their answers.
    beside: Vec<(Question, String)>,
    /// Digest of the manifest.
    manifest: String,
}

/// Digest of what is read before a compile.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Inputs(String);

impl Inputs {
    pub(super) fn of(read: &Read) -> Self {
        let surroundings = format!("{} {:?}", program(), today());
        let own = read.sources.iter().flat_map(|file| [file.name.as_str(), &file.text]);
        Self(digest([surroundings.as_str(), &read.name, &read.text].into_iter().chain(own)))
    }
}

/// The number of files in the directory, when a build of what was read would write these and say nothing.
pub(super) fn files(read: &Read, inputs: &Inputs, directory: &Path) -> Option<usize> {
    let last: Record = serde_json::from_str(&output::record(directory)?).ok()?;
    let lock = read.lock.as_ref().and_then(|lock| lock.text());
    let beside = Folder::new(&read.folder);
    // In this order, so that a record from elsewhere asks for no file.
    let same = last.inputs == *inputs
        && last.lock == lock.map(|text| digest([text]))
        && last.beside.iter().all(|(question, answer)| question.ask(&beside) == *answer);
    if same { output::stands(directory, &last.manifest) } else { None }
}

/// Keeps what a build was made of that said nothing; `lock` and `manifest` are what it left.
pub(super) fn keep(directory: &Path, inputs: Inputs, loaded: &Loaded, lock: &str, manifest: String) {
    let lock = loaded.lock.is_some().then(|| digest([lock]));
    let beside = loaded.asked.iter().map(|(question, answer)| (question.clone(), answer.clone())).collect();
    let record = Record { inputs, lock, beside, manifest };
    output::leave_record(directory, &serde_json::to_string(&record).expect("a record is JSON"));
}

/// Which program this is. Its file counts, since one that is being developed keeps its version.
fn program() -> String {
    let file = std::env::current_exe().ok().and_then(|path| source::stamp(&path));
    format!("{} {file:?}", env!("CARGO_PKG_VERSION"))
}
