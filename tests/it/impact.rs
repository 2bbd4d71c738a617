//! The impact table: it covers everything that is emitted, and holds nothing that is not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use cloudc::emitted::{Contents, Difference, Emitted, Place, Step, compare, read};
use cloudc::impact::{Label, Row, Table};
use cloudc::spec::scalar::Minor;
use serde_json::Value;

use crate::catalog::{SMALL, alone, required};
use crate::support::{catalog, clouds, compile_file, compile_text, repository};

/// What entries emit when they are asked for more than they must: components and their parameters.
const USES: &[&str] = &[
    "multus: {networks: {lan: {config: {type: bridge}}}}\n  metallb: {}",
    "csi-driver-nfs: {storageClasses: {nfs: {server: a.example, share: /a, subDir: b, mountOptions: [hard]}}}
  snapshot-controller: {}
  metallb: {}",
    "longhorn: {volume: data, storageClasses: {a: {default: true}}, backup: {target: 's3://a', secret: b}}
  snapshot-controller: {}
  metallb: {}",
    "external-secrets:
    stores:
      a: {vault: {server: 'https://a.example', role: a, ca: {secret: a, namespace: a}}}
      b: {vault: {server: 'https://a.example', tokenSecret: a}}
      c: {onePassword: {vault: a, secret: b}}
  metallb: {}",
    "envoy-gateway: {mergeGateways: true, replicas: 2}\n  metallb: {}",
    "linstor: {pools: {fast: {driver: lvm-thin, volume: raw}}, storageClasses: {safe: {pool: fast, default: true}}}
  snapshot-controller: {}
  prometheus-operator-crds: {}
  cert-manager: {}
  vault: {}
  openbao: {}
  metallb: {}",
];

/// Everything that tests emit, each text once, with the minor of the machines.
fn emitted() -> &'static [(Minor, Vec<Difference>)] {
    static EMITTED: OnceLock<Vec<(Minor, Vec<Difference>)>> = OnceLock::new();
    EMITTED.get_or_init(|| {
        let mut compiled: Vec<_> = clouds().iter().map(|path| compile_file(path)).collect();
        for component in catalog().components().filter(|component| component.management) {
            compiled.extend(compile_text(&alone(&component.name, required(&component.name))).0);
        }
        for components in USES {
            let (one, diagnostics, sources) = compile_text(&format!("{SMALL}  {components}\n"));
            let findings = || cloudc::diag::render(&diagnostics, &sources, cloudc::diag::Format::Concise, false);
            compiled.push(one.unwrap_or_else(|| panic!("{components}: {}", findings())));
        }
        let mut files = BTreeSet::new();
        for compiled in &compiled {
            let talos = Minor::from(&compiled.model.talos);
            for (path, file) in compiled.tree.iter() {
                let text = std::str::from_utf8(&file.bytes).unwrap();
                files.insert((talos, path.as_str(), text));
                // A configuration keeps its layout when its machine takes a newer Talos.
                if path.as_str().starts_with("talos/machines/") {
                    files.insert((Minor::v1(14), path.as_str(), text));
                }
            }
        }
        files.into_iter().map(|(talos, path, text)| (talos, differences(path, text))).collect()
    })
}

/// Every difference that could be at the places of a file.
fn differences(path: &str, text: &str) -> Vec<Difference> {
    let mut found = Vec::new();
    match read(path, text) {
        Contents::Text(object) => {
            let place = Place { file: path.to_owned(), object, path: Vec::new() };
            found.extend(whole(&place, &Value::String(text.to_owned())));
            found.extend(changes(&Place { path: vec![Step::Key("text".into())], ..place }, &"a".into()));
        }
        Contents::Documents(documents) => {
            for document in documents {
                found.extend(document.places(path).into_iter().flat_map(|(place, _)| of(&document, &place)));
            }
        }
    }
    found
}

fn of(document: &Emitted, place: &Place) -> Vec<Difference> {
    let value = document.get(&place.path).unwrap();
    if place.path.is_empty() {
        return whole(place, &value);
    }
    match &value {
        // What is in it is judged one by one; only its order is a difference of its own.
        Value::Array(list) if list.len() > 1 => vec![difference(place, Some(&value), Some(&Value::Array(Vec::new())))],
        Value::Array(list) if !list.is_empty() => Vec::new(),
        Value::Object(map) if !map.is_empty() => Vec::new(),
        _ => changes(place, &value),
    }
}

fn difference(place: &Place, from: Option<&Value>, to: Option<&Value>) -> Difference {
    Difference { place: place.clone(), from: from.cloned(), to: to.cloned() }
}

fn whole(place: &Place, value: &Value) -> Vec<Difference> {
    vec![difference(place, None, Some(value)), difference(place, Some(value), None)]
}

