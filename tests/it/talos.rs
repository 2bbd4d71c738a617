//! Machine configurations against those that Talos itself generates, for every contract.

use std::fs;
use std::process::Command;

use cloudc::diag::{self, Format, Severity};
use serde_json::{Map, Value, json};

use crate::support::{compile_text, documents};
use crate::upstream;

/// Contract, a release of it, and a Kubernetes that it runs.
const CONTRACTS: [(&str, &str, &str); 9] = [
    ("v1.6", "v1.6.8", "v1.28.0"),
    ("v1.7", "v1.7.7", "v1.28.0"),
    ("v1.8", "v1.8.4", "v1.28.0"),
    ("v1.9", "v1.9.6", "v1.28.0"),
    ("v1.10", "v1.10.9", "v1.28.0"),
    ("v1.11", "v1.11.6", "v1.29.0"),
    ("v1.12", "v1.12.11", "v1.30.0"),
    ("v1.13", "v1.13.9", "v1.31.0"),
    ("v1.14", "v1.14.0", "v1.32.0"),
];

/// The cloud of upstream's files: everything at its default.
fn cloud(talos: &str, kubernetes: &str) -> String {
    format!(
        "\
apiVersion: cloudc.dev/v1alpha1
kind: Cloud
metadata: {{name: base}}
versions: {{talos: {talos}, kubernetes: {kubernetes}}}
network: {{nodes: 192.168.20.0/24, pods: 10.244.0.0/16, services: 10.96.0.0/12}}
controlPlane: {{endpoint: \"https://base:6443\"}}
nodes:
  controlplane: {{role: control-plane}}
  worker: {{role: worker}}
"
    )
}

/// What we want otherwise than `talosctl gen config` without flags, which names no disk, no image and no host, and what
/// the version of Kubernetes in the fixture is where this Talos does not run it.
fn deviate(golden: &mut Vec<Value>, contract: &str, installer: &str, node: &str) {
    let hostname = json!({"apiVersion": "v1alpha1", "kind": "HostnameConfig", "hostname": node});
    let at = golden.iter().position(|document| document["kind"] == "HostnameConfig");
    match at {
        Some(at) => golden[at] = hostname,
        None => golden[0]["machine"]["network"] = json!({"hostname": node}),
    }
    if contract == "v1.14" {
        let install = json!({
            "apiVersion": "v1alpha1",
            "kind": "UnattendedInstallConfig",
            "installer": {"image": installer},
            "provisioning": {"diskSelector": {"match": "disk.transport != '' && disk.size >= 10u * GB"}, "wipe": false},
        });
        let after = golden.iter().position(|document| document["kind"] == "DiscoveryIdentityConfig").unwrap();
        golden.insert(after + 1, install);
    } else {
        golden[0]["machine"]["install"]["diskSelector"] = json!({"size": ">= 10GB"});
        golden[0]["machine"]["install"]["image"] = json!(installer);
    }
}

/// With its keys in one order, so that only the meaning is compared.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), normal(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(normal).collect(),
        scalar => scalar.clone(),
    }
}

#[test]
fn at_defaults_a_machine_gets_what_talosctl_generates() {
    let Some(root) = upstream::root() else { return };
    let stability = root.join("talos/stability");
    let folder = tempfile::tempdir().unwrap();
    for (contract, talos, kubernetes) in CONTRACTS {
        let file = folder.path().join("cloud.yaml");
        fs::write(&file, cloud(talos, kubernetes)).unwrap();
        for node in ["controlplane", "worker"] {
            let golden = fs::read_to_string(stability.join(contract).join(format!("base-{node}.yaml"))).unwrap();
            let mut golden = documents(golden.replace("v1.28.0", kubernetes).as_bytes());
            let empty = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
            let old = ["v1.6", "v1.7", "v1.8", "v1.9"].contains(&contract);
            let name = if old { "installer" } else { "metal-installer" };
            let installer = format!("factory.talos.dev/{name}/{empty}:{talos}");
            deviate(&mut golden, contract, &installer, node);
            let output = Command::new(env!("CARGO_BIN_EXE_cloudc"))
                .args(["machineconfig", node, "--secrets"])
                .arg(stability.join("secrets.yaml"))
                .arg("--file")
                .arg(&file)
                .output()
                .unwrap();
            assert!(output.status.success(), "{contract}: {}", String::from_utf8_lossy(&output.stderr));
            let given: Vec<Value> = documents(&output.stdout);
            for (index, (given, golden)) in given.iter().zip(&golden).enumerate() {
                assert_eq!(normal(given), normal(golden), "{contract} {node}: document {index}");
            }
            assert_eq!(given.len(), golden.len(), "{contract} {node}");
        }
    }
}

