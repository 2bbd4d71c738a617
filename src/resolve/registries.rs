//! Registries of a machine, and the certificate files that they name.

use std::collections::BTreeSet;

use super::Resolver;
use crate::diag::Diagnostic;
use crate::model::{Mirror, Registries, RegistryTls};
use crate::spec::{self, Cloud, NodeSettings};
use crate::syntax::Path;

/// The cloud's registries with the node's own on top.
pub(super) fn registries(cx: &mut Resolver<'_>, s: &NodeSettings) -> Registries {
    let mut out = Registries::default();
    for registries in [cx.spec.registries.as_ref(), s.registries.as_ref()].into_iter().flatten() {
        for (host, mirror) in &registries.mirrors {
            let mirror = match mirror {
                spec::Mirror::Endpoints(endpoints) => {
                    Mirror { endpoints: endpoints.clone(), skip_fallback: false, override_path: false }
                }
                spec::Mirror::Full(full) => Mirror {
                    endpoints: full.endpoints.clone(),
                    skip_fallback: full.skip_fallback,
                    override_path: full.override_path,
                },
            };
            out.mirrors.insert(host.clone(), mirror);
        }
        for (host, tls) in &registries.tls {
            let path = Path::of(["registries", "tls", host, "caFile"]);
            let ca = tls.ca_file.as_ref().and_then(|file| file_text(cx, file, &path));
            out.tls.insert(host.clone(), RegistryTls { ca, insecure_skip_verify: tls.insecure_skip_verify });
        }
        for (host, reference) in &registries.auth {
            out.auth.insert(host.clone(), reference.secret.clone());
        }
        for (index, file) in registries.trust.iter().enumerate() {
            if let Some(text) = file_text(cx, file, &Path::of(["registries", "trust"]).index(index)) {
                let stem = file.rsplit('/').next().unwrap_or(file).split('.').next().unwrap_or(file);
                out.trust.insert(stem.to_owned(), text);
            }
        }
    }
    out
}

/// The text of a file beside `cloud.yaml`.
fn file_text(cx: &mut Resolver<'_>, file: &str, path: &Path) -> Option<String> {
    match cx.files.get(file) {
        Some(Ok(text)) if text.contains("PRIVATE KEY") => {
            let at = cx.value(path);
            cx.report(
                Diagnostic::error("secret-in-the-clear", at, format!("`{file}` holds a private key"))
                    .help("name a file with certificates only"),
            );
            None
        }
        Some(Ok(text)) => Some(text.clone()),
        Some(Err(why)) => {
            let at = cx.value(path);
            cx.report(Diagnostic::error("unreadable-file", at, why.clone()));
            None
        }
        None => None,
    }
}

/// Files that the cloud names.
pub(super) fn referenced_files(spec: &Cloud) -> Vec<String> {
    let settings = spec
        .nodes
        .values()
        .map(|node| &node.settings)
        .chain(spec.node_classes.values().map(|class| &class.settings))
        .chain(spec.node_defaults.as_ref())
        .chain(spec.zones.values().flatten());
    let registries = spec.registries.iter().chain(settings.filter_map(|settings| settings.registries.as_ref()));
    registries
        .flat_map(|r| r.trust.iter().cloned().chain(r.tls.values().filter_map(|tls| tls.ca_file.clone())))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}
