//! A picture: boxes in columns by level, arrows from left to right between them, nothing but shapes and text.

mod layout;

use super::{Edge, Graph, Group, Node};
use crate::xml::escaped;
use layout::{Layout, Point};

/// Width of a character of the font, in a size of 12: monospaced fonts have 0.6 of their size.
const CHARACTER: f64 = 7.3;
const LINE: f64 = 16.0;
const PADDING: f64 = 10.0;
const MARGIN: f64 = 20.0;
const TITLE: f64 = 30.0;

pub(super) fn render(graph: &Graph) -> String {
    let texts: Vec<Vec<String>> = graph.nodes.iter().map(|node| texts(graph, node)).collect();
    let sizes: Vec<Point> = texts.iter().map(|lines| size(lines)).collect();
    let layout = Layout::of(graph, &sizes);
    let title = format!("{}: {}", graph.cloud, graph.what.as_str());
    let title_width = width(&title);
    let (all_width, all_height) = (layout.size.x.max(title_width) + 2.0 * MARGIN, layout.size.y + TITLE + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {all_width:.0} {all_height:.0}\" width=\"{all_width:.0}\" \
         height=\"{all_height:.0}\" font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"12\">\n"
    );
    out.push_str(&format!("<title>{}</title>\n", escaped(&title)));
    out.push_str(
        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#57606a\"/></marker></defs>\n",
    );
    out.push_str("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    out.push_str(&format!(
        "<text x=\"{MARGIN:.0}\" y=\"{:.0}\" font-size=\"15\" font-weight=\"bold\" fill=\"#1f2328\">{}</text>\n",
        MARGIN + 12.0,
        escaped(&title)
    ));
    out.push_str(&format!("<g transform=\"translate({MARGIN:.0} {:.0})\">\n", MARGIN + TITLE));
    // Boxes stand above arrows, so that no text is crossed.
    for (edge, way) in graph.edges.iter().zip(&layout.ways) {
        out.push_str(&arrow(edge, way));
    }
    for (at, node) in graph.nodes.iter().enumerate() {
        out.push_str(&node_box(node, colors(graph, node), &texts[at], layout.corners[at], sizes[at]));
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// The lines of a box. Frames would cross columns, so what one would say stands in the box; names of layers say their component.
fn texts(graph: &Graph, node: &Node) -> Vec<String> {
    let mut lines = vec![node.name.clone()];
    lines.extend(node.lines.iter().cloned());
    let group = group(graph, node).filter(|group| ["tenant", "zone"].contains(&group.kind) && group.name != node.name);
    lines.extend(group.map(Group::label));
    lines
}

fn group<'a>(graph: &'a Graph, node: &Node) -> Option<&'a Group> {
    node.group.map(|group| &graph.groups[group])
}

fn size(lines: &[String]) -> Point {
    let widest = lines.iter().map(|line| width(line)).fold(0.0, f64::max);
    Point { x: widest + 2.0 * PADDING, y: height(lines.len()) + 2.0 * PADDING }
}

#[expect(clippy::cast_precision_loss, reason = "a text is not so long that it matters")]
fn width(text: &str) -> f64 {
    text.chars().count() as f64 * CHARACTER
}

#[expect(clippy::cast_precision_loss, reason = "a box has a handful of lines")]
fn height(lines: usize) -> f64 {
    lines as f64 * LINE
}

fn node_box(node: &Node, (fill, stroke): (&str, &str), lines: &[String], corner: Point, size: Point) -> String {
    let mut out = format!(
        "<g><title>{}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"5\" fill=\"{fill}\" \
         stroke=\"{stroke}\"/>",
        escaped(&node.id),
        corner.x,
        corner.y,
        size.x,
        size.y,
    );
    for (index, line) in lines.iter().enumerate() {
        let style = if index == 0 { "font-weight=\"bold\" fill=\"#1f2328\"" } else { "fill=\"#57606a\"" };
        let y = corner.y + PADDING + height(index) + 12.0;
        out.push_str(&format!("<text x=\"{:.1}\" y=\"{y:.1}\" {style}>{}</text>", corner.x + PADDING, escaped(line)));
    }
    out + "</g>\n"
}

/// Inside and frame.
fn colors(graph: &Graph, node: &Node) -> (&'static str, &'static str) {
    match (node.kind, group(graph, node).map(|group| group.kind)) {
        ("api", _) => ("#fff8c5", "#9a6700"),
        ("image", _) => ("#f6f8fa", "#57606a"),
        (_, Some("tenant")) => ("#dafbe1", "#1a7f37"),
        _ => ("#ddf4ff", "#0969da"),
    }
}

/// A curve through the points of a way, level where it enters and leaves them.
fn arrow(edge: &Edge, way: &[Point]) -> String {
    let Some((first, rest)) = way.split_first() else { return String::new() };
    let mut path = format!("M{:.1} {:.1}", first.x, first.y);
    let mut from = first;
    for to in rest {
        let middle = f64::midpoint(from.x, to.x);
        path.push_str(&format!("C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}", from.y, to.y, to.x, to.y));
        from = to;
    }
    let dashed = if edge.kind.is_aside() { " stroke-dasharray=\"5 4\"" } else { "" };
    format!("<path d=\"{path}\" fill=\"none\" stroke=\"#57606a\"{dashed} marker-end=\"url(#arrow)\"/>\n")
}
