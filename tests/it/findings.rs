//! One planted fault each: the finding names it, at the exact text, and no other error comes with it.

use cloudc::diag::Severity;

use crate::support::{compile_text, repository};

pub struct Case {
    pub cloud: &'static str,
    /// Text of the example that is replaced.
    pub from: &'static str,
    pub to: &'static str,
    pub rule: &'static str,
    /// Text under the primary place.
    pub at: &'static str,
    /// Text under the second place, when two facts clash.
    pub label: Option<&'static str>,
    /// Part of the way out.
    pub help: &'static str,
}

pub const fn case(
    cloud: &'static str,
    from: &'static str,
    to: &'static str,
    rule: &'static str,
    at: &'static str,
    label: Option<&'static str>,
    help: &'static str,
) -> Case {
    Case { cloud, from, to, rule, at, label, help }
}

const CASES: &[Case] = &[
    // Shape.
    case("one", "  endpoint: 192", "  endpont: 192", "unknown-key", "endpont", None, "did you mean `endpoint`?"),
    case(
        "one",
        "role: control-plane",
        "role: controlplane",
        "wrong-value",
        "controlplane",
        None,
        "did you mean `control-plane`?",
    ),
    case(
        "one",
        "nodes: 192.168.1.0/24",
        "nodes: 192.168.1.5/24",
        "wrong-value",
        "192.168.1.5/24",
        None,
        "192.168.20.0/24",
    ),
    case("one", "talos: v1.13.9", "talos: 1.13.9", "wrong-value", "1.13.9", None, "v1.13.9"),
    case("one", "talos: v1.13.9", "talos: 1.13", "wrong-type", "1.13", None, "an exact version"),
    case(
        "one",
        "  cilium: {}",
        "  cilium: {values: {cgroup: {automount: {enabled: false}}}}",
        "unknown-value",
        "automount",
        None,
        "did you mean `autoMount`?",
    ),
    case("one", "  cilium: {}", "  cillium: {}", "unknown-component", "cillium", None, "did you mean `cilium`?"),
    case(
        "one",
        "volume: data, default",
        "volme: data, default",
        "unknown-key",
        "volme",
        None,
        "did you mean `volume`?",
    ),
    case("one", "kind: Cloud", "kind: Clod", "wrong-value", "Clod", None, "Cloud"),
    case("one", "  name: one\n", "  name: one\n  name: two\n", "duplicate-key", "name", Some("name"), "keep one"),
    case("one", "  pods: 10.244.0.0/16\n", "", "missing-key", "network", None, "pods: Pod network"),
    case("one", "advertise: l2", "advertise: arp", "wrong-value", "arp", None, "`l2` or `bgp`"),
    case(
        "home",
        "class: nuc, role: worker, address: 192.168.20.21",
        "class: nux, role: worker, address: 192.168.20.21",
        "unknown-class",
        "nux",
        None,
        "did you mean `nuc`?",
    ),
    case("home", "nuc: {extends: x86", "nuc: {extends: x68", "unknown-class", "x68", None, "did you mean `x86`?"),
    case(
        "home",
        "devices: {volume: osd0}",
        "devices: {volume: osd1}",
        "unknown-reference",
        "osd1",
        None,
        "did you mean `osd0`?",
    ),
    case(
        "home",
        "board: rpi_generic",
        "board: rpi_genric",
        "unknown-board",
        "rpi_genric",
        None,
        "did you mean `rpi_generic`?",
    ),
    case(
        "home",
        "extensions: [i915, intel-ucode]",
        "extensions: [i915, intel-ucde]",
        "unknown-extension",
        "intel-ucde",
        None,
        "did you mean `intel-ucode`?",
    ),
    case(
        "home",
        "board: rpi_generic\n",
        "board: rpi_generic\n    secureBoot: true\n",
        "secure-boot-on-board",
        "secureBoot",
        Some("rpi_generic"),
        "leave `secureBoot` out",
    ),
    case(
        "cozy",
        "from: replicated,",
        "from: replicatd,",
        "unknown-reference",
        "replicatd",
        None,
        "did you mean `replicated`?",
    ),
    case(
        "cozy",
        "from: replicated,",
        "from: (default),",
        "unknown-reference",
        "(default)",
        None,
        "choose `local` or `replicated`",
    ),
    case(
        "cozy",
        "components:\n",
        "components:\n  kamaji: {etcd: {storageClass: locl}}\n",
        "unknown-reference",
        "locl",
        None,
        "did you mean `local`?",
    ),
    case(
        "cozy",
        "components:\n",
        "components:\n  minio: {storageClass: fast}\n",
        "unknown-reference",
        "fast",
        None,
        "choose `local` or `replicated`",
    ),
    case(
        "cozy",
        "    workers: kubeadm\n",
        "    workers: kubeadm\n    loadBalancers: {pool: public}\n",
        "unknown-reference",
        "public",
        None,
        "choose `lan`",
    ),
    // Addresses.
    case(
        "one",
        "192.168.1.60-192.168.1.69",
        "192.168.1.45-192.168.1.69",
        "address-overlap",
        "192.168.1.45-192.168.1.69",
        Some("192.168.1.50"),
        "end load-balancer pool `lan` at 192.168.1.49",
    ),
    case(
        "home",
        "address: 192.168.20.12,",
        "address: 192.168.20.11,",
        "address-overlap",
        "192.168.20.11",
        Some("192.168.20.11"),
        "its own address",
    ),
    case(
        "home",
        "endpoint: 192.168.20.10",
        "endpoint: 192.168.20.21",
        "endpoint-on-worker",
        "192.168.20.21",
        Some("192.168.20.21"),
        "free address",
    ),
    case(
        "home",
        "address: 192.168.20.24,",
        "address: 192.168.30.24,",
        "address-outside-network",
        "192.168.30.24",
        Some("192.168.20.0/24"),
        "network.nodes",
    ),
    case(
        "home",
        "services: 10.96.0.0/16",
        "services: 10.244.128.0/17",
        "address-overlap",
        "10.244.128.0/17",
        Some("10.244.0.0/16"),
        "another network",
    ),
    case(
        "cozy",
        "pods: 10.243.0.0/16",
        "pods: 10.96.0.0/20",
        "address-overlap",
        "10.96.0.0/20",
        Some("10.96.0.0/16"),
        "another network",
    ),
    case(
        "cozy",
        "address: 192.168.100.240",
        "address: 192.168.100.140",
        "address-outside-network",
        "192.168.100.140",
        Some("192.168.100.200-192.168.100.250"),
        "choose an address of a pool",
    ),
    case(
        "cozy",
        "lan: {addresses: [192.168.100.200-",
        "lan: {addresses: [192.168.100.190-",
        "address-overlap",
        "192.168.100.190-192.168.100.250",
        Some("192.168.100.150-192.168.100.199"),
        "move load-balancer pool",
    ),
    // A network that is too wide is one finding.
    case(
        "cozy",
        "  pods: 10.244.0.0/16\n",
        "  pods: 192.168.0.0/16\n",
        "address-overlap",
        "192.168.0.0/16",
        Some("192.168.100.0/24"),
        "the DHCP range of `boot.pxe` and 5 more",
    ),
    // And so is one address for three nodes.
    case(
        "cozy",
        "address: 192.168.100.11, mac: \"52:54:00:00:00:11\"}\n  srv2: {class: metal, role: control-plane, address: 192.168.100.12,",
        "address: 192.168.100.13, mac: \"52:54:00:00:00:11\"}\n  srv2: {class: metal, role: control-plane, address: 192.168.100.13,",
        "address-overlap",
        "192.168.100.13",
        Some("192.168.100.13"),
        "node `srv3` has the address of node `srv1` and node `srv2`",
    ),
    // Addresses of links and VLANs.
    case(
        "cozy",
        "mac: \"52:54:00:00:00:11\"}",
        "mac: \"52:54:00:00:00:11\", links: {lan: {addresses: [192.168.100.205/24]}}}",
        "address-overlap",
        "192.168.100.200-192.168.100.250",
        Some("192.168.100.205/24"),
        "end load-balancer pool `lan` at 192.168.100.204",
    ),
    case(
        "cozy",
        "mac: \"52:54:00:00:00:11\"}",
        "mac: \"52:54:00:00:00:11\", links: {lan: {addresses: [192.168.100.12/24]}}}",
        "address-overlap",
        "192.168.100.12",
        Some("192.168.100.12/24"),
        "node `srv2` has the address of link `lan` of node `srv1`",
    ),
    case(
        "cozy",
        "mac: \"52:54:00:00:00:11\"}",
        "mac: \"52:54:00:00:00:11\", links: {lan: {addresses: [192.168.100.160/24]}}}",
        "address-overlap",
        "192.168.100.160/24",
        Some("192.168.100.150-192.168.100.199"),
        "move link `lan` of node `srv1` out of 192.168.100.150-192.168.100.199",
    ),
    case(
        "cozy",
        "mac: \"52:54:00:00:00:11\"}",
        "mac: \"52:54:00:00:00:11\", links: {lan: {addresses: [10.244.3.1/24]}}}",
        "address-overlap",
        "10.244.3.1/24",
        Some("10.244.0.0/16"),
        "another network for the pod network",
    ),
    case(
        "cozy",
        "mac: \"52:54:00:00:00:11\"}",
        "mac: \"52:54:00:00:00:11\", links: {lan: {addresses: [10.243.3.1/24]}}}",
        "address-overlap",
        "10.243.0.0/16",
        Some("10.243.3.1/24"),
        "another network for the pod network of tenant `dev`",
    ),
    case(
        "cozy",
        "mac: \"52:54:00:00:00:11\"}\n  srv2: {class: metal, role: control-plane, address: 192.168.100.12,",
        "mac: \"52:54:00:00:00:11\", links: {lan: {vlans: {storage: {id: 20, addresses: [10.20.0.11/24]}}}}}\n  srv2: {class: metal, role: control-plane, address: 192.168.100.12, links: {lan: {addresses: [10.20.0.11/16]}},",
        "address-overlap",
        "10.20.0.11/16",
        Some("10.20.0.11/24"),
        "link `lan` of node `srv2` has the address of VLAN `storage` of node `srv1`",
    ),
    case(
        "cozy",
        "    resources: {cpu: 16, memory: 64GiB}",
        "    links: {lan: {addresses: [10.20.0.11/24]}}",
        "address-overlap",
        "10.20.0.11/24",
        None,
        "link `lan` of node `srv3` has the address of link `lan` of node `srv1` and link `lan` of node `srv2`",
    ),
    // Versions.
    case("one", "kubernetes: v1.35.4", "kubernetes: v1.29.4", "version-window", "v1.29.4", Some("v1.13.9"), "window"),
    case(
        "one",
        "kubernetes: v1.35.4",
        "kubernetes: v1.35.4\n  contract: v1.5",
        "unknown-talos",
        "v1.5",
        None,
        "known minors: v1.6",
    ),
    case("cozy", "kubernetes: v1.34.2", "kubernetes: v1.28.2", "version-window", "v1.28.2", None, "tenants run"),
    case(
        "cozy",
        "components:\n",
        "components:\n  cluster-api: {set: cozystack}\n",
        "version-window",
        "cluster-api",
        Some("v1.35.4"),
        "choose another `set`",
    ),
    case(
        "cozy",
        "components:\n",
        "components:\n  cluster-api: {set: cozy}\n",
        "wrong-value",
        "cozy",
        None,
        "cozystack",
    ),
    // Components.
    case("one", "  cilium: {}", "  cilium: {}\n  calico: {}", "slot-taken", "calico", Some("cilium"), "keep one"),
    case("one", "  cilium: {}\n", "", "no-load-balancer", "loadBalancers", None, "metallb"),
    case("one", "local-path: {volume: data, ", "local-path: {", "missing-key", "local-path", None, "volume"),
    case(
        "one",
        "  cilium: {}",
        "  cilium: {}\n  podinfo: {chart: {repository: 'oci://r.example/c', name: p, version: 1.0.0}, namespace: p, dependsOn: [cert-manger]}",
        "unknown-reference",
        "cert-manger",
        None,
        "wait",
    ),
    case(
        "cozy",
        "components:\n",
        "components:\n  cert-manager: {enabled: false}\n",
        "required-component-off",
        "false",
        Some("profile"),
        "turn `cert-manager` on",
    ),
    case(
        "cozy",
        "replicated: {pool: data,",
        "replicated: {pool: dat,",
        "unknown-reference",
        "dat",
        None,
        "did you mean `data`?",
    ),
    case(
        "cozy",
        "local: {pool: data, replicas: 1}",
        "local: {pool: data, replicas: 1, default: true}",
        "two-default-classes",
        "linstor",
        Some("linstor"),
        "one class only",
    ),
    case(
        "home",
        "links: {lan: {match: {driver: bcmgenet}}}",
        "links: {lan: {match: {driver: bcmgenet}, dummy: true}}",
        "link-of-two-kinds",
        "dummy",
        Some("match"),
        "keep one",
    ),
    case(
        "home",
        "mac: \"dc:a6:32:00:00:12\"",
        "mac: \"dc:a6:32:00:00:11\"",
        "duplicate-mac",
        "\"dc:a6:32:00:00:11\"",
        Some("\"dc:a6:32:00:00:11\""),
        "its own",
    ),
    case(
        "cozy",
        "    workers: kubeadm",
        "    namespace: kube-system\n    workers: kubeadm",
        "shared-namespace",
        "kube-system",
        None,
        "leave `namespace` out",
    ),
    case(
        "cozy",
        "expose: load-balancer, address",
        "expose: cluster-ip, address",
        "wrong-value",
        "192.168.100.240",
        Some("expose"),
        "load-balancer",
    ),
    case(
        "one",
        "  cilium: {}",
        "  cilium: {}\n  coredns: {}",
        "unknown-component",
        "coredns",
        None,
        "add-ons of tenants only",
    ),
    case(
        "cozy",
        "join: 100.64.0.0/16",
        "join: 100.65.0.0/24",
        "address-overlap",
        "100.65.0.0/24",
        Some("cozystack"),
        "another network for the join",
    ),
    case(
        "one",
        "components:\n",
        "patches: [{at: talos/nodes/*, reason: r, merge: foo}]\ncomponents:\n",
        "wrong-type",
        "foo",
        None,
        "mapping",
    ),
    case(
        "home",
        "osd0: {kind: raw, minSize: 340GiB}",
        "osd0: {kind: raw, minSize: 340GiB, maxSize: 34GiB}",
        "wrong-value",
        "340GiB",
        Some("34GiB"),
        "swap them",
    ),
    case(
        "cozy",
        "addons: {cilium: {}, coredns: {},",
        "addons: {cilium: {}, coredns: {dependsOn: [metric-server]},",
        "unknown-reference",
        "metric-server",
        None,
        "did you mean `metrics-server`?",
    ),
    case(
        "cozy",
        "addons: {cilium: {}, coredns: {},",
        "addons: {cilium: {}, coredns: {dependsOn: [linstor]},",
        "unknown-reference",
        "linstor",
        None,
        "add it under `tenants.dev.addons`",
    ),
    case(
        "cozy",
        "addons: {cilium: {}, coredns: {},",
        "addons: {cilium: {}, coredns: {dependsOn: [coredns]},",
        "dependency-cycle",
        "coredns",
        None,
        "waits for itself",
    ),
    case(
        "cozy",
        "coredns: {}, metrics-server: {},",
        "coredns: {dependsOn: [metrics-server]}, metrics-server: {dependsOn: [coredns]},",
        "dependency-cycle",
        "metrics-server",
        Some("coredns"),
        "remove one",
    ),
    case(
        "one",
        "  cilium: {}",
        "  cilium: {}\n  metrics-server: {dependsOn: [cert-manager]}\n  cert-manager: {dependsOn: [metrics-server]}",
        "dependency-cycle",
        "cert-manager",
        Some("metrics-server"),
        "remove one",
    ),
    // What is not compiled yet is refused where it stands.
    case(
        "cozy",
        "workers: kubeadm\n    nodeGroups:\n      md0:\n",
        "workers: talos\n    nodeGroups:\n      md0:\n        gpus: [amd.com/MI300X]\n",
        "not-supported-yet",
        "amd.com/MI300X",
        None,
        "kubeadm",
    ),
    // Talos workers: what the provider makes, what Talos runs, what they boot.
    case(
        "cozy",
        "workers: kubeadm\n    nodeGroups:\n      md0:\n",
        "workers: talos\n    nodeGroups:\n      md0:\n        image: {talos: v1.11.6}\n",
        "version-window",
        "v1.11.6",
        None,
        "image: {talos: ...}",
    ),
    case(
        "cozy",
        "kubernetes: v1.34.2\n    controlPlane: {replicas: 2, expose: load-balancer, address: 192.168.100.240}\n    network: {pods: 10.243.0.0/16, services: 10.95.0.0/16}\n    workers: kubeadm\n    nodeGroups:\n      md0:\n",
        "kubernetes: v1.36.0\n    controlPlane: {replicas: 2, expose: load-balancer, address: 192.168.100.240}\n    network: {pods: 10.243.0.0/16, services: 10.95.0.0/16}\n    workers: talos\n    nodeGroups:\n      md0:\n        image: {talos: v1.12.7}\n",
        "version-window",
        "v1.12.7",
        Some("v1.36.0"),
        "choose another",
    ),
    case(
        "cozy",
        "workers: kubeadm\n    nodeGroups:\n      md0:\n",
        "workers: talos\n    nodeGroups:\n      md0:\n        image: {containerDisk: a/b:v1}\n",
        "wrong-value",
        "containerDisk",
        Some("talos"),
        "remove it",
    ),
    case(
        "cozy",
        "      md0:\n",
        "      md0:\n        image: {talos: v1.13.9}\n",
        "wrong-value",
        "talos",
        None,
        "workers: talos",
    ),
    case(
        "cozy",
        "workers: kubeadm\n    nodeGroups:\n      md0:\n",
        "workers: talos\n    nodeGroups:\n      md0:\n        image: {extensions: [qemu-guest-agnet]}\n",
        "unknown-extension",
        "qemu-guest-agnet",
        None,
        "did you mean `qemu-guest-agent`?",
    ),
    case(
        "cozy",
        "workers: kubeadm\n    nodeGroups:\n      md0:\n",
        "workers: talos\n    nodeGroups:\n      md0:\n        image: {extensions: [siderolabs/qemu-guest-agent]}\n",
        "unknown-extension",
        "siderolabs/qemu-guest-agent",
        None,
        "did you mean `qemu-guest-agent`?",
    ),
];

