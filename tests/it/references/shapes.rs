//! Names that stay inside of one object: volumes and mounts, disks, ports, selectors of templates.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{list, text};

pub fn faults(path: &str, object: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    pods(object, &mut wrong);
    let spec = &object["spec"];
    match text(&object["kind"]) {
        "MachineDeployment" => selects(&spec["selector"], &spec["template"]["metadata"]["labels"], &mut wrong),
        "KubevirtMachineTemplate" => {
            machine(&spec["template"]["spec"]["virtualMachineTemplate"], &mut wrong);
            let to = &spec["template"]["spec"]["virtualMachineTemplate"]["metadata"]["namespace"];
            if to != &object["metadata"]["namespace"] {
                wrong.push(format!("its machines are in namespace {to}"));
            }
        }
        _ => {}
    }
    let name = text(&object["metadata"]["name"]);
    wrong.into_iter().map(|fault| format!("{path}: {name}: {fault}")).collect()
}

fn names<'a>(of: impl Iterator<Item = &'a Value>) -> BTreeSet<&'a str> {
    of.map(|one| text(&one["name"])).collect()
}

/// Two sets of names that must be one.
fn same(what: &str, one: &BTreeSet<&str>, other: &BTreeSet<&str>, wrong: &mut Vec<String>) {
    if one != other {
        wrong.push(format!("{what}: {one:?} and {other:?}"));
    }
}

/// Every pod that is said as a whole: its containers have images, and so it has every volume that they mount.
fn pods(value: &Value, wrong: &mut Vec<String>) {
    for (containers, volumes) in [("containers", "volumes"), ("extraContainers", "extraVolumes")] {
        let mut all = list(&value[containers]).chain(list(&value["initContainers"])).peekable();
        if all.peek().is_none() || all.clone().any(|container| container["image"].is_null()) {
            continue;
        }
        let mounts = names(all.clone().flat_map(|container| list(&container["volumeMounts"])));
        same("volumes that are mounted and volumes", &mounts, &names(list(&value[volumes])), wrong);
        for container in all {
            let ports = names(list(&container["ports"]));
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                let port = &container[probe]["httpGet"]["port"];
                if port.as_str().is_some_and(|port| !ports.contains(port)) {
                    wrong.push(format!("{probe} asks port {port} of {ports:?}"));
                }
            }
        }
    }
    match value {
        // What charts make of their values is not known.
        Value::Object(map) => map.iter().filter(|(key, _)| *key != "values").for_each(|(_, inner)| pods(inner, wrong)),
        Value::Array(_) => list(value).for_each(|inner| pods(inner, wrong)),
        _ => {}
    }
}

/// A machine of KubeVirt: each disk is a volume, each interface a network, and each claim is made with it.
fn machine(template: &Value, wrong: &mut Vec<String>) {
    let (spec, pod) = (&template["spec"], &template["spec"]["template"]);
    let (inner, devices) = (&pod["spec"], &pod["spec"]["domain"]["devices"]);
    same("disks and volumes", &names(list(&devices["disks"])), &names(list(&inner["volumes"])), wrong);
    same("interfaces and networks", &names(list(&devices["interfaces"])), &names(list(&inner["networks"])), wrong);
    let claims = list(&inner["volumes"]).map(|volume| &volume["dataVolume"]).filter(|claim| !claim.is_null());
    let made = list(&spec["dataVolumeTemplates"]).map(|one| &one["metadata"]);
    same("data volumes and their templates", &names(claims), &names(made), wrong);
    for spread in list(&inner["topologySpreadConstraints"]) {
        selects(&spread["labelSelector"], &pod["metadata"]["labels"], wrong);
    }
}

/// A selector selects what carries the labels.
fn selects(selector: &Value, labels: &Value, wrong: &mut Vec<String>) {
    let Some(wanted) = selector["matchLabels"].as_object().filter(|wanted| !wanted.is_empty()) else {
        wrong.push(format!("selector {selector} selects nothing"));
        return;
    };
    if wanted.iter().any(|(label, value)| &labels[label] != value) {
        wrong.push(format!("selector {selector} is not of {labels}"));
    }
}
