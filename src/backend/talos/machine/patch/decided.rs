//! What `cloud.yaml` says once for everybody, and a patch would say again for some machines.

use semver::Version;
use serde_json::Value;

use super::misfit::Fault;
use crate::model::Model;

/// How a second word for something shows.
#[derive(Clone, Copy)]
enum Shows {
    /// Any other value.
    Change,
    /// A tag with another version; where the image is pulled from is nobody else's business.
    Tag,
    /// Any other value, where a component is the network of the pods.
    Network,
    /// Any other value, where a component asks KubePrism for the API.
    Prism,
}

/// Kind of the document (none for `v1alpha1`), the field, the key of `cloud.yaml` that decides it.
///
/// Talos takes each of them; what Flux installs, other machines and the next update go by `cloud.yaml`.
const FIELDS: [(&str, &str, &str, Shows); 24] = [
    ("", "machine.kubelet.image", "versions.kubernetes", Shows::Tag),
    ("", "machine.install.image", "versions.talos", Shows::Tag),
    ("", "machine.features.kubePrism", "components", Shows::Prism),
    ("", "cluster.clusterName", "metadata.name", Shows::Change),
    ("", "cluster.controlPlane.endpoint", "controlPlane.endpoint", Shows::Change),
    ("", "cluster.network.dnsDomain", "network.dnsDomain", Shows::Change),
    ("", "cluster.network.podSubnets", "network.pods", Shows::Change),
    ("", "cluster.network.serviceSubnets", "network.services", Shows::Change),
    ("", "cluster.network.cni", "components", Shows::Network),
    ("", "cluster.proxy.disabled", "components", Shows::Network),
    ("", "cluster.apiServer.image", "versions.kubernetes", Shows::Tag),
    ("", "cluster.controllerManager.image", "versions.kubernetes", Shows::Tag),
    ("", "cluster.scheduler.image", "versions.kubernetes", Shows::Tag),
    ("KubeletConfig", "image", "versions.kubernetes", Shows::Tag),
    ("UnattendedInstallConfig", "installer.image", "versions.talos", Shows::Tag),
    ("KubePrismConfig", "port", "components", Shows::Prism),
    ("KubeClusterConfig", "clusterName", "metadata.name", Shows::Change),
    ("KubeClusterConfig", "endpoint", "controlPlane.endpoint", Shows::Change),
    ("KubeNetworkConfig", "dnsDomain", "network.dnsDomain", Shows::Change),
    ("KubeNetworkConfig", "podSubnets", "network.pods", Shows::Change),
    ("KubeNetworkConfig", "serviceSubnets", "network.services", Shows::Change),
    ("KubeAPIServerConfig", "image", "versions.kubernetes", Shows::Tag),
    ("KubeControllerManagerConfig", "image", "versions.kubernetes", Shows::Tag),
    ("KubeSchedulerConfig", "image", "versions.kubernetes", Shows::Tag),
];

/// Port at which components ask KubePrism.
const PRISM_PORT: &str = "7445";

/// The decided fields of a kind as documents have them.
pub(super) fn values(documents: &[Value], kind: &str) -> Vec<Option<Value>> {
    let of_kind = |document: &&Value| document.get("kind").and_then(Value::as_str).unwrap_or_default() == kind;
    let document = documents.iter().find(of_kind);
    let at = |path: &str| path.split('.').try_fold(document?, |value, key| value.get(key)).cloned();
    FIELDS.iter().filter(|(of, ..)| *of == kind).map(|(_, path, ..)| at(path)).collect()
}

/// Those that a patch of the kind has changed.
pub(super) fn faults(model: &Model, kind: &str, before: Vec<Option<Value>>, documents: &[Value]) -> Vec<Fault> {
    let fields = FIELDS.iter().filter(|(of, ..)| *of == kind);
    let pairs = before.into_iter().zip(values(documents, kind));
    let changed = fields.zip(pairs).filter(|(_, (before, after))| before != after);
    let faults = changed.filter(|((_, _, key, shows), (_, after))| match shows {
        Shows::Change => true,
        Shows::Tag => after.as_ref().and_then(Value::as_str).is_some_and(|image| is_another(model, key, image)),
        Shows::Network => model.platform.components.iter().any(|component| component.cni),
        Shows::Prism => asks_prism(model),
    });
    faults.map(|((_, path, key, _), _)| Fault::Decided { path: (*path).to_owned(), key }).collect()
}

/// Whether an image is of another version than `cloud.yaml` says.
fn is_another(model: &Model, key: &str, image: &str) -> bool {
    let decided = if key == "versions.talos" { &model.talos } else { &model.kubernetes };
    let tag = image.split('@').next().and_then(|image| image.rsplit_once(':')).map(|(_, tag)| tag);
    let version = tag.and_then(|tag| tag.trim_start_matches('v').parse::<Version>().ok());
    version.is_some_and(|version| version != *decided)
}

fn asks_prism(model: &Model) -> bool {
    let layers = model.platform.components.iter().flat_map(|component| &component.layers);
    layers.flat_map(|layer| &layer.releases).any(|release| says(&release.values, PRISM_PORT))
}

fn says(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Object(map) => map.values().any(|value| says(value, wanted)),
        Value::Array(items) => items.iter().any(|value| says(value, wanted)),
        Value::Number(number) => number.to_string() == wanted,
        Value::String(text) => text == wanted,
        _ => false,
    }
}
