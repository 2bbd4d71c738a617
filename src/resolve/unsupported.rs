//! Parts of the language that are not compiled yet: each is refused at its place, none is ignored.

use super::Resolver;
use crate::diag::Diagnostic;
use crate::syntax::Path;

pub(super) fn refuse(cx: &mut Resolver<'_>) {
    let spec = cx.spec;
    for (name, tenant) in &spec.tenants {
        let path = Path::of(["tenants", name]);
        for (key, list) in [("pods", &tenant.network.pods), ("services", &tenant.network.services)] {
            if list.as_slice().len() > 1 {
                // cluster-api-control-plane-provider-kamaji v0.20.0 reads the first network only; Kamaji itself has both.
                not_yet(cx, &path.key("network").key(key), "dual-stack tenants", "give one network");
            }
        }
    }
}

fn not_yet(cx: &mut Resolver<'_>, path: &Path, what: &str, instead: &str) {
    let at = cx.key(path);
    cx.report(
        Diagnostic::error("not-supported-yet", at, format!("{what} are not compiled yet")).help(instead.to_owned()),
    );
}
