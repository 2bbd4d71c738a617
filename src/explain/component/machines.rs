//! What a component asks of the machines and of the Talos cluster configuration.

use crate::catalog::{ClusterNeed, Component, HostPort, NodeNeed};
use crate::explain::page::Page;
use crate::explain::shape::plain;

pub(in crate::explain) fn write(page: &mut Page, entry: &Component) {
    if !entry.node.is_empty() {
        page.heading("Adds to machines");
    }
    for need in &entry.node {
        page.line(2, &need.reason);
        page.when(4, need.when.as_deref());
        let rows = rows([&**need]);
        page.rows(4, rows.iter().map(|(name, text)| (*name, text.as_str())));
    }
    if !entry.cluster.is_empty() {
        page.heading("Adds to the Talos cluster configuration");
    }
    for need in &entry.cluster {
        page.line(2, &need.reason);
        page.when(4, need.when.as_deref());
        for effect in effects(need) {
            page.item(4, "-", &effect);
        }
    }
}

/// Kind of setting and settings, in the order of an entry.
pub(in crate::explain) type Rows = Vec<(&'static str, String)>;

/// What needs add up to.
pub(in crate::explain) fn rows<'n>(needs: impl IntoIterator<Item = &'n NodeNeed> + Clone) -> Rows {
    let mut rows: Vec<(&'static str, Vec<String>)> = Vec::new();
    for need in needs {
        let mut add = |kind: &'static str, settings: Vec<String>| {
            if settings.is_empty() {
                return;
            }
            match rows.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, all)) => {
                    let new: Vec<String> = settings.into_iter().filter(|setting| !all.contains(setting)).collect();
                    all.extend(new);
                }
                None => rows.push((kind, settings)),
            }
        };
        add("extensions", need.extensions.clone());
        add("kernel modules", need.modules.iter().map(|(name, parameters)| module(name, parameters)).collect());
        add("kernel args", need.kernel_args.clone());
        add("sysctls", assigned(&need.sysctls));
        add("containerd", need.cri.iter().map(|cri| lines(cri)).collect());
        let files = need.files.iter().map(|(path, file)| format!("{path} ({}, {})", file.op, file.permissions));
        add("files", files.collect());
        let kubelet = &need.kubelet;
        add("kubelet args", assigned(&kubelet.extra_args));
        add("kubelet config", kubelet.config.iter().map(|(key, value)| format!("{key}: {}", plain(value))).collect());
        add("kubelet mounts", kubelet.extra_mounts.clone());
        add("labels", assigned(&need.labels));
        add("annotations", assigned(&need.annotations));
        let volumes = need.volumes.iter();
        add("volumes", volumes.map(|(name, volume)| format!("{name} {}", plain(&volume.clone().into()))).collect());
        add("ports", need.ports.iter().map(ports).collect());
        add("takes away labels", need.remove_labels.clone());
    }
    rows.into_iter().map(|(kind, settings)| (kind, settings.join(", "))).collect()
}

fn module(name: &str, parameters: &[String]) -> String {
    if parameters.is_empty() { name.to_owned() } else { format!("{name} ({})", parameters.join(" ")) }
}

fn ports(need: &HostPort) -> String {
    let numbers: Vec<String> = need.ports.iter().map(|port| port.range().to_string()).collect();
    let protocol = need.protocol.unwrap_or_default().as_str();
    let clients: Vec<&str> = need.from.iter().map(|client| client.as_str()).collect();
    let clients = if clients.is_empty() { "the node itself".to_owned() } else { clients.join(" and ") };
    format!("{} {protocol} from {clients} ({})", numbers.join(", "), need.purpose)
}

fn assigned(settings: &indexmap::IndexMap<String, String>) -> Vec<String> {
    settings
        .iter()
        .map(|(name, value)| if value.is_empty() { name.clone() } else { format!("{name}={value}") })
        .collect()
}

/// A piece of TOML on one line.
fn lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ").replace("];", "]")
}

fn effects(need: &ClusterNeed) -> Vec<String> {
    let switches = [
        (need.no_cni, "Talos installs no CNI of its own"),
        (need.no_kube_proxy, "Talos runs no kube-proxy"),
        (need.no_host_dns_forwarding, "the host's DNS cache does not answer for kube-dns"),
        (
            need.control_plane_metrics,
            "controller manager, scheduler and etcd serve their metrics on the addresses of the nodes",
        ),
    ];
    let mut effects: Vec<String> =
        switches.iter().filter(|(on, _)| *on).map(|(_, effect)| (*effect).to_owned()).collect();
    for (namespace, roles) in &need.talos_api_access {
        effects.push(format!("pods in namespace {namespace} may use the Talos API as {}", roles.join(", ")));
    }
    effects
}
