//! What the cloud needs before it is there, and what must outlive it: neither may be served by the cloud itself.

use std::net::IpAddr;

use indexmap::IndexMap;
use serde_json::Value;

use super::Resolver;
use super::components::{Chosen, Closure};
use super::needs::Settings;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::Network;
use crate::spec::scalar::{AddressRange, authority};
use crate::spec::{EncryptionKey, Mirror, Registries};
use crate::syntax::Path;

/// Registries without which no component starts. `*` is all of them.
const NEEDED: [&str; 7] = ["docker.io", "gcr.io", "ghcr.io", "quay.io", "registry.k8s.io", "factory.talos.dev", "*"];

/// The names and addresses that the cloud serves.
struct Inside {
    domain: String,
    /// Range, what it is, its place.
    ranges: Vec<(AddressRange, String, Path)>,
    /// Host, the component that serves it, its place.
    hosts: Vec<(String, String, Path)>,
}

/// Who serves a name, and where that is said.
struct Served {
    by: String,
    place: Path,
}

pub(super) fn check(
    cx: &mut Resolver<'_>,
    network: &Network,
    components: &Closure<'_>,
    settings: &IndexMap<String, Settings>,
) {
    let inside = Inside::of(network, components);
    servers(cx, &inside);
    delivery(cx, &inside);
    if let Some(registries) = &cx.spec.registries {
        let root = Path::of(["registries"]);
        let place = |keys: &[&str]| keys.iter().fold(root.clone(), |path, key| path.key(key));
        mirrors(cx, &inside, registries, &place);
        let own_hosts = [
            ("factory", registries.factory.as_ref().map(|host| host.0.clone())),
            ("imager", registries.imager.as_ref().map(|imager| imager.registry.clone())),
        ];
        for (key, host) in own_hosts {
            if let Some(served) = host.and_then(|host| inside.serves(&host)) {
                let what = "a machine installs Talos from here";
                report(cx, &root.key(key), &served, what, "serve it from outside, or from another cloud", true);
            }
        }
    }
    for (node, settings) in settings {
        let settings = &settings.settings;
        if let Some(registries) = &settings.registries {
            let keys_of = |keys: &[&str]| declared_at(cx, node, &[&["registries"], keys].concat());
            let places: Vec<Path> = registries.mirrors.keys().map(|host| keys_of(&["mirrors", host])).collect();
            let place = |keys: &[&str]| {
                let index = registries.mirrors.keys().position(|host| Some(&host.as_str()) == keys.get(1));
                keys.iter().skip(2).fold(places[index.unwrap_or_default()].clone(), |path, key| path.key(key))
            };
            mirrors(cx, &inside, registries, &place);
        }
        let encryption = settings.encryption.iter().flat_map(|e| [("state", &e.state), ("ephemeral", &e.ephemeral)]);
        for (volume, keys) in encryption.filter_map(|(name, volume)| Some((name, volume.as_ref()?.keys.as_ref()?))) {
            for (index, key) in keys.iter().enumerate() {
                let EncryptionKey::Kms(kms) = key else { continue };
                let Some(served) = inside.serves(&kms.endpoint) else { continue };
                let list = declared_at(cx, node, &["encryption", volume, "keys"]);
                let place = list.index(index).key("kms").key("endpoint");
                report(
                    cx,
                    &place,
                    &served,
                    "a machine opens its disk with it",
                    "run the server outside of the cloud",
                    true,
                );
            }
        }
    }
    for component in components.iter() {
        for (name, schema) in &component.entry.parameters {
            if let Some(value) = component.usage.parameters.get(name) {
                outside(cx, &inside, schema, value, &component.path.key(name));
            }
        }
    }
}

impl Inside {
    fn of(network: &Network, components: &Closure<'_>) -> Self {
        let mut ranges = Vec::new();
        for (name, pool) in &network.load_balancers {
            for (index, range) in pool.addresses.iter().enumerate() {
                let place = Path::of(["network", "loadBalancers", name, "addresses"]).index(index);
                ranges.push((*range, format!("a Service with an address of pool `{name}`"), place));
            }
        }
        for (key, nets, what) in [("pods", &network.pods, "a pod"), ("services", &network.services, "a Service")] {
            let place = Path::of(["network", key]);
            ranges.extend(nets.iter().map(|net| (AddressRange::from(*net), what.to_owned(), place.clone())));
        }
        let hosts = components.iter().flat_map(hosts).collect();
        Self { domain: network.dns_domain.clone(), ranges, hosts }
    }

    /// Who in the cloud serves the host of a URL, or a host.
    fn serves(&self, url: &str) -> Option<Served> {
        let host = host_of(url);
        if let Ok(address) = host.parse::<IpAddr>() {
            let (_, by, place) = self.ranges.iter().find(|(range, ..)| range.contains(address))?;
            return Some(Served { by: by.clone(), place: place.clone() });
        }
        if let Some((_, component, place)) = self.hosts.iter().find(|(known, ..)| known == host) {
            return Some(Served { by: format!("component `{component}`"), place: place.clone() });
        }
        let in_cluster = host.strip_suffix("svc").is_some_and(|rest| rest.ends_with('.'))
            || host.strip_suffix(&self.domain).is_some_and(|rest| rest.ends_with('.'));
        let domain = Path::of(["network", "dnsDomain"]);
        in_cluster.then(|| Served { by: "a Service of this cluster".to_owned(), place: domain })
    }
}

