//! `tenants`: sizes, addresses and add-ons of each tenant cluster, checked against what the cloud has.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::addons::addons;
use super::components;
use super::context::Context;
use super::{Resolver, cluster_api, network::nets, workers};
use crate::catalog::{ClusterApi, nth_address};
use crate::diag::Diagnostic;
use crate::model::{
    Autoscaler, HealthCheck, MachineSize, Network, NodeGroup, Platform, Quota, Replicas, Tenant, TenantControlPlane,
    TenantStorageClass,
};
use crate::schema::known_instead;
use crate::spec::{self, CountOrPercent, Expose};
use crate::syntax::Path;

/// Label by which the pools of every load balancer of the catalog select Services.
const POOL_LABEL: &str = "cloudc.dev/pool";

/// MetalLB's and Cilium's annotations that put a Service on an address.
const ADDRESS_ANNOTATIONS: [&str; 2] = ["metallb.io/loadBalancerIPs", "lbipam.cilium.io/ips"];

pub(super) fn resolve(
    cx: &mut Resolver<'_>,
    context: &Context,
    platform: &mut Platform,
    network: &Network,
) -> Vec<Tenant> {
    let mut taken = BTreeSet::new();
    let mut tenants = Vec::new();
    for (name, spec) in &cx.spec.tenants {
        if let Some(tenant) = tenant(cx, context, platform, network, name, spec) {
            let address = tenant.control_plane.address;
            if address.is_some_and(|address| !taken.insert(address)) {
                let at = cx.value(&Path::of(["tenants", name, "controlPlane", "address"]));
                cx.report(
                    Diagnostic::error(
                        "address-overlap",
                        at,
                        format!("tenant `{name}` has the address of another tenant"),
                    )
                    .help("give each its own address"),
                );
            }
            tenants.push(tenant);
        }
    }
    tenants
}

fn tenant(
    cx: &mut Resolver<'_>,
    context: &Context,
    platform: &mut Platform,
    network: &Network,
    name: &str,
    spec: &spec::Tenant,
) -> Option<Tenant> {
    let path = Path::of(["tenants", name]);
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
        let at = cx.value(&path.key("network").key("services"));
        cx.report(
            Diagnostic::error("network-too-small", at, "the service network has no tenth address for the cluster DNS")
                .help("give a /16, at least a /28"),
        );
        return None;
    };
    let namespace = spec.namespace.clone().unwrap_or_else(|| format!("tenant-{name}"));
    let node_groups = node_groups(cx, context, &set, (name, spec));
    let mut control_plane = control_plane(cx, &set, network, name, spec, &path);
    let talos = workers::talos(cx, &set, network, platform, &mut control_plane, (name, &namespace, spec));
    let (addons, secrets) = addons(cx, context, platform, name, &namespace, spec, &dns_service_ip.to_string());
    let scaled = node_groups.iter().any(|group| matches!(group.replicas, Replicas::Scaled { .. }));
    if spec.autoscaler.is_some() && !scaled {
        let at = cx.key(&path.key("autoscaler"));
        cx.report(
            Diagnostic::warning("autoscaler-without-groups", at, format!("tenant `{name}` has no node group to scale"))
                .help("give a group `replicas: {min, max}`"),
        );
    }
    let autoscaler = scaled.then(|| {
        let settings = spec.autoscaler.clone().unwrap_or_default();
        Autoscaler {
            image: set.images_by_minor.cluster_autoscaler.reference(&spec.kubernetes.0).unwrap_or_default(),
            scale_down_unneeded_time: settings.scale_down_unneeded_time.map_or_else(|| "10m".to_owned(), |d| d.text),
            scan_interval: settings.scan_interval.map_or_else(|| "10s".to_owned(), |d| d.text),
        }
    });
    let health = spec.health_check.clone().unwrap_or_default();
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
        health_check: HealthCheck {
            max_unhealthy: match health.max_unhealthy {
                Some(CountOrPercent::Count(count)) => count.to_string(),
                Some(CountOrPercent::Percent(percent)) => percent.0,
                None => "50%".to_owned(),
            },
            startup_timeout_seconds: health.startup_timeout.map_or(20 * 60, |timeout| timeout.seconds),
        },
        addons,
        quota: spec.quota.as_ref().map(|quota| Quota {
            cpu: quota.cpu.map(|cpu| cpu.to_string()),
            memory: quota.memory.as_ref().map(|size| size.quantity().to_owned()),
            storage: quota.storage.as_ref().map(|size| size.quantity().to_owned()),
        }),
        cluster_api: set,
        depends_on: depends_on(platform),
        secrets,
        origins: vec![path.to_string()],
    })
}

