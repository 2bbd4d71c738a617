//! The platform: every component rendered, in a proven order, with the namespaces that they share.

use indexmap::IndexMap;
use serde_json::Value;

use super::Resolver;
use super::components::{self, Chosen, Closure, DELIVERY};
use super::context::{Context, Scope, broken_entry};
use super::objects;
use super::order::{order, sorted};
use super::parameters::Names;
use super::render::{render_layers, secrets};
use crate::diag::Diagnostic;
use crate::model::{BUILT_IN_NAMESPACES, Component, EXTRA_MANIFESTS, Layer, NAMESPACES, Namespace, Platform};
use crate::syntax::Path;

pub(super) fn platform(cx: &mut Resolver<'_>, context: &Context, closure: &Closure<'_>) -> Platform {
    let mut platform = Platform::default();
    let cni = closure.holders(cx, context, "cni");
    let mut rendered: IndexMap<String, Rendered> = IndexMap::new();
    for component in closure.iter() {
        let scope = context.component(cx, component);
        let layers = render_layers(cx, &scope, component, &mut platform.sources);
        storage_classes(cx, &scope, closure, component, &mut platform);
        platform.ingress_class = platform.ingress_class.or_else(|| component.entry.provides.ingress_class.clone());
        secrets(cx, &scope, component, &mut platform.secrets);
        rendered.insert(component.name.clone(), Rendered { layers });
    }
    // Who makes which class is known only now.
    let names = Names::storage_classes(platform.storage_classes.keys().cloned());
    closure.iter().for_each(|component| components::references(cx, component, &names));
    check_layer_names(cx, closure, &rendered);
    objects::check(cx, closure, &rendered);
    let graph = order(cx, context, closure, &rendered, &cni, &platform);
    let Some(sorted) = sorted(cx, &graph, closure, "components", &Path::of(["components"])) else { return platform };
    let reduced = graph.reduced();
    namespaces(closure, &rendered, &mut platform.namespaces);
    for component in closure.iter() {
        let mut layers = std::mem::take(&mut rendered[&component.name].layers);
        for layer in &mut layers {
            layer.depends_on = reduced.get(&layer.name).cloned().unwrap_or_default();
        }
        let scope = context.component(cx, component);
        let notes = notes(cx, &scope, component);
        platform.components.push(Component {
            name: component.name.clone(),
            title: component.entry.title.clone(),
            namespace: component.namespace.clone(),
            variant: scope.variant.clone(),
            parameters: component.parameters.clone(),
            protected: component.entry.protected,
            cni: cni.contains(&component.name) || serves_cni(closure, &cni, &component.name),
            delivers: component.name == DELIVERY,
            interval: component.interval(),
            layers,
            notes,
            because: component.because.clone(),
            origins: vec![component.path.to_string()],
        });
    }
    let position = |component: &Component| {
        component
            .layers
            .first()
            .and_then(|first| sorted.iter().position(|name| *name == first.name))
            .unwrap_or(usize::MAX)
    };
    platform.components.sort_by_key(position);
    platform.sources.sort_by(|a, b| a.name.cmp(&b.name));
    platform
}

fn notes(cx: &mut Resolver<'_>, scope: &Scope, component: &Chosen<'_>) -> String {
    let Some(template) = &component.entry.notes else { return String::new() };
    match cx.catalog.templates.text(template, &scope.names) {
        Ok(text) => text.trim().to_owned(),
        Err(error) => {
            broken_entry(cx, component, "notes", &error);
            String::new()
        }
    }
}

