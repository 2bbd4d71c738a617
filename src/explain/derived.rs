//! What came of a section of a cloud: what is filled in where nothing is written.

use super::page::Page;
use crate::model::{Model, Tenant};
use crate::spec::Role;
use crate::syntax::{Path, Step};

/// What holds at a place in a cloud; none where that is only what is written there.
pub fn derived(place: &Path, model: &Model) -> Option<String> {
    let keys: Vec<&str> = place.steps().iter().map_while(Step::as_key).collect();
    let (title, rows) = match keys.as_slice() {
        ["network"] | ["network", "nodes" | "pods" | "services" | "gateway" | "dnsDomain"] => {
            ("network", network(model))
        }
        ["versions"] | ["versions", _] => ("versions", versions(model)),
        ["controlPlane"] | ["controlPlane", "endpoint" | "schedulable"] => ("controlPlane", control_plane(model)),
        ["tenants", name] => (*name, tenant(model.tenants.iter().find(|tenant| tenant.name == *name)?)),
        _ => return None,
    };
    let mut page = Page::new(false);
    page.heading(&format!("{title} in this cloud"));
    page.rows(2, rows.iter().map(|(name, text)| (*name, text.as_str())));
    Some(page.into_text())
}

type Rows = Vec<(&'static str, String)>;

fn list(items: impl IntoIterator<Item = impl ToString>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

fn network(model: &Model) -> Rows {
    let network = &model.network;
    let mut rows = vec![
        ("nodes", list(&network.nodes)),
        ("gateway", network.gateway.to_string()),
        ("pods", list(&network.pods)),
        ("services", list(&network.services)),
        ("cluster DNS", format!("{}, for {}", network.dns_service_ip, network.dns_domain)),
    ];
    rows.extend(network.internal.iter().map(|(what, net)| ("inside", format!("{net}, {what}"))));
    rows
}

fn versions(model: &Model) -> Rows {
    vec![
        ("talos", format!("v{}", model.talos)),
        ("kubernetes", format!("v{}", model.kubernetes)),
        ("contract", format!("{}, whose layout machine configurations have", model.contract)),
    ]
}

fn control_plane(model: &Model) -> Rows {
    let nodes = model.nodes.iter().filter(|node| node.role == Role::ControlPlane);
    let schedulable = if model.control_plane.schedulable { "yes" } else { "no" };
    vec![
        ("endpoint", model.control_plane.endpoint.url()),
        ("nodes", list(nodes.map(|node| &node.name))),
        ("workloads on them", schedulable.to_owned()),
    ]
}

fn tenant(tenant: &Tenant) -> Rows {
    let control_plane = &tenant.control_plane;
    let address =
        control_plane.address.map_or_else(|| control_plane.hostname.clone().unwrap_or_default(), |a| a.to_string());
    let port = control_plane.port;
    let api = if address.is_empty() { format!("port {port}") } else { format!("{address}, port {port}") };
    let mut rows = vec![
        ("kubernetes", format!("v{}", tenant.kubernetes)),
        ("namespace", tenant.namespace.clone()),
        ("API", api),
        ("pods", list(&tenant.pods)),
        ("services", list(&tenant.services)),
        ("DNS", tenant.dns_service_ip.to_string()),
    ];
    for group in &tenant.node_groups {
        let machines = match group.replicas.bounds() {
            (min, max) if min == max => min.to_string(),
            (min, max) => format!("{min} to {max}"),
        };
        rows.push(("machines", format!("{}: {machines}", group.name)));
    }
    rows.push(("add-ons", list(tenant.addons.iter().map(|addon| &addon.name))));
    rows
}
