//! What the documents of a tree say of each other: every name stands for something, and whatever two of them say is the same.

mod images;
mod layers;
mod machines;
mod names;
mod shapes;
mod uses;

use std::collections::BTreeSet;

use cloudc::Compiled;
use cloudc::emitted::is_yaml;
use cloudc::tree::FileTree;
use serde_json::Value;

use crate::support::{clouds, compile_file, documents, is_of_the_user, repository};
use names::Names;

/// What is judged together.
pub struct Tree<'a> {
    pub paths: BTreeSet<&'a str>,
    pub documents: Vec<(&'a str, &'a Value)>,
    /// `README.md`, which says what somebody has to make,
    pub runbook: String,
    /// and the lines of schematics that say which installer theirs is.
    pub installers: BTreeSet<String>,
    /// Where the tree is in its repository.
    pub prefix: String,
}

/// Every YAML document of a tree with the path of its file.
pub fn all_documents(tree: &FileTree) -> Vec<(String, Value)> {
    let read = tree.iter().filter(|(path, _)| {
        is_yaml(path.as_str()) && !path.as_str().ends_with(".values.yaml") && !is_of_the_user(path.as_str())
    });
    read.flat_map(|(path, file)| documents(&file.bytes).into_iter().map(|one| (path.as_str().to_owned(), one)))
        .collect()
}

impl<'a> Tree<'a> {
    pub fn new(compiled: &'a Compiled, documents: &'a [(String, Value)]) -> Self {
        let text = |path: &str| compiled.tree.get(path).map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
        let schematics = compiled.tree.iter().filter(|(path, _)| path.as_str().ends_with("/schematic.yaml"));
        let headers = schematics.filter_map(|(path, _)| text(path.as_str()));
        Self {
            paths: compiled.tree.iter().map(|(path, _)| path.as_str()).collect(),
            documents: documents.iter().map(|(path, document)| (path.as_str(), document)).collect(),
            runbook: text("README.md").unwrap_or_default(),
            installers: headers
                .flat_map(|text| {
                    text.lines()
                        .filter_map(|line| line.strip_prefix("# Installer: "))
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                })
                .collect(),
            prefix: compiled.model.delivery.as_ref().map_or_else(|| "./".to_owned(), |to| to.repository_path("")),
        }
    }

    /// The same with one file in another form.
    pub fn with<'b>(&'b self, file: &'b str, documents: &'b [Value]) -> Tree<'b> {
        let others = self.documents.iter().copied().filter(|(path, _)| *path != file);
        let documents = others.chain(documents.iter().map(|document| (file, document))).collect();
        let (runbook, installers, prefix) = (self.runbook.clone(), self.installers.clone(), self.prefix.clone());
        Tree { paths: self.paths.clone(), documents, runbook, installers, prefix }
    }

    /// Kubernetes's objects.
    fn objects(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.documents
            .iter()
            .copied()
            .filter(|(path, _)| ["flux/", "tenants/", "bootstrap/"].iter().any(|folder| path.starts_with(folder)))
    }

    /// What does not fit together.
    pub fn faults(&self) -> Vec<String> {
        let names = Names::new(self);
        let mut wrong = uses::dangling(self, &names);
        wrong.extend(uses::idle(self, &names));
        wrong.extend(layers::faults(self));
        wrong.extend(self.objects().flat_map(|(path, object)| shapes::faults(path, object)));
        wrong.extend(machines::faults(self));
        wrong.extend(images::faults(self));
        wrong
    }
}

/// What does not fit together in what a cloud compiles to.
pub fn faults(compiled: &Compiled) -> Vec<String> {
    Tree::new(compiled, &all_documents(&compiled.tree)).faults()
}

/// That everything does.
pub fn hold(name: &str, compiled: &Compiled) {
    let faults = faults(compiled);
    assert!(faults.is_empty(), "{name}: {faults:#?}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> + Clone {
    value.as_array().into_iter().flatten()
}

#[test]
fn every_reference_names_something() {
    for cloud in clouds() {
        hold(&cloud.display().to_string(), &compile_file(&cloud));
    }
}

/// A place of an example, the value that is put there, and what must then be said.
const BROKEN: [(&str, &str, &str, usize, &str, &str); 17] = [
    ("home", "flux/components/prometheus-operator-crds.yaml", "/spec/wait", 0, "", "does not wait for its objects"),
    ("home", "flux/components/etcd-backup.yaml", "/spec/sourceRef/name", 0, "other", "GitRepository"),
    ("home", "flux/components/metallb.yaml", "/spec/dependsOn", 1, "other", "does not wait for"),
    ("home", "flux/components/metallb.yaml", "/spec/path", 1, "./other", "points at"),
    ("home", "flux/components/metallb/config/bgpadvertisement.yaml", "/spec/ipAddressPools/0", 0, "x", "IPAddressPool"),
    ("home", "flux/components/minio/release/helmrelease.yaml", "/spec/values/existingSecret", 0, "x", "minio-root"),
    ("home", "flux/components/harbor/renewal/cronjob.yaml", "/metadata/namespace", 0, "x", "nobody makes namespace"),
    ("home", "flux/components/harbor/renewal/rolebinding.yaml", "/roleRef/name", 0, "x", "nobody uses Role"),
    ("home", "flux/components/harbor/release/kustomization.yaml", "/resources/0", 0, "x", "is in no kustomization"),
    ("home", "talos/images/nuc/imager-iso.yaml", "/input/systemExtensions/0/imageRef", 0, "x/y/z:1", "the schematic"),
    ("home", "talos/images/nuc/imager-iso.yaml", "/version", 0, "v1.13.0", "profiles do not agree:"),
    ("home", "talos/machines/nuc1.yaml", "/cluster/clusterName", 0, "x", "do not agree"),
    ("home", "talos/machines/nuc1.yaml", "/machine/install/image", 0, "factory.talos.dev/x", "no schematic"),
    ("home", "talos/machines/nuc1.yaml", "/name", 3, "x", "there is no link uplink"),
    ("cozy", "tenants/dev/integration/csi-controller.yaml", "/spec/template/spec/volumes/0/name", 5, "x", "volumes"),
    ("cozy", "tenants/dev/cluster/nodegroup-md0.yaml", "/spec/clusterName", 2, "x", "Cluster"),
    ("cozy", "tenants/dev/cluster/nodegroup-md0.yaml", "/spec/template/metadata/labels", 2, "x", "is not of"),
];

#[test]
fn what_does_not_fit_is_found() {
    let examples = ["home", "cozy"].map(|name| {
        let compiled = compile_file(&repository(&format!("examples/{name}/cloud.yaml")));
        (name, all_documents(&compiled.tree), compiled)
    });
    for (example, file, place, number, value, said) in BROKEN {
        let (_, documents, compiled) = examples.iter().find(|(name, ..)| *name == example).unwrap();
        let of_file = documents.iter().filter(|(path, _)| path == file);
        let mut changed: Vec<Value> = of_file.map(|(_, document)| document.clone()).collect();
        *changed[number].pointer_mut(place).unwrap_or_else(|| panic!("{file} has no {place}")) = value.into();
        let faults = Tree::new(compiled, documents).with(file, &changed).faults();
        assert!(faults.iter().any(|fault| fault.contains(said)), "{file}, {place}: {faults:#?}");
    }
}
