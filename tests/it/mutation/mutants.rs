//! Emitted files with one field broken each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cloudc::Compiled;
use cloudc::backend::{talos::machine, yaml};
use cloudc::emitted::is_yaml;
use cloudc::secrets;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{clouds as all_clouds, compile_file, documents, is_of_the_user};

/// A cloud with what of its files is judged.
pub struct Cloud {
    pub compiled: Compiled,
    /// `1.13`
    pub minor: String,
    pub files: Vec<File>,
}

pub struct File {
    pub path: String,
    pub class: Class,
    /// As judges get it: a machine configuration with secrets.
    documents: Vec<Value>,
    header: String,
    /// As it is in the tree; only what stands here is broken.
    emitted: Vec<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    Machine,
    Profile,
    Schematic,
    Object,
    /// The values of a chart, of which upstream has no schema.
    Values,
}

impl Class {
    pub const ALL: [Self; 5] = [Self::Machine, Self::Profile, Self::Schematic, Self::Object, Self::Values];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Machine => "machine configurations",
            Self::Profile => "imager profiles",
            Self::Schematic => "schematics",
            Self::Object => "Kubernetes objects",
            Self::Values => "values of charts",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    Removed,
    Misspelled,
    OtherType,
    OtherWord,
    OutOfRange,
    Flipped,
}

impl Fault {
    pub const ALL: [Self; 6] =
        [Self::Removed, Self::Misspelled, Self::OtherType, Self::OtherWord, Self::OutOfRange, Self::Flipped];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Removed => "field removed",
            Self::Misspelled => "key misspelled",
            Self::OtherType => "other type",
            Self::OtherWord => "other word or name",
            Self::OutOfRange => "number out of range",
            Self::Flipped => "switch flipped",
        }
    }
}

pub struct Mutant {
    pub cloud: usize,
    pub path: String,
    pub class: Class,
    pub fault: Fault,
    /// What is broken, the same for all objects of a kind: `HelmRelease spec.interval`.
    pub place: String,
    /// The file as it was, the broken one, as judges get it,
    pub whole: PathBuf,
    pub file: PathBuf,
    /// and as it would stand in the tree.
    pub emitted: String,
    /// What stands above the file that was broken.
    pub header: String,
}

/// What clouds compile to that some judge knows.
pub fn clouds(work: &Path) -> Vec<Cloud> {
    let strict = all_clouds().into_iter().filter(|path| !path.to_string_lossy().contains("-fallback"));
    strict.map(|path| cloud(&path, work)).collect()
}

fn cloud(path: &Path, work: &Path) -> Cloud {
    let compiled = compile_file(path);
    let model = &compiled.model;
    let minor = format!("{}.{}", model.talos.major, model.talos.minor);
    let text = fs::read_to_string(work.join(format!("secrets/{minor}.yaml"))).unwrap();
    let bundle = secrets::open(&text, || unreachable!("it is not encrypted")).unwrap();
    let mut files = Vec::new();
    for (path, file) in compiled.tree.iter() {
        let path = path.as_str();
        let name = path.rsplit('/').next().unwrap();
        let class = match path.split('/').next() {
            Some("talos") if path.starts_with("talos/machines/") => Class::Machine,
            Some("talos") if name.starts_with("imager") => Class::Profile,
            Some("talos") if name == "schematic.yaml" => Class::Schematic,
            Some("flux" | "tenants" | "bootstrap") if is_yaml(path) && !path.ends_with(".values.yaml") => Class::Object,
            _ => continue,
        };
        if is_of_the_user(path) {
            continue;
        }
        let emitted = documents(&file.bytes);
        let node = name.trim_end_matches(".yaml");
        let full = match model.nodes.iter().find(|node_| class == Class::Machine && node_.name == node) {
            Some(node) => machine::documents(model, node, Some(&bundle)),
            None => emitted.clone(),
        };
        let header = String::from_utf8_lossy(&file.bytes).lines().take_while(|line| line.starts_with('#')).collect();
        files.push(File { path: path.to_owned(), class, documents: full, header, emitted });
    }
    Cloud { compiled, minor, files }
}

/// A step to a value: a key, or a number in a list.
type Step = Result<String, usize>;

fn places(value: &Value, at: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    let mut below = |step: Step, value: &Value, at: &mut Vec<Step>| {
        at.push(step);
        found.push(at.clone());
        places(value, at, found);
        at.pop();
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(Ok(key.clone()), value, at)),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, value)| below(Err(index), value, at)),
        _ => {}
    }
}

fn get<'a>(value: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Ok(key) => value.get_mut(key),
        Err(index) => value.get_mut(*index),
    })
}

