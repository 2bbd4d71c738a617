//! What is wrong with something that the user gave to a back end as it stands, and that only the finished documents show.

use crate::syntax::Path;

/// A finding without spans: back ends speak of places in `cloud.yaml` as paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// In `cloud.yaml`.
    pub place: Path,
    pub rule: &'static str,
    pub message: String,
    pub help: Option<String>,
}
