//! Network interfaces: `LinkAliasConfig`, `LinkConfig`, `BondConfig`, `BridgeConfig`, `DummyLinkConfig`,
//! `WireguardConfig`, `VLANConfig`, `DHCPv4Config`, `DHCPv6Config`, `Layer2VIPConfig`.
//!
//! Talos finds a physical interface by an expression and gives it an alias; every other document then speaks of the
//! alias. So the user's name for a link is the name that `talosctl get links` shows.

use serde_json::{Value, json};

use super::super::disk::{literal, text_term};
use super::super::object::{Object, texts};
use super::super::target::Target;
use crate::model::{Addressing, Bond, Link, LinkKind, Vlan, Wireguard};
use crate::spec::scalar::Minor;
use crate::spec::{LacpRate, LinkMatch, XmitHashPolicy};

pub fn documents(target: &Target) -> Vec<Value> {
    let mut writer = Writer { target, documents: Vec::new() };
    match target.machine.only_default_link() {
        Some(link) if link.vip.is_none() => {}
        // Talos still asks for DHCP everywhere, since no document configures a link.
        Some(link) => {
            let interface = writer.first_physical(&link.name);
            writer.vip(link.vip, &interface);
        }
        None => target.machine.links.iter().for_each(|link| writer.link(link)),
    }
    writer.documents
}

struct Writer<'a> {
    target: &'a Target<'a>,
    documents: Vec<Value>,
}

impl Writer<'_> {
    fn link(&mut self, link: &Link) {
        let interface = match &link.kind {
            LinkKind::Physical(matches) => {
                let interface = self.interface(matches, &link.name);
                self.physical(link, &interface);
                interface
            }
            LinkKind::FirstPhysical => {
                let interface = self.first_physical(&link.name);
                self.physical(link, &interface);
                interface
            }
            LinkKind::Bond(bond) => self.bond(link, bond),
            LinkKind::Bridge { members, stp } => self.bridge(link, members, *stp),
            LinkKind::Dummy => {
                self.common(named("DummyLinkConfig", &link.name), link.mtu, &link.addressing, &link.name)
            }
            LinkKind::Wireguard(wireguard) => self.wireguard(link, wireguard),
        };
        self.dhcp(&link.addressing, &interface);
        self.vip(link.vip, &interface);
        for vlan in &link.vlans {
            self.vlan(vlan, &interface);
        }
    }

    /// The name under which other documents know a physical interface; gives it an alias unless the user named it.
    fn interface(&mut self, matches: &LinkMatch, alias: &str) -> String {
        if let Some(name) = &matches.name {
            return name.clone();
        }
        // A fixed alias must match exactly one interface; a counted one takes the first of several.
        let several = matches.mac.is_none() && matches.bus_path.as_ref().is_none_or(|path| path.contains('*'));
        if several && self.target.contract() >= Minor::v1(13) {
            let counted =
                if alias.ends_with(|c: char| c.is_ascii_digit()) { format!("{alias}-") } else { alias.to_owned() };
            self.alias(&format!("{counted}%d"), &selector(matches));
            return format!("{counted}0");
        }
        self.alias(alias, &selector(matches));
        alias.to_owned()
    }

    /// From 1.13 on the one with the lowest MAC address, whichever has a carrier; before, an alias must match exactly one,
    /// and the carrier is what tells it from others.
    fn first_physical(&mut self, name: &str) -> String {
        if self.target.contract() >= Minor::v1(13) {
            self.alias(&format!("{name}%d"), "true");
            return format!("{name}0");
        }
        self.alias(name, "link.link_state");
        name.to_owned()
    }

    fn alias(&mut self, name: &str, expression: &str) {
        self.documents.push(named("LinkAliasConfig", name).set("selector", json!({"match": expression})).build());
    }

    /// A link that only uses DHCP is brought up by its DHCP document.
    fn physical(&mut self, link: &Link, interface: &str) {
        let Addressing { dhcp, addresses, routes } = &link.addressing;
        if link.mtu.is_some() || !addresses.is_empty() || !routes.is_empty() || !dhcp {
            self.common(named("LinkConfig", interface), link.mtu, &link.addressing, interface);
        }
    }

    fn bond(&mut self, link: &Link, bond: &Bond) -> String {
        let members = self.members(&link.name, &bond.members);
        let document = named("BondConfig", &link.name)
            .set("links", members)
            .set("bondMode", bond.mode.as_str())
            .set_filled("miimon", bond.miimon)
            .set_filled("updelay", bond.up_delay)
            .set_filled("downdelay", bond.down_delay)
            .set_filled("xmitHashPolicy", bond.xmit_hash_policy.map(XmitHashPolicy::as_str))
            .set_filled("lacpRate", bond.lacp_rate.map(lacp_rate));
        self.common(document, link.mtu, &link.addressing, &link.name)
    }

    fn bridge(&mut self, link: &Link, members: &[LinkMatch], stp: bool) -> String {
        let members = self.members(&link.name, members);
        let mut document = named("BridgeConfig", &link.name).set_filled("links", members);
        if stp {
            document = document.set("stp", json!({"enabled": true}));
        }
        self.common(document, link.mtu, &link.addressing, &link.name)
    }

    fn wireguard(&mut self, link: &Link, wireguard: &Wireguard) -> String {
        let document = tunnel(named("WireguardConfig", &link.name), self.target, wireguard);
        self.common(document, link.mtu, &link.addressing, &link.name)
    }

    /// Members are `<link>-<n>`, in the user's order.
    fn members(&mut self, link: &str, members: &[LinkMatch]) -> Vec<String> {
        let numbered = members.iter().enumerate();
        numbered.map(|(index, member)| self.interface(member, &format!("{link}-{index}"))).collect()
    }

    fn vlan(&mut self, vlan: &Vlan, parent: &str) {
        let document = named("VLANConfig", &vlan.name).set("vlanID", vlan.id).set("parent", parent);
        let interface = self.common(document, vlan.mtu, &vlan.addressing, &vlan.name);
        self.dhcp(&vlan.addressing, &interface);
        self.vip(vlan.vip, &interface);
    }

    /// What every kind of link has; returns the interface's name.
    fn common(&mut self, document: Object, mtu: Option<u32>, addressing: &Addressing, interface: &str) -> String {
        let addresses = addressing.addresses.iter().map(|address| json!({"address": address.to_string()}));
        let routes = addressing.routes.iter().map(|(destination, gateway)| {
            // Talos takes a route without destination for the default route of the gateway's family.
            let network = (destination.prefix_len() > 0).then(|| destination.to_string());
            Object::new().set_filled("destination", network).set("gateway", gateway.to_string()).build()
        });
        let document = document
            .set_filled("mtu", mtu)
            .set_filled("addresses", addresses.collect::<Value>())
            .set_filled("routes", routes.collect::<Value>());
        self.documents.push(document.build());
        interface.to_owned()
    }

    fn dhcp(&mut self, addressing: &Addressing, interface: &str) {
        if addressing.dhcp {
            let kind = if self.target.model.network.is_ipv6_only() { "DHCPv6Config" } else { "DHCPv4Config" };
            self.documents.push(named(kind, interface).build());
        }
    }

    fn vip(&mut self, vip: Option<std::net::IpAddr>, interface: &str) {
        self.documents
            .extend(vip.map(|address| named("Layer2VIPConfig", &address.to_string()).set("link", interface).build()));
    }
}

