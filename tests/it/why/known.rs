//! What is known of some lines is what is said of them, no more and no less.

use cloudc::provenance::{Origin, Provenance};
use cloudc::source::Folder;
use cloudc::syntax::Path;
use cloudc::{Before, Compiled, compile};

use crate::support::{catalog, compile_text, repository};

const CLOUD: &str = "
apiVersion: cloudc.dev/v1alpha1
kind: Cloud
metadata: {name: known}
versions: {talos: v1.13.9, kubernetes: v1.35.4}
delivery: {git: {url: 'https://git.example/known.git'}, sops: {age: [age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq]}}
network:
  nodes: 10.0.0.0/24
  pods: [10.244.0.0/16]
  services: 10.96.0.0/16
  loadBalancers: {lan: {addresses: [10.0.0.128/26], advertise: l2}}
controlPlane: {endpoint: 10.0.0.10, schedulable: true, apiServer: {extraArgs: {event-ttl: 2h}}}
nodeDefaults:
  installDisk: {type: ssd}
  kubelet: {extraArgs: {v: 3}}
  volumes: {data: {kind: raw, diskSelector: {type: nvme}, minSize: 500GiB}}
nodeClasses:
  base: {sysctls: {vm.max_map_count: 262144}}
  metal: {extends: base, extensions: [i915]}
nodes:
  k1: {role: control-plane, class: metal, address: 10.0.0.11, labels: {example.com/rack: r1, x: y}}
  k2: {role: control-plane, class: metal, address: 10.0.0.12}
  k3: {role: control-plane, class: metal, address: 10.0.0.13}
components:
  cilium: {hubble: true, values: {debug: {enabled: true}}}
  metallb: {interval: 30m}
  metrics-server: {version: 3.12.0}
  linstor:
    pools: {fast: {driver: zfs, volume: data}}
    storageClasses: {safe: {pool: fast, replicas: 2, default: true}}
tenants:
  acme:
    kubernetes: v1.34.2
    network: {pods: 10.243.0.0/16, services: 10.95.0.0/16}
    nodeGroups:
      md0: {replicas: {min: 1, max: 3}, cpu: 8, memory: 16Gi, labels: {tier: web}}
    storageClasses: {gold: {from: safe, default: true}}
    addons: {cilium: {}}
    quota: {cpu: 96}
patches:
  - at: talos/node/k2
    reason: it has less memory
    merge: {machine: {sysctls: {vm.swappiness: '10'}}}
";

fn cloud(text: &str) -> Compiled {
    let (compiled, diagnostics, sources) = compile_text(text);
    let findings = cloudc::diag::render(&diagnostics, &sources, cloudc::diag::Format::Human, false);
    compiled.unwrap_or_else(|| panic!("{findings}"))
}

fn shown(origin: &Origin) -> String {
    match origin {
        Origin::Spec(path) => path.to_string(),
        Origin::Key(path) => format!("key {path}"),
        Origin::Default(path) => format!("default {path}"),
        Origin::Need { component, .. } => format!("need of {component}"),
        Origin::Catalog { file, what } => format!("{file}: {what}"),
        Origin::Lock { path } => format!("lock {path}"),
        Origin::Rule { .. } => "rule".to_owned(),
    }
}

/// What the first line of a file with this text comes from directly.
fn direct(compiled: &Compiled, file: &str, text: &str) -> Vec<String> {
    let bytes = &compiled.tree.get(file).unwrap_or_else(|| panic!("no {file}")).bytes;
    let all = String::from_utf8_lossy(bytes).into_owned();
    let number = all.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("no `{text}` in {all}")) + 1;
    let lines = Provenance::new(compiled, catalog()).lines(file);
    lines[number - 1].origins.direct.iter().map(shown).collect()
}

#[test]
fn lines_of_machines() {
    let compiled = cloud(CLOUD);
    let machine = |text| direct(&compiled, "talos/machines/k1.yaml", text);
    assert_eq!(machine("vm.max_map_count"), ["nodeClasses.base.sysctls[\"vm.max_map_count\"]"]);
    assert_eq!(machine("example.com/rack"), ["nodes.k1.labels[\"example.com/rack\"]"]);
    assert_eq!(machine("v: \"3\""), ["nodeDefaults.kubelet.extraArgs.v"]);
    assert_eq!(machine("event-ttl"), ["controlPlane.apiServer.extraArgs.event-ttl"]);
    assert_eq!(machine("name: \"10.0.0.10\""), ["controlPlane.endpoint"]);
    assert_eq!(machine("podSubnets"), ["rule"]);
    assert_eq!(machine("- 10.244.0.0/16"), ["network.pods[0]"]);
    assert_eq!(machine("name: drbd_transport_tcp"), ["need of linstor"]);
    assert_eq!(machine("minSize: 500GiB"), ["nodeDefaults.volumes.data.minSize"]);
    assert_eq!(machine("wipe: false"), ["default nodes.k1.wipe"]);
    assert_eq!(machine("type: ssd"), ["nodeDefaults.installDisk.type"]);
    assert_eq!(machine("kube-apiserver:v"), ["versions.kubernetes"]);
    assert_eq!(machine("type: controlplane"), ["nodes.k1.role"]);
    let patched = direct(&compiled, "talos/machines/k2.yaml", "vm.swappiness");
    assert_eq!(patched[0], "patches[0].merge.machine.sysctls[\"vm.swappiness\"]");
}

