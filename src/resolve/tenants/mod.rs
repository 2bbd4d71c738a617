//! `tenants`: each tenant cluster, checked against what the cloud has. One file per part of a tenant.

mod capacity;
mod control_plane;
mod health_check;
mod host;
mod names;
mod network;
mod node_groups;
mod pools;
mod scaling;
mod shared_gateway;
mod storage;
mod talos;
mod tunnel;

use std::collections::BTreeMap;
use std::net::IpAddr;

use indexmap::IndexMap;

use super::Resolver;
use super::addons::addons;
use super::components::{self, Closure};
use super::context::Context;
use super::network::nets;
use super::{cluster_api, registries};
use crate::catalog::nth_address;
use crate::diag::Diagnostic;
use crate::model::{Machine, Network, Platform, Quota, Registries, Tenant};
use crate::schema::{known_instead, respelt};
use crate::spec::{self, Expose};
use crate::syntax::Path;
use capacity::Hosts;
pub(super) use control_plane::node_ports;
use control_plane::{check_ports, control_plane};
use names::{check_name, check_namespace};
use node_groups::node_groups;
use storage::storage_classes;

/// Label by which the pools of every load balancer of the catalog select Services.
const POOL_LABEL: &str = "cloudc.dev/pool";

/// A tenant as it is written.
#[derive(Clone, Copy)]
struct Written<'a> {
    name: &'a str,
    spec: &'a spec::Tenant,
}

impl Written<'_> {
    /// A place below the tenant.
    fn key(&self, keys: &[&str]) -> Path {
        keys.iter().fold(Path::of(["tenants", self.name]), |path, key| path.key(key))
    }
}

pub(super) fn resolve(
    cx: &mut Resolver<'_>,
    context: &Context,
    platform: &mut Platform,
    network: &Network,
    components: &Closure<'_>,
    machines: &[Machine],
) -> Vec<Tenant> {
    let mut taken: BTreeMap<IpAddr, Path> = BTreeMap::new();
    let mut tenants = Vec::new();
    check_ports(cx);
    pools::moved_away(cx, network);
    let registries = registries::of_workers(cx);
    let of_nodes = tunnel::of_nodes(machines, components);
    let hosts = Hosts::of(cx, context);
    for (name, spec) in &cx.spec.tenants {
        let written = Written { name, spec };
        if let Some(tenant) = tenant(cx, context, hosts.as_ref(), platform, network, &registries, &written) {
            // Node ports share the addresses of nodes.
            let address = tenant.control_plane.address.filter(|_| tenant.control_plane.expose == Expose::LoadBalancer);
            if let Some(address) = address
                && let Some(first) = taken.insert(address, written.key(&["controlPlane", "address"]))
            {
                let (at, label) = (cx.value(&written.key(&["controlPlane", "address"])), cx.value(&first));
                cx.report(
                    Diagnostic::error(
                        "address-overlap",
                        at,
                        format!("tenant `{name}` has the address of another tenant"),
                    )
                    .label(label, "the other tenant's")
                    .help("give each its own address"),
                );
            }
            tunnel::check(cx, &written, &tenant.addons, &of_nodes);
            tenants.push(tenant);
        }
    }
    shared_gateway::check(cx, context, network, &taken);
    pools::check(cx, context, network);
    capacity::check_all(cx, hosts.as_ref(), &cx.pins.set().clone(), &tenants);
    if !tenants.is_empty() {
        registries::check_workers(cx);
    }
    tenants
}