/// Each layer becomes a Flux Kustomization, and those share one namespace.
fn check_layer_names(cx: &mut Resolver<'_>, closure: &Closure<'_>, rendered: &IndexMap<String, Rendered>) {
    let mut taken: Vec<String> = [NAMESPACES, EXTRA_MANIFESTS, "apps", "flux-system"].map(str::to_owned).to_vec();
    for name in cx.spec.tenants.keys() {
        taken.extend(["cluster", "integration", "addons"].map(|part| format!("tenant-{name}-{part}")));
    }
    for component in closure.iter() {
        for layer in &rendered[&component.name].layers {
            if taken.contains(&layer.name) {
                let at = cx.key(&component.path);
                cx.report(
                    Diagnostic::error(
                        "duplicate-name",
                        at,
                        format!("a second Flux Kustomization would be called `{}`", layer.name),
                    )
                    .help("give the component another name"),
                );
            }
            taken.push(layer.name.clone());
        }
    }
}

/// What a component applies, before its place in the order is known.
pub(super) struct Rendered {
    pub layers: Vec<Layer>,
}

/// Whether the CNI itself needs the component first, or is chained onto it.
fn serves_cni(closure: &Closure<'_>, cni: &[String], name: &str) -> bool {
    cni.iter().filter_map(|holder| closure.get(holder)).any(|holder| {
        holder.entry.after.iter().any(|after| after == name)
            && closure.get(name).is_some_and(|c| c.entry.slots.iter().any(|slot| slot.name == "cni"))
            || holder.entry.requires.iter().any(|requirement| requirement.component.as_deref() == Some(name))
    })
}

fn storage_classes(
    cx: &mut Resolver<'_>,
    scope: &Scope,
    closure: &Closure<'_>,
    component: &Chosen<'_>,
    platform: &mut Platform,
) {
    let Some(expression) = component.entry.provides.storage_classes.clone() else { return };
    match cx.catalog.templates.expression(&expression, &scope.names) {
        Ok(Value::Object(map)) => {
            for (name, class) in map {
                if class["default"] == Value::Bool(true) {
                    default_class(cx, component, &name, platform);
                }
                let owner = platform.storage_classes.insert(name.clone(), component.name.clone());
                if let Some(first) = owner.and_then(|owner| closure.get(&owner)) {
                    objects::made_twice(cx, first, component, &format!("StorageClass `{name}`"));
                }
            }
        }
        Ok(_) => {}
        Err(error) => broken_entry(cx, component, "storageClasses", &error),
    }
}

fn default_class(cx: &mut Resolver<'_>, component: &Chosen<'_>, name: &str, platform: &mut Platform) {
    let Some(first) = platform.default_class.replace(name.to_owned()) else { return };
    let at = cx.key(&component.path);
    let label = cx.key(&Path::of(["components", platform.storage_classes[&first].as_str()]));
    cx.report(
        Diagnostic::error("two-default-classes", at, format!("StorageClass `{name}` is a second default"))
            .label(label, "the first default is made here")
            .help("set `default: true` on one class only"),
    );
}

/// One object per namespace, with the highest level that any of its components needs.
fn namespaces(closure: &Closure<'_>, rendered: &IndexMap<String, Rendered>, out: &mut Vec<Namespace>) {
    for component in closure.iter() {
        // What already is an object of a layer is owned there.
        let own =
            rendered[&component.name].layers.iter().flat_map(|layer| &layer.objects).any(|object| {
                object["kind"] == "Namespace" && object["metadata"]["name"] == component.namespace.as_str()
            });
        // Of Kubernetes' own, Talos exempts kube-system from PodSecurity.
        if own || BUILT_IN_NAMESPACES.contains(&component.namespace.as_str()) {
            continue;
        }
        let level = component.entry.namespace.pod_security;
        let origin = component.path.to_string();
        match out.iter_mut().find(|known| known.name == component.namespace) {
            Some(known) => {
                known.pod_security = known.pod_security.max(level);
                known.components.push(component.name.clone());
                if !known.origins.contains(&origin) {
                    known.origins.push(origin);
                }
            }
            None => out.push(Namespace {
                name: component.namespace.clone(),
                pod_security: level,
                components: vec![component.name.clone()],
                origins: vec![origin],
            }),
        }
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
}
