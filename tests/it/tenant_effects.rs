//! What a change of a tenant changes, among many tenants.

use std::collections::BTreeSet;
use std::fs;

use cloudc::tree::FileTree;

use crate::support::{changed, repository, tree};

/// The example with fifty small tenants.
fn cloud() -> String {
    let cozy = fs::read_to_string(repository("examples/cozy/cloud.yaml")).unwrap();
    let start = cozy.find("\ntenants:").unwrap();
    let mut text = format!("{}\ntenants:\n", &cozy[..start]);
    for number in 10..60 {
        text.push_str(&tenant(&format!("t{number}")));
    }
    text
}

fn tenant(name: &str) -> String {
    format!(
        "  {name}:\n    kubernetes: v1.34.2\n    controlPlane: {{expose: cluster-ip}}\n    \
         network: {{pods: 10.243.0.0/16, services: 10.95.0.0/16}}\n    nodeGroups:\n      \
         web: {{replicas: 2, cpu: 2, memory: 4Gi, labels: {{node.cluster.x-k8s.io/tier: {name}}}}}\n      \
         db: {{replicas: 1, cpu: 4, memory: 8Gi}}\n    addons: {{cilium: {{}}}}\n"
    )
}

#[test]
fn a_new_tenant_changes_its_own_files_and_the_lists_that_name_it() {
    let before = tree(&cloud());
    let after = tree(&format!("{}{}", cloud(), tenant("newcomer")));
    let others: Vec<String> = changed(&before, &after)
        .into_iter()
        .filter(|path| !path.starts_with("tenants/newcomer/") && path != "flux/tenants/newcomer.yaml")
        .collect();
    assert_eq!(others, ["README.md", "flux/kustomization.yaml"]);
}

/// Names of the templates that the machines of a tenant's groups come from: web, then db.
fn templates(tree: &FileTree, tenant: &str) -> [BTreeSet<String>; 2] {
    ["web", "db"].map(|group| {
        let file = tree.get(&format!("tenants/{tenant}/cluster/nodegroup-{group}.yaml")).unwrap();
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let prefix = format!("name: {tenant}-{group}-");
        text.lines().map(str::trim).filter(|line| line.starts_with(&prefix)).map(str::to_owned).collect()
    })
}

#[test]
fn a_larger_group_is_the_only_one_that_rolls() {
    let (before, cloud) = (tree(&cloud()), cloud());
    let start = cloud.find("  t42:").unwrap();
    let larger = format!("{}{}", &cloud[..start], cloud[start..].replacen("cpu: 2", "cpu: 8", 1));
    let after = tree(&larger);
    let files = changed(&before, &after);
    assert!(files.iter().all(|path| path == "tenants/t42/cluster/nodegroup-web.yaml"), "{files:?}");
    let ([web, db], [new_web, new_db]) = (templates(&before, "t42"), templates(&after, "t42"));
    assert!(!web.is_empty() && web != new_web && db == new_db, "{web:?} {new_web:?}");
}

#[test]
fn a_label_that_cluster_api_copies_rolls_nothing() {
    let (before, cloud) = (tree(&cloud()), cloud());
    let after = tree(&cloud.replace("node.cluster.x-k8s.io/tier: t42", "node.cluster.x-k8s.io/tier: gold"));
    assert_eq!(changed(&before, &after).into_iter().collect::<Vec<_>>(), ["tenants/t42/cluster/nodegroup-web.yaml"]);
    assert_eq!(templates(&before, "t42"), templates(&after, "t42"));
}