fn changes(place: &Place, value: &Value) -> Vec<Difference> {
    let mut found = whole(place, value);
    let other = |text: &str| Value::String(text.to_owned());
    match value {
        Value::Number(_) => {
            found.push(difference(place, Some(value), Some(&1_000_000_000.into())));
            found.push(difference(place, Some(value), Some(&(-1).into())));
        }
        Value::String(text) => {
            found.push(difference(place, Some(value), Some(&other("another"))));
            let unit = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            if unit > 0 {
                found.push(difference(place, Some(value), Some(&other(&format!("999999999{}", &text[unit..])))));
                found.push(difference(place, Some(value), Some(&other(&format!("0{}", &text[unit..])))));
            }
        }
        _ => found.push(difference(place, Some(value), Some(&other("another")))),
    }
    found
}

/// The place as one of many: its kind and keys, items as `*`.
fn shape(difference: &Difference) -> String {
    let Place { file, object, path } = &difference.place;
    let folder: Vec<&str> = file.split('/').take(2).collect();
    let path: Vec<&str> = path.iter().map(|step| if let Step::Key(key) = step { key } else { "*" }).collect();
    format!("{} {}/{} {}", folder.join("/"), object.group, object.kind, path.join("."))
}

#[test]
fn everything_that_is_emitted_has_a_row() {
    let table = Table::builtin();
    let mut without = BTreeMap::<String, BTreeSet<String>>::new();
    for (talos, differences) in emitted() {
        for difference in differences {
            if table.judge(difference, *talos).source.is_none() {
                without.entry(shape(difference)).or_default().insert(format!("{:?}", difference.operation()));
            }
        }
    }
    let without: Vec<String> = without
        .into_iter()
        .map(|(place, operations)| format!("{place}: {}", operations.into_iter().collect::<Vec<_>>().join(" ")))
        .collect();
    assert!(without.is_empty(), "no row of stdlib/impact/ covers these:\n{}", without.join("\n"));
}

#[test]
fn every_row_is_needed() {
    let table = Table::builtin();
    let rows = table.rows();
    let mut kinds: Vec<BTreeSet<usize>> = rows.iter().map(|_| BTreeSet::new()).collect();
    let mut paths = kinds.clone();
    for (talos, differences) in emitted() {
        for difference in differences {
            let found = rows.iter().enumerate().find_map(|(at, row)| Some((at, row.part(difference, *talos)?)));
            if let Some((at, (kind, path))) = found {
                kinds[at].insert(kind);
                paths[at].insert(path);
            }
        }
    }
    let needed = |at: usize| rows[at].patches || (kinds[at].len(), paths[at].len()) == rows[at].parts();
    let rotten: Vec<String> = (0..rows.len())
        .filter(|at| !needed(*at))
        .map(|at| {
            let Row { file, label, note, source, .. } = &rows[at];
            format!("{file}: {label} {note:?} {source}: only kinds {:?}, paths {:?}", kinds[at], paths[at])
        })
        .collect();
    assert!(rotten.is_empty(), "nothing emitted is covered by these:\n{}", rotten.join("\n"));
}

#[test]
fn every_row_is_well_formed() {
    for row in Table::builtin().rows() {
        assert!(row.source.len() > 5, "a row has no source: {row:?}");
        assert!(row.label.as_str() != "unknown" || row.note.is_some(), "does not say why: {row:?}");
        assert!(row.note.as_ref().is_none_or(|note| !note.ends_with('.') && note.len() <= 120), "{row:?}");
    }
}

/// A file of a snapshot, a text in it, what stands there then, and the worst that happens.
type Effect = (&'static str, &'static str, &'static str, &'static str);

fn worst(file: &str, text: &str, changed: &str, talos: u64) -> Label {
    let side = |text: &str| BTreeMap::from([(file.to_owned(), text.to_owned())]);
    let label = |difference: &Difference| Table::builtin().judge(difference, Minor::v1(talos)).label;
    compare(&side(text), &side(changed)).iter().map(label).max().unwrap()
}

fn hold(effects: &[Effect]) {
    for (path, from, to, label) in effects {
        let text = std::fs::read_to_string(repository("snapshots").join(path)).unwrap();
        assert!(text.contains(from), "{path} does not say {from}");
        let file = path.split_once('/').unwrap().1;
        assert_eq!(worst(file, &text, &text.replace(from, to), 13).as_str(), *label, "{path}: {from} -> {to}");
    }
}

