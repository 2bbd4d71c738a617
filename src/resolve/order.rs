//! The reasons for one layer to wait for another: requirements, `after`, `dependsOn`, definitions, the network.

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::Resolver;
use super::components::{self, Chosen, Closure};
use super::context::{Context, broken_entry};
use super::graph::Graph;
use super::platform::Rendered;
use crate::catalog::Capability;
use crate::diag::Diagnostic;
use crate::model::{NAMESPACES, Platform};
use crate::schema::{did_you_mean, respelt};
use crate::syntax::Path;

/// Every reason for one layer to wait for another.
pub(super) fn order(
    cx: &mut Resolver<'_>,
    context: &Context,
    closure: &Closure<'_>,
    rendered: &IndexMap<String, Rendered>,
    cni: &[String],
    platform: &Platform,
) -> Graph {
    let mut graph = Graph::default();
    graph.node(NAMESPACES);
    for component in rendered.values() {
        component.layers.iter().for_each(|layer| graph.node(&layer.name));
    }
    let first = |name: &str| rendered.get(name).and_then(|r| r.layers.first()).map(|layer| layer.name.clone());
    let last = |name: &str| rendered.get(name).and_then(|r| r.layers.last()).map(|layer| layer.name.clone());
    // What only configures a product is not waited for by those that merely come after it.
    let installed = |name: &str| {
        let layers = &rendered.get(name)?.layers;
        layers
            .iter()
            .rfind(|layer| !layer.releases.is_empty() || layer.manifests.is_some())
            .map(|layer| layer.name.clone())
    };
    let at_layer = |name: &str, folder: Option<&str>| match folder {
        None => last(name),
        Some(folder) => rendered
            .get(name)
            .and_then(|r| r.layers.iter().find(|layer| layer.folder == folder))
            .map(|layer| layer.name.clone())
            .or_else(|| last(name)),
    };
    for component in closure.iter() {
        let name = component.name.as_str();
        let scope = context.component(cx, component);
        let Some(own_first) = first(name) else { continue };
        graph.edge(&own_first, NAMESPACES);
        for pair in rendered[name].layers.windows(2) {
            graph.edge(&pair[1].name, &pair[0].name);
        }
        for requirement in &component.entry.requires {
            if !scope.holds(cx, component, requirement.when.as_deref()) {
                continue;
            }
            let later = match &requirement.layer {
                None => Some(own_first.clone()),
                Some(folder) => {
                    rendered[name].layers.iter().find(|layer| &layer.folder == folder).map(|layer| layer.name.clone())
                }
            };
            let Some(later) = later else { continue };
            if let Some(other) = &requirement.component
                && let Some(earlier) = at_layer(other, requirement.of_layer.as_deref())
            {
                graph.edge(&later, &earlier);
            }
            match requirement.capability {
                Some(Capability::StorageClass) => {
                    let classes = &platform.storage_classes;
                    let default = platform.default_class.as_ref().and_then(|class| classes.get(class));
                    match default.or_else(|| classes.values().next()) {
                        Some(provider) => {
                            let folder = closure.get(provider).and_then(|p| p.entry.provides.storage_layer.clone());
                            if let Some(earlier) = at_layer(provider, folder.as_deref()) {
                                graph.edge(&later, &earlier);
                            }
                        }
                        None => missing_capability(cx, component, "StorageClass", &requirement.reason),
                    }
                }
                Some(Capability::LoadBalancer) => {
                    let holders = closure.holders(cx, context, "load-balancer");
                    // Pools that nobody announces have a finding of their own.
                    if holders.is_empty() && cx.spec.network.load_balancers.is_empty() {
                        missing_capability(cx, component, "load balancer", &requirement.reason);
                    }
                    for earlier in holders.iter().filter_map(|holder| last(holder)) {
                        graph.edge(&later, &earlier);
                    }
                }
                None => {}
            }
        }
        for earlier in
            component.entry.after.iter().filter(|other| closure.contains(other)).filter_map(|other| installed(other))
        {
            graph.edge(&own_first, &earlier);
        }
        for earlier in depends_on(cx, closure, component, "this cloud").iter().filter_map(|other| last(other)) {
            graph.edge(&own_first, &earlier);
        }
    }
    default_class(cx, closure, platform);
    custom_resources(cx, context, closure, rendered, &mut graph);
    // Pods need the network; what the network itself waits for does not wait for the network.
    for holder in cni.iter().filter_map(|name| first(name)) {
        for component in rendered.values() {
            if let Some(layer) = component.layers.first()
                && layer.name != holder
                && !graph.waits(&holder, &layer.name)
            {
                graph.edge(&layer.name, &holder);
            }
        }
    }
    graph
}

