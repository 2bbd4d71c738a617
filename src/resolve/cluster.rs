//! `controlPlane`: what stands behind the endpoint, and the cluster-wide settings with what components ask for.

use std::net::IpAddr;

use indexmap::IndexMap;

use super::components::Closure;
use super::context::Context;
use super::settings::Layers;
use super::{Resolver, links, network::nets};
use crate::diag::Diagnostic;
use crate::model::{
    ApiServer, AuditPolicy, ControlPlane, Endpoint, EndpointKind, Etcd, Machine, Network, Oidc, PodResources, StaticPod,
};
use crate::spec::scalar::ApiEndpoint;
use crate::spec::{self, ArgValue, Audit, NamedAudit, Role};
use crate::syntax::Path;

pub(super) fn endpoint(
    cx: &mut Resolver<'_>,
    network: &Network,
    settings: &IndexMap<String, Layers>,
) -> Option<Endpoint> {
    let path = Path::of(["controlPlane", "endpoint"]);
    let ApiEndpoint { host, port, url } = cx.spec.control_plane.endpoint.clone();
    let control_planes = cx.spec.nodes.values().filter(|node| node.role == Role::ControlPlane).count();
    if control_planes == 0 {
        let at = cx.key(&Path::of(["nodes"]));
        let mut finding = Diagnostic::error("no-control-plane", at, "no node has the role `control-plane`")
            .help("give one node, or three for high availability, `role: control-plane`");
        for node in cx.spec.nodes.keys().take(3) {
            finding = finding.label(cx.value(&Path::of(["nodes", node, "role"])), "a worker");
        }
        cx.report(finding);
        return None;
    }
    let kind = match host.parse::<IpAddr>() {
        Ok(address) if !url => {
            let carries = |name: &String| links::carries(&settings[name].only(&["links"]), address);
            let says = |node: &spec::Node| node.address.is_some_and(|a| a.0 == address);
            let holder = cx.spec.nodes.iter().find(|(_, node)| says(node));
            let holder = holder.or_else(|| cx.spec.nodes.iter().find(|(name, _)| carries(name)));
            match holder {
                Some((name, node)) if node.role == Role::Worker => {
                    let (at, label) = (cx.value(&path), cx.value(&Path::of(["nodes", name, "address"])));
                    cx.report(
                        Diagnostic::error(
                            "endpoint-on-worker",
                            at,
                            format!("the API endpoint is the address of worker `{name}`"),
                        )
                        .label(label, "a worker does not run the API server")
                        .help("use a free address of the node network, or a control-plane node's"),
                    );
                    EndpointKind::Node(address)
                }
                Some((name, _)) => {
                    if control_planes > 1 {
                        let (at, label) = (cx.value(&path), cx.value(&Path::of(["nodes", name, "address"])));
                        cx.report(
                            Diagnostic::warning(
                                "endpoint-on-one-node",
                                at,
                                format!("the API is gone when node `{name}` is"),
                            )
                            .label(label, "this node's own address")
                            .help("use a free address of the node network: the control-plane nodes will share it"),
                        );
                    }
                    EndpointKind::Node(address)
                }
                None if network.nodes.iter().any(|net| net.contains(&address)) => EndpointKind::Vip(address),
                None => {
                    let (at, label) = (cx.value(&path), cx.value(&Path::of(["network", "nodes"])));
                    cx.report(
                        Diagnostic::error("address-outside-network", at, "the API endpoint is not in the node network")
                            .label(label, "the node network")
                            .help(format!("choose a free address in it, or write `https://{host}:{port}` for a load balancer outside")),
                    );
                    EndpointKind::External
                }
            }
        }
        _ => EndpointKind::External,
    };
    Some(Endpoint { host, port, kind })
}

/// Whether ordinary workloads run on control-plane nodes.
pub(super) fn schedulable(cx: &Resolver<'_>) -> bool {
    let no_workers = cx.spec.nodes.values().all(|node| node.role == Role::ControlPlane);
    cx.spec.control_plane.schedulable.unwrap_or(no_workers)
}

pub(super) fn control_plane(
    cx: &mut Resolver<'_>,
    context: &Context,
    components: &Closure,
    endpoint: Endpoint,
) -> ControlPlane {
    let spec = &cx.spec.control_plane;
    let mut out = ControlPlane {
        schedulable: schedulable(cx),
        cert_sans: spec.cert_sans.clone(),
        api_server: api_server(spec.api_server.as_ref()),
        controller_manager: static_pod(spec.controller_manager.as_ref()),
        scheduler: static_pod(spec.scheduler.as_ref()),
        etcd: etcd(spec.etcd.as_ref()),
        cni: true,
        kube_proxy: true,
        host_dns_forwarding: true,
        talos_api_roles: spec.talos_api_access.as_ref().map(|access| access.roles.clone()).unwrap_or_default(),
        talos_api_namespaces: spec
            .talos_api_access
            .as_ref()
            .map(|access| access.namespaces.clone())
            .unwrap_or_default(),
        endpoint,
    };
    for component in components.iter() {
        for need in &component.entry.cluster {
            let scope = context.component(cx, component);
            if !scope.holds(cx, component, need.when.as_deref()) {
                continue;
            }
            out.cni &= !need.no_cni;
            out.kube_proxy &= !need.no_kube_proxy;
            out.host_dns_forwarding &= !need.no_host_dns_forwarding;
            if need.control_plane_metrics {
                serve_metrics(&mut out);
            }
            for (namespace, roles) in &need.talos_api_access {
                add(&mut out.talos_api_namespaces, namespace);
                for role in roles {
                    add(&mut out.talos_api_roles, role);
                }
            }
        }
    }
    // Talos allows access per role and namespace as two lists, and only control-plane nodes hold them.
    out.talos_api_roles.sort();
    out.talos_api_namespaces.sort();
    out
}

