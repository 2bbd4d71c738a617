//! Disks that two choices may mean: the one Talos is installed on, and those of volumes.

use super::Resolver;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::{InstallDisk, Machine};
use crate::spec::{DiskSelector, DiskType, Glob};

pub(super) fn check(cx: &mut Resolver<'_>, machine: &Machine) {
    let InstallDisk::Selector(install) = &machine.install_disk else { return };
    let own = declared_at(cx, &machine.name, &["installDisk"]);
    if !cx.document.contains(&own) {
        return;
    }
    for volume in &machine.volumes {
        let Some(disk) = &volume.disk else { continue };
        // One that is the very disk is meant to be.
        if disk.is_same_disk(install) || !(within(disk, install) || within(install, disk)) {
            continue;
        }
        let place = declared_at(cx, &machine.name, &["volumes", &volume.name, "diskSelector"]);
        let (at, label) = (cx.value(&place), cx.value(&own));
        cx.report_once(
            Diagnostic::warning(
                "disk-matched-twice",
                at,
                format!("a disk for volume `{}` may be the one that Talos is installed on", volume.name),
            )
            .note("both choices fit it; an installation takes one disk of those that fit, and the volume another")
            .label(label, "fits the same disks")
            .help("let each say what the other disk is not: `size`, `model`, `serial` or `wwid`"),
        );
    }
}

/// Whether every disk that the one fits also fits the other, by what is written.
fn within(one: &DiskSelector, other: &DiskSelector) -> bool {
    let text = |a: &Option<String>, b: &Option<String>| match (a, b) {
        (_, None) => true,
        (Some(a), Some(b)) => a == b || Glob::new(b).matches(a),
        (None, Some(_)) => false,
    };
    let kind = match (one.kind, other.kind) {
        (_, None) => true,
        // Talos takes what does not rotate for an SSD, NVMe and cards included.
        (Some(kind), Some(DiskType::Ssd)) => kind != DiskType::Hdd,
        (one, other) => one == other,
    };
    kind && size(one.size.as_deref(), other.size.as_deref())
        && text(&one.model, &other.model)
        && text(&one.serial, &other.serial)
        && text(&one.wwid, &other.wwid)
        && text(&one.bus_path, &other.bus_path)
        && text(&one.modalias, &other.modalias)
        && text(&one.name, &other.name)
}

/// Whether every size that fits the one also fits the other.
fn size(one: Option<&str>, other: Option<&str>) -> bool {
    let Some(other) = other else { return true };
    let (Some(one), Some(other)) = (one.and_then(bounds), bounds(other)) else { return false };
    other.0 <= one.0 && one.1 <= other.1
}

/// The least and the most bytes of `>= 200GB`.
fn bounds(text: &str) -> Option<(u64, u64)> {
    let text = text.trim();
    let number = text.trim_start_matches(['<', '>', '=', ' ']);
    let bytes = number.replace(' ', "").parse::<crate::spec::scalar::Size>().ok()?.bytes;
    Some(match text[..text.len() - number.len()].trim() {
        ">=" => (bytes, u64::MAX),
        ">" => (bytes.saturating_add(1), u64::MAX),
        "<=" => (0, bytes),
        "<" => (0, bytes.saturating_sub(1)),
        _ => (bytes, bytes),
    })
}
