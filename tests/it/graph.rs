//! Pictures of a cloud: they show what the emitted directory says, and names are only text in them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use cloudc::graph::{Edge, Format, Graph, Group, Node, Relation, What, graph, render};
use serde_json::Value;
use snapbox::{IntoData, str};

use crate::support::{clouds, compile_file, objects, repository};

const FORMATS: [Format; 4] = [Format::Mermaid, Format::Dot, Format::Json, Format::Svg];

fn of(path: &str, what: What) -> Graph {
    let compiled = compile_file(&repository(path));
    graph(&compiled.model, &compiled.tree, what)
}

fn json(graph: &Graph) -> Value {
    serde_json::from_str(&render(graph, Format::Json)).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn every_kustomization_and_every_edge_is_there() {
    for cloud in clouds() {
        let compiled = compile_file(&cloud);
        let mut nodes = BTreeSet::new();
        let mut edges = BTreeSet::new();
        for (_, object) in objects(&compiled.tree) {
            let is_flux = object["apiVersion"].as_str().is_some_and(|v| v.starts_with("kustomize.toolkit.fluxcd.io/"));
            if !is_flux || object["kind"] != "Kustomization" {
                continue;
            }
            let namespace = text(&object["metadata"]["namespace"]);
            let id = format!("{namespace}/{}", text(&object["metadata"]["name"]));
            for other in object["spec"]["dependsOn"].as_array().into_iter().flatten() {
                let of = other["namespace"].as_str().unwrap_or(&namespace);
                edges.insert((format!("{of}/{}", text(&other["name"])), id.clone()));
            }
            assert!(nodes.insert(id));
        }
        let graph = graph(&compiled.model, &compiled.tree, What::Components);
        let document = json(&graph);
        let list = |key: &str| document[key].as_array().unwrap().clone();
        assert_eq!(list("nodes").iter().map(|node| text(&node["id"])).collect::<BTreeSet<_>>(), nodes);
        let before = list("edges").into_iter().filter(|edge| edge["kind"] == "before");
        let before: BTreeSet<(String, String)> = before.map(|edge| (text(&edge["from"]), text(&edge["to"]))).collect();
        assert_eq!(before, edges, "{}", cloud.display());
        let dot = render(&graph, Format::Dot);
        assert!(edges.iter().all(|(from, to)| dot.contains(&format!("  \"{from}\" -> \"{to}\";\n"))), "{dot}");
        // The others name nodes in their own way, or not at all: as many arrows.
        let arrows = graph.edges.len();
        let mermaid = render(&graph, Format::Mermaid);
        assert_eq!(mermaid.matches(" --> ").count() + mermaid.matches(" -.-> ").count(), arrows);
        assert_eq!(render(&graph, Format::Svg).matches("marker-end").count(), arrows);
    }
}

#[test]
fn what_a_tenant_is_given_hangs_on_what_applies_it() {
    let graph = of("examples/cozy/cloud.yaml", What::Components);
    let id = |at: usize| graph.nodes[at].id.as_str();
    let applied: Vec<(&str, &str)> = graph
        .edges
        .iter()
        .filter(|edge| edge.kind == Relation::Applies)
        .map(|edge| (id(edge.from), id(edge.to)))
        .collect();
    assert!(applied.contains(&("flux-system/tenant-dev-addons", "tenant-dev/dev-cilium")), "{applied:?}");
    // What waits for another add-on is not linked twice.
    assert!(!applied.iter().any(|(_, to)| *to == "tenant-dev/dev-coredns"), "{applied:?}");
    // Nothing of a tenant floats.
    let roots = graph.nodes.iter().zip(graph.levels()).filter(|(_, level)| *level == 0);
    assert_eq!(roots.map(|(node, _)| node.name.as_str()).collect::<Vec<_>>(), ["namespaces"]);
}

#[test]
fn topology_of_a_cloud_with_a_tenant() {
    snapbox::assert_data_eq!(
        render(&of("examples/cozy/cloud.yaml", What::Topology), Format::Mermaid),
        str![[r#"
%% topology of cozy
flowchart LR
  subgraph g0["images"]
    n1["metal<br/>Talos v1.13.6, amd64<br/>9 extensions"]
  end
  subgraph g1["machines"]
    n2["srv1<br/>control-plane<br/>192.168.100.11"]
    n3["srv2<br/>control-plane<br/>192.168.100.12"]
    n4["srv3<br/>control-plane<br/>192.168.100.13"]
  end
  subgraph g2["tenant dev"]
    n5["dev<br/>Kubernetes v1.34.2<br/>192.168.100.240:6443<br/>2 replicas of the control plane"]
    n6["md0<br/>1 to 10 machines<br/>4 CPU, 8Gi, disk 20Gi"]
  end
  n0["cozy<br/>https://192.168.100.10:6443<br/>shared address<br/>Kubernetes v1.35.4"]
  n0 --> n2
  n1 -.-> n2
  n0 --> n3
  n1 -.-> n3
  n0 --> n4
  n1 -.-> n4
  n0 --> n5
  n5 --> n6

"#]]
        .raw()
    );
}

#[test]
fn topology_has_every_machine_in_its_zone() {
    for cloud in clouds() {
        let compiled = compile_file(&cloud);
        let graph = graph(&compiled.model, &compiled.tree, What::Topology);
        let shown = graph.nodes.iter().filter(|node| node.kind == "machine");
        let shown: BTreeSet<(&str, Option<&str>)> = shown
            .map(|node| {
                let group = &graph.groups[node.group.unwrap()];
                (node.name.as_str(), (group.kind == "zone").then_some(group.name.as_str()))
            })
            .collect();
        let nodes = compiled.model.nodes.iter();
        assert_eq!(shown, nodes.map(|node| (node.name.as_str(), node.zone.as_deref())).collect());
        let groups = graph.nodes.iter().filter(|node| node.kind == "node-group").count();
        assert_eq!(groups, compiled.model.tenants.iter().map(|tenant| tenant.node_groups.len()).sum::<usize>());
    }
}

#[test]
fn the_same_cloud_gives_the_same_picture() {
    for what in [What::Components, What::Topology] {
        let draw = move || {
            let graph = of("examples/cozy/cloud.yaml", what);
            FORMATS.map(|format| render(&graph, format))
        };
        assert_eq!(draw(), std::thread::spawn(draw).join().unwrap());
    }
}

/// Boxes as left, top, right, bottom.
fn boxes(svg: &str) -> Vec<[f64; 4]> {
    let number = |line: &str, key: &str| -> f64 {
        let (_, rest) = line.split_once(&format!("{key}=\"")).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    svg.lines()
        .filter_map(|line| line.split_once("<rect x=").map(|(_, rest)| format!(" x={rest}")))
        .map(|rect| {
            let [x, y, width, height] = [" x", " y", " width", " height"].map(|key| number(&rect, key));
            [x, y, x + width, y + height]
        })
        .collect()
}

#[test]
fn boxes_stand_apart_in_the_order_of_the_arrows() {
    for (path, what) in clouds().iter().flat_map(|path| [(path, What::Components), (path, What::Topology)]) {
        let compiled = compile_file(path);
        let graph = graph(&compiled.model, &compiled.tree, what);
        let svg = render(&graph, Format::Svg);
        let boxes = boxes(&svg);
        assert_eq!(boxes.len(), graph.nodes.len());
        for (at, one) in boxes.iter().enumerate() {
            assert!(one[0] >= 0.0 && one[1] >= 0.0, "{}: out of the picture", path.display());
            for other in &boxes[..at] {
                let apart = one[2] <= other[0] || other[2] <= one[0] || one[3] <= other[1] || other[3] <= one[1];
                assert!(apart, "{}: {one:?} is over {other:?}", path.display());
            }
        }
        assert!(graph.edges.iter().all(|edge| boxes[edge.from][2] < boxes[edge.to][0]), "{}", path.display());
    }
}

/// Names with everything that is syntax somewhere.
fn nasty() -> Graph {
    let node = |id: &str, name: &str, group| Node {
        id: id.to_owned(),
        kind: "kustomization",
        name: name.to_owned(),
        lines: vec!["`1. <b>`".to_owned()],
        group,
    };
    Graph {
        cloud: "a-b.c\"d".to_owned(),
        what: What::Components,
        groups: vec![Group { kind: "tenant", name: "end\"]; x[\"".to_owned() }],
        nodes: vec![node("ns/end", "end", Some(0)), node("ns/a\\b\"c", "#quot; & a.b-c --> \"d\"", None)],
        edges: vec![Edge { from: 0, to: 1, kind: Relation::Before }],
    }
}

#[test]
fn names_are_only_text_to_mermaid() {
    snapbox::assert_data_eq!(
        render(&nasty(), Format::Mermaid),
        str![[r##"
%% components of a-b.c"d
flowchart LR
  subgraph g0["tenant end#34;#93;#59; x#91;#34;"]
    n0["end<br/>#96;1. #60;b#62;#96;"]
  end
  n1["#35;quot#59; #38; a.b-c --#62; #34;d#34;<br/>#96;1. #60;b#62;#96;"]
  n0 --> n1

"##]]
        .raw()
    );
}

#[test]
fn names_are_only_text_to_graphviz() {
    snapbox::assert_data_eq!(
        render(&nasty(), Format::Dot),
        str![[r##"
// components of a-b.c"d
digraph "a-b.c\"d" {
  rankdir=LR;
  node [shape=box];
  subgraph cluster_0 {
    label="tenant end\"]; x[\"";
    "ns/end" [label="end\n`1. <b>`"];
  }
  "ns/a\\b\"c" [label="#quot; & a.b-c --> \"d\"\n`1. <b>`"];
  "ns/end" -> "ns/a\\b\"c";
}

"##]]
        .raw()
    );
    if let Ok(mut dot) = Command::new("dot").arg("-Tplain").stdin(std::process::Stdio::piped()).spawn() {
        std::io::Write::write_all(&mut dot.stdin.take().unwrap(), render(&nasty(), Format::Dot).as_bytes()).unwrap();
        assert!(dot.wait().unwrap().success());
    }
}

#[test]
fn names_are_only_text_to_a_picture() {
    let svg = render(&nasty(), Format::Svg);
    assert!(svg.contains(">#quot; &amp; a.b-c --&gt; &quot;d&quot;</text>"), "{svg}");
    assert!(svg.contains(">`1. &lt;b&gt;`</text>") && svg.contains("<title>ns/a\\b&quot;c</title>"), "{svg}");
}

#[test]
fn the_shape_of_json() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(repository("examples/one/cloud.yaml"), folder.path().join("cloud.yaml")).unwrap();
    let run = |arguments: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_cloudc")).args(arguments).current_dir(folder.path()).output();
        let ran = ran.unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    };
    let (code, said) = run(&["graph", "--what", "topology", "--format", "json"]);
    assert_eq!(code, Some(0));
    snapbox::assert_data_eq!(
        said,
        str![[r#"
{
  "version": 1,
  "cloud": "one",
  "what": "topology",
  "groups": [
    {
      "kind": "images",
      "name": "images"
    },
    {
      "kind": "machines",
      "name": "machines"
    }
  ],
  "nodes": [
    {
      "id": "api",
      "kind": "api",
      "name": "one",
      "lines": [
        "https://192.168.1.50:6443",
        "address of a machine",
        "Kubernetes v1.35.4"
      ],
      "group": null,
      "level": 0
    },
    {
      "id": "image/box",
      "kind": "image",
      "name": "box",
      "lines": [
        "Talos v1.13.9, amd64"
      ],
      "group": 0,
      "level": 0
    },
    {
      "id": "machine/box",
      "kind": "machine",
      "name": "box",
      "lines": [
        "control-plane",
        "192.168.1.50"
      ],
      "group": 1,
      "level": 1
    }
  ],
  "edges": [
    {
      "from": "api",
      "to": "machine/box",
      "kind": "served-by"
    },
    {
      "from": "image/box",
      "to": "machine/box",
      "kind": "boots"
    }
  ]
}

"#]]
        .raw()
    );
    fs::write(folder.path().join("cloud.yaml"), "a: [\n").unwrap();
    assert_eq!(run(&["graph"]), (Some(1), String::new()));
}
