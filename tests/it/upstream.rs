//! Schemas of upstream projects: what an API server would say to an object, without one.
//!
//! The schemas are not part of this repository. They are read from `$CLOUDC_UPSTREAM`, or from `../shared/upstream` beside the
//! crate. Without that folder a test says so and passes; with `CI=true` it fails.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use jsonschema::Validator;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The folder with the upstream data; `None` when it is not there.
pub fn root() -> Option<PathBuf> {
    let root = std::env::var_os("CLOUDC_UPSTREAM")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/upstream"), PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "no upstream schemas at {}", root.display());
    eprintln!("skipped: no upstream schemas at {}", root.display());
    None
}

/// Schemas of kinds, by `apiVersion` and `kind` in lower case (Cilium's file names know no other); compiled when first used.
pub struct Schemas {
    sources: BTreeMap<(String, String), Value>,
    compiled: RefCell<BTreeMap<(String, String), Rc<Validator>>>,
}

impl Schemas {
    /// All that the folder has: CustomResourceDefinitions in `crds/`, Kubernetes's own kinds in `core/`.
    pub fn load(root: &Path) -> Self {
        let mut sources = BTreeMap::new();
        for file in files(&root.join("crds"), "yaml") {
            let text = fs::read_to_string(&file).unwrap();
            for document in serde_yaml::Deserializer::from_str(&text) {
                let crd = Value::deserialize(document).unwrap();
                if crd["kind"] != "CustomResourceDefinition" {
                    continue;
                }
                // Releases of one product stand side by side, each for its own API versions; none may hide another's.
                for (id, schema) in versions(&crd) {
                    let other = sources.insert(id.clone(), schema);
                    assert!(other.is_none(), "{}: {} {} is in another file, too", file.display(), id.0, id.1);
                }
            }
        }
        for file in files(&root.join("core"), "json") {
            let mut schema: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            // The draft that it names has no version, and so no meaning to a validator.
            schema.as_object_mut().unwrap().remove("$schema");
            let id = schema["x-kubernetes-group-version-kind"][0].clone();
            let text = |key: &str| id[key].as_str().unwrap();
            let api_version = if text("group").is_empty() {
                text("version").to_owned()
            } else {
                format!("{}/{}", text("group"), text("version"))
            };
            sources.insert((api_version, text("kind").to_lowercase()), schema);
        }
        for file in files(&root.join("json/cilium.io"), "json") {
            let (kind, version) = file.file_stem().unwrap().to_str().unwrap().rsplit_once('_').unwrap();
            let schema = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            let mut schema = strict(&schema, true);
            schema["properties"]["metadata"] = metadata();
            sources.insert((format!("cilium.io/{version}"), kind.to_owned()), schema);
        }
        Self { sources, compiled: RefCell::default() }
    }

    /// What is wrong with an object, each as `path: message`; a kind without schema is wrong.
    pub fn errors(&self, object: &Value) -> Vec<String> {
        let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
        let key = (text("apiVersion"), text("kind").to_lowercase());
        let Some(source) = self.sources.get(&key) else {
            return vec![format!("no schema of {} {}", key.0, key.1)];
        };
        let validator = Rc::clone(self.compiled.borrow_mut().entry(key).or_insert_with_key(|key| {
            let validator = jsonschema::validator_for(source);
            Rc::new(validator.unwrap_or_else(|error| panic!("schema of {} {}: {error}", key.0, key.1)))
        }));
        validator.iter_errors(object).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

/// Every file below a folder with the suffix, in the order of paths.
fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, suffix));
        } else if path.extension().is_some_and(|extension| extension == suffix) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn versions(crd: &Value) -> Vec<((String, String), Value)> {
    let group = crd["spec"]["group"].as_str().unwrap();
    let kind = crd["spec"]["names"]["kind"].as_str().unwrap().to_lowercase();
    let versions = crd["spec"]["versions"].as_array().unwrap();
    let served = versions.iter().filter(|version| version["served"] != false);
    served
        .map(|version| {
            let name = version["name"].as_str().unwrap();
            let mut schema = strict(&version["schema"]["openAPIV3Schema"], true);
            // An API server prunes nothing of the metadata, but refuses what it does not know.
            schema["properties"]["metadata"] = metadata();
            ((format!("{group}/{name}"), kind.clone()), schema)
        })
        .collect()
}

fn metadata() -> Value {
    let strings = json!({"type": "object", "additionalProperties": {"type": "string"}});
    json!({
        "type": "object",
        "required": ["name"],
        "additionalProperties": false,
        "properties": {
            "name": {"type": "string", "maxLength": 253},
            "namespace": {"type": "string", "maxLength": 63},
            "labels": strings,
            "annotations": strings,
        },
    })
}

/// A structural schema as JSON Schema, with fields that an API server would silently drop refused.
fn strict(schema: &Value, root: bool) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let mut out = Map::new();
    for (key, value) in schema {
        match key.as_str() {
            "properties" => {
                let properties = value.as_object().unwrap().iter();
                out.insert(key.clone(), properties.map(|(name, value)| (name.clone(), strict(value, false))).collect());
            }
            "items" | "additionalProperties" | "not" => {
                out.insert(key.clone(), strict(value, false));
            }
            // Only value validations may stand in these, so they close nothing.
            "allOf" | "anyOf" | "oneOf" => {
                out.insert(key.clone(), value.clone());
            }
            "format" | "description" | "default" | "example" | "nullable" => {}
            _ if key.starts_with("x-kubernetes-") => {}
            _ => {
                out.insert(key.clone(), value.clone());
            }
        }
    }
    let is = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    let open = is("x-kubernetes-preserve-unknown-fields") || is("x-kubernetes-embedded-resource");
    if schema.contains_key("properties") && !schema.contains_key("additionalProperties") && !open {
        out.insert("additionalProperties".into(), json!(false));
    }
    if is("x-kubernetes-int-or-string") {
        out.insert("type".into(), json!(["integer", "string"]));
    } else if let Some(type_name) = schema.get("type").and_then(Value::as_str)
        && is("nullable")
    {
        out.insert("type".into(), json!([type_name, "null"]));
    }
    if root {
        let properties = out.get_mut("properties").and_then(Value::as_object_mut).unwrap();
        for key in ["apiVersion", "kind"] {
            properties.insert(key.into(), json!({"type": "string"}));
        }
    }
    Value::Object(out)
}

#[test]
fn schemas_refuse_what_an_api_server_refuses_or_drops() {
    let Some(root) = root() else { return };
    let schemas = Schemas::load(&root);
    let deployment = |spec: Value| json!({"apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster", "metadata": {"name": "x"}, "spec": spec});
    assert_eq!(schemas.errors(&deployment(json!({"paused": true}))), Vec::<String>::new());
    assert_eq!(schemas.errors(&deployment(json!({"pausd": true}))).len(), 1, "an unknown field");
    assert!(!schemas.errors(&deployment(json!({"clusterNetwork": {}}))).is_empty(), "an empty object");
    assert!(!schemas.errors(&json!({"apiVersion": "v1", "kind": "Nothing"})).is_empty(), "an unknown kind");
    let role =
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "x"}, "rule": []});
    assert!(!schemas.errors(&role).is_empty(), "an unknown field of a core kind");
}
