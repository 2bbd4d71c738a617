//! A component in one cloud: why it is there, and what came of it.

use serde_json::Value;

use super::component::{MachineRows, machine_rows};
use super::page::Page;
use crate::backend::yaml;
use crate::catalog::NodeNeed;
use crate::model::{Component, Model};

pub(super) fn write(page: &mut Page, name: &str, model: &Model) {
    page.heading(&format!("In this cloud ({})", model.name));
    let tenants: Vec<&str> = model
        .tenants
        .iter()
        .filter(|tenant| tenant.addons.iter().any(|addon| addon.name == name))
        .map(|tenant| tenant.name.as_str())
        .collect();
    match model.platform.components.iter().find(|component| component.name == name) {
        Some(component) => {
            write_component(page, component, model);
            machines(page, name, model);
        }
        None if tenants.is_empty() => page.line(2, "not there; add it under `components`, or what needs it"),
        None => page.line(2, "not in the management cluster"),
    }
    if !tenants.is_empty() {
        page.item(2, "add-on of tenants:", &tenants.join(", "));
    }
}

fn write_component(page: &mut Page, component: &Component, model: &Model) {
    let name = component.name.as_str();
    let platform = &model.platform;
    let mut rows = vec![("because", component.because.clone()), ("namespace", component.namespace.clone())];
    rows.extend(component.variant.clone().map(|variant| ("variant", variant)));
    let releases = component.layers.iter().flat_map(|layer| &layer.releases);
    let releases: Vec<String> = releases.map(|release| format!("{} {}", release.name, release.chart.version)).collect();
    if !releases.is_empty() {
        rows.push(("releases", releases.join(", ")));
    }
    let mut list = |what, names: Vec<String>| {
        if !names.is_empty() {
            rows.push((what, names.join(", ")));
        }
    };
    let classes = platform.storage_classes.iter().filter(|(_, maker)| *maker == name).map(|(class, _)| {
        let default = platform.default_class.as_ref() == Some(class);
        if default { format!("{class} (the default)") } else { class.clone() }
    });
    list("StorageClasses", classes.collect());
    list("waits for", waits_for(component, model));
    let waiting = platform.components.iter().filter(|other| waits_for(other, model).iter().any(|n| n == name));
    list("waited for by", waiting.map(|other| other.name.clone()).collect());
    let secrets = platform.secrets.iter().filter(|secret| secret.component == name);
    list("your Secrets", secrets.map(|s| format!("{}/{} ({})", s.namespace, s.name, s.keys.join(", "))).collect());
    page.rows(2, rows.iter().map(|(name, text)| (*name, text.as_str())));
    let mut parameters = component.parameters.clone();
    parameters.retain(|_, value| !value.is_null());
    if !parameters.is_empty() {
        page.line(2, "parameters, defaults filled in");
        page.verbatim(4, &yaml::to_yaml(&Value::Object(parameters)));
    }
}

/// The components whose layers its layers wait for, as Flux is told: what these wait for themselves is not said again.
fn waits_for(component: &Component, model: &Model) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for layer in component.layers.iter().flat_map(|layer| &layer.depends_on) {
        let owner = model.platform.components.iter().find(|other| other.layers.iter().any(|own| own.name == *layer));
        let name = owner.map_or(layer, |owner| &owner.name);
        if *name != component.name && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// What each machine gets; machines that get the same stand together.
fn machines(page: &mut Page, component: &str, model: &Model) {
    let mut groups: Vec<(Vec<&str>, MachineRows)> = Vec::new();
    for node in &model.nodes {
        let needs: Vec<&NodeNeed> =
            node.asked.iter().filter(|asked| asked.component == component).map(|asked| &*asked.need).collect();
        let rows = machine_rows(needs);
        match groups.iter_mut().find(|(_, known)| *known == rows) {
            Some((names, _)) => names.push(&node.name),
            None => groups.push((vec![&node.name], rows)),
        }
    }
    if groups.iter().all(|(_, rows)| rows.is_empty()) {
        return;
    }
    page.line(2, "adds to machines; what cloud.yaml says of the same settings stands above it");
    for (names, rows) in groups {
        let names = names.join(", ");
        if rows.is_empty() {
            page.item(4, &format!("{names}:"), "nothing");
        } else {
            page.line(4, &format!("{names}:"));
            page.rows(6, rows.iter().map(|(name, text)| (*name, text.as_str())));
        }
    }
}
