//! The JSON Schemas, from the Rust types and the catalog.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::catalog::{Catalog, Component};
use crate::lock::Lock;
use crate::spec::{Cloud, ComponentUse};

/// The schema of `cloud.yaml`, with every component of the catalog and its parameters.
pub fn cloud_schema(catalog: &Catalog) -> Value {
    cloud_schema_with(catalog, |_| true)
}

/// The same for one text, without keys and components whose names do not stand in it: much faster to make, and it takes the text when
/// [`cloud_schema`] does. What is wrong with the text, only that one can say. None where every name would have to be looked for: in a
/// text that may write one with escapes, and in one so long that the search takes longer.
pub fn cloud_schema_for(catalog: &Catalog, text: &str) -> Option<Value> {
    let is_plain = text.len() <= LONGEST_SEARCHED && !text.contains('\\');
    is_plain.then(|| {
        let mut schema = cloud_schema_with(catalog, |name| text.contains(name));
        leave_out(&mut schema, text);
        schema
    })
}

/// Forbids every key that does not stand in the text.
fn leave_out(schema: &mut Value, text: &str) {
    match schema {
        Value::Object(keywords) => {
            for (keyword, value) in keywords {
                match value {
                    Value::Object(properties) if keyword == "properties" => {
                        for (name, property) in properties {
                            if text.contains(name.as_str()) {
                                leave_out(property, text);
                            } else {
                                *property = json!(false);
                            }
                        }
                    }
                    other => leave_out(other, text),
                }
            }
        }
        Value::Array(branches) => branches.iter_mut().for_each(|branch| leave_out(branch, text)),
        _ => {}
    }
}

fn cloud_schema_with(catalog: &Catalog, is_wanted: impl Fn(&str) -> bool) -> Value {
    let mut schema = root_schema::<Cloud>("cloud.schema.json", "cloud.yaml");
    let definitions = &mut schema["$defs"];
    let common = definitions["ComponentUse"]["properties"].clone();
    let custom = definitions["ComponentUse"].clone();
    definitions.as_object_mut().expect("a root schema has definitions").remove("ComponentUse");

    let wanted: Vec<_> =
        catalog.names().map(|name| (name, is_wanted(name).then(|| catalog.component(name)).flatten())).collect();
    let uses = [
        ("components", components(&wanted, |component| component.management, &common, &custom)),
        ("addons", components(&wanted, |component| component.tenant, &common, &custom)),
    ];
    for (name, value) in uses {
        let owner = if name == "components" { &mut schema } else { &mut schema["$defs"]["Tenant"] };
        let property = &mut owner["properties"][name];
        let description = property["description"].take();
        *property = value;
        property["description"] = description;
    }
    let profiles: Vec<&str> = catalog.profiles().map(|profile| profile.name.as_str()).collect();
    schema["properties"]["profile"] = json!({
        "description": schema["properties"]["profile"]["description"],
        "enum": profiles,
    });
    schema
}

/// Bytes of a text in which names are looked for one by one.
const LONGEST_SEARCHED: usize = 64 << 10;

/// The common key that a component of the catalog does not take: its entry has the charts.
const CHART: &str = "chart";

/// The keys that stand beside the parameters of every component, in their order; `chart` is not among them.
pub fn common_keys() -> Vec<String> {
    let schema = root_schema::<ComponentUse>("component-use.schema.json", "A component of a cloud");
    let keys = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
    keys.filter(|name| name != CHART).collect()
}

/// Names that no parameter of an entry can have.
pub(super) fn reserved_keys() -> &'static [String] {
    static RESERVED: LazyLock<Vec<String>> =
        LazyLock::new(|| common_keys().into_iter().chain([CHART.to_owned()]).collect());
    &RESERVED
}

/// The schema of a catalog entry.
pub fn component_schema() -> Value {
    root_schema::<Component>("component.schema.json", "A catalog entry of cloudc")
}

/// The schema of `cloud.lock`.
pub fn lock_schema() -> Value {
    root_schema::<Lock>("lock.schema.json", "cloud.lock")
}

