//! A compiled cloud -> pictures of it: in which order Flux brings it up, or what it consists of.
//!
//! A [`Graph`] is boxes, what holds them together, and arrows. What is drawn (`components`, `topology`) does not know how
//! (`mermaid`, `dot`, `json`, `svg`), so each is a file of its own. No format needs a name to be anything but text.

mod components;
mod dot;
mod json;
mod mermaid;
mod svg;
mod topology;

use crate::model::Model;
use crate::tree::FileTree;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// What Flux applies, tenants included, and what must be ready before what.
    Components,
    /// Machines by zone and role with their images, the Kubernetes API, and tenants with their node groups.
    Topology,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A flowchart that GitHub, GitLab and many editors draw inside of Markdown.
    Mermaid,
    /// The language of Graphviz.
    Dot,
    /// One document, shape `version: 1`.
    Json,
    /// A picture that needs no other program.
    Svg,
}

/// Boxes and arrows, in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// Name of the cloud.
    pub cloud: String,
    pub what: What,
    pub groups: Vec<Group>,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

/// Boxes that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `component`, `tenant`, `zone`, `machines` or `images`.
    pub kind: &'static str,
    pub name: String,
}

impl Group {
    /// As people read it: names of components say what they are.
    fn label(&self) -> String {
        match self.kind {
            "tenant" | "zone" => format!("{} {}", self.kind, self.name),
            _ => self.name.clone(),
        }
    }
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Unique in the graph.
    pub id: String,
    /// `kustomization`; `api`, `image`, `machine`, `tenant`, `node-group`.
    pub kind: &'static str,
    pub name: String,
    /// What there is to say below the name.
    pub lines: Vec<String>,
    /// Index of its [`Group`].
    pub group: Option<usize>,
}

/// An arrow between two nodes, by index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub kind: Relation,
}

/// What an arrow says of both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// `from` is ready before `to` is applied.
    Before,
    /// `from` makes `to`.
    Applies,
    /// The API is served by a machine.
    ServedBy,
    /// An image is what a machine runs.
    Boots,
    /// The cluster hosts a tenant.
    Hosts,
    /// A tenant has workers.
    Has,
}

impl Relation {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Applies => "applies",
            Self::ServedBy => "served-by",
            Self::Boots => "boots",
            Self::Hosts => "hosts",
            Self::Has => "has",
        }
    }

    /// Whether it is drawn dashed: it is there beside the order, or links to what stands elsewhere.
    const fn is_aside(self) -> bool {
        matches!(self, Self::Applies | Self::Boots)
    }
}

/// The graph of a compiled cloud.
pub fn graph(model: &Model, tree: &FileTree, what: What) -> Graph {
    match what {
        What::Components => components::graph(model, tree),
        What::Topology => topology::graph(model),
    }
}

/// The text of a graph; it ends with a line break.
pub fn render(graph: &Graph, format: Format) -> String {
    match format {
        Format::Mermaid => mermaid::render(graph),
        Format::Dot => dot::render(graph),
        Format::Json => json::render(graph),
        Format::Svg => svg::render(graph),
    }
}

impl What {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Components => "components",
            Self::Topology => "topology",
        }
    }
}

impl Graph {
    fn new(model: &Model, what: What) -> Self {
        Self { cloud: model.name.clone(), what, groups: Vec::new(), nodes: Vec::new(), edges: Vec::new() }
    }

    fn group(&mut self, kind: &'static str, name: impl Into<String>) -> usize {
        let group = Group { kind, name: name.into() };
        self.groups.iter().position(|other| *other == group).unwrap_or_else(|| {
            self.groups.push(group);
            self.groups.len() - 1
        })
    }

    fn node(
        &mut self,
        kind: &'static str,
        (id, name): (String, &str),
        lines: Vec<String>,
        group: Option<usize>,
    ) -> usize {
        self.nodes.push(Node { id, kind, name: name.to_owned(), lines, group });
        self.nodes.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize, kind: Relation) {
        self.edges.push(Edge { from, to, kind });
    }

    /// How many arrows lead to each node on the longest way; 0 for where ways begin.
    pub fn levels(&self) -> Vec<usize> {
        let mut levels = vec![0; self.nodes.len()];
        // A way is no longer than there are nodes; a circle, which resolve does not let through, ends there.
        for _ in 0..self.nodes.len() {
            let before = levels.clone();
            for Edge { from, to, .. } in &self.edges {
                levels[*to] = levels[*to].max(levels[*from] + 1).min(self.nodes.len());
            }
            if levels == before {
                break;
            }
        }
        levels
    }

    /// Nodes of a group, or of none.
    fn members(&self, group: Option<usize>) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(move |(_, node)| node.group == group)
    }
}
