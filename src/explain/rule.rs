//! A rule: what its findings say and why. The text is its page below `docs/rules/`, so that page and command cannot differ.

use super::page::Page;
use crate::diag::Applicability;
use crate::lint::registry::{Level, Rule};

pub(super) fn write(rule: &Rule, page: &mut Page) {
    page.heading(&format!("{}: {}", rule.name, rule.level.as_str()));
    let mut below_a_heading = true;
    // The title is the heading above.
    for part in parts(rule.page.split_once('\n').map_or("", |(_, rest)| rest)) {
        if let Some(title) = part.strip_prefix("## ") {
            page.heading(title);
            below_a_heading = true;
            continue;
        }
        if !below_a_heading {
            page.blank();
        }
        below_a_heading = false;
        match part.strip_prefix("```") {
            Some(code) => {
                let code: Vec<&str> = code.lines().skip(1).filter(|line| *line != "```").collect();
                page.verbatim(4, &code.join("\n"));
            }
            None => page.line(2, &part),
        }
    }
    page.blank();
    page.line(2, &format!("About: {}. {}{}", rule.section.to_lowercase(), level(rule), fix(rule)));
}

/// What `lint --fix` makes of its findings.
const fn fix(rule: &Rule) -> &'static str {
    match rule.fix {
        None => "",
        Some(Applicability::Safe) => " `lint --fix` mends what it can.",
        Some(Applicability::Unsafe) => " `lint --fix --unsafe-fixes` mends it by a guess.",
    }
}

/// Whether a cloud may say otherwise.
const fn level(rule: &Rule) -> &'static str {
    match (rule.fixed, rule.level) {
        (true, Level::Either) => "Its errors stop a build and stay errors; `lint.rules` can change its warnings.",
        (true, _) => "Its findings stop a build; they cannot be lowered or excepted.",
        (false, Level::Warning) => "Warnings stop a build with --deny-warnings; `lint.rules` can change the level.",
        (false, _) => "Errors stop a build, warnings do with --deny-warnings; `lint.rules` can change the level.",
    }
}

/// What stands between empty lines; code is one part, whatever is in it.
fn parts(text: &str) -> Vec<String> {
    let mut all: Vec<String> = vec![String::new()];
    let mut in_code = false;
    for line in text.lines() {
        in_code ^= line.starts_with("```");
        let last = all.last_mut().expect("it begins with one");
        if line.is_empty() && !in_code {
            all.push(String::new());
        } else {
            if !last.is_empty() {
                last.push('\n');
            }
            last.push_str(line);
        }
    }
    all.retain(|part| !part.is_empty());
    all
}
