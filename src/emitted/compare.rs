//! Two states of the emitted directory -> what is different in meaning, value by value.
//!
//! Documents are matched by what they describe and the items of lists by what tells them apart, so that a file that was renamed, a
//! reordered map or a reformatted text is no difference.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::{Contents, Emitted, Item, Object, Place, Step, items, read};

/// One value that is different.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where; of something removed, where it was.
    pub place: Place,
    /// None: it was not there.
    pub from: Option<Value>,
    /// None: it is gone.
    pub to: Option<Value>,
}

/// What happened to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// A whole document is new.
    Created,
    /// A whole document is gone.
    Deleted,
    Added,
    Removed,
    /// A number, or a quantity of one unit, is greater than it was.
    Raised,
    Lowered,
    /// Any other new value.
    Changed,
}

impl Difference {
    pub fn operation(&self) -> Operation {
        let whole = self.place.path.is_empty();
        match (&self.from, &self.to) {
            (None, _) if whole => Operation::Created,
            (_, None) if whole => Operation::Deleted,
            (None, _) => Operation::Added,
            (_, None) => Operation::Removed,
            (Some(from), Some(to)) => match (number(from), number(to)) {
                (Some((from, unit)), Some((to, other))) if unit == other && from < to => Operation::Raised,
                (Some((from, unit)), Some((to, other))) if unit == other && from > to => Operation::Lowered,
                _ => Operation::Changed,
            },
        }
    }
}

/// A number with what follows it.
fn number(value: &Value) -> Option<(f64, String)> {
    match value {
        Value::Number(number) => Some((number.as_f64()?, String::new())),
        Value::String(text) => {
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            Some((text[..digits].parse().ok()?, text[digits..].to_owned()))
        }
        _ => None,
    }
}

/// What is different between the files `old` and `new`: path in the directory -> text. Files that are the same need not be among
/// them.
pub fn compare(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Difference> {
    differences(&Side::of(old), &Side::of(new))
}

/// What is different between files that were read.
pub fn differences(old: &Side<'_>, new: &Side<'_>) -> Vec<Difference> {
    let mut differences = Vec::new();
    let keys: BTreeSet<&Key> = old.documents.keys().chain(new.documents.keys()).collect();
    for key in keys {
        let (from, to) = (old.documents.get(key), new.documents.get(key));
        let Some((file, object, _)) = to.or(from) else { continue };
        let place = Place { file: (*file).to_owned(), object: object.clone(), path: Vec::new() };
        if let (Some((.., one)), Some((.., other))) = (from, to) {
            values(&place, one, other, &mut differences);
        } else {
            let value = |side: Option<&(&str, Object, Value)>| side.map(|(.., value)| value.clone());
            differences.push(Difference { place, from: value(from), to: value(to) });
        }
    }
    let keys: BTreeSet<&Object> = old.texts.keys().chain(new.texts.keys()).collect();
    for object in keys {
        let (from, to) = (old.texts.get(object), new.texts.get(object));
        if from.map(|(_, text)| text) == to.map(|(_, text)| text) {
            continue;
        }
        let file = to.or(from).map_or_else(String::new, |(file, _)| (*file).to_owned());
        let value = |side: Option<&(&str, &str)>| side.map(|(_, text)| Value::String((*text).to_owned()));
        let mut place = Place { file, object: object.clone(), path: Vec::new() };
        if from.is_some() && to.is_some() {
            place.path.push(Step::Key("text".to_owned()));
        }
        differences.push(Difference { place, from: value(from), to: value(to) });
    }
    differences
}

/// Files of a state: path in the directory, text.
pub type Files<'f> = Vec<(&'f String, &'f String)>;

/// Where a document belongs, and what it describes: one object may stand in `bootstrap/` and in `flux/`.
type Key = (String, Object);

/// What files of one state say, without the lines on which they say it.
pub struct Side<'f> {
    /// With the file.
    documents: BTreeMap<Key, (&'f str, Object, Value)>,
    texts: BTreeMap<Object, (&'f str, &'f str)>,
}

impl<'f> Side<'f> {
    /// Reads each file once.
    pub fn of(files: impl IntoIterator<Item = (&'f String, &'f String)>) -> Self {
        let mut side = Self { documents: BTreeMap::new(), texts: BTreeMap::new() };
        for (file, text) in files {
            match read(file, text) {
                Contents::Text(object) => {
                    side.texts.insert(object, (file, text));
                }
                Contents::Documents(documents) => {
                    for Emitted { object, value, .. } in documents {
                        side.documents.insert((scope(file), object.clone()), (file, object, value));
                    }
                }
            }
        }
        side
    }

    /// Every document with its file.
    pub fn documents(&self) -> impl Iterator<Item = &(&'f str, Object, Value)> {
        self.documents.values()
    }
}

/// The files of two states by the parts of the directory that can be compared one by one.
pub fn by_part<'f>(states: [impl Iterator<Item = (&'f String, &'f String)>; 2]) -> Vec<[Files<'f>; 2]> {
    let mut parts: BTreeMap<String, [Files<'f>; 2]> = BTreeMap::new();
    for (state, files) in states.into_iter().enumerate() {
        for (path, text) in files {
            parts.entry(scope(path)).or_default()[state].push((path, text));
        }
    }
    parts.into_values().collect()
}

/// The part of the directory in which an object is told by its kind and name: a file where objects do not know whose they are.
fn scope(file: &str) -> String {
    match file.split('/').collect::<Vec<_>>().as_slice() {
        ["flux", ..] => "flux".to_owned(),
        ["bootstrap", step, ..] => format!("bootstrap/{step}"),
        // Add-ons of two tenants have the same names, in two clusters.
        ["tenants", tenant, layer, ..] => format!("tenants/{tenant}/{layer}"),
        _ => file.to_owned(),
    }
}

fn values(place: &Place, from: &Value, to: &Value, found: &mut Vec<Difference>) {
    match (from, to) {
        _ if from == to => {}
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one.iter().filter(|(key, value)| other.get(*key) != Some(value)) {
                let place = below(place, Step::Key(key.clone()));
                match other.get(key) {
                    Some(other) => values(&place, value, other, found),
                    None => leaves(&place, value, false, found),
                }
            }
            for (key, value) in other.iter().filter(|(key, _)| !one.contains_key(*key)) {
                leaves(&below(place, Step::Key(key.clone())), value, true, found);
            }
        }
        (Value::Array(one), Value::Array(other)) => lists(place, one, other, found),
        _ => found.push(Difference { place: place.clone(), from: Some(from.clone()), to: Some(to.clone()) }),
    }
}

