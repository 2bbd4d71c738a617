//! What catalog expressions and templates can see; `stdlib/README.md` is its reference.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::components::Chosen;
use super::settings::Layers;
use super::versions::Versions;
use super::{Resolver, cluster};
use crate::catalog::{self, Condition, Names};
use crate::diag::Diagnostic;
use crate::model::{Endpoint, Network, Volume};
use crate::parallel;
use crate::spec::scalar::AddressRange;
use crate::spec::{self, Advertise, Expose, FirewallDefault, Role, VolumeKind, Workers};

/// The shared part of the context.
#[derive(Debug, Clone)]
pub(super) struct Context {
    names: Names,
    nodes: Arc<[Value]>,
    network: Value,
    /// What `components` is in templates.
    components: Value,
}

/// The context of one component.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub names: Names,
    /// The arrangement of the product that holds.
    pub variant: Option<String>,
}

impl Context {
    pub(super) fn new(
        cx: &Resolver<'_>,
        versions: &Versions,
        network: &Network,
        endpoint: &Endpoint,
        settings: &IndexMap<String, Layers>,
    ) -> Self {
        let spec = cx.spec;
        let nodes = parallel::map(&spec.nodes, |(name, node)| node_context(spec, name, node, &settings[name]));
        let control_planes = cx.spec.nodes.values().filter(|node| node.role == Role::ControlPlane).count();
        let network = network_context(cx, network);
        let shared = json!({
            "cloud": {"name": cx.spec.metadata.name},
            "talos": {"version": format!("v{}", versions.talos), "minor": versions.talos.minor},
            "kubernetes": {"version": format!("v{}", versions.kubernetes), "minor": versions.kubernetes.minor},
            "network": network,
            "controlPlane": {
                "host": endpoint.host,
                "port": endpoint.port,
                "url": endpoint.url(),
                "schedulable": cluster::schedulable(cx),
                "count": control_planes,
            },
            "components": {},
            "delivery": delivery_context(cx),
            "clusterAPI": cx.pins.set(),
            "tenant": null,
            "talosWorkers": cx.spec.tenants.values().any(|tenant| tenant.workers == Workers::Talos),
            "tenants": cx.spec.tenants.iter().map(|(name, tenant)| tenant_context(name, tenant)).collect::<Vec<_>>(),
        });
        let nodes = nodes.into();
        let names = Names::new(&shared).hidden_by(&Names::list("nodes", &nodes));
        Self { names, nodes, network, components: json!({}) }
    }

    /// Makes the chosen components visible to each other.
    pub(super) fn set_components<'a>(&mut self, components: impl Iterator<Item = &'a Chosen<'a>>) {
        self.components =
            components.map(|c| (c.name.clone(), json!({"namespace": c.namespace, "params": c.parameters}))).collect();
        self.names = self.names.with("components", &self.components);
    }

    /// The first component with a text among its parameters for which this holds.
    pub(super) fn component_with(&self, holds: &dyn Fn(&str) -> bool) -> Option<String> {
        fn any(value: &Value, holds: &dyn Fn(&str) -> bool) -> bool {
            match value {
                Value::String(text) => holds(text),
                Value::Array(items) => items.iter().any(|item| any(item, holds)),
                Value::Object(map) => map.values().any(|value| any(value, holds)),
                _ => false,
            }
        }
        let mut components = self.components.as_object().into_iter().flatten();
        components.find(|(_, component)| any(&component["params"], holds)).map(|(name, _)| name.clone())
    }

    /// Whether the cloud has the component.
    pub(super) fn has(&self, component: &str) -> bool {
        self.components.get(component).is_some()
    }

    /// A parameter of a component with its default; null without the component.
    pub(super) fn parameter(&self, component: &str, name: &str) -> &Value {
        &self.components[component]["params"][name]
    }

    /// The context of one component.
    pub(super) fn component(&self, cx: &mut Resolver<'_>, component: &Chosen<'_>) -> Scope {
        let names = self.names.with("params", &Value::Object(component.parameters.clone()));
        let names = names.with("namespace", &json!(component.namespace));
        let scope = Scope { names: names.with("images", &images(&component.entry)), variant: None };
        let variant = variant(cx, &scope, component);
        Scope { names: scope.names.with("variant", &json!(variant)), variant: variant.map(str::to_owned) }
    }

    /// The names of a tenant in place of the cloud's.
    pub(super) fn for_tenant(&self, tenant: &Value, network: Value) -> Self {
        let own = Names::new(&json!({
            "kubernetes": tenant["kubernetesContext"],
            "tenant": tenant,
            "network": network,
            "nodes": [],
            "components": {},
        }));
        let names = self.names.hidden_by(&own);
        Self { names, nodes: Arc::default(), network, components: json!({}) }
    }

    pub(super) fn nodes(&self) -> &[Value] {
        &self.nodes
    }

    pub(super) const fn network(&self) -> &Value {
        &self.network
    }
}

