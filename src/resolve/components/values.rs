//! Values that a user gives to a chart, against what the catalog knows of them on this cloud.

use serde_json::Value;

use super::Chosen;
use crate::catalog::{ValueCheck, ValueRule};
use crate::diag::Diagnostic;
use crate::resolve::Resolver;
use crate::resolve::context::{Scope, broken_entry};
use crate::syntax::Path;

/// The rules that entries may use.
const AGAINST_PLATFORM: &str = "value-against-platform";
const GUARDED: &str = "guarded-switch";

const CONFLICT: &str = "component-conflict";

pub(super) fn check(cx: &mut Resolver<'_>, scope: &Scope, component: &Chosen<'_>) {
    let values = Value::Object(component.usage.values.clone().unwrap_or_default());
    let own = scope.names.with("values", &values);
    for check in &component.entry.value_checks {
        let found = match check.parameter.split_first() {
            Some((first, rest)) => {
                let parameter = component.usage.parameters.get(first);
                parameter.and_then(|value| rest.iter().try_fold(value, |value, key| value.get(key)))
            }
            None => check.value.iter().try_fold(&values, |value, key| value.get(key)),
        };
        let Some(found) = found else { continue };
        let names = own.with("value", found);
        let holds = |condition: Option<&str>| cx.catalog.templates.condition(condition)?.holds(&names);
        match holds(check.when.as_deref()).and_then(|asked| Ok(asked && !holds(Some(&check.unless))?)) {
            Ok(true) => report(cx, component, check, found),
            Ok(false) => {}
            Err(error) => broken_entry(cx, component, &format!("`{}`", check.unless), &error),
        }
    }
}

fn report(cx: &mut Resolver<'_>, component: &Chosen<'_>, check: &ValueCheck, value: &Value) {
    let (root, keys) = if check.parameter.is_empty() {
        (component.path.key("values"), &check.value)
    } else {
        (component.path.clone(), &check.parameter)
    };
    let at = cx.value(&keys.iter().fold(root, |path, key| path.key(key)));
    let name = keys.join(".");
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let finding = match check.rule {
        ValueRule::AgainstPlatform => {
            let message = format!("`{name}` of `{}` does not fit this cloud", component.name);
            Diagnostic::error(AGAINST_PLATFORM, at, message)
        }
        ValueRule::GuardedSwitch => {
            let message = format!("`{name}: {value}` takes `{}` away from who is not ready for it", component.name);
            Diagnostic::warning(GUARDED, at, message)
        }
        ValueRule::ComponentConflict => {
            let beside = check.beside.join(".");
            let message = format!("`{name}: {shown}` of `{}` gets in the way of `{beside}`", component.name);
            Diagnostic::warning(CONFLICT, at, message)
        }
    };
    let beside = Path::of(check.beside.iter().map(String::as_str));
    let finding = if check.beside.is_empty() {
        finding.label(cx.key(&component.path), "this component")
    } else {
        finding.label(cx.key(&beside), "beside this")
    };
    cx.report(finding.note(check.note.clone()).help(check.help.clone()));
}

/// A release of what the cloud stands on that may not take the time it needs.
pub(super) fn patience(cx: &mut Resolver<'_>, component: &Chosen<'_>) {
    /// Flux gives up on a release after that; on many nodes a network or storage takes minutes.
    const LEAST: u64 = 300;
    let Some(timeout) = component.usage.timeout.as_ref().filter(|timeout| timeout.seconds < LEAST) else { return };
    if !component.entry.protected {
        return;
    }
    let (at, label) = (cx.value(&component.path.key("timeout")), cx.key(&component.path));
    cx.report(
        Diagnostic::warning("impatient-release", at, format!("`{}` is given {timeout} to be ready", component.name))
            .note("it runs on every node, and a release that is not ready in time has failed")
            .label(label, "the cloud stands on it")
            .help("leave `timeout` out, or say 15m or more"),
    );
}
