//! What is wrong with levels and exceptions themselves.

use super::day::Day;
use super::levels::Exception;
use super::registry::{self, Rule};
use crate::diag::{Diagnostic, Fix};
use crate::schema::{did_you_mean, respelt};
use crate::source::Span;

pub(super) const UNUSED: &str = "unused-ignore";

pub(super) fn unknown_rule(name: &str, at: Span) -> Diagnostic {
    let help = did_you_mean(name, registry::RULES.iter().map(|rule| rule.name));
    Diagnostic::error("unknown-rule", at, format!("no rule is called `{name}`"))
        .help(help.unwrap_or_else(|| "a finding names its rule in brackets; `cloudc explain` lists them".to_owned()))
        .fix_if(respelt(at, name, registry::RULES.iter().map(|rule| rule.name)))
}

/// `fix`: what takes away that which cannot hold.
pub(super) fn fixed_level(rule: &Rule, at: Span, fix: Fix) -> Diagnostic {
    Diagnostic::error("fixed-level", at, format!("findings of `{}` stay errors", rule.name))
        .note("what they find cannot be compiled, or is refused or lost by what it is written for")
        .help(format!("remove this, and mend what is found: `cloudc explain {}` has the way out", rule.name))
        .fix(fix)
}

pub(super) fn no_such_place(given: &str, meant: Option<&str>, at: Span) -> Diagnostic {
    let message = format!("nothing in this file is at `{given}`");
    let help = meant.map(|meant| format!("did you mean `{meant}`?"));
    Diagnostic::error("unknown-reference", at, message)
        .help(help.unwrap_or_else(|| "give a path such as `components.cilium`".to_owned()))
        .fix_if(meant.map(|meant| Fix::rename(at, given, meant).guessed()))
}

pub(super) fn no_such_day(why: String, at: Span) -> Diagnostic {
    Diagnostic::error("wrong-value", at, why).help("write year, month and day: `2027-03-01`")
}

pub(super) fn expired(rule: &Rule, until: Day, at: Span, fix: Fix) -> Diagnostic {
    Diagnostic::warning("expired-exception", at, format!("the exception from `{}` ended with {until}", rule.name))
        .note("it holds no more")
        .help("mend what it excepts and remove it, or give a later day")
        .fix(fix)
}

pub(super) fn unused(exception: &Exception) -> Diagnostic {
    let message = format!("nothing here is excepted from `{}`", exception.rule.name);
    Diagnostic::warning(UNUSED, exception.at, message)
        .help("remove it: it would hide the next finding")
        .fix(exception.removal.clone())
}

pub(super) fn names_no_rule(at: Span) -> Diagnostic {
    Diagnostic::error("incomplete-ignore", at, "this comment says nothing that cloudc understands")
        .help("write `# cloudc: ignore[rule] and why`")
}

pub(super) fn no_reason(at: Span) -> Diagnostic {
    Diagnostic::error("incomplete-ignore", at, "this exception does not say why")
        .note("it does not hold")
        .help("write the reason behind the bracket")
}
