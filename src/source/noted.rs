//! What a compile asked of the files beside its cloud: to look at the same places again, and to know whether all would be answered
//! as before.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Beside, Folder, FolderEntry};

/// One question to [`Beside`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Question {
    Read(String),
    ReadBelow(String),
    List(String),
}

impl Question {
    /// Relative to the cloud's own folder, which has no name.
    pub fn path(&self) -> &str {
        let (Self::Read(path) | Self::ReadBelow(path) | Self::List(path)) = self;
        path
    }

    /// The digest of the answer.
    pub fn ask(&self, beside: &dyn Beside) -> String {
        match self {
            Self::Read(path) => of_text(&beside.read(path)),
            Self::ReadBelow(path) => of_text(&beside.read_below(path)),
            Self::List(folder) => of_list(&beside.list(folder)),
        }
    }
}

/// A folder of the disk that notes what it is asked.
#[derive(Debug)]
pub struct Noted {
    inner: Folder,
    asked: RefCell<BTreeMap<Question, String>>,
}

impl Noted {
    pub fn new(inner: Folder) -> Self {
        Self { inner, asked: RefCell::default() }
    }

    /// The questions with the digests of their answers; that of a file that changed meanwhile is empty.
    pub fn asked(self) -> BTreeMap<Question, String> {
        self.asked.into_inner()
    }

    fn note(&self, question: Question, answer: &str) {
        let mut asked = self.asked.borrow_mut();
        let known = asked.entry(question).or_insert_with(|| answer.to_owned());
        if known != answer {
            known.clear();
        }
    }
}

impl Beside for Noted {
    fn read(&self, path: &str) -> Result<String, String> {
        let answer = self.inner.read(path);
        self.note(Question::Read(path.to_owned()), &of_text(&answer));
        answer
    }

    fn read_below(&self, path: &str) -> Result<String, String> {
        let answer = self.inner.read_below(path);
        self.note(Question::ReadBelow(path.to_owned()), &of_text(&answer));
        answer
    }

    fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, String> {
        let answer = self.inner.list(folder);
        self.note(Question::List(folder.to_owned()), &of_list(&answer));
        answer
    }
}

/// The digest of texts in their order, each by itself: 64 lower-case hexadecimal digits.
pub fn digest<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    format!("{:x}", hasher.finalize())
}

fn of_text(answer: &Result<String, String>) -> String {
    match answer {
        Ok(text) => digest([text.as_str()]),
        Err(why) => digest(["", why]),
    }
}

fn of_list(answer: &Result<Vec<FolderEntry>, String>) -> String {
    digest([format!("{answer:?}").as_str()])
}
