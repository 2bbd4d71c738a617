//! Ports of a node that components listen on: two cannot have one, and a firewall that blocks must let them in.

use serde_json::{Map, Value, json};

use super::Resolver;
use super::components::Chosen;
use super::context::Context;
use crate::catalog::{HostPort, NodeNeed};
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
}

impl<'c> Ports<'c> {
    pub(super) fn of(node: &Value) -> Self {
        let node_name = node["name"].as_str().unwrap_or_default().to_owned();
        Self { node: node_name, blocks: node["blocks"] == true, taken: Vec::new() }
    }

    /// Takes the ports of a need, and reports those that somebody has already.
    pub(super) fn add(&mut self, cx: &mut Resolver<'_>, component: &'c Chosen<'_>, need: &'c NodeNeed) {
        for need in &need.ports {
            for port in &need.ports {
                self.take(cx, component, need, port.range());
            }
        }
    }

    fn take(&mut self, cx: &mut Resolver<'_>, component: &'c Chosen<'_>, need: &'c HostPort, ports: PortRange) {
        let protocol = need.protocol.unwrap_or_default();
        let overlaps = |other: &&Taken<'_>| {
            other.component != component.name
                && other.protocol == protocol
                && other.ports.from <= ports.to
                && ports.from <= other.ports.to
        };
        if let Some(other) = self.taken.iter().find(overlaps) {
            let (at, label) = (cx.key(&component.path), cx.key(other.path));
            let message = format!(
                "`{}` and `{}` both listen on port {ports} of node `{}`",
                other.component, component.name, self.node
            );
            cx.report(
                Diagnostic::error("host-port-taken", at, message)
                    .note(need.purpose.clone())
                    .label(label, other.purpose.to_owned())
                    .help("keep one of the two, or give one another port in its `values`"),
            );
        }
        self.taken.push(Taken {
            ports,
            protocol,
            component: &component.name,
            path: &component.path,
            purpose: &need.purpose,
        });
    }

    /// Rules that let the other nodes in, where the firewall blocks.
    pub(super) fn rules(&self, context: &Context) -> Option<Value> {
        let mut rules = Map::new();
        for taken in self.taken.iter().filter(|_| self.blocks) {
            let (suffix, protocol) = match taken.protocol {
                Protocol::Tcp => ("tcp", json!("tcp")),
                Protocol::Udp => ("udp", json!("udp")),
            };
            let rule = rules
                .entry(format!("{}-{suffix}", taken.component))
                .or_insert_with(|| json!({"ports": [], "protocol": protocol, "from": context.network()["nodes"]}));
            if let Value::Array(ports) = &mut rule["ports"] {
                ports.push(json!(taken.ports.to_string()));
            }
        }
        (!rules.is_empty()).then_some(Value::Object(rules))
    }
}
