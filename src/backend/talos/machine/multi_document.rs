//! The layout of contract 1.14 and newer: everything that has a kind stands in a document of it.
//!
//! Talos refuses a configuration that says one thing in both places, so a section of `v1alpha1` is written only where the
//! kind cannot say what is asked for, and then instead of the kind: [`Fallback`].

use serde_json::Value;

use super::documents::{environment, files, firewall, host, install, kernel, links, registries, volumes};
use super::kubernetes::{cluster, control_plane, node, pki};
use super::target::Target;
use super::v1alpha1;
use crate::model::{Machine, Patch};

/// Sections of `v1alpha1` that are written instead of their kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fallback {
    /// `machine.kubelet`: `KubeletConfig` has no `extraMounts`.
    pub kubelet: bool,
    /// `cluster.apiServer`: `KubeAPIServerConfig` has no `extraVolumes`; only a patch can ask for them.
    pub api_server: bool,
}

impl Fallback {
    pub(super) fn of(machine: &Machine) -> Self {
        let patched = |section: &str, part: &str, field: &str| {
            let has = |patch: &Patch| patch.value.get(section).and_then(|value| value.get(part)?.get(field)).is_some();
            machine.patches.iter().any(has)
        };
        Self {
            kubelet: !machine.kubelet.extra_mounts.is_empty() || patched("machine", "kubelet", "extraMounts"),
            api_server: patched("cluster", "apiServer", "extraVolumes"),
        }
    }
}

pub(super) fn documents(target: &Target) -> Vec<Value> {
    let fallback = Fallback::of(target.machine);
    let mut documents = vec![v1alpha1::remainder(target, fallback)];
    documents.extend(cluster::discovery(target));
    documents.push(install::document(target));
    documents.extend(host::resolver(target));
    documents.extend(kernel::sysctls(target));
    documents.extend(kernel::sysfs(target));
    documents.extend(kernel::modules(target));
    documents.extend(kernel::udev_rules(target));
    documents.extend(environment::variables(target));
    documents.extend(files::documents(target));
    documents.extend(volumes::documents(target));
    documents.extend(host::trim_and_isolation());
    documents.extend(registries::documents(target));
    documents.extend(registries::trusted_roots(target));
    documents.push(host::hostname(target));
    documents.extend(host::time_sync(target));
    documents.extend(host::static_hosts(target));
    documents.extend(host::watchdog(target));
    documents.extend(host::extension_services(target));
    documents.extend(links::documents(target));
    documents.extend(firewall::documents(target));
    documents.push(cluster::identity(target));
    documents.extend(node::documents(target, fallback));
    documents.push(cluster::network(target));
    documents.extend(pki::api_server_ca(target));
    documents.push(cluster::kube_prism());
    if target.is_control_plane() {
        documents.extend(control_plane::documents(target, fallback));
    }
    documents
}
