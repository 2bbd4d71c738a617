//! Name and namespace of a tenant, which become the names of much else.

use crate::diag::Diagnostic;
use crate::model::{BUILT_IN_NAMESPACES, Platform};
use crate::resolve::Resolver;
use crate::spec;
use crate::syntax::Path;

/// The name becomes a Service (DNS-1035) and the head of machine and volume names.
pub(super) fn check_name(cx: &mut Resolver<'_>, name: &str, path: &Path) {
    let at = cx.key(path);
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.parse::<spec::scalar::DnsLabel>().is_err() {
        cx.report(
            Diagnostic::error("wrong-name", at, format!("`{name}` cannot be a tenant's name"))
                .note("it becomes the name of a Service: lower-case letters, digits and hyphens, a letter first"),
        );
    } else if name.len() > 30 {
        cx.report(
            Diagnostic::error("wrong-name", at, format!("`{name}` is longer than 30 characters"))
                .note("machines, disks and releases add to it, and none of them may pass 63"),
        );
    }
}

/// A tenant's namespace is its own: its quota and its PodSecurity level hold for all of it.
pub(super) fn check_namespace(
    cx: &mut Resolver<'_>,
    platform: &Platform,
    name: &str,
    spec: &spec::Tenant,
    path: &Path,
) {
    let namespace = spec.host_namespace(name);
    let system = BUILT_IN_NAMESPACES.contains(&namespace.as_str());
    let shared = cx
        .spec
        .tenants
        .iter()
        .take_while(|(other, _)| *other != name)
        .any(|(other, t)| t.host_namespace(other) == namespace);
    if system || shared || platform.namespaces.iter().any(|known| known.name == namespace) {
        let at = cx.value(&path.key("namespace"));
        cx.report(
            Diagnostic::error(
                "shared-namespace",
                at,
                format!("namespace `{namespace}` is not tenant `{name}`'s alone"),
            )
            .note("its quota and PodSecurity level would hold for everything in it")
            .help("leave `namespace` out, or give one that nothing else uses"),
        );
    }
}
