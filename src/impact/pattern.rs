//! What a row says of names, files and paths -> whether a place is meant.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::emitted::{Item, Step};
use crate::spec::Glob;

/// The start of a path in the emitted directory, `tenants/*/cluster`; a `*` stays within its segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prefix(Vec<Glob>);

impl Prefix {
    pub(super) fn matches(&self, file: &str) -> bool {
        let mut segments = file.split('/');
        self.0.iter().all(|glob| segments.next().is_some_and(|segment| glob.matches(segment)))
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(text.split('/').map(Glob::new).collect()))
    }
}

/// Steps down in a document: `machine.sysctls.**`, `metadata.annotations.[a.dotted/key]`, `spec.env.name=HOME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Steps(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// One key or item.
    One(Glob),
    /// Any number of steps, none included.
    Any,
}

impl Steps {
    pub(super) fn matches(&self, path: &[Step]) -> bool {
        below(&self.0, path)
    }
}

fn below(segments: &[Segment], path: &[Step]) -> bool {
    match (segments, path) {
        ([], []) => true,
        ([Segment::Any, rest @ ..], _) => (0..=path.len()).any(|skipped| below(rest, &path[skipped..])),
        ([Segment::One(glob), rest @ ..], [step, path @ ..]) => names(glob, step) && below(rest, path),
        _ => false,
    }
}

fn names(glob: &Glob, step: &Step) -> bool {
    match step {
        Step::Key(key) | Step::Item(Item::Member(key)) => glob.matches(key),
        Step::Item(item) => glob.matches(&item.to_string()),
    }
}

impl FromStr for Steps {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(segments(text)?))
    }
}

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn segments(text: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    let mut rest = text;
    loop {
        let (name, after) = match rest.strip_prefix('[') {
            Some(quoted) => quoted.split_once(']').ok_or_else(|| format!("`{text}` does not close a bracket"))?,
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        match name {
            "" => return Err(format!("`{text}` has an empty step")),
            "**" => segments.push(Segment::Any),
            name => segments.push(Segment::One(Glob::new(name))),
        }
        if after.is_empty() {
            return Ok(segments);
        }
        rest = after.strip_prefix('.').ok_or_else(|| format!("`{text}` has no `.` after a bracket"))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Steps {
        serde_json::from_value(text.into()).unwrap()
    }

    fn path(keys: &[&str]) -> Vec<Step> {
        keys.iter().map(|key| Step::Key((*key).to_owned())).collect()
    }

    #[test]
    fn a_star_is_one_step_and_two_are_any() {
        let matches = |pattern: &str, keys: &[&str]| steps(pattern).matches(&path(keys));
        assert!(matches("a.*.c", &["a", "b", "c"]));
        assert!(!matches("a.*.c", &["a", "c"]));
        assert!(matches("a.**.c", &["a", "c"]));
        assert!(matches("a.**", &["a"]));
        assert!(matches("**", &[]));
        assert!(!matches("a", &["a", "b"]));
        assert!(matches("a.[x.y/z].b", &["a", "x.y/z", "b"]));
        assert!(matches("*Class.name", &["storageClass", "name"]));
    }

    #[test]
    fn an_item_is_named_by_what_tells_it_apart() {
        let item = Step::Item(Item::Named { key: "name", value: "eth0".to_owned() });
        assert!(steps("links.name=eth*").matches(&[Step::Key("links".to_owned()), item.clone()]));
        assert!(!steps("links.eth0").matches(&[Step::Key("links".to_owned()), item]));
        assert!(steps("args.--v=2").matches(&[Step::Key("args".into()), Step::Item(Item::Member("--v=2".into()))]));
    }

    #[test]
    fn a_broken_pattern_is_refused() {
        for text in ["", "a..b", "a.[b", "[a]b"] {
            assert!(serde_json::from_value::<Steps>(text.into()).is_err(), "{text}");
        }
    }
}
