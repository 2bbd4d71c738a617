//! `bootstrap/`: what is applied once by hand because Flux cannot run before it: the CNI and Flux itself.
//!
//! Values, objects and versions are read from what Flux gets, so that it finds the releases as it would have made them and takes
//! them over. This way was chosen among three: Flux on the host network needs privileged controllers for good, and manifests in the
//! machine configuration are applied again by Talos at every upgrade, against what Flux manages.

use serde_json::{Value, json};

use crate::backend::flux_objects::kustomize_file;
use crate::backend::objects::{Identity, Objects};
use crate::model::{Component, FLUX_NAMESPACE, Model, Release, SourceKind};

/// One command of the runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it does, as a shell comment.
    pub comment: String,
    pub command: String,
}

/// Makes `bootstrap/`, after the objects of Flux.
pub fn emit(model: &Model, out: &mut Objects) {
    let namespaces = kustomize_file(&["../../flux/namespaces".to_owned()]);
    out.add("bootstrap/00-namespaces/kustomization.yaml", &["components"], [namespaces]);
    for (folder, component) in stages(model) {
        let origins: Vec<&str> = component.origins.iter().map(String::as_str).collect();
        for layer in component.layers.iter().filter(|layer| layer.bootstrap) {
            for release in &layer.releases {
                let path = format!("bootstrap/{folder}/{}.values.yaml", release.name);
                let values = said(out, component, release, "/spec/values").cloned().unwrap_or_else(|| json!({}));
                out.add(&path, &origins, [values]);
            }
            let objects: Vec<Value> = layer.objects.iter().map(|object| delivered(out, object)).collect();
            if !objects.is_empty() {
                out.add(&format!("bootstrap/{folder}/{}.yaml", layer.name), &origins, objects);
            }
        }
    }
}

/// An object as Flux gets it.
fn delivered(objects: &Objects, object: &Value) -> Value {
    let same = Identity::of(object).and_then(|i| objects.find(i.kind, i.namespace, i.name));
    same.unwrap_or(object).clone()
}

/// What the `HelmRelease` of a release says.
fn said<'a>(objects: &'a Objects, component: &Component, release: &Release, pointer: &str) -> Option<&'a Value> {
    objects.find("HelmRelease", &component.namespace, &release.name)?.pointer(pointer)
}

/// Components that are brought up by hand, in order, with their folder.
fn stages(model: &Model) -> impl Iterator<Item = (&'static str, &Component)> {
    let components = &model.platform.components;
    let cni = components.iter().filter(|component| component.cni).map(|component| ("20-cni", component));
    let flux = components.iter().filter(|component| component.delivers).map(|component| ("30-flux", component));
    cni.chain(flux)
}

/// The commands that bring up the network and Flux, in order.
pub fn steps(model: &Model, objects: &Objects) -> Vec<Step> {
    let mut steps = vec![Step {
        comment: "namespaces with their PodSecurity levels".to_owned(),
        command: "kubectl apply -k bootstrap/00-namespaces".to_owned(),
    }];
    for (folder, component) in stages(model) {
        for layer in component.layers.iter().filter(|layer| layer.bootstrap) {
            // A release may mount what stands beside it.
            let beside = (!layer.objects.is_empty()).then(|| Step {
                comment: format!("{}: {}", component.title, kinds(&layer.objects)),
                command: format!("kubectl apply --server-side -f bootstrap/{folder}/{}.yaml", layer.name),
            });
            steps.extend(beside);
            for release in &layer.releases {
                steps.extend(install(objects, folder, component, release));
            }
        }
    }
    steps
}

/// The commands of one release.
fn install(objects: &Objects, folder: &str, component: &Component, release: &Release) -> Vec<Step> {
    let kind = release.chart.source_kind.kind();
    let source = objects.find(kind, FLUX_NAMESPACE, &release.chart.source);
    let of_source = |pointer: &str| source.and_then(|source| source.pointer(pointer)).and_then(Value::as_str);
    let of_release = |pointer: &str| said(objects, component, release, pointer).and_then(Value::as_str);
    let mut version = of_release("/spec/chart/spec/version").unwrap_or(&release.chart.version);
    let mut steps = Vec::new();
    let chart = match &release.chart.source_kind {
        SourceKind::Oci { url, tag, .. } => {
            // The tag is the chart's version, but for the `+` that a tag cannot have.
            if let Some(other) = of_source("/spec/ref/tag").filter(|other| other != tag) {
                version = other;
            }
            of_source("/spec/url").unwrap_or(url).to_owned()
        }
        SourceKind::Helm { url } => {
            format!("{} --repo {}", release.chart.chart, of_source("/spec/url").unwrap_or(url))
        }
        SourceKind::Git { url, tag, .. } => {
            let (url, tag) = (of_source("/spec/url").unwrap_or(url), of_source("/spec/ref/tag").unwrap_or(tag));
            let folder = format!("/tmp/{}", release.chart.source);
            steps.push(Step {
                comment: format!("the chart of {} is in its repository", release.name),
                command: format!("git clone --depth 1 --branch {tag} {url} {folder}"),
            });
            format!("{folder}/{}", release.chart.chart)
        }
    };
    let (name, namespace) = (&release.name, &release.namespace);
    let timeout = of_release("/spec/timeout").unwrap_or(&release.timeout);
    steps.push(Step {
        comment: format!("{name} {version}"),
        command: format!(
            "helm upgrade --install {name} {chart} --version {version} \\\n  --namespace {namespace} --wait --timeout {timeout} --values bootstrap/{folder}/{name}.values.yaml"
        ),
    });
    steps
}

fn kinds(objects: &[Value]) -> String {
    let mut kinds: Vec<&str> = objects.iter().filter_map(|object| object["kind"].as_str()).collect();
    kinds.dedup();
    kinds.join(", ")
}
