//! A tenant -> `flux/tenants/<tenant>.yaml`: the Flux Kustomizations that apply its folders in order.
//!
//! `tenant-<t>-cluster` is ready when the tenant's API answers and its kubeconfig exists; what needs one of them waits for it
//! instead of failing with growing pauses.
//!
//! A tenant goes in two steps. `state: deleting` turns the order around: first what reaches into the tenant lets go of it, then
//! the Cluster leaves the tree, Flux deletes it, and Cluster API takes down the rest in order; the controllers stay until the
//! namespace goes, for draining needs them. When the Cluster is gone, the tenant can leave `cloud.yaml`.

use super::{addons, origin, tree_path};
use crate::backend::flux_objects::{DeletionPolicy, Kustomization, Reference};
use crate::backend::objects::Objects;
use crate::catalog::{HealthCheck, HealthCheckExpr};
use crate::model::{Model, Tenant};

pub(super) fn emit(model: &Model, tenant: &Tenant, out: &mut Objects) {
    let mut cluster = cluster(model, tenant);
    let ready = Reference::local(cluster.name.clone());
    let mut integration = of_folder(model, tenant, "integration");
    integration.deletion_policy = DeletionPolicy::Orphan;
    let mut addons = addons::any(tenant).then(|| of_folder(model, tenant, "addons"));
    if tenant.deleting {
        if let Some(addons) = &mut addons {
            addons.health_checks = addons::let_go(tenant);
            cluster.depends_on = vec![Reference::local(addons.name.clone())];
        }
    } else {
        integration.depends_on = vec![ready.clone()];
        if let Some(addons) = &mut addons {
            addons.depends_on = vec![ready];
        }
    }
    let kustomizations: Vec<Kustomization> = [cluster, integration].into_iter().chain(addons).collect();
    let objects: Vec<_> = kustomizations.iter().map(Kustomization::to_value).collect();
    out.add(&format!("flux/tenants/{}.yaml", tenant.name), &[&origin(tenant, "")], objects);
}

fn of_folder(model: &Model, tenant: &Tenant, folder: &str) -> Kustomization {
    Kustomization::of_tree(model, format!("tenant-{}-{folder}", tenant.name), &tree_path(tenant, folder))
}

fn cluster(model: &Model, tenant: &Tenant) -> Kustomization {
    let api_version = &tenant.cluster_api.api_versions.kamaji_control_plane;
    let mut cluster = of_folder(model, tenant, "cluster");
    if tenant.deleting {
        return cluster;
    }
    cluster.depends_on = tenant.depends_on.iter().map(Reference::local).collect();
    cluster.substitute_from = tenant.talos.as_ref().map(|talos| talos.secret.clone());
    // Not of everything: machines take longer than the API, and cannot become ready without the network add-on after it.
    cluster.health_checks = vec![HealthCheck {
        api_version: api_version.clone(),
        kind: "KamajiControlPlane".to_owned(),
        name: tenant.name.clone(),
        namespace: tenant.namespace.clone(),
    }];
    // `ready` is set after the kubeconfig Secret is made (providers 0.19 and 0.20, controllers/kamajicontrolplane_controller.go).
    cluster.health_check_exprs = vec![HealthCheckExpr {
        api_version: api_version.clone(),
        kind: "KamajiControlPlane".to_owned(),
        current: "has(status.ready) && status.ready".to_owned(),
        in_progress: None,
        failed: None,
    }];
    cluster
}
