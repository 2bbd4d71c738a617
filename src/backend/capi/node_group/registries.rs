//! `registries` of the cloud -> files by which containerd on a kubeadm worker uses its mirrors, and trusts its authorities.
//!
//! One folder per registry below `certs.d`, each with a `hosts.toml` (containerd, `docs/hosts.md`). The images of
//! kubernetes-sigs/image-builder read `/etc/containerd/conf.d/*.toml`, where the folder is turned on.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::model::{Registries, RegistryTls};
use crate::spec::scalar::authority;

const FOLDER: &str = "/etc/containerd/certs.d";
const DROP_IN: &str = "/etc/containerd/conf.d/registries.toml";
const AUTHORITIES: &str = "/usr/local/share/ca-certificates";

/// The command after which the system trusts what lies in [`AUTHORITIES`].
const TRUST: &str = "update-ca-certificates";

/// Files of a worker, in a fixed order.
pub(super) fn files(registries: &Registries) -> Vec<Value> {
    let mut files = Vec::new();
    let hosts: BTreeSet<&str> = registries.mirrors.keys().chain(registries.tls.keys()).map(String::as_str).collect();
    for host in &hosts {
        let folder = format!("{FOLDER}/{}", if *host == "*" { "_default" } else { host });
        files.push(file(&format!("{folder}/hosts.toml"), &hosts_toml(registries, host)));
    }
    for (host, tls) in &registries.tls {
        for (path, certificate) in authorities(host, tls) {
            files.push(file(&path, certificate));
        }
    }
    if !hosts.is_empty() {
        // The version that the images' own file has.
        let text =
            format!("version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n  config_path = \"{FOLDER}\"\n");
        files.push(file(DROP_IN, &text));
    }
    for (name, text) in &registries.trust {
        for (index, certificate) in certificates(text).enumerate() {
            files.push(file(&format!("{AUTHORITIES}/{name}-{}.crt", index + 1), certificate));
        }
    }
    files
}

/// Commands before kubeadm; containerd is started after them.
pub(super) fn commands(registries: &Registries) -> Vec<&'static str> {
    if registries.trust.is_empty() { Vec::new() } else { vec![TRUST] }
}

fn file(path: &str, content: &str) -> Value {
    json!({"path": path, "owner": "root:root", "permissions": "0644", "content": content})
}

/// How one registry is reached: each endpoint in order, then the server, which is the registry itself or, where that is off, the
/// last endpoint again.
fn hosts_toml(registries: &Registries, host: &str) -> String {
    let mirror = registries.mirrors.get(host);
    let own = match host {
        "*" => None,
        "docker.io" => Some("https://registry-1.docker.io".to_owned()),
        _ => Some(format!("https://{host}")),
    };
    let last = mirror.filter(|mirror| mirror.skip_fallback).and_then(|mirror| mirror.endpoints.last());
    let mut tables = Vec::new();
    if let Some(server) = last.or(own.as_ref()) {
        let override_path = last.is_some() && mirror.is_some_and(|mirror| mirror.override_path);
        let tls_of = if last.is_some() { authority(server) } else { host };
        tables.push(format!("server = {server:?}\n{}", keys(registries, tls_of, override_path)));
    }
    if let Some(mirror) = mirror {
        for endpoint in &mirror.endpoints {
            let keys = keys(registries, authority(endpoint), mirror.override_path);
            tables.push(format!("[host.{endpoint:?}]\ncapabilities = [\"pull\", \"resolve\"]\n{keys}"));
        }
    }
    tables.join("\n")
}

/// What a server and an endpoint can say alike.
fn keys(registries: &Registries, authority: &str, override_path: bool) -> String {
    let mut keys = String::new();
    if override_path {
        keys.push_str("override_path = true\n");
    }
    let Some(tls) = registries.tls.get(authority) else { return keys };
    let paths: Vec<String> = authorities(authority, tls).map(|(path, _)| path).collect();
    if !paths.is_empty() {
        let _ = writeln!(keys, "ca = {paths:?}");
    }
    if tls.insecure_skip_verify {
        keys.push_str("skip_verify = true\n");
    }
    keys
}

/// One file per certificate, since a file of cloud-init holds 10 KiB at most.
fn authorities<'t>(host: &str, tls: &'t RegistryTls) -> impl Iterator<Item = (String, &'t str)> {
    let folder = format!("{FOLDER}/{host}");
    let text = tls.ca.as_deref().unwrap_or_default();
    certificates(text).enumerate().map(move |(index, one)| (format!("{folder}/ca-{}.crt", index + 1), one))
}

fn certificates(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive("-----END CERTIFICATE-----\n").filter(|one| one.contains("-----BEGIN CERTIFICATE-----"))
}
