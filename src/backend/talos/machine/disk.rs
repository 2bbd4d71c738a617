//! What a disk must match -> the two forms Talos reads: `machine.install.diskSelector` and CEL.
//!
//! Both mean the same disks: the CEL says what Talos 1.13 makes of the v1alpha1 selector
//! (`InstallConfig.DiskMatchExpression`).

use serde_json::{Value, json};

use super::object::Object;
use crate::model::InstallDisk;
use crate::spec::{DiskSelector, DiskType};

/// The field of `machine.install` that says where Talos goes, and its value.
///
/// Talos refuses a selector by name, so a name is the path that it is.
pub(super) fn install(disk: &InstallDisk) -> (&'static str, Value) {
    match disk {
        InstallDisk::Path(path) | InstallDisk::Selector(DiskSelector { name: Some(path), .. }) => ("disk", json!(path)),
        InstallDisk::Selector(selector) => ("diskSelector", v1alpha1(selector)),
    }
}

/// The same as an expression (1.14).
pub(super) fn install_expression(disk: &InstallDisk) -> String {
    match disk {
        InstallDisk::Path(path) => cel(&DiskSelector { name: Some(path.clone()), ..DiskSelector::default() }),
        InstallDisk::Selector(selector) => cel(selector),
    }
}

fn v1alpha1(selector: &DiskSelector) -> Value {
    let DiskSelector { kind, size, model, serial, wwid, bus_path, modalias, name: _ } = selector;
    Object::new()
        .set_filled("size", size.clone())
        .set_filled("model", model.clone())
        .set_filled("serial", serial.clone())
        .set_filled("modalias", modalias.clone())
        .set_filled("wwid", wwid.clone())
        .set_filled("type", kind.map(DiskType::as_str))
        .set_filled("busPath", bus_path.clone())
        .build()
}

/// The disk of a volume. Another disk than the install disk never is the install disk, even if it looks the same.
pub(super) fn volume(disk: Option<&DiskSelector>, install: &InstallDisk) -> String {
    match disk {
        Some(selector) if !install.is_named_by(selector) => format!("{} && !system_disk", cel(selector)),
        _ => "system_disk".to_owned(),
    }
}

/// A CEL expression over `disk` (Talos `block.DiskSpec`).
fn cel(selector: &DiskSelector) -> String {
    let DiskSelector { kind, size, model, serial, wwid, bus_path, modalias, name } = selector;
    let mut terms = Vec::new();
    match kind {
        Some(DiskType::Nvme) => terms.push("disk.transport == 'nvme'".to_owned()),
        Some(DiskType::Sd) => terms.push("disk.transport == 'mmc'".to_owned()),
        // Device-mapper and loop devices have no transport.
        _ if name.is_none() => terms.push("disk.transport != ''".to_owned()),
        _ => {}
    }
    match kind {
        Some(DiskType::Hdd) => terms.push("disk.rotational".to_owned()),
        Some(DiskType::Ssd) => terms.push("!disk.rotational".to_owned()),
        _ => {}
    }
    terms.extend(size.as_ref().map(|size| size_term(size)));
    for (field, pattern) in
        [("model", model), ("serial", serial), ("wwid", wwid), ("bus_path", bus_path), ("modalias", modalias)]
    {
        terms.extend(pattern.as_ref().map(|pattern| text_term(&format!("disk.{field}"), pattern)));
    }
    terms.extend(name.as_ref().map(|name| match name.strip_prefix("/dev/disk/") {
        Some(_) => format!("{} in disk.symlinks", literal(name)),
        None => format!("disk.dev_path == {}", literal(name)),
    }));
    terms.join(" && ")
}

/// `>= 200GB` -> `disk.size >= 200u * GB`; without a comparison the size is exact, as in v1alpha1.
fn size_term(size: &str) -> String {
    let number = size.find(|c: char| c.is_ascii_digit()).unwrap_or(size.len());
    let (comparison, rest) = size.split_at(number);
    let unit = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, unit) = rest.split_at(unit);
    let comparison = match comparison.trim() {
        "" => "==",
        comparison => comparison,
    };
    let unit = match unit.trim().trim_end_matches('B') {
        "" => String::new(),
        "k" | "K" => " * kB".to_owned(),
        "ki" | "Ki" => " * KiB".to_owned(),
        unit => format!(" * {unit}B"),
    };
    format!("disk.size {comparison} {number}u{unit}")
}

/// Equality, or `glob` where the pattern has a `*`.
pub(super) fn text_term(field: &str, pattern: &str) -> String {
    if pattern.contains('*') {
        format!("glob({}, {field})", literal(pattern))
    } else {
        format!("{field} == {}", literal(pattern))
    }
}

/// A CEL string. In single quotes, so that the YAML around it needs no escapes.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(fill: impl FnOnce(&mut DiskSelector)) -> DiskSelector {
        let mut selector = DiskSelector::default();
        fill(&mut selector);
        selector
    }

    #[test]
    fn both_forms_say_the_same() {
        let disk = selector(|disk| {
            disk.kind = Some(DiskType::Ssd);
            disk.size = Some(">= 200GB".to_owned());
            disk.model = Some("WDC*".to_owned());
        });
        assert_eq!(
            cel(&disk),
            "disk.transport != '' && !disk.rotational && disk.size >= 200u * GB && glob('WDC*', disk.model)"
        );
        let (field, value) = install(&InstallDisk::Selector(disk));
        assert_eq!(field, "diskSelector");
        assert_eq!(value, json!({"size": ">= 200GB", "model": "WDC*", "type": "ssd"}));
    }

    #[test]
    fn sizes_have_units_of_cel() {
        for (size, expected) in [
            ("<= 1TiB", "disk.size <= 1u * TiB"),
            ("4G", "disk.size == 4u * GB"),
            (">512K", "disk.size > 512u * kB"),
            ("== 1000", "disk.size == 1000u"),
            ("<2Gi", "disk.size < 2u * GiB"),
        ] {
            assert_eq!(size_term(size), expected);
        }
    }

    #[test]
    fn a_volume_elsewhere_never_takes_the_install_disk() {
        let nvme = selector(|disk| disk.kind = Some(DiskType::Nvme));
        let path = InstallDisk::Path("/dev/sda".to_owned());
        assert_eq!(volume(None, &path), "system_disk");
        assert_eq!(volume(Some(&nvme), &path), "disk.transport == 'nvme' && !system_disk");
        let alike = InstallDisk::Selector(nvme.clone());
        assert_eq!(volume(Some(&nvme), &alike), "disk.transport == 'nvme' && !system_disk");
        let sda = selector(|disk| disk.name = Some("/dev/sda".to_owned()));
        assert_eq!(volume(Some(&sda), &path), "system_disk");
        let by_id = selector(|disk| disk.name = Some("/dev/disk/by-id/x".to_owned()));
        assert_eq!(volume(Some(&by_id), &path), "'/dev/disk/by-id/x' in disk.symlinks && !system_disk");
    }
}
