//! Settings that the Talos of the cloud does not know yet, and those that it keeps for itself.
//!
//! What came when is data (`stdlib/versions/talos-documents.yaml`); here is which setting needs what. A machine refuses its
//! whole configuration for one thing that it does not know.

use std::collections::BTreeMap;

use super::Resolver;
use super::settings::declared_at;
use super::versions::Versions;
use crate::catalog::talos_documents::{
    FileHome, api_server_argument, cri_part, field_since, file_home, is_kubelet_field, kind_since,
};
use crate::diag::Diagnostic;
use crate::model::{ControlPlane, InstallDisk, LinkKind, Machine, Volume};
use crate::spec::scalar::{LabelValue, Minor};
use crate::spec::{DiskSelector, FileOp, Filesystem, VolumeKind};
use crate::syntax::Path;

/// The one part of containerd's settings that could be written before 1.14.
const CRI_PART: &str = "/etc/cri/conf.d/20-customization.part";
/// Since this contract a volume is a document and not a partition of `machine.disks`.
const VOLUME_DOCUMENTS: Minor = Minor::v1(10);
/// Since this contract a link is found by an alias, which must fit one interface.
const TYPED_NETWORK: Minor = Minor::v1(12);
/// Since this contract an alias may take the first of several.
const COUNTED_ALIAS: Minor = Minor::v1(13);
const MULTI_DOCUMENT: Minor = Minor::v1(14);

pub(super) fn check(cx: &mut Resolver<'_>, versions: &Versions, control_plane: &ControlPlane, machines: &[Machine]) {
    let mut window = Window { cx, versions };
    for machine in machines {
        window.host(machine);
        window.registries(machine);
        window.links(machine);
        window.volumes(machine);
        window.files(machine);
        window.kubelet(machine);
    }
    window.api_server(control_plane);
}

struct Window<'a, 'c> {
    cx: &'a mut Resolver<'c>,
    versions: &'a Versions,
}

impl Window<'_, '_> {
    fn host(&mut self, machine: &Machine) {
        for (name, service) in &machine.extension_services {
            if service.environment.is_empty() && service.config_files.is_empty() {
                self.empty(machine, &["extensionServices", name], "give it `environment` or `configFiles`");
            }
        }
        for (address, _) in machine.hosts.iter().filter(|(_, names)| names.is_empty()) {
            self.empty(machine, &["hosts", address], "give it a name");
        }
        if !machine.annotations.is_empty() {
            self.since(field_since("machine.nodeAnnotations"), machine, &["annotations"]);
        }
        if machine.watchdog.is_some() {
            self.kind("WatchdogTimerConfig", machine, &["watchdog"]);
        }
        if !machine.extension_services.is_empty() {
            self.kind("ExtensionServiceConfig", machine, &["extensionServices"]);
        }
    }

    fn registries(&mut self, machine: &Machine) {
        if !machine.registries.trust.is_empty() {
            self.kind("TrustedRootsConfig", machine, &["registries", "trust"]);
        }
        for (host, _) in machine.registries.mirrors.iter().filter(|(_, mirror)| mirror.skip_fallback) {
            let since = field_since("machine.registries.mirrors.skipFallback");
            self.since(since, machine, &["registries", "mirrors", host, "skipFallback"]);
        }
    }

    /// A bridge knew its ports by their kernel names only, and a selector that fits several interfaces meant all of them.
    fn links(&mut self, machine: &Machine) {
        let asks = machine.only_default_link().is_none_or(|link| link.vip.is_some());
        for link in &machine.links {
            if matches!(link.kind, LinkKind::FirstPhysical) && asks && self.versions.contract < COUNTED_ALIAS {
                self.ambiguous(machine, &link.name);
            }
            let LinkKind::Bridge { members, .. } = &link.kind else { continue };
            if members.iter().any(|member| member.name.is_none()) {
                let since = field_since("machine.network.interfaces.bridgePort");
                self.since(since, machine, &["links", &link.name, "bridge", "members"]);
            }
        }
    }

    fn empty(&mut self, machine: &Machine, keys: &[&str], way_out: &str) {
        let at = self.cx.key(&declared_at(self.cx, &machine.name, keys));
        let message = format!("`{}` says nothing, which Talos refuses", keys.join("."));
        self.cx.report(Diagnostic::error("wrong-value", at, message).help(format!("{way_out}, or remove it")));
    }

