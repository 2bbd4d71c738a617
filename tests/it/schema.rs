//! The checked-in schemas are those of the types and the catalog.

use cloudc::catalog::Catalog;
use cloudc::diag::{self, Format};
use cloudc::schema::{cloud_schema, component_schema};
use cloudc::source::{Folder, Sources};
use cloudc::{Before, check};
use serde_json::Value;

use crate::support::{catalog, repository};

fn checked_in(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(repository(&format!("schema/{name}.schema.json"))).unwrap()).unwrap()
}

#[test]
fn checked_in_schemas_are_fresh() {
    let hint = "regenerate with `cargo run -- schema`, see CONTRIBUTING.md";
    assert!(checked_in("cloud") == cloud_schema(&Catalog::builtin()), "cloud.schema.json is stale: {hint}");
    assert!(checked_in("component") == component_schema(), "component.schema.json is stale: {hint}");
}

#[test]
fn components_and_their_parameters_are_part_of_the_schema() {
    let schema = checked_in("cloud");
    let components = &schema["properties"]["components"]["properties"];
    for component in Catalog::builtin().components().filter(|component| component.management) {
        let entry = &components[&component.name];
        assert_eq!(entry["description"], component.summary.as_str(), "{}", component.name);
        for parameter in component.parameters.keys() {
            assert!(entry["properties"][parameter]["description"].is_string(), "{}.{parameter}", component.name);
        }
    }
}

#[test]
fn every_field_has_a_description() {
    fn walk(at: &str, schema: &Value, missing: &mut Vec<String>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            let known = property.get("description").is_some()
                || property.get("$ref").is_some()
                || property.get("anyOf").is_some();
            // Names that say it all where they stand.
            let plain =
                ["name", "address", "memory", "labels", "taints", "reason", "rule", "from", "members", "kubernetes"];
            if !known && property.get("format").is_none() && !plain.contains(&name.as_str()) {
                missing.push(at.clone());
            }
            walk(&at, property, missing);
        }
    }
    let schema = checked_in("cloud");
    let mut missing = Vec::new();
    walk("", &schema, &mut missing);
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A command checks by a schema of what the text names, a language server by the whole one.
#[test]
fn a_command_and_a_language_server_find_the_same() {
    let one = std::fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    let cloud = |component: &str| format!("{one}  {component}\n");
    let findings = |catalog: &Catalog, text: &str| {
        let mut sources = Sources::default();
        let beside = Folder::new(repository("tests/clouds"));
        let (_, findings) = check(&mut sources, "cloud.yaml", text, catalog, Before::default(), &beside);
        diag::render(&findings, &sources, Format::Concise, false)
    };
    for (components, expected) in [
        ("metrics-server: {}", None),
        ("metrics-server: {replicas: many}", Some("unknown-key")),
        ("metrics-sever: {}", Some("unknown-component")),
        // The name of an entry, though it does not stand in the text.
        (
            r#""metrics\u002dserver": {chart: {repository: "https://charts.example.org", name: a, version: 1.0.0}, namespace: a}"#,
            Some("chart"),
        ),
    ] {
        let text = cloud(components);
        let found = findings(&Catalog::builtin(), &text);
        assert_eq!(found, findings(catalog(), &text), "{text}");
        assert!(expected.map_or(found.is_empty(), |expected| found.contains(expected)), "{text}{found}");
    }
}
