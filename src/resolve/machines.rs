//! Nodes with everything that components ask of them -> [`Machine`]s.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::images::{Images, unique};
use super::needs::Settings;
use super::network::nets;
use super::registries::registries;
use super::settings::{declared_at, required};
use super::volumes::{check_volumes, volumes};
use super::{Resolver, cluster, host_firewall, links, patches};
use crate::diag::Diagnostic;
use crate::model::{
    Asked, ControlPlane, EXCLUDE_LABEL, ExtensionService, ExtraMount, Firewall, FirewallRule, HostFile, InstallDisk,
    Kubelet, Machine, Network, Watchdog,
};
use crate::spec::{self, FirewallDefault, NodeSettings, Role};
use crate::syntax::Path;

pub(super) fn resolve(
    cx: &mut Resolver<'_>,
    network: &Network,
    control_plane: &ControlPlane,
    settings: &IndexMap<String, Settings>,
    images: &Images,
) -> Vec<Machine> {
    let spec = cx.spec;
    check_macs(cx);
    let mut machines = Vec::with_capacity(spec.nodes.len());
    for (name, node) in &spec.nodes {
        let Settings { settings: s, removed_labels, asked } = &settings[name];
        let path = Path::of(["nodes", name]);
        check_name(cx, name, &path);
        let links = links::resolve(cx, network, control_plane, name, node, s);
        let disk = install_disk(cx, name, s);
        let mut machine = Machine {
            name: name.clone(),
            role: node.role,
            class: node.class.clone(),
            zone: node.zone.clone(),
            image: images.of(name),
            install_disk: disk.clone(),
            wipe: s.wipe.unwrap_or(false),
            address: node.address.map(|address| address.0).or_else(|| links::own_address(&links, network)),
            mac: node.mac.as_ref().map(|mac| mac.0.clone()),
            links,
            nameservers: addresses(s.nameservers.as_ref().or(spec.network.nameservers.as_ref())),
            time_servers: s.time_servers.clone().or_else(|| spec.network.time_servers.clone()).unwrap_or_default(),
            hosts: given(s.hosts.as_ref()),
            cert_sans: set(s.cert_sans.as_ref()),
            labels: labels(node, s),
            exclude_from_load_balancers: node.role == Role::ControlPlane && !removed_labels.contains(EXCLUDE_LABEL),
            annotations: given(s.annotations.as_ref()),
            taints: given(s.taints.as_ref()).into_iter().map(|(key, taint)| (key, taint.0)).collect(),
            kubelet: kubelet(s),
            kernel_modules: given(s.kernel_modules.as_ref()),
            sysctls: texts(s.sysctls.as_ref()),
            sysfs: texts(s.sysfs.as_ref()),
            env: given(s.env.as_ref()),
            udev_rules: s.udev_rules.clone().unwrap_or_default(),
            files: files(cx, name, s),
            volumes: check_volumes(cx, name, volumes(s), &disk),
            encryption: encryption(cx, name, s),
            registries: registries(cx, name, s),
            firewall: s.firewall.as_ref().map(|spec| firewall(cx, network, name, node.role, spec)),
            watchdog: s.watchdog.as_ref().and_then(|spec| watchdog(cx, name, spec)),
            extension_services: given(s.extension_services.as_ref())
                .into_iter()
                .map(|(name, service)| {
                    let service = ExtensionService {
                        environment: service.environment,
                        config_files: given(Some(&service.config_files)),
                    };
                    (name, service)
                })
                .collect(),
            cpu: s.resources.as_ref().and_then(|r| r.cpu),
            memory: s.resources.as_ref().and_then(|r| r.memory.as_ref()).map(|size| size.bytes),
            asked: asked.clone(),
            patches: patches::of(cx, name),
            origins: origins(&path, s, asked),
        };
        if cluster::says_its_networks(control_plane, &machine) && machine.kubelet.node_ip.is_empty() {
            machine.kubelet.node_ip = nets(&spec.network.nodes).iter().map(ToString::to_string).collect();
        }
        machines.push(machine);
    }
    machines
}

