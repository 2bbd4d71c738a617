//! Every emitted object against upstream's schema, and what holds for all files of a tree.

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