#[test]
fn lines_of_images() {
    let compiled = cloud(CLOUD);
    let image = |text| direct(&compiled, "talos/images/metal/schematic.yaml", text);
    assert_eq!(image("siderolabs/i915"), ["nodeClasses.metal.extensions[0]"]);
    assert_eq!(image("siderolabs/drbd"), ["need of linstor"]);
}

#[test]
fn lines_of_components() {
    let compiled = cloud(CLOUD);
    let entry = |name: &str, what: &str| format!("<stdlib>/components/{name}/component.yaml: {what}");
    let cilium = |text| direct(&compiled, "flux/components/cilium/release/helmrelease.yaml", text);
    assert_eq!(cilium("debug:"), ["components.cilium.values.debug".to_owned(), entry("cilium", "values of `cilium`")]);
    assert_eq!(cilium("interval: 1h"), ["default components.cilium.interval"]);
    assert_eq!(cilium("k8sServicePort"), [entry("cilium", "values of `cilium`")]);
    assert_eq!(
        direct(&compiled, "flux/components/metallb/release/helmrelease.yaml", "interval: 30m"),
        ["components.metallb.interval"]
    );
    let class = |text| direct(&compiled, "flux/components/linstor/storage/storageclass.yaml", text);
    assert_eq!(class("placementCount")[0], "components.linstor.storageClasses.safe.replicas");
    let release = direct(&compiled, "flux/components/metrics-server/release/helmrelease.yaml", "version: ");
    assert_eq!(release, ["components.metrics-server.version"]);
    assert_eq!(direct(&compiled, "flux/sources/metallb.yaml", "tag: "), [entry("metallb", "version of the chart")]);
    let kustomization = |text| direct(&compiled, "flux/components/metallb.yaml", text);
    assert_eq!(kustomization("provider: sops"), ["delivery.sops.age"]);
    assert_eq!(kustomization("interval: 10m"), ["default delivery.interval"]);
}

#[test]
fn lines_of_tenants() {
    let compiled = cloud(CLOUD);
    let group = |text| direct(&compiled, "tenants/acme/cluster/nodegroup-md0.yaml", text);
    assert_eq!(group("cores: 8"), ["tenants.acme.nodeGroups.md0.cpu"]);
    assert_eq!(group("guest: 16Gi"), ["tenants.acme.nodeGroups.md0.memory"]);
    assert_eq!(group("storage: 20Gi"), ["default tenants.acme.nodeGroups.md0.disk"]);
    assert_eq!(group("-max-size"), ["tenants.acme.nodeGroups.md0.replicas.max"]);
    assert_eq!(group("version: v1.34.2"), ["tenants.acme.kubernetes"]);
    assert_eq!(direct(&compiled, "tenants/acme/cluster/quota.yaml", "requests.cpu"), ["tenants.acme.quota.cpu"]);
    let class = |text| direct(&compiled, "tenants/acme/addons/csi/storage-classes.yaml", text);
    assert_eq!(class("infraStorageClassName"), ["tenants.acme.storageClasses.gold.from"]);
    assert_eq!(class("is-default-class"), ["tenants.acme.storageClasses.gold.default"]);
}

/// What `cloud.lock` holds and the catalog has otherwise comes from the lock.
#[test]
fn versions_that_are_held() {
    let first = cloud(CLOUD);
    let version = catalog().component("metallb").unwrap().layers[0].releases[0].chart.version.clone();
    let section = first.lock.text.find("\n  metallb:").unwrap();
    let (before, after) = first.lock.text.split_at(section);
    let held = format!("{before}{}", after.replacen(&version, "0.14.1", 1));
    let compile_with = |lock: &str| {
        let mut sources = cloudc::source::Sources::default();
        let before = Before { lock: Some(("cloud.lock".to_owned(), lock.to_owned())), ..Before::default() };
        let beside = Folder::new(repository("tests/clouds"));
        compile(&mut sources, "cloud.yaml", CLOUD, catalog(), before, &beside).0.unwrap()
    };
    let version = |lock: &str| direct(&compile_with(lock), "flux/sources/metallb.yaml", "tag: ");
    assert_eq!(version(&held), ["lock components.metallb.releases.metallb"]);
    let same = version(&first.lock.text);
    assert_eq!(same[0], "lock components.metallb.releases.metallb");
    assert_eq!(same[1], "<stdlib>/components/metallb/component.yaml: version of the chart");
}

/// A label is a line of one machine, and what stands over it.
#[test]
fn a_small_thing_touches_few_lines() {
    let compiled = cloud(CLOUD);
    let provenance = Provenance::new(&compiled, catalog());
    let blast = provenance.blast(&Path::of(["nodes", "k1", "labels", "x"]));
    assert_eq!(blast.keys().collect::<Vec<_>>(), ["talos/machines/k1.yaml"]);
    assert!(blast["talos/machines/k1.yaml"].len() <= 3, "{blast:?}");
    let blast = provenance.blast(&Path::of(["tenants", "acme", "quota", "cpu"]));
    assert_eq!(blast.keys().collect::<Vec<_>>(), ["tenants/acme/cluster/quota.yaml"]);
    let blast = provenance.blast(&Path::of(["components", "cilium", "values", "debug", "enabled"]));
    let files: Vec<&String> = blast.keys().collect();
    assert_eq!(files, ["bootstrap/20-cni/cilium.values.yaml", "flux/components/cilium/release/helmrelease.yaml"]);
    assert!(blast.values().all(|lines| lines.len() <= 4), "{blast:?}");
}
