//! A place in a document by names, `nodes.rpi1.address`: how stages speak of a place without counting bytes.

use std::fmt;

/// From the root of a document down.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Step>);

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Key(String),
    Index(usize),
}

impl Step {
    pub fn as_key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Index(_) => None,
        }
    }
}

impl Path {
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of keys.
    pub fn of<S: AsRef<str>>(keys: impl IntoIterator<Item = S>) -> Self {
        Self(keys.into_iter().map(|key| Step::Key(key.as_ref().to_owned())).collect())
    }

    /// A path as it is shown, `nodes.a.labels["x.example/y"][0]`. Any text is one.
    pub fn read(text: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = text.trim().trim_start_matches('.');
        while !rest.is_empty() {
            if let Some((key, after)) = rest.strip_prefix("[\"").and_then(escaped) {
                steps.push(Step::Key(key));
                rest = after;
            } else if let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                let quoted = inside.trim_matches(['"', '\'']);
                let index = inside.parse().ok().filter(|_| quoted == inside);
                steps.push(index.map_or_else(|| Step::Key(quoted.to_owned()), Step::Index));
                rest = after;
            } else {
                let end =
                    rest.char_indices().skip(1).find(|(_, c)| matches!(c, '.' | '[')).map_or(rest.len(), |(at, _)| at);
                steps.push(Step::Key(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
        Self(steps)
    }

    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }

    /// A place below this one.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        Self(self.0.iter().chain(&below.0).cloned().collect())
    }

    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    pub fn last_key(&self) -> Option<&str> {
        match self.0.last() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    #[must_use]
    pub fn parent(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }
}

/// A key as it is shown between quotes, and what comes after its bracket.
fn escaped(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut rest = text.chars();
    loop {
        key.push(match rest.next()? {
            '"' => return Some((key, rest.as_str().strip_prefix(']')?)),
            '\\' => match rest.next()? {
                't' => '\t',
                'r' => '\r',
                'n' => '\n',
                '0' => '\0',
                'u' => {
                    let (code, after) = rest.as_str().strip_prefix('{')?.split_once('}')?;
                    rest = after.chars();
                    char::from_u32(u32::from_str_radix(code, 16).ok()?)?
                }
                as_is @ ('"' | '\'' | '\\') => as_is,
                _ => return None,
            },
            other => other,
        });
    }
}

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Self {
        Self(steps)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "-_/".contains(c));
                    match (at, plain) {
                        (0, true) => f.write_str(key)?,
                        (_, true) => write!(f, ".{key}")?,
                        (_, false) => write!(f, "[{key:?}]")?,
                    }
                }
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn what_is_shown_can_be_read() {
        let path = Path::of(["nodes", "a", "labels", "x.example/y"]).index(3).key("z z");
        assert_eq!(Path::read(&path.to_string()), path);
        let odd = Path::of(["a\"b", "a]b", "\\", "\u{e}\u{9b}\n\0", "", "'", "e\u{301}"]);
        assert_eq!(Path::read(&odd.to_string()), odd);
        assert_eq!(Path::read("network.pods").to_string(), "network.pods");
        assert_eq!(Path::read(""), Path::root());
        for odd in ["[", "]", "a..b", ".", "[]", "é[ü", "a[\"b", "[\"\\q\"]", "[\"\\u{d800}\"]"] {
            Path::read(odd);
        }
    }
}
