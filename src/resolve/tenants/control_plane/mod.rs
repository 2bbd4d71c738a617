//! `controlPlane` of a tenant: replicas, data store, and how its API is reached, by which address and which name.

mod address;
mod name;
mod ports;

pub(super) use ports::check as check_ports;
pub(in crate::resolve) use ports::node_ports;

use super::Written;
use super::host::DATA_STORE;
use crate::catalog::ClusterApi;
use crate::model::{Network, Platform, TenantControlPlane};
use crate::resolve::Resolver;
use crate::resolve::context::Context;
use crate::spec::Expose;
use crate::spec::scalar::DnsName;

pub(super) fn control_plane(
    cx: &mut Resolver<'_>,
    context: &Context,
    set: &ClusterApi,
    platform: &Platform,
    network: &Network,
    tenant: &Written<'_>,
) -> TenantControlPlane {
    let spec = &tenant.spec.control_plane;
    let service = address::service(cx, network, tenant);
    let (ingress, gateway) = name::proxies(cx, context, platform, tenant);
    let hostname = spec.hostname.as_ref().map(|DnsName(name)| name.clone());
    // The provider adds the name that a proxy routes by.
    let routed = matches!(spec.expose, Expose::Ingress | Expose::Gateway);
    TenantControlPlane {
        replicas: spec.replicas.unwrap_or(2),
        data_store: spec.data_store.clone().unwrap_or_else(|| DATA_STORE.to_owned()),
        expose: spec.expose,
        port: spec.port(),
        konnectivity_port: spec.konnectivity_port.unwrap_or(8132),
        ingress,
        gateway,
        address: spec.address.map(|address| address.0),
        service_labels: service.labels,
        service_annotations: service.annotations,
        cert_sans: hostname.iter().filter(|_| !routed).cloned().collect(),
        hostname,
        konnectivity: spec
            .konnectivity
            .unwrap_or(true)
            .then(|| set.images_by_minor.konnectivity.tag(&tenant.spec.kubernetes.0).unwrap_or_default().to_owned()),
    }
}
