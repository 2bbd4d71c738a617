//! Facts about deliveries -> the Flux objects that carry them: Kustomization, `HelmRelease`, and kustomize's own file.
//!
//! The Flux back end and the Cluster API back end both write these; the shape stands here once so that neither needs to
//! know the other. Upstream: kustomize-controller v1.9 `kustomize.toolkit.fluxcd.io/v1`, helm-controller v1.6
//! `helm.toolkit.fluxcd.io/v2`. Keys stand in the order of the upstream Go types.

use serde_json::{Map, Value, json};

use crate::catalog::{CrdPolicy, HealthCheck, HealthCheckExpr};
use crate::model::{FLUX_NAMESPACE, Model, Release, SourceKind};

/// The `GitRepository` that holds the emitted tree.
pub const TREE_SOURCE: &str = "flux-system";
/// Secret in [`FLUX_NAMESPACE`] with the age keys that decrypt SOPS files.
pub const SOPS_SECRET: &str = "sops-age";
/// How soon a failed reconciliation is tried again.
pub const RETRY_INTERVAL: &str = "2m";
/// Put on an object that Flux leaves alone when it goes out of the tree.
pub const PRUNE_ANNOTATION: &str = "kustomize.toolkit.fluxcd.io/prune";

const DEFAULT_INTERVAL: &str = "10m";

/// A Flux Kustomization.
#[derive(Debug, Clone)]
pub struct Kustomization {
    pub name: String,
    pub namespace: String,
    /// In the order in which they are listed; each must be ready first.
    pub depends_on: Vec<Reference>,
    /// Secret with age keys, in the same namespace.
    pub decryption: Option<String>,
    /// Go duration.
    pub interval: String,
    /// `None`: the cluster that Flux runs in.
    pub kube_config: Option<KubeConfig>,
    /// Path in the source, with the leading `./`.
    pub path: String,
    /// Whether what goes out of the tree goes out of the cluster.
    pub prune: bool,
    pub deletion_policy: DeletionPolicy,
    /// Objects to wait for; `wait` makes Flux ignore them.
    pub health_checks: Vec<HealthCheck>,
    /// Strategic-merge patches, each an object with `kind` and `metadata.name`.
    pub patches: Vec<Value>,
    /// A Secret in the same namespace whose keys stand as `${key}` in what is applied.
    pub substitute_from: Option<String>,
    /// The `GitRepository`.
    pub source: Reference,
    /// Go duration.
    pub timeout: String,
    /// Whether it is ready only when everything in it is.
    pub wait: bool,
    pub health_check_exprs: Vec<HealthCheckExpr>,
    /// Whether Flux leaves it alone; when it goes, what it applied stays.
    pub suspend: bool,
}

/// An object of a kind that the place of use fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub name: String,
    /// `None`: the namespace of the referring object.
    pub namespace: Option<String>,
}

impl Reference {
    /// In the namespace of the referring object.
    pub fn local(name: impl Into<String>) -> Self {
        Self { name: name.into(), namespace: None }
    }

    /// In another namespace.
    pub fn in_namespace(name: impl Into<String>, namespace: impl Into<String>) -> Self {
        Self { name: name.into(), namespace: Some(namespace.into()) }
    }
}

/// Secret with the kubeconfig of another cluster. Flux reads it in the namespace of the referring object and nowhere
/// else, so objects that use one live where the Secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeConfig {
    pub secret: String,
    pub key: String,
}

/// What happens to the objects when the Kustomization itself is deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// As `prune` says (Flux's default).
    #[default]
    MirrorPrune,
    /// They stay.
    Orphan,
}

impl Kustomization {
    /// A folder of the emitted tree, applied as the delivery says: pruned, not waited for, after nothing.
    pub fn of_tree(model: &Model, name: impl Into<String>, tree_path: &str) -> Self {
        let delivery = model.delivery.as_ref();
        Self {
            name: name.into(),
            namespace: FLUX_NAMESPACE.to_owned(),
            depends_on: Vec::new(),
            decryption: delivery.filter(|delivery| !delivery.sops_age.is_empty()).map(|_| SOPS_SECRET.to_owned()),
            interval: delivery.map_or_else(|| DEFAULT_INTERVAL.to_owned(), |delivery| delivery.interval.clone()),
            kube_config: None,
            path: delivery.map_or_else(|| format!("./{tree_path}"), |delivery| delivery.repository_path(tree_path)),
            prune: true,
            deletion_policy: DeletionPolicy::MirrorPrune,
            health_checks: Vec::new(),
            patches: Vec::new(),
            substitute_from: None,
            source: Reference::local(TREE_SOURCE),
            timeout: "10m".to_owned(),
            wait: false,
            health_check_exprs: Vec::new(),
            suspend: false,
        }
    }

