//! Labels and roles of a node group -> the two ways on which labels reach a Node.
//!
//! Cluster API copies a label from Machine to Node only in three domains, and does so on live machines. Every other label
//! must be given to kubelet when the node registers, so changing one replaces the machines; kubelet in turn refuses the role
//! labels.

use crate::model::{NodeGroup, is_copied_to_nodes};

/// Labels for the machines, in the order of the user: roles first.
pub(in crate::backend::capi) fn of_machines(group: &NodeGroup) -> Vec<(String, String)> {
    let roles = group.roles.iter().map(|role| (format!("node-role.kubernetes.io/{role}"), String::new()));
    let labels =
        group.labels.iter().filter(|(key, _)| is_copied_to_nodes(key)).map(|(key, value)| (key.clone(), value.clone()));
    roles.chain(labels).collect()
}

/// `key=value,...` for kubelet and for the autoscaler, sorted so that their order in `cloud.yaml` replaces no machine;
/// `None` when there are none.
pub(in crate::backend::capi) fn of_kubelet(group: &NodeGroup) -> Option<String> {
    let own = group.labels.iter().filter(|(key, _)| !is_copied_to_nodes(key));
    let mut labels: Vec<String> = own.map(|(key, value)| format!("{key}={value}")).collect();
    labels.extend(accelerator(group));
    labels.sort();
    (!labels.is_empty()).then(|| labels.join(","))
}

/// By this label the autoscaler knows that a Node is to have GPUs, and waits for its driver before it counts it as ready
/// (cluster-autoscaler, `cloudprovider/clusterapi/clusterapi_provider.go`, `GPULabel`).
fn accelerator(group: &NodeGroup) -> Option<String> {
    let (_, device) = group.gpus.first()?.split_once('/')?;
    Some(format!("cluster-api/accelerator={device}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_domains_are_copied() {
        for key in ["node-role.kubernetes.io/x", "node.cluster.x-k8s.io/x", "acme.node-restriction.kubernetes.io/x"] {
            assert!(is_copied_to_nodes(key), "{key}");
        }
        for key in ["rack", "topology.kubernetes.io/zone", "evilnode.cluster.x-k8s.io/x", "kubernetes.io/x"] {
            assert!(!is_copied_to_nodes(key), "{key}");
        }
    }
}