impl Scope {
    /// The same context with more names in view.
    pub(super) fn with(&self, more: &Names) -> Self {
        Self { names: self.names.hidden_by(more), variant: self.variant.clone() }
    }

    /// Whether a condition of an entry holds; a broken one is reported against the component.
    pub(super) fn holds(&self, cx: &mut Resolver<'_>, component: &Chosen<'_>, when: Option<&str>) -> bool {
        let catalog = cx.catalog;
        let condition = catalog.templates.condition(when);
        self.meets(cx, component, when, condition.as_ref())
    }

    /// The same for a condition that was read before.
    pub(super) fn meets(
        &self,
        cx: &mut Resolver<'_>,
        component: &Chosen<'_>,
        when: Option<&str>,
        condition: Result<&Condition<'_>, &String>,
    ) -> bool {
        match condition.map_err(String::clone).and_then(|condition| condition.holds(&self.names)) {
            Ok(holds) => holds,
            Err(error) => {
                broken_entry(cx, component, &format!("`{}`", when.unwrap_or_default()), &error);
                false
            }
        }
    }
}

/// The first arrangement of the product whose condition holds.
fn variant<'c>(cx: &mut Resolver<'_>, scope: &Scope, component: &'c Chosen<'_>) -> Option<&'c str> {
    let mut variants = component.entry.variants.iter();
    variants.find(|(_, variant)| scope.holds(cx, component, variant.when.as_deref())).map(|(name, _)| name.as_str())
}

/// The images of an entry, as templates see them.
fn images(entry: &catalog::Component) -> Value {
    let image = |(name, image): (&String, &catalog::Image)| {
        let parts = json!({
            "ref": image.reference(),
            "repository": image.repository,
            "tag": image.tag,
            "digest": image.digest,
        });
        (name.clone(), parts)
    };
    Value::Object(entry.images.iter().map(image).collect())
}

/// A finding about an entry of the catalog, placed where the cloud asks for the component.
pub(super) fn broken_entry(cx: &mut Resolver<'_>, component: &Chosen<'_>, what: &str, error: &str) {
    let at = cx.key(&component.path);
    cx.report(
        Diagnostic::error(
            "catalog-entry",
            at,
            format!("the catalog entry of `{}` fails for this cloud", component.name),
        )
        .note(format!("{what}: {error}"))
        .help(cx.catalog.file(&component.name)),
    );
}

/// How the API of a tenant is reached.
fn tenant_context(name: &str, tenant: &crate::spec::Tenant) -> Value {
    let control_plane = &tenant.control_plane;
    let gateway = match (control_plane.expose, &control_plane.gateway) {
        (Expose::Gateway, None) => Some("shared"),
        (Expose::Gateway, Some(_)) => Some("own"),
        _ => None,
    };
    json!({
        "name": name,
        "namespace": tenant.host_namespace(name),
        "expose": control_plane.expose,
        "hostname": control_plane.hostname.as_ref().map(|name| &name.0),
        "port": control_plane.port(),
        "gateway": gateway,
    })
}

