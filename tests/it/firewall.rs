//! Ports of components: rules where the firewall blocks, one owner each.

use std::collections::BTreeMap;

use cloudc::catalog::Catalog;
use serde_json::{Value, json};

use crate::support::{compile_text, documents, tree};

const CLOUD: &str = "
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
nodeClasses:
  every: {firewall: FIREWALL}
  store: {extends: every, volumes: {raw: {kind: raw, diskSelector: {type: nvme}, minSize: 100GiB}}}
nodes:
  a: {role: control-plane, address: 192.168.1.51, class: every}
  b: {role: worker, address: 192.168.1.54, class: store}
components:
  linstor: {pools: {fast: {driver: zfs, volume: raw}}}
  metallb: {}
";

/// The firewall documents of a node, by kind and name.
fn rules(firewall: &str, network: &str, node: &str) -> BTreeMap<String, Value> {
    let text = format!("{}{network}", CLOUD.replace("FIREWALL", firewall));
    let tree = tree(&text);
    let file = tree.get(&format!("talos/machines/{node}.yaml")).unwrap();
    documents(&file.bytes)
        .into_iter()
        .filter_map(|document| {
            let kind = document["kind"].as_str()?;
            let name = document["name"].as_str().unwrap_or(kind);
            (kind.starts_with("NetworkRule") || kind.starts_with("NetworkDefault"))
                .then(|| (name.to_owned(), document.clone()))
        })
        .collect()
}

fn ports(rule: &Value) -> &Value {
    &rule["portSelector"]["ports"]
}

#[test]
fn components_are_let_in_where_the_firewall_blocks() {
    let rules_of = |node| rules("{default: block}", "  cilium: {hubble: true, encryption: wireguard}\n", node);
    let storage = rules_of("b");
    let names: Vec<&str> = storage.keys().map(String::as_str).collect();
    let expected = [
        "NetworkDefaultActionConfig",
        "cilium-pods-tcp",
        "cilium-tcp",
        "cilium-udp",
        "kubelet",
        "linstor-pods-tcp",
        "linstor-tcp",
        "metallb-pods-tcp",
        "metallb-tcp",
        "metallb-udp",
        "talos-api",
    ];
    assert_eq!(names, expected);
    assert_eq!(*ports(&storage["linstor-tcp"]), json!([3366, "7000-7399", 9942]));
    assert_eq!(storage["linstor-tcp"]["ingress"], json!([{"subnet": "192.168.1.0/24"}]));
    assert_eq!(*ports(&storage["linstor-pods-tcp"]), json!([3366, 9942]), "replication is between nodes");
    assert_eq!(storage["linstor-pods-tcp"]["ingress"], json!([{"subnet": "10.244.0.0/16"}]));
    assert_eq!(*ports(&storage["cilium-udp"]), json!([8472, 51871]));
    assert_eq!(storage["cilium-udp"]["portSelector"]["protocol"], "udp");
    assert_eq!(*ports(&storage["metallb-udp"]), json!([7946]));
    assert!(!rules_of("a").keys().any(|name| name.starts_with("linstor")), "no volume, no satellite");
}

#[test]
fn chained_behind_kube_ovn_there_is_one_tunnel() {
    let chained = rules("{default: block}", "  cilium: {}\n  kube-ovn: {}\n", "b");
    assert!(!chained.contains_key("cilium-udp"));
    assert_eq!(*ports(&chained["kube-ovn-udp"]), json!([6081]));
}

#[test]
fn calico_is_let_in_by_its_encapsulation() {
    let vxlan = rules("{default: block}", "  calico: {}\n", "b");
    assert_eq!((ports(&vxlan["calico-tcp"]), ports(&vxlan["calico-udp"])), (&json!([5473]), &json!([4789])));
    let plain = rules("{default: block}", "  calico: {encapsulation: None}\n", "b");
    assert_eq!(*ports(&plain["calico-tcp"]), json!([179, 5473]));
    assert!(!plain.contains_key("calico-udp"));
}

#[test]
fn a_firewall_that_accepts_has_no_rules_of_components() {
    assert!(rules("{default: accept}", "  cilium: {}\n", "b").is_empty());
}

#[test]
fn the_rules_of_the_user_win() {
    let firewall = "{default: block, rules: {cilium-tcp: {from: [192.168.1.54/32]}, metallb-udp: null, ssh: {ports: [22], from: [192.168.1.0/24]}}}";
    let storage = rules(firewall, "  cilium: {}\n", "b");
    assert_eq!(storage["cilium-tcp"]["ingress"], json!([{"subnet": "192.168.1.54/32"}]));
    assert_eq!(*ports(&storage["cilium-tcp"]), json!([4240, 9963, 9964]), "what the user left open");
    assert!(!storage.contains_key("metallb-udp"), "taken away");
    assert_eq!(*ports(&storage["ssh"]), json!([22]));
}

#[test]
fn the_cluster_reaches_itself_where_no_rule_says_who_may() {
    let firewall = "{default: block, rules: {admins: {ports: [50000, 6443], from: [192.168.1.0/24]}}}";
    let server = rules(firewall, "  cilium: {}\n", "a");
    assert_eq!(*ports(&server["etcd"]), json!(["2379-2380"]));
    assert_eq!(server["trustd"]["ingress"], json!([{"subnet": "192.168.1.0/24"}]));
    assert_eq!(server["kubelet"]["ingress"], json!([{"subnet": "192.168.1.0/24"}, {"subnet": "10.244.0.0/16"}]));
    for named in ["talos-api", "kubernetes-api"] {
        assert!(!server.contains_key(named), "what the user says of its port decides");
    }
    let worker = rules("{default: block}", "  cilium: {}\n", "b");
    assert!(worker.contains_key("talos-api") && worker.contains_key("kubelet"));
    assert!(!worker.contains_key("etcd") && !worker.contains_key("kubernetes-api"), "a worker has neither");
}

#[test]
fn two_components_on_one_port_are_refused() {
    let network = "  cilium: {}\n  monitoring: {}\n  kube-prometheus-stack: {}\n";
    let text = format!("{}{network}", CLOUD.replace("FIREWALL", "{}"));
    let (_, diagnostics, _) = compile_text(&text);
    let taken: Vec<String> = diagnostics
        .sorted()
        .iter()
        .filter(|finding| finding.rule == "host-port-taken")
        .map(|finding| finding.message.clone())
        .collect();
    assert_eq!(taken, ["`monitoring` and `kube-prometheus-stack` both listen on port 9100 of node `a`"]);
}

/// Ports that another product has on the loopback address, or had before, and that storage must not take by chance.
#[test]
fn storage_keeps_off_the_ports_of_others() {
    let catalog = Catalog::builtin();
    let ranges = |name: &str| -> Vec<(u16, u16)> {
        let needs = &catalog.component(name).unwrap().node;
        let ports = needs.iter().flat_map(|need| &need.ports).flat_map(|need| &need.ports);
        ports.map(|port| (port.range().from, port.range().to)).collect()
    };
    for port in [7445, 7471, 7472, 7473, 7572, 7573, 7946] {
        assert!(!ranges("linstor").iter().any(|(from, to)| (*from..=*to).contains(&port)), "{port}");
    }
}
