//! `flux/` and `bootstrap/`: what Flux delivers into the management cluster.

use super::Origin;
use super::cause::Cause::{self, Find, Path, Rule};
use super::cause::Scope;
use super::cloud::{Step, find};
use super::components::{self, Owner};
use super::table::{Files, Kind, Row, row, shaped};
use crate::syntax::Path as SpecPath;

const ORDER: &[Cause] = &[Find(graph), Cause::Key("tenants"), Path("delivery.apps")];
const INTERVAL: &[Cause] = &[Path("delivery.interval")];

pub(super) const FILES: &[Files] = &[
    Files { pattern: "flux/kustomization.yaml", shaped: ORDER, kinds: LIST },
    Files {
        pattern: "flux/namespaces.yaml",
        shaped: &[],
        kinds: &[Kind { name: "Kustomization", shaped: &[], rows: DELIVERY_AND_RULE }],
    },
    Files { pattern: "flux/namespaces/kustomization.yaml", shaped: &[Find(all_namespaces)], kinds: LIST },
    Files {
        pattern: "flux/namespaces/{namespace}.yaml",
        shaped: &[Find(namespace)],
        kinds: &[Kind {
            name: "*",
            shaped: &[],
            rows: &[row("metadata.labels.**", &[Find(pod_security)]), row("metadata.name", &[Find(namespace)])],
        }],
    },
    Files {
        pattern: "flux/sources/{source}.yaml",
        shaped: &[Find(source)],
        kinds: &[Kind {
            name: "*",
            shaped: &[],
            rows: &[
                row("spec.ref.**", &[Find(source_version)]),
                row("spec.url", &[Find(source_catalog)]),
                row("spec.sparseCheckout.**", &[Find(source_catalog)]),
                row("**", &[Rule("how Flux fetches charts")]),
            ],
        }],
    },
    Files {
        pattern: "flux/apps.yaml",
        shaped: &[Path("delivery.apps")],
        kinds: &[Kind { name: "*", shaped: &[], rows: APPS }],
    },
    Files {
        pattern: "flux/components/{component}.yaml",
        shaped: &[Find(kustomizations)],
        kinds: &[Kind { name: "Kustomization", shaped: &[], rows: KUSTOMIZATION }],
    },
    Files { pattern: "flux/components/{component}/{layer}/kustomization.yaml", shaped: &[Find(layer)], kinds: LIST },
    Files {
        pattern: "flux/components/{component}/{layer}/*",
        shaped: &[],
        kinds: &[
            Kind { name: "HelmRelease", shaped: &[Find(release)], rows: HELM_RELEASE },
            Kind { name: "*", shaped: &[Find(layer)], rows: OBJECT },
        ],
    },
    Files { pattern: "bootstrap/00-namespaces/*", shaped: &[], kinds: LIST },
    Files {
        pattern: "bootstrap/*/{release}.values.yaml",
        shaped: &[Find(bootstrap_release)],
        kinds: &[Kind { name: "*", shaped: &[], rows: &[row("**", &[Find(bootstrap_values)])] }],
    },
    Files {
        pattern: "bootstrap/*/{layer}.yaml",
        shaped: &[Find(bootstrap_layer)],
        kinds: &[Kind { name: "*", shaped: &[], rows: &[row("**", &[Find(bootstrap_objects)])] }],
    },
];

const LIST: &[Kind] = &[Kind { name: "*", shaped: &[], rows: &[row("**", &[Rule("what the folder holds")])] }];

const DELIVERY_AND_RULE: &[Row] = &[
    row("spec.interval", INTERVAL),
    row("spec.decryption.**", &[Path("delivery.sops.age")]),
    row("spec.path", &[Path("delivery.git.path")]),
    row("**", &[Rule("how Flux applies a layer")]),
];

