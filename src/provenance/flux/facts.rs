//! What a row of Flux cannot say by itself and has to be looked up.

use crate::provenance::cause::Cause::Path;
use crate::provenance::cause::Scope;
use crate::provenance::cloud::{Step, find};
use crate::provenance::components::{self, Owner};
use crate::provenance::{Origin, pattern, template};
use crate::syntax::Path as SpecPath;

pub(super) fn owner(scope: &Scope<'_>) -> Owner {
    Owner { component: scope.name("component").to_owned(), tenant: None }
}

/// Everything that decides which layers there are, and which waits for which.
pub(in crate::provenance) fn graph(scope: &Scope<'_>) -> Vec<Origin> {
    let provenance = scope.provenance;
    let known = provenance.once("graph".to_owned(), || {
        let mut origins = components::roster(provenance, None);
        for component in &provenance.compiled.model.platform.components {
            let owner = Owner { component: component.name.clone(), tenant: None };
            origins.extend(components::shape(provenance, &owner, None).iter().cloned());
        }
        for tenant in &provenance.compiled.model.tenants {
            origins.extend(components::roster(provenance, Some(&tenant.name)));
        }
        origins.sort();
        origins.dedup();
        origins
    });
    known.to_vec()
}

pub(super) fn depends_on(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = scope.all(&[Path("components.{component}.dependsOn")]);
    origins.retain(|origin| matches!(origin, Origin::Spec(_)));
    if origins.is_empty() {
        origins.push(components::catalog(scope.provenance, &owner(scope), "what it requires and comes after"));
    }
    origins
}

pub(super) fn kustomizations(scope: &Scope<'_>) -> Vec<Origin> {
    components::shape(scope.provenance, &owner(scope), None).to_vec()
}

pub(super) fn layer(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = components::shape(scope.provenance, &owner(scope), Some(scope.name("layer"))).to_vec();
    origins.extend(scope.all(&[Path("components.{component}.namespace")]));
    origins
}

pub(super) fn timeout(scope: &Scope<'_>) -> Vec<Origin> {
    components::own(scope.provenance, &owner(scope), "timeout", "timeouts of the releases")
}

/// The name of the release that an object installs.
pub(super) fn release_name(scope: &Scope<'_>) -> String {
    scope.object.name.clone().unwrap_or_default()
}

pub(super) fn release(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = components::values(scope.provenance, &owner(scope), &release_name(scope)).to_vec();
    origins.extend(scope.all(&[Path("components.{component}.namespace")]));
    origins
}

pub(super) fn release_version(scope: &Scope<'_>) -> Vec<Origin> {
    components::version(scope.provenance, &owner(scope), Some(&release_name(scope)))
}

pub(super) fn release_catalog(scope: &Scope<'_>) -> Vec<Origin> {
    vec![components::catalog(scope.provenance, &owner(scope), &format!("release `{}`", release_name(scope)))]
}

pub(super) fn release_timeout(scope: &Scope<'_>) -> Vec<Origin> {
    components::own(scope.provenance, &owner(scope), "timeout", "timeout of the release")
}

pub(super) fn own_namespace(scope: &Scope<'_>) -> Vec<Origin> {
    components::own(scope.provenance, &owner(scope), "namespace", "namespace")
}

pub(super) fn objects(scope: &Scope<'_>) -> Vec<Origin> {
    said_objects(scope, &owner(scope), Some(scope.name("layer")))
}

/// What the templates of an entry say of an object.
pub(in crate::provenance) fn said_objects(scope: &Scope<'_>, owner: &Owner, layer: Option<&str>) -> Vec<Origin> {
    let mut origins = Vec::new();
    let entry = components::entry(scope.provenance, owner);
    let layers = entry.into_iter().flat_map(|entry| &entry.layers);
    for own in layers.filter(|own| layer.is_none_or(|layer| own.name == layer)) {
        let Some(template) = &own.objects else { continue };
        let (kind, hints) = (Some(scope.object.kind.as_str()), hints(scope));
        origins.extend(template::says(scope.provenance, owner, template, kind, scope.path, &hints));
    }
    let what = layer.map_or_else(|| "objects".to_owned(), |layer| format!("objects of layer `{layer}`"));
    origins.push(components::catalog(scope.provenance, owner, &what));
    origins
}

/// Names around a place that may be keys of what a template goes through.
pub(super) fn hints(scope: &Scope<'_>) -> Vec<String> {
    let items = scope.path.iter().rev().map(pattern::text);
    items.chain(scope.object.name.clone()).collect()
}

pub(super) fn values(scope: &Scope<'_>) -> Vec<Origin> {
    said_values(scope, &owner(scope), &release_name(scope))
}

/// What the user says of a value, else the template of the entry.
pub(in crate::provenance) fn said_values(scope: &Scope<'_>, owner: &Owner, release: &str) -> Vec<Origin> {
    let provenance = scope.provenance;
    let primary = components::entry(provenance, owner)
        .is_none_or(|entry| entry.primary().is_some_and(|primary| primary.name == release));
    let below = scope.captures.rest.iter().cloned().map(Step::Of);
    let steps: Vec<Step> = std::iter::once(Step::Key("values".to_owned())).chain(below).collect();
    let mut origins = Vec::new();
    let mut whole = false;
    for found in find(scope.document(), &owner.path(), &steps).into_iter().filter(|_| primary) {
        if let Some(node) = found.node {
            whole = !matches!(node.kind, crate::syntax::NodeKind::Map(_));
            origins.push(Origin::Spec(found.path));
        }
    }
    // A map of the user's stands beside what the template says.
    if !whole {
        match components::entry(provenance, owner) {
            Some(entry) => {
                let releases = entry.releases().filter(|own| own.name == release);
                for template in releases.filter_map(|own| own.values.as_deref()) {
                    let hints = hints(scope);
                    origins.extend(template::says(provenance, owner, template, None, &scope.captures.rest, &hints));
                }
                origins.push(components::catalog(provenance, owner, &format!("values of `{release}`")));
            }
            None => origins.push(Origin::Spec(owner.path().key("values"))),
        }
    }
    origins.extend(found_default(
        scope,
        owner,
        &steps,
        primary && origins.iter().all(|o| !matches!(o, Origin::Spec(_))),
    ));
    origins
}

