//! Settings of a host against its image and its kubelet: kernel modules, labels.

use super::Resolver;
use super::machines::{given, set};
use super::settings::{declared_at, declared_item};
use crate::catalog::{extensions_of_module, modules_of_extension};
use crate::diag::Diagnostic;
use crate::model::is_refused_label;
use crate::schema::{one_of, slip_of};
use crate::spec::{NodeSettings, Role};
use crate::syntax::Path;

pub(super) fn check(cx: &mut Resolver<'_>, node: &str, role: Role, settings: &NodeSettings) {
    modules(cx, node, settings);
    drivers(cx, node, settings);
    own_labels(cx, node, settings);
    services(cx, node, settings);
    if role == Role::Worker {
        labels(cx, node, settings);
    }
}

/// A module and the extension that brings it belong together.
fn modules(cx: &mut Resolver<'_>, node: &str, settings: &NodeSettings) {
    let extensions = set(settings.extensions.as_ref());
    let modules = given(settings.kernel_modules.as_ref());
    for module in modules.keys() {
        let Some(from) = extensions_of_module(module) else { continue };
        if from.iter().any(|extension| extensions.contains(extension)) {
            continue;
        }
        let path = declared_at(cx, node, &["kernelModules", module]);
        if cx.document.contains(&path) {
            let (at, label) = (cx.key(&path), cx.key(&Path::of(["nodes", node])));
            cx.report_once(
                Diagnostic::error(
                    "module-without-extension",
                    at,
                    format!("no image of Talos has the module `{module}` by itself"),
                )
                .label(label, "its image is without")
                .help(format!("add the extension: {}", one_of(from.iter().map(String::as_str)))),
            );
        }
    }
    for extension in &extensions {
        let brings: Vec<&str> = modules_of_extension(extension).collect();
        if brings.is_empty() || brings.iter().any(|module| modules.contains_key(*module)) {
            continue;
        }
        let path = declared_item(cx, node, "extensions", extension);
        let misspelt = modules.keys().find_map(|given| {
            let mut known = brings.iter().copied().filter(|module| slip_of(given, [*module]).is_some());
            let place = declared_at(cx, node, &["kernelModules", given]);
            Some((given, known.next()?, place)).filter(|(.., place)| cx.document.contains(place))
        });
        if let Some((given, module, place)) = misspelt {
            let (at, label) = (cx.key(&place), cx.value(&path));
            cx.report_once(
                Diagnostic::warning(
                    "extension-without-module",
                    at,
                    format!("nothing loads the modules of `{extension}`, and no module `{given}` is known"),
                )
                .label(label, format!("brings `{module}`"))
                .help(format!("did you mean `{module}`?")),
            );
        } else if cx.document.contains(&path) {
            let (at, label) = (cx.value(&path), cx.key(&Path::of(["nodes", node])));
            cx.report_once(
                Diagnostic::warning(
                    "extension-without-module",
                    at,
                    format!("nothing loads the modules of `{extension}`"),
                )
                .note("Talos loads a module only where the configuration names it")
                .label(label, "loads none of them")
                .help(format!("add `kernelModules: {{{}: []}}`, or a component that uses it", brings[0])),
            );
        }
    }
}

/// One driver of one branch: modules of one kernel and the tools beside them are of one version.
fn drivers(cx: &mut Resolver<'_>, node: &str, settings: &NodeSettings) {
    let extensions = set(settings.extensions.as_ref());
    let of_nvidia: Vec<&String> = extensions.iter().filter(|name| name.contains("nvidia")).collect();
    let branch = |name: &str| ["lts", "production"].into_iter().find(|branch| name.ends_with(&format!("-{branch}")));
    let is_driver = |name: &str| modules_of_extension(name).next().is_some();
    for (index, name) in of_nvidia.iter().enumerate() {
        let other = of_nvidia[..index].iter().find(|other| {
            let branches = branch(name).zip(branch(other)).is_some_and(|(one, other)| one != other);
            branches || is_driver(name) && is_driver(other)
        });
        let Some(other) = other else { continue };
        let (one, first) = (declared_item(cx, node, "extensions", name), declared_item(cx, node, "extensions", other));
        let (at, label) = (cx.value(&one), cx.value(&first));
        cx.report_once(
            Diagnostic::error("two-drivers", at, format!("`{name}` does not go with `{other}`"))
                .note("driver and tools of NVIDIA are of one version, and a kernel takes one driver")
                .label(label, "the other")
                .help("take all of `lts`, or all of `production`, and one driver"),
        );
        return;
    }
}

/// Settings for the service of an extension whose name is a slip of one that the machine has.
fn services(cx: &mut Resolver<'_>, node: &str, settings: &NodeSettings) {
    let extensions = set(settings.extensions.as_ref());
    for name in given(settings.extension_services.as_ref()).keys() {
        let known = extensions.iter().map(String::as_str);
        let meant = slip_of(name, known).filter(|meant| meant != name);
        let Some(meant) = meant else { continue };
        let at = cx.key(&declared_at(cx, node, &["extensionServices", name]));
        let label = cx.value(&declared_item(cx, node, "extensions", meant));
        cx.report_once(
            Diagnostic::error("unknown-reference", at, format!("no extension has a service `{name}`"))
                .label(label, "has one of this name")
                .help(format!("did you mean `{meant}`?")),
        );
    }
}

/// Labels that the kubelet itself gives its node by what it finds, and the one that `zone` gives.
fn own_labels(cx: &mut Resolver<'_>, node: &str, settings: &NodeSettings) {
    const FOUND: [&str; 3] = ["kubernetes.io/arch", "kubernetes.io/hostname", "kubernetes.io/os"];
    const ZONE: &str = "topology.kubernetes.io/zone";
    for (key, value) in given(settings.labels.as_ref()) {
        let path = declared_at(cx, node, &["labels", &key]);
        if !cx.document.contains(&path) {
            continue;
        }
        let at = cx.key(&path);
        if FOUND.contains(&key.as_str()) {
            let label = cx.key(&Path::of(["nodes", node]));
            cx.report_once(
                Diagnostic::error("reserved-label", at, format!("the kubelet gives its node the label `{key}` itself"))
                    .label(label, "known by what it is")
                    .help("remove it"),
            );
        } else if key == ZONE && cx.spec.nodes[node].zone.as_ref().is_some_and(|zone| *zone != value.0) {
            let label = cx.value(&Path::of(["nodes", node, "zone"]));
            cx.report_once(
                Diagnostic::error("setting-in-two-places", at, format!("`{key}` is another zone than `zone`"))
                    .label(label, "becomes this label")
                    .help("remove the label"),
            );
        }
    }
}

/// Talos sets labels of a worker with the credentials of its kubelet, and the API server lets that have a few only.
fn labels(cx: &mut Resolver<'_>, node: &str, settings: &NodeSettings) {
    for key in given(settings.labels.as_ref()).keys().filter(|key| is_refused_label(key)) {
        let path = declared_at(cx, node, &["labels", key]);
        if !cx.document.contains(&path) {
            continue;
        }
        let (at, label) = (cx.key(&path), cx.value(&Path::of(["nodes", node, "role"])));
        cx.report_once(
            Diagnostic::error("reserved-label", at, format!("a worker may not give itself the label `{key}`"))
                .note(
                    "in the domains of Kubernetes it may set a few labels only; with another none of its labels is set",
                )
                .label(label, "its labels are set as the node itself")
                .help("choose a domain of your own, or label it by hand: `kubectl label node`"),
        );
    }
}
