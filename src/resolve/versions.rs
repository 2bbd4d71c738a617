//! `versions`: pins, the contract, and the windows in which they work together.

use semver::Version;

use super::Resolver;
use crate::catalog;
use crate::diag::Diagnostic;
use crate::spec::scalar::Minor;
use crate::syntax::Path;

/// The pins of a cloud.
#[derive(Debug, Clone)]
pub(super) struct Versions {
    pub talos: Version,
    pub kubernetes: Version,
    pub contract: Minor,
}

pub(super) fn resolve(cx: &mut Resolver<'_>) -> Versions {
    let spec = &cx.spec.versions;
    let talos = spec.talos.0.clone();
    let kubernetes = spec.kubernetes.0.clone();
    let running = Minor::from(&talos);
    let contract = spec.contract.unwrap_or(running);
    let known = catalog::talos();
    let known_minors = || {
        let minors: Vec<String> = known.minors().map(|(minor, _)| minor.to_string()).collect();
        format!("known minors: {}", minors.join(", "))
    };
    let path = Path::of(["versions"]);
    let talos_at = cx.value(&path.key("talos"));
    let contract_at = if spec.contract.is_some() { cx.value(&path.key("contract")) } else { talos_at };

    if contract > running {
        cx.report(
            Diagnostic::error(
                "contract-too-new",
                contract_at,
                format!("the contract {contract} is newer than Talos {talos}"),
            )
            .label(talos_at, "the version that runs")
            .help(format!("set `contract: {running}` or leave it out")),
        );
    } else if known.minor(contract).is_none() && known.minor(running).is_some() {
        cx.report(
            Diagnostic::error("unknown-talos", contract_at, format!("the contract {contract} is not in the catalog"))
                .help(known_minors()),
        );
    }
    match known.minor(running) {
        None => cx.report(
            Diagnostic::error("unknown-talos", talos_at, format!("Talos {running} is not in the catalog"))
                .help(known_minors()),
        ),
        Some(window) => {
            let kubernetes_minor = Minor::from(&kubernetes);
            if kubernetes_minor < window.kubernetes.min || kubernetes_minor > window.kubernetes.max {
                let at = cx.value(&path.key("kubernetes"));
                cx.report(
                    Diagnostic::error(
                        "version-window",
                        at,
                        format!("Talos {running} does not run Kubernetes {kubernetes_minor}"),
                    )
                    .label(talos_at, format!("runs Kubernetes {} to {}", window.kubernetes.min, window.kubernetes.max))
                    .help("move one of the two into the window"),
                );
            }
        }
    }
    Versions { talos, kubernetes, contract }
}
