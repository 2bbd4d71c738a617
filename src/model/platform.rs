//! What Flux delivers into the management cluster: namespaces, sources, components in a proven order.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::ExtraManifest;
use crate::catalog::{CrdPolicy, HealthCheck, HealthCheckExpr, IngressClass, PodSecurity};

/// Namespace of Flux, its sources, and every Kustomization that needs no kubeconfig.
pub const FLUX_NAMESPACE: &str = "flux-system";

/// Namespaces that Kubernetes makes itself.
pub const BUILT_IN_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// The Kustomization that owns every Namespace.
pub const NAMESPACES: &str = "namespaces";

/// The Kustomization that applies the user's own manifests.
pub const EXTRA_MANIFESTS: &str = "extra-manifests";

/// The platform of a cloud.
#[derive(Debug, Clone, Default)]
pub struct Platform {
    /// By name; each is owned once, however many components share it.
    pub namespaces: Vec<Namespace>,
    /// Chart and manifest sources, by name.
    pub sources: Vec<Source>,
    /// In an order in which each comes after what it needs.
    pub components: Vec<Component>,
    /// StorageClasses of the management cluster: name -> the component that makes it.
    pub storage_classes: IndexMap<String, String>,
    /// The one of them that a volume gets which names none.
    pub default_class: Option<String>,
    /// The class of Ingresses that the cloud serves.
    pub ingress_class: Option<IngressClass>,
    /// Secrets that the user creates.
    pub secrets: Vec<SecretNeed>,
    /// Manifests of the user's own, by their paths beside `cloud.yaml`.
    pub extra_manifests: IndexMap<String, ExtraManifest>,
}

/// A namespace with its PodSecurity level.
#[derive(Debug, Clone)]
pub struct Namespace {
    pub name: String,
    pub pod_security: PodSecurity,
    /// Components that live in it.
    pub components: Vec<String>,
    pub origins: Vec<String>,
}

/// Where Flux fetches a chart or manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Unique among sources of its kind.
    pub name: String,
    pub kind: SourceKind,
    pub origins: Vec<String>,
}

/// Kind of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// One chart at one tag, and with a digest at no other content; or at the newest of a range of versions.
    Oci { url: String, tag: String, digest: Option<String> },
    /// An HTTP chart repository.
    Helm { url: String },
    /// A Git repository at one tag; only `paths` are checked out, everything when there are none.
    Git { url: String, tag: String, paths: Vec<String> },
}

/// Whether a chart's version is a range, of which a repository chooses.
pub fn is_range(version: &str) -> bool {
    let exact = version.strip_prefix('v').unwrap_or(version).replace('_', "+");
    semver::Version::parse(&exact).is_err()
}

impl SourceKind {
    /// The Flux kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Oci { .. } => "OCIRepository",
            Self::Helm { .. } => "HelmRepository",
            Self::Git { .. } => "GitRepository",
        }
    }
}

/// A component with everything it applies.
#[derive(Debug, Clone)]
pub struct Component {
    pub name: String,
    pub title: String,
    pub namespace: String,
    /// The arrangement of the product, where there is more than one.
    pub variant: Option<String>,
    /// Its parameters, defaults filled in.
    pub parameters: Map<String, Value>,
    /// Network or storage that the cluster stands on.
    pub protected: bool,
    /// Whether it is the cluster's CNI, so that it is installed by hand before Flux can run.
    pub cni: bool,
    /// Whether it is what delivers everything else.
    pub delivers: bool,
    /// Go duration between reconciliations of a release.
    pub interval: String,
    pub layers: Vec<Layer>,
    /// Markdown: what a person does by hand after it is up; empty for nothing.
    pub notes: String,
    /// Why it is here: `components.x`, `profile`, or the component that needs it with the reason.
    pub because: String,
    pub origins: Vec<String>,
}

/// One Flux Kustomization.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Name of the Kustomization, unique in the cloud.
    pub name: String,
    /// Folder name below `flux/components/<component>/`.
    pub folder: String,
    /// Kustomizations that must be ready first.
    pub depends_on: Vec<String>,
    /// Whether it is applied by hand when its component is brought up before Flux.
    pub bootstrap: bool,
    pub releases: Vec<Release>,
    /// Upstream manifests instead of files of the tree.
    pub manifests: Option<Manifests>,
    /// Kubernetes objects, complete.
    pub objects: Vec<Value>,
    pub health_checks: Vec<HealthCheck>,
    pub health_check_exprs: Vec<HealthCheckExpr>,
    /// Go duration: the longest release and a margin.
    pub timeout: String,
}

/// Manifests in a Git source.
#[derive(Debug, Clone)]
pub struct Manifests {
    /// Name of the [`Source`].
    pub source: String,
    pub path: String,
    pub patches: Vec<Value>,
}

/// One Helm release.
#[derive(Debug, Clone)]
pub struct Release {
    pub name: String,
    pub namespace: String,
    pub chart: ChartRef,
    /// Releases of the same layer that come first.
    pub depends_on: Vec<String>,
    pub crds: CrdPolicy,
    /// Go duration.
    pub timeout: String,
    /// The chart values; an object.
    pub values: Value,
}

/// The chart of a release.
#[derive(Debug, Clone)]
pub struct ChartRef {
    /// Name of the [`Source`].
    pub source: String,
    pub source_kind: SourceKind,
    /// Chart name in an HTTP repository, path in a Git repository; unused for OCI.
    pub chart: String,
    pub version: String,
}

/// A Secret that the user creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretNeed {
    pub namespace: String,
    pub name: String,
    pub keys: Vec<String>,
    pub purpose: String,
    pub component: String,
}
