//! `lint.allow`: exceptions for a part of the file, each with a reason, some with a last day.

use super::day::Day;
use super::levels::{Exception, Levels};
use super::{findings, place, registry};
use crate::diag::{Diagnostics, Fix};
use crate::spec::Cloud;
use crate::syntax::{Document, Path};

use super::whole;

pub(super) fn read(
    spec: &Cloud,
    document: &Document,
    today: Option<Day>,
    levels: &mut Levels,
    diags: &mut Diagnostics,
) {
    for (index, allow) in spec.lint.iter().flat_map(|lint| &lint.allow).enumerate() {
        let path = Path::of(["lint", "allow"]).index(index);
        let at = document.value_span(&path.key("rule"));
        let rule = registry::find(&allow.rule);
        let removal = Fix::remove("remove this exception", whole(document, &path));
        match rule {
            None => diags.push(findings::unknown_rule(&allow.rule, at)),
            Some(rule) if rule.is_fixed() => diags.push(findings::fixed_level(rule, at, removal.clone())),
            Some(_) => {}
        }
        let covers = place::find(document, &allow.at).map_err(|help| {
            diags.push(findings::no_such_place(&allow.at, help.as_deref(), document.value_span(&path.key("at"))));
        });
        let until = allow.until.as_ref().map(|until| (until.parse::<Day>(), document.value_span(&path.key("until"))));
        match (rule, until) {
            (_, Some((Err(why), at))) => diags.push(findings::no_such_day(why, at)),
            (Some(rule), Some((Ok(until), at))) if today.is_some_and(|today| today > until) => {
                diags.push(findings::expired(rule, until, at, removal.guessed()));
            }
            (Some(rule), _) if !rule.is_fixed() => {
                if let Ok(covers) = covers {
                    levels.except(Exception { rule, covers, at, removal, used: false });
                }
            }
            _ => {}
        }
    }
}
