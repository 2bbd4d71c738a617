//! Patterns of places: `machine.sysctls.*`, `spec.values.**`, `tenants/{tenant}/cluster/**`.

use std::collections::BTreeMap;

use crate::emitted::{Item, Step};

/// What the stars of a pattern stood for.
#[derive(Debug, Clone, Default)]
pub(super) struct Captures {
    /// One step for each `*`, in order.
    pub stars: Vec<Step>,
    /// The steps of `**`.
    pub rest: Vec<Step>,
}

/// Matches a path in a document. `*` is one step, `**` any number of them at the end; an empty pattern is the whole document.
pub(super) fn matches(pattern: &str, path: &[Step]) -> Option<Captures> {
    let mut captures = Captures::default();
    let mut steps = path.iter();
    for part in pattern.split('.').filter(|part| !part.is_empty()) {
        if part == "**" {
            captures.rest = steps.cloned().collect();
            return Some(captures);
        }
        let step = steps.next()?;
        match (part, step) {
            ("*", step) => captures.stars.push(step.clone()),
            (part, Step::Key(key)) if part == key => {}
            _ => return None,
        }
    }
    steps.next().is_none().then_some(captures)
}

/// Matches the path of a file: `{name}` is a part, or the part of it before what follows; `**` is all that is left.
pub(super) fn file(pattern: &str, path: &str) -> Option<BTreeMap<&'static str, String>> {
    let mut names = BTreeMap::new();
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        if wanted == "**" {
            return Some(names);
        }
        let part = parts.next()?;
        match (wanted.find('{'), wanted.find('}')) {
            (Some(open), Some(close)) => {
                let name = known(&wanted[open + 1..close])?;
                let inner = part.strip_prefix(&wanted[..open])?.strip_suffix(&wanted[close + 1..])?;
                names.insert(name, inner.to_owned());
            }
            _ if wanted == "*" || wanted == part => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(names)
}

/// Names that patterns of files may use.
fn known(name: &str) -> Option<&'static str> {
    ["node", "image", "tenant", "group", "component", "layer", "release", "source", "namespace", "addon"]
        .into_iter()
        .find(|known| *known == name)
}

/// A step as the text that `cloud.yaml` would have for it.
pub(super) fn text(step: &Step) -> String {
    match step {
        Step::Key(key) => key.clone(),
        Step::Item(Item::Member(value) | Item::Named { value, .. }) => value.clone(),
        Step::Item(Item::At(index)) => index.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{file, matches, text};
    use crate::emitted::Step;

    fn path(keys: &str) -> Vec<Step> {
        keys.split('/').map(|key| Step::Key(key.to_owned())).collect()
    }

    #[test]
    fn stars_stand_for_steps() {
        let stars = |pattern, keys| matches(pattern, &path(keys)).map(|found| found.stars.iter().map(text).collect());
        assert_eq!(stars("machine.sysctls.*", "machine/sysctls/net.core.x"), Some(vec!["net.core.x".to_owned()]));
        assert_eq!(stars("machine.sysctls", "machine/sysctls/x"), None);
        assert_eq!(stars("machine.sysctls.*", "machine/sysctls"), None);
        assert_eq!(stars("machine.**", "machine"), Some(Vec::new()));
        assert_eq!(matches("a.**", &path("a/b/c")).map(|found| found.rest.len()), Some(2));
    }

    #[test]
    fn files_are_told_by_their_names() {
        let name = |pattern, path, name| file(pattern, path).and_then(|found| found.get(name).cloned());
        assert_eq!(name("talos/machines/{node}.yaml", "talos/machines/k1.yaml", "node").as_deref(), Some("k1"));
        assert_eq!(name("tenants/{tenant}/**", "tenants/a/b/c.yaml", "tenant").as_deref(), Some("a"));
        assert_eq!(name("talos/machines/{node}.yaml", "talos/machines/k1.json", "node"), None);
    }
}
