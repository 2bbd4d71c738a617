//! A tenant -> `Cluster` (Cluster API core).

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use crate::backend::capi::dialect::Dialect;
use crate::backend::capi::metadata;
use crate::model::Tenant;

/// Port of the API server when nothing is said (Kamaji, `networkProfile.port`).
const DEFAULT_PORT: u16 = 6443;

/// The endpoint is left to the control-plane provider, which learns it from the Service.
pub(super) fn cluster(tenant: &Tenant) -> Value {
    let versions = &tenant.cluster_api.api_versions;
    let dialect = Dialect::of(tenant);
    let mut network = Map::new();
    if tenant.control_plane.port != DEFAULT_PORT {
        network.insert("apiServerPort".into(), json!(tenant.control_plane.port));
    }
    network.insert("services".into(), cidr_blocks(&tenant.services));
    network.insert("pods".into(), cidr_blocks(&tenant.pods));
    json!({
        "apiVersion": versions.cluster,
        "kind": "Cluster",
        "metadata": metadata(tenant, &tenant.name),
        "spec": {
            "clusterNetwork": network,
            "controlPlaneRef": dialect.reference(&versions.kamaji_control_plane, "KamajiControlPlane", &tenant.name),
            "infrastructureRef": dialect.reference(&versions.kubevirt_cluster, "KubevirtCluster", &tenant.name),
        },
    })
}

fn cidr_blocks(networks: &[IpNet]) -> Value {
    let blocks: Vec<String> = networks.iter().map(ToString::to_string).collect();
    json!({"cidrBlocks": blocks})
}
