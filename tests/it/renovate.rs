//! The presets of `renovate/`, run on the catalog and on clouds as Renovate does: every pin is found, and none twice.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::Path;
use std::process::Command;

use cloudc::catalog::Catalog;
use cloudc::source::Sources;
use cloudc::spec::Cloud;
use cloudc::syntax;
use jsonata_core::evaluator::Evaluator;
use jsonata_core::parser;
use jsonata_core::value::JValue;
use regex::Regex;
use serde_json::{Value, json};
use snapbox::IntoData;
use walkdir::WalkDir;

use crate::catalog::{alone, required};
use crate::support::{clouds, compile_text, documents, objects, repository};

/// A dependency as a query gives it to Renovate: field -> text.
type Dependency = BTreeMap<String, String>;

fn dependency<const N: usize>(fields: [(&str, &str); N]) -> Dependency {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn preset(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(repository(&format!("renovate/{name}.json"))).unwrap()).unwrap()
}

/// The queries that are for a file.
fn queries(preset: &Value, path: &str) -> Vec<String> {
    let managers = preset["customManagers"].as_array().unwrap().iter().filter(|manager| {
        assert_eq!((&manager["customType"], &manager["fileFormat"]), (&json!("jsonata"), &json!("yaml")));
        manager["managerFilePatterns"].as_array().unwrap().iter().any(|pattern| {
            let pattern = pattern.as_str().unwrap().strip_prefix('/').unwrap().strip_suffix('/').unwrap();
            Regex::new(pattern).unwrap().is_match(path)
        })
    });
    managers.flat_map(|manager| serde_json::from_value::<Vec<_>>(manager["matchStrings"].clone()).unwrap()).collect()
}

/// What Renovate's `jsonata` manager finds in a file: <https://docs.renovatebot.com/modules/manager/jsonata/>.
fn extract(preset: &Value, path: &str, text: &str) -> Vec<Dependency> {
    // A query sees the list of a file's documents.
    let documents = JValue::from_json_str(&Value::Array(documents(text.as_bytes())).to_string()).unwrap();
    let found: Vec<Dependency> = queries(preset, path).iter().flat_map(|query| evaluate(query, &documents)).collect();
    for dependency in &found {
        for field in ["depType", "depName", "packageName", "datasource", "currentValue"] {
            assert!(dependency.contains_key(field), "{path}: {dependency:?} has no {field}");
        }
        // Renovate replaces the text of the value. When a digest changes with it, it looks for the name as well.
        let mut texts = vec!["currentValue"];
        if dependency.contains_key("currentDigest") {
            texts.extend(["currentDigest", "depName"]);
        }
        for field in texts {
            assert!(text.contains(&dependency[field]), "{path}: {field} of {dependency:?} is not in the text");
        }
    }
    found
}

/// One result, or a list of them; anything but objects of texts would make Renovate drop them all.
fn evaluate(query: &str, documents: &JValue) -> Vec<Dependency> {
    let parsed = parser::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let result = Evaluator::new().evaluate(&parsed, documents).unwrap_or_else(|error| panic!("{query}: {error}"));
    if result.is_undefined() {
        return Vec::new();
    }
    match serde_json::from_str(&result.to_json_string().unwrap()).unwrap() {
        Value::Array(list) => list.into_iter().map(|one| serde_json::from_value(one).unwrap()).collect(),
        one => vec![serde_json::from_value(one).unwrap_or_else(|error| panic!("{query}: {error}"))],
    }
}

/// The part of a dependency that says what is pinned, and where.
fn pin(dependency: &Dependency) -> String {
    let fields = ["datasource", "registryUrl", "packageName", "currentValue", "currentDigest"];
    fields.into_iter().filter_map(|field| Some(dependency.get(field)?.as_str())).collect::<Vec<_>>().join(" ")
}

