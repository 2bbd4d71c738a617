//! `storageClasses` of a tenant: each on a class of the management cluster.

use crate::diag::Diagnostic;
use crate::model::{Platform, TenantStorageClass};
use crate::resolve::Resolver;
use crate::schema::{known_instead, respelt};
use crate::spec;
use crate::syntax::Path;

pub(super) fn storage_classes(
    cx: &mut Resolver<'_>,
    platform: &Platform,
    path: &Path,
    spec: &spec::Tenant,
) -> Vec<TenantStorageClass> {
    let mut classes = Vec::new();
    for (name, class) in &spec.storage_classes {
        if !platform.storage_classes.contains_key(&class.from) {
            let at = cx.value(&path.key("storageClasses").key(name).key("from"));
            let help = known_instead(&class.from, platform.storage_classes.keys().map(String::as_str))
                .unwrap_or_else(|| "add a storage component such as `linstor`".to_owned());
            cx.report(
                Diagnostic::error(
                    "unknown-reference",
                    at,
                    format!("no StorageClass `{}` in the management cluster", class.from),
                )
                .help(help)
                .fix_if(respelt(at, &class.from, platform.storage_classes.keys().map(String::as_str))),
            );
        }
        classes.push(TenantStorageClass { name: name.clone(), from: class.from.clone(), default: class.default });
    }
    let defaults: Vec<&TenantStorageClass> = classes.iter().filter(|class| class.default).collect();
    if defaults.is_empty() && !classes.is_empty() {
        let at = cx.key(&path.key("storageClasses"));
        cx.report(
            Diagnostic::warning("no-default-class", at, "no StorageClass of the tenant is its default")
                .note("a volume that names no class is never made")
                .help("set `default: true` on one class"),
        );
    }
    if let [first, second, ..] = defaults.as_slice() {
        let at = cx.key(&path.key("storageClasses").key(&second.name));
        let label = cx.key(&path.key("storageClasses").key(&first.name));
        cx.report(
            Diagnostic::error("two-default-classes", at, "a second default StorageClass")
                .label(label, "the first")
                .help("set `default: true` on one class only"),
        );
    }
    classes
}
