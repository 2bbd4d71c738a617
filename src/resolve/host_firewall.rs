//! A firewall that blocks what no rule lets in, and what a machine must be reached for: what no rule names is let in from the
//! nodes, and a rule that names it must let in who needs it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use indexmap::IndexMap;
use ipnet::IpNet;

use super::Resolver;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::{Firewall, FirewallRule, Machine, Network};
use crate::spec::scalar::PortRange;
use crate::spec::{self, FirewallDefault, Protocol, Role};
use crate::syntax::Path;

/// A port that Talos or Kubernetes listens on, and who must reach it.
struct Service {
    /// Of the rule that lets them in.
    name: &'static str,
    ports: &'static str,
    /// The one of them that is looked for in rules.
    port: u16,
    what: &'static str,
    on: Which,
    from: From,
    /// Whether pods ask for it; Talos lets them in to other pods only.
    pods: bool,
}

#[derive(PartialEq, Eq)]
enum Which {
    All,
    ControlPlane,
}

#[derive(PartialEq, Eq)]
enum From {
    /// A person, from wherever that is.
    Anybody,
    Nodes,
    ControlPlane,
}

/// Source: siderolabs/docs, networking/ingress-firewall (recommended rules) and learn-more/talos-network-connectivity.
const SERVICES: [Service; 5] = [
    Service {
        name: "talos-api",
        ports: "50000",
        port: 50000,
        what: "the Talos API",
        on: Which::All,
        from: From::Anybody,
        pods: true,
    },
    Service {
        name: "kubernetes-api",
        ports: "6443",
        port: 6443,
        what: "the Kubernetes API",
        on: Which::ControlPlane,
        from: From::Nodes,
        pods: true,
    },
    Service {
        name: "trustd",
        ports: "50001",
        port: 50001,
        what: "trustd, which gives machines their certificates",
        on: Which::ControlPlane,
        from: From::Nodes,
        pods: false,
    },
    Service {
        name: "etcd",
        ports: "2379-2380",
        port: 2380,
        what: "etcd, for its other members",
        on: Which::ControlPlane,
        from: From::ControlPlane,
        pods: false,
    },
    Service {
        name: "kubelet",
        ports: "10250",
        port: 10250,
        what: "the kubelet: logs, exec, metrics",
        on: Which::All,
        from: From::ControlPlane,
        pods: true,
    },
];

/// The rules of a firewall that blocks for what the cluster itself needs and no rule names: the nodes come in, and their pods,
/// which Talos lets in to other pods only.
pub(super) fn own_rules(
    spec: &spec::Firewall,
    rules: &[FirewallRule],
    of: Role,
    network: &Network,
) -> Vec<FirewallRule> {
    let is_server = of == Role::ControlPlane;
    let runs = SERVICES.iter().filter(|service| is_server || service.on == Which::All);
    let named = |service: &&Service| {
        rules.iter().any(|rule| opens(rule, service.port)) || spec.rules.contains_key(service.name)
    };
    let opened = |service: &Service| FirewallRule {
        name: service.name.to_owned(),
        ports: vec![service.ports.to_owned()],
        protocol: Protocol::Tcp,
        from: network.nodes.iter().chain(network.pods.iter().filter(|_| service.pods)).copied().collect(),
        except: Vec::new(),
    };
    runs.filter(|service| !named(service)).map(opened).collect()
}

pub(super) fn check(cx: &mut Resolver<'_>, network: &Network, machines: &[Machine]) {
    // Place -> the port, whom it shuts out, and the machines it stands on.
    let mut shut: BTreeMap<(String, u16), (Path, &Service, Vec<String>)> = BTreeMap::new();
    let mut clients = Clients::of(network, machines);
    for machine in machines {
        let Some(firewall) = &machine.firewall else { continue };
        rules(cx, machine, firewall);
        if firewall.default != FirewallDefault::Block {
            continue;
        }
        let is_server = machine.role == Role::ControlPlane;
        for service in SERVICES.iter().filter(|service| is_server || service.on == Which::All) {
            let Some(place) = shuts_out(cx, machine, firewall, service, &mut clients) else { continue };
            let entry = shut.entry((place.to_string(), service.port)).or_insert_with(|| (place, service, Vec::new()));
            entry.2.push(machine.name.clone());
        }
    }
    for (place, service, machines) in shut.into_values() {
        report(cx, &place, service, &machines);
    }
}

