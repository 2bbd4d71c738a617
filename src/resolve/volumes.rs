//! Volumes of a machine.

use std::collections::BTreeSet;

use super::Resolver;
use super::context::Context;
use super::machines::given;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::{InstallDisk, Volume};
use crate::spec::scalar::Size;
use crate::spec::{NodeSettings, VolumeKind};

/// Every volume name of the cloud.
pub(super) fn volume_names(context: &Context) -> BTreeSet<String> {
    let volumes = context.nodes().iter().filter_map(|node| node["volumes"].as_object());
    volumes.flat_map(|map| map.keys().cloned()).collect()
}

/// Volumes by kind and name, with the defaults of their kind.
pub(super) fn volumes(s: &NodeSettings) -> Vec<Volume> {
    given(s.volumes.as_ref())
        .into_iter()
        .map(|(name, v)| Volume {
            name,
            kind: v.kind.unwrap_or_default(),
            disk: v.disk_selector,
            min_size: v.min_size.map(|size| size.talos()),
            max_size: v.max_size.map(|size| size.talos()),
            grow: v.grow,
            filesystem: v.filesystem.unwrap_or_default(),
            secure: v.secure,
        })
        .collect()
}

pub(super) fn check_volumes(
    cx: &mut Resolver<'_>,
    node: &str,
    volumes: Vec<Volume>,
    install: &InstallDisk,
) -> Vec<Volume> {
    for volume in &volumes {
        let name = &volume.name;
        let at = |cx: &Resolver<'_>| declared_at(cx, node, &["volumes", name]);
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.len() > 34 || !name.chars().all(allowed) {
            let span = cx.key(&at(cx));
            cx.report(
                Diagnostic::error("wrong-name", span, format!("`{name}` cannot be a volume name"))
                    .note("at most 34 letters, digits and hyphens: it becomes a partition label"),
            );
        }
        let bytes =
            |size: &Option<String>| size.as_ref().and_then(|size| size.parse::<Size>().ok()).map(|size| size.bytes);
        if let (Some(min), Some(max)) = (bytes(&volume.min_size), bytes(&volume.max_size))
            && min > max
        {
            let (span, label) = (cx.value(&at(cx).key("minSize")), cx.value(&at(cx).key("maxSize")));
            cx.report(
                Diagnostic::error("wrong-value", span, format!("volume `{name}` has a `minSize` above its `maxSize`"))
                    .label(label, "`maxSize`")
                    .help("swap them, or leave `maxSize` out"),
            );
        }
        let formatted = declared_at(cx, node, &["volumes", name, "filesystem"]);
        if volume.kind != VolumeKind::User && cx.document.contains(&formatted) {
            let (span, label) = (cx.key(&formatted), cx.value(&at(cx).key("kind")));
            cx.report_once(
                Diagnostic::error("wrong-value", span, format!("volume `{name}` has no filesystem"))
                    .label(label, "only `user` volumes are formatted with one")
                    .help("remove `filesystem`, or set `kind: user`"),
            );
        }
        if volume.is_system() {
            let sized = volume.min_size.is_some() || volume.max_size.is_some() || volume.disk.is_some();
            if name == "STATE" && sized {
                let span = cx.key(&at(cx));
                cx.report(
                    Diagnostic::error("system-volume", span, "Talos sizes and places `STATE` itself")
                        .help("remove it; `encryption.state` is where it is encrypted"),
                );
            }
            if volume.kind != VolumeKind::User {
                let span = cx.value(&at(cx).key("kind"));
                cx.report(Diagnostic::error(
                    "system-volume",
                    span,
                    format!("`{name}` is Talos's own volume and has no kind"),
                ));
            }
        } else if volume.min_size.is_none() && volume.max_size.is_none() {
            let span = cx.key(&at(cx));
            cx.report(
                Diagnostic::error(
                    "volume-without-size",
                    span,
                    format!("volume `{name}` has neither `minSize` nor `maxSize`"),
                )
                .help("give `minSize`; without `maxSize` the volume takes what is left of the disk"),
            );
        }
    }
    let limited = volumes.iter().any(|volume| volume.name == "EPHEMERAL" && volume.max_size.is_some());
    let shares = |volume: &&Volume| volume.disk.as_ref().is_none_or(|disk| install.is_named_by(disk));
    let beside = volumes.iter().filter(|volume| !volume.is_system()).find(shares);
    if let Some(volume) = beside.filter(|_| !limited) {
        let at = cx.key(&declared_at(cx, node, &["volumes", &volume.name]));
        cx.report(
            Diagnostic::warning(
                "no-room-for-volume",
                at,
                format!("volume `{}` lies on the install disk, which `EPHEMERAL` fills", volume.name),
            )
            .help("limit it: `volumes: {EPHEMERAL: {maxSize: 100GiB}}`, or place the volume with `diskSelector`"),
        );
    }
    volumes
}