const APPS: &[Row] = &[
    row("spec.path", &[Path("delivery.apps")]),
    row("spec.interval", INTERVAL),
    row("spec.decryption.**", &[Path("delivery.sops.age")]),
    shaped("spec.dependsOn.**", &[Find(graph)], &[]),
    row("**", &[Rule("how Flux applies a layer")]),
];

const KUSTOMIZATION: &[Row] = &[
    row("spec.interval", INTERVAL),
    row("spec.decryption.**", &[Path("delivery.sops.age")]),
    shaped("spec.path", &[Path("delivery.git.path")], &[]),
    shaped("spec.dependsOn.**", &[Find(depends_on)], &[Find(graph)]),
    row("spec.timeout", &[Find(timeout)]),
    row("**", &[Rule("how Flux applies a layer")]),
];

const HELM_RELEASE: &[Row] = &[
    row("spec.values.**", &[Find(values)]),
    row("spec.chart.spec.version", &[Find(release_version)]),
    row("spec.chart.**", &[Find(release_catalog)]),
    row("spec.chartRef.**", &[Find(release_catalog)]),
    row("spec.interval", &[Path("components.{component}.interval")]),
    row("spec.timeout", &[Find(release_timeout)]),
    row("metadata.namespace", &[Find(own_namespace)]),
    row("spec.releaseName", &[Find(release_catalog)]),
    row("metadata.name", &[Find(release_catalog)]),
    row("**", &[Rule("how Flux runs a release")]),
];

const OBJECT: &[Row] = &[row("metadata.namespace", &[Find(own_namespace), Find(objects)]), row("**", &[Find(objects)])];

fn owner(scope: &Scope<'_>) -> Owner {
    Owner { component: scope.name("component").to_owned(), tenant: None }
}

