//! A tenant -> `tenants/<tenant>/cluster/`: its namespace, the Cluster and what it consists of.

mod cluster_object;
mod control_plane;
mod infrastructure;
mod namespace;
mod quota;

pub(super) use control_plane::behind_a_name;

use super::folder::Folder;
use super::{node_group, origin, talos, tree_path};
use crate::backend::objects::{Applied, Objects};
use crate::model::Tenant;

pub(super) fn emit(tenant: &Tenant, out: &mut Objects) {
    let substituted = tenant.talos.is_some() && !tenant.deleting;
    let mut folder = Folder::new(out, tree_path(tenant, "cluster")).applied(Applied { in_tenant: false, substituted });
    folder.add("namespace", &origin(tenant, ""), [namespace::namespace(tenant)]);
    if let Some(quota) = &tenant.quota {
        folder.add("quota", &origin(tenant, "quota"), quota::quota(tenant, quota));
    }
    // What stands beside the Cluster is not pruned with it: Cluster API takes it down in order, and with it in the tree Flux would
    // make it anew behind its back.
    if tenant.deleting {
        return folder.finish(&origin(tenant, "state"));
    }
    if let Some(talos) = &tenant.talos {
        folder.add("talos", &origin(tenant, "workers"), talos::secrets(tenant, talos));
    }
    folder.add("cluster", &origin(tenant, "network"), [cluster_object::cluster(tenant)]);
    folder.add("control-plane", &origin(tenant, "controlPlane"), [control_plane::control_plane(tenant)]);
    folder.add("infrastructure", &origin(tenant, ""), [infrastructure::infrastructure(tenant)]);
    for group in &tenant.node_groups {
        let key = format!("nodeGroups.{}", group.name);
        let origin = group.origins.first().cloned().unwrap_or_else(|| origin(tenant, &key));
        folder.add(&format!("nodegroup-{}", group.name), &origin, node_group::objects(tenant, group));
    }
    folder.finish(&origin(tenant, ""));
}
