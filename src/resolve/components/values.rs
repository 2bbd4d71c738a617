//! Values that a user gives to a chart, against what the catalog knows of them on this cloud.

use serde_json::Value;

use super::Chosen;
use crate::catalog::{ValueCheck, ValueRule};
use crate::diag::{Diagnostic, Severity};
use crate::resolve::Resolver;
use crate::resolve::context::{Scope, broken_entry};

/// The rules that entries may use.
const AGAINST_PLATFORM: &str = "value-against-platform";
const GUARDED: &str = "guarded-switch";

pub(super) fn check(cx: &mut Resolver<'_>, scope: &Scope, component: &Chosen<'_>) {
    let Some(values) = &component.usage.values else { return };
    let values = Value::Object(values.clone());
    let own = scope.names.with("values", &values);
    for check in &component.entry.value_checks {
        let found = check.value.iter().try_fold(&values, |value, key| value.get(key));
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
    let place = check.value.iter().fold(component.path.key("values"), |path, key| path.key(key));
    let (at, label) = (cx.value(&place), cx.key(&component.path));
    let name = check.value.join(".");
    let (rule, severity, message) = match check.rule {
        ValueRule::AgainstPlatform => {
            let message = format!("`{name}` of `{}` does not fit this cloud", component.name);
            (AGAINST_PLATFORM, Severity::Error, message)
        }
        ValueRule::GuardedSwitch => {
            let message = format!("`{name}: {value}` takes `{}` away from who is not ready for it", component.name);
            (GUARDED, Severity::Warning, message)
        }
    };
    let finding = match severity {
        Severity::Error => Diagnostic::error(rule, at, message),
        Severity::Warning => Diagnostic::warning(rule, at, message),
    };
    cx.report(finding.note(check.note.clone()).label(label, "this component").help(check.help.clone()));
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