/// Who asks for services: machines whose address is known.
struct Clients<'m> {
    all: Vec<(&'m Machine, IpAddr)>,
    /// A port and the rules for it -> those who are shut out. The first two say it for thousands of machines, of which none asks itself.
    shut_out: IndexMap<(u16, Vec<&'m FirewallRule>), Vec<&'m str>>,
}

impl<'m> Clients<'m> {
    fn of(network: &Network, machines: &'m [Machine]) -> Self {
        let inside = |address: &IpAddr| network.nodes.iter().any(|net| net.contains(address));
        let all = machines.iter().filter_map(|machine| Some((machine, machine.address.filter(inside)?)));
        Self { all: all.collect(), shut_out: IndexMap::new() }
    }

    /// Whether rules keep another machine from a service.
    fn are_shut_out(&mut self, machine: &Machine, service: &Service, rules: &[&'m FirewallRule]) -> bool {
        let asks = |client: &Machine| match service.from {
            From::Anybody => false,
            From::Nodes => true,
            From::ControlPlane => client.role == Role::ControlPlane,
        };
        let all = &self.all;
        let shut_out = self.shut_out.entry((service.port, rules.to_vec())).or_insert_with(|| {
            let asking = all.iter().filter(|(client, _)| asks(client));
            let out = asking.filter(|(_, address)| !rules.iter().any(|rule| lets_in(rule, *address)));
            out.map(|(client, _)| client.name.as_str()).take(2).collect()
        });
        shut_out.iter().any(|client| *client != machine.name)
    }
}

/// Where the firewall of a machine shuts out who needs a service.
fn shuts_out<'m>(
    cx: &Resolver<'_>,
    machine: &'m Machine,
    firewall: &'m Firewall,
    service: &Service,
    clients: &mut Clients<'m>,
) -> Option<Path> {
    let rules: Vec<&FirewallRule> = firewall.rules.iter().filter(|rule| opens(rule, service.port)).collect();
    let out = clients.are_shut_out(machine, service, &rules);
    let own = |rule: &&FirewallRule| {
        let path = declared_at(cx, &machine.name, &["firewall", "rules", &rule.name, "from"]);
        cx.document.contains(&path).then_some(path)
    };
    let default = || declared_at(cx, &machine.name, &["firewall", "default"]);
    out.then(|| rules.iter().find_map(own).unwrap_or_else(default))
}

fn opens(rule: &FirewallRule, port: u16) -> bool {
    rule.protocol == Protocol::Tcp && ranges(rule).any(|range| (range.from..=range.to).contains(&port))
}

fn ranges(rule: &FirewallRule) -> impl Iterator<Item = PortRange> {
    rule.ports.iter().filter_map(|ports| ports.parse().ok())
}

fn lets_in(rule: &FirewallRule, address: IpAddr) -> bool {
    let in_one = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&address));
    in_one(&rule.from) && !in_one(&rule.except)
}

fn report(cx: &mut Resolver<'_>, place: &Path, service: &Service, machines: &[String]) {
    let at = cx.value(place);
    let first = &machines[0];
    let label = cx.key(&Path::of(["nodes", first]));
    let more = if machines.len() > 1 { format!(" and {} more", machines.len() - 1) } else { String::new() };
    let Service { name, ports, what, .. } = service;
    let who = if service.from == From::ControlPlane { "not every control-plane node" } else { "not every node" };
    cx.report(
        Diagnostic::error(
            "firewall-locks-out",
            at,
            format!("the firewall lets {who} in to port {ports} of `{first}`{more}"),
        )
        .note(format!("it is {what}"))
        .label(label, "this node")
        .help(format!("let the node network in under `from`, or leave the rule `{name}` to cloudc")),
    );
}

/// Talos refuses a rule that names a port twice.
fn rules(cx: &mut Resolver<'_>, machine: &Machine, firewall: &Firewall) {
    for rule in &firewall.rules {
        let all: Vec<PortRange> = ranges(rule).collect();
        let twice = all.iter().enumerate().find_map(|(index, one)| {
            let earlier = all[..index].iter().position(|other| other.from <= one.to && one.from <= other.to)?;
            Some((index, earlier))
        });
        let list = declared_at(cx, &machine.name, &["firewall", "rules", &rule.name, "ports"]);
        if let Some((index, earlier)) = twice.filter(|_| cx.document.contains(&list)) {
            let (at, label) = (cx.value(&list.index(index)), cx.value(&list.index(earlier)));
            cx.report(
                Diagnostic::error(
                    "duplicate-port",
                    at,
                    format!("rule `{}` names port {} twice", rule.name, all[index]),
                )
                .note("Talos refuses ranges of one rule that overlap")
                .label(label, "the first")
                .help("join the two"),
            );
        }
    }
}
