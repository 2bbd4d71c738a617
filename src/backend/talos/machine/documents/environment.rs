//! `EnvironmentConfig`: variables of Talos's services. Before 1.13 they stand in the `v1alpha1` document.

use serde_json::Value;

use super::super::object::{Object, strings};
use super::super::target::Target;

pub fn variables(target: &Target) -> Option<Value> {
    let variables = &target.machine.env;
    let document = || Object::document("EnvironmentConfig").set("variables", strings(variables)).build();
    (!variables.is_empty()).then(document)
}
