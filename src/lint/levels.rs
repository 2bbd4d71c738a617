//! What holds for each finding of a cloud: the level of its rule, and whether it is excepted.

use std::collections::BTreeMap;

use super::registry::{self, Rule};
use crate::diag::{Diagnostic, Fix, Severity};
use crate::source::Span;
use crate::spec::Level;

/// One rule that does not hold in one part of a file.
#[derive(Debug, Clone)]
pub struct Exception {
    pub rule: &'static Rule,
    /// Findings that begin in here are excepted.
    pub covers: Span,
    /// Where it is written.
    pub at: Span,
    /// What takes it away.
    pub removal: Fix,
    pub used: bool,
}

/// Levels of rules, and exceptions from them.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    told: BTreeMap<&'static str, Level>,
    exceptions: Vec<Exception>,
}

impl Exception {
    fn is_for(&self, finding: &Diagnostic) -> bool {
        let within = self.covers.start <= finding.span.start && finding.span.start < self.covers.end;
        self.rule.name == finding.rule && self.covers.file == finding.span.file && within
    }
}

impl Levels {
    /// The last word holds.
    pub(super) fn set(&mut self, rule: &'static Rule, level: Level) {
        self.told.insert(rule.name, level);
    }

    pub(super) fn except(&mut self, exception: Exception) {
        self.exceptions.push(exception);
    }

    /// Those that no finding needed.
    pub(super) fn unused(&self) -> impl Iterator<Item = &Exception> {
        self.exceptions.iter().filter(|exception| !exception.used)
    }

    /// A finding as it counts in this cloud; nothing when it does not.
    pub fn weigh(&mut self, mut finding: Diagnostic) -> Option<Diagnostic> {
        // Tests make findings of rules that are not there.
        let Some(rule) = registry::find(finding.rule) else { return Some(finding) };
        let covering = self.exceptions.iter_mut().filter(|exception| exception.is_for(&finding));
        if rule.fixed && finding.severity == Severity::Error {
            let refused: Vec<Span> = covering
                .map(|exception| {
                    exception.used = true;
                    exception.at
                })
                .collect();
            return Some(refused.into_iter().fold(finding, |finding, at| finding.label(at, "holds for warnings only")));
        }
        if covering.map(|exception| exception.used = true).count() > 0 {
            return None;
        }
        match self.told.get(finding.rule) {
            Some(Level::Ignore) => return None,
            Some(Level::Warning) => finding.severity = Severity::Warning,
            Some(Level::Error) => finding.severity = Severity::Error,
            None => {}
        }
        Some(finding)
    }
}
