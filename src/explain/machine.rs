//! A machine of a cloud: what defaults, classes, zones and components made of it.

use super::page::Page;
use crate::model::{InstallDisk, Machine, Model};

/// What holds on a machine, where it is written and where it is not.
pub fn machine(name: &str, model: &Model) -> Option<String> {
    let machine = model.nodes.iter().find(|machine| machine.name == name)?;
    let mut page = Page::new(false);
    page.heading(&format!("{name} in this cloud"));
    let rows = rows(machine, model);
    page.rows(2, rows.iter().map(|(name, text)| (*name, text.as_str())));
    Some(page.into_text())
}

fn rows(machine: &Machine, model: &Model) -> Vec<(&'static str, String)> {
    let image = model.image_of(machine);
    let mut rows = vec![("role", machine.role.as_str().to_owned())];
    let mut say = |name, text: String| {
        if !text.is_empty() {
            rows.push((name, text));
        }
    };
    say("class", machine.class.clone().unwrap_or_default());
    say("zone", machine.zone.clone().unwrap_or_default());
    say("address", machine.address.map_or_else(|| "by DHCP".to_owned(), |address| address.to_string()));
    say("image", image.name.clone());
    say("Talos", format!("v{}, {}", image.ingredients.talos, image.ingredients.arch.as_str()));
    say("extensions", image.ingredients.extensions.join(", "));
    say("kernel args", image.ingredients.kernel_args.join(" "));
    say(
        "install disk",
        match &machine.install_disk {
            InstallDisk::Path(path) => path.clone(),
            InstallDisk::Selector(_) => "the first that matches".to_owned(),
        },
    );
    let list = |names: Vec<&str>| names.join(", ");
    say("links", list(machine.links.iter().map(|link| link.name.as_str()).collect()));
    say("volumes", list(machine.volumes.iter().map(|volume| volume.name.as_str()).collect()));
    say("kernel modules", list(machine.kernel_modules.keys().map(String::as_str).collect()));
    let assigned = |(name, value): (&String, &String)| format!("{name}={value}");
    say("sysctls", machine.sysctls.iter().map(assigned).collect::<Vec<_>>().join(", "));
    say("labels", machine.labels.iter().map(assigned).collect::<Vec<_>>().join(", "));
    say("taints", machine.taints.iter().map(assigned).collect::<Vec<_>>().join(", "));
    let mut asking: Vec<&str> = machine.asked.iter().map(|asked| asked.component.as_str()).collect();
    asking.dedup();
    say("asked by", list(asking));
    rows
}
