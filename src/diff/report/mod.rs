//! A [`Diff`] -> text: for people, for machines, for a comment on a pull request.

mod json;
mod markdown;
mod summary;
mod unified;

use clap::ValueEnum;
use serde_json::Value;

use super::{Diff, Files, Secrets};
use crate::emitted::Place;

/// How a diff is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// What happens, then the lines that are different.
    #[default]
    Unified,
    /// What happens.
    Summary,
    Json,
    /// For a comment on a pull request.
    Markdown,
}

/// What the renderers need beside the diff.
pub struct Input<'a> {
    pub old: &'a Files,
    pub new: &'a Files,
    /// What is taken out of every text; none shows everything.
    pub secrets: Option<Secrets>,
    /// Bytes that a comment may have.
    pub max_bytes: usize,
}

impl Input<'_> {
    /// The lines of a file.
    fn lines(&self, path: &str, text: &str) -> Vec<String> {
        match &self.secrets {
            Some(secrets) => secrets.redact_lines(path, text),
            None => text.lines().map(str::to_owned).collect(),
        }
    }

    /// A value of the emitted directory.
    fn value(&self, place: &Place, value: &Value) -> Value {
        self.secrets.as_ref().map_or_else(|| value.clone(), |secrets| secrets.redact_value(place, value))
    }

    /// A value of `cloud.yaml`.
    fn spec_value(&self, path: &str, value: &Value) -> Value {
        self.secrets.as_ref().map_or_else(|| value.clone(), |secrets| secrets.redact_spec(path, value))
    }
}

/// The text of a diff.
pub fn render(diff: &Diff, input: &Input<'_>, format: Format) -> String {
    match format {
        Format::Summary => summary::render(diff, input),
        Format::Unified => format!("{}{}", summary::render(diff, input), unified::render(diff, input)),
        Format::Json => json::render(diff, input),
        Format::Markdown => markdown::render(diff, input),
    }
}
