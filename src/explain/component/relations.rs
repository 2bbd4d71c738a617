//! What a component is to others: what it brings, what it needs, who needs it.

use crate::catalog::{Capability, Catalog, Component, Requirement};
use crate::explain::page::Page;

pub(super) fn brings(page: &mut Page, entry: &Component) {
    let provides = &entry.provides;
    if provides.crds.is_empty()
        && provides.storage_classes.is_none()
        && entry.slots.is_empty()
        && entry.networks.is_empty()
    {
        return;
    }
    page.heading("Brings");
    for slot in &entry.slots {
        page.item(2, "role", &format!("{}, which one component of a cloud can have", slot.name));
        page.when(4, slot.when.as_deref());
    }
    for crds in &provides.crds {
        let noun = if crds.groups.len() == 1 { "API group" } else { "API groups" };
        page.item(2, noun, &format!("{}, there after layer {}", crds.groups.join(", "), crds.layer));
        page.line(4, crds.mechanism.meaning());
        page.when(4, crds.when.as_deref());
    }
    if let Some(expression) = &provides.storage_classes {
        let after = provides.storage_layer.as_ref().map(|layer| format!(", there after layer {layer}"));
        page.item(2, "StorageClasses", &format!("by name in {expression}{}", after.unwrap_or_default()));
    }
    for network in &entry.networks {
        page.item(2, "network", &format!("{}, {}: nothing else may use its addresses", network.cidr.0, network.name));
        page.when(4, network.when.as_deref());
    }
}

pub(super) fn needs(page: &mut Page, entry: &Component) {
    page.heading("Needs");
    if entry.requires.is_empty() && entry.after.is_empty() {
        page.line(2, "no other component");
    }
    for requirement in &entry.requires {
        page.item(2, &format!("{}:", wanted(requirement)), &requirement.reason);
        page.when(4, requirement.when.as_deref());
        match (&requirement.layer, &requirement.of_layer) {
            (None, None) => {}
            (Some(own), None) => page.line(4, &format!("layer {own} waits for it")),
            (None, Some(other)) => page.line(4, &format!("waits for its layer {other}")),
            (Some(own), Some(other)) => page.line(4, &format!("layer {own} waits for its layer {other}")),
        }
    }
    if !entry.after.is_empty() {
        page.item(2, "after these, when they are there:", &entry.after.join(", "));
    }
    if !entry.conflicts.is_empty() {
        page.heading("Cannot stand beside");
    }
    for conflict in &entry.conflicts {
        page.item(2, &format!("{}:", conflict.component), &conflict.reason);
    }
}

fn wanted(requirement: &Requirement) -> String {
    match (&requirement.component, requirement.capability) {
        (Some(component), _) => component.clone(),
        (None, Some(capability)) => capability_name(capability).to_owned(),
        (None, None) => "nothing".to_owned(),
    }
}

const fn capability_name(capability: Capability) -> &'static str {
    match capability {
        Capability::StorageClass => "a StorageClass, whoever brings one",
        Capability::LoadBalancer => "a load balancer, whoever brings one",
    }
}

/// Found by going through all entries: no entry says who needs it.
pub(super) fn needed_by(page: &mut Page, entry: &Component, catalog: &Catalog) {
    page.heading("Needed by");
    let name = entry.name.as_str();
    let others = || catalog.components().filter(|other| other.name != name);
    let mut nobody = true;
    for other in others() {
        for requirement in other.requires.iter().filter(|r| r.component.as_deref() == Some(name)) {
            nobody = false;
            page.item(2, &format!("{}:", other.name), &requirement.reason);
            page.when(4, requirement.when.as_deref());
        }
    }
    let mut list = |what: &str, names: Vec<&str>| {
        if !names.is_empty() {
            nobody = false;
            page.item(2, what, &names.join(", "));
        }
    };
    let named = |holds: &dyn Fn(&Component) -> bool| {
        others().filter(|other| holds(other)).map(|other| other.name.as_str()).collect::<Vec<_>>()
    };
    let wants = |capability| named(&|other| other.requires.iter().any(|r| r.capability == Some(capability)));
    if entry.provides.storage_classes.is_some() {
        list("a StorageClass, of this or another:", wants(Capability::StorageClass));
    }
    if entry.slots.iter().any(|slot| slot.name == "load-balancer") {
        list("a load balancer, this or another:", wants(Capability::LoadBalancer));
    }
    let groups: Vec<String> =
        entry.provides.crds.iter().flat_map(|crds| &crds.groups).map(|group| format!("apiVersion: {group}/")).collect();
    list("objects of its kinds are in:", named(&|other| uses(other, &groups)));
    list("after it, when it is there:", named(&|other| other.after.iter().any(|after| after == name)));
    if nobody {
        page.line(2, "no other component");
    }
}

/// Whether an entry has objects of API groups.
fn uses(entry: &Component, groups: &[String]) -> bool {
    let templates = || entry.layers.iter().filter_map(|layer| layer.objects.as_deref());
    groups.iter().any(|group| templates().any(|template| template.contains(group.as_str())))
}
