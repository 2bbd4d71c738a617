//! Each catalog entry on its own: it reads, it compiles alone, its objects have upstream's shape.

use serde_json::Value;

use crate::support::{catalog, compile_text, objects, repository};
use crate::upstream::{Schemas, root};

/// A cloud with volumes of each kind and little else, so that an entry has what its parameters name.
pub const SMALL: &str = "
apiVersion: cloudc.dev/v1alpha1
kind: Cloud
metadata: {name: small}
versions: {talos: v1.13.9, kubernetes: v1.35.4}
delivery: {git: {url: 'https://git.example/small.git'}}
network:
  nodes: 192.168.1.0/24
  pods: 10.244.0.0/16
  services: 10.96.0.0/16
  loadBalancers: {lan: {addresses: [192.168.1.60-192.168.1.69], advertise: l2}}
controlPlane: {endpoint: 192.168.1.50}
nodeDefaults:
  volumes: {data: {minSize: 100GiB}, raw: {kind: raw, diskSelector: {type: nvme}, minSize: 100GiB}}
nodeClasses: {gpu: {}}
nodes:
  a: {role: control-plane, address: 192.168.1.51}
  b: {role: control-plane, address: 192.168.1.52}
  c: {role: control-plane, address: 192.168.1.53}
components:
";

/// Parameters that entries cannot do without.
pub fn required(name: &str) -> &'static str {
    match name {
        "linstor" => {
            "{pools: {fast: {driver: zfs, volume: raw}}, storageClasses: {safe: {pool: fast, replicas: 2, default: true}}}"
        }
        "local-path" => "{volume: data, default: true}",
        "rook-ceph" => "{devices: {volume: raw}, pools: {block: {default: true}}}",
        "harbor" => "{host: harbor.example}",
        "external-dns" => "{provider: {cloudflare: {secret: cloudflare}}}",
        "oauth2-proxy" => "{issuer: 'https://id.example'}",
        "gpu-operator" => "{nodes: {classes: [gpu]}}",
        "etcd-backup" | "velero" => "{to: {s3: {endpoint: 'https://s3.example', bucket: b, secret: s}}}",
        _ => "{}",
    }
}

/// The small cloud with one component.
pub fn alone(name: &str, usage: &str) -> String {
    // Pools need somebody to announce them; storage is there where an entry asks for it.
    let mut text = format!("{SMALL}  {name}: {usage}\n");
    if !matches!(name, "metallb" | "cilium") {
        text.push_str("  metallb: {}\n");
    }
    if !matches!(name, "linstor" | "local-path" | "rook-ceph") {
        text.push_str("  local-path: {volume: data, default: true}\n");
    }
    text
}

#[test]
fn every_entry_compiles_alone() {
    let schemas = root().map(|root| Schemas::load(&root));
    for component in catalog().components().filter(|component| component.management) {
        let name = &component.name;
        let text = alone(name, required(name));
        let (compiled, diagnostics, sources) = compile_text(&text);
        let findings = cloudc::diag::render(&diagnostics, &sources, cloudc::diag::Format::Json, false);
        let compiled = compiled.unwrap_or_else(|| panic!("{name}: {findings}"));
        assert!(compiled.tree.get(&format!("flux/components/{name}.yaml")).is_some(), "{name} emitted nothing");
        for (path, object) in objects(&compiled.tree) {
            let unknown = unknown_values(&path, &object);
            assert!(unknown.is_empty(), "{path}: {unknown:#?}");
            let Some(schemas) = &schemas else { continue };
            let unknown = |error: &String| error.starts_with("no schema of");
            let errors: Vec<String> = schemas.errors(&object).into_iter().filter(|error| !unknown(error)).collect();
            assert!(errors.is_empty(), "{name}: {path}: {errors:#?}");
        }
    }
}

/// What a release gives to its chart that the chart does not take.
pub fn unknown_values(path: &str, object: &Value) -> Vec<cloudc::catalog::UnknownKey> {
    let mut parts = path.split('/').skip_while(|part| !matches!(*part, "components" | "addons"));
    let (Some(_), Some(component)) = (parts.next(), parts.next()) else { return Vec::new() };
    let (Some(name), Some(values)) = (object["metadata"]["name"].as_str(), object["spec"]["values"].as_object()) else {
        return Vec::new();
    };
    catalog().chart_keys(component, name).map(|keys| keys.unknown(values)).unwrap_or_default()
}

#[test]
fn every_entry_says_where_its_facts_come_from() {
    for component in catalog().components() {
        assert!(!component.sources.is_empty(), "{} has no sources", component.name);
        let folder = repository(&format!("stdlib/components/{}", component.name));
        assert!(folder.join("component.yaml").is_file(), "{} is not in the folder of its name", component.name);
        let charts = component.layers.iter().flat_map(|layer| &layer.releases).map(|release| &release.chart.source);
        let manifests = component.layers.iter().flat_map(|layer| &layer.manifests).map(|manifests| &manifests.source);
        let images = component.images.values().map(|image| &image.source);
        let pins: Vec<&String> = charts.chain(manifests).chain(images).collect();
        assert!(pins.iter().all(|source| !source.is_empty()), "{} has a pin from nowhere", component.name);
    }
}

#[test]
fn nothing_is_wrong_with_the_entries() {
    let catalog = catalog();
    let mut all = Vec::new();
    for component in catalog.components() {
        let faults = cloudc::schema::faults(component, &component.name, catalog);
        all.extend(faults.into_iter().map(|fault| format!("{}: {}: {}", component.name, fault.place, fault.message)));
    }
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn entries_have_the_format() {
    let schema = cloudc::schema::component_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for component in catalog().components() {
        let path = repository(&format!("stdlib/components/{}/component.yaml", component.name));
        let entry: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&entry).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", component.name);
    }
}

#[test]
fn profiles_name_components_of_the_catalog() {
    let catalog = catalog();
    for profile in catalog.profiles() {
        for name in profile.components.keys() {
            assert!(catalog.component(name).is_some(), "profile {} names {name}", profile.name);
        }
    }
}

#[test]
fn references_to_node_classes_are_checked() {
    let (_, diagnostics, _) =
        compile_text(&format!("{SMALL}  metallb: {{}}\n  gpu-operator: {{nodes: {{classes: [gpux]}}}}\n"));
    let found = diagnostics.sorted();
    let found = found.iter().find(|finding| finding.rule == "unknown-reference").unwrap();
    assert_eq!(found.message, "no node class is called `gpux`");
    assert_eq!(found.help.as_deref(), Some("did you mean `gpu`?"));
}

#[test]
fn classes_that_extend_a_named_one_are_meant_too() {
    let small = SMALL.replace("nodeClasses: {gpu: {}}", "nodeClasses: {gpu: {}, big: {extends: gpu}}");
    let small = small.replace("address: 192.168.1.53}", "address: 192.168.1.53, class: big}");
    let text = format!("{small}  metallb: {{}}\n  gpu-operator: {{nodes: {{classes: [gpu]}}}}\n");
    let (compiled, ..) = compile_text(&text);
    let tree = compiled.unwrap().tree;
    let machine = |node: &str| {
        let file = tree.get(&format!("talos/machines/{node}.yaml")).unwrap();
        String::from_utf8(file.bytes.clone()).unwrap()
    };
    assert!(machine("c").contains("nvidia_uvm") && !machine("b").contains("nvidia_uvm"));
}
