//! One owner for each object: two that apply the same one overwrite each other for ever, and delete it together.

use indexmap::IndexMap;
use serde_json::Value;

use super::Resolver;
use super::components::{Chosen, Closure};
use super::platform::Rendered;
use crate::diag::Diagnostic;

/// What makes an object the same: API group, kind, namespace, name.
type Identity = (String, String, String, String);

/// Reports every object and every release that two components make.
pub(super) fn check(cx: &mut Resolver<'_>, closure: &Closure<'_>, rendered: &IndexMap<String, Rendered>) {
    let mut owners: IndexMap<Identity, &Chosen<'_>> = IndexMap::new();
    for component in closure.iter() {
        for layer in &rendered[&component.name].layers {
            let releases = layer.releases.iter().map(|release| {
                let text = ["helm.toolkit.fluxcd.io", "HelmRelease", &release.namespace, &release.name];
                text.map(str::to_owned).into()
            });
            // StorageClasses are known by what an entry provides: charts make some of them.
            let objects = layer.objects.iter().filter(|object| object["kind"] != "StorageClass").map(identity);
            for identity in releases.chain(objects) {
                if let Some(first) =
                    owners.insert(identity.clone(), component).filter(|first| first.name != component.name)
                {
                    let (_, kind, _, name) = identity;
                    made_twice(cx, first, component, &format!("{kind} `{name}`"));
                }
            }
        }
    }
}

pub(super) fn made_twice(cx: &mut Resolver<'_>, first: &Chosen<'_>, second: &Chosen<'_>, what: &str) {
    let (at, label) = (cx.key(&second.path), cx.key(&first.path));
    let message = format!("`{}` and `{}` both make the {what}", first.name, second.name);
    cx.report(
        Diagnostic::error("duplicate-object", at, message)
            .label(label, "the first")
            .help("give one of them another name or namespace, or keep one of the two"),
    );
}

fn identity(object: &Value) -> Identity {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = text(&object["apiVersion"]);
    let group = version.split_once('/').map_or("", |(group, _)| group).to_owned();
    (group, text(&object["kind"]), text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]))
}