fn tenant(
    cx: &mut Resolver<'_>,
    context: &Context,
    hosts: Option<&Hosts<'_>>,
    platform: &mut Platform,
    network: &Network,
    registries: &Registries,
    written: &Written<'_>,
) -> Option<Tenant> {
    let Written { name, spec } = *written;
    let path = written.key(&[]);
    let set = cx.pins.set().clone();
    check_name(cx, name, &path);
    let window = set.tenant_window();
    if !window.contains(&spec.kubernetes.0) {
        let at = cx.value(&path.key("kubernetes"));
        cx.report(
            Diagnostic::error("version-window", at, format!("tenants cannot run Kubernetes {}", spec.kubernetes)).help(
                format!(
                    "tenants run {} to {} with the versions of `{}`",
                    window.min,
                    window.max,
                    cluster_api::name(cx.spec, cx.catalog)
                ),
            ),
        );
        return None;
    }
    check_namespace(cx, platform, name, spec, &path);
    let services = nets(&spec.network.services);
    let dns_service_ip = services.first().and_then(|net| nth_address(net, 10));
    let Some(dns_service_ip) = dns_service_ip else {
        let pool = Path::of(["network", "tenants", "services", "prefix"]);
        let at = cx.value(&cx.written_or(path.key("network").key("services"), pool));
        cx.report_once(
            Diagnostic::error("network-too-small", at, "the service network has no tenth address for the cluster DNS")
                .help("give a /16, at least a /28"),
        );
        return None;
    };
    let namespace = spec.host_namespace(name);
    let node_groups = node_groups(cx, context, &set, written);
    let mut control_plane = control_plane(cx, context, &set, platform, network, written);
    let talos = talos::workers(cx, &set, network, platform, &mut control_plane, (name, &namespace, spec));
    let (addons, secrets) = addons(cx, context, platform, name, &namespace, spec, &dns_service_ip.to_string());
    let autoscaler = scaling::autoscaler(cx, &set, written, &node_groups);
    let health_check = health_check::health_check(cx, written, &node_groups);
    scaling::check_first_machine(cx, written, &node_groups);
    host::check(cx, context, written);
    network::check(cx, written, &node_groups);
    capacity::check(cx, hosts, &set, written, &node_groups);
    Some(Tenant {
        name: name.to_owned(),
        namespace,
        kubernetes: spec.kubernetes.0.clone(),
        deleting: spec.state == spec::TenantState::Deleting,
        control_plane,
        pods: nets(&spec.network.pods),
        services,
        dns_service_ip,
        node_groups,
        talos,
        storage_classes: storage_classes(cx, platform, &path, spec),
        load_balancer_labels: load_balancers(cx, network, &path, spec),
        autoscaler,
        health_check,
        addons,
        quota: spec.quota.as_ref().map(|quota| Quota {
            cpu: quota.cpu,
            memory: quota.memory.as_ref().map(|size| size.bytes),
            storage: quota.storage.as_ref().map(|size| size.bytes),
        }),
        registries: registries.clone(),
        cluster_api: set,
        depends_on: depends_on(platform, spec.control_plane.expose),
        secrets,
        origins: vec![path.to_string()],
    })
}

/// Everything that makes tenants must be ready; the order among those is the platform's.
fn depends_on(platform: &Platform, expose: Expose) -> Vec<String> {
    let last = |name: &&str| {
        let component = platform.components.iter().find(|component| component.name == **name)?;
        component.layers.last().map(|layer| layer.name.clone())
    };
    let tenancy = components::TENANCY.iter().filter_map(last);
    let storage = platform.storage_classes.values().filter_map(|name| last(&name.as_str()));
    let gateway: &[&str] = match expose {
        Expose::Gateway => &[components::TENANT_GATEWAY, components::GATEWAY_API],
        _ => &[],
    };
    let mut all: Vec<String> = tenancy.chain(storage).chain(gateway.iter().filter_map(last)).collect();
    all.sort();
    all.dedup();
    all
}

fn load_balancers(
    cx: &mut Resolver<'_>,
    network: &Network,
    path: &Path,
    spec: &spec::Tenant,
) -> IndexMap<String, String> {
    let Some(load_balancers) = &spec.load_balancers else { return IndexMap::new() };
    let pool = &load_balancers.pool;
    if !network.load_balancers.contains_key(pool) {
        let at = cx.value(&path.key("loadBalancers").key("pool"));
        let help = known_instead(pool, network.load_balancers.keys().map(String::as_str))
            .unwrap_or_else(|| "add it under `network.loadBalancers`".to_owned());
        let fix = respelt(at, pool, network.load_balancers.keys().map(String::as_str));
        let finding = Diagnostic::error("unknown-reference", at, format!("no load-balancer pool `{pool}`"));
        cx.report(finding.help(help).fix_if(fix));
    }
    IndexMap::from([(POOL_LABEL.to_owned(), pool.clone())])
}
