//! [`Lock`] -> text: sorted, so that a change of one version is a change of one line.

use super::Lock;
use crate::backend::yaml;

const HEADER: [&str; 2] = [
    "What this cloud took from the catalog of cloudc. `cloudc build` writes it and keeps to it, `cloudc update` moves it.",
    "Commit it with cloud.yaml.",
];

pub(super) fn write(lock: &Lock) -> String {
    let document = serde_json::to_value(lock).expect("a lock is maps of texts");
    yaml::write_documents(&HEADER.map(str::to_owned), [&document])
}