/// A MAC address is one machine's.
fn check_macs(cx: &mut Resolver<'_>) {
    let mut taken: BTreeMap<&str, Path> = BTreeMap::new();
    for (name, node) in &cx.spec.nodes {
        let Some(mac) = &node.mac else { continue };
        let path = Path::of(["nodes", name, "mac"]);
        let at = cx.value(&path);
        if let Some(first) = taken.insert(&mac.0, path) {
            let label = cx.value(&first);
            cx.report(
                Diagnostic::error("duplicate-mac", at, format!("node `{name}` has the MAC address of another node"))
                    .label(label, "the first")
                    .help("each machine has its own"),
            );
        }
    }
}

fn check_name(cx: &mut Resolver<'_>, name: &str, path: &Path) {
    if let Err(why) = name.parse::<spec::scalar::DnsLabel>() {
        let at = cx.key(path);
        cx.report(Diagnostic::error("wrong-name", at, format!("`{name}` cannot be a host name")).note(why));
    }
}

/// The values that are left when `null` took the others away.
pub(super) fn given<T: Clone>(map: Option<&IndexMap<String, Option<T>>>) -> IndexMap<String, T> {
    map.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
}

/// The zone of a machine is known to Kubernetes by its own label.
fn labels(node: &spec::Node, s: &NodeSettings) -> IndexMap<String, String> {
    let zone = node.zone.iter().map(|zone| ("topology.kubernetes.io/zone".to_owned(), zone.clone()));
    zone.chain(given(s.labels.as_ref()).into_iter().map(|(key, value)| (key, value.0))).collect()
}

fn texts(map: Option<&IndexMap<String, Option<spec::ArgValue>>>) -> IndexMap<String, String> {
    given(map).into_iter().map(|(key, value)| (key, value.to_string())).collect()
}

pub(super) fn set(set: Option<&spec::SetOf<String>>) -> Vec<String> {
    match set {
        Some(spec::SetOf::Add(members)) => members.clone(),
        _ => Vec::new(),
    }
}

fn addresses(list: Option<&Vec<spec::scalar::Address>>) -> Vec<std::net::IpAddr> {
    list.into_iter().flatten().map(|address| address.0).collect()
}

fn install_disk(cx: &mut Resolver<'_>, node: &str, s: &NodeSettings) -> InstallDisk {
    if let Some(spec::InstallDisk::Selector(selector)) = &s.install_disk
        && selector.name.is_some()
        && *selector != (spec::DiskSelector { name: selector.name.clone(), ..Default::default() })
    {
        let at = cx.key(&declared_at(cx, node, &["installDisk", "name"]));
        cx.report(
            Diagnostic::error("wrong-value", at, "a disk name cannot be joined with other fields")
                .note("Talos takes an install disk by its path, or by what it is")
                .help("keep `name` alone, or leave it out"),
        );
    }
    match &s.install_disk {
        Some(spec::InstallDisk::Path(path)) => InstallDisk::Path(path.0.clone()),
        Some(spec::InstallDisk::Selector(selector)) => InstallDisk::Selector(selector.clone()),
        // Talos refuses a configuration without one; any disk that can hold it is what most machines mean.
        None => InstallDisk::Selector(spec::DiskSelector { size: Some(">= 10GB".to_owned()), ..Default::default() }),
    }
}

fn kubelet(s: &NodeSettings) -> Kubelet {
    let k = s.kubelet.clone().unwrap_or_default();
    let mut config: Map<String, Value> = k.config.into_iter().flatten().collect();
    if let Some(max_pods) = k.max_pods {
        config.insert("maxPods".to_owned(), json!(max_pods));
    }
    Kubelet {
        extra_args: texts(k.extra_args.as_ref()),
        config,
        extra_mounts: k
            .extra_mounts
            .into_iter()
            .flatten()
            .map(|mount| ExtraMount {
                source: mount.source,
                destination: mount.destination,
                kind: mount.kind.unwrap_or_else(|| "bind".to_owned()),
                options: mount.options.unwrap_or_else(|| ["bind", "rshared", "rw"].map(str::to_owned).to_vec()),
            })
            .collect(),
        node_ip: k.node_ip.into_iter().flatten().map(|net| net.0).collect(),
    }
}

