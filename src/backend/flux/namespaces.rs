//! Namespaces with their PodSecurity labels: one layer that everything else waits for and that is never pruned, because a
//! pruned Namespace takes everything in it along.

use serde_json::{Value, json};

use crate::backend::flux_objects::{DeletionPolicy, Kustomization, kustomize_file};
use crate::backend::objects::Objects;
use crate::catalog::PodSecurity;
use crate::model::{Model, NAMESPACES, Namespace};

pub(super) fn emit(model: &Model, out: &mut Objects) -> Vec<String> {
    let mut files = Vec::new();
    for namespace in &model.platform.namespaces {
        let origins: Vec<&str> = namespace.origins.iter().map(String::as_str).collect();
        files.push(format!("{}.yaml", namespace.name));
        out.add(&format!("flux/namespaces/{}.yaml", namespace.name), &origins, [object(namespace)]);
    }
    out.add("flux/namespaces/kustomization.yaml", &["components"], [kustomize_file(&files)]);
    let mut kustomization = Kustomization::of_tree(model, NAMESPACES, "flux/namespaces");
    kustomization.prune = false;
    kustomization.deletion_policy = DeletionPolicy::Orphan;
    kustomization.wait = true;
    out.add("flux/namespaces.yaml", &["components"], [kustomization.to_value()]);
    vec!["namespaces.yaml".to_owned()]
}

fn object(namespace: &Namespace) -> Value {
    let mut metadata = json!({"name": namespace.name});
    // Talos enforces `baseline` everywhere, so only what differs is said.
    if namespace.pod_security != PodSecurity::Baseline {
        let level = namespace.pod_security.as_str();
        metadata["labels"] = json!({
            "pod-security.kubernetes.io/audit": level,
            "pod-security.kubernetes.io/enforce": level,
            "pod-security.kubernetes.io/warn": level,
        });
    }
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
}
