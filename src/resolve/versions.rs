//! `versions`: pins, the contract, and the windows in which they work together.

use semver::Version;

use super::Resolver;
use crate::catalog;
use crate::diag::Diagnostic;
use crate::source::Span;
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
    if known.minor(running).is_none() {
        cx.report(
            Diagnostic::error("unknown-talos", talos_at, format!("Talos {running} is not in the catalog"))
                .help(known_minors()),
        );
    }
    let kubernetes_at = cx.value(&path.key("kubernetes"));
    if let Some(finding) = outside_the_window(running, &kubernetes, kubernetes_at, talos_at) {
        cx.report(finding.help("move one of the two into the window"));
    }
    Versions { talos, kubernetes, contract }
}

/// The finding about a Talos that does not run a Kubernetes, at the place of one of them and with a label at the other's.
pub(super) fn outside_the_window(talos: Minor, kubernetes: &Version, at: Span, other: Span) -> Option<Diagnostic> {
    let window = &catalog::talos().minor(talos)?.kubernetes;
    let kubernetes = Minor::from(kubernetes);
    if (window.min..=window.max).contains(&kubernetes) {
        return None;
    }
    let message = format!("Talos {talos} does not run Kubernetes {kubernetes}");
    let runs = format!("Talos {talos} runs Kubernetes {} to {}", window.min, window.max);
    Some(Diagnostic::error("version-window", at, message).label(other, runs))
}
