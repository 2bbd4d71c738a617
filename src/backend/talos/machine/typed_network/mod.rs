//! The layout of contracts 1.12 and 1.13: host network, volumes, registries and time in typed documents, the rest in
//! `v1alpha1`.
//!
//! No field is used that Talos 1.12 or 1.13 calls deprecated. The one exception is `machine.env` under contract 1.12,
//! where `EnvironmentConfig` does not exist yet.

mod cluster;
mod firewall;
mod host;
mod links;
mod main;
mod registries;
mod volumes;

use serde_json::Value;

use crate::model::{Machine, Model};
use crate::spec::scalar::Minor;

/// Contract that brought `EnvironmentConfig`, alias patterns and mount options of volumes, and ended `machine.network`.
const V1_13: Minor = Minor { major: 1, minor: 13 };

pub(super) fn documents(model: &Model, machine: &Machine) -> Vec<Value> {
    let mut documents = vec![main::document(model, machine)];
    documents.extend(host::documents(model, machine));
    documents.extend(links::documents(model, machine));
    documents.extend(firewall::documents(machine));
    documents.extend(volumes::documents(model, machine));
    documents.extend(registries::documents(machine));
    documents
}
