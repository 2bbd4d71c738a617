//! `machine.network` and `machine.time` of the classic layout: interfaces, resolvers, host names in one place.
//!
//! A physical interface is found by a selector that Talos matches against what the machine has; every interface that
//! matches gets the same settings.

use serde_json::{Value, json};

use super::super::documents::links::{lacp_rate, tunnel};
use super::super::object::{Object, texts};
use super::super::target::Target;
use crate::model::{Addressing, Bond, Link, LinkKind, Vlan};
use crate::spec::scalar::Minor;
use crate::spec::{LinkMatch, XmitHashPolicy};

pub(super) fn section(target: &Target) -> Value {
    let machine = target.machine;
    let hosts = machine.hosts.iter().map(|(address, names)| json!({"ip": address, "aliases": names}));
    Object::new()
        .set("hostname", machine.name.as_str())
        .set_filled("interfaces", interfaces(target))
        .set_filled("nameservers", texts(&machine.nameservers))
        .set_filled("extraHostEntries", hosts.collect::<Value>())
        .build()
}

pub(super) fn time(target: &Target) -> Value {
    Object::new().set_filled("servers", texts(&target.machine.time_servers)).build()
}

fn interfaces(target: &Target) -> Value {
    match target.machine.only_default_link() {
        // Talos asks for DHCP on every physical interface as long as none is configured.
        Some(link) if link.vip.is_none() => Value::Null,
        _ => target.machine.links.iter().flat_map(|link| entries(target, link)).collect(),
    }
}

/// A link, and before it the ports of a bridge that are found by a selector.
fn entries(target: &Target, link: &Link) -> Vec<Value> {
    let mut entries = Vec::new();
    let device = match &link.kind {
        LinkKind::Physical(matches) => physical(target, matches),
        LinkKind::FirstPhysical if target.runs(Minor::v1(7)) => {
            Object::new().set("deviceSelector", json!({"physical": true}))
        }
        // What has hardware has a dot in its place on the bus; an empty one would match `*` too.
        LinkKind::FirstPhysical => Object::new().set("deviceSelector", json!({"busPath": "*.*"})),
        LinkKind::Bond(_) | LinkKind::Bridge { .. } | LinkKind::Dummy | LinkKind::Wireguard(_) => {
            Object::new().set("interface", link.name.as_str())
        }
    };
    let mut device = addressing(target, device, &link.addressing, link.mtu);
    device = match &link.kind {
        LinkKind::Bond(bond) => device.set("bond", self::bond(target, bond)),
        LinkKind::Bridge { members, stp } => {
            for member in members.iter().filter(|member| member.name.is_none()) {
                entries.push(physical(target, member).set("bridgePort", json!({"master": link.name})).build());
            }
            let names: Vec<&str> = members.iter().filter_map(|member| member.name.as_deref()).collect();
            let stp = if *stp { json!({"enabled": true}) } else { Value::Null };
            device.set("bridge", Object::new().set_filled("interfaces", names).set_filled("stp", stp))
        }
        LinkKind::Dummy => device.set("dummy", true),
        LinkKind::Wireguard(wireguard) => device.set("wireguard", tunnel(Object::new(), target, wireguard)),
        LinkKind::Physical(_) | LinkKind::FirstPhysical => device,
    };
    let device = device
        .set_filled("vlans", link.vlans.iter().map(|vlan| self::vlan(target, vlan)).collect::<Value>())
        .set_filled("vip", link.vip.map_or(Value::Null, |ip| json!({"ip": ip})));
    entries.push(device.build());
    entries
}

fn physical(target: &Target, matches: &LinkMatch) -> Object {
    match &matches.name {
        Some(name) => Object::new().set("interface", name.as_str()),
        None => Object::new().set("deviceSelector", selector(target, matches)),
    }
}

/// Members of a bond take its address as their own, so from 1.9 on the permanent address is asked for.
fn selector(target: &Target, matches: &LinkMatch) -> Value {
    let LinkMatch { mac, driver, bus_path, name: _ } = matches;
    let address = if target.runs(Minor::v1(9)) { "permanentAddr" } else { "hardwareAddr" };
    Object::new()
        .set_filled("busPath", bus_path.clone())
        .set_filled(address, mac.as_ref().map(|mac| mac.0.clone()))
        .set_filled("driver", driver.clone())
        .build()
}

fn addressing(target: &Target, object: Object, addressing: &Addressing, mtu: Option<u32>) -> Object {
    let routes = addressing
        .routes
        .iter()
        .map(|(network, gateway)| json!({"network": network.to_string(), "gateway": gateway.to_string()}));
    object
        .set_filled("addresses", texts(&addressing.addresses))
        .set_filled("routes", routes.collect::<Value>())
        .set_filled("mtu", mtu)
        .set_filled("dhcp", addressing.dhcp.then_some(true))
        .set_filled("dhcpOptions", dhcp_options(target, addressing))
}

/// Talos asks for an IPv4 address unless it is told otherwise.
fn dhcp_options(target: &Target, addressing: &Addressing) -> Value {
    let wanted = addressing.dhcp && target.model.network.is_ipv6_only();
    if wanted { json!({"ipv4": false, "ipv6": true}) } else { Value::Null }
}

fn bond(target: &Target, bond: &Bond) -> Value {
    let names: Vec<&str> = bond.members.iter().filter_map(|member| member.name.as_deref()).collect();
    let selectors = bond.members.iter().filter(|member| member.name.is_none()).map(|member| selector(target, member));
    Object::new()
        .set_filled("interfaces", names)
        .set_filled("deviceSelectors", selectors.collect::<Value>())
        .set("mode", bond.mode.as_str())
        .set_filled("xmitHashPolicy", bond.xmit_hash_policy.map(XmitHashPolicy::as_str))
        .set_filled("lacpRate", bond.lacp_rate.map(lacp_rate))
        .set_filled("miimon", bond.miimon)
        .set_filled("updelay", bond.up_delay)
        .set_filled("downdelay", bond.down_delay)
        .build()
}

fn vlan(target: &Target, vlan: &Vlan) -> Value {
    addressing(target, Object::new(), &vlan.addressing, vlan.mtu)
        .set("vlanId", vlan.id)
        .set_filled("vip", vlan.vip.map_or(Value::Null, |ip| json!({"ip": ip})))
        .build()
}