fn lists(place: &Place, one: &[Value], other: &[Value], found: &mut Vec<Difference>) {
    let [names, new_names] = items([one, other]);
    let before = found.len();
    for (value, name) in one.iter().zip(&names) {
        let place = below(place, Step::Item(name.clone()));
        match new_names.iter().position(|new| new == name) {
            Some(at) => values(&place, value, &other[at], found),
            None => leaves(&place, value, false, found),
        }
    }
    for (value, name) in other.iter().zip(&new_names).filter(|(_, name)| !names.contains(name)) {
        leaves(&below(place, Step::Item(name.clone())), value, true, found);
    }
    // The same items in another order.
    if found.len() == before {
        let list = |list: &[Value]| Some(Value::Array(list.to_vec()));
        found.push(Difference { place: place.clone(), from: list(one), to: list(other) });
    }
}

/// Everything in a value that is new or gone, one by one: the effect of a part can be another than that of its neighbour.
fn leaves(place: &Place, value: &Value, new: bool, found: &mut Vec<Difference>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                leaves(&below(place, Step::Key(key.clone())), value, new, found);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let [names, _]: [Vec<Item>; 2] = items([list, &[]]);
            for (value, name) in list.iter().zip(names) {
                leaves(&below(place, Step::Item(name)), value, new, found);
            }
        }
        _ => {
            let value = Some(value.clone());
            let (from, to) = if new { (None, value) } else { (value, None) };
            found.push(Difference { place: place.clone(), from, to });
        }
    }
}

fn below(place: &Place, step: Step) -> Place {
    let mut place = place.clone();
    place.path.push(step);
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let side = |files: &[(&str, &str)]| {
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
        };
        let shown = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
        compare(&side(old), &side(new))
            .iter()
            .map(|d| {
                let Difference { place, from, to } = d;
                format!("{:?} {} {}: {} > {}", d.operation(), place.object, place.shown(), shown(from), shown(to))
            })
            .collect()
    }

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: b\nspec:\n";

    #[test]
    fn a_moved_reformatted_and_reordered_document_is_no_difference() {
        let old = format!("{POD}  containers:\n  - name: x\n    image: i\n");
        let new =
            "{kind: Pod, apiVersion: v1, spec: {containers: [{image: i, name: x}]}, metadata: {namespace: b, name: a}}";
        assert!(differences(&[("flux/a.yaml", &old)], &[("flux/b.yaml", new)]).is_empty());
    }

    #[test]
    fn items_are_matched_by_what_names_them() {
        let old = format!("{POD}  containers:\n  - {{name: x, memory: 4Gi}}\n  - {{name: y}}\n  args: [a, b]\n");
        let new =
            format!("{POD}  containers:\n  - {{name: w, tty: true}}\n  - {{name: x, memory: 8Gi}}\n  args: [b, a]\n");
        assert_eq!(
            differences(&[("flux/a.yaml", &old)], &[("flux/a.yaml", &new)]),
            [
                r#"Raised Pod b/a spec.containers[name=x].memory: "4Gi" > "8Gi""#,
                r#"Removed Pod b/a spec.containers[name=y].name: "y" > -"#,
                r#"Added Pod b/a spec.containers[name=w].name: - > "w""#,
                "Added Pod b/a spec.containers[name=w].tty: - > true",
                r#"Changed Pod b/a spec.args: ["a","b"] > ["b","a"]"#,
            ]
        );
    }

    #[test]
    fn a_template_with_another_hash_is_the_same_object() {
        let template = |hash: &str, cores: u32| {
            format!(
                "apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1\nkind: KubevirtMachineTemplate\n\
                 metadata:\n  name: acme-md0-{hash}\n  namespace: t\nspec:\n  cores: {cores}\n"
            )
        };
        let said = differences(
            &[("tenants/acme/cluster/md0.yaml", &template("0123abcd", 4))],
            &[("tenants/acme/cluster/md0.yaml", &template("99999999", 8))],
        );
        assert_eq!(
            said,
            [
                r#"Changed KubevirtMachineTemplate t/acme-md0 metadata.name: "acme-md0-0123abcd" > "acme-md0-99999999""#,
                "Raised KubevirtMachineTemplate t/acme-md0 spec.cores: 4 > 8",
            ]
        );
    }

    #[test]
    fn the_same_object_of_two_clusters_is_two() {
        let said = differences(&[("tenants/a/addons/x.yaml", POD)], &[("tenants/b/addons/x.yaml", POD)]);
        assert_eq!(said.len(), 2, "{said:?}");
    }
}
