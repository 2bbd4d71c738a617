//! `DiscoveryServiceConfig`, `DiscoveryIdentityConfig`, `KubeClusterConfig`, `KubeNetworkConfig`, `KubePrismConfig`: what all
//! nodes know of their cluster.

use serde_json::Value;

use super::super::object::{Object, texts};
use super::super::target::Target;

/// How machines find each other; the identity is a secret.
pub fn discovery(target: &Target) -> impl Iterator<Item = Value> {
    let service = Object::document("DiscoveryServiceConfig")
        .set("name", "default")
        .set("endpoint", "https://discovery.talos.dev/")
        .build();
    let identity = target.secrets.map(|bundle| {
        Object::document("DiscoveryIdentityConfig")
            .set("clusterID", bundle.cluster_id.expose())
            .set("clusterSecret", bundle.cluster_secret.expose())
            .build()
    });
    std::iter::once(service).chain(identity)
}

pub fn identity(target: &Target) -> Value {
    Object::document("KubeClusterConfig")
        .set("clusterName", target.model.name.as_str())
        .set("endpoint", target.model.control_plane.endpoint.url())
        .build()
}

pub fn network(target: &Target) -> Value {
    let network = &target.model.network;
    Object::document("KubeNetworkConfig")
        .set("dnsDomain", network.dns_domain.as_str())
        .set("podSubnets", texts(&network.pods))
        .set("serviceSubnets", texts(&network.services))
        .build()
}

pub fn kube_prism() -> Value {
    Object::document("KubePrismConfig").set("port", 7445).build()
}
