//! What components need from each node, put below what the user says.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::Resolver;
use super::components::Closure;
use super::context::Context;
use super::ports::Ports;
use super::settings::Layers;
use crate::catalog::talos_documents::CRI_FILE;
use crate::catalog::{Catalog, Names, NodeNeed};
use crate::model::Asked;
use crate::parallel;
use crate::spec::NodeSettings;

/// The settings of a node with what components need, whether Talos's load-balancer label stays, and who asked for what.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "the settings are what the others stand beside")]
pub(super) struct Settings {
    pub settings: NodeSettings,
    pub removed_labels: BTreeSet<String>,
    pub asked: Arc<[Asked]>,
}

/// Puts what components need below what the user says.
pub(super) fn with_needs(
    cx: &mut Resolver<'_>,
    context: &Context,
    components: &Closure<'_>,
    layers: IndexMap<String, Layers>,
) -> IndexMap<String, Settings> {
    let asking: Vec<_> = components.iter().filter(|component| !component.entry.node.is_empty()).collect();
    let scopes: Vec<_> = asking.iter().map(|component| context.component(cx, component)).collect();
    let catalog = cx.catalog;
    let mut conditions = Vec::new();
    for component in &asking {
        let needs = component.entry.node.iter();
        conditions.push(needs.map(|need| catalog.templates.condition(need.when.as_deref())).collect::<Vec<_>>());
    }
    let read = read_of_nodes(catalog, asking.iter().flat_map(|component| &component.entry.node));
    // Machines of which conditions read the same need the same.
    let mut groups: IndexMap<Vec<Option<&Value>>, Group> = IndexMap::new();
    let mut of_nodes = Vec::new();
    let mut clashes = BTreeSet::new();
    for node in context.nodes() {
        let alike = read.iter().map(|place| node.pointer(place)).collect();
        if let Some(known) = groups.get_index_of(&alike) {
            of_nodes.push(known);
            continue;
        }
        let in_view = Names::one("node", node);
        let mut needs = Needs::default();
        let mut ports = Ports::of(node);
        let mut asked = Vec::new();
        for ((component, scope), conditions) in asking.iter().zip(&scopes).zip(&conditions) {
            let scope = scope.with(&in_view);
            for (need, condition) in component.entry.node.iter().zip(conditions) {
                if scope.meets(cx, component, need.when.as_deref(), condition.as_ref()) {
                    needs.add(need);
                    asked.push(Asked {
                        component: component.name.clone(),
                        origin: component.path.to_string(),
                        need: need.clone(),
                    });
                    ports.add(cx, component, need, &mut clashes);
                }
            }
        }
        if let Some(rules) = ports.rules(context) {
            needs.settings.insert("firewall".to_owned(), json!({"rules": rules}));
        }
        let (removed_labels, settings) = needs.into_settings();
        of_nodes.push(groups.insert_full(alike, Group { settings, removed_labels, asked: asked.into() }).0);
    }
    let nodes = parallel::map(layers.into_iter().zip(of_nodes), |((name, layers), group)| {
        let Group { settings, removed_labels, asked } = &groups[group];
        let settings = layers.read(settings);
        (name, Settings { settings, removed_labels: removed_labels.clone(), asked: Arc::clone(asked) })
    });
    nodes.into_iter().collect()
}

/// What components need from nodes that are alike to them.
struct Group {
    settings: Map<String, Value>,
    removed_labels: BTreeSet<String>,
    asked: Arc<[Asked]>,
}

/// What the needs of a node follow from, as JSON pointers into its context; the empty one is all of it.
fn read_of_nodes<'n>(catalog: &Catalog, needs: impl Iterator<Item = &'n Arc<NodeNeed>>) -> BTreeSet<String> {
    let conditions = needs.filter_map(|need| need.when.as_deref());
    let names = conditions.flat_map(|condition| catalog.templates.names_of_expression(condition));
    let pointer = |name: String| {
        let mut keys = name.split('.');
        let of_node = keys.next() == Some("node");
        of_node.then(|| keys.next().map_or_else(String::new, |key| format!("/{key}")))
    };
    // A firewall that blocks has rules for the ports.
    names.filter_map(pointer).chain(["/blocks".to_owned()]).collect()
}

