//! What is said of one image twice: by its schematic, and by each profile of the imager.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Tree, list, text};

pub fn faults(tree: &Tree<'_>) -> Vec<String> {
    let mut images: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
    for (path, document) in tree.documents.iter().filter(|(path, _)| path.starts_with("talos/images/")) {
        if let Some((folder, name)) = path.rsplit_once('/') {
            images.entry(folder).or_default().push((name, document));
        }
    }
    images.iter().flat_map(|(folder, files)| image(folder, files)).collect()
}

fn image(folder: &str, files: &[(&str, &Value)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let schematic = files.iter().find(|(name, _)| *name == "schematic.yaml").map(|(_, schematic)| *schematic);
    let profiles = files.iter().filter(|(name, _)| name.starts_with("imager"));
    let mut settings = BTreeSet::new();
    let mut inputs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, profile) in profiles {
        let (version, arch, input) = (text(&profile["version"]), text(&profile["arch"]), &profile["input"]);
        settings.insert(["version", "arch", "platform", "secureboot"].map(|key| profile[key].to_string()));
        for (part, value) in input.as_object().into_iter().flatten() {
            inputs.entry(part).or_default().insert(value.to_string());
        }
        for part in ["kernel", "initramfs"] {
            let path = &input[part]["path"];
            if path.is_string() && !text(path).contains(&format!("/{arch}/")) {
                wrong.push(format!("{folder}/{name}: {path} is not of {arch}"));
            }
        }
        let base = text(&input["baseInstaller"]["imageRef"]);
        if !base.is_empty() && !base.ends_with(&format!(":{version}")) {
            wrong.push(format!("{folder}/{name}: {base} is not of {version}"));
        }
        // A kernel alone has nothing in it.
        if profile["output"]["kind"] == "kernel" || schematic.is_none() {
            continue;
        }
        let customization = &schematic.unwrap_or(&Value::Null)["customization"];
        let wanted: BTreeSet<&str> = list(&customization["systemExtensions"]["officialExtensions"]).map(text).collect();
        let put_in: BTreeSet<&str> =
            list(&input["systemExtensions"]).map(|extension| official(text(&extension["imageRef"]))).collect();
        if !wanted.is_subset(&put_in) {
            wrong.push(format!("{folder}/{name} puts in {put_in:?}, the schematic {wanted:?}"));
        }
    }
    if settings.len() > 1 {
        wrong.push(format!("{folder}: profiles do not agree: {settings:?}"));
    }
    let apart = inputs.into_iter().filter(|(_, said)| said.len() > 1);
    wrong.extend(apart.map(|(part, said)| format!("{folder}: profiles do not agree about {part}: {said:?}")));
    wrong
}

/// `ghcr.io/siderolabs/i915:20260810-v1.13.9` as `siderolabs/i915`.
fn official(image: &str) -> &str {
    let name = image.split_once('/').map_or(image, |(_, name)| name);
    name.split([':', '@']).next().unwrap_or_default()
}
