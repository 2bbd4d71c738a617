//! `cloudc --version --verbose`: what a bug report needs, all from the build and the catalog.
//!
//! Like `rustc -vV`: the short version, then lines `key: value`. No line depends on the machine or the day.

use std::ffi::OsStr;

use crate::catalog::{Catalog, ClusterApi, Talos, fingerprint, talos};

/// Whether `--verbose` stands among arguments of which clap had read no more than `--version`.
pub(super) fn is_verbose(arguments: &[impl AsRef<OsStr>]) -> bool {
    let mut texts = arguments.iter().skip(1).filter_map(|argument| argument.as_ref().to_str());
    texts.any(|text| text == "--verbose" || (text.starts_with('-') && !text.starts_with("--") && text.contains('v')))
}

pub(super) fn report() -> String {
    let catalog = Catalog::builtin();
    let mut lines = vec![
        format!("cloudc {}", env!("CARGO_PKG_VERSION")),
        format!("commit: {}", env!("BUILD_COMMIT")),
        format!("rustc: {}", env!("BUILD_RUSTC").trim_start_matches("rustc ")),
        format!("target: {}", env!("BUILD_TARGET")),
        format!("catalog: {}", fingerprint()),
        format!("components: {}", catalog.names().count()),
        format!("profiles: {}", names(catalog.profiles().map(|profile| profile.name.as_str()))),
    ];
    lines.extend(talos_minors(talos()));
    let sets = &catalog.cluster_api;
    lines.push(format!("cluster-api: {}", sets.default));
    lines.extend(sets.sets.iter().map(|(name, set)| format!("cluster-api {name}: {}", made_of(set))));
    lines.join("\n") + "\n"
}

/// Machines run these, and version contracts are of these.
fn talos_minors(talos: &Talos) -> impl Iterator<Item = String> {
    talos.minors().map(|(minor, entry)| {
        let window = &entry.kubernetes;
        format!("talos {minor}: newest {}, Kubernetes {} to {}", entry.newest, window.min, window.max)
    })
}

fn made_of(set: &ClusterApi) -> String {
    let providers = names(set.providers.iter().map(|(name, provider)| format!("{name} {}", provider.version)));
    let (management, tenants) = (set.management_window(), set.tenant_window());
    format!(
        "{providers}; Kubernetes v{} to v{}, of tenants v{} to v{}",
        management.min, management.max, tenants.min, tenants.max
    )
}

fn names(all: impl Iterator<Item = impl AsRef<str>>) -> String {
    all.map(|name| name.as_ref().to_owned()).collect::<Vec<_>>().join(", ")
}