/// Host names that a component serves: its parameters of the format `hostname` that are called `host`.
fn hosts(component: &Chosen<'_>) -> Vec<(String, String, Path)> {
    let named =
        component.entry.parameters.iter().filter(|(name, schema)| *name == "host" && schema["format"] == "hostname");
    named
        .filter_map(|(name, _)| {
            let host = component.parameters.get(name)?.as_str()?;
            Some((host.to_owned(), component.name.clone(), component.path.key(name)))
        })
        .collect()
}

fn host_of(url: &str) -> &str {
    let rest = authority(url);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if let Some(v6) = rest.strip_prefix('[') {
        return v6.split(']').next().unwrap_or(v6);
    }
    match rest.split_once(':') {
        // More than one colon: an address of IPv6 by itself.
        Some((host, port)) if !port.contains(':') => host,
        _ => rest,
    }
}

fn servers(cx: &mut Resolver<'_>, inside: &Inside) {
    // A network that takes in the nodes' takes in their servers, too: one fault.
    if cx.diags.has("address-overlap") {
        return;
    }
    let list = cx.spec.network.nameservers.clone().unwrap_or_default();
    let outside = list.iter().any(|server| inside.serves(&server.0.to_string()).is_none());
    for (index, server) in list.iter().enumerate() {
        let Some(served) = inside.serves(&server.0.to_string()) else { continue };
        let place = Path::of(["network", "nameservers"]).index(index);
        let what = "a machine finds the registries of its images by it";
        report(cx, &place, &served, what, "name a server outside of the cloud", !outside);
    }
}

fn delivery(cx: &mut Resolver<'_>, inside: &Inside) {
    let Some(delivery) = &cx.spec.delivery else { return };
    if let Some(served) = inside.serves(&delivery.git.url) {
        let what = "Flux installs the cloud from here";
        report(
            cx,
            &Path::of(["delivery", "git", "url"]),
            &served,
            what,
            "keep the repository outside of the cloud",
            false,
        );
    }
}

fn mirrors(cx: &mut Resolver<'_>, inside: &Inside, registries: &Registries, place: &dyn Fn(&[&str]) -> Path) {
    for (host, mirror) in registries.mirrors.iter().filter(|(host, _)| NEEDED.contains(&host.as_str())) {
        let (endpoints, alone, full) = match mirror {
            Some(Mirror::Endpoints(endpoints)) => (endpoints, false, false),
            Some(Mirror::Full(settings)) => (&settings.endpoints, settings.skip_fallback, true),
            None => continue,
        };
        let alone = alone && endpoints.iter().all(|endpoint| inside.serves(endpoint).is_some());
        for (index, endpoint) in endpoints.iter().enumerate() {
            let Some(served) = inside.serves(endpoint) else { continue };
            let keys: &[&str] = if full { &["mirrors", host, "endpoints"] } else { &["mirrors", host] };
            let what = if alone {
                "its own images come through here, and from nowhere else"
            } else {
                "its own images come through here, and only after a while from the registry itself"
            };
            let help = "run the mirror outside of the cloud, or mirror only what the cloud can start without";
            report(cx, &place(keys).index(index), &served, what, help, alone);
        }
    }
}

fn report(cx: &mut Resolver<'_>, place: &Path, served: &Served, what: &str, help: &str, fatal: bool) {
    let at = cx.value(place);
    let message = format!("the cloud needs this before {} is there", served.by);
    let finding = if fatal {
        Diagnostic::error("bootstrap-loop", at, message)
    } else {
        Diagnostic::warning("bootstrap-loop", at, message)
    };
    let label = cx.value(&served.place);
    cx.report_once(finding.note(what.to_owned()).label(label, "served by the cloud itself").help(help));
}

/// Parameters that name a place for what must outlive the cloud: `x-outside` in the schema says why.
fn outside(cx: &mut Resolver<'_>, inside: &Inside, schema: &Value, value: &Value, at: &Path) {
    match value {
        Value::String(text) => {
            let Some(why) = schema.get("x-outside").and_then(Value::as_str) else { return };
            let Some(served) = inside.serves(text) else { return };
            let (span, label) = (cx.value(at), cx.value(&served.place));
            cx.report(
                Diagnostic::warning(
                    "backup-in-the-cloud",
                    span,
                    format!("{} keeps the backups of its own cloud", served.by),
                )
                .note(why.to_owned())
                .label(label, "part of this cloud")
                .help("name a store outside of the cloud"),
            );
        }
        Value::Object(map) => {
            for (name, value) in map {
                if let Some(inner) = schema.get("properties").and_then(|properties| properties.get(name)) {
                    outside(cx, inside, inner, value, &at.key(name));
                }
            }
        }
        _ => {}
    }
}
