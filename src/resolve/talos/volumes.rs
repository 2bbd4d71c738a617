//! Volumes: which kind of document each needs, and what `machine.disks` can say before there was one.

use std::collections::BTreeMap;

use super::super::Resolver;
use super::super::settings::declared_at;
use super::{Talos, VOLUME_DOCUMENTS};
use crate::catalog::talos_documents::field_since;
use crate::diag::Diagnostic;
use crate::model::{InstallDisk, Machine, Volume};
use crate::spec::{DiskSelector, Filesystem, VolumeKind};

impl Talos<'_, '_> {
    pub(super) fn volumes(&mut self, machine: &Machine) {
        let old = self.versions.contract < VOLUME_DOCUMENTS;
        // Device -> the volume that takes what is left of it.
        let mut open: BTreeMap<&str, &Volume> = BTreeMap::new();
        for volume in &machine.volumes {
            let name = volume.name.as_str();
            match volume.kind {
                _ if volume.is_system() => self.system_volume(machine, name),
                VolumeKind::Raw => self.kind("RawVolumeConfig", machine, &["volumes", name]),
                VolumeKind::Swap => self.kind("SwapVolumeConfig", machine, &["volumes", name]),
                VolumeKind::User if old && volume.disk_path().is_some() => {
                    self.partition(machine, volume);
                    let device = volume.disk_path().filter(|_| volume.max_size.is_none());
                    if let Some(first) = device.and_then(|device| open.insert(device, volume)) {
                        self.both_open(machine, first, volume);
                    }
                    continue;
                }
                VolumeKind::User => self.kind("UserVolumeConfig", machine, &["volumes", name]),
            }
            if let Some(disk) = &volume.disk {
                self.disk_expression(machine, name, disk);
            }
        }
    }

    fn system_volume(&mut self, machine: &Machine, name: &str) {
        self.kind("VolumeConfig", machine, &["volumes", name]);
        if matches!(name, "STATE" | "IMAGECACHE") {
            self.since(field_since(&format!("VolumeConfig {name}")), machine, &["volumes", name]);
        }
    }

    fn disk_expression(&mut self, machine: &Machine, volume: &str, disk: &DiskSelector) {
        let at = ["volumes", volume, "diskSelector"];
        let DiskSelector { model, serial, wwid, bus_path, modalias, name, .. } = disk;
        let patterns = [model, serial, wwid, bus_path, modalias];
        if patterns.into_iter().flatten().any(|pattern| pattern.contains('*')) {
            self.since(field_since("glob()"), machine, &at);
        }
        if name.as_ref().is_some_and(|name| name.starts_with("/dev/disk/")) {
            self.since(field_since("disk.symlinks"), machine, &at);
        }
    }

    /// `machine.disks` formats with xfs, and never the disk that Talos is on.
    fn partition(&mut self, machine: &Machine, volume: &Volume) {
        if volume.filesystem == Filesystem::Ext4 {
            self.kind("UserVolumeConfig", machine, &["volumes", &volume.name, "filesystem"]);
        }
        if matches!(&machine.install_disk, InstallDisk::Path(path) if Some(path.as_str()) == volume.disk_path()) {
            self.kind("UserVolumeConfig", machine, &["volumes", &volume.name, "diskSelector"]);
        }
    }

    fn both_open(&mut self, machine: &Machine, first: &Volume, second: &Volume) {
        let key =
            |cx: &Resolver<'_>, volume: &Volume| cx.key(&declared_at(cx, &machine.name, &["volumes", &volume.name]));
        let (at, label) = (key(self.cx, second), key(self.cx, first));
        self.cx.report(
            Diagnostic::error("wrong-value", at, format!("`{}` has no size beside `{}`", second.name, first.name))
                .label(label, "takes what is left of the same disk")
                .help("give one of them a `maxSize`"),
        );
    }
}
