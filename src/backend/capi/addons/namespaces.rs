//! Namespaces of a tenant's add-ons -> Namespace objects inside the tenant, each once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Folder, IN_TENANT, Unit, in_tenant, origin, tree_path};
use crate::backend::objects::Objects;
use crate::catalog::PodSecurity;
use crate::model::{Addon, BUILT_IN_NAMESPACES, Model, Tenant};

pub(super) const NAME: &str = "namespaces";

/// Namespaces that an add-on needs beside those.
fn of_addon(addon: &Addon) -> impl Iterator<Item = &str> {
    let in_releases = addon.releases.iter().map(|release| release.namespace.as_str());
    in_releases.chain([addon.namespace.as_str()]).filter(|namespace| !BUILT_IN_NAMESPACES.contains(namespace))
}

/// Whether the add-on has to wait for its namespaces.
pub(super) fn are_needed_by(addon: &Addon) -> bool {
    of_addon(addon).next().is_some()
}

/// Name -> the highest level that an add-on in it needs.
fn levels(tenant: &Tenant) -> BTreeMap<&str, PodSecurity> {
    let mut levels = BTreeMap::new();
    for addon in &tenant.addons {
        for namespace in of_addon(addon) {
            let level = levels.entry(namespace).or_insert(addon.pod_security);
            *level = addon.pod_security.max(*level);
        }
    }
    levels
}

/// Not pruned: what people put into a namespace is not ours to delete when an add-on goes.
pub(super) fn emit(model: &Model, tenant: &Tenant, out: &mut Objects) -> Option<Unit> {
    let levels = levels(tenant);
    if levels.is_empty() {
        return None;
    }
    let origin = origin(tenant, "addons");
    let mut folder = Folder::new(out, tree_path(tenant, &format!("addons/{NAME}"))).applied(IN_TENANT);
    for (name, level) in levels {
        folder.add(name, &origin, [namespace(name, level)]);
    }
    folder.finish(&origin);
    let mut kustomization = in_tenant(model, tenant, NAME, NAME);
    kustomization.prune = false;
    Some(Unit { name: NAME.to_owned(), kustomizations: vec![kustomization], origin })
}

fn namespace(name: &str, level: PodSecurity) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": level.as_str()}},
    })
}
