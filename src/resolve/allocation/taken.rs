//! What somebody has already, and so no tenant gets from a pool.
//!
//! The plan is proved later with everything that components add; here is what `cloud.yaml` itself says, and `cloud.lock`.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use serde_json::Value;

use super::free::{self, Ranges};
use crate::lock::{Lock, TenantAllocation};
use crate::resolve::tenants::node_ports;
use crate::spec::scalar::{Address, AddressRange, Cidr};
use crate::spec::{Cloud, Expose, LinkAddresses, LoadBalancerPool, NetworkPool, OneOrMany};

pub(super) struct Taken {
    /// What no network may meet.
    networks: Ranges,
    /// What no address may be in: it lies in the network of the nodes or outside, and in a pool anyway.
    addresses: Ranges,
    pub node_ports: RangeInclusive<u16>,
    ports: BTreeSet<u16>,
}

impl Taken {
    /// What `cloud.yaml` says, and what is held for tenants that are still there.
    pub fn of(spec: &Cloud, held: &Lock) -> Self {
        let cloud = of_cloud(spec);
        let (mut addresses, mut networks) = (Ranges::default(), Ranges::default());
        addresses.extend(cloud.iter().copied());
        networks.extend(cloud);
        let nodes = spec.network.nodes.as_slice().iter().map(|net| net.0);
        networks.extend(nodes.clone().map(AddressRange::from));
        networks.extend(spec.network.load_balancers.values().flat_map(|pool| pool.addresses.iter().copied()));
        addresses.extend(nodes.flat_map(|net| [net.network(), net.broadcast()]).map(AddressRange::from));
        // A component may name an address of a pool anywhere, in chart values and annotations too.
        for component in spec.components.values().flatten() {
            component.parameters.values().for_each(|value| named(value, &mut addresses));
            component.values.iter().flat_map(|values| values.values()).for_each(|value| named(value, &mut addresses));
        }
        let mut ports = BTreeSet::new();
        for (name, tenant) in &spec.tenants {
            let none = TenantAllocation::default();
            let held = held.tenants.get(name).map_or(&none, |pins| &pins.allocation);
            let own = [&tenant.network.pods, &tenant.network.services].into_iter().flat_map(OneOrMany::as_slice);
            networks.extend(own.chain(&held.pods).chain(&held.services).map(|net| AddressRange::from(net.0)));
            let api = &tenant.control_plane;
            // Node ports share the addresses of nodes.
            let own = api.address.filter(|_| api.expose == Expose::LoadBalancer);
            addresses.extend(own.iter().chain(&held.address).map(|address| AddressRange::from(address.0)));
            ports.extend([api.port, api.konnectivity_port, held.port, held.konnectivity_port].into_iter().flatten());
        }
        Self { networks, addresses, node_ports: node_ports(spec), ports }
    }

    /// Gives a network to a tenant that names none: the one that it had, else one of the pool.
    pub fn fill(
        &mut self,
        own: &mut OneOrMany<Cidr>,
        before: Option<Cidr>,
        pool: Option<&NetworkPool>,
    ) -> Option<Cidr> {
        if !own.as_slice().is_empty() {
            return None;
        }
        let found = before.or_else(|| self.network(pool?))?;
        *own = OneOrMany::One(found);
        Some(found)
    }

    /// The first network of a pool that meets no other.
    fn network(&mut self, pool: &NetworkPool) -> Option<Cidr> {
        let found = free::first_network(pool, &self.networks)?;
        self.networks.insert(found.into());
        Some(Cidr(found))
    }

    /// From the end of the pool: what hands out its addresses by itself begins at the start.
    pub fn address(&mut self, pool: &LoadBalancerPool) -> Option<Address> {
        let found = free::last_address(&pool.addresses, &self.addresses)?;
        self.addresses.insert(found.into());
        Some(Address(found))
    }

    /// From the end of the range: Kubernetes gives ports to Services from anywhere in it, and Kamaji asks for its own by number.
    pub fn port(&mut self) -> Option<u16> {
        let found = self.node_ports.clone().rev().find(|port| !self.ports.contains(port))?;
        self.ports.insert(found);
        Some(found)
    }
}

/// Networks of the management cluster, addresses of its machines, and what is kept free.
fn of_cloud(spec: &Cloud) -> Vec<AddressRange> {
    let network = &spec.network;
    let mut taken: Vec<AddressRange> = network.reserved.values().copied().collect();
    let nets = [&network.pods, &network.services].into_iter().flat_map(OneOrMany::as_slice);
    taken.extend(nets.chain(&network.join).map(|net| AddressRange::from(net.0)));
    let nodes = spec.nodes.values().filter_map(|node| node.address);
    taken.extend(nodes.chain(network.gateway).map(|address| AddressRange::from(address.0)));
    taken.extend(spec.control_plane.endpoint.host.parse::<IpAddr>().ok().map(AddressRange::from));
    for pxe in spec.boot.iter().map(|boot| &boot.pxe) {
        taken.push(pxe.server.0.into());
        taken.extend(pxe.dhcp.range);
    }
    taken.extend(of_links(spec).map(|net| AddressRange::from(net.addr())));
    taken
}

/// Addresses of links and VLANs, at whatever level they are said.
fn of_links(spec: &Cloud) -> impl Iterator<Item = IpNet> {
    let nodes = spec.nodes.values().map(|node| &node.settings);
    let classes = spec.node_classes.values().map(|class| &class.settings);
    let settings = nodes.chain(classes).chain(&spec.node_defaults).chain(spec.zones.values().flatten());
    let links = settings.flat_map(|settings| settings.links.iter().flatten()).filter_map(|(_, link)| link.as_ref());
    let lists = links.flat_map(|link| {
        let vlans = link.vlans.iter().flatten().filter_map(|(_, vlan)| vlan.as_ref()?.addresses.as_ref());
        link.addresses.iter().chain(vlans)
    });
    let statics = lists.filter_map(|list| match list {
        LinkAddresses::Static(addresses) => Some(addresses),
        LinkAddresses::Dhcp(_) => None,
    });
    statics.flatten().map(|address| address.0)
}

/// Every address that stands in a value, alone or in a list with commas, as annotations have it.
fn named(value: &Value, out: &mut Ranges) {
    match value {
        Value::String(text) => {
            let addresses = text.split(',').filter_map(|part| part.trim().parse::<IpAddr>().ok());
            out.extend(addresses.map(AddressRange::from));
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, out)),
        Value::Object(map) => map.values().for_each(|value| named(value, out)),
        _ => {}
    }
}
