//! What a row of a tenant cannot say by itself and has to be looked up.

use super::{LAYOUT, SIZE};
use crate::provenance::cause::Cause::{self, Path};
use crate::provenance::cause::Scope;
use crate::provenance::components::{self, Owner};
use crate::provenance::flux::{self, said_values};
use crate::provenance::{Origin, images, pattern};
use crate::syntax::Path as SpecPath;

pub(super) fn last(scope: &Scope<'_>) -> String {
    scope.path.last().map(pattern::text).unwrap_or_default()
}

/// Images of only one architecture go where that is.
pub(super) fn archs(scope: &Scope<'_>) -> Vec<Origin> {
    images::ingredients_of_all(scope)
}

/// What the autoscaler is told of a group.
pub(super) fn scaling(scope: &Scope<'_>) -> Vec<Origin> {
    let key = last(scope);
    let causes: &[Cause] = match key.rsplit('/').next().unwrap_or_default() {
        "cluster-api-autoscaler-node-group-min-size" => &[Path("tenants.{tenant}.nodeGroups.{group}.replicas.min")],
        "cluster-api-autoscaler-node-group-max-size" => &[Path("tenants.{tenant}.nodeGroups.{group}.replicas.max")],
        "cpu" => &[Path("tenants.{tenant}.nodeGroups.{group}.cpu"), SIZE],
        "memory" => &[Path("tenants.{tenant}.nodeGroups.{group}.memory"), SIZE],
        "ephemeral-disk" => &[Path("tenants.{tenant}.nodeGroups.{group}.disk"), SIZE],
        "gpu-type" | "gpu-count" => &[Path("tenants.{tenant}.nodeGroups.{group}.gpus"), SIZE],
        "labels" => &[Path("tenants.{tenant}.nodeGroups.{group}.labels"), SIZE],
        "taints" => &[Path("tenants.{tenant}.nodeGroups.{group}.taints"), SIZE],
        _ => &[],
    };
    scope.all(causes)
}

pub(super) fn machine_label(scope: &Scope<'_>) -> Vec<Origin> {
    let key = last(scope);
    if key.starts_with("node-role.kubernetes.io/") {
        return scope.all(&[Path("tenants.{tenant}.nodeGroups.{group}.roles")]);
    }
    if key.starts_with("cluster.x-k8s.io/") {
        return scope.all(LAYOUT);
    }
    scope.all(&[Path("tenants.{tenant}.nodeGroups.{group}.labels.$1")])
}

pub(super) fn hard(scope: &Scope<'_>) -> Vec<Origin> {
    let causes: &[Cause] = match last(scope).as_str() {
        "requests.cpu" => &[Path("tenants.{tenant}.quota.cpu")],
        "requests.memory" => &[Path("tenants.{tenant}.quota.memory")],
        _ => &[Path("tenants.{tenant}.quota.storage")],
    };
    scope.all(causes)
}

/// Who serves Ingresses and Gateways in the management cluster.
pub(super) fn proxies(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = components::roster(scope.provenance, None);
    for name in ["tenant-gateway", "ingress-nginx"] {
        let owner = Owner { component: name.to_owned(), tenant: None };
        origins.extend(components::presence(scope.provenance, &owner).iter().cloned());
        origins.extend(components::parameters(scope.provenance, &owner));
    }
    origins
}

/// A flag of the autoscaler.
pub(super) fn flag(scope: &Scope<'_>) -> Vec<Origin> {
    let text = last(scope);
    let flag = text.trim_start_matches('-').split('=').next().unwrap_or_default();
    let mut camel = String::new();
    for part in flag.split('-') {
        let mut letters = part.chars();
        match letters.next() {
            Some(first) if !camel.is_empty() => camel.extend(first.to_uppercase().chain(letters)),
            Some(first) => camel.extend(std::iter::once(first).chain(letters)),
            None => {}
        }
    }
    let path = SpecPath::of(["tenants", scope.name("tenant"), "autoscaler"]);
    for path in [path.key("extraArgs").key(flag), path.key(&camel)] {
        if scope.document().contains(&path) {
            return vec![Origin::Spec(path)];
        }
    }
    scope.all(LAYOUT)
}

pub(super) fn owner(scope: &Scope<'_>) -> Owner {
    Owner { component: scope.name("addon").to_owned(), tenant: Some(scope.name("tenant").to_owned()) }
}

/// Everything that decides which add-ons a tenant has, and which waits for which.
pub(super) fn addon_order(scope: &Scope<'_>) -> Vec<Origin> {
    let provenance = scope.provenance;
    let tenant = scope.name("tenant");
    let known = provenance.once(format!("add-ons of {tenant}"), || {
        let mut origins = components::roster(provenance, Some(tenant));
        for addon in scope.tenant().into_iter().flat_map(|tenant| &tenant.addons) {
            let owner = Owner { component: addon.name.clone(), tenant: Some(tenant.to_owned()) };
            origins.extend(components::shape(provenance, &owner, None).iter().cloned());
        }
        origins.sort();
        origins.dedup();
        origins
    });
    known.to_vec()
}

pub(super) fn addon(scope: &Scope<'_>) -> Vec<Origin> {
    let owner = owner(scope);
    let mut origins = components::shape(scope.provenance, &owner, None).to_vec();
    if let Some(entry) = components::entry(scope.provenance, &owner) {
        for release in entry.releases() {
            origins.extend(components::values(scope.provenance, &owner, &release.name).iter().cloned());
        }
    }
    origins.extend(
        scope
            .all(&[Path("tenants.{tenant}.addons.{addon}.timeout"), Path("tenants.{tenant}.addons.{addon}.namespace")]),
    );
    origins
}

/// The name of the release inside the tenant: the object has the tenant's before it.
pub(super) fn release(scope: &Scope<'_>) -> String {
    let name = scope.object.name.as_deref().unwrap_or_default();
    name.strip_prefix(scope.name("tenant")).and_then(|name| name.strip_prefix('-')).unwrap_or(name).to_owned()
}

pub(super) fn addon_values(scope: &Scope<'_>) -> Vec<Origin> {
    said_values(scope, &owner(scope), &release(scope))
}

pub(super) fn addon_version(scope: &Scope<'_>) -> Vec<Origin> {
    components::version(scope.provenance, &owner(scope), Some(&release(scope)))
}

pub(super) fn addon_catalog(scope: &Scope<'_>) -> Vec<Origin> {
    vec![components::catalog(scope.provenance, &owner(scope), "release")]
}

pub(super) fn addon_objects(scope: &Scope<'_>) -> Vec<Origin> {
    flux::said_objects(scope, &owner(scope), None)
}
