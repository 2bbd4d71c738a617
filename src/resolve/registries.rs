//! Registries of a machine, and the certificate files that they name.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::Resolver;
use super::machines::given;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::{Mirror, Registries, RegistryTls};
use crate::spec::scalar::authority;
use crate::spec::{self, Cloud, NodeSettings};
use crate::syntax::Path;

/// The cloud's registries with the node's own on top.
pub(super) fn registries(cx: &mut Resolver<'_>, node: &str, s: &NodeSettings) -> Registries {
    let mut out = Registries::default();
    if let Some(registries) = &cx.spec.registries {
        add(cx, &mut out, registries, |_, keys| keys.iter().fold(Path::of(["registries"]), |path, key| path.key(key)));
    }
    if let Some(registries) = &s.registries {
        let own = |cx: &Resolver<'_>, keys: &[&str]| declared_at(cx, node, &[&["registries"], keys].concat());
        add(cx, &mut out, registries, own);
    }
    out
}

/// The cloud's registries as workers of tenants reach them: what a person inside a tenant could read is not given to it, and so
/// no credentials.
pub(super) fn of_workers(cx: &mut Resolver<'_>) -> Registries {
    let mut out = Registries::default();
    if let Some(registries) = &cx.spec.registries {
        add(cx, &mut out, registries, |_, keys| keys.iter().fold(Path::of(["registries"]), |path, key| path.key(key)));
    }
    out.auth.clear();
    out
}

/// Says which mirrors workers of tenants cannot use.
pub(super) fn check_workers(cx: &mut Resolver<'_>) {
    let Some(registries) = &cx.spec.registries else { return };
    let mirrors = given(Some(&registries.mirrors)).into_iter().map(|(host, mirror)| match mirror {
        spec::Mirror::Endpoints(endpoints) => (host, endpoints),
        spec::Mirror::Full(settings) => (host, settings.endpoints),
    });
    // Credentials -> the mirrors that nobody uses without them.
    let mut locked: IndexMap<&str, Vec<String>> = IndexMap::new();
    let mirrors: Vec<(String, Vec<String>)> = mirrors.collect();
    for (host, endpoints) in &mirrors {
        let hosts: Vec<&str> = endpoints.iter().map(|endpoint| authority(endpoint)).collect();
        if let Some(first) = hosts.first().filter(|_| hosts.iter().all(|host| registries.auth.contains_key(*host))) {
            locked.entry(first).or_default().push(host.clone());
        }
    }
    for (host, mirrors) in locked {
        let at = cx.key(&Path::of(["registries", "auth", host]));
        let names: Vec<String> = mirrors.iter().map(|mirror| format!("`{mirror}`")).collect();
        let mut finding = Diagnostic::warning(
            "no-credentials-for-workers",
            at,
            format!("workers of tenants cannot use the mirror of {}", names.join(", ")),
        )
        .note("what a person inside a tenant could read is not given to its workers")
        .help("add an endpoint that lets them pull without credentials");
        for mirror in mirrors.iter().take(4) {
            let place = cx.key(&Path::of(["registries", "mirrors", mirror]));
            finding = finding.label(place, "lets nobody in without");
        }
        cx.report(finding);
    }
}

/// `place` says where keys below `registries` stand.
fn add(
    cx: &mut Resolver<'_>,
    out: &mut Registries,
    registries: &spec::Registries,
    place: impl Fn(&Resolver<'_>, &[&str]) -> Path,
) {
    for (host, mirror) in given(Some(&registries.mirrors)) {
        let mirror = match mirror {
            spec::Mirror::Endpoints(endpoints) => Mirror { endpoints, skip_fallback: false, override_path: false },
            spec::Mirror::Full(spec::MirrorSettings { endpoints, skip_fallback, override_path }) => {
                Mirror { endpoints, skip_fallback, override_path }
            }
        };
        out.mirrors.insert(host, mirror);
    }
    for (host, tls) in given(Some(&registries.tls)) {
        let path = place(cx, &["tls", &host, "caFile"]);
        let ca = tls.ca_file.as_ref().and_then(|file| file_text(cx, file, &path));
        out.tls.insert(host, RegistryTls { ca, insecure_skip_verify: tls.insecure_skip_verify });
    }
    for (host, reference) in given(Some(&registries.auth)) {
        out.auth.insert(host, reference.secret);
    }
    for (index, file) in registries.trust.iter().enumerate() {
        let path = place(cx, &["trust"]).index(index);
        if let Some(text) = file_text(cx, file, &path).filter(|text| !out.trust.values().any(|known| known == text)) {
            out.trust.insert(trust_name(file, &out.trust), text);
        }
    }
}

/// A file's own name, or all of its path where another file has that name.
fn trust_name(file: &str, taken: &IndexMap<String, String>) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.split('.').next().unwrap_or(name);
    if taken.contains_key(stem) { file.replace(['/', '.'], "-").trim_matches('-').to_owned() } else { stem.to_owned() }
}

/// The text of a file beside `cloud.yaml`.
fn file_text(cx: &mut Resolver<'_>, file: &str, path: &Path) -> Option<String> {
    match cx.files.texts.get(file) {
        Some(Ok(text)) if text.contains("PRIVATE KEY") => {
            let at = cx.value(path);
            cx.report(
                Diagnostic::error("secret-in-the-clear", at, format!("`{file}` holds a private key"))
                    .help("name a file with certificates only"),
            );
            None
        }
        Some(Ok(text)) if !text.contains("-----BEGIN CERTIFICATE-----") => {
            let at = cx.value(path);
            cx.report_once(
                Diagnostic::error("wrong-value", at, format!("`{file}` holds no certificate"))
                    .note("it is read as PEM, in which one begins with `-----BEGIN CERTIFICATE-----`")
                    .help("name a file with the certificates in PEM"),
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
        .flat_map(|r| r.trust.iter().cloned().chain(r.tls.values().flatten().filter_map(|tls| tls.ca_file.clone())))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}
