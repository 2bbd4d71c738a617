//! `HostnameConfig`, `ResolverConfig`, `TimeSyncConfig`, `StaticHostConfig`, `EnvironmentConfig`, `WatchdogTimerConfig`,
//! `ExtensionServiceConfig`: settings of the host that are one small document each.

use serde_json::{Value, json};

use super::super::object::{Object, strings, texts};
use super::V1_13;
use crate::model::{ExtensionService, Machine, Model};

pub(super) fn documents(model: &Model, machine: &Machine) -> Vec<Value> {
    let mut documents = vec![hostname(machine)];
    documents.extend(resolver(machine));
    documents.extend(time_sync(machine));
    documents.extend(static_hosts(machine));
    documents.extend(environment(model, machine));
    documents.extend(watchdog(machine));
    documents.extend(extension_services(machine));
    documents
}

/// A static name excludes `auto: stable`, which `talosctl gen config` writes; without `auto` it is off (Talos 1.12,
/// `HostnameConfigV1Alpha1.Validate`).
fn hostname(machine: &Machine) -> Value {
    Object::document("HostnameConfig").set("hostname", machine.name.as_str()).build()
}

fn resolver(machine: &Machine) -> Option<Value> {
    let servers: Vec<Value> = machine.nameservers.iter().map(|address| json!({"address": address})).collect();
    (!servers.is_empty()).then(|| Object::document("ResolverConfig").set("nameservers", servers).build())
}

fn time_sync(machine: &Machine) -> Option<Value> {
    let servers = &machine.time_servers;
    let document = || Object::document("TimeSyncConfig").set("ntp", json!({"servers": servers})).build();
    (!servers.is_empty()).then(document)
}

fn static_hosts(machine: &Machine) -> impl Iterator<Item = Value> {
    machine.hosts.iter().map(|(address, names)| {
        Object::document("StaticHostConfig").set("name", address.as_str()).set("hostnames", texts(names)).build()
    })
}

/// Before 1.13 the variables stand in the `v1alpha1` document.
fn environment(model: &Model, machine: &Machine) -> Option<Value> {
    let wanted = model.contract >= V1_13 && !machine.env.is_empty();
    wanted.then(|| Object::document("EnvironmentConfig").set("variables", strings(&machine.env)).build())
}

fn watchdog(machine: &Machine) -> Option<Value> {
    machine.watchdog.as_ref().map(|watchdog| {
        Object::document("WatchdogTimerConfig")
            .set("device", watchdog.device.as_str())
            .set("timeout", watchdog.timeout.as_str())
            .build()
    })
}

fn extension_services(machine: &Machine) -> impl Iterator<Item = Value> {
    machine.extension_services.iter().map(|(name, ExtensionService { environment, config_files })| {
        let files = config_files.iter().map(|(path, content)| json!({"content": content, "mountPath": path}));
        Object::document("ExtensionServiceConfig")
            .set("name", name.as_str())
            .set_filled("configFiles", files.collect::<Value>())
            .set_filled("environment", texts(environment))
            .build()
    })
}