/// Everything that decides which layers there are, and which waits for which.
pub(super) fn graph(scope: &Scope<'_>) -> Vec<Origin> {
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

fn depends_on(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = scope.all(&[Path("components.{component}.dependsOn")]);
    origins.retain(|origin| matches!(origin, Origin::Spec(_)));
    if origins.is_empty() {
        origins.push(components::catalog(scope.provenance, &owner(scope), "what it requires and comes after"));
    }
    origins
}

fn kustomizations(scope: &Scope<'_>) -> Vec<Origin> {
    components::shape(scope.provenance, &owner(scope), None).to_vec()
}

fn layer(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = components::shape(scope.provenance, &owner(scope), Some(scope.name("layer"))).to_vec();
    origins.extend(scope.all(&[Path("components.{component}.namespace")]));
    origins
}

fn timeout(scope: &Scope<'_>) -> Vec<Origin> {
    components::own(scope.provenance, &owner(scope), "timeout", "timeouts of the releases")
}

/// The name of the release that an object installs.
fn release_name(scope: &Scope<'_>) -> String {
    scope.object.name.clone().unwrap_or_default()
}

fn release(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = components::values(scope.provenance, &owner(scope), &release_name(scope)).to_vec();
    origins.extend(scope.all(&[Path("components.{component}.namespace")]));
    origins
}

fn release_version(scope: &Scope<'_>) -> Vec<Origin> {
    components::version(scope.provenance, &owner(scope), Some(&release_name(scope)))
}

fn release_catalog(scope: &Scope<'_>) -> Vec<Origin> {
    vec![components::catalog(scope.provenance, &owner(scope), &format!("release `{}`", release_name(scope)))]
}

fn release_timeout(scope: &Scope<'_>) -> Vec<Origin> {
    components::own(scope.provenance, &owner(scope), "timeout", "timeout of the release")
}

fn own_namespace(scope: &Scope<'_>) -> Vec<Origin> {
    components::own(scope.provenance, &owner(scope), "namespace", "namespace")
}

fn objects(scope: &Scope<'_>) -> Vec<Origin> {
    vec![components::catalog(scope.provenance, &owner(scope), &format!("objects of layer `{}`", scope.name("layer")))]
}

fn values(scope: &Scope<'_>) -> Vec<Origin> {
    said_values(scope, &owner(scope), &release_name(scope))
}

/// What the user says of a value, else the template of the entry.
pub(super) fn said_values(scope: &Scope<'_>, owner: &Owner, release: &str) -> Vec<Origin> {
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
            Some(_) => origins.push(components::catalog(provenance, owner, &format!("values of `{release}`"))),
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
fn found_default(scope: &Scope<'_>, owner: &Owner, steps: &[Step], wanted: bool) -> Vec<Origin> {
    if !wanted {
        return Vec::new();
    }
    let found = find(scope.document(), &owner.path(), steps);
    found.into_iter().filter(|found| found.node.is_none()).map(|found| Origin::Default(found.path)).collect()
}

/// The components that live in a namespace.
fn dwellers(scope: &Scope<'_>) -> Vec<Owner> {
    let namespaces = &scope.provenance.compiled.model.platform.namespaces;
    let namespace = namespaces.iter().find(|namespace| namespace.name == scope.name("namespace"));
    let names = namespace.into_iter().flat_map(|namespace| &namespace.components);
    names.map(|name| Owner { component: name.clone(), tenant: None }).collect()
}

fn namespace(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = Vec::new();
    for owner in dwellers(scope) {
        origins.extend(components::own(scope.provenance, &owner, "namespace", "namespace"));
        origins.extend(components::presence(scope.provenance, &owner).iter().cloned());
    }
    origins
}

fn pod_security(scope: &Scope<'_>) -> Vec<Origin> {
    dwellers(scope).iter().map(|owner| components::catalog(scope.provenance, owner, "namespace.podSecurity")).collect()
}

fn all_namespaces(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = graph(scope);
    origins.extend(scope.all(&[Path("components.*.namespace")]));
    origins
}

/// Who uses a source, and for which release.
fn users(scope: &Scope<'_>) -> Vec<(Owner, Option<String>)> {
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

fn source(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = Vec::new();
    for (owner, release) in users(scope) {
        if let Some(tenant) = &owner.tenant {
            origins.push(Origin::Key(SpecPath::of(["tenants", tenant])));
        }
        origins.extend(components::presence(scope.provenance, &owner).iter().cloned());
        origins.extend(components::version(scope.provenance, &owner, release.as_deref()));
    }
    origins
}

fn source_version(scope: &Scope<'_>) -> Vec<Origin> {
    users(scope)
        .iter()
        .flat_map(|(owner, release)| components::version(scope.provenance, owner, release.as_deref()))
        .collect()
}

fn source_catalog(scope: &Scope<'_>) -> Vec<Origin> {
    users(scope).iter().map(|(owner, _)| components::catalog(scope.provenance, owner, "where the chart is")).collect()
}

/// The component that brings up a release by hand.
fn by_hand(scope: &Scope<'_>) -> Option<Owner> {
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

fn bootstrap_release(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = cni(scope);
    if let Some(owner) = by_hand(scope) {
        origins.extend(components::values(scope.provenance, &owner, scope.name("release")).iter().cloned());
    }
    origins
}

/// Who is the network of the cluster.
fn cni(scope: &Scope<'_>) -> Vec<Origin> {
    components::roster(scope.provenance, None)
}

fn bootstrap_values(scope: &Scope<'_>) -> Vec<Origin> {
    by_hand(scope).map(|owner| said_values(scope, &owner, scope.name("release"))).unwrap_or_default()
}

fn bootstrap_layer(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = cni(scope);
    if let Some(owner) = by_hand(scope) {
        origins.extend(components::shape(scope.provenance, &owner, None).iter().cloned());
    }
    origins
}

fn bootstrap_objects(scope: &Scope<'_>) -> Vec<Origin> {
    by_hand(scope).map(|owner| components::catalog(scope.provenance, &owner, "objects")).into_iter().collect()
}