fn pins(dependencies: &[Dependency]) -> Vec<String> {
    let mut pins: Vec<String> = dependencies.iter().map(pin).collect();
    pins.sort();
    pins
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

/// Every pin of a file of the catalog, by the mark that each has: beside the version stands where it was read.
fn marked(name: &str, value: &Value, found: &mut Vec<Dependency>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| marked(name, one, found)),
        Value::Object(map) => {
            let source = map.get("source").and_then(text);
            let versions: Vec<&str> = match (map.get("version"), map.get("tag"), map.get("tags")) {
                (Some(one), None, None) | (None, Some(one), None) => vec![text(one).unwrap()],
                (None, None, Some(tags)) => tags.as_object().unwrap().values().map(|tag| text(tag).unwrap()).collect(),
                _ => Vec::new(),
            };
            if let Some(source) = source {
                found.extend(versions.into_iter().map(|version| marked_one(name, value, source, version)));
            }
            for (key, inner) in map {
                // A chart that does not say its name has that of its release.
                let own = map.get("name").and_then(text).filter(|_| key == "chart").unwrap_or(key);
                if key != "parameters" {
                    marked(own, inner, found);
                }
            }
        }
        _ => {}
    }
}

fn marked_one(name: &str, pin: &Value, source: &str, version: &str) -> Dependency {
    let (datasource, registry, package) = if let Some(address) = text(&pin["oci"]) {
        ("docker", None, address.strip_prefix("oci://").unwrap())
    } else if let Some(address) = text(&pin["git"]) {
        match address.strip_prefix("https://github.com/") {
            Some(repository) => ("github-tags", None, repository),
            None => ("git-tags", None, address),
        }
    } else if let (Some(address), Some(_)) = (text(&pin["repository"]), pin.get("version")) {
        ("helm", Some(address), text(&pin["name"]).unwrap_or(name))
    } else if let Some(address) = text(&pin["repository"]) {
        ("docker", None, address)
    } else if name == "operator" {
        ("helm", Some("https://kubernetes-sigs.github.io/cluster-api-operator"), "cluster-api-operator")
    } else if name == "talos" {
        // It was read in another project, which builds it in.
        ("github-tags", None, "siderolabs/cluster-api-bootstrap-provider-talos")
    } else {
        ("github-tags", None, source.split(':').next().unwrap())
    };
    let (version, digest) = version.split_once('@').map_or((version, None), |(tag, digest)| (tag, Some(digest)));
    let package = text(&pin["renovate"]["packageName"]).unwrap_or(package);
    let datasource = text(&pin["renovate"]["datasource"]).unwrap_or(datasource);
    let mut found = dependency([("datasource", datasource), ("packageName", package), ("currentValue", version)]);
    let rest = [("registryUrl", registry), ("currentDigest", digest.or(text(&pin["digest"])))];
    found.extend(rest.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?.to_owned()))));
    found
}

#[test]
fn every_pin_of_the_catalog_is_matched_once() {
    let catalog = preset("catalog");
    let mut charts = 0;
    for (path, text) in files().into_iter().filter(|(path, _)| path.starts_with("stdlib/")) {
        let file: Value = serde_yaml::from_str(&text).unwrap();
        let mut expected = Vec::new();
        if path.contains("/values/") {
            // Read off a chart whose pin is elsewhere.
        } else if path == "stdlib/versions/boot.yaml" {
            for image in file.as_object().unwrap().values() {
                let (repository, tag) = image.as_str().unwrap().split_once(':').unwrap();
                expected.push(dependency([
                    ("datasource", "docker"),
                    ("packageName", repository),
                    ("currentValue", tag),
                ]));
            }
        } else {
            marked("", &file, &mut expected);
        }
        let found = extract(&catalog, &path, &text);
        assert_eq!(pins(&found), pins(&expected), "{path}");
        charts += found.iter().filter(|one| matches!(one["depType"].as_str(), "chart" | "git")).count();
    }
    let layers = || Catalog::builtin().components().flat_map(|component| component.layers.clone()).collect::<Vec<_>>();
    let releases: usize = layers().iter().map(|layer| layer.releases.len()).sum();
    let manifests = layers().iter().filter(|layer| layer.manifests.is_some()).count();
    assert_eq!(charts, releases + manifests, "the mark is beside every chart and all manifests");
}

