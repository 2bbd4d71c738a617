//! Every emitted object against upstream's schema, and every reference against the tree.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{clouds, compile_file, documents, is_of_the_user, objects};
use crate::upstream::{Schemas, root};

/// Kinds that upstream's folder has no schema of; each is checked by hand against the named source.
const WITHOUT_SCHEMA: [(&str, &str); 5] = [
    // The folder has v1alpha1 only; kubevirt/containerized-data-importer serves v1beta1 since v1.10.
    ("cdi.kubevirt.io/v1beta1", "CDI"),
    // The file of kustomize itself, not an API.
    ("kustomize.config.k8s.io/v1beta1", "Kustomization"),
    // Made by Talos (siderolabs/talos: api-access).
    ("talos.dev/v1alpha1", "ServiceAccount"),
    // siderolabs/cluster-api-bootstrap-provider-talos v0.6.12, config/crd/bases; `tenant_workers` looks at its fields.
    ("bootstrap.cluster.x-k8s.io/v1alpha3", "TalosConfigTemplate"),
    // grafana/grafana-operator v5.
    ("grafana.integreatly.org/v1beta1", "Grafana"),
];

#[test]
fn objects_have_upstreams_shape() {
    let Some(root) = root() else { return };
    let schemas = Schemas::load(&root);
    let mut wrong = BTreeSet::new();
    for cloud in clouds() {
        for (path, object) in objects(&compile_file(&cloud).tree) {
            let id = (object["apiVersion"].as_str().unwrap_or(""), object["kind"].as_str().unwrap_or(""));
            if WITHOUT_SCHEMA.contains(&id) || is_of_the_user(&path) {
                continue;
            }
            for error in schemas.errors(&object) {
                wrong.insert(format!("{}: {path}: {error}", cloud.file_stem().unwrap().display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Paths from a kustomization's folder to what it names.
fn resource_path(folder: &str, resource: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for step in resource.split('/') {
        if step == ".." {
            parts.pop();
        } else {
            parts.push(step);
        }
    }
    parts.join("/")
}

#[test]
fn every_reference_names_something() {
    for cloud in clouds() {
        references(&cloud.display().to_string(), &compile_file(&cloud));
    }
}

/// Whatever an object of a tree names is in the tree.
pub fn references(name: &str, compiled: &cloudc::Compiled) {
    let prefix = compiled.model.delivery.as_ref().map_or_else(|| "./".to_owned(), |to| to.repository_path(""));
    let paths = compiled.tree.iter().map(|(path, _)| path.as_str()).collect();
    let dangling = dangling(&paths, &objects(&compiled.tree), &prefix);
    assert!(dangling.is_empty(), "{name}: {dangling:#?}");
}

/// What the objects of a tree name that is not in it; `prefix` is where the tree is in its repository.
pub fn dangling(paths: &BTreeSet<&str>, objects: &[(String, Value)], prefix: &str) -> Vec<String> {
    let ids: BTreeSet<(String, String, String)> = objects.iter().map(|(_, object)| id(object)).collect();
    let has = |kind: &str, namespace: &str, name: &Value| {
        ids.contains(&(kind.to_owned(), namespace.to_owned(), name.as_str().unwrap_or_default().to_owned()))
    };
    let mut wrong = Vec::new();
    for (path, object) in objects {
        let (kind, namespace, spec) = (text(&object["kind"]), text(&object["metadata"]["namespace"]), &object["spec"]);
        let waits = |kind: &str| -> Vec<String> {
            let needed = spec["dependsOn"].as_array().into_iter().flatten();
            let there = |needed: &&Value| has(kind, needed["namespace"].as_str().unwrap_or(namespace), &needed["name"]);
            needed.filter(|needed| !there(needed)).map(|needed| format!("{path} waits for {needed}")).collect()
        };
        match text(&object["apiVersion"]) {
            "kustomize.config.k8s.io/v1beta1" => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                for resource in object["resources"].as_array().into_iter().flatten() {
                    let target = resource_path(folder, text(resource));
                    if !paths.contains(target.as_str())
                        && !paths.contains(format!("{target}/kustomization.yaml").as_str())
                    {
                        wrong.push(format!("{path} names {target}"));
                    }
                }
            }
            "kustomize.toolkit.fluxcd.io/v1" => {
                wrong.extend(waits("Kustomization"));
                wrong.extend(flux_path(paths, object, &has, path, prefix));
            }
            "helm.toolkit.fluxcd.io/v2" => {
                let chart = &spec["chartRef"];
                let source = if chart.is_object() { chart } else { &spec["chart"]["spec"]["sourceRef"] };
                if !has(text(&source["kind"]), "flux-system", &source["name"]) {
                    wrong.push(format!("{path} has no source {source}"));
                }
                wrong.extend(waits("HelmRelease"));
            }
            group if group.contains("cluster.x-k8s.io/") => wrong.extend(machines(object, &has, path)),
            "rbac.authorization.k8s.io/v1" if kind.ends_with("RoleBinding") => {
                let role = &object["roleRef"];
                let of = if role["kind"] == "Role" { namespace } else { "" };
                // Roles of Kubernetes's own have names with `system:` or are the four that everybody knows.
                let known = ["system:", "cluster-admin", "admin", "edit", "view"];
                let own = known.iter().any(|known| text(&role["name"]).starts_with(known));
                if !own && !has(text(&role["kind"]), of, &role["name"]) {
                    wrong.push(format!("{path} binds no role {role}"));
                }
            }
            _ => {}
        }
        // Made by Talos, Kubernetes or Kamaji's chart; everything else is made here.
        let made_elsewhere = ["", "kube-system", "default", "calico-system"].contains(&namespace);
        let in_tenant = path.contains("/addons/");
        if !made_elsewhere && !in_tenant && !has("Namespace", "", &object["metadata"]["namespace"]) {
            wrong.push(format!("{path}: nobody makes namespace {namespace}"));
        }
    }
    wrong
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What objects of Cluster API name stands beside them.
fn machines(object: &Value, has: &dyn Fn(&str, &str, &Value) -> bool, path: &str) -> Vec<String> {
    let namespace = text(&object["metadata"]["namespace"]);
    let spec = &object["spec"];
    let machine = &spec["template"]["spec"];
    let all = [
        &spec["infrastructureRef"],
        &spec["controlPlaneRef"],
        &machine["infrastructureRef"],
        &machine["bootstrap"]["configRef"],
    ];
    let mut wrong: Vec<String> = all
        .into_iter()
        .filter(|named| named.is_object() && !has(text(&named["kind"]), namespace, &named["name"]))
        .map(|named| format!("{path} has no {named}"))
        .collect();
    if spec["clusterName"].is_string() && !has("Cluster", namespace, &spec["clusterName"]) {
        wrong.push(format!("{path} is of no cluster {}", spec["clusterName"]));
    }
    wrong
}

/// The folder of a Flux Kustomization is in the tree, unless another repository has it or it is the user's own.
fn flux_path(
    paths: &BTreeSet<&str>,
    object: &Value,
    has: &dyn Fn(&str, &str, &Value) -> bool,
    file: &str,
    prefix: &str,
) -> Option<String> {
    let source = &object["spec"]["sourceRef"]["name"];
    if source != "flux-system" {
        return (!has("GitRepository", "flux-system", source)).then(|| format!("{file} has no source {source}"));
    }
    if object["metadata"]["name"] == "apps" {
        return None;
    }
    let path = text(&object["spec"]["path"]);
    let there =
        path.strip_prefix(prefix).is_some_and(|path| paths.contains(format!("{path}/kustomization.yaml").as_str()));
    (!there).then(|| format!("{file} points at {path}"))
}

/// Flux takes over what was installed by hand only if name, namespace, chart version and values are the same.
#[test]
fn what_is_brought_up_by_hand_is_what_flux_finds() {
    for cloud in clouds() {
        let compiled = compile_file(&cloud);
        let objects = objects(&compiled.tree);
        let runbook = String::from_utf8_lossy(&compiled.tree.get("README.md").unwrap().bytes).into_owned();
        let mut releases = 0;
        for (path, file) in compiled.tree.iter() {
            let path = path.as_str();
            let Some(name) = path.strip_suffix(".values.yaml").and_then(|path| path.rsplit('/').next()) else {
                continue;
            };
            let of_flux =
                objects.iter().filter(|(path, _)| path.starts_with("flux/components/")).map(|(_, object)| object);
            let release =
                of_flux.into_iter().find(|o| o["kind"] == "HelmRelease" && o["metadata"]["name"] == name).unwrap();
            let by_hand = documents(&file.bytes).into_iter().next().unwrap();
            assert_eq!(by_hand, release["spec"].get("values").cloned().unwrap_or_else(|| json!({})), "{path}");
            let namespace = release["metadata"]["namespace"].as_str().unwrap();
            assert_eq!(
                (&release["spec"]["releaseName"], &release["spec"]["targetNamespace"]),
                (&json!(name), &Value::Null)
            );
            let source = &release["spec"]["chartRef"]["name"];
            let of_kind = objects.iter().map(|(_, o)| o).filter(|o| o["kind"] == "OCIRepository");
            let source = of_kind.into_iter().find(|o| o["metadata"]["name"] == *source);
            let version = match source {
                Some(source) => &source["spec"]["ref"]["tag"],
                None => &release["spec"]["chart"]["spec"]["version"],
            };
            let version = version.as_str().unwrap();
            let command = runbook.split("helm upgrade --install ").find(|part| part.starts_with(&format!("{name} ")));
            let command = command.unwrap_or_else(|| panic!("{}: no command for {name}", cloud.display()));
            for part in
                [format!("--namespace {namespace} "), format!("--version {version} "), format!("--values {path}")]
            {
                assert!(command.contains(&part), "{}: no `{part}` in {command}", cloud.display());
            }
            releases += 1;
        }
        assert!(releases > 0, "{}: Flux is brought up by hand", cloud.display());
    }
}

fn id(object: &Value) -> (String, String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&object["kind"]), text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]))
}

#[test]
fn a_custom_resource_never_stands_beside_the_release_that_brings_its_definition() {
    let catalog = cloudc::catalog::Catalog::builtin();
    let groups: BTreeMap<&str, &str> = catalog
        .components()
        .flat_map(|component| {
            component
                .provides
                .crds
                .iter()
                .flat_map(|crds| &crds.groups)
                .map(|group| (group.as_str(), component.name.as_str()))
        })
        .collect();
    for cloud in clouds() {
        for (path, object) in objects(&compile_file(&cloud).tree) {
            let group = object["apiVersion"].as_str().unwrap().split('/').next().unwrap().to_owned();
            let Some(owner) = groups.get(group.as_str()) else { continue };
            let flux = matches!(object["kind"].as_str().unwrap(), "HelmRelease" | "Kustomization");
            if flux || !path.starts_with("flux/components/") || path.matches('/').count() < 4 {
                continue;
            }
            let folder = path.rsplit_once('/').unwrap().0;
            let tree = compile_file(&cloud).tree;
            let beside = tree.iter().filter(|(other, _)| other.as_str().starts_with(&format!("{folder}/helmrelease")));
            if path.starts_with(&format!("flux/components/{owner}/")) {
                assert_eq!(beside.count(), 0, "{}: {path} stands beside a release of {owner}", cloud.display());
            }
        }
    }
}

#[test]
fn every_file_names_its_owner_and_ends_in_one_line_break() {
    for cloud in clouds() {
        for (path, file) in compile_file(&cloud).tree.iter() {
            assert!(!file.origins.is_empty(), "{path} has no owner");
            let text = std::str::from_utf8(&file.bytes).unwrap();
            if is_of_the_user(path.as_str()) {
                continue;
            }
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{}: {path} ends badly", cloud.display());
            if std::path::Path::new(path.as_str()).extension().is_some_and(|e| e == "yaml") {
                assert!(text.starts_with("# cloud.yaml: "), "{path} does not say what owns it");
                documents(&file.bytes);
            }
        }
    }
}
