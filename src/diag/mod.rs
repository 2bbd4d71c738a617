//! What the compiler has to say about a file, and how it is printed.
//!
//! A [`Diagnostic`] is structured until the last moment: byte spans, a rule name, labels. One renderer per format turns
//! it into text; stages build it with named functions that stand beside the stage.

mod concise;
mod fix;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod place;
mod sarif;
mod untrusted;

pub(crate) use untrusted::printable;

pub use fix::{Applicability, Fix, Replacement};

use crate::lint::{Levels, registry};
use crate::source::{Sources, Span};

/// Where the project is.
const PROJECT: &str = "https://github.com/cloudc/cloudc";

/// The most findings of one severity; nobody reads more at once.
pub(crate) const MOST: usize = 1000;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A second place that explains the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub message: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Kebab-case name; never reused for another meaning.
    pub rule: &'static str,
    pub severity: Severity,
    /// One short lower-case phrase that stands alone; values in backticks.
    pub message: String,
    /// The exact key or value.
    pub span: Span,
    /// Why this place; empty when the message says it all.
    pub note: String,
    pub labels: Vec<Label>,
    /// The way out.
    pub help: Option<String>,
    /// The way out as a change of the text, where there is one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    pub fn error(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: Severity::Error,
            message: message.into(),
            span,
            note: String::new(),
            labels: Vec::new(),
            help: None,
            fix: None,
        }
    }

    pub fn warning(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(rule, span, message) }
    }

    /// Says why, under the primary place.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn help_if(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    #[must_use]
    pub fn fix(self, fix: Fix) -> Self {
        Self { fix: Some(fix), ..self }
    }

    #[must_use]
    pub fn fix_if(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix.or(self.fix);
        self
    }
}

/// The findings of a run, in the order of their places.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    levels: Levels,
}

impl Diagnostics {
    /// Takes in a finding as it counts by the levels and exceptions that hold. Where there are a thousand of a severity, the next says so
    /// and is the last.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let Some(diagnostic) = self.levels.weigh(diagnostic) else { return };
        let diagnostic = untrusted::visible(diagnostic);
        match self.count(diagnostic.severity) {
            0..MOST if self.list.contains(&diagnostic) => {}
            0..MOST => self.list.push(diagnostic),
            MOST => self.list.push(too_many(&diagnostic)),
            _ => {}
        }
    }

    /// Takes in a finding unless the rule has one at this place: what stands in a class is one fault, however many nodes have it.
    pub fn push_once(&mut self, diagnostic: Diagnostic) {
        if !self.list.iter().any(|known| known.rule == diagnostic.rule && known.span == diagnostic.span) {
            self.push(diagnostic);
        }
    }

    /// Whether another error would not be heard.
    pub fn is_full(&self) -> bool {
        self.count(Severity::Error) > MOST
    }

    /// Whether a rule has found something.
    pub fn has(&self, rule: &str) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.rule == rule)
    }

    /// Whether a rule has found something at a place.
    pub fn has_at(&self, rule: &str, span: Span) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.rule == rule && diagnostic.span == span)
    }

    /// From here on these hold.
    pub fn weigh_by(&mut self, levels: Levels) {
        self.levels = levels;
    }

    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// Takes over the findings of another step.
    pub fn extend(&mut self, more: Self) {
        more.list.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|d| d.severity == severity).count()
    }

    /// By file, place, severity and rule, so that output is stable.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<_> = self.list.iter().collect();
        sorted.sort_by_key(|d| (d.span, std::cmp::Reverse(d.severity), d.rule, d.message.clone()));
        sorted
    }
}

fn too_many(next: &Diagnostic) -> Diagnostic {
    let message = format!("there are more than {MOST} findings of this severity; from here on they are left out");
    let last = Diagnostic::error("too-large", next.span, message).help("mend the first ones, and look again");
    Diagnostic { severity: next.severity, ..last }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// With the lines of the file and arrows.
    Human,
    /// One line each: `file:line:column: severity[rule]: message`.
    Concise,
    /// One document, shape `version: 1`.
    Json,
    /// SARIF 2.1.0, for code scanning. The verdict is in the document: findings do not change the exit code.
    Sarif,
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
    /// Code Quality report of GitLab.
    Gitlab,
    /// JUnit XML; warnings are skipped cases.
    Junit,
}

impl Format {
    /// What findings make of an exit code: readers of SARIF take the verdict from the document, and a step that fails would keep it
    /// from them.
    pub(crate) const fn verdict(self, code: u8) -> u8 {
        if matches!(self, Self::Sarif) { 0 } else { code }
    }
}

/// The page that describes a rule.
pub(crate) fn page(rule: &str) -> String {
    let page = registry::find(rule).map_or_else(|| ".md".to_owned(), |rule| format!("/{}.md", rule.name));
    format!("{PROJECT}/blob/main/docs/rules{page}")
}

/// Renders all findings; the text ends with a line break unless it is empty.
pub fn render(diagnostics: &Diagnostics, sources: &Sources, format: Format, color: bool) -> String {
    match format {
        Format::Human => human::render(diagnostics, sources, color),
        Format::Concise => concise::render(diagnostics, sources),
        Format::Json => json::render(diagnostics, sources),
        Format::Sarif => sarif::render(diagnostics, sources),
        Format::Github => github::render(diagnostics, sources),
        Format::Gitlab => gitlab::render(diagnostics, sources),
        Format::Junit => junit::render(diagnostics, sources),
    }
}