/// What an entry may say of a pin, none of which the catalog itself needs to use.
const ENTRY: &str = r#"
images:
  backup: {repository: ghcr.io/siderolabs/talos-backup, tag: v0.1.0, digest: "sha256:aa", source: x}
  dated: {repository: quay.io/x/dated, tag: 2026-01-02, source: x, renovate: {versioning: loose}}
  port: {repository: "registry.example:5000/x/y", tag: v2@sha256:bb, source: x}
layers:
  - name: one
    releases:
      - {name: a, chart: {oci: "oci://ghcr.io/x/a", version: 1.0.0, digest: "sha256:cc", source: x}}
      - name: b
        chart: {git: "https://github.com/x/b.git", path: chart, version: 1.0.0, source: x,
          renovate: {datasource: github-releases, packageName: x/b, extractVersion: "^b-(?<version>.+)$"}}
      - {name: c, chart: {repository: "https://charts.example/", version: 3.0.0, source: x}}
  - name: two
    manifests: {git: "https://git.example/x/d.git", path: deploy, version: v4.0.0, source: x}
"#;

#[test]
fn what_an_entry_says_of_a_pin_is_taken() {
    let found = extract(&preset("catalog"), "components/mine/component.yaml", ENTRY);
    let said = lines(found.iter().map(|one| json!(one).to_string()));
    snapbox::assert_data_eq!(said, snapbox::str![[r#"
{"currentDigest":"sha256:cc","currentValue":"1.0.0","datasource":"docker","depName":"ghcr.io/x/a","depType":"chart","packageName":"ghcr.io/x/a","versioning":"helm"}
{"currentValue":"3.0.0","datasource":"helm","depName":"c","depType":"chart","packageName":"c","registryUrl":"https://charts.example/","versioning":"helm"}
{"currentValue":"1.0.0","datasource":"github-releases","depName":"x/b","depType":"git","extractVersion":"^b-(?<version>.+)$","packageName":"x/b","versioning":"docker"}
{"currentValue":"v4.0.0","datasource":"git-tags","depName":"https://git.example/x/d","depType":"git","packageName":"https://git.example/x/d","versioning":"docker"}
{"currentDigest":"sha256:aa","currentValue":"v0.1.0","datasource":"docker","depName":"ghcr.io/siderolabs/talos-backup","depType":"image","packageName":"ghcr.io/siderolabs/talos-backup","versioning":"docker"}
{"currentValue":"2026-01-02","datasource":"docker","depName":"quay.io/x/dated","depType":"image","packageName":"quay.io/x/dated","versioning":"loose"}
{"currentDigest":"sha256:bb","currentValue":"v2","datasource":"docker","depName":"registry.example:5000/x/y","depType":"image","packageName":"registry.example:5000/x/y","versioning":"docker"}

"#]].raw());
    assert_eq!(extract(&preset("catalog"), "components/mine/other.yaml", ENTRY), []);
    assert_eq!(extract(&preset("catalog"), "components/mine/component.yaml", "layers:\n"), []);
}

/// What a component's `version` means, as the catalog's own preset sees it.
fn component_query(name: &str) -> Option<String> {
    let path = format!("stdlib/components/{name}/component.yaml");
    let entry: Value = serde_yaml::from_str(&fs::read_to_string(repository(&path)).unwrap()).unwrap();
    let releases: Vec<&Value> = entry["layers"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|layer| layer["releases"].as_array().into_iter().flatten())
        .collect();
    // What a `version` of the user means: `Component::primary`.
    let primary = text(&entry["primary"]).unwrap_or(name);
    let release = releases.iter().find(|release| release["name"] == primary).or(releases.first())?;
    let alone = json!({"layers": [{"releases": [release]}]}).to_string();
    let [dependency] = &extract(&preset("catalog"), &path, &alone)[..] else { panic!("{path}: not one chart") };
    let mut query = format!("$append(components, tenants.*.addons).`{name}`[$type(version) = 'string'].{{");
    query.push_str(&format!(" 'depType': 'component', 'depName': '{name}', 'currentValue': version"));
    for field in ["datasource", "packageName", "registryUrl", "versioning", "extractVersion"] {
        if let Some(value) = dependency.get(field) {
            assert!(!value.contains(['\'', '\\']), "{path}: {value} cannot stand in a query as it is");
            query.push_str(&format!(", '{field}': '{value}'"));
        }
    }
    Some(query + " }")
}

#[test]
fn the_preset_of_clouds_knows_the_catalog() {
    let mut cloud = preset("cloud");
    let names = Catalog::builtin().components().map(|component| component.name.clone()).collect::<Vec<_>>();
    cloud["customManagers"][1]["matchStrings"] = names.iter().filter_map(|name| component_query(name)).collect();
    // `SNAPSHOTS=overwrite cargo test renovate` writes it.
    snapbox::assert_data_eq!(format!("{cloud:#}\n"), snapbox::file!["../../renovate/cloud.json"].raw());
}

/// Every version of a cloud, by the types of the language.
fn versions(cloud: &Cloud) -> Vec<String> {
    let kubernetes = |version: &dyn Display| format!("github-releases kubernetes/kubernetes {version}");
    let talos = format!("github-releases siderolabs/talos {}", cloud.versions.talos);
    let mut found = vec![talos, kubernetes(&cloud.versions.kubernetes)];
    let addons = cloud.tenants.values().flat_map(|tenant| &tenant.addons);
    for (name, usage) in cloud.components.iter().chain(addons) {
        let Some(usage) = usage else { continue };
        assert!(usage.version.is_none(), "{name}: what its version means is tested on a cloud of its own");
        if let Some(chart) = &usage.chart {
            let folder = chart.repository.strip_prefix("oci://").unwrap();
            found.push(format!("docker {folder}/{} {}", chart.name, chart.version));
        }
    }
    for tenant in cloud.tenants.values() {
        found.push(kubernetes(&tenant.kubernetes));
        for image in tenant.node_groups.values().filter_map(|group| group.image.as_ref()) {
            found.extend(image.container_disk.iter().map(|disk| format!("docker {}", disk.replace(':', " "))));
            found.extend(image.talos.iter().map(|talos| format!("github-releases siderolabs/talos {talos}")));
        }
    }
    found.sort();
    found
}

#[test]
fn every_pin_of_a_cloud_is_matched_once() {
    let preset = preset("cloud");
    let mut disks = 0;
    for path in clouds() {
        let text = fs::read_to_string(&path).unwrap();
        let (document, _) = syntax::parse(Sources::default().add("cloud.yaml", &text), &text);
        let cloud: Cloud = serde_json::from_value(document.root.to_json()).unwrap();
        let found = extract(&preset, "clouds/a/cloud.yaml", &text);
        assert_eq!(pins(&found), versions(&cloud), "{}", path.display());
        disks += found.iter().filter(|one| one["depType"] == "container-disk").count();
    }
    assert!(disks > 0, "the clouds of the tests name disks");
}

/// A cloud with a version everywhere where one may stand; for Renovate, it need not compile.
const CLOUD: &str = r#"
versions: {talos: v1.13.9, kubernetes: v1.35.4, contract: v1.13}
components:
  cilium: {version: 1.20.0}
  cert-manager: {version: v1.21.0, values: {image: {tag: v1.21.0}}}
  metrics-server:
  longhorn: {version: 1.12.0}
  kamaji: {version: 26.8.1-edge}
  reloader: {version: 2}
  podinfo: {namespace: podinfo, chart: {repository: "oci://ghcr.io/stefanprodan/charts/", name: podinfo, version: 6.9.2}}
  minecraft: {namespace: games, chart: {repository: "https://charts.example/games", name: minecraft-server, version: 5.0.0}}
tenants:
  acme:
    kubernetes: v1.34.2
    nodeGroups:
      md0: {replicas: 1, image: {containerDisk: "quay.io/capk/ubuntu-2404-container-disk:v1.34.1"}}
      md1: {replicas: 1, image: {containerDisk: "registry.example:5000/disks/worker:v1.34.2@sha256:dd"}}
      talos: {replicas: 1, image: {talos: v1.12.7, extensions: [qemu-guest-agent]}}
      md2: {replicas: 1, image: {containerDisk: "registry.example:5000/disks/untagged"}}
      md3: {replicas: 1}
    addons:
      cilium: {version: 1.19.6}
      app: {namespace: app, chart: {repository: "oci://registry.example:5000/charts", name: app, version: 1.0.0}}
  beta: {kubernetes: v1.33.5}
"#;

#[test]
fn every_place_of_a_version_in_a_cloud_is_known() {
    for path in ["cloud.yaml", "clouds/home/cloud.yaml", "cloudc.yaml", "home.cloudc.yaml"] {
        let found = extract(&preset("cloud"), path, CLOUD);
        let said = lines(found.iter().map(|one| format!("{}: {}", one["depName"], pin(one))));
        snapbox::assert_data_eq!(
            said,
            snapbox::str![[r#"
siderolabs/talos: github-releases siderolabs/talos v1.13.9
kubernetes/kubernetes: github-releases kubernetes/kubernetes v1.35.4
kubernetes of tenant acme: github-releases kubernetes/kubernetes v1.34.2
kubernetes of tenant beta: github-releases kubernetes/kubernetes v1.33.5
talos of tenant workers: github-releases siderolabs/talos v1.12.7
quay.io/capk/ubuntu-2404-container-disk: docker quay.io/capk/ubuntu-2404-container-disk v1.34.1
registry.example:5000/disks/worker: docker registry.example:5000/disks/worker v1.34.2 sha256:dd
podinfo: docker ghcr.io/stefanprodan/charts/podinfo 6.9.2
app: docker registry.example:5000/charts/app 1.0.0
minecraft-server: helm https://charts.example/games minecraft-server 5.0.0
cert-manager: docker quay.io/jetstack/charts/cert-manager v1.21.0
cilium: docker quay.io/cilium/charts/cilium 1.20.0
cilium: docker quay.io/cilium/charts/cilium 1.19.6
kamaji: github-tags clastix/kamaji 26.8.1-edge
longhorn: helm https://charts.longhorn.io longhorn 1.12.0

"#]]
            .raw()
        );
    }
    for path in ["clouds.yaml", "my-cloud.yaml", "cloud.yml"] {
        assert_eq!(extract(&preset("cloud"), path, CLOUD), [], "{path}");
    }
    assert_eq!(extract(&preset("cloud"), "cloud.yaml", "kind: Cloud\n---\n"), []);
}

#[test]
fn a_version_means_the_chart_that_renovate_looks_at() {
    const VERSION: &str = "0.0.999";
    let preset = preset("cloud");
    for component in Catalog::builtin().components().filter(|component| component.management) {
        let name = &component.name;
        let usage = match required(name) {
            "{}" => format!("{{version: {VERSION}}}"),
            others => format!("{{version: {VERSION}, {}", others.strip_prefix('{').unwrap()),
        };
        let cloud = alone(name, &usage);
        let found = extract(&preset, "cloud.yaml", &cloud);
        let meant: Vec<String> =
            found.iter().filter(|one| one["depType"] == "component").map(|one| one["packageName"].clone()).collect();
        let (compiled, ..) = compile_text(&cloud);
        let compiled = compiled.unwrap_or_else(|| panic!("{name} does not compile"));
        let written: Vec<String> = objects(&compiled.tree)
            .into_iter()
            .filter_map(|(_, object)| match object["kind"].as_str()? {
                "OCIRepository" if object["spec"]["ref"]["tag"] == VERSION => {
                    Some(object["spec"]["url"].as_str()?.strip_prefix("oci://")?.to_owned())
                }
                "GitRepository" if object["spec"]["ref"]["tag"] == VERSION => {
                    Some(object["spec"]["url"].as_str()?.strip_prefix("https://github.com/")?.to_owned())
                }
                "HelmRelease" if object["spec"]["chart"]["spec"]["version"] == VERSION => {
                    Some(object["spec"]["chart"]["spec"]["chart"].as_str()?.to_owned())
                }
                _ => None,
            })
            .collect();
        // What upstream releases in step has the version, too.
        let in_step = component.releases().filter(|release| release.in_step).count();
        assert!(meant.iter().all(|package| written.contains(package)), "{name}: {meant:?}, {written:?}");
        assert_eq!(meant.len() + in_step, written.len(), "{name}: {written:?}");
    }
}

#[test]
fn what_cloudc_writes_is_left_alone() {
    let rules = preset("cloud")["packageRules"].clone();
    let off = rules.as_array().unwrap().iter().find(|rule| rule["enabled"] == false).unwrap();
    let folders: Vec<&str> =
        off["matchFileNames"].as_array().unwrap().iter().map(|glob| glob.as_str().unwrap()).collect();
    for path in clouds() {
        for (path, _) in crate::support::compile_file(&path).tree.iter() {
            let yaml = Path::new(path.as_str()).extension().is_some_and(|extension| extension == "yaml");
            let covered = folders.iter().any(|folder| path.as_str().starts_with(folder.strip_suffix("**").unwrap()));
            assert!(!yaml || covered, "Renovate would edit {}", path.as_str());
        }
    }
}

/// The texts that the tests above read, with their paths.
fn files() -> Vec<(String, String)> {
    let mut files = vec![
        ("components/mine/component.yaml".to_owned(), ENTRY.to_owned()),
        ("cloud.yaml".to_owned(), CLOUD.to_owned()),
        ("cloud.yaml".to_owned(), "kind: Cloud\n---\n".to_owned()),
    ];
    for entry in WalkDir::new(repository("stdlib")).sort_by_file_name().into_iter().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|extension| extension == "yaml") {
            let path = entry.path().strip_prefix(repository("")).unwrap().to_str().unwrap().to_owned();
            files.push((path, fs::read_to_string(entry.path()).unwrap()));
        }
    }
    files.extend(clouds().into_iter().map(|path| ("cloud.yaml".to_owned(), fs::read_to_string(path).unwrap())));
    files
}

#[test]
fn renovates_own_engine_finds_the_same() {
    let installed = repository("target/upstream/jsonata/node_modules");
    if !installed.is_dir() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "tests/upstream/jsonata/build.sh was not run");
        eprintln!("skipped: tests/upstream/jsonata/build.sh was not run");
        return;
    }
    let [cloud, catalog] = [preset("cloud"), preset("catalog")];
    let both = |path: &str| [queries(&cloud, path), queries(&catalog, path)].concat();
    let files = files();
    let asked: Vec<Value> = files.iter().map(|(path, text)| json!({"text": text, "queries": both(path)})).collect();
    let input = tempfile::NamedTempFile::new().unwrap();
    fs::write(input.path(), Value::Array(asked).to_string()).unwrap();
    let ran = Command::new("node")
        .arg(repository("tests/upstream/jsonata/evaluate.cjs"))
        .env("NODE_PATH", &installed)
        .stdin(fs::File::open(input.path()).unwrap())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let found: Vec<Vec<Dependency>> = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(found.len(), files.len());
    for ((path, text), found) in files.iter().zip(found) {
        let ours = [extract(&cloud, path, text), extract(&catalog, path, text)].concat();
        assert_eq!(ours, found, "{path}");
    }
}
