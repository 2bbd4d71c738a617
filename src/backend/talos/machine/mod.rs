//! A machine of the model -> its Talos configuration: one `v1alpha1` document and the typed ones beside it.
//!
//! Talos has moved its configuration from one large document to many small ones over its releases. The version contract
//! says which layout a cluster was made with. Each layout is a list of who writes what, in the order of `talosctl gen config`:
//! `classic.rs`, `typed_network.rs`, `multi_document.rs`. What they share stands in `v1alpha1/` (the large document),
//! `documents/` (typed documents of the host) and `kubernetes/` (typed documents of the cluster).

mod classic;
mod disk;
mod documents;
mod kubernetes;
mod multi_document;
mod object;
mod patch;
mod target;
mod typed_network;
mod v1alpha1;

use serde_json::Value;

use crate::catalog::{self, Layout};
use crate::model::{Machine, Model};
use crate::secrets::Bundle;
use target::Target;

pub use patch::misfits;

/// The complete configuration of a machine, without its secrets or with them; the `v1alpha1` document is the first.
pub fn documents(model: &Model, machine: &Machine, secrets: Option<&Bundle>) -> Vec<Value> {
    let target = Target { model, machine, secrets };
    let mut documents = unpatched(&target);
    patch::apply_all(&mut documents, &target);
    documents
}

fn unpatched(target: &Target) -> Vec<Value> {
    let layout = catalog::talos().minor(target.contract()).map(|minor| minor.layout);
    match layout.expect("resolve knows the contract") {
        Layout::Classic => classic::documents(target),
        Layout::TypedNetwork => typed_network::documents(target),
        Layout::MultiDocument => multi_document::documents(target),
    }
}

#[cfg(test)]
mod tests;