/// `properties` of a map of components: those of the catalog that may stand there with their parameters, any other with a chart. Nothing
/// is right of a component that is only a name.
fn components(
    catalog: &[(&str, Option<&Component>)],
    may_stand: impl Fn(&Component) -> bool,
    common: &Value,
    custom: &Value,
) -> Value {
    let common = common.as_object().cloned().unwrap_or_default();
    let known: Map<String, Value> = catalog
        .iter()
        .filter(|(_, component)| component.is_none_or(&may_stand))
        .map(|(name, component)| {
            let Some(component) = component else { return ((*name).to_owned(), json!(false)) };
            let mut properties: Map<String, Value> =
                component.parameters.iter().map(|(name, schema)| (name.clone(), schema.clone())).collect();
            for (name, schema) in &common {
                if name != CHART {
                    properties.entry(name.clone()).or_insert_with(|| schema.clone());
                }
            }
            let mut schema = json!({
                "title": component.title,
                "description": component.summary,
                "type": ["object", "null"],
                "properties": properties,
                "additionalProperties": false,
            });
            if !component.required_parameters.is_empty() {
                // A member of the profile may be turned off without its parameters.
                schema["if"] = json!({"not": {"properties": {"enabled": {"const": false}}, "required": ["enabled"]}});
                schema["then"] = json!({"required": component.required_parameters});
            }
            (component.name.clone(), schema)
        })
        .collect();
    let mut custom = custom.clone();
    custom["required"] = json!([CHART, "namespace"]);
    custom["type"] = json!("object");
    json!({"type": "object", "properties": known, "additionalProperties": custom, "propertyNames": {"format": "dns-label"}})
}

fn root_schema<T: JsonSchema>(id: &str, title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .for_deserialize()
        .with_transform(RecursiveTransform(CloseObjects))
        .with_transform(RecursiveTransform(PlainEnums))
        .with_transform(RecursiveTransform(DropNumberFormats));
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    schema["$id"] = json!(format!("https://cloudc.dev/schema/{id}"));
    schema["title"] = json!(title);
    schema
}

/// An object with known keys takes no others.
#[derive(Clone)]
struct CloseObjects;

impl Transform for CloseObjects {
    fn transform(&mut self, schema: &mut Schema) {
        schema.remove("unevaluatedProperties");
        if schema.get("properties").is_some() || schema.get("type") == Some(&json!("object")) {
            let open = schema.get("additionalProperties").is_some() || schema.get("patternProperties").is_some();
            if !open {
                schema.insert("additionalProperties".to_owned(), json!(false));
            }
        }
    }
}

/// `oneOf` of documented constants -> `enum` with `enumDescriptions`, which editors show and people understand.
#[derive(Clone)]
struct PlainEnums;

impl Transform for PlainEnums {
    fn transform(&mut self, schema: &mut Schema) {
        let Some(Value::Array(branches)) = schema.get("oneOf") else { return };
        let mut names = Vec::new();
        let mut descriptions = Vec::new();
        for branch in branches {
            let description = branch.get("description").cloned().unwrap_or_else(|| json!(""));
            match (branch.get("const"), branch.get("enum")) {
                (Some(name), _) => {
                    names.push(name.clone());
                    descriptions.push(description);
                }
                (None, Some(Value::Array(more))) => {
                    descriptions.extend(more.iter().map(|_| description.clone()));
                    names.extend(more.iter().cloned());
                }
                _ => return,
            }
        }
        schema.remove("oneOf");
        schema.insert("type".to_owned(), json!("string"));
        schema.insert("enum".to_owned(), Value::Array(names));
        schema.insert("enumDescriptions".to_owned(), Value::Array(descriptions));
    }
}

/// `uint32` and the like say nothing that `minimum` does not.
#[derive(Clone)]
struct DropNumberFormats;

impl Transform for DropNumberFormats {
    fn transform(&mut self, schema: &mut Schema) {
        let bits = |format: &str| {
            let width = format.trim_start_matches('u').strip_prefix("int")?;
            (width.is_empty() || width.parse::<u8>().is_ok()).then_some(())
        };
        if schema.get("format").and_then(Value::as_str).and_then(bits).is_some() {
            if schema.get("format") == Some(&json!("uint32")) && schema.get("maximum").is_none() {
                schema.insert("maximum".to_owned(), json!(u32::MAX));
            }
            schema.remove("format");
        }
    }
}