/// What every layout says of a tunnel, in the same words.
pub fn tunnel(object: Object, target: &Target, wireguard: &Wireguard) -> Object {
    let peers = wireguard.peers.iter().map(|peer| {
        Object::new()
            .set("publicKey", peer.public_key.as_str())
            .set_filled("endpoint", peer.endpoint.clone())
            .set_filled("persistentKeepaliveInterval", peer.keepalive.clone())
            .set_filled("allowedIPs", texts(&peer.allowed_ips))
            .build()
    });
    object
        .set_filled("privateKey", target.reference(&wireguard.private_key, "privateKey"))
        .set_filled("listenPort", wireguard.listen_port)
        .set_filled("peers", peers.collect::<Value>())
}

fn named(kind: &str, name: &str) -> Object {
    Object::document(kind).set("name", name)
}

/// A CEL expression over `link` (Talos `network.LinkStatusSpec`).
fn selector(matches: &LinkMatch) -> String {
    let LinkMatch { mac, driver, bus_path, name: _ } = matches;
    let terms = [
        mac.as_ref().map(|mac| format!("mac(link.permanent_addr) == {}", literal(&mac.0))),
        driver.as_ref().map(|driver| text_term("link.driver", driver)),
        bus_path.as_ref().map(|path| text_term("link.bus_path", path)),
    ];
    terms.into_iter().flatten().collect::<Vec<_>>().join(" && ")
}

pub fn lacp_rate(rate: LacpRate) -> &'static str {
    match rate {
        LacpRate::Slow => "slow",
        LacpRate::Fast => "fast",
    }
}
