//! A rule: what its findings say. The text is `docs/rules.md`, so that page and command cannot differ.

use super::page::Page;

const RULES: &str = include_str!("../../docs/rules.md");

/// A name that findings print in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub name: &'static str,
    /// `error` or `warning`, or when which.
    pub level: &'static str,
    pub what: &'static str,
    /// The part of the language that it watches.
    pub section: &'static str,
}

/// Every rule, in the order of the page.
pub fn rules() -> impl Iterator<Item = Rule> {
    let mut section = "";
    RULES.lines().flat_map(move |line| {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [names, level, what] = cells[..] else { return Vec::new() };
        let names = names.split('`').skip(1).step_by(2);
        names.map(|name| Rule { name, level, what, section }).collect()
    })
}

impl Rule {
    pub(super) fn write(&self, page: &mut Page) {
        page.heading(&format!("{}: {}", self.name, self.level));
        page.line(2, self.what);
        page.blank();
        page.line(2, &format!("About: {}.", self.section.to_lowercase()));
        page.line(2, "Errors stop a build; warnings do with --deny-warnings.");
        let beside: Vec<&str> =
            rules().filter(|other| other.what == self.what && other.name != self.name).map(|rule| rule.name).collect();
        if !beside.is_empty() {
            page.line(2, &format!("Of the same kind: {}.", beside.join(", ")));
        }
    }
}
