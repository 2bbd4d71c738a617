//! A machine of the model -> its Talos configuration: one `v1alpha1` document and the typed ones beside it.
//!
//! Talos has moved its configuration from one large document to many small ones over its releases. The version contract
//! says which layout a cluster was made with; each layout is a module that knows no other.

mod disk;
mod object;
mod patch;
pub mod secrets;
mod typed_network;

use serde_json::Value;

use crate::model::{Machine, Model};

/// The complete configuration of a machine without its secrets; the `v1alpha1` document is the first.
///
/// A contract whose layout is not written yet is refused before.
pub fn documents(model: &Model, machine: &Machine) -> Vec<Value> {
    let documents = typed_network::documents(model, machine);
    machine.patches.iter().fold(documents, patch::apply)
}

#[cfg(test)]
mod tests;