/// The name becomes a Service (DNS-1035) and the head of machine and volume names.
fn check_name(cx: &mut Resolver<'_>, name: &str, path: &Path) {
    let at = cx.key(path);
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.parse::<spec::scalar::DnsLabel>().is_err() {
        cx.report(
            Diagnostic::error("wrong-name", at, format!("`{name}` cannot be a tenant's name"))
                .note("it becomes the name of a Service: lower-case letters, digits and hyphens, a letter first"),
        );
    } else if name.len() > 30 {
        cx.report(
            Diagnostic::error("wrong-name", at, format!("`{name}` is longer than 30 characters"))
                .note("machines, disks and releases add to it, and none of them may pass 63"),
        );
    }
}

/// A tenant's namespace is its own: its quota and its PodSecurity level hold for all of it.
fn check_namespace(cx: &mut Resolver<'_>, platform: &Platform, name: &str, spec: &spec::Tenant, path: &Path) {
    let of = |name: &str, tenant: &spec::Tenant| tenant.namespace.clone().unwrap_or_else(|| format!("tenant-{name}"));
    let namespace = of(name, spec);
    let system = matches!(namespace.as_str(), "kube-system" | "kube-public" | "default");
    let shared =
        cx.spec.tenants.iter().take_while(|(other, _)| *other != name).any(|(other, t)| of(other, t) == namespace);
    if system || shared || platform.namespaces.iter().any(|known| known.name == namespace) {
        let at = cx.value(&path.key("namespace"));
        cx.report(
            Diagnostic::error(
                "shared-namespace",
                at,
                format!("namespace `{namespace}` is not tenant `{name}`'s alone"),
            )
            .note("its quota and PodSecurity level would hold for everything in it")
            .help("leave `namespace` out, or give one that nothing else uses"),
        );
    }
}

/// Everything that makes tenants must be ready; the order among those is the platform's.
fn depends_on(platform: &Platform) -> Vec<String> {
    let last = |name: &&str| {
        let component = platform.components.iter().find(|component| component.name == **name)?;
        component.layers.last().map(|layer| layer.name.clone())
    };
    let tenancy = components::TENANCY.iter().filter_map(last);
    let storage = platform.storage_classes.values().filter_map(|name| last(&name.as_str()));
    let mut all: Vec<String> = tenancy.chain(storage).collect();
    all.sort();
    all.dedup();
    all
}

fn control_plane(
    cx: &mut Resolver<'_>,
    set: &ClusterApi,
    network: &Network,
    name: &str,
    spec: &spec::Tenant,
    path: &Path,
) -> TenantControlPlane {
    let control_plane = &spec.control_plane;
    let path = path.key("controlPlane");
    let mut service_labels = IndexMap::new();
    let mut service_annotations = IndexMap::new();
    if let Some(address) = control_plane.address {
        let inside = |pool: &&(&String, &crate::model::LoadBalancerPool)| {
            pool.1.addresses.iter().any(|range| range.contains(address.0))
        };
        let pools: Vec<_> = network.load_balancers.iter().collect();
        // An ingress host may have a fixed address too; a cluster address is given by Kubernetes.
        let pool = pools.iter().find(inside);
        if control_plane.expose != Expose::LoadBalancer {
            let (at, label) = (cx.value(&path.key("address")), cx.key(&path.key("expose")));
            cx.report(
                Diagnostic::error("wrong-value", at, format!("the API of tenant `{name}` takes no address of a pool"))
                    .label(label, "because of how it is exposed")
                    .help("remove `address`, or use `expose: load-balancer`"),
            );
        } else if let Some((pool, _)) = pool {
            service_labels.insert(POOL_LABEL.to_owned(), (*pool).clone());
            for annotation in ADDRESS_ANNOTATIONS {
                service_annotations.insert(annotation.to_owned(), address.0.to_string());
            }
        } else {
            let at = cx.value(&path.key("address"));
            let label = cx.key(&Path::of(["network", "loadBalancers"]));
            cx.report(
                Diagnostic::error(
                    "address-outside-network",
                    at,
                    format!("the API address of tenant `{name}` is in no pool"),
                )
                .label(label, "the pools")
                .help("choose an address of a pool, or widen one"),
            );
        }
    }
    let needs = match control_plane.expose {
        Expose::Ingress if control_plane.hostname.is_none() => Some("hostname"),
        _ => None,
    };
    if let Some(needs) = needs {
        let at = cx.value(&path.key("expose"));
        cx.report(
            Diagnostic::error("missing-key", at, format!("an API exposed this way needs `{needs}`"))
                .help(format!("add `controlPlane.{needs}` to tenant `{name}`")),
        );
    }
    if control_plane.expose == Expose::LoadBalancer && network.load_balancers.is_empty() {
        let at = cx.key(&path);
        cx.report(
            Diagnostic::error("missing-capability", at, format!("the API of tenant `{name}` needs a load balancer"))
                .help("add a pool under `network.loadBalancers`, or `expose: cluster-ip`"),
        );
    }
    let konnectivity = control_plane
        .konnectivity
        .unwrap_or(true)
        .then(|| set.images_by_minor.konnectivity.tag(&spec.kubernetes.0).unwrap_or_default().to_owned());
    TenantControlPlane {
        replicas: control_plane.replicas.unwrap_or(2),
        data_store: control_plane.data_store.clone().unwrap_or_else(|| "default".to_owned()),
        expose: control_plane.expose,
        port: 6443,
        konnectivity_port: 8132,
        ingress_class: None,
        gateway: None,
        address: control_plane.address.map(|address| address.0),
        service_labels,
        service_annotations,
        cert_sans: control_plane.hostname.iter().map(|name| name.0.clone()).collect(),
        hostname: control_plane.hostname.as_ref().map(|name| name.0.clone()),
        konnectivity,
    }
}