/// A fault that depends on the Talos of the cloud: its line, and what is found at which text.
struct Fault {
    talos: &'static str,
    kubernetes: &'static str,
    /// Settings of the one node, in flow style.
    node: &'static str,
    /// Further top-level keys.
    rest: &'static str,
    rule: &'static str,
    at: &'static str,
    help: &'static str,
}

const fn fault(
    versions: (&'static str, &'static str),
    node: &'static str,
    rest: &'static str,
    found: (&'static str, &'static str),
    help: &'static str,
) -> Fault {
    Fault { talos: versions.0, kubernetes: versions.1, node, rest, rule: found.0, at: found.1, help }
}

const OLD: (&str, &str) = ("v1.6.8", "v1.29.7");
const CLASSIC: (&str, &str) = ("v1.9.6", "v1.32.4");
const TYPED: (&str, &str) = ("v1.13.9", "v1.35.4");
const NEW: (&str, &str) = ("v1.14.0", "v1.36.0");

const FAULTS: &[Fault] = &[
    // What came later than the Talos that runs.
    fault(OLD, "annotations: {a.example/b: c}", "", ("talos-too-old", "annotations"), "v1.8"),
    fault(OLD, "watchdog: {device: /dev/watchdog0}", "", ("talos-too-old", "watchdog"), "v1.7"),
    fault(OLD, "extensionServices: {nut: {environment: [A=b]}}", "", ("talos-too-old", "extensionServices"), "v1.7"),
    fault(OLD, "volumes: {EPHEMERAL: {maxSize: 50GiB}}", "", ("talos-too-old", "EPHEMERAL"), "v1.8"),
    fault(OLD, "", "registries: {trust: [certs/corp-ca.pem]}\n", ("talos-too-old", "trust"), "v1.8"),
    fault(
        OLD,
        "",
        "registries: {mirrors: {docker.io: {endpoints: [\"https://m.example\"], skipFallback: true}}}\n",
        ("talos-too-old", "skipFallback"),
        "v1.9",
    ),
    fault(
        OLD,
        "links: {lan: {match: {driver: igb}, addresses: dhcp}, br0: {bridge: {members: [{driver: igc}]}}}",
        "",
        ("talos-too-old", "members"),
        "v1.9",
    ),
    fault(
        CLASSIC,
        "volumes: {data: {minSize: 10GiB, diskSelector: {type: nvme}}}",
        "",
        ("talos-too-old", "data"),
        "v1.10",
    ),
    fault(
        CLASSIC,
        "volumes: {a: {minSize: 1GiB, diskSelector: {name: /dev/sdb}}, b: {minSize: 1GiB, diskSelector: {name: /dev/sdb}}}",
        "",
        ("wrong-value", "b"),
        "maxSize",
    ),
    fault(
        CLASSIC,
        "volumes: {osd: {kind: raw, minSize: 1GiB, diskSelector: {type: nvme}}}",
        "",
        ("talos-too-old", "osd"),
        "v1.11",
    ),
    fault(("v1.8.4", "v1.31.4"), "volumes: {STATE: {}}", "", ("talos-too-old", "STATE"), "v1.11"),
    fault(
        ("v1.8.4", "v1.31.4"),
        "volumes: {EPHEMERAL: {diskSelector: {model: \"WDC*\"}}}",
        "",
        ("talos-too-old", "diskSelector"),
        "v1.9",
    ),
    fault(TYPED, "extensionServices: {x: {}}", "", ("wrong-value", "x"), "configFiles"),
    fault(
        NEW,
        "files: {/etc/cri/conf.d/a b.part: {content: c}}",
        "",
        ("wrong-name", "/etc/cri/conf.d/a b.part"),
        "letters",
    ),
    // What Talos keeps for itself.
    fault(TYPED, "files: {/etc/motd: {content: hi}}", "", ("file-outside-var", "/etc/motd"), "/var/"),
    fault(NEW, "files: {/opt/motd: {content: hi}}", "", ("file-outside-var", "/opt/motd"), "/var/"),
    fault(TYPED, "kubelet: {config: {staticPodPath: /x}}", "", ("reserved-setting", "staticPodPath"), "remove"),
    // Patches.
    fault(TYPED, "patches: [{machine: {sysctl: {a: b}}}]", "", ("unknown-key", "sysctl"), "sysctls"),
    fault(TYPED, "patches: [{machine: {certSANs: a}}]", "", ("wrong-type", "a"), "a list"),
    fault(
        TYPED,
        "patches: [{apiVersion: v1alpha1, kind: KubeletConfig, image: x}]",
        "",
        ("talos-too-old", "KubeletConfig"),
        "v1.14",
    ),
    fault(TYPED, "patches: [{kind: HostnamConfig}]", "", ("unknown-document-kind", "HostnamConfig"), "HostnameConfig"),
    fault(
        TYPED,
        "patches: [{kind: HostnameConfig, auto: stable}]",
        "",
        ("setting-in-two-places", "{kind: HostnameConfig, auto: stable}"),
        "$patch: delete",
    ),
    fault(
        TYPED,
        "patches: [{machine: {network: {hostname: x}}}]",
        "",
        ("setting-in-two-places", "x"),
        "HostnameConfig",
    ),
    fault(
        NEW,
        "patches: [{machine: {kubelet: {image: x}}}]",
        "",
        ("setting-in-two-places", "kubelet"),
        "KubeletConfig",
    ),
    fault(
        TYPED,
        "patches: [{machine: {nodeLabels: {nope: {$patch: delete}}}}]",
        "",
        ("patch-matches-nothing", "nope"),
        "compare",
    ),
    fault(
        NEW,
        "patches: [{kind: KubeProxyConfig, enabled: false}]",
        "",
        ("control-plane-document", "{kind: KubeProxyConfig, enabled: false}"),
        "control-plane nodes",
    ),
    fault(
        TYPED,
        "",
        "patches: [{at: talos/nodes/*, reason: r, jsonPatch: [{op: remove, path: /machine}]}]\n",
        ("json-patch-on-talos", "jsonPatch"),
        "merge",
    ),
];

