//! The values that a user gives to a chart: each key must be one that the chart has.

use serde_json::{Map, Value};

use super::Resolver;
use crate::diag::Diagnostic;
use crate::schema::{known_instead, respelt, slip_of};
use crate::syntax::Path;

/// Reports keys that the chart of a release does not have. What looks like a slip is an error; any other key is a warning, since
/// a chart may take what its own values do not name. `place` is where the values are written.
pub(super) fn check(
    cx: &mut Resolver<'_>,
    component: &str,
    release: &str,
    values: &Map<String, Value>,
    place: impl Fn(&Path) -> Path,
) {
    let Some(keys) = cx.catalog.chart_keys(component, release) else { return };
    for unknown in keys.unknown(values) {
        let at = cx.key(&place(&unknown.place));
        let key = unknown.place.last_key().unwrap_or_default();
        let message = format!("the chart {release} {} has no value `{}`", keys.version, unknown.place);
        let known = unknown.known.iter().map(String::as_str);
        let fix = respelt(at, key, known.clone());
        let diagnostic = match slip_of(key, known.clone()) {
            Some(meant) => Diagnostic::error("unknown-value", at, message).help(format!("did you mean `{meant}`?")),
            None => Diagnostic::warning("unknown-value", at, message).help_if(known_instead(key, known)),
        };
        cx.report(diagnostic.note("Helm ignores it without a word").fix_if(fix));
    }
}