/// What all components together need from one node.
#[derive(Default)]
struct Needs {
    settings: Map<String, Value>,
    /// containerd tables: header -> lines.
    cri: IndexMap<String, IndexMap<String, ()>>,
    removed_labels: BTreeSet<String>,
}

impl Needs {
    fn add(&mut self, need: &NodeNeed) {
        self.list("extensions", need.extensions.iter().map(|name| json!(name)));
        self.list("kernelArgs", need.kernel_args.iter().map(|arg| json!(arg)));
        self.map("kernelModules", need.modules.iter().map(|(name, parameters)| (name, json!(parameters))));
        self.map("sysctls", need.sysctls.iter().map(|(name, value)| (name, json!(value))));
        self.map("labels", need.labels.iter().map(|(name, value)| (name, json!(value))));
        self.map("annotations", need.annotations.iter().map(|(name, value)| (name, json!(value))));
        self.map("volumes", need.volumes.iter().map(|(name, volume)| (name, json!(volume))));
        let files = need.files.iter().map(|(path, file)| {
            (path, json!({"content": file.content, "op": file.op, "permissions": file.permissions}))
        });
        self.map("files", files);
        let kubelet = &need.kubelet;
        if !kubelet.extra_args.is_empty() || !kubelet.config.is_empty() || !kubelet.extra_mounts.is_empty() {
            let entry = self.settings.entry("kubelet").or_insert_with(|| json!({}));
            for (name, value) in &kubelet.extra_args {
                entry["extraArgs"][name] = json!(value);
            }
            for (name, value) in &kubelet.config {
                entry["config"][name] = value.clone();
            }
            for path in &kubelet.extra_mounts {
                let mount = json!({"source": path, "destination": path});
                match &mut entry["extraMounts"] {
                    Value::Array(mounts) => mounts.push(mount),
                    empty => *empty = json!([mount]),
                }
            }
        }
        if let Some(cri) = &need.cri {
            let mut table = String::new();
            for line in cri.lines().map(str::trim).filter(|line| !line.is_empty()) {
                if line.starts_with('[') {
                    line.clone_into(&mut table);
                    self.cri.entry(table.clone()).or_default();
                } else {
                    self.cri.entry(table.clone()).or_default().insert(line.to_owned(), ());
                }
            }
        }
        self.removed_labels.extend(need.remove_labels.iter().cloned());
    }

    fn list(&mut self, key: &str, values: impl Iterator<Item = Value>) {
        for value in values {
            let list = self.settings.entry(key).or_insert_with(|| json!([]));
            if let Value::Array(list) = list
                && !list.contains(&value)
            {
                list.push(value);
            }
        }
    }

    fn map<'n>(&mut self, key: &str, values: impl Iterator<Item = (&'n String, Value)>) {
        for (name, value) in values {
            self.settings.entry(key).or_insert_with(|| json!({}))[name] = value;
        }
    }

    fn into_settings(mut self) -> (BTreeSet<String>, Map<String, Value>) {
        if !self.cri.is_empty() {
            let table = |(table, lines): (&String, &IndexMap<String, ()>)| {
                let lines: Vec<&str> = lines.keys().map(String::as_str).collect();
                format!("{table}\n  {}\n", lines.join("\n  "))
            };
            let tables: Vec<String> = self.cri.iter().map(table).collect();
            let file = json!({"content": tables.join("\n"), "op": "create", "permissions": "0o644"});
            self.settings.entry("files").or_insert_with(|| json!({}))[CRI_FILE] = file;
        }
        (self.removed_labels, self.settings)
    }
}