    fn ambiguous(&mut self, machine: &Machine, link: &str) {
        let own = declared_at(self.cx, &machine.name, &["links", link]);
        let path = if self.cx.document.contains(&own) { own } else { Path::of(["nodes", &machine.name]) };
        let at = self.cx.key(&path);
        let contract = self.versions.contract;
        let note = if contract < TYPED_NETWORK {
            format!("in the layout of {contract} every physical one gets this address")
        } else {
            format!("in the layout of {contract} a machine with two gets no address")
        };
        self.cx.report(
            Diagnostic::warning(
                "ambiguous-link",
                at,
                format!("nothing says which interface of `{}` is meant", machine.name),
            )
            .note(note)
            .help("give the node its `mac`, or the link a `match`"),
        );
    }

    fn volumes(&mut self, machine: &Machine) {
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
        let key = |cx: &super::Resolver<'_>, volume: &Volume| {
            cx.key(&declared_at(cx, &machine.name, &["volumes", &volume.name]))
        };
        let (at, label) = (key(self.cx, second), key(self.cx, first));
        self.cx.report(
            Diagnostic::error("wrong-value", at, format!("`{}` has no size beside `{}`", second.name, first.name))
                .label(label, "takes what is left of the same disk")
                .help("give one of them a `maxSize`"),
        );
    }

    /// Nothing outside of `/var` is created, only what is there is overwritten.
    fn files(&mut self, machine: &Machine) {
        let typed = self.versions.contract >= MULTI_DOCUMENT;
        for (path, file) in &machine.files {
            let no_name = |name: &str| name.is_empty() || typed && name.parse::<LabelValue>().is_err();
            if cri_part(path).is_some_and(no_name) {
                let at = self.cx.key(&declared_at(self.cx, &machine.name, &["files", path]));
                self.cx.report(
                    Diagnostic::error("wrong-name", at, format!("`{path}` cannot be a part of containerd's settings"))
                        .help("name it with letters, digits and inner `-`, `_` or `.`"),
                );
            }
            let has_kind = typed && file_home(path, file.op) != FileHome::Main;
            if file.op == FileOp::Create && !path.starts_with("/var/") && path != CRI_PART && !has_kind {
                let at = self.cx.key(&declared_at(self.cx, &machine.name, &["files", path]));
                self.cx.report(
                    Diagnostic::error("file-outside-var", at, format!("Talos creates no file at `{path}`"))
                        .help("put it below `/var/`, or use `op: overwrite` for a file that Talos has"),
                );
            }
        }
    }

    fn kubelet(&mut self, machine: &Machine) {
        for field in machine.kubelet.config.keys().filter(|field| is_kubelet_field(field)) {
            let at = self.cx.key(&declared_at(self.cx, &machine.name, &["kubelet", "config", field]));
            self.cx.report(
                Diagnostic::error("reserved-setting", at, format!("Talos sets `{field}` of the kubelet itself"))
                    .help("remove it"),
            );
        }
    }

    fn api_server(&mut self, control_plane: &ControlPlane) {
        if self.versions.contract < MULTI_DOCUMENT {
            return;
        }
        for argument in control_plane.api_server.extra_args.keys() {
            let Some(kind) = api_server_argument(argument) else { continue };
            let at = self.cx.key(&Path::of(["controlPlane", "apiServer", "extraArgs", argument]));
            let has_word = ["oidc-issuer-url", "oidc-client-id", "oidc-username-claim", "oidc-groups-claim"];
            let help = if has_word.contains(&argument.as_str()) {
                "use `controlPlane.apiServer.oidc`".to_owned()
            } else {
                format!("patch the `{kind}` document")
            };
            self.cx.report(
                Diagnostic::error("reserved-setting", at, format!("Talos takes no `{argument}` beside its `{kind}`"))
                    .help(help),
            );
        }
    }

    fn kind(&mut self, kind: &str, machine: &Machine, keys: &[&str]) {
        let since = kind_since(kind).expect("the table has every kind that is written");
        self.since(since, machine, keys);
    }

    fn since(&mut self, since: Minor, machine: &Machine, keys: &[&str]) {
        let running = Minor::from(&self.versions.talos);
        if running >= since {
            return;
        }
        // Registries may stand beside the nodes as well.
        let own = declared_at(self.cx, &machine.name, keys);
        let path = if self.cx.document.contains(&own) { own } else { Path::of(keys.iter().copied()) };
        let (at, label) = (self.cx.key(&path), self.cx.value(&Path::of(["versions", "talos"])));
        let mut diagnostic =
            Diagnostic::error("talos-too-old", at, format!("Talos {running} does not know this; it came with {since}"))
                .label(label, "the version that runs")
                .help(format!("run Talos {since} or newer, or remove it"));
        if keys.first() == Some(&"volumes") && self.versions.contract < VOLUME_DOCUMENTS {
            diagnostic = diagnostic
                .note("older ones know user volumes on a disk that is named: `diskSelector: {name: /dev/sdb}`");
        }
        self.cx.report(diagnostic);
    }
}