/// The key that would say a value.
pub(super) fn found_default(scope: &Scope<'_>, owner: &Owner, steps: &[Step], wanted: bool) -> Vec<Origin> {
    if !wanted {
        return Vec::new();
    }
    let found = find(scope.document(), &owner.path(), steps);
    found.into_iter().filter(|found| found.node.is_none()).map(|found| Origin::Default(found.path)).collect()
}

/// The components that live in a namespace.
pub(super) fn dwellers(scope: &Scope<'_>) -> Vec<Owner> {
    let namespaces = &scope.provenance.compiled.model.platform.namespaces;
    let namespace = namespaces.iter().find(|namespace| namespace.name == scope.name("namespace"));
    let names = namespace.into_iter().flat_map(|namespace| &namespace.components);
    names.map(|name| Owner { component: name.clone(), tenant: None }).collect()
}

pub(super) fn namespace(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = Vec::new();
    for owner in dwellers(scope) {
        origins.extend(components::own(scope.provenance, &owner, "namespace", "namespace"));
        origins.extend(components::presence(scope.provenance, &owner).iter().cloned());
    }
    origins
}

pub(super) fn pod_security(scope: &Scope<'_>) -> Vec<Origin> {
    dwellers(scope).iter().map(|owner| components::catalog(scope.provenance, owner, "namespace.podSecurity")).collect()
}

pub(super) fn all_namespaces(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = graph(scope);
    origins.extend(scope.all(&[Path("components.*.namespace")]));
    origins
}

/// Who uses a source, and for which release.
pub(super) fn users(scope: &Scope<'_>) -> Vec<(Owner, Option<String>)> {
    let model = &scope.provenance.compiled.model;
    let name = scope.name("source");
    let mut users = Vec::new();
    for component in &model.platform.components {
        let owner = Owner { component: component.name.clone(), tenant: None };
        for layer in &component.layers {
            let releases = layer.releases.iter().filter(|release| release.chart.source == name);
            users.extend(releases.map(|release| (owner.clone(), Some(release.name.clone()))));
            users.extend(layer.manifests.iter().filter(|own| own.source == name).map(|_| (owner.clone(), None)));
        }
    }
    for tenant in &model.tenants {
        for addon in &tenant.addons {
            let owner = Owner { component: addon.name.clone(), tenant: Some(tenant.name.clone()) };
            let releases = addon.releases.iter().filter(|release| release.chart.source == name);
            users.extend(releases.map(|release| (owner.clone(), Some(release.name.clone()))));
        }
    }
    users
}

pub(super) fn source(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = components::roster(scope.provenance, None);
    for (owner, _) in users(scope) {
        if let Some(tenant) = &owner.tenant {
            origins.push(Origin::Key(SpecPath::of(["tenants", tenant])));
        }
        origins.extend(components::presence(scope.provenance, &owner).iter().cloned());
    }
    origins
}

pub(super) fn source_version(scope: &Scope<'_>) -> Vec<Origin> {
    users(scope)
        .iter()
        .flat_map(|(owner, release)| components::version(scope.provenance, owner, release.as_deref()))
        .collect()
}

pub(super) fn source_catalog(scope: &Scope<'_>) -> Vec<Origin> {
    users(scope).iter().map(|(owner, _)| components::catalog(scope.provenance, owner, "where the chart is")).collect()
}

/// The component that brings up a release by hand.
pub(super) fn by_hand(scope: &Scope<'_>) -> Option<Owner> {
    let release = scope.name("release");
    let components = &scope.provenance.compiled.model.platform.components;
    let component = components.iter().filter(|component| component.cni || component.delivers).find(|component| {
        component
            .layers
            .iter()
            .any(|layer| layer.releases.iter().any(|own| own.name == release) || layer.name == scope.name("layer"))
    });
    component.map(|component| Owner { component: component.name.clone(), tenant: None })
}

pub(super) fn bootstrap_release(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = cni(scope);
    if let Some(owner) = by_hand(scope) {
        origins.extend(components::values(scope.provenance, &owner, scope.name("release")).iter().cloned());
    }
    origins
}

/// Who is the network of the cluster.
pub(super) fn cni(scope: &Scope<'_>) -> Vec<Origin> {
    components::roster(scope.provenance, None)
}

pub(super) fn bootstrap_values(scope: &Scope<'_>) -> Vec<Origin> {
    by_hand(scope).map(|owner| said_values(scope, &owner, scope.name("release"))).unwrap_or_default()
}

pub(super) fn bootstrap_layer(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = cni(scope);
    if let Some(owner) = by_hand(scope) {
        origins.extend(components::shape(scope.provenance, &owner, None).iter().cloned());
    }
    origins
}

pub(super) fn bootstrap_objects(scope: &Scope<'_>) -> Vec<Origin> {
    by_hand(scope).map(|owner| said_objects(scope, &owner, None)).unwrap_or_default()
}
