//! What can be named: the objects of a tree, what controllers make of them, what the runbook asks a person for, and what charts are told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Tree, list, text};

pub struct Names<'a> {
    /// By kind, namespace and name.
    pub objects: BTreeMap<(&'a str, &'a str, &'a str), &'a Value>,
    /// Keys of Secrets by namespace and name; none where nobody can know them.
    secrets: BTreeMap<(String, String), BTreeSet<String>>,
    /// Every text in values of charts.
    in_values: BTreeSet<&'a str>,
    /// Namespace and name of the Secrets that a person makes.
    pub by_hand: BTreeSet<(String, String)>,
}

/// Those that Kamaji writes into the Secret of a control plane.
const KUBECONFIGS: [&str; 4] = ["admin.conf", "admin.svc", "super-admin.conf", "super-admin.svc"];

impl<'a> Names<'a> {
    pub fn new(tree: &Tree<'a>) -> Self {
        let mut names = Self {
            objects: BTreeMap::new(),
            secrets: BTreeMap::new(),
            in_values: BTreeSet::new(),
            by_hand: BTreeSet::new(),
        };
        for (_, object) in tree.objects() {
            let (kind, metadata) = (text(&object["kind"]), &object["metadata"]);
            let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
            names.objects.insert((kind, namespace, name), object);
            texts(&object["spec"]["values"], &mut names.in_values);
            let (name, keys): (String, Vec<&str>) = match (text(&object["apiVersion"]), kind) {
                ("v1", "Secret") => {
                    let keys = ["data", "stringData"].into_iter().filter_map(|field| object[field].as_object());
                    (name.to_owned(), keys.flat_map(|map| map.keys().map(String::as_str)).collect())
                }
                (_, "Certificate") => {
                    (text(&object["spec"]["secretName"]).to_owned(), vec!["tls.crt", "tls.key", "ca.crt"])
                }
                ("talos.dev/v1alpha1", "ServiceAccount") => (name.to_owned(), vec![]),
                (_, "KamajiControlPlane") => (format!("{name}-admin-kubeconfig"), KUBECONFIGS.to_vec()),
                (_, "Cluster") => (format!("{name}-kubeconfig"), vec!["value"]),
                _ => continue,
            };
            let keys = keys.into_iter().map(str::to_owned).collect();
            names.secrets.insert((namespace.to_owned(), name), keys);
        }
        names.read(&tree.runbook);
        names
    }

    /// `- `namespace/name`, keys `a`, `b`: what for`, and the commands that make the others.
    fn read(&mut self, runbook: &str) {
        for line in runbook.lines() {
            let asked = line.strip_prefix("- `").and_then(|rest| rest.split_once("`, keys "));
            if let Some(((namespace, name), keys)) = asked.and_then(|(id, rest)| Some((id.split_once('/')?, rest))) {
                let keys = keys.split(": ").next().unwrap_or_default().split(", ");
                let keys = keys.map(|key| key.trim_matches('`').to_owned()).collect();
                let id = (namespace.to_owned(), name.to_owned());
                self.by_hand.insert(id.clone());
                self.secrets.insert(id, keys);
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let namespace = words.iter().position(|word| *word == "--namespace").and_then(|at| words.get(at + 1));
            for made in [&["create", "secret", "generic"], &["create", "secret", "git"]] {
                let name = words.windows(3).position(|part| part == *made).and_then(|at| words.get(at + 3));
                if let (Some(namespace), Some(name)) = (namespace, name) {
                    self.secrets.insert(((*namespace).to_owned(), (*name).to_owned()), BTreeSet::new());
                }
            }
        }
    }

    pub fn has_secret(&self, namespace: &str, name: &str, key: Option<&str>) -> bool {
        let keys = self.secrets.get(&(namespace.to_owned(), name.to_owned()));
        keys.is_some_and(|keys| keys.is_empty() || key.is_none_or(|key| keys.contains(key)))
    }

    /// Whether charts are told of a name: what they make of it is not known here.
    pub fn in_values(&self, name: &str) -> bool {
        self.in_values.contains(name)
    }
}

fn texts<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(map) => map.values().for_each(|value| texts(value, found)),
        Value::Array(_) => list(value).for_each(|value| texts(value, found)),
        Value::String(word) => drop(found.insert(word)),
        _ => {}
    }
}
