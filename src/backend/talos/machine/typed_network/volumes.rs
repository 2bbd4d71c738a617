//! `VolumeConfig` for Talos's own volumes, `UserVolumeConfig`, `RawVolumeConfig` and `SwapVolumeConfig` for others.

use serde_json::{Value, json};

use super::super::disk;
use super::super::object::Object;
use super::V1_13;
use crate::model::{Machine, Model, Volume};
use crate::spec::{EncryptionKey, Filesystem, VolumeKind};

pub(super) fn documents(model: &Model, machine: &Machine) -> Vec<Value> {
    let mut documents: Vec<Value> = machine.volumes.iter().map(|volume| document(model, machine, volume)).collect();
    for (name, keys) in &machine.encryption {
        if !machine.volumes.iter().any(|volume| volume.name.eq_ignore_ascii_case(name)) {
            let document = Object::document("VolumeConfig").set("name", name.to_ascii_uppercase());
            documents.push(document.set("encryption", encryption(keys)).build());
        }
    }
    documents
}

fn document(model: &Model, machine: &Machine, volume: &Volume) -> Value {
    let kind = match volume.kind {
        _ if volume.is_system() => "VolumeConfig",
        VolumeKind::User => "UserVolumeConfig",
        VolumeKind::Raw => "RawVolumeConfig",
        VolumeKind::Swap => "SwapVolumeConfig",
    };
    let mut document = Object::document(kind).set("name", volume.name.as_str());
    // Talos refuses to provision STATE anywhere but where it is.
    if volume.name != "STATE" {
        document = document.set_filled("provisioning", provisioning(machine, volume));
    }
    if kind == "UserVolumeConfig" && volume.filesystem == Filesystem::Ext4 {
        document = document.set("filesystem", json!({"type": "ext4"}));
    }
    let keys = machine.encryption.iter().find(|(name, _)| volume.name.eq_ignore_ascii_case(name));
    document = document.set_filled("encryption", keys.map_or(Value::Null, |(_, keys)| encryption(keys)));
    // Before 1.13 there was no choice, and mounts were not restricted.
    let mounted = matches!(kind, "VolumeConfig" | "UserVolumeConfig");
    if mounted && !volume.secure && model.contract >= V1_13 {
        document = document.set("mount", json!({"secure": false}));
    }
    document.build()
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

fn encryption(keys: &[EncryptionKey]) -> Value {
    let key = |(slot, key): (usize, &EncryptionKey)| {
        let object = Object::new().set("slot", slot);
        match key {
            EncryptionKey::Tpm(_) => object.set("tpm", json!({})),
            EncryptionKey::NodeId(_) => object.set("nodeID", json!({})),
            EncryptionKey::Kms(kms) => object.set("kms", json!({"endpoint": kms.endpoint})),
            // The passphrase is a secret and comes with the secrets.
            EncryptionKey::Static(_) => object.set("static", json!({})),
        }
        .build()
    };
    json!({"provider": "luks2", "keys": keys.iter().enumerate().map(key).collect::<Value>()})
}
