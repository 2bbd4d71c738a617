//! The layout of contracts 1.12 and 1.13: host network, volumes, registries and time in typed documents, the rest in
//! `v1alpha1`.
//!
//! No field is used that Talos 1.12 or 1.13 calls deprecated. The one exception is `machine.env` under contract 1.12,
//! where `EnvironmentConfig` does not exist yet.

use serde_json::Value;

use super::documents::{environment, firewall, host, links, registries, volumes};
use super::target::Target;
use super::v1alpha1;
use crate::spec::scalar::Minor;

pub(super) fn documents(target: &Target) -> Vec<Value> {
    let mut documents = vec![v1alpha1::document(target)];
    documents.push(host::hostname(target));
    documents.extend(host::resolver(target));
    documents.extend(host::time_sync(target));
    documents.extend(host::static_hosts(target));
    if target.contract() >= Minor::v1(13) {
        documents.extend(environment::variables(target));
    }
    documents.extend(host::watchdog(target));
    documents.extend(host::extension_services(target));
    documents.extend(links::documents(target));
    documents.extend(firewall::documents(target));
    documents.extend(volumes::documents(target));
    documents.extend(registries::documents(target));
    documents.extend(registries::trusted_roots(target));
    documents
}
