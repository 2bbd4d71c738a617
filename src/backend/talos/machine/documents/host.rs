//! `HostnameConfig`, `ResolverConfig`, `TimeSyncConfig`, `StaticHostConfig`, `WatchdogTimerConfig`,
//! `ExtensionServiceConfig`, and what `talosctl gen config` adds to a 1.14 host: one small document each.

use serde_json::{Value, json};

use super::super::object::{Object, texts};
use super::super::target::Target;
use crate::model::ExtensionService;
use crate::spec::scalar::Minor;

/// A static name excludes `auto: stable`, which `talosctl gen config` writes; without `auto` it is off (Talos 1.12,
/// `HostnameConfigV1Alpha1.Validate`).
pub fn hostname(target: &Target) -> Value {
    Object::document("HostnameConfig").set("hostname", target.machine.name.as_str()).build()
}

/// The DNS cache of the host is part of this document since 1.14.
pub fn resolver(target: &Target) -> Option<Value> {
    let servers: Value = target.machine.nameservers.iter().map(|address| json!({"address": address})).collect();
    let mut document = Object::new().set_filled("nameservers", servers);
    if target.contract() >= Minor::v1(14) {
        document = document.set("hostDNS", host_dns(target));
    }
    document.into_document("ResolverConfig")
}

/// The DNS cache of the host, and whether it answers for the cluster's DNS.
pub fn host_dns(target: &Target) -> Value {
    let forward = target.model.control_plane.host_dns_forwarding;
    Object::new()
        .set("enabled", true)
        .set_filled("forwardKubeDNSToHost", (target.contract() >= Minor::v1(8)).then_some(forward))
        .build()
}

pub fn time_sync(target: &Target) -> Option<Value> {
    let servers = &target.machine.time_servers;
    let document = || Object::document("TimeSyncConfig").set("ntp", json!({"servers": servers})).build();
    (!servers.is_empty()).then(document)
}

pub fn static_hosts(target: &Target) -> impl Iterator<Item = Value> {
    target.machine.hosts.iter().map(|(address, names)| {
        Object::document("StaticHostConfig").set("name", address.as_str()).set("hostnames", texts(names)).build()
    })
}

pub fn watchdog(target: &Target) -> Option<Value> {
    target.machine.watchdog.as_ref().map(|watchdog| {
        Object::document("WatchdogTimerConfig")
            .set("device", watchdog.device.as_str())
            .set("timeout", watchdog.timeout.as_str())
            .build()
    })
}

pub fn extension_services(target: &Target) -> impl Iterator<Item = Value> {
    target.machine.extension_services.iter().map(|(name, ExtensionService { environment, config_files })| {
        let files = config_files.iter().map(|(path, content)| json!({"content": content, "mountPath": path}));
        Object::document("ExtensionServiceConfig")
            .set("name", name.as_str())
            .set_filled("configFiles", files.collect::<Value>())
            .set_filled("environment", texts(environment))
            .build()
    })
}

/// What a cluster made with 1.14 has beside that: weekly trimming of its disks, and workloads kept from the host.
pub fn trim_and_isolation() -> [Value; 2] {
    [
        Object::document("FilesystemTrimConfig").set("interval", "168h0m0s").build(),
        Object::document("SecurityProfileConfig").set("workloadIsolation", true).build(),
    ]
}