/// An example by its folder, or a cloud of the tests by its path.
fn example(cloud: &str) -> std::path::PathBuf {
    if cloud.contains('/') { repository(cloud) } else { repository(&format!("examples/{cloud}/cloud.yaml")) }
}

#[test]
fn each_fault_has_its_finding() {
    each_has_its_finding(CASES);
}

pub fn each_has_its_finding(cases: &[Case]) {
    let mut failures = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let text = std::fs::read_to_string(example(case.cloud)).unwrap();
        assert_eq!(text.matches(case.from).count(), 1, "case {index}: {:?} is not once in {}", case.from, case.cloud);
        let text = text.replace(case.from, case.to);
        let (compiled, diagnostics, sources) = compile_text(&text);
        let errors: Vec<_> =
            diagnostics.sorted().into_iter().filter(|d| d.severity == Severity::Error).cloned().collect();
        let shown = || shown(&diagnostics, &sources);
        let Some(found) = errors.iter().find(|d| d.rule == case.rule) else {
            failures.push(format!("case {index} ({}): no {}\n{}", case.to, case.rule, shown()));
            continue;
        };
        let at = sources.text(found.span);
        let label = found.labels.first().map(|label| sources.text(label.span));
        let help = found.help.as_deref().unwrap_or_default();
        if at != case.at
            || case.label.is_some() && label != case.label
            || !help.contains(case.help) && !found.message.contains(case.help)
        {
            failures.push(format!("case {index}: at {at:?}, label {label:?}, help {help:?}\n{}", shown()));
        }
        if compiled.is_some() || errors.len() > 1 {
            failures.push(format!("case {index} ({}): {} errors\n{}", case.to, errors.len(), shown()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn tenants_may_overlap_each_other_but_not_themselves() {
    let text = std::fs::read_to_string(repository("tests/clouds/tenants.yaml")).unwrap();
    let network = "v1.33.5\n    network: {pods: 10.243.0.0/16, services: 10.95.0.0/16}";
    assert_eq!(text.matches(network).count(), 1);
    let with = |pods: &str, services: &str| {
        let text = text.replace(network, &format!("v1.33.5\n    network: {{pods: {pods}, services: {services}}}"));
        let (_, diagnostics, sources) = compile_text(&text);
        let errors = diagnostics.sorted().into_iter().filter(|d| d.severity == Severity::Error);
        errors.map(|d| (d.rule, sources.text(d.span).to_owned(), d.message.clone())).collect::<Vec<_>>()
    };
    assert_eq!(with("10.243.128.0/17", "10.92.0.0/14"), []);
    assert_eq!(with("10.95.0.0/16", "10.243.0.0/16"), []);
    // The services of the other tenant are no excuse.
    let own = "the service network of tenant `beta` overlaps the pod network of tenant `beta`";
    assert_eq!(
        with("10.95.0.0/16", "10.95.128.0/17"),
        [("address-overlap", "10.95.128.0/17".to_owned(), own.to_owned())]
    );
}

#[test]
fn what_a_machine_has_for_itself_may_be_on_each() {
    let text = std::fs::read_to_string(repository("examples/cozy/cloud.yaml")).unwrap();
    // A DNS cache on every node, and a node that writes its own address on its link.
    let text = text
        .replace(
            "    resources: {cpu: 16, memory: 64GiB}",
            "    links: {lan: {}, dns: {dummy: true, addresses: [169.254.20.10/32]}}",
        )
        .replace("00:00:11\"}", "00:00:11\", links: {lan: {addresses: [192.168.100.11/24]}}}");
    let (compiled, diagnostics, sources) = compile_text(&text);
    assert!(compiled.is_some(), "{}", shown(&diagnostics, &sources));
}

/// All findings, a line each, with the way out.
fn shown(diagnostics: &cloudc::diag::Diagnostics, sources: &cloudc::source::Sources) -> String {
    let line = |d: &cloudc::diag::Diagnostic| {
        format!("  {} at `{}`: {} | {:?}\n", d.rule, sources.text(d.span), d.message, d.help)
    };
    diagnostics.sorted().into_iter().map(line).collect()
}

/// The finding of this rule in an example that was changed in several places.
fn found(example: &str, changes: &[(&str, &str)], rule: &str) -> (Severity, String, Vec<String>, String) {
    let mut text = std::fs::read_to_string(repository(example)).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let (_, diagnostics, sources) = compile_text(&text);
    let found = diagnostics.sorted().into_iter().find(|d| d.rule == rule).cloned();
    let found = found.unwrap_or_else(|| panic!("no {rule}\n{}", shown(&diagnostics, &sources)));
    let labels = found.labels.iter().map(|label| sources.text(label.span).to_owned()).collect();
    (found.severity, sources.text(found.span).to_owned(), labels, found.help.unwrap_or_default())
}

#[test]
fn an_extension_of_a_later_patch_release_is_named() {
    let nuc = |name: &'static str| ("extensions: [i915, intel-ucode]", name);
    let changes = [("talos: v1.13.9", "talos: v1.12.1"), nuc("extensions: [gpio-pinctrl]")];
    let (severity, at, labels, help) = found("examples/home/cloud.yaml", &changes, "extension-too-new");
    assert_eq!((severity, at.as_str(), labels), (Severity::Error, "gpio-pinctrl", vec!["v1.12.1".to_owned()]));
    assert_eq!(help, "take Talos v1.12.2 or later");
    // Firmware fits an earlier release, only the factory does not offer it.
    let changes = [("talos: v1.13.9", "talos: v1.6.4"), nuc("extensions: [qlogic-firmware]")];
    let (severity, at, _, help) = found("examples/home/cloud.yaml", &changes, "extension-too-new");
    assert_eq!((severity, at.as_str()), (Severity::Warning, "qlogic-firmware"));
    assert!(help.contains("v1.6.5") && help.contains("`registries.imager`"), "{help}");
}

#[test]
fn machines_that_network_boot_does_not_reach_are_named() {
    let cloud = "tests/clouds/own-images.yaml";
    let (severity, at, labels, help) = found(cloud, &[], "no-mac");
    assert_eq!((severity, at.as_str(), labels), (Severity::Warning, "p1", vec!["pxe".to_owned()]));
    assert!(help.contains("`mac`") && help.contains("disk image"), "{help}");
    let (severity, at, labels, help) = found(cloud, &[], "secure-boot-over-network");
    assert_eq!((severity, at.as_str(), labels), (Severity::Warning, "secureBoot", vec!["pxe".to_owned()]));
    assert!(help.contains("setup mode"), "{help}");
}

#[test]
fn all_faults_of_a_file_come_in_one_run() {
    let text = std::fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    let text = text
        .replace("kind: Cloud", "kind: Clod")
        .replace("role: control-plane", "rol: control-plane")
        .replace("advertise: l2", "advertise: l3");
    let (_, diagnostics, _) = compile_text(&text);
    let rules: Vec<_> = diagnostics.sorted().iter().map(|d| d.rule).collect();
    assert_eq!(rules, ["wrong-value", "wrong-value", "unknown-key"]);
}

#[test]
fn broken_yaml_is_found_in_every_section() {
    let text = "apiVersion: cloudc.dev/v1alpha1\nmetadata:\n  name:one\nversions: {talos: v1.13.9\nnetwork:\n\tnodes: 10.0.0.0/8\n";
    let (_, diagnostics, sources) = compile_text(text);
    let found: Vec<_> = diagnostics
        .sorted()
        .iter()
        .map(|d| (d.rule, sources.get(d.span.file).line_column(d.span.start).line))
        .collect();
    assert_eq!(found, [("wrong-type", 3), ("syntax", 4), ("syntax", 6)]);
}

#[test]
fn hostile_input_is_refused_quickly() {
    let level = |n: usize| format!("a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 10].join(","));
    let levels: Vec<String> = (1..12).map(level).collect();
    let bomb = format!("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n{}\n", levels.join("\n"));
    let deep = format!("a: {}", "[".repeat(100_000));
    let keys = "? ".repeat(100_000);
    let nul = "a: \u{0}b";
    for text in
        [bomb.as_str(), &deep, &keys, nul, "a: *nope", "&a [*a]", "--- a\n--- b\n", "\u{feff}a: b", "a:\r\n  b: c\r\n"]
    {
        let (compiled, diagnostics, _) = compile_text(text);
        assert!(compiled.is_none() && diagnostics.has_errors(), "{:?}", &text[..text.len().min(40)]);
    }
}
