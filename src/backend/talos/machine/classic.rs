//! The layout of contracts up to 1.11: one `v1alpha1` document, and typed documents for what it never knew.

use serde_json::Value;

use super::documents::{firewall, host, registries, volumes};
use super::target::Target;
use super::v1alpha1;

pub(super) fn documents(target: &Target) -> Vec<Value> {
    let mut documents = vec![v1alpha1::document(target)];
    documents.extend(host::watchdog(target));
    documents.extend(host::extension_services(target));
    documents.extend(firewall::documents(target));
    documents.extend(volumes::documents(target));
    documents.extend(registries::trusted_roots(target));
    documents
}
