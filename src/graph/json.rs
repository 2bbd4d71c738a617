//! The machine-readable form, version 1.
//!
//! ```json
//! {"version": 1, "cloud": "one", "what": "components",
//!  "groups": [{"kind": "component", "name": "cilium"}],
//!  "nodes": [{"id": "flux-system/cilium", "kind": "kustomization", "name": "cilium", "lines": ["1.20.1"], "group": 0, "level": 1}],
//!  "edges": [{"from": "flux-system/namespaces", "to": "flux-system/cilium", "kind": "before"}]}
//! ```
//!
//! `group` is an index into `groups`, or null; `level` is the number of arrows on the longest way to the node.

use serde_json::{Value, json};

use super::Graph;

pub(super) fn render(graph: &Graph) -> String {
    let groups: Vec<Value> = graph.groups.iter().map(|group| json!({"kind": group.kind, "name": group.name})).collect();
    let nodes: Vec<Value> = graph
        .nodes
        .iter()
        .zip(graph.levels())
        .map(|(node, level)| {
            json!({
                "id": node.id,
                "kind": node.kind,
                "name": node.name,
                "lines": node.lines,
                "group": node.group,
                "level": level,
            })
        })
        .collect();
    let id = |at: usize| &graph.nodes[at].id;
    let edges: Vec<Value> = graph
        .edges
        .iter()
        .map(|edge| json!({"from": id(edge.from), "to": id(edge.to), "kind": edge.kind.as_str()}))
        .collect();
    let document = json!({
        "version": 1,
        "cloud": graph.cloud,
        "what": graph.what.as_str(),
        "groups": groups,
        "nodes": nodes,
        "edges": edges,
    });
    format!("{document:#}\n")
}
