//! Ports of a node that components listen on: two cannot have one, and a firewall that blocks must let them in.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::Resolver;
use super::components::Chosen;
use super::context::Context;
use crate::catalog::{NodeNeed, PortClient};
use crate::diag::Diagnostic;
use crate::spec::Protocol;
use crate::spec::scalar::PortRange;
use crate::syntax::Path;

/// The ports of one node that are taken.
pub(super) struct Ports<'c> {
    node: String,
    /// Whether the firewall of the node blocks what no rule lets in.
    blocks: bool,
    taken: Vec<Taken<'c>>,
}

struct Taken<'c> {
    ports: PortRange,
    protocol: Protocol,
    component: &'c str,
    path: &'c Path,
    purpose: &'c str,
    from: &'c [PortClient],
}

impl<'c> Ports<'c> {
    pub(super) fn of(node: &Value) -> Self {
        let node_name = node["name"].as_str().unwrap_or_default().to_owned();
        Self { node: node_name, blocks: node["blocks"] == true, taken: Vec::new() }
    }

    /// Takes the ports of a need, and reports those that somebody has already; `reported` are the pairs that were named before.
    pub(super) fn add(
        &mut self,
        cx: &mut Resolver<'_>,
        component: &'c Chosen<'_>,
        need: &'c NodeNeed,
        reported: &mut BTreeSet<(&'c str, &'c str)>,
    ) {
        for need in &need.ports {
            for port in &need.ports {
                let mine = Taken {
                    ports: port.range(),
                    protocol: need.protocol.unwrap_or_default(),
                    component: &component.name,
                    path: &component.path,
                    purpose: &need.purpose,
                    from: &need.from,
                };
                if let Some(other) = self.clash(&mine)
                    && reported.insert((other.component, mine.component))
                {
                    self.report(cx, &mine, other);
                }
                self.taken.push(mine);
            }
        }
    }

    /// The port of another component that is the same.
    fn clash(&self, mine: &Taken<'_>) -> Option<&Taken<'c>> {
        self.taken.iter().find(|other| {
            other.component != mine.component
                && other.protocol == mine.protocol
                && other.ports.from <= mine.ports.to
                && mine.ports.from <= other.ports.to
        })
    }

    fn report(&self, cx: &mut Resolver<'_>, mine: &Taken<'_>, other: &Taken<'_>) {
        let (at, label) = (cx.key(mine.path), cx.key(other.path));
        let (one, two, ports, node) = (other.component, mine.component, mine.ports, &self.node);
        cx.report(
            Diagnostic::error(
                "host-port-taken",
                at,
                format!("`{one}` and `{two}` both listen on port {ports} of node `{node}`"),
            )
            .note(mine.purpose.to_owned())
            .label(label, other.purpose.to_owned())
            .help("keep one of the two, or give one another port in its `values`"),
        );
    }

    /// Rules that let in who talks to the ports, where the firewall blocks.
    pub(super) fn rules(&self, context: &Context) -> Option<Value> {
        let mut rules: IndexMap<String, (Protocol, PortClient, Vec<PortRange>)> = IndexMap::new();
        for taken in self.taken.iter().filter(|_| self.blocks) {
            for client in taken.from {
                let whose = if *client == PortClient::Pods { "-pods" } else { "" };
                let name = format!("{}{whose}-{}", taken.component, taken.protocol.as_str());
                rules.entry(name).or_insert_with(|| (taken.protocol, *client, Vec::new())).2.push(taken.ports);
            }
        }
        let rules: Map<String, Value> = rules
            .into_iter()
            .map(|(name, (protocol, client, ports))| {
                let ports: Vec<String> = united(ports).iter().map(ToString::to_string).collect();
                (
                    name,
                    json!({"ports": ports, "protocol": protocol.as_str(), "from": context.network()[client.as_str()]}),
                )
            })
            .collect();
        (!rules.is_empty()).then_some(Value::Object(rules))
    }
}

/// In order and without overlaps: Talos refuses a rule that names a port twice.
fn united(mut ports: Vec<PortRange>) -> Vec<PortRange> {
    ports.sort_by_key(|range| (range.from, range.to));
    let mut united: Vec<PortRange> = Vec::new();
    for range in ports {
        match united.last_mut() {
            Some(last) if range.from <= last.to => last.to = last.to.max(range.to),
            _ => united.push(range),
        }
    }
    united
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_has_one_owner() {
        let path = Path::of(["components"]);
        let taken = |component, ports: &str, protocol| {
            let ports = ports.parse().unwrap();
            Taken { ports, protocol, component, path: &path, purpose: "", from: &[] }
        };
        let mut ports = Ports::of(&json!({"name": "a"}));
        ports.taken.push(taken("drbd", "7000-7399", Protocol::Tcp));
        let clash = |component, range, protocol| ports.clash(&taken(component, range, protocol)).map(|t| t.component);
        assert_eq!(clash("stt", "7399", Protocol::Tcp), Some("drbd"));
        assert_eq!(clash("wide", "1-65535", Protocol::Tcp), Some("drbd"));
        assert_eq!(clash("stt", "7400", Protocol::Tcp), None);
        assert_eq!(clash("stt", "7000", Protocol::Udp), None, "another protocol");
        assert_eq!(clash("drbd", "7000", Protocol::Tcp), None, "itself");
    }

    #[test]
    fn a_port_is_named_once() {
        let ranges = |list: &[&str]| list.iter().map(|range| range.parse().unwrap()).collect::<Vec<PortRange>>();
        let united = |list: &[&str]| united(ranges(list)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(united(&["9100", "80", "9100"]), ["80", "9100"]);
        assert_eq!(united(&["7000-7400", "7399-7500", "7100", "7501"]), ["7000-7500", "7501"]);
    }
}
