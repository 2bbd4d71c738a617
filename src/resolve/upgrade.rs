//! From the tree that stands to the cloud: steps between versions that Talos or Kubernetes refuse, and tenants that cannot go at once.
//!
//! A node refuses such a step when it is upgraded, which is after the commit. The tree that is replaced knows what it
//! installed, so it can be said before.

use semver::Version;

use crate::catalog;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{FileId, Sources, Span};
use crate::spec::Cloud;
use crate::spec::scalar::{self, Minor};
use crate::syntax::{Document, Path};

/// Compares a cloud with the manifest of the tree that it replaces.
pub fn upgrade(spec: &Cloud, document: &Document, sources: &Sources, manifest: FileId, diags: &mut Diagnostics) {
    tenants(spec, document, sources, manifest, diags);
    let rules =
        [("talos", &spec.versions.talos.0, talos as Rule), ("kubernetes", &spec.versions.kubernetes.0, kubernetes)];
    for (product, new, refused) in rules {
        let Some((old, at)) = recorded(sources, manifest, product) else { continue };
        let Some(Refusal { why, way_out }) = refused(Minor::from(&old), Minor::from(new)) else { continue };
        let here = document.value_span(&Path::of(["versions", product]));
        diags.push(
            Diagnostic::error("upgrade-path", here, why)
                .label(at, "what the last build installed")
                .help(format!("{way_out}; where the machines are installed anew, write the new version there")),
        );
    }
}

/// A tenant whose Cluster the last build had must be deleted before it is forgotten.
fn tenants(spec: &Cloud, document: &Document, sources: &Sources, manifest: FileId, diags: &mut Diagnostics) {
    let text = &sources.get(manifest).text;
    for (start, _) in text.match_indices("\"tenants/") {
        let path = text[start + 1..].split('"').next().unwrap_or_default();
        let Some(name) = path.strip_prefix("tenants/").and_then(|path| path.strip_suffix("/cluster/cluster.yaml"))
        else {
            continue;
        };
        if spec.tenants.contains_key(name) {
            continue;
        }
        let here = document.key_span(&Path::of(["tenants"]));
        diags.push(
            Diagnostic::error("tenant-removed-at-once", here, format!("the cluster of tenant `{name}` still runs"))
                .note("its namespace, machines and volumes would be left behind, or go before what must go first")
                .label(Span::new(manifest, start + 1, start + 1 + path.len()), "what the last build made")
                .help(format!(
                    "put it back with `state: deleting`, build and push; when its Cluster is gone, remove `tenants.{name}`"
                )),
        );
    }
}

/// From one minor to another: why not.
type Rule = fn(Minor, Minor) -> Option<Refusal>;

/// Why a step is none, and how to get there.
struct Refusal {
    why: String,
    way_out: String,
}

/// Source: siderolabs/talos `pkg/machinery/compatibility`, which each node asks before an upgrade.
fn talos(old: Minor, new: Minor) -> Option<Refusal> {
    let known = catalog::talos();
    let window = known.minor(new)?;
    if old < window.upgrade_from {
        // The farthest step that the machines can take now.
        let step =
            known.minors().filter(|(minor, entry)| *minor < new && entry.upgrade_from <= old && *minor > old).last();
        let way_out = step.map_or_else(
            || format!("go by Talos {} first", window.upgrade_from),
            |(step, entry)| format!("go by Talos {step} first, for example {}", entry.newest),
        );
        return Some(Refusal { why: format!("Talos {new} cannot be reached from {old} in one step"), way_out });
    }
    (old >= window.downgrade_below).then(|| Refusal {
        why: format!("Talos cannot go back from {old} to {new}"),
        way_out: format!("stay with {old}"),
    })
}

/// Components of Kubernetes are one minor apart at most while they are upgraded, and none goes back.
fn kubernetes(old: Minor, new: Minor) -> Option<Refusal> {
    if new < old {
        let why = format!("Kubernetes cannot go back from {old} to {new}");
        return Some(Refusal { why, way_out: format!("stay with {old}") });
    }
    (new.minor > old.minor + 1).then(|| Refusal {
        why: format!("Kubernetes {new} cannot be reached from {old} in one step"),
        way_out: format!("go by v{}.{} first", old.major, old.minor + 1),
    })
}

/// A version of the manifest, which is JSON as we write it, and its place. What cannot be read is as if it were not there.
fn recorded(sources: &Sources, file: FileId, product: &str) -> Option<(Version, Span)> {
    let text = &sources.get(file).text;
    let versions = text.find("\"versions\"")?;
    let end = versions + text[versions..].find('}')?;
    let key = format!("\"{product}\": \"");
    let start = versions + text[versions..end].find(&key)? + key.len();
    let value = text[start..end].split('"').next()?;
    let version: scalar::Version = value.parse().ok()?;
    Some((version.0, Span::new(file, start, start + value.len())))
}