fn node_context(spec: &spec::Cloud, name: &str, node: &crate::spec::Node, layers: &Layers) -> Value {
    let settings = layers.only(&["arch", "volumes", "labels", "resources", "firewall"]);
    let volumes: Map<String, Value> =
        super::volumes::volumes(&settings).iter().map(|volume| (volume.name.clone(), volume_context(volume))).collect();
    let labels: Map<String, Value> = settings
        .labels
        .iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), json!(value.as_ref()?.0))))
        .collect();
    json!({
        "name": name,
        "role": node.role.as_str(),
        "class": node.class,
        "classes": super::settings::classes(spec, name).collect::<Vec<_>>(),
        "zone": node.zone,
        "arch": settings.arch.unwrap_or_default().as_str(),
        "address": node.address.map(|address| address.0.to_string()),
        "memory": settings.resources.as_ref().and_then(|resources| Some(resources.memory.as_ref()?.bytes)),
        "volumes": volumes,
        "labels": labels,
        "blocks": settings.firewall.as_ref().and_then(|firewall| firewall.default) == Some(FirewallDefault::Block),
    })
}

fn volume_context(volume: &Volume) -> Value {
    let kind = match volume.kind {
        VolumeKind::User => "user",
        VolumeKind::Raw => "raw",
        VolumeKind::Swap => "swap",
    };
    json!({"kind": kind, "device": volume.device(), "path": volume.mount_path()})
}

fn network_context(cx: &Resolver<'_>, network: &Network) -> Value {
    let strings = |nets: &[ipnet::IpNet]| nets.iter().map(ToString::to_string).collect::<Vec<_>>();
    let pools: Map<String, Value> = network
        .load_balancers
        .iter()
        .map(|(name, pool)| {
            let advertise = if pool.advertise == Advertise::L2 { "l2" } else { "bgp" };
            let addresses: Vec<String> = pool.addresses.iter().map(pool_range).collect();
            (name.clone(), json!({"addresses": addresses, "advertise": advertise, "autoAssign": pool.auto_assign}))
        })
        .collect();
    let bgp = cx.spec.network.bgp.as_ref();
    let peers: Map<String, Value> = bgp
        .iter()
        .flat_map(|bgp| &bgp.peers)
        .map(|(name, peer)| {
            let password = peer.password.as_ref().map(|secret| &secret.secret);
            (name.clone(), json!({"address": peer.address.0.to_string(), "asn": peer.asn, "password": password}))
        })
        .collect();
    json!({
        "nodes": strings(&network.nodes),
        "gateway": network.gateway.to_string(),
        "pods": strings(&network.pods),
        "services": strings(&network.services),
        "dnsDomain": network.dns_domain,
        "dnsServiceIP": network.dns_service_ip.to_string(),
        "join": cx.spec.network.join.map(|join| join.0.to_string()),
        "loadBalancers": pools,
        "bgp": {"localASN": bgp.map(|bgp| bgp.local_asn), "peers": peers},
    })
}

fn delivery_context(cx: &Resolver<'_>) -> Value {
    cx.spec.delivery.as_ref().map_or(Value::Null, |delivery| {
        json!({
            "url": delivery.git.url,
            "branch": delivery.git.branch(),
            "path": delivery.git.path.as_deref().unwrap_or("."),
            "interval": delivery.interval(),
            "sops": delivery.sops.is_some(),
            "sopsAge": delivery.sops.as_ref().map(|sops| &sops.age),
        })
    })
}

/// A pool's addresses as every load balancer reads them: `first-last`, or a network where it is exactly one.
fn pool_range(range: &AddressRange) -> String {
    match range.networks().as_slice() {
        [one] => one.to_string(),
        _ => format!("{}-{}", range.first, range.last),
    }
}