#[test]
fn machines_do_what_talos_says() {
    let machine = "one/talos/machines/box.yaml";
    hold(&[
        (machine, ":v1.13.9", ":v1.14.1", "os-upgrade"),
        (machine, "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba", "0", "os-upgrade"),
        (machine, "v1.35.4", "v1.35.5", "live"),
        (machine, "https://192.168.1.50", "https://192.168.1.9", "connectivity"),
        (machine, "192.168.1.50/24", "192.168.1.9/24", "connectivity"),
        (machine, "type: nvme", "type: ssd", "recreate"),
        (machine, "10.244.0.0/16", "10.200.0.0/16", "frozen"),
        (machine, "cluster.local", "cluster.other", "frozen"),
        (machine, "certSANs: []", "certSANs: [a]", "live"),
        (machine, "advertisedSubnets:\n    -", "advertisedSubnets:\n    - 10.0.0.0/8\n    -", "reboot"),
        (machine, "hostname: box", "hostname: other", "recreate"),
        (machine, "maxSize: 80GiB", "maxSize: 90GiB", "data-loss"),
        (machine, "minSize: 100GiB", "minSize: 50GiB", "frozen"),
        (machine, "match: system_disk", "match: disk.dev_path == '/dev/sda'", "frozen"),
        (machine, "type: controlplane", "type: worker", "quorum"),
        (machine, "  install:", "  sysctls: {vm.swappiness: \"1\"}\n  install:", "live"),
        (machine, "  install:", "  files: [{path: /var/a, content: b}]\n  install:", "reboot"),
        (machine, "  install:", "  nodeTaints: {a: \"b:NoExecute\"}\n  install:", "restart"),
        (machine, "  install:", "  nodeTaints: {a: \"b:NoSchedule\"}\n  install:", "live"),
        (machine, "  install:", "  kernel: {modules: [{name: drbd}]}\n  install:", "live"),
        (machine, "  install:", "  unheardOf: true\n  install:", "unknown"),
        ("cozy/talos/images/metal/imager.yaml", "arch: amd64", "arch: arm64", "recreate"),
    ]);
    let env = "machine: {env: {a: b}}";
    assert_eq!(worst("talos/machines/a.yaml", env, "machine: {env: {a: c}}", 13), Label::Reboot);
    assert_eq!(worst("talos/machines/a.yaml", env, "machine: {env: {a: c}}", 14), Label::Restart);
}

#[test]
fn clusters_do_what_their_controllers_say() {
    let group = "cozy/tenants/dev/cluster/nodegroup-md0.yaml";
    let control_plane = "cozy/tenants/dev/cluster/control-plane.yaml";
    let ceph = "home/flux/components/rook-ceph/cluster/helmrelease.yaml";
    hold(&[
        ("one/flux/sources/cilium.yaml", "1.20.1", "1.20.2", "restart"),
        (ceph, "reclaimPolicy: Delete", "reclaimPolicy: Retain", "frozen"),
        (ceph, "releaseName: ", "releaseName: a-", "data-loss"),
        (group, "cores: 4", "cores: 8", "rollout"),
        (group, "max-size: \"10\"", "max-size: \"12\"", "live"),
        (group, "max-size: \"10\"", "max-size: \"5\"", "rollout"),
        (control_plane, "replicas: 2", "replicas: 3", "live"),
        (control_plane, "dataStoreName: ", "dataStoreName: another-", "data-loss"),
        ("cozy/tenants/dev/cluster/cluster.yaml", "10.95.0.0/16", "10.94.0.0/16", "frozen"),
        ("cozy/bootstrap/20-cni/cilium.values.yaml", "true", "false", "noop"),
        ("cozy/README.md", "the", "a", "noop"),
    ]);
}

#[test]
fn what_flux_leaves_is_not_deleted() {
    let deleted = |file: &str, text: &str| {
        let old = BTreeMap::from([(file.to_owned(), text.to_owned())]);
        let differences = compare(&old, &BTreeMap::new());
        assert_eq!(differences.len(), 1);
        Table::builtin().judge(&differences[0], Minor::v1(13)).label
    };
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n";
    let kept = format!("{namespace}  annotations:\n    kustomize.toolkit.fluxcd.io/prune: disabled\n");
    assert_eq!(deleted("tenants/a/cluster/namespace.yaml", namespace), Label::DataLoss);
    assert_eq!(deleted("tenants/a/cluster/namespace.yaml", &kept), Label::Noop);
    assert_eq!(deleted("flux/namespaces/a.yaml", namespace), Label::Noop);
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: a\n  namespace: a\n";
    assert_eq!(deleted("flux/components/minio/release/helmrelease.yaml", release), Label::DataLoss);
    assert_eq!(deleted("flux/components/reloader/release/helmrelease.yaml", release), Label::Recreate);
    assert_eq!(deleted("flux/components/linstor/release/helmrelease.yaml", release), Label::Noop);
    let cluster = "apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: a\n  namespace: a\n";
    assert_eq!(deleted("tenants/a/cluster/cluster.yaml", cluster), Label::DataLoss);
}

/// The row about releases that Flux does not prune names them; the catalog knows who they are.
#[test]
fn protected_components_stay() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: a\n  namespace: a\n";
    for component in catalog().components().filter(|component| component.management) {
        let file = format!("flux/components/{}/release/helmrelease.yaml", component.name);
        let differences = compare(&BTreeMap::from([(file, release.to_owned())]), &BTreeMap::new());
        let stays = Table::builtin().judge(&differences[0], Minor::v1(13)).label == Label::Noop;
        assert_eq!(stays, component.protected, "{}", component.name);
    }
}
