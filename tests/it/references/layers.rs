//! What Flux applies, and in which order: every file is in a kustomization, every kustomization in a layer, and a layer waits for what
//! its objects need.

use std::collections::{BTreeMap, BTreeSet};

use cloudc::catalog::Catalog;

use super::{Tree, list, text};
use crate::support::catalog;

pub fn faults(tree: &Tree<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut named = BTreeSet::new();
    for (path, object) in tree.objects().filter(|(path, _)| path.ends_with("kustomization.yaml")) {
        for resource in list(&object["resources"]) {
            let target = beside(folder(path), text(resource));
            let below = format!("{target}/kustomization.yaml");
            if !tree.paths.contains(target.as_str()) && !tree.paths.contains(below.as_str()) {
                wrong.push(format!("{path} names {target}"));
            }
            named.extend([target, below]);
        }
    }
    let layers = layers(tree, &mut wrong);
    named.extend(layers.values().filter_map(|layer| layer.folder.map(|folder| format!("{folder}/kustomization.yaml"))));
    // Flux begins with `flux`, a person with `bootstrap`.
    let begins = |path: &str| path == "flux/kustomization.yaml" || path.starts_with("bootstrap/");
    let lost = tree.objects().filter(|(path, _)| !begins(path) && !named.contains(*path));
    wrong.extend(lost.map(|(path, _)| format!("{path} is in no kustomization")));
    wrong.extend(order(tree, &layers));
    let awaited = layers.values().flat_map(|layer| &layer.after);
    let hasty: BTreeSet<_> = awaited.filter(|name| layers.get(*name).is_some_and(|layer| !layer.waits)).collect();
    wrong.extend(hasty.into_iter().map(|name| format!("{name:?} is waited for, and does not wait for its objects")));
    wrong
}

struct Layer<'a> {
    /// Below which its objects are; not of another repository, nor of the user.
    folder: Option<&'a str>,
    after: Vec<(&'a str, &'a str)>,
    /// Whether it is ready only when its objects are.
    waits: bool,
}

type Layers<'a> = BTreeMap<(&'a str, &'a str), Layer<'a>>;

fn layers<'a>(tree: &Tree<'a>, wrong: &mut Vec<String>) -> Layers<'a> {
    let mut layers = Layers::new();
    for (path, object) in tree.objects().filter(|(_, object)| {
        object["kind"] == "Kustomization" && text(&object["apiVersion"]).starts_with("kustomize.toolkit.fluxcd.io/")
    }) {
        let (metadata, spec) = (&object["metadata"], &object["spec"]);
        let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
        let after = list(&spec["dependsOn"])
            .map(|needed| (needed["namespace"].as_str().unwrap_or(namespace), text(&needed["name"])));
        let ours = spec["sourceRef"]["name"] == "flux-system" && name != "apps";
        let folder = text(&spec["path"]).strip_prefix(tree.prefix.as_str()).filter(|_| ours);
        if ours && !folder.is_some_and(|folder| tree.paths.contains(format!("{folder}/kustomization.yaml").as_str())) {
            wrong.push(format!("{path} points at {}", spec["path"]));
        }
        let waits = spec["wait"] == true || list(&spec["healthChecks"]).next().is_some();
        layers.insert((namespace, name), Layer { folder, after: after.collect(), waits });
    }
    layers
}

/// Layers in which something stands wait for the layers in which its namespace, its source and the definition of its kind stand.
fn order(tree: &Tree<'_>, layers: &Layers<'_>) -> Vec<String> {
    let of = |path: &str| {
        let above = layers.iter().filter(|(_, layer)| {
            layer.folder.is_some_and(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
        });
        above.max_by_key(|(_, layer)| layer.folder.map(str::len)).map(|(name, _)| *name)
    };
    let mut makers: BTreeMap<(&str, &str), (&str, &str)> = BTreeMap::new();
    for (path, object) in tree.objects() {
        if let Some(layer) = of(path).filter(|_| path.starts_with("flux/")) {
            if object["kind"] == "Namespace" {
                makers.insert(("Namespace", text(&object["metadata"]["name"])), layer);
            }
            if object["kind"] == "HelmRelease" {
                makers.insert(("HelmRelease", component(path)), layer);
            }
        }
    }
    let groups = groups(catalog());
    let mut wrong = BTreeSet::new();
    // Objects of tenants are applied by layers that their own API is told of.
    for (path, object) in tree.objects().filter(|(path, _)| path.starts_with("flux/components/")) {
        let Some(layer) = of(path) else { continue };
        let group = text(&object["apiVersion"]).split('/').next().unwrap_or_default();
        let needs = [
            makers.get(&("Namespace", text(&object["metadata"]["namespace"]))),
            // Whoever applies a layer has the definitions of Flux.
            groups
                .get(group)
                .filter(|_| !group.ends_with(".toolkit.fluxcd.io"))
                .and_then(|owner| makers.get(&("HelmRelease", *owner))),
        ];
        for needed in needs.into_iter().flatten() {
            if !reaches(layers, layer, *needed, &mut BTreeSet::new()) {
                wrong.insert(format!("{path} of {layer:?} does not wait for {needed:?}"));
            }
        }
    }
    wrong.into_iter().collect()
}

fn reaches<'a>(
    layers: &Layers<'a>,
    from: (&'a str, &'a str),
    to: (&'a str, &'a str),
    seen: &mut BTreeSet<(&'a str, &'a str)>,
) -> bool {
    from == to
        || seen.insert(from)
            && layers.get(&from).is_some_and(|layer| layer.after.iter().any(|next| reaches(layers, *next, to, seen)))
}

/// Which component brings the definitions of an API group.
fn groups(catalog: &Catalog) -> BTreeMap<&str, &str> {
    let brought = catalog.components().flat_map(|component| {
        let groups = component.provides.crds.iter().flat_map(|crds| &crds.groups);
        groups.map(|group| (group.as_str(), component.name.as_str()))
    });
    brought.collect()
}

/// `flux/components/NAME/...`
fn component(path: &str) -> &str {
    path.split('/').nth(2).unwrap_or_default()
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What a kustomization in a folder names.
fn beside(folder: &str, resource: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for step in resource.split('/') {
        if step == ".." {
            parts.pop();
        } else {
            parts.push(step);
        }
    }
    parts.join("/")
}
