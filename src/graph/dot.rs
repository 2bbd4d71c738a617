//! The DOT language of Graphviz. Everything that is a name stands in quotes, in which only quotes and backslashes mean something.

use super::{Graph, Node};

pub(super) fn render(graph: &Graph) -> String {
    let mut out = format!("// {} of {}\n", graph.what.as_str(), graph.cloud);
    out.push_str(&format!("digraph {} {{\n", quoted([&graph.cloud])));
    out.push_str("  rankdir=LR;\n  node [shape=box];\n");
    for (index, group) in graph.groups.iter().enumerate() {
        // Graphviz draws a frame where the name begins with `cluster`.
        out.push_str(&format!("  subgraph cluster_{index} {{\n    label={};\n", quoted([&group.label()])));
        for (_, node) in graph.members(Some(index)) {
            out.push_str(&format!("    {}\n", statement(node)));
        }
        out.push_str("  }\n");
    }
    for (_, node) in graph.members(None) {
        out.push_str(&format!("  {}\n", statement(node)));
    }
    for edge in &graph.edges {
        let [from, to] = [edge.from, edge.to].map(|at| quoted([&graph.nodes[at].id]));
        let style = if edge.kind.is_aside() { " [style=dashed]" } else { "" };
        out.push_str(&format!("  {from} -> {to}{style};\n"));
    }
    out.push_str("}\n");
    out
}

fn statement(node: &Node) -> String {
    format!("{} [label={}];", quoted([&node.id]), quoted(std::iter::once(&node.name).chain(&node.lines)))
}

/// Lines as one quoted text.
fn quoted<'a>(lines: impl IntoIterator<Item = &'a String>) -> String {
    let lines: Vec<String> =
        lines.into_iter().map(|line| line.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")).collect();
    format!("\"{}\"", lines.join("\\n"))
}
