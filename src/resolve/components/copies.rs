//! Copies of data against the failure domains that could hold them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Chosen;
use crate::catalog::Copies;
use crate::diag::Diagnostic;
use crate::resolve::Resolver;
use crate::resolve::context::{Scope, broken_entry};

/// Reports copies that find no place.
pub(super) fn check(cx: &mut Resolver<'_>, scope: &Scope, component: &Chosen<'_>) {
    // What a class that is not there would have is not known.
    if cx.diags.has("unknown-class") || cx.diags.has("class-cycle") {
        return;
    }
    let Some(template) = component.entry.provides.copies.clone() else { return };
    let documents = cx.catalog.templates.documents(&template, &scope.names);
    let kept = documents.and_then(|documents| {
        let lists = documents.into_iter().flat_map(|list| match list {
            Value::Array(items) => items,
            other => vec![other],
        });
        lists.map(|item| serde_json::from_value::<Copies>(item).map_err(|error| error.to_string())).collect()
    });
    let kept: Vec<Copies> = match kept {
        Ok(kept) => kept,
        Err(error) => return broken_entry(cx, component, "copies", &error),
    };
    for Copies { at, copies, of, domains } in kept {
        let domains: BTreeSet<&String> = domains.iter().collect();
        // Without any, what is missing has a finding of its own.
        if domains.is_empty() || copies <= domains.len() {
            continue;
        }
        let path = at.iter().fold(component.path.clone(), |path, key| path.key(key));
        let span = cx.value(&path);
        let names = domains.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        cx.report(
            Diagnostic::warning(
                "replicas-exceed-failure-domains",
                span,
                format!("{copies} copies, and {} of {of}: {names}", domains.len()),
            )
            .note(format!("each copy of `{}` is kept in another", component.name))
            .help(format!("say at most {}, or add {of}", domains.len())),
        );
    }
}
