//! Tenants -> Cluster API objects, the controllers that join a tenant to its host, and what Flux installs inside.
//!
//! Plain objects instead of a `ClusterClass`: this compiler is the template engine, and what the controllers act on is what
//! a review of the tree shows. API versions are those of the tenant's set; what differs between its contract and another's is
//! asked of `dialect`.

mod addons;
mod cluster;
mod dialect;
mod flux;
mod folder;
mod integration;
mod node_group;
mod talos;

use serde_json::{Value, json};

use super::flux_objects::{KubeConfig, PRUNE_ANNOTATION};
use crate::backend::objects::{ObjectFile, Objects};
use crate::model::{KUBECONFIG_KEY, Model, Tenant};
use crate::parallel;

/// Makes `tenants/` and `flux/tenants/`.
pub fn emit(model: &Model, out: &mut Objects) {
    out.files.extend(of_tenants(model, |files| files));
}

/// What `finish` makes of the files of each tenant.
pub(super) fn of_tenants<T: Send>(model: &Model, finish: impl Fn(Vec<ObjectFile>) -> Vec<T> + Sync) -> Vec<T> {
    let of_tenants = parallel::map(&model.tenants, |tenant| {
        let mut out = Objects::default();
        cluster::emit(tenant, &mut out);
        integration::emit(model, tenant, &mut out);
        addons::emit(model, tenant, &mut out);
        if tenant.talos.is_some() {
            talos::emit_join(tenant, &mut out);
        }
        flux::emit(model, tenant, &mut out);
        finish(out.files)
    });
    of_tenants.into_iter().flatten().collect()
}

/// Label by which Cluster API and its providers find what belongs to a cluster.
const CLUSTER_NAME_LABEL: &str = "cluster.x-k8s.io/cluster-name";

/// A folder of the tenant in the tree.
fn tree_path(tenant: &Tenant, folder: &str) -> String {
    format!("tenants/{}/{folder}", tenant.name)
}

/// The place in `cloud.yaml` of a key of the tenant; without a key, of the tenant itself.
fn origin(tenant: &Tenant, key: &str) -> String {
    let tenant = tenant.origins.first().cloned().unwrap_or_else(|| format!("tenants.{}", tenant.name));
    if key.is_empty() { tenant } else { format!("{tenant}.{key}") }
}

/// Metadata of an object in the tenant's namespace.
fn metadata(tenant: &Tenant, name: &str) -> Value {
    json!({"name": name, "namespace": tenant.namespace})
}

/// Metadata of an object that Flux never prunes: taking it away while machines still use it leaves them without the
/// control plane or the template that they need to go in order. Cluster API removes these with their Cluster.
fn kept_metadata(tenant: &Tenant, name: &str) -> Value {
    json!({"name": name, "namespace": tenant.namespace, "annotations": {PRUNE_ANNOTATION: "disabled"}})
}

/// How Flux reaches the tenant.
fn kube_config(tenant: &Tenant) -> KubeConfig {
    KubeConfig { secret: tenant.kubeconfig_secret(), key: KUBECONFIG_KEY.to_owned() }
}
