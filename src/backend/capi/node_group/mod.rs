//! A node group -> its machine and bootstrap templates, the `MachineDeployment` that uses them, and the health check.

mod bootstrap;
pub(super) mod capacity;
mod health_check;
pub(super) mod labels;
mod machine_deployment;
mod machine_template;
mod registries;
pub(super) mod taints;

use serde_json::Value;

use super::talos;
use crate::model::{NodeGroup, Tenant, WorkerImage};

/// The templates come first: a `MachineDeployment` without them reports an error until they are there.
pub(super) fn objects(tenant: &Tenant, group: &NodeGroup) -> Vec<Value> {
    let machine = machine_template::template(tenant, group);
    let bootstrap = match (&tenant.talos, &group.image) {
        (Some(talos), WorkerImage::Talos(image)) => talos::template(tenant, talos, group, image),
        _ => bootstrap::template(tenant, group),
    };
    let deployment = machine_deployment::deployment(tenant, group, &name_of(&machine), &bootstrap);
    let health_check = health_check::health_check(tenant, group);
    vec![machine, bootstrap, deployment, health_check]
}

/// Name of the `MachineDeployment` and its health check.
fn group_name(tenant: &Tenant, group: &NodeGroup) -> String {
    format!("{}-{}", tenant.name, group.name)
}

/// Label by which the machines of a group are found.
const DEPLOYMENT_NAME_LABEL: &str = "cluster.x-k8s.io/deployment-name";

/// The name of an object made here.
fn name_of(object: &Value) -> String {
    object["metadata"]["name"].as_str().expect("every object here is built with a name").to_owned()
}
