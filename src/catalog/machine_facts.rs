//! Facts about what a cloud names: boards that a release does not start (`stdlib/versions/board-advisories.yaml`), kernel modules that
//! come with an extension (`module-extensions.yaml`), charts that upstream has ended (`retired-charts.yaml`).

use std::sync::LazyLock;

use indexmap::IndexMap;
use semver::{Version, VersionReq};
use serde::Deserialize;

/// Releases of Talos that a board does not start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardAdvisory {
    /// A semver requirement.
    talos: String,
    /// What happens, and which releases are well.
    pub what: String,
    pub source: String,
}

/// What is known against a board with a release of Talos.
pub fn board_advisory(board: &str, talos: &Version) -> Option<&'static BoardAdvisory> {
    static ADVISORIES: LazyLock<IndexMap<String, Vec<BoardAdvisory>>> =
        LazyLock::new(|| super::packed::table("board-advisories"));
    let hits = |advisory: &&BoardAdvisory| VersionReq::parse(&advisory.talos).is_ok_and(|bad| bad.matches(talos));
    ADVISORIES.get(board)?.iter().find(hits)
}

/// A chart that upstream has ended.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetiredChart {
    name: String,
    /// A part of the address of its repository.
    repository: String,
    pub what: String,
    pub instead: String,
}

/// What is known against a chart of a user's own.
pub fn retired_chart(repository: &str, name: &str) -> Option<&'static RetiredChart> {
    static CHARTS: LazyLock<Vec<RetiredChart>> = LazyLock::new(|| super::packed::table("retired-charts"));
    CHARTS.iter().find(|chart| chart.name == name && repository.contains(&chart.repository))
}

fn modules() -> &'static IndexMap<String, Vec<String>> {
    static MODULES: LazyLock<IndexMap<String, Vec<String>>> =
        LazyLock::new(|| super::packed::table("module-extensions"));
    &MODULES
}

/// The extensions that bring a module; none for one that Talos has itself, or that nothing is known of.
pub fn extensions_of_module(module: &str) -> Option<&'static [String]> {
    modules().get(module).map(Vec::as_slice)
}

/// The modules that an extension brings, which Talos loads only where they are named.
pub fn modules_of_extension(extension: &str) -> impl Iterator<Item = &'static str> {
    modules().iter().filter(move |(_, from)| from.iter().any(|one| one == extension)).map(|(module, _)| module.as_str())
}
