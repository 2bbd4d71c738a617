//! One row of `stdlib/impact/`: which places it speaks of, and what it says of them.

use std::collections::BTreeMap;

use semver::VersionReq;
use serde::Deserialize;
use serde_json::Value;

use super::Label;
use super::pattern::{Prefix, Steps};
use crate::emitted::{Difference, Item, Operation, Step};
use crate::spec::scalar::Minor;
use crate::spec::{Glob, OneOrMany};

/// Rows about the same documents, which is said once. A row that says it, too, means its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Family {
    r#in: Option<OneOrMany<Prefix>>,
    group: Option<Glob>,
    kind: Option<OneOrMany<Glob>>,
    name: Option<OneOrMany<Glob>>,
    source: Option<String>,
    #[serde(default)]
    patches: bool,
    rows: Vec<Written>,
}

/// A row as it stands in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    r#in: Option<OneOrMany<Prefix>>,
    group: Option<Glob>,
    kind: Option<OneOrMany<Glob>>,
    name: Option<OneOrMany<Glob>>,
    source: Option<String>,
    #[serde(default)]
    patches: bool,
    path: Option<OneOrMany<Steps>>,
    on: Option<Vec<Operation>>,
    value: Option<Glob>,
    with: Option<BTreeMap<String, Glob>>,
    /// Minors of Talos, `<1.14`.
    talos: Option<String>,
    label: Label,
    note: Option<String>,
}

/// What is said of some places. Where a field names several, any of them is meant; where it is empty or none, all are.
#[derive(Debug)]
pub struct Row {
    /// The file of the row.
    pub file: String,
    r#in: Vec<Prefix>,
    group: Option<Glob>,
    kind: Vec<Glob>,
    name: Vec<Glob>,
    /// Which values; empty: the document as a whole and everything in it.
    path: Vec<Steps>,
    on: Vec<Operation>,
    /// Of the value after the change, or before it where the value is gone.
    value: Option<Glob>,
    /// Values in a document that comes or goes as a whole.
    with: Vec<(Steps, Glob)>,
    /// Minors of Talos.
    talos: Option<VersionReq>,
    /// For what only patches and components of users bring into the directory.
    pub patches: bool,
    pub label: Label,
    /// What happens and what people do, in one phrase.
    pub note: Option<String>,
    /// Where that is known from.
    pub source: String,
}

impl Family {
    /// The rows with what the family says of them.
    pub(super) fn rows(self, file: &str) -> Result<Vec<Row>, String> {
        let Self { r#in, group, kind, name, source, patches, rows } = self;
        let list = |own: Option<OneOrMany<Glob>>, family: &Option<OneOrMany<Glob>>| {
            own.or_else(|| family.clone()).map(OneOrMany::into_list).unwrap_or_default()
        };
        rows.into_iter()
            .map(|row| {
                let with = row.with.unwrap_or_default().into_iter();
                Ok(Row {
                    file: file.to_owned(),
                    r#in: row.r#in.or_else(|| r#in.clone()).map(OneOrMany::into_list).unwrap_or_default(),
                    group: row.group.or_else(|| group.clone()),
                    kind: list(row.kind, &kind),
                    name: list(row.name, &name),
                    path: row.path.map(OneOrMany::into_list).unwrap_or_default(),
                    on: row.on.unwrap_or_default(),
                    value: row.value,
                    with: with.map(|(path, value)| Ok((path.parse()?, value))).collect::<Result<_, String>>()?,
                    talos: row.talos.map(|window| VersionReq::parse(&window).map_err(|e| e.to_string())).transpose()?,
                    patches: row.patches || patches,
                    label: row.label,
                    note: row.note,
                    source: row.source.or_else(|| source.clone()).ok_or("a row has no source")?,
                })
            })
            .collect()
    }
}

impl Row {
    /// Whether it speaks of this difference in a cloud whose machines run that Talos.
    pub fn covers(&self, difference: &Difference, talos: Minor) -> bool {
        self.part(difference, talos).is_some()
    }

    /// As [`covers`](Self::covers), with which of the names that the row has for kinds and for paths it was, so that a test can tell that
    /// each of them is still needed.
    pub fn part(&self, difference: &Difference, talos: Minor) -> Option<(usize, usize)> {
        let place = &difference.place;
        let name = place.object.name.as_deref().unwrap_or_default();
        let whole = difference.to.as_ref().or(difference.from.as_ref());
        let holds = any(&self.r#in, |prefix| prefix.matches(&place.file)).is_some()
            && self.group.as_ref().is_none_or(|group| group.matches(&place.object.group))
            && any(&self.name, |glob| glob.matches(name)).is_some()
            && (self.on.is_empty() || self.on.contains(&difference.operation()))
            && self.value.as_ref().is_none_or(|glob| whole.is_some_and(|value| glob.matches(&text(value))))
            && self.with.iter().all(|(path, glob)| {
                place.path.is_empty() && whole.is_some_and(|document| holds(document, &mut Vec::new(), path, glob))
            })
            && self.talos.as_ref().is_none_or(|w| w.matches(&semver::Version::new(talos.major, talos.minor, 0)));
        if !holds {
            return None;
        }
        let kind = any(&self.kind, |kind| kind.matches(&place.object.kind))?;
        Some((kind, any(&self.path, |path| path.matches(&place.path))?))
    }

    /// How many kinds and how many paths it names.
    pub fn parts(&self) -> (usize, usize) {
        (self.kind.len().max(1), self.path.len().max(1))
    }
}

/// The first that matches; with none to choose from, everything does.
fn any<T>(list: &[T], matches: impl Fn(&T) -> bool) -> Option<usize> {
    if list.is_empty() { Some(0) } else { list.iter().position(matches) }
}

/// Whether some value at such a path reads so.
fn holds(value: &Value, at: &mut Vec<Step>, path: &Steps, glob: &Glob) -> bool {
    let mut below = |step: Step, value: &Value| {
        at.push(step);
        let found = holds(value, at, path, glob);
        at.pop();
        found
    };
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| below(Step::Key(key.clone()), value)),
        Value::Array(list) => list.iter().enumerate().any(|(index, value)| below(Step::Item(Item::At(index)), value)),
        _ => path.matches(at) && glob.matches(&text(value)),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