/// What a component is told to wait for, without what it cannot wait for; `owner` has the components of the closure.
pub(super) fn depends_on<'c>(
    cx: &mut Resolver<'_>,
    closure: &Closure<'_>,
    component: &'c Chosen<'_>,
    owner: &str,
) -> Vec<&'c str> {
    let mut known = Vec::new();
    for (index, other) in component.usage.depends_on.iter().enumerate() {
        if *other == component.name {
            waits_for_itself(cx, component, index);
        } else if closure.contains(other) {
            known.push(other.as_str());
        } else {
            unknown_dependency(cx, closure, component, index, other, owner);
        }
    }
    known
}

/// Every node after all that it waits for; `at` holds the `components` whose circle is refused.
pub(super) fn sorted(
    cx: &mut Resolver<'_>,
    graph: &Graph,
    closure: &Closure<'_>,
    components: &str,
    at: &Path,
) -> Option<Vec<String>> {
    match graph.sort() {
        Ok(sorted) => Some(sorted),
        Err(cycle) => {
            let written = asked_for(closure, &cycle);
            let mut places = written.iter().map(|place| cx.value(place));
            let at = places.next().unwrap_or_else(|| cx.key(at));
            let finding =
                Diagnostic::error("dependency-cycle", at, format!("{components} wait for each other in a circle"))
                    .note(cycle.join(" -> "))
                    .help("remove one `dependsOn`");
            cx.report(places.fold(finding, |finding, place| finding.label(place, "in the circle")));
            None
        }
    }
}

/// Where `dependsOn` asks for the edges of a circle of layers. A layer is called after its component, or begins with its name.
fn asked_for(closure: &Closure<'_>, cycle: &[String]) -> Vec<Path> {
    let is_of = |layer: &str, component: &str| {
        layer.strip_prefix(component).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let in_cycle = |name: &str| cycle.iter().any(|layer| is_of(layer, name));
    let of_component = |component: &Chosen<'_>| -> Vec<Path> {
        let list = component.path.key("dependsOn");
        let waits = component.usage.depends_on.iter().enumerate();
        waits.filter(|(_, other)| in_cycle(other)).map(|(index, _)| list.index(index)).collect()
    };
    closure.iter().filter(|component| in_cycle(&component.name)).flat_map(of_component).collect()
}

/// A custom resource waits for the layer that brings its definition.
fn custom_resources(
    cx: &mut Resolver<'_>,
    context: &Context,
    closure: &Closure<'_>,
    rendered: &IndexMap<String, Rendered>,
    graph: &mut Graph,
) {
    let mut owners: IndexMap<String, String> = IndexMap::new();
    for component in closure.iter() {
        let layers = &rendered[&component.name].layers;
        let scope = context.component(cx, component);
        for crds in components::brought(cx, &scope, component) {
            if let Some(layer) = layers.iter().find(|layer| layer.folder == crds.layer).or_else(|| layers.last()) {
                owners.extend(crds.groups.into_iter().map(|group| (group, layer.name.clone())));
            }
        }
    }
    for component in closure.iter() {
        for layer in &rendered[&component.name].layers {
            for object in &layer.objects {
                let Some((group, _)) = object["apiVersion"].as_str().and_then(|v| v.split_once('/')) else { continue };
                if let Some(owner) = owners.get(group) {
                    if *owner == layer.name {
                        let kind = object["kind"].as_str().unwrap_or_default();
                        broken_entry(
                            cx,
                            component,
                            &format!("layer `{}`", layer.folder),
                            &format!("{kind} stands beside the release that brings its definition"),
                        );
                    } else {
                        graph.edge(&layer.name, owner);
                    }
                }
            }
        }
    }
}