#[test]
fn what_a_talos_does_not_take_is_refused_at_its_place() {
    let mut failures = Vec::new();
    for (index, fault) in FAULTS.iter().enumerate() {
        let text = cloud(fault.talos, fault.kubernetes)
            .replace("worker: {role: worker}", &format!("worker: {{role: worker, {}}}", fault.node))
            + fault.rest;
        let (compiled, diagnostics, sources) = compile_text(&text);
        let errors: Vec<_> = diagnostics.sorted().into_iter().filter(|d| d.severity == Severity::Error).collect();
        let shown = diag::render(&diagnostics, &sources, Format::Human, false);
        match errors[..] {
            [error] if compiled.is_none() => {
                let said = format!("{} {}", error.message, error.help.as_deref().unwrap_or_default());
                if error.rule != fault.rule || sources.text(error.span) != fault.at || !said.contains(fault.help) {
                    failures.push(format!("case {index}:\n{shown}"));
                }
            }
            _ => failures.push(format!("case {index}: {} errors\n{shown}", errors.len())),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn flags_that_a_document_says_are_refused_where_it_exists() {
    let flag = "controlPlane: {apiServer: {extraArgs: {oidc-issuer-url: \"https://id.example\"}}, endpoint";
    let errors = |(talos, kubernetes): (&str, &str)| {
        let (_, diagnostics, sources) =
            compile_text(&cloud(talos, kubernetes).replace("controlPlane: {endpoint", flag));
        let error = |d: &&diag::Diagnostic| (d.severity == Severity::Error).then(|| sources.text(d.span).to_owned());
        diagnostics.sorted().iter().filter_map(error).collect::<Vec<_>>()
    };
    assert_eq!(errors(TYPED), [] as [String; 0]);
    assert_eq!(errors(NEW), ["oidc-issuer-url"]);
}

/// The documents of the worker, parsed, without what its class gives to it by itself.
fn worker(text: &str) -> Vec<Value> {
    let (compiled, diagnostics, sources) = compile_text(text);
    let shown = diag::render(&diagnostics, &sources, Format::Human, false);
    let compiled = compiled.unwrap_or_else(|| panic!("{shown}"));
    documents(&compiled.tree.get("talos/machines/worker.yaml").unwrap().bytes)
}

#[test]
fn a_class_and_a_node_say_one_vlan_together() {
    let (talos, kubernetes) = TYPED;
    let text = cloud(talos, kubernetes).replace(
        "  worker: {role: worker}",
        "  worker: {role: worker, class: rack, links: {up: {vlans: {mgmt: {addresses: [10.0.0.5/24]}}}}}",
    ) + "nodeClasses: {rack: {links: {up: {bond: {mode: 802.3ad, members: [{driver: igb}]}, vlans: {mgmt: {id: 7}}}}}}\n";
    let documents = worker(&text);
    let vlan = documents.iter().find(|document| document["kind"] == "VLANConfig").unwrap();
    assert_eq!((&vlan["vlanID"], &vlan["addresses"]), (&json!(7), &json!([{"address": "10.0.0.5/24"}])));
    let (_, diagnostics, sources) = compile_text(&text.replace("{id: 7}", "{mtu: 1400}"));
    let errors = diagnostics.sorted().into_iter().filter(|d| d.severity == Severity::Error);
    let found: Vec<_> = errors.map(|d| (d.rule, sources.text(d.span))).collect();
    assert_eq!(found, [("missing-key", "mgmt")]);
}

#[test]
fn what_has_no_kind_stays_in_the_old_document_and_only_there() {
    let (talos, kubernetes) = NEW;
    let node = "\
worker: {role: worker, kubelet: {maxPods: 200, extraMounts: [{source: /var/a, destination: /var/a}]}, \
files: {/etc/lvm/lvm.conf: {op: overwrite, content: a}, /etc/motd: {content: b}, \
/etc/cri/conf.d/20-customization.part: {content: c}}}";
    let documents = worker(&cloud(talos, kubernetes).replace("worker: {role: worker}", node));
    let kinds: Vec<&str> = documents.iter().filter_map(|document| document["kind"].as_str()).collect();
    assert!(!kinds.contains(&"KubeletConfig"), "{kinds:?}");
    let machine = &documents[0]["machine"];
    assert_eq!(machine["kubelet"]["extraConfig"], json!({"maxPods": 200}));
    assert_eq!(machine["files"].as_array().unwrap().len(), 1);
    assert_eq!(machine["files"][0]["path"], "/etc/lvm/lvm.conf");
    let of = |kind: &str| documents.iter().find(|document| document["kind"] == kind).unwrap();
    assert_eq!((&of("EtcFileConfig")["name"], &of("EtcFileConfig")["contents"]), (&json!("motd"), &json!("b")));
    assert_eq!(of("CRICustomizationConfig")["name"], "20-customization", "Talos keeps `customization` for itself");
}

#[test]
fn a_patch_that_needs_the_old_section_brings_it_back() {
    let (talos, kubernetes) = NEW;
    let volumes = "{cluster: {apiServer: {extraVolumes: [{hostPath: /var/a, mountPath: /a}]}}}";
    let text = cloud(talos, kubernetes)
        + &format!("patches: [{{at: talos/node/controlplane, reason: r, merge: {volumes}}}]\n");
    let (compiled, ..) = compile_text(&text);
    let documents = documents(&compiled.unwrap().tree.get("talos/machines/controlplane.yaml").unwrap().bytes);
    let api_server = &documents[0]["cluster"]["apiServer"];
    assert_eq!(api_server["image"], format!("registry.k8s.io/kube-apiserver:{kubernetes}"));
    assert_eq!(api_server["extraVolumes"], json!([{"hostPath": "/var/a", "mountPath": "/a"}]));
    assert!(documents.iter().all(|document| document["kind"] != "KubeAPIServerConfig"));
    assert!(documents.iter().any(|document| document["kind"] == "KubeAuditPolicyConfig"));
}

#[test]
fn a_step_that_talos_refuses_is_found_before_the_tree_changes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cloud.yaml");
    let build = |talos: &str, kubernetes: &str| {
        fs::write(&file, cloud(talos, kubernetes)).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_cloudc")).args(["build", "--file"]).arg(&file).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let manifest = || fs::read_to_string(folder.path().join(".cloudc/manifest.json")).unwrap();
    assert_eq!(build("v1.10.9", "v1.33.6").0, Some(0));
    let before = manifest();
    for (talos, kubernetes, place, way_out) in [
        ("v1.13.9", "v1.34.1", ":4:19\n", "go by Talos v1.12 first, for example v1.12.11"),
        ("v1.12.11", "v1.35.4", ":4:41\n", "go by v1.34 first"),
        ("v1.9.6", "v1.32.4", ":4:39\n", "stay with v1.33"),
    ] {
        let (code, said) = build(talos, kubernetes);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("upgrade-path") && said.contains(place) && said.contains(way_out), "{said}");
        assert_eq!(manifest(), before);
    }
    assert_eq!(build("v1.12.11", "v1.34.1").0, Some(0));
    assert!(manifest().contains("\"talos\": \"v1.12.11\""));
    assert_eq!(build("v1.9.6", "v1.34.1").0, Some(1));
}

#[test]
fn an_old_installer_gets_its_kernel_arguments_from_the_machine() {
    let (talos, kubernetes) = CLASSIC;
    let text = cloud(talos, kubernetes).replace("worker: {", "worker: {kernelArgs: [quiet], ");
    let (compiled, ..) = compile_text(&text);
    let tree = compiled.unwrap().tree;
    let file = |path: &str| documents(&tree.get(path).unwrap().bytes).remove(0);
    let install = &file("talos/machines/worker.yaml")["machine"]["install"];
    assert_eq!(install["extraKernelArgs"], json!(["quiet"]));
    assert!(file("talos/images/worker/imager.yaml").get("customization").is_none());
    assert_eq!(file("talos/images/worker/imager-iso.yaml")["customization"], json!({"extraKernelArgs": ["quiet"]}));
}

#[test]
fn an_address_on_whichever_interface_is_warned_of() {
    let warned = |(talos, kubernetes): (&str, &str), node: &str| {
        let text = cloud(talos, kubernetes).replace("worker: {", &format!("worker: {{{node}"));
        let (_, diagnostics, sources) = compile_text(&text);
        let found: Vec<_> = diagnostics.sorted().iter().map(|d| (d.rule, sources.text(d.span).to_owned())).collect();
        found.contains(&("ambiguous-link", "worker".to_owned()))
    };
    assert!(warned(CLASSIC, "address: 192.168.20.5, "));
    assert!(!warned(CLASSIC, ""), "DHCP is asked for on all of them anyway");
    assert!(!warned(CLASSIC, "address: 192.168.20.5, mac: \"dc:a6:32:00:00:11\", "));
    assert!(warned(("v1.12.11", "v1.35.4"), "address: 192.168.20.5, "));
    assert!(!warned(TYPED, "address: 192.168.20.5, "), "the one with the lowest MAC address");
}

#[test]
fn an_address_on_a_vlan_is_the_nodes_own_and_leads_out() {
    let (talos, kubernetes) = TYPED;
    let links = "links: {up: {match: {name: eth0}, vlans: {m: {id: 5, addresses: [192.168.20.5/24]}, s: null}}}";
    let text = cloud(talos, kubernetes)
        .replace("worker: {role: worker}", &format!("worker: {{role: worker, class: c, zone: z, {links}}}"))
        + "zones: {z: }\nnodeClasses: {c: {links: {up: {vlans: {s: {id: 6}}}}}}\n";
    let documents = worker(&text);
    let vlans: Vec<_> = documents.iter().filter(|document| document["kind"] == "VLANConfig").collect();
    assert_eq!(vlans.len(), 1, "`null` takes one away");
    assert_eq!(vlans[0]["routes"], json!([{"gateway": "192.168.20.1"}]));
    assert_eq!(documents[0]["machine"]["nodeLabels"], json!({"topology.kubernetes.io/zone": "z"}));
    let (compiled, ..) = compile_text(&text.replace("https://base:6443", "192.168.20.6").replace(
        "controlplane: {role: control-plane}",
        "controlplane: {role: control-plane, links: {a: {match: {name: eth0}, vlans: {v: {id: 5, addresses: [192.168.20.6/24]}}}}}",
    ));
    let compiled = compiled.expect("the endpoint is this node's own address");
    assert!(compiled.tree.iter().all(|(_, file)| !String::from_utf8_lossy(&file.bytes).contains("Layer2VIPConfig")));
    let readme = String::from_utf8_lossy(&compiled.tree.get("README.md").unwrap().bytes).into_owned();
    assert!(readme.contains("| `worker` | worker | c | 192.168.20.5 |"), "{readme}");
}

#[test]
fn a_selector_that_fits_several_interfaces_takes_the_first() {
    let (talos, kubernetes) = TYPED;
    let links = "links: {lan: {match: {driver: igb}, addresses: [192.168.20.5/24]}}";
    let documents = worker(&cloud(talos, kubernetes).replace("role: worker", &format!("role: worker, {links}")));
    let names: Vec<_> = documents.iter().filter_map(|document| document["name"].as_str()).collect();
    assert_eq!(names, ["lan%d", "lan0"]);
}

#[test]
fn a_shared_address_needs_a_network_that_its_machines_are_in() {
    let (talos, kubernetes) = TYPED;
    let text = cloud(talos, kubernetes)
        .replace("nodes: 192.168.20.0/24", "nodes: [192.168.20.0/24, 192.168.21.0/24]")
        .replace("https://base:6443", "192.168.21.9")
        .replace("role: control-plane", "role: control-plane, mac: \"dc:a6:32:00:00:11\", address: 192.168.20.5");
    let (compiled, diagnostics, _) = compile_text(&text);
    let rules: Vec<_> = diagnostics.sorted().iter().map(|d| d.rule).collect();
    assert!(compiled.is_none() && rules.contains(&"endpoint-out-of-reach"), "{rules:?}");
}

#[test]
fn patches_of_addresses_and_policies_are_taken_as_talos_has_them() {
    let (talos, kubernetes) = TYPED;
    let patches = "\
patches:
  - {at: talos/nodes/*, reason: r, merge: {machine: {logging: {destinations: [{endpoint: \"udp://10.0.0.1:514\", format: json_lines}]}}}}
  - {at: talos/nodes/*, reason: r, merge: {kind: KmsgLogConfig, name: k, url: \"tcp://10.0.0.1:514\"}}
";
    let text = cloud(talos, kubernetes)
        .replace("controlPlane: {", "controlPlane: {apiServer: {audit: {rules: [{level: None}]}}, ")
        .replace("role: worker", "role: worker, kubelet: {nodeIP: [192.168.20.0/24, \"!192.168.20.128/25\"]}")
        + patches;
    let documents = worker(&text);
    assert!(documents.iter().any(|document| document["kind"] == "KmsgLogConfig"));
    let subnets = &documents[0]["machine"]["kubelet"]["nodeIP"]["validSubnets"];
    assert_eq!(*subnets, json!(["192.168.20.0/24", "!192.168.20.128/25"]));
    let (compiled, ..) = compile_text(&text);
    let file = compiled.unwrap().tree.get("talos/machines/controlplane.yaml").unwrap().bytes.clone();
    let policy = &self::documents(&file)[0]["cluster"]["apiServer"]["auditPolicy"];
    assert_eq!(*policy, json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "None"}]}));
}

#[test]
fn a_deletion_needs_one_machine_that_has_what_it_deletes() {
    let (talos, kubernetes) = NEW;
    let deletes = |kind: &str| {
        let patch = format!("patches: [{{at: talos/nodes/*, reason: r, merge: {{kind: {kind}, $patch: delete}}}}]\n");
        compile_text(&(cloud(talos, kubernetes) + &patch)).0.is_some()
    };
    assert!(deletes("KubeFlannelCNIConfig"), "workers have none");
    assert!(deletes("DiscoveryIdentityConfig"), "it comes with the secrets");
    assert!(!deletes("WatchdogTimerConfig"), "no machine has one");
}

#[test]
fn users_log_in_where_the_api_server_looks() {
    let (talos, kubernetes) = NEW;
    let oidc = "controlPlane: {apiServer: {oidc: {issuer: \"https://id.example\", clientId: k}}, endpoint";
    let text = cloud(talos, kubernetes).replace("controlPlane: {endpoint", oidc);
    let file = |text: &str| {
        let (compiled, ..) = compile_text(text);
        documents(&compiled.unwrap().tree.get("talos/machines/controlplane.yaml").unwrap().bytes)
    };
    let authentication = |documents: &[Value]| {
        documents
            .iter()
            .find(|document| document["kind"] == "KubeAuthenticationConfig")
            .map(|found| found["configuration"]["jwt"].clone())
    };
    let typed = file(&text);
    let mapping = json!({"username": {"claim": "sub", "prefix": "https://id.example#"}});
    let issuer = json!({"issuer": {"url": "https://id.example", "audiences": ["k"]}, "claimMappings": mapping});
    assert_eq!(authentication(&typed), Some(json!([issuer])));
    let volumes = "{cluster: {apiServer: {extraVolumes: [{hostPath: /var/a, mountPath: /a}]}}}";
    let legacy = file(&(text + &format!("patches: [{{at: talos/node/controlplane, reason: r, merge: {volumes}}}]\n")));
    assert_eq!(authentication(&legacy), None);
    assert_eq!(legacy[0]["cluster"]["apiServer"]["extraArgs"]["oidc-client-id"], "k");
}
