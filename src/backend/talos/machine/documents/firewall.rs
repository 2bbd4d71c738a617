//! `NetworkDefaultActionConfig` and `NetworkRuleConfig`: the ingress firewall of the host.

use ipnet::IpNet;
use serde_json::{Value, json};

use super::super::object::Object;
use super::super::target::Target;
use crate::model::FirewallRule;
use crate::spec::FirewallDefault;

pub fn documents(target: &Target) -> Vec<Value> {
    let Some(firewall) = &target.machine.firewall else { return Vec::new() };
    let block = || Object::document("NetworkDefaultActionConfig").set("ingress", "block").build();
    let default = (firewall.default == FirewallDefault::Block).then(block);
    default.into_iter().chain(firewall.rules.iter().map(rule)).collect()
}

fn rule(rule: &FirewallRule) -> Value {
    let ports = rule.ports.iter().map(|port| port.parse::<u16>().map_or_else(|_| json!(port), |number| json!(number)));
    Object::document("NetworkRuleConfig")
        .set("name", rule.name.as_str())
        .set("portSelector", json!({"ports": ports.collect::<Value>(), "protocol": rule.protocol.as_str()}))
        .set("ingress", rule.from.iter().flat_map(|network| ingress(*network, &rule.except)).collect::<Value>())
        .build()
}

/// Talos takes one exception per network; with more of them the network is cut into what is left of it.
fn ingress(network: IpNet, except: &[IpNet]) -> Vec<Value> {
    let inside: Vec<IpNet> = except.iter().copied().filter(|part| network.contains(part) && *part != network).collect();
    match inside[..] {
        [one] if without(network, except).len() > 1 => {
            vec![json!({"subnet": network.to_string(), "except": one.to_string()})]
        }
        _ => without(network, except).iter().map(|part| json!({"subnet": part.to_string()})).collect(),
    }
}

/// The networks that make up `network` without `except`.
fn without(network: IpNet, except: &[IpNet]) -> Vec<IpNet> {
    if except.iter().any(|part| part.contains(&network)) {
        return Vec::new();
    }
    if !except.iter().any(|part| network.contains(part)) {
        return vec![network];
    }
    let halves = network.subnets(network.prefix_len() + 1).expect("a network that holds another one can be halved");
    halves.flat_map(|half| without(half, except)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(list: &[&str]) -> Vec<IpNet> {
        list.iter().map(|net| net.parse().unwrap()).collect()
    }

    #[test]
    fn exceptions_are_taken_out() {
        let from = |network: &str, except: &[&str]| ingress(network.parse().unwrap(), &nets(except));
        assert_eq!(from("10.0.0.0/8", &[]), [json!({"subnet": "10.0.0.0/8"})]);
        assert_eq!(from("10.0.0.0/8", &["10.9.0.0/16"]), [json!({"subnet": "10.0.0.0/8", "except": "10.9.0.0/16"})]);
        assert_eq!(
            from("10.0.0.0/30", &["10.0.0.1/32", "10.0.0.2/32"]),
            [json!({"subnet": "10.0.0.0/32"}), json!({"subnet": "10.0.0.3/32"})]
        );
        assert_eq!(from("10.9.0.0/24", &["10.9.0.0/16"]), [] as [Value; 0], "nothing is left");
        assert_eq!(from("fd00::/64", &["10.9.0.0/16"]), [json!({"subnet": "fd00::/64"})], "the other family");
    }
}