fn add(list: &mut Vec<String>, value: &str) {
    if !list.iter().any(|known| known == value) {
        list.push(value.to_owned());
    }
}

/// Metrics of the control plane on the node addresses; they listen on localhost by default.
fn serve_metrics(control_plane: &mut ControlPlane) {
    let default = |args: &mut IndexMap<String, String>, key: &str, value: &str| {
        args.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    };
    default(&mut control_plane.controller_manager.extra_args, "bind-address", "0.0.0.0");
    default(&mut control_plane.scheduler.extra_args, "bind-address", "0.0.0.0");
    default(&mut control_plane.etcd.extra_args, "listen-metrics-urls", "http://0.0.0.0:2381");
}

fn api_server(spec: Option<&spec::ApiServer>) -> ApiServer {
    let Some(spec) = spec else { return ApiServer::default() };
    ApiServer {
        extra_args: args(&spec.extra_args),
        oidc: spec.oidc.as_ref().map(|oidc| Oidc {
            issuer: oidc.issuer.clone(),
            client_id: oidc.client_id.clone(),
            // What kube-apiserver takes when it is not told.
            username_claim: oidc.username_claim.clone().unwrap_or_else(|| "sub".to_owned()),
            groups_claim: oidc.groups_claim.clone(),
        }),
        audit: match &spec.audit {
            None | Some(Audit::Named(NamedAudit::Default)) => AuditPolicy::Metadata,
            Some(Audit::Named(NamedAudit::None)) => AuditPolicy::None,
            Some(Audit::Policy(policy)) => {
                // There is one kind of policy, but the API server wants to read it.
                let kind = [("apiVersion", "audit.k8s.io/v1"), ("kind", "Policy")];
                let kind = kind.map(|(key, value)| (key.to_owned(), serde_json::Value::from(value)));
                let given = policy.iter().map(|(key, value)| (key.clone(), value.clone()));
                AuditPolicy::Custom(kind.into_iter().chain(given).collect())
            }
        },
        resources: resources(spec.resources.as_ref()),
    }
}

fn etcd(spec: Option<&spec::Etcd>) -> Etcd {
    spec.map_or_else(Etcd::default, |etcd| Etcd {
        extra_args: args(&etcd.extra_args),
        advertised_subnets: etcd.advertised_subnets.iter().map(|cidr| cidr.0).collect(),
    })
}

/// Whether Talos must be told which of a machine's networks is the nodes'. Left to itself, it takes the first address that
/// is no pod's or Service's. Where a component brings the network of the pods, its own address on the node may be that
/// one, and the kubelet or etcd would depend on what depends on them.
pub(super) fn says_its_networks(control_plane: &ControlPlane, machine: &Machine) -> bool {
    !control_plane.cni || !machine.has_one_network()
}

/// etcd is advertised on the network of the nodes, where there may be another.
pub(super) fn advertise_etcd(cx: &Resolver<'_>, control_plane: &mut ControlPlane, machines: &[Machine]) {
    let mut voters = machines.iter().filter(|machine| machine.role == Role::ControlPlane);
    let said = voters.any(|machine| says_its_networks(control_plane, machine));
    if said && control_plane.etcd.advertised_subnets.is_empty() {
        control_plane.etcd.advertised_subnets = nets(&cx.spec.network.nodes);
    }
}

fn static_pod(spec: Option<&spec::StaticPod>) -> StaticPod {
    spec.map_or_else(StaticPod::default, |spec| StaticPod {
        extra_args: args(&spec.extra_args),
        resources: resources(spec.resources.as_ref()),
    })
}

fn args(args: &IndexMap<String, ArgValue>) -> IndexMap<String, String> {
    args.iter().map(|(name, value)| (name.clone(), value.to_string())).collect()
}

fn resources(spec: Option<&spec::PodResources>) -> PodResources {
    spec.map_or_else(PodResources::default, |spec| PodResources {
        cpu: spec.cpu.as_ref().map(|cpu| cpu.as_str().map_or_else(|| cpu.to_string(), str::to_owned)),
        memory: spec.memory.as_ref().map(|memory| memory.quantity().to_owned()),
    })
}
