//! `VolumeConfig` for Talos's own volumes, `UserVolumeConfig`, `RawVolumeConfig` and `SwapVolumeConfig` for others, and what
//! `v1alpha1` had before: `machine.disks` and `machine.systemDiskEncryption`.

use serde_json::{Map, Value, json};

use super::super::disk;
use super::super::object::Object;
use super::super::target::Target;
use crate::model::{Machine, Volume};
use crate::spec::scalar::Minor;
use crate::spec::{EncryptionKey, Filesystem, VolumeKind};

pub fn documents(target: &Target) -> Vec<Value> {
    let volumes = target.machine.volumes.iter().filter(|volume| disk_path(target, volume).is_none());
    let mut documents: Vec<Value> = volumes.map(|volume| document(target, volume)).collect();
    let described = |name: &str| target.machine.volumes.iter().any(|volume| volume.name == name);
    if encrypts_by_document(target) {
        for name in target.machine.encryption.keys().filter(|name| !described(name)) {
            documents.push(system_volume(target, name));
        }
    }
    // `talosctl gen config` restricts what is mounted at `/var` since 1.14.
    let ephemeral = described("EPHEMERAL") || target.machine.encryption.contains_key("EPHEMERAL");
    if target.contract() >= Minor::v1(14) && !ephemeral {
        documents.push(system_volume(target, "EPHEMERAL"));
    }
    documents
}

fn document(target: &Target, volume: &Volume) -> Value {
    let kind = match volume.kind {
        _ if volume.is_system() => "VolumeConfig",
        VolumeKind::User => "UserVolumeConfig",
        VolumeKind::Raw => "RawVolumeConfig",
        VolumeKind::Swap => "SwapVolumeConfig",
    };
    let mut document = Object::document(kind).set("name", volume.name.as_str());
    // Talos refuses to provision STATE anywhere but where it is.
    if volume.name != "STATE" {
        document = document.set_filled("provisioning", provisioning(target.machine, volume));
    }
    if kind == "UserVolumeConfig" && volume.filesystem == Filesystem::Ext4 {
        document = document.set("filesystem", json!({"type": "ext4"}));
    }
    if kind == "VolumeConfig" {
        document = document.set_filled("encryption", encryption_of(target, &volume.name));
    }
    let mounted = matches!(kind, "VolumeConfig" | "UserVolumeConfig") && volume.name != "STATE";
    if mounted {
        document = document.set_filled("mount", mount(target, &volume.name, volume.secure));
    }
    document.build()
}

/// One of Talos's own volumes of which nothing else is said.
fn system_volume(target: &Target, name: &str) -> Value {
    let mut document =
        Object::document("VolumeConfig").set("name", name).set_filled("encryption", encryption_of(target, name));
    if name == "EPHEMERAL" {
        document = document.set_filled("mount", mount(target, name, None));
    }
    document.build()
}

/// A user volume is restricted unless it says otherwise, which it can since 1.13. `/var` never was before 1.14; from then on
/// a document that says nothing restricts it too, so a cluster of an older contract says that it stays as it was.
fn mount(target: &Target, name: &str, secure: Option<bool>) -> Value {
    let secure = match secure {
        _ if name == "EPHEMERAL" && !target.runs(Minor::v1(14)) => None,
        None if name == "EPHEMERAL" => Some(target.contract() >= Minor::v1(14)),
        Some(false) if target.runs(Minor::v1(13)) => Some(false),
        said => said.filter(|_| name == "EPHEMERAL"),
    };
    secure.map_or(Value::Null, |secure| json!({"secure": secure}))
}

fn provisioning(machine: &Machine, volume: &Volume) -> Value {
    let match_disk = json!({"match": disk::volume(volume.disk.as_ref(), &machine.install_disk)});
    // Talos's own volumes stand on the system disk and grow by default, others need a disk and do not grow.
    let own = volume.is_system();
    let selector = if own && volume.disk.is_none() { Value::Null } else { match_disk };
    Object::new()
        .set_filled("diskSelector", selector)
        .set_filled("grow", volume.grow.filter(|grow| *grow != own))
        .set_filled("minSize", volume.min_size.clone())
        .set_filled("maxSize", volume.max_size.clone())
        .build()
}

/// Since 1.11 the document of a volume says how it is encrypted.
fn encrypts_by_document(target: &Target) -> bool {
    target.contract() >= Minor::v1(11)
}

fn encryption_of(target: &Target, name: &str) -> Value {
    let keys = target.machine.encryption.get(name).filter(|_| encrypts_by_document(target));
    keys.map_or(Value::Null, |keys| encryption(target, keys))
}

/// `machine.systemDiskEncryption`, before 1.11.
pub fn system_disk_encryption(target: &Target) -> Value {
    if encrypts_by_document(target) {
        return Value::Null;
    }
    let entry = |(name, keys): (&String, &Vec<EncryptionKey>)| (name.to_ascii_lowercase(), encryption(target, keys));
    Value::Object(target.machine.encryption.iter().map(entry).collect())
}

fn encryption(target: &Target, keys: &[EncryptionKey]) -> Value {
    let key = |(slot, key): (usize, &EncryptionKey)| {
        let object = Object::new();
        let object = match key {
            EncryptionKey::Tpm(_) => object.set("tpm", json!({})),
            EncryptionKey::NodeId(_) => object.set("nodeID", json!({})),
            EncryptionKey::Kms(kms) => object.set("kms", json!({"endpoint": kms.endpoint})),
            EncryptionKey::Static(reference) => {
                let passphrase = target.reference(&reference.secret, "passphrase");
                object.set("static", Object::new().set_filled("passphrase", passphrase))
            }
        };
        object.set("slot", slot).build()
    };
    json!({"provider": "luks2", "keys": keys.iter().enumerate().map(key).collect::<Value>()})
}

/// The disk of a volume that `machine.disks` makes: before 1.10, on a disk that is named by its path. It stays there for
/// the life of the cluster, because another kind would make another partition.
fn disk_path<'a>(target: &Target, volume: &'a Volume) -> Option<&'a str> {
    let old = target.contract() < Minor::v1(10) && volume.kind == VolumeKind::User && !volume.is_system();
    volume.disk_path().filter(|_| old)
}

/// `machine.disks`: device -> partitions. The one without a size takes what is left, so it is the last.
pub fn disks(target: &Target) -> Value {
    let mut disks: Map<String, Value> = Map::new();
    let (sized, open): (Vec<_>, Vec<_>) = target.machine.volumes.iter().partition(|volume| volume.max_size.is_some());
    for volume in sized.into_iter().chain(open) {
        let Some(device) = disk_path(target, volume) else { continue };
        let partition =
            Object::new().set("mountpoint", volume.mount_path()).set_filled("size", volume.max_size.clone()).build();
        let disk = disks.entry(device).or_insert_with(|| json!({"device": device, "partitions": []}));
        disk["partitions"].as_array_mut().expect("made above").push(partition);
    }
    disks.into_iter().map(|(_, disk)| disk).collect()
}
