//! A tenant -> `tenants/<tenant>/addons/`: what Flux installs inside the tenant cluster.
//!
//! The folder holds one file of Flux Kustomizations per add-on, and beside each file a folder with what they apply. They
//! live in the tenant's namespace, not in Flux's: Flux reads a kubeconfig Secret only in the namespace of the object that
//! uses it. Namespaces of the tenant are objects too, applied through the same kubeconfig, so that they carry their
//! PodSecurity level and no release creates one on the way.
//!
//! Of a tenant that is being deleted everything here is suspended: Flux then lets go of it without a call to an API server
//! that is about to disappear, which would never end.

mod addon;
mod csi;
mod namespaces;

use super::folder::Folder;
use super::{kube_config, origin, tree_path};
use crate::backend::flux_objects::{Kustomization, Reference};
use crate::backend::objects::{Applied, Objects};
use crate::catalog::HealthCheck;
use crate::model::{Model, Tenant};

/// Whether the folder exists.
pub(super) fn any(tenant: &Tenant) -> bool {
    !tenant.storage_classes.is_empty() || !tenant.addons.is_empty()
}

pub(super) fn emit(model: &Model, tenant: &Tenant, out: &mut Objects) {
    if !any(tenant) {
        return;
    }
    let mut units = Vec::new();
    units.extend(namespaces::emit(model, tenant, out));
    units.extend(csi::emit(model, tenant, out));
    units.extend(tenant.addons.iter().map(|addon| addon::emit(model, tenant, addon, out)));
    let mut folder = Folder::new(out, tree_path(tenant, "addons"));
    for unit in units {
        let objects: Vec<_> = unit.kustomizations.iter().map(Kustomization::to_value).collect();
        folder.add(&unit.name, &unit.origin, objects);
    }
    folder.finish(&origin(tenant, "addons"));
}

/// Folders that a Kustomization of [`in_tenant`] applies.
const IN_TENANT: Applied = Applied { in_tenant: true, substituted: false };

/// A file of the folder.
struct Unit {
    /// Name of the file and of the folder beside it.
    name: String,
    /// In the order in which they become ready.
    kustomizations: Vec<Kustomization>,
    origin: String,
}

/// Name of a Kustomization of the tenant: two tenants may share a namespace.
fn kustomization_name(tenant: &Tenant, name: &str) -> String {
    format!("{}-{name}", tenant.name)
}

/// A Kustomization in the tenant's namespace that is ready when everything in it is. The path is below `addons/`.
fn in_host(model: &Model, tenant: &Tenant, name: &str, path: &str) -> Kustomization {
    let name = kustomization_name(tenant, name);
    let mut kustomization = Kustomization::of_tree(model, name, &tree_path(tenant, &format!("addons/{path}")));
    // A suspended release is never seen to be ready.
    kustomization.wait = !tenant.deleting;
    kustomization.into_namespace(&tenant.namespace)
}

/// The same for objects of the tenant cluster.
fn in_tenant(model: &Model, tenant: &Tenant, name: &str, path: &str) -> Kustomization {
    let mut kustomization = in_host(model, tenant, name, path);
    kustomization.kube_config = Some(kube_config(tenant));
    kustomization.suspend = tenant.deleting;
    kustomization
}

/// What is ready when every release of a tenant that is being deleted is suspended.
pub(super) fn let_go(tenant: &Tenant) -> Vec<HealthCheck> {
    let with_releases = tenant.addons.iter().filter(|addon| !addon.releases.is_empty());
    with_releases
        .map(|addon| HealthCheck {
            api_version: "kustomize.toolkit.fluxcd.io/v1".to_owned(),
            kind: "Kustomization".to_owned(),
            name: kustomization_name(tenant, &addon.name),
            namespace: tenant.namespace.clone(),
        })
        .collect()
}

fn after(tenant: &Tenant, name: &str) -> Reference {
    Reference::local(kustomization_name(tenant, name))
}