    /// Moves it out of [`FLUX_NAMESPACE`]: what it names there is named with its namespace, and decryption is off, for
    /// Flux looks for the keys in the Kustomization's own namespace.
    #[must_use]
    pub fn into_namespace(mut self, namespace: &str) -> Self {
        let qualify = |reference: &mut Reference| {
            reference.namespace.get_or_insert_with(|| FLUX_NAMESPACE.to_owned());
        };
        if namespace != self.namespace {
            qualify(&mut self.source);
            self.depends_on.iter_mut().for_each(qualify);
            self.decryption = None;
            namespace.clone_into(&mut self.namespace);
        }
        self
    }

    /// The object.
    pub fn to_value(&self) -> Value {
        let mut spec = Map::new();
        put_list(&mut spec, "dependsOn", self.depends_on.iter().map(reference).collect());
        if let Some(secret) = &self.decryption {
            spec.insert("decryption".into(), json!({"provider": "sops", "secretRef": {"name": secret}}));
        }
        spec.insert("interval".into(), json!(self.interval));
        spec.insert("retryInterval".into(), json!(RETRY_INTERVAL));
        if let Some(config) = &self.kube_config {
            spec.insert("kubeConfig".into(), kube_config(config));
        }
        spec.insert("path".into(), json!(self.path));
        spec.insert("prune".into(), json!(self.prune));
        if self.deletion_policy == DeletionPolicy::Orphan {
            spec.insert("deletionPolicy".into(), json!("Orphan"));
        }
        // Flux ignores the list when it waits for everything.
        if !self.wait {
            put_list(&mut spec, "healthChecks", self.health_checks.iter().map(health_check).collect());
        }
        put_list(&mut spec, "patches", self.patches.iter().map(patch).collect());
        if let Some(secret) = &self.substitute_from {
            spec.insert("postBuild".into(), json!({"substituteFrom": [{"kind": "Secret", "name": secret}]}));
        }
        let mut source = json!({"kind": "GitRepository", "name": self.source.name});
        if let Some(namespace) = &self.source.namespace {
            source["namespace"] = json!(namespace);
        }
        spec.insert("sourceRef".into(), source);
        if self.suspend {
            spec.insert("suspend".into(), json!(true));
        }
        spec.insert("timeout".into(), json!(self.timeout));
        if self.wait {
            spec.insert("wait".into(), json!(true));
        }
        put_list(&mut spec, "healthCheckExprs", self.health_check_exprs.iter().map(health_check_expr).collect());
        json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": spec,
        })
    }
}

/// A `HelmRelease` object around a release of the model.
#[derive(Debug, Clone)]
pub struct HelmRelease<'a> {
    /// Name of the object; the Helm release keeps the name that the model gives it.
    pub name: String,
    /// Namespace of the object.
    pub namespace: &'a str,
    pub release: &'a Release,
    /// Names of `HelmRelease` objects of the same namespace that come first.
    pub depends_on: Vec<String>,
    /// Go duration.
    pub interval: &'a str,
    /// Network or storage that its cluster stands on: not pruned, and drift is reported instead of corrected, since a
    /// correction at the wrong moment cuts off the very cluster that it should repair.
    pub protected: bool,
    /// `None`: the cluster that Flux runs in.
    pub kube_config: Option<KubeConfig>,
    /// Whether Flux leaves it alone; when it goes, nothing is uninstalled.
    pub suspend: bool,
}

