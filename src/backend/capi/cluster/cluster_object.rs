//! A tenant -> `Cluster` (Cluster API core, contract v1beta2).

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use crate::backend::capi::{api_group, metadata};
use crate::model::Tenant;

/// Port of the API server when nothing is said (Kamaji, `networkProfile.port`).
const DEFAULT_PORT: u16 = 6443;

/// References carry no version: core finds it by the contract label of the CRD. The endpoint is left to the control-plane
/// provider, which learns it from the Service.
pub(super) fn cluster(tenant: &Tenant) -> Value {
    let versions = &tenant.cluster_api.api_versions;
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
            "controlPlaneRef": {
                "apiGroup": api_group(&versions.kamaji_control_plane),
                "kind": "KamajiControlPlane",
                "name": tenant.name,
            },
            "infrastructureRef": {
                "apiGroup": api_group(&versions.kubevirt_cluster),
                "kind": "KubevirtCluster",
                "name": tenant.name,
            },
        },
    })
}

fn cidr_blocks(networks: &[IpNet]) -> Value {
    let blocks: Vec<String> = networks.iter().map(ToString::to_string).collect();
    json!({"cidrBlocks": blocks})
}