fn files(cx: &mut Resolver<'_>, node: &str, s: &NodeSettings) -> IndexMap<String, HostFile> {
    given(s.files.as_ref())
        .into_iter()
        .filter_map(|(path, file)| {
            let content = required(cx, node, &["files", &path], "content", file.content)?;
            let permissions = file.permissions.unwrap_or_else(|| "0o644".to_owned());
            Some((path, HostFile { content, op: file.op.unwrap_or_default(), permissions }))
        })
        .collect()
}

fn watchdog(cx: &mut Resolver<'_>, node: &str, spec: &spec::Watchdog) -> Option<Watchdog> {
    let device = required(cx, node, &["watchdog"], "device", spec.device.clone())?;
    if let Some(timeout) = spec.timeout.as_ref().filter(|timeout| timeout.seconds < 10) {
        let at = cx.value(&declared_at(cx, node, &["watchdog", "timeout"]));
        cx.report(
            Diagnostic::error("wrong-value", at, format!("a watchdog of {timeout} is too short for Talos"))
                .help("give it 10s or more"),
        );
    }
    let timeout = spec.timeout.as_ref().map_or_else(|| "1m".to_owned(), |timeout| timeout.text.clone());
    Some(Watchdog { device, timeout })
}

fn encryption(cx: &mut Resolver<'_>, node: &str, s: &NodeSettings) -> IndexMap<String, Vec<spec::EncryptionKey>> {
    let Some(encryption) = &s.encryption else { return IndexMap::new() };
    let volumes = [("STATE", "state", &encryption.state), ("EPHEMERAL", "ephemeral", &encryption.ephemeral)];
    volumes
        .into_iter()
        .filter_map(|(name, key, volume)| {
            let keys = required(cx, node, &["encryption", key], "keys", volume.as_ref()?.keys.clone())?;
            Some((name.to_owned(), keys))
        })
        .collect()
}

/// The node's own place, and those of the components that have a part in its configuration.
fn origins(path: &Path, settings: &NodeSettings, asked: &[Asked]) -> Vec<String> {
    let blocks = settings.firewall.as_ref().and_then(|firewall| firewall.default) == Some(FirewallDefault::Block);
    let counts = |asked: &&Asked| asked.need.changes_settings() || blocks && !asked.need.ports.is_empty();
    let components = asked.iter().filter(counts).map(|asked| asked.origin.clone());
    unique(std::iter::once(path.to_string()).chain(components))
}

/// An exception from nothing is a slip: whoever wrote it believes that something is kept out.
fn except_nothing(cx: &mut Resolver<'_>, node: &str, name: &str, rule: &spec::FirewallRule) {
    let from = rule.from.iter().flatten().map(|net| net.0).collect::<Vec<_>>();
    for (index, except) in rule.except.iter().enumerate() {
        if from.is_empty() || from.iter().any(|net| net.contains(&except.0)) {
            continue;
        }
        let place = |key: &str| declared_at(cx, node, &["firewall", "rules", name, key]);
        let (at, label) = (cx.value(&place("except").index(index)), cx.value(&place("from")));
        cx.report_once(
            Diagnostic::error("wrong-value", at, format!("`{except}` is in none of the networks of `from`"))
                .label(label, "nothing else may, anyway")
                .help("correct it, or remove it"),
        );
    }
}

fn firewall(cx: &mut Resolver<'_>, network: &Network, node: &str, of: Role, f: &spec::Firewall) -> Firewall {
    let rules = f.rules.iter().filter_map(|(name, rule)| {
        let rule = rule.as_ref()?;
        let keys = ["firewall", "rules", name];
        let ports = required(cx, node, &keys, "ports", rule.ports.as_ref());
        let from = required(cx, node, &keys, "from", rule.from.as_ref());
        except_nothing(cx, node, name, rule);
        Some(FirewallRule {
            name: name.clone(),
            ports: ports?.iter().map(|port| port.range().to_string()).collect(),
            protocol: rule.protocol.unwrap_or_default(),
            from: from?.iter().map(|net| net.0).collect(),
            except: rule.except.iter().map(|net| net.0).collect(),
        })
    });
    let mut rules: Vec<FirewallRule> = rules.collect();
    let default = f.default.unwrap_or_default();
    if default == FirewallDefault::Block {
        rules.extend(host_firewall::own_rules(f, &rules, of, network));
    }
    Firewall { default, rules }
}
