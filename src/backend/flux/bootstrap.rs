//! `bootstrap/`: what is applied once by hand because Flux cannot run before it: the CNI and Flux itself.
//!
//! Values and names are those of the `HelmRelease`s, written from the same data, so that Flux finds the releases and takes
//! them over. This way was chosen among three: Flux on the host network needs privileged controllers for good, and manifests in the
//! machine configuration are applied again by Talos at every upgrade, against what Flux manages.

use serde_json::Value;

use super::put;
use crate::backend::flux_objects::kustomize_file;
use crate::model::{Component, Model};
use crate::tree::FileTree;

/// One command of the runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it does, as a shell comment.
    pub comment: String,
    pub command: String,
}

pub(super) fn emit(model: &Model, tree: &mut FileTree) {
    put(
        tree,
        "bootstrap/00-namespaces/kustomization.yaml",
        &["components"],
        &[kustomize_file(&["../../flux/namespaces".to_owned()])],
    );
    for (folder, component) in stages(model) {
        let origins: Vec<&str> = component.origins.iter().map(String::as_str).collect();
        for layer in component.layers.iter().filter(|layer| layer.bootstrap) {
            for release in &layer.releases {
                let path = format!("bootstrap/{folder}/{}.values.yaml", release.name);
                put(tree, &path, &origins, std::slice::from_ref(&release.values));
            }
            if !layer.objects.is_empty() {
                put(tree, &format!("bootstrap/{folder}/{}.yaml", layer.name), &origins, &layer.objects);
            }
        }
    }
}

/// Components that are brought up by hand, in order, with their folder.
fn stages(model: &Model) -> impl Iterator<Item = (&'static str, &Component)> {
    let components = &model.platform.components;
    let cni = components.iter().filter(|component| component.cni).map(|component| ("20-cni", component));
    let flux = components.iter().filter(|component| component.delivers).map(|component| ("30-flux", component));
    cni.chain(flux)
}

/// The commands that bring up the network and Flux, in order.
pub fn steps(model: &Model) -> Vec<Step> {
    let mut steps = vec![Step {
        comment: "namespaces with their PodSecurity levels".to_owned(),
        command: "kubectl apply -k bootstrap/00-namespaces".to_owned(),
    }];
    for (folder, component) in stages(model) {
        for layer in component.layers.iter().filter(|layer| layer.bootstrap) {
            // A release may mount what stands beside it.
            let objects = (!layer.objects.is_empty()).then(|| Step {
                comment: format!("{}: {}", component.title, kinds(&layer.objects)),
                command: format!("kubectl apply --server-side -f bootstrap/{folder}/{}.yaml", layer.name),
            });
            steps.extend(objects);
            for release in &layer.releases {
                let chart = match &release.chart.source_kind {
                    crate::model::SourceKind::Oci { url, .. } => url.clone(),
                    crate::model::SourceKind::Helm { url } => format!("{} --repo {url}", release.chart.chart),
                    crate::model::SourceKind::Git { url, tag, .. } => {
                        steps.push(Step {
                            comment: format!("the chart of {} is in its repository", release.name),
                            command: format!("git clone --depth 1 --branch {tag} {url} /tmp/{}", release.chart.source),
                        });
                        format!("/tmp/{}/{}", release.chart.source, release.chart.chart)
                    }
                };
                let namespace = &release.namespace;
                steps.push(Step {
                    comment: format!("{} {}", release.name, release.chart.version),
                    command: format!(
                        "helm upgrade --install {name} {chart} --version {version} \\\n  --namespace {namespace} --wait --timeout {timeout} --values bootstrap/{folder}/{name}.values.yaml",
                        name = release.name,
                        version = release.chart.version,
                        timeout = release.timeout,
                    ),
                });
            }
        }
    }
    steps
}

fn kinds(objects: &[Value]) -> String {
    let mut kinds: Vec<&str> = objects.iter().filter_map(|object| object["kind"].as_str()).collect();
    kinds.dedup();
    kinds.join(", ")
}
