//! Parameters of a component, as a tree.

use serde_json::Value;

use super::field::{ITEM, NAME, children};
use super::page::Page;
use super::shape;
use crate::catalog::Component;
use crate::schema::common_keys;

pub(super) fn write(page: &mut Page, entry: &Component) {
    let place = if entry.management { "components" } else { "tenants.<name>.addons" };
    page.heading(&format!("Parameters, under {place}.{}", entry.name));
    for (name, schema) in &entry.parameters {
        parameter(page, 2, name, schema, entry.required_parameters.contains(name));
        page.blank();
    }
    let own =
        if entry.parameters.is_empty() { "none of its own; as every component" } else { "and as every component" };
    page.line(2, &format!("{own}: {}", common_keys().join(", ")));
}

/// One parameter, and below it what is in it.
fn parameter(page: &mut Page, indent: usize, name: &str, schema: &Value, required: bool) {
    let mut about = shape::words(&Value::Null, schema);
    if let Some(open) = shape::open(schema, required) {
        about.push_str("; ");
        about.push_str(&open);
    }
    page.item(indent, &format!("{name}:"), &about);
    if let Some(description) = schema.get("description").and_then(Value::as_str) {
        page.line(indent + 2, description);
    }
    inside(page, indent + 2, schema);
}

fn inside(page: &mut Page, indent: usize, schema: &Value) {
    for (name, (inner, required)) in children(&Value::Null, schema) {
        match name {
            NAME | ITEM if !has_keys(inner) => {}
            ITEM => parameter(page, indent, "<item>", inner, required),
            name => parameter(page, indent, name, inner, required),
        }
    }
}

/// Whether there is more to say of the members of a map or list than what they are.
fn has_keys(schema: &Value) -> bool {
    schema.get("description").is_some()
        || shape::forms(&Value::Null, schema).iter().any(|form| {
            form.get("properties").is_some() || form.get("additionalProperties").is_some_and(Value::is_object)
        })
}
