//! Catalog entries of a user's own: the folder `components/` beside `cloud.yaml`.

use cloudc::catalog::Catalog;
use cloudc::schema::own_entries;
use cloudc::source::Sources;

use crate::support::run;

const CLOUD: &str = "
apiVersion: cloudc.dev/v1alpha1
kind: Cloud
metadata: {name: own}
versions: {talos: v1.13.9, kubernetes: v1.35.4}
delivery: {git: {url: 'https://git.example/own.git'}}
network: {nodes: 192.168.1.0/24, pods: 10.244.0.0/16, services: 10.96.0.0/16}
controlPlane: {endpoint: 192.168.1.50}
nodeClasses: {box: {installDisk: /dev/sda}}
nodes:
  a: {class: box, role: control-plane, address: 192.168.1.50}
components:
  cilium: {}
  tailnet: {tag: home}
  reloader: {}
";

/// A product that the catalog does not know, with its node half.
const TAILNET: &str = "
apiVersion: cloudc.dev/v1alpha1
kind: Component
name: tailnet
title: Tailnet
summary: Puts Services into a private network.
docs: https://tailnet.example
parameters:
  tag: {description: Tag of the machines., type: string}
requiredParameters: [tag]
namespace: {name: tailnet, podSecurity: privileged}
images:
  sidecar: {repository: registry.example/sidecar, tag: v3, source: registry.example}
node:
  - reason: packets go through a device of the kernel
    extensions: [tailscale]
    modules: {tun: []}
    sysctls: {net.ipv4.ip_forward: '1'}
