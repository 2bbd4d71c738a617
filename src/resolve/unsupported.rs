//! Parts of the language that are not compiled yet: each is refused at its place, none is ignored.

use super::Resolver;
use crate::diag::Diagnostic;
use crate::spec::{Expose, NodeSettings, Workers};
use crate::syntax::Path;

pub(super) fn refuse(cx: &mut Resolver<'_>) {
    let spec = cx.spec;
    if !spec.extra_manifests.is_empty() {
        not_yet(
            cx,
            &Path::of(["extraManifests"]),
            "own manifests",
            "put them into the folder that `delivery.apps` names",
        );
    }
    if spec.lint.is_some() {
        not_yet(cx, &Path::of(["lint"]), "rule levels and exceptions", "remove `lint` for now");
    }
    for (index, patch) in spec.patches.iter().enumerate() {
        let path = Path::of(["patches"]).index(index);
        if !patch.at.starts_with("talos/") {
            not_yet(cx, &path.key("at"), "patches of Flux and Cluster API objects", "use the component's `values`");
        } else if patch.json_patch.is_some() {
            not_yet(cx, &path.key("jsonPatch"), "JSON patches of machine configs", "use `merge`");
        } else if !patch.merge.as_ref().is_some_and(serde_json::Value::is_object) {
            let at = cx.value(&path.key("merge"));
            cx.report(
                Diagnostic::error("wrong-type", at, "a patch of a machine configuration needs a mapping in `merge`")
                    .help("write what is merged, for example `merge: {machine: {sysctls: {...}}}`"),
            );
        }
        let target = patch.at.rsplit('/').next().unwrap_or_default();
        let found = match patch.at.split('/').nth(1) {
            Some("node") => spec.nodes.contains_key(target),
            Some("class") => spec.nodes.values().any(|node| node.class.as_deref() == Some(target)),
            _ => true,
        };
        if patch.at.starts_with("talos/") && !found {
            let at = cx.value(&path.key("at"));
            cx.report(Diagnostic::error("patch-matches-nothing", at, format!("`{}` selects no node", patch.at)));
        }
    }
    for (name, node) in &spec.nodes {
        settings(cx, &Path::of(["nodes", name]), &node.settings);
    }
    for (name, class) in &spec.node_classes {
        settings(cx, &Path::of(["nodeClasses", name]), &class.settings);
    }
    if let Some(defaults) = &spec.node_defaults {
        settings(cx, &Path::of(["nodeDefaults"]), defaults);
    }
    for (name, tenant) in &spec.tenants {
        let path = Path::of(["tenants", name]);
        if tenant.workers == Workers::Talos {
            not_yet(cx, &path.key("workers"), "Talos workers of tenants", "use `workers: kubeadm`");
        }
        for (key, list) in [("pods", &tenant.network.pods), ("services", &tenant.network.services)] {
            if list.as_slice().len() > 1 {
                // cluster-api-control-plane-provider-kamaji v0.20.0 reads the first network only.
                not_yet(cx, &path.key("network").key(key), "dual-stack tenants", "give one network");
            }
        }
        let expose = path.key("controlPlane").key("expose");
        match tenant.control_plane.expose {
            Expose::NodePort => {
                not_yet(cx, &expose, "node ports of tenants", "use `load-balancer`, `ingress` or `cluster-ip`");
            }
            Expose::Gateway => {
                not_yet(cx, &expose, "Gateways of tenants", "use `load-balancer`, `ingress` or `cluster-ip`");
            }
            Expose::LoadBalancer | Expose::ClusterIp | Expose::Ingress => {}
        }
    }
}

fn settings(cx: &mut Resolver<'_>, path: &Path, settings: &NodeSettings) {
    for (index, patch) in settings.patches.iter().flatten().enumerate() {
        let at = cx.value(&path.key("patches").index(index));
        let keys = patch.as_object().map(|map| map.contains_key("merge") && map.contains_key("reason"));
        if keys != Some(false) {
            cx.report(
                Diagnostic::error("wrong-type", at, "a patch here is a piece of a Talos document")
                    .help("write it as Talos has it, for example `{machine: {sysctls: {...}}}`; `at`, `reason` and `merge` belong to the top-level `patches`"),
            );
        }
    }
}

fn not_yet(cx: &mut Resolver<'_>, path: &Path, what: &str, instead: &str) {
    let at = cx.key(path);
    cx.report(
        Diagnostic::error("not-supported-yet", at, format!("{what} are not compiled yet")).help(instead.to_owned()),
    );
}
