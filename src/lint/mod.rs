//! Rules, and what a cloud says of them: levels and exceptions -> [`Levels`], through which every finding goes.
//!
//! Findings are raised beside the stage that sees the fault. This stage only knows their names ([`registry`]), reads what
//! `lint` and the comments of `cloud.yaml` say ([`read`]), and says what of it was not needed ([`finish`]). Since findings are weighed
//! when they are raised, whoever asks for errors is told the truth at once: an exception lets the compiler go on.

mod comments;
mod day;
mod exceptions;
mod findings;
pub mod fix;
mod levels;
mod place;
pub mod registry;

pub use day::Day;
pub use levels::{Exception, Levels};

use crate::diag::{Diagnostics, Fix};
use crate::source::{Sources, Span};
use crate::spec::{Cloud, Level};
use crate::syntax::{Document, NodeKind, Path, Step};

use registry::Rule;

/// What the command line says of rules, and the day on which it says it.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Without a day no exception has come to its end.
    pub today: Option<Day>,
    /// Only these, and what stops the compiler; all when there are none.
    pub select: Vec<&'static Rule>,
    /// Not these.
    pub ignore: Vec<&'static Rule>,
}

/// What a cloud and the command line say of rules. What is wrong with it goes to `diags`.
pub fn read(spec: &Cloud, document: &Document, sources: &Sources, asked: &Asked, diags: &mut Diagnostics) -> Levels {
    let mut levels = Levels::default();
    for (name, level) in spec.lint.iter().flat_map(|lint| &lint.rules) {
        let path = Path::of(["lint", "rules", name]);
        match registry::find(name) {
            None => diags.push(findings::unknown_rule(name, document.key_span(&path))),
            Some(rule) if rule.is_fixed() && *level != Level::Error => {
                let removal = Fix::remove("remove this level", whole(document, &path));
                diags.push(findings::fixed_level(rule, document.value_span(&path), removal));
            }
            Some(rule) => levels.set(rule, *level),
        }
    }
    exceptions::read(spec, document, asked.today, &mut levels, diags);
    comments::read(document, sources, &mut levels, diags);
    let selected = |rule: &Rule| asked.select.is_empty() || asked.select.iter().any(|other| other.name == rule.name);
    for rule in registry::RULES.iter().filter(|rule| !rule.is_fixed()) {
        if !selected(rule) || asked.ignore.iter().any(|other| other.name == rule.name) {
            levels.set(rule, Level::Ignore);
        }
    }
    levels
}

/// All of what stands at a path, with those above it that hold nothing else: an empty mapping says nothing.
fn whole(document: &Document, path: &Path) -> Span {
    let mut path = path.clone();
    while path.steps().len() > 1 {
        let above = path.parent();
        match document.get(&above).map(|node| &node.kind) {
            Some(NodeKind::List(items)) if items.len() == 1 => path = above,
            Some(NodeKind::Map(entries)) if entries.len() == 1 => path = above,
            _ => break,
        }
    }
    let value = document.get(&path).map_or_else(|| document.value_span(&path), |node| node.span);
    match path.steps().last() {
        Some(Step::Key(_)) => document.key_span(&path).to(value),
        _ => value,
    }
}

/// Says which exceptions no finding needed; of a cloud that has errors, findings may have been left out.
pub fn finish(diags: &mut Diagnostics) {
    if diags.has_errors() {
        return;
    }
    // One that excepts from `unused-ignore` itself may be needed by what is said of the others.
    for of_itself in [false, true] {
        let unused: Vec<Exception> = diags.levels().unused().cloned().collect();
        for exception in unused.iter().filter(|one| (one.rule.name == findings::UNUSED) == of_itself) {
            diags.push(findings::unused(exception));
        }
    }
}