layers:
  - name: release
    releases:
      - name: tailnet
        chart: {oci: oci://registry.example/charts/tailnet, version: 2.1.0, source: registry.example}
        values: |
          tags: [{{ params.tag }}]
          sidecar: {{ images.sidecar.ref }}
";

/// An entry that the catalog has, in another version and place.
pub const RELOADER: &str = "
apiVersion: cloudc.dev/v1alpha1
kind: Component
name: reloader
title: Reloader
summary: Ours.
docs: https://reloader.example
namespace: {name: ours}
layers:
  - name: release
    releases:
      - name: reloader
        chart: {oci: oci://mirror.example/charts/reloader, version: 9.9.9, source: our mirror}
";

/// A folder with a cloud and entries.
fn folder(entries: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cloud.yaml"), CLOUD).unwrap();
    for (name, text) in entries {
        let entry = folder.path().join("components").join(name);
        std::fs::create_dir_all(&entry).unwrap();
        std::fs::write(entry.join("component.yaml"), text).unwrap();
    }
    folder
}

#[test]
fn own_entries_stand_beside_and_over_those_of_the_catalog() {
    let folder = folder(&[("tailnet", TAILNET), ("reloader", RELOADER)]);
    let output = run(folder.path(), &["build"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
    let release = read("flux/components/tailnet/release/helmrelease.yaml");
    assert!(release.contains("- home") && release.contains("sidecar: registry.example/sidecar:v3"), "{release}");
    assert!(read("talos/machines/a.yaml").contains("name: tun"), "its module is loaded");
    assert!(read("talos/images/box/schematic.yaml").contains("siderolabs/tailscale"), "its extension is in the image");
    assert!(read("flux/sources/reloader.yaml").contains("tag: \"9.9.9\""), "the catalog's entry is hidden");
    assert!(read("flux/namespaces/ours.yaml").contains("name: ours"));
}

#[test]
fn editors_are_told_of_own_entries() {
    let folder = folder(&[("tailnet", TAILNET)]);
    let output = run(folder.path(), &["schema"]);
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let tag = &schema["properties"]["components"]["properties"]["tailnet"]["properties"]["tag"];
    assert_eq!(tag["description"], "Tag of the machines.");
}

#[test]
fn a_cloud_is_checked_against_own_entries() {
    let folder = folder(&[("tailnet", TAILNET)]);
    std::fs::write(folder.path().join("cloud.yaml"), CLOUD.replace("{tag: home}", "{tags: home}")).unwrap();
    let output = run(folder.path(), &["lint"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("unknown-key") && said.contains("did you mean `tag`?"), "{said}");
}

/// Entries that cannot stand beside those of the catalog, and the finding that says so.
const CLASHES: &[(&str, &str)] = &[
    (
        "provides: {crds: [{groups: [cilium.io], layer: release, mechanism: templates}]}",
        "cloud.yaml:14:3: error[two-crd-owners]: `cilium` and `tailnet` both bring the kinds of `cilium.io`",
    ),
    ("slots: [{name: cni}]", "cloud.yaml:14:3: error[slot-taken]: `cilium` and `tailnet` both are the `cni`"),
    ("kubernetes: '>=1.99.0'", "cloud.yaml:14:3: error[version-window]: `tailnet` does not run on Kubernetes 1.35.4"),
    ("talos: '<1.13.0'", "cloud.yaml:14:3: error[version-window]: `tailnet` does not run on Talos 1.13.9"),
    ("conflicts: [{component: reloader, reason: r}]", "error[component-conflict]: `tailnet` and `reloader` cannot"),
    ("status: moved\nreplacedBy: reloader", "warning[retired-component]: Tailnet is moved upstream"),
];

#[test]
fn what_cannot_stand_together_is_refused() {
    for (line, finding) in CLASHES {
        let folder = folder(&[("tailnet", &TAILNET.replace("\nimages:", &format!("\n{line}\nimages:")))]);
        let lint = ["lint", "--output-format", "concise"];
        let output = run(folder.path(), &lint);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(finding), "{line}: {said}");
    }
}

#[test]
fn an_object_has_one_owner() {
    let objects = "  - name: class\n    objects: |\n      apiVersion: node.k8s.io/v1\n      kind: RuntimeClass\n      metadata: {name: kata}\n      handler: kata\n";
    let tailnet = format!("{TAILNET}{objects}");
    let reloader = format!("{RELOADER}{objects}");
    let folder = folder(&[("tailnet", &tailnet), ("reloader", &reloader)]);
    let output = run(folder.path(), &["lint"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("error[duplicate-object]: `tailnet` and `reloader` both make the RuntimeClass `kata`"),
        "{said}"
    );
}

/// One planted fault each: what is replaced, by what, the text under the finding, and part of its message or help.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    ("kind: Component", "kind: Komponent", "Komponent", "Component"),
    ("summary:", "sumary:", "sumary", "did you mean `summary`?"),
    ("name: tailnet\ntitle", "name: tailnett\ntitle", "tailnett", "in the folder `tailnet`"),
    ("requiredParameters: [tag]", "requiredParameters: [tags]", "tags", "did you mean `tag`?"),
    ("type: string}", "type: text}", "text", "no JSON Schema"),
    (
        "  tag: {description",
        "  version: {description: V, type: string}\n  tag: {description",
        "version",
        "every component",
    ),
    ("type: string}", "type: string, default: 7}", "7", "the default"),
    ("\nimages:", "\nrequires: [{component: cilum, reason: r}]\nimages:", "cilum", "did you mean `cilium`?"),
    ("\nimages:", "\nrequires: [{reason: r}]\nimages:", "{reason: r}", "needs nothing"),
    (
        "\nimages:",
        "\nrequires: [{component: cilium, layer: config, reason: r}]\nimages:",
        "config",
        "no layer `config`",
    ),
    ("\nimages:", "\nafter: [metalb]\nimages:", "metalb", "did you mean `metallb`?"),
    ("\nimages:", "\nslots: [{name: vpn, when: 'nodes|lenght >'}]\nimages:", "'nodes|lenght >'", "cannot be read"),
    ("\nimages:", "\ntalos: 'newest'\nimages:", "'newest'", "no window of versions"),
    ("{{ params.tag }}", "{{ params.tag", "", "cannot be read"),
    ("version: 2.1.0", "version: ^2.1.0", "^2.1.0", "no exact version"),
    ("tag: v3", "tag: latest", "latest", "no exact version"),
    ("oci: oci://registry.example/charts/tailnet, ", "", "chart", "this one has 0"),
    ("      - name: tailnet", "      - name: tailnet\n        dependsOn: [crds]", "crds", "no release `crds`"),
];

#[test]
fn what_is_wrong_with_an_own_entry_is_found_at_its_place() {
    for (from, to, at, says) in FAULTS {
        assert!(TAILNET.contains(from), "{from}");
        let text = TAILNET.replacen(from, to, 1);
        let mut sources = Sources::default();
        let file = "components/tailnet/component.yaml".to_owned();
        let diagnostics = own_entries(&mut Catalog::builtin(), &mut sources, vec![(file, text)]);
        let found = diagnostics.sorted();
        let fits = found.iter().any(|d| {
            let help = d.help.as_deref().unwrap_or_default();
            sources.text(d.span).starts_with(at) && (d.message.contains(says) || help.contains(says))
        });
        assert!(fits && diagnostics.has_errors(), "{to}: {found:#?}");
    }
}