impl HelmRelease<'_> {
    /// The object.
    pub fn to_value(&self) -> Value {
        let release = self.release;
        let mut metadata = json!({"name": self.name, "namespace": self.namespace});
        if self.protected {
            metadata["annotations"] = json!({PRUNE_ANNOTATION: "disabled"});
        }
        let mut spec = Map::new();
        match chart(release) {
            Chart::Reference(value) => spec.insert("chartRef".into(), value),
            Chart::Template(value) => spec.insert("chart".into(), value),
        };
        spec.insert("interval".into(), json!(self.interval));
        if let Some(config) = &self.kube_config {
            spec.insert("kubeConfig".into(), kube_config(config));
        }
        if self.suspend {
            spec.insert("suspend".into(), json!(true));
        }
        // Flux derives a release name from namespaces; a name that moves with them would install a second release.
        spec.insert("releaseName".into(), json!(release.name));
        if self.kube_config.is_some() || release.namespace != self.namespace {
            spec.insert("targetNamespace".into(), json!(release.namespace));
            spec.insert("storageNamespace".into(), json!(release.namespace));
        }
        put_list(&mut spec, "dependsOn", self.depends_on.iter().map(|name| json!({"name": name})).collect());
        spec.insert("timeout".into(), json!(release.timeout));
        spec.insert("maxHistory".into(), json!(3));
        spec.insert("driftDetection".into(), json!({"mode": if self.protected { "warn" } else { "enabled" }}));
        spec.insert("install".into(), action(release.crds));
        spec.insert("upgrade".into(), action(release.crds));
        if release.values.as_object().is_none_or(|values| !values.is_empty()) {
            spec.insert("values".into(), release.values.clone());
        }
        json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2",
            "kind": "HelmRelease",
            "metadata": metadata,
            "spec": spec,
        })
    }
}

/// The file that tells kustomize, and so Flux, what belongs to a folder. Without one Flux takes every YAML file below.
pub fn kustomize_file(resources: &[String]) -> Value {
    json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources,
    })
}

enum Chart {
    Reference(Value),
    Template(Value),
}

fn chart(release: &Release) -> Chart {
    let chart = &release.chart;
    let source = json!({"kind": chart.source_kind.kind(), "name": chart.source, "namespace": FLUX_NAMESPACE});
    match chart.source_kind {
        SourceKind::Oci { .. } => Chart::Reference(source),
        SourceKind::Helm { .. } => {
            Chart::Template(json!({"spec": {"chart": chart.chart, "version": chart.version, "sourceRef": source}}))
        }
        // A chart in Git seldom changes its version between commits, so the commit is what counts; Flux ignores `version`.
        SourceKind::Git { .. } => Chart::Template(json!({"spec": {
            "chart": format!("./{}", chart.chart.trim_start_matches("./")),
            "sourceRef": source,
            "reconcileStrategy": "Revision",
        }})),
    }
}

/// Install and upgrade alike. A failed release is tried again: Flux's default would uninstall it between the attempts,
/// which takes away the network or the storage of everything else.
fn action(crds: CrdPolicy) -> Value {
    let mut action = json!({"strategy": {"name": "RetryOnFailure", "retryInterval": RETRY_INTERVAL}});
    match crds {
        CrdPolicy::None => {}
        CrdPolicy::CreateReplace => action["crds"] = json!("CreateReplace"),
        CrdPolicy::Skip => action["crds"] = json!("Skip"),
    }
    action
}

fn kube_config(config: &KubeConfig) -> Value {
    json!({"secretRef": {"name": config.secret, "key": config.key}})
}

fn reference(reference: &Reference) -> Value {
    match &reference.namespace {
        Some(namespace) => json!({"name": reference.name, "namespace": namespace}),
        None => json!({"name": reference.name}),
    }
}

fn health_check(check: &HealthCheck) -> Value {
    let mut value = json!({"apiVersion": check.api_version, "kind": check.kind, "name": check.name});
    if !check.namespace.is_empty() {
        value["namespace"] = json!(check.namespace);
    }
    value
}

fn health_check_expr(expr: &HealthCheckExpr) -> Value {
    let mut value = json!({"apiVersion": expr.api_version, "kind": expr.kind});
    if let Some(in_progress) = &expr.in_progress {
        value["inProgress"] = json!(in_progress);
    }
    if let Some(failed) = &expr.failed {
        value["failed"] = json!(failed);
    }
    value["current"] = json!(expr.current);
    value
}

/// Flux takes the patch as text; a strategic-merge patch names its target itself.
fn patch(patch: &Value) -> Value {
    json!({"patch": super::yaml::to_yaml(patch)})
}

fn put_list(spec: &mut Map<String, Value>, key: &str, items: Vec<Value>) {
    if !items.is_empty() {
        spec.insert(key.to_owned(), Value::Array(items));
    }
}
