//! Everything that can be explained is explained, and says what the catalog, the schema and the rules say.

use std::path::Path;
use std::process::Output;

use cloudc::catalog::Catalog;
use cloudc::explain::{Topic, contents, topic};
use cloudc::lint::registry::RULES;
use cloudc::schema::cloud_schema;
use serde_json::Value;
use snapbox::{IntoData, str};

use crate::support::{repository, run};

fn page(name: &str, catalog: &Catalog) -> String {
    topic(name, catalog).unwrap_or_else(|why| panic!("{why}")).page(catalog, None, false)
}

/// Text without its layout.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn explain(folder: &Path, arguments: &[&str]) -> (Output, String, String) {
    let ran = run(folder, &[&["explain"], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (result, story) = (text(&ran.stdout), text(&ran.stderr));
    (ran, result, story)
}

/// A folder with one of the examples as its cloud.
fn cloud(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cloud.yaml"), text).unwrap();
    folder
}

fn example(name: &str) -> String {
    std::fs::read_to_string(repository(&format!("examples/{name}/cloud.yaml"))).unwrap()
}

/// The version of a component's first chart, which changes with every update of the catalog.
fn version(catalog: &Catalog, name: &str) -> String {
    catalog.component(name).unwrap().layers[0].releases[0].chart.version.clone()
}

#[test]
fn a_small_component() {
    let catalog = Catalog::builtin();
    let said = page("reloader", &catalog).replace(&version(&catalog, "reloader"), "1.2.3");
    snapbox::assert_data_eq!(
        said,
        str![[r#"
reloader: Reloader
  Restarts workloads when a ConfigMap or Secret that they use changes.
  https://docs.stakater.com/reloader/

  status      active
  for         the management cluster
  on failure  tried again, never uninstalled; pruned when it leaves the cloud,
              drift is corrected
  entry       <stdlib>/components/reloader/component.yaml

Installs
  in namespace reloader, PodSecurity restricted
  1. release
     release reloader, chart 1.2.3
       oci://ghcr.io/stakater/charts/reloader
       version read in
       stakater/Reloader:deployments/kubernetes/chart/reloader/Chart.yaml@chart-v1.2.3

Parameters, under components.reloader
  all: true or false; default false
    Whether every workload is restarted; otherwise those with the annotation
    `reloader.stakater.com/auto: "true"`.

  ignoreNamespaces: list of text; default []
    Namespaces in which nothing is restarted.

  and as every component: enabled, version, namespace, values, dependsOn,
  interval, timeout

Needs
  after these, when they are there: prometheus-operator-crds

Needed by
  no other component

Sources
  - each chart is pushed to ghcr.io as an OCI artefact
    stakater/Reloader:.github/workflows/push-helm-chart.yaml@chart-v1.2.3
  - with GitOps the strategy `annotations` makes no drift; workloads ask for it
    with reloader.stakater.com/auto
    stakater/Reloader:README.md@chart-v1.2.3
  - replicas count only with enableHA, and readOnlyRootFileSystem brings the
    folder for temporary files
    stakater/Reloader:deployments/kubernetes/chart/reloader/templates/deployment.yaml@chart-v1.2.3

"#]]
        .raw()
    );
}

#[test]
fn every_component_is_told_whole() {
    let catalog = Catalog::builtin();
    for entry in catalog.components() {
        let name = entry.name.as_str();
        let page = page(name, &catalog);
        assert_eq!(page, self::page(&format!("components.{name}"), &catalog));
        assert!(page.lines().all(|line| line == line.trim_end()), "{page}");
        for line in page.lines().filter(|line| line.chars().count() > 80) {
            assert!(line.split_whitespace().count() <= 2, "{name}: {line}");
        }
        let text = words(&page);
        let mut facts = vec![entry.title.clone(), entry.summary.clone(), entry.docs.clone()];
        for (parameter, schema) in &entry.parameters {
            let mut below = Vec::new();
            paths(&Value::Null, schema, parameter, &mut below);
            let names = below.iter().map(|path| path.rsplit('.').next().unwrap());
            facts.extend(names.filter(|name| *name != "*" && !name.contains('[')).map(|name| format!("{name}:")));
            facts.push(format!("{parameter}:"));
        }
        facts.extend(entry.variants.iter().map(|(variant, about)| format!("{variant}: {}", about.summary)));
        facts.extend(entry.status_note.clone());
        for requirement in &entry.requires {
            facts.extend(requirement.component.as_ref().map(|other| format!("{other}: {}", requirement.reason)));
            facts.push(requirement.reason.clone());
            facts.extend(requirement.when.as_ref().map(|when| format!("when: {when}")));
        }
        facts.extend(entry.after.iter().cloned());
        facts.extend(entry.conflicts.iter().map(|conflict| format!("{}: {}", conflict.component, conflict.reason)));
        facts.extend(entry.provides.crds.iter().flat_map(|crds| crds.groups.clone()));
        facts.extend(entry.provides.storage_classes.clone());
        facts.extend(entry.slots.iter().map(|slot| format!("role {}", slot.name)));
        facts.extend(entry.secrets.iter().flat_map(|secret| [secret.purpose.clone(), secret.name.clone()]));
        for need in &entry.node {
            facts.push(need.reason.clone());
            facts.extend(need.when.as_ref().map(|when| format!("when: {when}")));
            let named = [&need.extensions, &need.kernel_args, &need.remove_labels, &need.kubelet.extra_mounts];
            facts.extend(named.into_iter().flatten().cloned());
            facts.extend(need.modules.keys().chain(need.sysctls.keys()).chain(need.files.keys()).cloned());
            facts.extend(need.labels.keys().chain(need.annotations.keys()).chain(need.volumes.keys()).cloned());
            facts.extend(need.ports.iter().map(|port| port.purpose.clone()));
        }
        facts.extend(entry.cluster.iter().map(|need| need.reason.clone()));
        facts.extend(entry.images.values().map(cloudc::catalog::Image::reference));
        for layer in &entry.layers {
            facts.push(layer.name.clone());
            facts.extend(layer.when.as_ref().map(|when| format!("when: {when}")));
            for release in &layer.releases {
                let chart = &release.chart;
                facts.push(format!("release {}, chart {}", release.name, chart.version));
                facts.extend([&chart.oci, &chart.repository, &chart.git, &chart.digest].into_iter().flatten().cloned());
                facts.push(chart.source.clone());
            }
            facts.extend(layer.manifests.as_ref().map(|manifests| manifests.git.clone()));
        }
        facts.extend(entry.sources.iter().flat_map(|source| [source.fact.clone(), source.source.clone()]));
        for fact in facts {
            assert!(text.contains(&words(&fact)), "the page of {name} lacks: {fact}");
        }
    }
}

#[test]
fn whoever_needs_a_component_stands_on_its_page() {
    let catalog = Catalog::builtin();
    for entry in catalog.components() {
        for requirement in &entry.requires {
            let Some(other) = &requirement.component else { continue };
            let page = page(other, &catalog);
            let (_, needed) = page.split_once("\nNeeded by\n").unwrap();
            let said = format!("{}: {}", entry.name, requirement.reason);
            assert!(words(needed).contains(&words(&said)), "the page of {other} lacks: {said}");
        }
    }
    let page = page("prometheus-operator-crds", &catalog);
    assert!(words(&page).contains("objects of its kinds are in: cilium,"), "{page}");
}

/// Every path of the schema, by its own words, with names of the user's own as `*`.
fn paths(root: &Value, schema: &Value, at: &str, all: &mut Vec<String>) {
    if let Some(target) = schema["$ref"].as_str() {
        return paths(root, root.pointer(target.strip_prefix('#').unwrap()).unwrap(), at, all);
    }
    for branch in ["anyOf", "oneOf"].iter().filter_map(|key| schema[key].as_array()).flatten() {
        paths(root, branch, at, all);
    }
    let mut below = |path: String, inner: &Value| {
        paths(root, inner, &path, all);
        all.push(path);
    };
    let dot = if at.is_empty() { "" } else { "." };
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        below(format!("{at}{dot}{key}"), inner);
    }
    if schema["additionalProperties"].is_object() {
        below(format!("{at}.*"), &schema["additionalProperties"]);
    }
    if schema["items"].is_object() {
        below(format!("{at}[]"), &schema["items"]);
    }
}

#[test]
fn every_field_of_the_schema() {
    let catalog = Catalog::builtin();
    let schema = cloud_schema(&catalog);
    let mut all = Vec::new();
    paths(&schema, &schema, "", &mut all);
    all.sort();
    all.dedup();
    assert!(all.len() > 1000, "{}", all.len());
    // The schema is made anew for each name, which is nothing for one and too much for all.
    for path in all {
        let field = cloudc::explain::Field::find(&schema, &path).unwrap_or_else(|why| panic!("{path}: {why}"));
        assert_eq!(field.path, path.replace('*', "<name>"));
        let page = Topic::Field(field).page(&catalog, None, false);
        assert!(page.contains("\n  takes"), "{path}: {page}");
    }
}

#[test]
fn names_of_the_users_own_may_be_any() {
    let catalog = Catalog::builtin();
    for (given, path) in [
        ("nodes.*.installDisk", "nodes.<name>.installDisk"),
        ("nodes.<node>.installDisk", "nodes.<name>.installDisk"),
        ("nodes.rpi1.installDisk", "nodes.<name>.installDisk"),
        ("controlPlane.apiServer.oidc", "controlPlane.apiServer.oidc"),
        ("tenants.acme.nodeGroups.md0.disk", "tenants.<name>.nodeGroups.<name>.disk"),
        ("tenants.acme.addons.cilium.hubble", "tenants.<name>.addons.cilium.hubble"),
        ("components.linstor.pools", "components.linstor.pools"),
        ("components.linstor.pools.data.driver", "components.linstor.pools.<name>.driver"),
        ("components.linstor.values.operator.replicas", "components.linstor.values"),
        ("components.podinfo.chart.name", "components.<name>.chart.name"),
        ("nodes.a.labels[\"rack.example/row\"]", "nodes.<name>.labels.<name>"),
        ("nodes.a.sysctls.net.ipv4.ip_forward", "nodes.<name>.sysctls.<name>"),
        ("patches[0].at", "patches[].at"),
        ("patches.at", "patches[].at"),
    ] {
        let page = page(given, &catalog);
        assert_eq!(page.lines().next(), Some(path), "{given}");
    }
}

#[test]
fn a_field_says_what_it_takes() {
    let catalog = Catalog::builtin();
    let said = page("nodes.*.installDisk", &catalog) + "\n" + &page("components.linstor.pools.*.driver", &catalog);
    snapbox::assert_data_eq!(
        said,
        str![[r#"
nodes.<name>.installDisk
  Disk that Talos is installed on: a path, or what the disk must match. Default:
  a disk of at least 10 GB, the smallest match first as Talos finds it.

  takes  text of the form `^/dev/[A-Za-z0-9/_:.-]+$`: A device path such as
         `/dev/sda`.
  or     mapping: What a disk must match; all given fields hold.

Keys
  type      `ssd`, `hdd`, `nvme` or `sd`.
  size      Size with a comparison, for example `>= 200GB`.
  model     Model; `*` matches any text.
  serial    text
  wwid      World-wide identifier.
  busPath   Path on the bus; `*` matches any text.
  modalias  text
  name      Device name such as `/dev/nvme0n1`.

components.linstor.pools.<name>.driver
  How volumes are cut: `zfs` (zvols with reserved space), `lvm`, `lvm-thin`
  (only written blocks take space) on a volume of kind raw; `file-thin` (sparse
  files) on a volume of kind user. Cannot be changed later.

  takes     zfs | lvm | lvm-thin | file-thin
  required  yes

"#]]
        .raw()
    );
}

#[test]
fn every_rule_has_its_page() {
    let catalog = Catalog::builtin();
    for rule in RULES {
        let page = page(rule.name, &catalog);
        assert!(page.starts_with(&format!("{}: ", rule.name)), "{page}");
        assert!(words(&page).contains(&words(rule.summary())), "{page}");
    }
}

#[test]
fn what_is_not_there_comes_with_what_may_be_meant() {
    let catalog = Catalog::builtin();
    for (given, said) in [
        ("lintsor", "nothing is called `lintsor`; did you mean the component `linstor`?"),
        ("adress-overlap", "nothing is called `adress-overlap`; did you mean the rule `address-overlap`?"),
        ("nods", "nothing is called `nods`; did you mean the field `nodes`?"),
        (
            "installDisk",
            "nothing is called `installDisk`; did you mean `nodeDefaults.installDisk`, \
             `nodeClasses.<name>.installDisk`, `nodes.<name>.installDisk` or `zones.<name>.installDisk`?",
        ),
        ("zzzzzz", "nothing is called `zzzzzz`; `cloudc explain` without a name lists what there is"),
        ("nodes.a.instalDisk", "`nodes.<name>` has no key `instalDisk`; did you mean `installDisk`?"),
        ("components.lintsor.pools", "`components` has no key `lintsor`; did you mean `linstor`?"),
        ("components.linstor.pols", "`components.linstor` has no key `pols`; did you mean `pools`?"),
        ("netwrok.pods", "cloud.yaml has no key `netwrok`; did you mean `network`?"),
        ("apiVersion.x", "`apiVersion` has no keys, so no `x`"),
    ] {
        assert_eq!(topic(given, &catalog).err().as_deref(), Some(said));
    }
}

#[test]
fn without_a_name_everything_is_listed() {
    let catalog = Catalog::builtin();
    let list = words(&contents(&catalog, false));
    let components = catalog.components().map(|entry| format!("{} {}", entry.name, words(&entry.summary)));
    for name in components.chain(RULES.iter().map(|rule| rule.name.to_owned())) {
        assert!(list.contains(&name), "{name}");
    }
}

#[test]
fn a_page_needs_no_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let (ran, result, story) = explain(folder.path(), &["linstor"]);
    assert_eq!((ran.status.code(), story.as_str()), (Some(0), ""));
    assert!(!result.contains("In this cloud"), "{result}");
    let (ran, result, story) = explain(folder.path(), &["lintsor"]);
    assert_eq!((ran.status.code(), result.as_str()), (Some(2), ""));
    assert_eq!(story, "error: nothing is called `lintsor`; did you mean the component `linstor`?\n");
}

#[test]
fn a_component_in_its_cloud() {
    let folder = cloud(&example("cozy"));
    let (_, result, story) = explain(folder.path(), &["linstor"]);
    assert_eq!(story, "");
    let (_, here) = result.split_once("\nIn this cloud ").unwrap();
    let here = here.replace(&version(&Catalog::builtin(), "linstor"), "1.2.3");
    snapbox::assert_data_eq!(
        here,
        str![[r#"
(cozy)
  because         profile `cozystack`
  namespace       piraeus-datastore
  releases        piraeus-operator 1.2.3
  StorageClasses  local, replicated (the default)
  waits for       prometheus-operator-crds
  waited for by   kamaji, cdi, monitoring
  parameters, defaults filled in
    pools:
      data:
        driver: zfs
        volume: data
    storageClasses:
      local:
        pool: data
        replicas: 1
        default: false
        remoteAccess: true
        fsType: ext4
        reclaimPolicy: Delete
      replicated:
        pool: data
        replicas: 3
        default: true
        remoteAccess: true
        fsType: ext4
        reclaimPolicy: Delete
  adds to machines; what cloud.yaml says of the same settings stands above it
    srv1, srv2, srv3:
      extensions      drbd, zfs
      kernel modules  drbd (usermode_helper=disabled), drbd_transport_tcp, zfs
      files           /etc/lvm/lvm.conf (overwrite, 0o644)
      ports           3366 tcp from nodes and pods (the controller commands the
                      satellite), 7000-7399 tcp from nodes (DRBD, one port per
                      replicated volume of the node), 9942 tcp from nodes and
                      pods (metrics of the satellite)

"#]]
        .raw()
    );
    let (_, result, _) = explain(folder.path(), &["cilium"]);
    let (_, here) = result.split_once("\nIn this cloud ").unwrap();
    assert!(here.contains("variant        chained\n") && here.contains("add-on of tenants: dev\n"), "{here}");
    let above = folder.path().parent().unwrap();
    let (_, result, story) = explain(above, &["reloader", "-C", folder.path().file_name().unwrap().to_str().unwrap()]);
    assert!(result.contains("\nIn this cloud (cozy)\n  not there;"), "{result}{story}");
}

#[test]
fn machines_that_get_different_things_stand_apart() {
    let text = example("home");
    let (_, result, _) = explain(cloud(&text).path(), &["spegel", "--file", "cloud.yaml"]);
    assert!(result.contains("not there"), "{result}");
    let pools = "components:\n  longhorn: {volume: data}\n";
    let text = text.replacen("components:\n", pools, 1);
    let raw = "      osd0: {kind: raw, minSize: 340GiB}\n";
    let text = text.replacen(raw, &format!("{raw}      data: {{minSize: 50GiB}}\n"), 1);
    let (_, result, story) = explain(cloud(&text).path(), &["longhorn"]);
    assert!(story.is_empty(), "{story}");
    let (_, here) = result.split_once("\nIn this cloud ").unwrap();
    let apart =
        "rpi1, rpi2, rpi3: nothing\n    nuc1, nuc2, nuc3, ryzen1:\n      extensions  iscsi-tools, util-linux-tools\n";
    assert!(here.contains(apart), "{here}");
}

#[test]
fn a_product_that_only_the_cloud_knows() {
    let own = "components:\n  podinfo:\n    chart: {repository: \"oci://ghcr.io/stefanprodan/charts\", name: podinfo, \
               version: 6.9.2}\n    namespace: podinfo\n    dependsOn: [local-path]\n";
    let folder = cloud(&example("one").replacen("components:\n", own, 1));
    let (ran, result, _) = explain(folder.path(), &["podinfo"]);
    assert_eq!(ran.status.code(), Some(0));
    assert!(result.contains("releases   podinfo 6.9.2\n") && result.contains("waits for  local-path\n"), "{result}");
    let (_, result, _) = explain(folder.path(), &["local-path"]);
    assert!(result.contains("waited for by   podinfo\n"), "{result}");
}

#[test]
fn an_entry_of_the_users_own() {
    let folder = cloud(&example("one").replacen("components:\n", "components:\n  tailnet: {}\n", 1));
    let own = folder.path().join("components/tailnet");
    std::fs::create_dir_all(&own).unwrap();
    let entry = "apiVersion: cloudc.dev/v1alpha1\nkind: Component\nname: tailnet\ntitle: Tailnet\n\
                 summary: Puts Services into a private network.\ndocs: https://tailnet.example\n\
                 namespace: {name: tailnet}\nrequires: [{component: cert-manager, reason: it signs its names}]\n\
                 node: [{reason: it routes, extensions: [tailscale]}]\n\
                 layers: [{name: release, releases: [{name: tailnet, chart: {oci: \"oci://tailnet.example/chart\", \
                 version: 1.0.0, source: tailnet.example}}]}]\n";
    std::fs::write(own.join("component.yaml"), entry).unwrap();
    let (_, result, story) = explain(folder.path(), &["tailnet"]);
    assert_eq!(story, "");
    assert!(result.contains("  entry       components/tailnet/component.yaml\n"), "{result}");
    assert!(result.contains("    box:\n      extensions  tailscale\n"), "{result}");
    let (_, result, _) = explain(folder.path(), &["cert-manager"]);
    assert!(result.contains("\n  tailnet: it signs its names\n"), "{result}");
    assert!(result.contains("  because        required by tailnet: it signs its names\n"), "{result}");
    let (_, result, _) = explain(folder.path(), &[]);
    assert!(result.contains("  tailnet                    Puts Services into a private network.\n"), "{result}");
}

#[test]
fn a_broken_cloud_only_costs_the_part_about_it() {
    let folder = cloud(&example("broken"));
    let (ran, result, story) = explain(folder.path(), &["linstor"]);
    assert_eq!(ran.status.code(), Some(0));
    assert!(result.starts_with("linstor: ") && !result.contains("In this cloud"), "{result}");
    assert_eq!(story, "note: the part about this cloud is left out: the cloud has 1 error, see `cloudc lint`\n");
    // What is not of this cloud does not ask for it to compile.
    for name in ["address-overlap", "nodes.rpi1.address"] {
        let (_, _, story) = explain(folder.path(), &[name, "--verbose"]);
        assert_eq!(story, "");
    }
    let (_, _, story) = explain(folder.path(), &["linstor", "--quiet"]);
    assert_eq!(story, "");
    let (ran, _, story) = explain(folder.path(), &["linstor", "-f", "nowhere.yaml"]);
    assert_eq!(ran.status.code(), Some(2));
    assert!(story.contains("cannot read nowhere.yaml"), "{story}");
}