fn node_groups(
    cx: &mut Resolver<'_>,
    context: &Context,
    set: &ClusterApi,
    tenant: (&str, &spec::Tenant),
) -> Vec<NodeGroup> {
    let mut groups = Vec::new();
    for (name, group) in &tenant.1.node_groups {
        let path = Path::of(["tenants", tenant.0, "nodeGroups", name]);
        let size = match (&group.instance_type, group.cpu, &group.memory) {
            (Some(instance_type), None, None) => MachineSize::InstanceType(instance_type.clone()),
            (None, Some(cpu), Some(memory)) => {
                MachineSize::Explicit { cpu, memory: memory.quantity().to_owned(), memory_bytes: memory.bytes }
            }
            (Some(_), _, _) => {
                let (at, label) = (
                    cx.value(&path.key("instanceType")),
                    cx.key(&path.key(if group.cpu.is_some() { "cpu" } else { "memory" })),
                );
                cx.report(
                    Diagnostic::error(
                        "size-given-twice",
                        at,
                        format!("group `{name}` has an instance type and a size of its own"),
                    )
                    .label(label, "KubeVirt refuses both together")
                    .help("keep `instanceType`, or `cpu` and `memory`"),
                );
                continue;
            }
            _ => {
                let at = cx.key(&path);
                cx.report(
                    Diagnostic::error("missing-key", at, format!("group `{name}` has no size"))
                        .help("give `instanceType`, or both `cpu` and `memory`"),
                );
                continue;
            }
        };
        let replicas = match group.replicas {
            spec::Replicas::Fixed(count) => Replicas::Fixed(count),
            spec::Replicas::Scaled(bounds) => {
                if bounds.min > bounds.max {
                    let (at, label) =
                        (cx.value(&path.key("replicas").key("min")), cx.value(&path.key("replicas").key("max")));
                    cx.report(
                        Diagnostic::error("wrong-value", at, format!("group `{name}` has a `min` above its `max`"))
                            .label(label, "`max`"),
                    );
                }
                Replicas::Scaled { min: bounds.min, max: bounds.max }
            }
        };
        let Some(image) = workers::image(cx, context, set, tenant, (name, group)) else { continue };
        groups.push(NodeGroup {
            name: name.clone(),
            replicas,
            size,
            disk: group.disk.as_ref().map_or_else(|| "20Gi".to_owned(), |size| size.quantity().to_owned()),
            image,
            roles: group.roles.clone(),
            labels: group.labels.clone(),
            taints: group.taints.iter().map(|(key, taint)| (key.clone(), taint.0.clone())).collect(),
            gpus: group.gpus.clone(),
            origins: vec![path.to_string()],
        });
    }
    groups
}

fn storage_classes(
    cx: &mut Resolver<'_>,
    platform: &Platform,
    path: &Path,
    spec: &spec::Tenant,
) -> Vec<TenantStorageClass> {
    let mut classes = Vec::new();
    for (name, class) in &spec.storage_classes {
        if !platform.storage_classes.contains_key(&class.from) {
            let at = cx.value(&path.key("storageClasses").key(name).key("from"));
            let help = known_instead(&class.from, platform.storage_classes.keys().map(String::as_str))
                .unwrap_or_else(|| "add a storage component such as `linstor`".to_owned());
            cx.report(
                Diagnostic::error(
                    "unknown-reference",
                    at,
                    format!("no StorageClass `{}` in the management cluster", class.from),
                )
                .help(help),
            );
        }
        classes.push(TenantStorageClass { name: name.clone(), from: class.from.clone(), default: class.default });
    }
    let defaults: Vec<&TenantStorageClass> = classes.iter().filter(|class| class.default).collect();
    if let [first, second, ..] = defaults.as_slice() {
        let at = cx.key(&path.key("storageClasses").key(&second.name));
        let label = cx.key(&path.key("storageClasses").key(&first.name));
        cx.report(
            Diagnostic::error("two-default-classes", at, "a second default StorageClass")
                .label(label, "the first")
                .help("set `default: true` on one class only"),
        );
    }
    classes
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
        cx.report(Diagnostic::error("unknown-reference", at, format!("no load-balancer pool `{pool}`")).help(help));
    }
    IndexMap::from([(POOL_LABEL.to_owned(), pool.clone())])
}