/// Claims that name no class wait for a default, and no class is it.
fn default_class(cx: &mut Resolver<'_>, closure: &Closure<'_>, platform: &Platform) {
    if platform.default_class.is_some() || platform.storage_classes.is_empty() {
        return;
    }
    let needs = |component: &&Chosen<'_>| {
        let asks = component.entry.requires.iter().any(|r| r.capability == Some(Capability::StorageClass));
        asks && !names_a_class(component)
    };
    let users: Vec<&Chosen<'_>> = closure.iter().filter(needs).collect();
    let Some(first) = users.first() else { return };
    let owners: IndexSet<&String> = platform.storage_classes.values().collect();
    let Some(owner) = owners.iter().find_map(|owner| closure.get(owner)) else { return };
    // Where each class is written: below a parameter that is a map of them.
    let place = |class: &str| {
        let maps = owner.usage.parameters.keys().map(|parameter| owner.path.key(parameter).key(class));
        maps.into_iter().find(|path| cx.document.contains(path))
    };
    let places: Vec<Path> = platform.storage_classes.keys().filter_map(|class| place(class)).collect();
    let (at, rest) = places.split_first().map_or((cx.key(&owner.path), &[][..]), |(one, rest)| (cx.key(one), rest));
    let mut finding = Diagnostic::warning("no-default-class", at, "no StorageClass of the cloud is its default")
        .note(format!("`{}` asks for volumes and names no class, so they stay pending", first.name))
        .help("set `default: true` on one class");
    for other in rest.iter().take(3) {
        finding = finding.label(cx.key(other), "another that could be it");
    }
    for user in users.iter().take(3) {
        finding = finding.label(cx.key(&user.path), "asks for the default");
    }
    cx.report(finding);
}

/// Whether a component says for itself which class its volumes are of.
fn names_a_class(component: &Chosen<'_>) -> bool {
    fn says(value: &Value) -> bool {
        match value {
            Value::Object(map) => map.iter().any(|(key, value)| {
                key.to_lowercase().contains("storageclass") && value.as_str().is_some_and(|text| !text.is_empty())
                    || says(value)
            }),
            Value::Array(items) => items.iter().any(says),
            _ => false,
        }
    }
    let values = component.usage.values.clone().map(Value::Object);
    values.is_some_and(|values| says(&values)) || says(&Value::Object(component.parameters.clone()))
}

fn missing_capability(cx: &mut Resolver<'_>, component: &Chosen<'_>, what: &str, reason: &str) {
    let at = cx.key(&component.path);
    let help = match what {
        "StorageClass" => "add `local-path`, `linstor` or `rook-ceph` under `components`",
        _ => "add pools under `network.loadBalancers` and `metallb: {}` under `components`",
    };
    cx.report(
        Diagnostic::warning(
            "missing-capability",
            at,
            format!("`{}` needs a {what}, and no component brings one", component.name),
        )
        .note(reason.to_owned())
        .help(help),
    );
}

fn waits_for_itself(cx: &mut Resolver<'_>, component: &Chosen<'_>, index: usize) {
    let at = cx.value(&component.path.key("dependsOn").index(index));
    cx.report(
        Diagnostic::error("dependency-cycle", at, format!("`{}` waits for itself", component.name)).help("remove it"),
    );
}

fn unknown_dependency(
    cx: &mut Resolver<'_>,
    closure: &Closure<'_>,
    component: &Chosen<'_>,
    index: usize,
    other: &str,
    owner: &str,
) {
    let at = cx.value(&component.path.key("dependsOn").index(index));
    let help = did_you_mean(other, closure.iter().map(|c| c.name.as_str()))
        .unwrap_or_else(|| format!("add it under `{}`, or remove the dependency", component.path.parent()));
    cx.report(
        Diagnostic::error(
            "unknown-reference",
            at,
            format!("`{}` waits for `{other}`, which {owner} does not have", component.name),
        )
        .help(help)
        .fix_if(respelt(at, other, closure.iter().map(|c| c.name.as_str()))),
    );
}