/// Breaks a place; `None` where this cannot be broken so.
fn broken(document: &Value, path: &[Step], fault: Fault) -> Option<Value> {
    let mut document = document.clone();
    let (last, above) = path.split_last()?;
    let parent = get(&mut document, above)?;
    match (fault, last) {
        (Fault::Removed, Ok(key)) => drop(parent.as_object_mut()?.shift_remove(key)?),
        (Fault::Removed, Err(index)) => drop(parent.as_array_mut()?.remove(*index)),
        (Fault::Misspelled, Ok(key)) => {
            let value = parent.as_object_mut()?.shift_remove(key)?;
            parent.as_object_mut()?.insert(format!("{key}x"), value);
        }
        (Fault::Misspelled, Err(_)) => return None,
        _ => {
            let value = get(parent, std::slice::from_ref(last))?;
            *value = match (fault, &*value) {
                (Fault::OtherType, Value::Object(_) | Value::Array(_)) => json!("broken"),
                (Fault::OtherType, _) => json!({"broken": "broken"}),
                (Fault::OtherWord, Value::String(word)) => json!(format!("{word}-broken")),
                (Fault::OutOfRange, Value::Number(_)) => json!(-987_654_321),
                (Fault::Flipped, Value::Bool(switch)) => json!(!switch),
                _ => return None,
            };
        }
    }
    Some(document)
}

/// `HelmRelease spec.chartRef.name`: without numbers of list items.
fn place(document: &Value, path: &[Step], class: Class) -> String {
    let kind = document["kind"].as_str().unwrap_or(match class {
        Class::Profile => "profile",
        Class::Schematic => "schematic",
        _ => "v1alpha1",
    });
    let steps: Vec<&str> = path.iter().map(|step| step.as_deref().unwrap_or("*")).collect();
    format!("{kind} {}", steps.join("."))
}

/// What can be broken: an even number to choose by, where it is, and how.
type Candidate = ([u8; 32], usize, usize, usize, Vec<Step>, Fault);

/// As many mutants of each class as are asked for, chosen evenly but always the same, and how many there are. What several files have in
/// common counts once.
pub fn sample(clouds: &[Cloud], limit: usize, work: &Path) -> (Vec<Mutant>, BTreeMap<Class, usize>) {
    let mut seen = BTreeSet::new();
    let mut all: BTreeMap<Class, Vec<Candidate>> = BTreeMap::new();
    for (number, cloud) in clouds.iter().enumerate() {
        for (file_number, file) in cloud.files.iter().enumerate() {
            for (index, document) in file.emitted.iter().enumerate() {
                let mut found = Vec::new();
                places(document, &mut Vec::new(), &mut found);
                for (path, fault) in found.into_iter().flat_map(|path| Fault::ALL.map(|fault| (path.clone(), fault))) {
                    let values = document["kind"] == "HelmRelease"
                        && path.starts_with(&[Ok("spec".into()), Ok("values".into())]);
                    let class = if values && path.len() > 2 { Class::Values } else { file.class };
                    let id: [u8; 32] = Sha256::digest(format!("{class:?}{document}{path:?}{fault:?}")).into();
                    if seen.insert(id) && broken(document, &path, fault).is_some() {
                        all.entry(class).or_default().push((id, number, file_number, index, path, fault));
                    }
                }
            }
        }
    }
    let counts = all.iter().map(|(class, all)| (*class, all.len())).collect();
    fs::create_dir_all(work.join("mutants")).unwrap();
    let mut mutants = Vec::new();
    for (class, mut of) in all {
        of.sort();
        for (_, number, file_number, index, path, fault) in of.into_iter().take(limit) {
            let file = &clouds[number].files[file_number];
            // With secrets, documents stand in the same order; only a place that both have can be broken in both.
            let (Some(full), Some(emitted)) =
                (broken(&file.documents[index], &path, fault), broken(&file.emitted[index], &path, fault))
            else {
                continue;
            };
            let with = |documents: &[Value], document: Value| {
                let mut documents = documents.to_vec();
                documents[index] = document;
                yaml::write_documents(&[], &documents)
            };
            let to = work.join(format!("mutants/{:06}.yaml", mutants.len()));
            let whole = work.join(format!("mutants/{number}-{file_number}.yaml"));
            if !whole.exists() {
                fs::write(&whole, yaml::write_documents(&[], &file.documents)).unwrap();
            }
            fs::write(&to, with(&file.documents, full)).unwrap();
            mutants.push(Mutant {
                cloud: number,
                path: file.path.clone(),
                class,
                fault,
                whole,
                place: place(&file.emitted[index], &path, class),
                file: to,
                emitted: with(&file.emitted, emitted),
                header: file.header.clone(),
            });
        }
    }
    (mutants, counts)
}
