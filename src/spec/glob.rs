//! Names with `*`, as selectors, paths and the rows of the impact table have them.

use serde::Deserialize;

/// A text in which `*` stands for any text, also for none. Paths are matched piece by piece, so that it never passes a `/` of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Glob(String);

impl Glob {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it may stand for more than one name.
    pub fn is_pattern(&self) -> bool {
        self.0.contains('*')
    }

    pub fn matches(&self, name: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else { return self.0 == name };
        let Some(mut left) = name.strip_prefix(first) else { return false };
        let mut parts: Vec<&str> = rest.split('*').collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            // The first place is as good as any: whatever follows has the more room.
            let Some(at) = left.find(part) else { return false };
            left = &left[at + part.len()..];
        }
        left.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (glob, name, matches) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("*", "a", true),
            ("a*", "a", true),
            ("a*c", "abc", true),
            ("a*a", "a", false),
            ("a*a", "aba", true),
            ("*:NoExecute", "true:NoExecute", true),
            ("*b*", "abc", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
        ] {
            assert_eq!(Glob::new(glob).matches(name), matches, "{glob} {name}");
        }
    }
}
