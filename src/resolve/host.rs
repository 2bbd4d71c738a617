//! Settings of a host against its image and its kubelet: kernel modules, labels.

use super::Resolver;
use super::machines::{given, set};
use super::settings::{declared_at, declared_item};
use crate::catalog::{extensions_of_module, modules_of_extension};
use crate::diag::Diagnostic;
use crate::model::is_refused_label;
use crate::schema::one_of;
use crate::spec::{NodeSettings, Role};
use crate::syntax::Path;

pub(super) fn check(cx: &mut Resolver<'_>, node: &str, role: Role, settings: &NodeSettings) {
    modules(cx, node, settings);
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
        if cx.document.contains(&path) {
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
