//! Labels and roles of a node group -> the two ways on which labels reach a Node.
//!
//! Cluster API copies a label from Machine to Node only in three domains, and does so on live machines. Every other label
//! must be given to kubelet when the node registers, so changing one replaces the machines; kubelet in turn refuses the role
//! labels. Upstream: Cluster API `api/core/v1beta2`, `NodeRoleLabelPrefix`, `NodeRestrictionLabelDomain`,
//! `ManagedNodeLabelDomain`.

use crate::model::NodeGroup;

/// Labels for the machines, in the order of the user: roles first.
pub(in crate::backend::capi) fn of_machines(group: &NodeGroup) -> Vec<(String, String)> {
    let roles = group.roles.iter().map(|role| (format!("node-role.kubernetes.io/{role}"), String::new()));
    let labels = group.labels.iter().filter(|(key, _)| is_copied(key)).map(|(key, value)| (key.clone(), value.clone()));
    roles.chain(labels).collect()
}

/// `key=value,...` for kubelet and for the autoscaler, sorted so that their order in `cloud.yaml` replaces no machine;
/// `None` when there are none.
pub(in crate::backend::capi) fn of_kubelet(group: &NodeGroup) -> Option<String> {
    let mut labels: Vec<String> =
        group.labels.iter().filter(|(key, _)| !is_copied(key)).map(|(key, value)| format!("{key}={value}")).collect();
    labels.sort();
    (!labels.is_empty()).then(|| labels.join(","))
}

/// Whether Cluster API copies the label from Machine to Node.
fn is_copied(key: &str) -> bool {
    let Some((domain, _)) = key.split_once('/') else { return false };
    let within = |parent: &str| {
        domain == parent || domain.strip_suffix(parent).is_some_and(|subdomain| subdomain.ends_with('.'))
    };
    domain == "node-role.kubernetes.io" || within("node-restriction.kubernetes.io") || within("node.cluster.x-k8s.io")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_domains_are_copied() {
        for key in ["node-role.kubernetes.io/x", "node.cluster.x-k8s.io/x", "acme.node-restriction.kubernetes.io/x"] {
            assert!(is_copied(key), "{key}");
        }
        for key in ["rack", "topology.kubernetes.io/zone", "evilnode.cluster.x-k8s.io/x", "kubernetes.io/x"] {
            assert!(!is_copied(key), "{key}");
        }
    }
}
