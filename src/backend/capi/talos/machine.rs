//! A node group -> the machine configuration of its workers, in the layout of Talos 1.12 and 1.13.
//!
//! It says what differs from a machine of the cloud: a virtual machine has no disk to choose, no network of its own to set up,
//! and a control plane that is not Talos's. Its name comes from the config drive, and is the machine's in Cluster API.
//! Key order is that of siderolabs/talos `pkg/machinery/config/types`.

use ipnet::IpNet;
use serde_json::{Value, json};

use super::placeholder;
use crate::backend::capi::node_group::{capacity, labels, taints};
use crate::backend::talos_registries;
use crate::model::{NodeGroup, TalosWorkers, Tenant, TenantSecret};

/// The documents; the `v1alpha1` one is the first.
pub(super) fn documents(tenant: &Tenant, talos: &TalosWorkers, group: &NodeGroup) -> Vec<Value> {
    let main = json!({
        "version": "v1alpha1",
        "debug": false,
        "persist": true,
        "machine": machine(tenant, group),
        "cluster": cluster(tenant, talos),
    });
    let registries = &tenant.registries;
    let mut documents = vec![main, resolver(talos)];
    documents.extend(talos_registries::mirrors(registries));
    documents.extend(talos_registries::tls(registries));
    documents.extend(talos_registries::trusted_roots(registries));
    documents
}

fn machine(tenant: &Tenant, group: &NodeGroup) -> Value {
    let mut machine = json!({
        "type": "worker",
        "token": placeholder(TenantSecret::MachineToken),
        // Of an authority a worker gets the certificate alone.
        "ca": {"crt": placeholder(TenantSecret::MachineCaCertificate), "key": ""},
        "certSANs": [],
        "kubelet": kubelet(tenant, group),
    });
    if !group.sysctls.is_empty() {
        machine["sysctls"] = json!(group.sysctls);
    }
    machine["features"] = json!({
        "diskQuotaSupport": true,
        // One Service stands before the control plane: there is nothing to choose from.
        "kubePrism": {"enabled": false},
        // The tenant's DNS asks that of the host cluster directly.
        "hostDNS": {"enabled": true, "forwardKubeDNSToHost": false},
    });
    if !group.kernel_modules.is_empty() {
        let modules = group.kernel_modules.iter().map(|name| json!({"name": name}));
        machine["kernel"] = json!({"modules": modules.collect::<Value>()});
    }
    machine
}

/// Labels and taints are said when the node registers: later a kubelet may not change its taints.
fn kubelet(tenant: &Tenant, group: &NodeGroup) -> Value {
    let reserved = capacity::reserved(capacity::of_machine(tenant, group));
    let reserved = json!({"cpu": reserved.cpu(), "memory": reserved.memory()});
    let mut config = json!({"kubeReserved": reserved, "systemReserved": reserved});
    let taints = taints::objects(group);
    if !taints.is_empty() {
        config["registerWithTaints"] = Value::Array(taints);
    }
    let mut kubelet = json!({"image": format!("ghcr.io/siderolabs/kubelet:v{}", tenant.kubernetes)});
    if let Some(labels) = labels::of_kubelet(group) {
        kubelet["extraArgs"] = json!({"node-labels": labels});
    }
    kubelet["extraConfig"] = config;
    kubelet["defaultRuntimeSeccompProfileEnabled"] = json!(true);
    kubelet["disableManifestsDirectory"] = json!(true);
    kubelet
}

fn cluster(tenant: &Tenant, talos: &TalosWorkers) -> Value {
    let [id, secret] = [TenantSecret::BootstrapTokenId, TenantSecret::BootstrapTokenSecret].map(placeholder);
    json!({
        "controlPlane": {"endpoint": format!("https://{}:{}", talos.endpoint, tenant.control_plane.port)},
        "clusterName": tenant.name,
        "network": {
            "cni": {"name": "none"},
            "dnsDomain": "cluster.local",
            "podSubnets": texts(&tenant.pods),
            "serviceSubnets": texts(&tenant.services),
        },
        "token": format!("{id}.{secret}"),
        "ca": {"crt": placeholder(TenantSecret::KubernetesCaCertificate), "key": ""},
        // It finds other machines of Talos, and members of its control plane: there are none to find.
        "discovery": {"enabled": false},
    })
}

fn texts(networks: &[IpNet]) -> Value {
    networks.iter().map(|network| json!(network.to_string())).collect()
}

/// The host cluster's DNS knows the control plane. Add-ons on the host's network call it by the short name, for which the
/// domain is searched.
fn resolver(talos: &TalosWorkers) -> Value {
    json!({
        "apiVersion": "v1alpha1",
        "kind": "ResolverConfig",
        "nameservers": [{"address": talos.nameserver}],
        "searchDomains": {"domains": [talos.domain]},
    })
}
