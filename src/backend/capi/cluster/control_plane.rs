//! `controlPlane` of a tenant -> `KamajiControlPlane` (Kamaji control-plane provider, v1alpha1 up to 0.19, v1alpha2 from 0.20).

use serde_json::{Map, Value, json};

use crate::backend::capi::kept_metadata;
use crate::backend::capi::talos::signer;
use crate::model::{Gateway, Ingress, KUBECONFIG_KEY, Tenant};
use crate::spec::Expose;

/// Port of the API, pod and service networks are not here: the provider takes them from the Cluster.
pub(super) fn control_plane(tenant: &Tenant) -> Value {
    let control = &tenant.control_plane;
    let mut metadata = kept_metadata(tenant, &tenant.name);
    if behind_a_name(control.expose) {
        // Cluster API itself would otherwise go out through the ingress to reach a pod next door.
        metadata["annotations"]["kamaji.clastix.io/kubeconfig-secret-key"] = json!(KUBECONFIG_KEY);
    }
    let mut spec = Map::new();
    spec.insert("dataStoreName".into(), json!(control.data_store));
    let addons = addons(tenant);
    if !addons.is_empty() {
        spec.insert("addons".into(), Value::Object(addons));
    }
    spec.insert("network".into(), network(tenant));
    let refused = tenant.cluster_api.kubelet_settings.refused(&tenant.kubernetes);
    if !refused.is_empty() {
        let patches: Vec<Value> = refused.iter().map(|path| json!({"op": "remove", "path": path})).collect();
        spec.insert("kubelet".into(), json!({"configurationJSONPatches": patches}));
    }
    let deployment = deployment(tenant);
    if !deployment.is_empty() {
        spec.insert("deployment".into(), Value::Object(deployment));
    }
    spec.insert("replicas".into(), json!(control.replicas));
    spec.insert("version".into(), json!(format!("v{}", tenant.kubernetes)));
    json!({
        "apiVersion": tenant.cluster_api.api_versions.kamaji_control_plane,
        "kind": "KamajiControlPlane",
        "metadata": metadata,
        "spec": spec,
    })
}

fn deployment(tenant: &Tenant) -> Map<String, Value> {
    let mut deployment = Map::new();
    if tenant.control_plane.replicas > 1 {
        // Kamaji adds the selector of its own pods.
        deployment.insert(
            "topologySpreadConstraints".into(),
            json!([{
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
            }]),
        );
    }
    if let Some(talos) = &tenant.talos {
        deployment.insert("extraContainers".into(), signer::containers(tenant, talos));
        deployment.insert("extraVolumes".into(), signer::volumes(tenant));
    }
    deployment
}

/// Whether clients reach the API by a name that a proxy routes by.
pub(in crate::backend::capi) const fn behind_a_name(expose: Expose) -> bool {
    matches!(expose, Expose::Ingress | Expose::Gateway)
}

/// The presence of a key turns an add-on on. Kamaji brings CoreDNS and kube-proxy unless the tenant's own add-ons do: two
/// owners of one Deployment undo each other for ever.
fn addons(tenant: &Tenant) -> Map<String, Value> {
    let has = |name: &str| tenant.addons.iter().any(|addon| addon.name == name);
    let mut addons = Map::new();
    if !has("coredns") {
        addons.insert("coreDNS".into(), json!({"dnsServiceIPs": [tenant.dns_service_ip]}));
    }
    if !has("cilium") {
        addons.insert("kubeProxy".into(), json!({}));
    }
    if let Some(version) = &tenant.control_plane.konnectivity {
        let mut agent = json!({"version": version});
        if tenant.node_groups.iter().any(|group| !group.taints.is_empty()) {
            // The agent must run somewhere even when every group of the tenant is tainted.
            agent["tolerations"] = json!([{"operator": "Exists"}]);
        }
        let server = json!({"port": tenant.control_plane.konnectivity_port, "version": version});
        addons.insert("konnectivity".into(), json!({"server": server, "agent": agent}));
    }
    addons
}

fn network(tenant: &Tenant) -> Value {
    let control = &tenant.control_plane;
    let mut network = Map::new();
    let hostname = control.hostname.as_deref().unwrap_or_default();
    let service_type = match control.expose {
        Expose::LoadBalancer => "LoadBalancer",
        Expose::NodePort => "NodePort",
        Expose::ClusterIp => "ClusterIP",
        Expose::Gateway => {
            if let Some(gateway) = &control.gateway {
                network.insert("gateway".into(), gateway_object(gateway, hostname, control.port));
            }
            "ClusterIP"
        }
        Expose::Ingress => {
            if let Some(ingress) = &control.ingress {
                network.insert("ingress".into(), ingress_object(ingress, hostname));
            }
            "ClusterIP"
        }
    };
    network.insert("serviceType".into(), json!(service_type));
    // Kamaji publishes the address as the API's own, so one that its Service does not answer on would lead nowhere.
    if let Some(address) = control.address
        && service_type != "ClusterIP"
    {
        network.insert("serviceAddress".into(), json!(address));
    }
    if !control.service_labels.is_empty() {
        network.insert("serviceLabels".into(), json!(control.service_labels));
    }
    if !control.service_annotations.is_empty() {
        network.insert("serviceAnnotations".into(), json!(control.service_annotations));
    }
    if tenant.talos.is_some() {
        network.insert("additionalServicePorts".into(), signer::service_ports());
    }
    if !control.cert_sans.is_empty() {
        network.insert("certSANs".into(), json!(control.cert_sans));
    }
    if tenant.addons.iter().any(|addon| addon.name == "coredns") {
        // What kubelets hand to pods; with Kamaji's own CoreDNS the add-on carries it.
        network.insert("dnsServiceIPs".into(), json!([tenant.dns_service_ip]));
    }
    Value::Object(network)
}

/// The port is said although it is the API's own: without it the provider publishes 443, and Kamaji 6443. So is the listener:
/// a route that names none takes the listener of Konnectivity too, and with it the traffic of the workers.
fn gateway_object(gateway: &Gateway, hostname: &str, port: u16) -> Value {
    json!({
        "name": gateway.name,
        "namespace": gateway.namespace,
        "sectionName": gateway.listener,
        "hostname": format!("{hostname}:{port}"),
    })
}

/// The port is said because the provider takes 443 for granted and Kamaji the port of the API server. The annotations make the
/// controller hand TLS through: the API server ends it itself, since it knows its clients by their certificates.
fn ingress_object(ingress: &Ingress, hostname: &str) -> Value {
    let mut object = Map::new();
    if let Some(class) = &ingress.class {
        object.insert("className".into(), json!(class));
    }
    object.insert("hostname".into(), json!(format!("{hostname}:443")));
    object.insert("extraAnnotations".into(), json!(ingress.annotations));
    Value::Object(object)
}
