//! A Mermaid flowchart. Nodes are called `n0`, `n1` and so on, for an `end` or a dot in a name would be syntax; names stand in
//! quoted labels only, where `#` begins a reference to a character.

use super::{Graph, Node};

pub(super) fn render(graph: &Graph) -> String {
    let mut out = format!("%% {} of {}\nflowchart LR\n", graph.what.as_str(), graph.cloud);
    for (index, group) in graph.groups.iter().enumerate() {
        out.push_str(&format!("  subgraph g{index}[\"{}\"]\n", escaped(&group.label())));
        for (at, node) in graph.members(Some(index)) {
            out.push_str(&format!("    {}\n", shape(at, node)));
        }
        out.push_str("  end\n");
    }
    for (at, node) in graph.members(None) {
        out.push_str(&format!("  {}\n", shape(at, node)));
    }
    for edge in &graph.edges {
        let arrow = if edge.kind.is_aside() { "-.->" } else { "-->" };
        out.push_str(&format!("  n{} {arrow} n{}\n", edge.from, edge.to));
    }
    out
}

fn shape(at: usize, node: &Node) -> String {
    let lines: Vec<String> = std::iter::once(&node.name).chain(&node.lines).map(|line| escaped(line)).collect();
    format!("n{at}[\"{}\"]", lines.join("<br/>"))
}

/// Everything that could be markup, of Mermaid, HTML or Markdown, as a reference.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if character.is_alphanumeric() || " -_.,:/+()".contains(character) {
            out.push(character);
        } else {
            out.push_str(&format!("#{};", u32::from(character)));
        }
    }
    out
}
