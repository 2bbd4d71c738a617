//! What a change means for the machines together: votes of etcd, and data that only one machine has.
//!
//! A row of the impact table knows one value of one document. That two of three control planes restart at once, or that a machine
//! goes with the disks that a storage component fills, is seen only here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::targets::{Target, node_of};
use crate::emitted::Side;
use crate::impact::Label;

/// The machines of a state of the emitted directory.
#[derive(Debug, Clone, Default)]
pub struct Machines {
    voters: BTreeSet<String>,
    /// Node -> its volumes that are not Talos's own.
    volumes: BTreeMap<String, BTreeSet<String>>,
    /// Node -> its static addresses.
    addresses: BTreeMap<String, BTreeSet<String>>,
}

/// Something that follows for a node beyond what its own documents say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    pub label: Label,
    pub node: String,
    pub note: String,
}

impl Machines {
    /// Reads them off the machine configurations.
    pub fn of(side: &Side<'_>) -> Self {
        let mut machines = Self::default();
        for (path, object, value) in side.documents() {
            let Some(node) = node_of(path) else { continue };
            let volumes = machines.volumes.entry(node.to_owned()).or_default();
            machines.addresses.entry(node.to_owned()).or_default().extend(static_addresses(value));
            match object.kind.as_str() {
                "v1alpha1" if value["machine"]["type"] == "controlplane" => {
                    machines.voters.insert(node.to_owned());
                }
                "UserVolumeConfig" | "RawVolumeConfig" | "ExistingVolumeConfig" => {
                    volumes.extend(object.name.clone());
                }
                _ => {}
            }
            let disks = value["machine"]["disks"].as_array();
            volumes.extend(disks.into_iter().flatten().filter_map(|disk| disk["device"].as_str()).map(str::to_owned));
        }
        machines
    }

    /// Takes in other machines of the same state.
    pub fn extend(&mut self, others: Self) {
        let Self { voters, volumes, addresses } = others;
        self.voters.extend(voters);
        self.volumes.extend(volumes);
        self.addresses.extend(addresses);
    }

    fn has(&self, node: &str) -> bool {
        self.volumes.contains_key(node)
    }

    /// Whether a node has none of the static addresses that it had.
    fn moved(&self, node: &str, new: &Self) -> bool {
        let (Some(before), Some(now)) = (self.addresses.get(node), new.addresses.get(node)) else { return false };
        !before.is_empty() && before.is_disjoint(now)
    }
}

/// The static addresses of the links of a Talos document, in the layout of any contract.
fn static_addresses(value: &Value) -> Vec<String> {
    let interfaces = value["machine"]["network"]["interfaces"].as_array().into_iter().flatten();
    let vlans = interfaces.clone().flat_map(|link| link["vlans"].as_array().into_iter().flatten());
    let lists =
        interfaces.chain(vlans).chain([value]).flat_map(|link| link["addresses"].as_array().into_iter().flatten());
    lists.filter_map(|address| address.as_str().or_else(|| address["address"].as_str())).map(str::to_owned).collect()
}

/// What follows when `effects` (node and label) take a cloud from `old` to `new`.
pub fn consequences(old: &Machines, new: &Machines, effects: &[(Target, Label)]) -> Vec<Consequence> {
    let nodes = |label: Label| -> BTreeSet<&str> {
        let of_label = effects.iter().filter(move |(target, given)| target.kind == "Node" && *given == label);
        of_label.map(|(target, _)| target.name.as_str()).collect()
    };
    let mut found = votes(old, new, &nodes(Label::Recreate), &nodes(Label::Reboot));
    for (node, volumes) in old.volumes.iter().filter(|(node, volumes)| !new.has(node) && !volumes.is_empty()) {
        found.push(Consequence { label: Label::DataLoss, node: node.clone(), note: lost(new, volumes) });
    }
    found
}

fn votes(old: &Machines, new: &Machines, recreated: &BTreeSet<&str>, restarted: &BTreeSet<&str>) -> Vec<Consequence> {
    let count = old.voters.len();
    let majority = count / 2 + 1;
    let gone: Vec<&String> =
        old.voters.iter().filter(|node| !new.voters.contains(*node) || recreated.contains(node.as_str())).collect();
    let restarted: Vec<&String> = old.voters.iter().filter(|node| restarted.contains(node.as_str())).collect();
    let consequence = |label: Label, nodes: &[&String], note: &str| -> Vec<Consequence> {
        nodes.iter().map(|node| Consequence { label, node: (*node).clone(), note: note.to_owned() }).collect()
    };
    if !gone.is_empty() && gone.len() == count {
        return consequence(
            Label::DataLoss,
            &gone,
            "every member of etcd goes, and with them all that the cluster knows",
        );
    }
    if !gone.is_empty() {
        let left = count - gone.len();
        let note = if left < majority {
            format!(
                "{left} of {count} members of etcd stay, {majority} are needed; make the change one member at a time"
            )
        } else {
            format!(
                "{left} of {count} members of etcd stay, {majority} are needed; remove the member before the machine"
            )
        };
        return consequence(Label::Quorum, &gone, &note);
    }
    let moved: Vec<&String> = old.voters.iter().filter(|node| old.moved(node, new)).collect();
    if count > 1 && count - moved.len() < majority {
        let note = "members of etcd find each other again only while most of them stay; move one machine at a time";
        return consequence(Label::Quorum, &moved, note);
    }
    if count > 1 && count - restarted.len() < majority {
        let note = format!(
            "{} of {count} members of etcd restart and {majority} are needed; apply it to one machine at a time",
            restarted.len()
        );
        return consequence(Label::Quorum, &restarted, &note);
    }
    Vec::new()
}

/// What is said of the volumes of a machine that goes.
fn lost(new: &Machines, volumes: &BTreeSet<String>) -> String {
    let last: Vec<&str> = volumes
        .iter()
        .filter(|volume| !new.volumes.values().any(|others| others.contains(*volume)))
        .map(String::as_str)
        .collect();
    let names = volumes.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    if last.is_empty() {
        format!("its volumes go with it: {names}; evacuate them first")
    } else {
        format!("its volumes go with it: {names}; no other machine has {}", last.join(", "))
    }
}
