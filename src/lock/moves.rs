//! From one lock to another: what moves, one line each.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::{BootPins, ChartPin, ClusterApiPins, ImagePin, Lock, ManifestsPin, OverlayPin, Pins};

/// Something that one lock has otherwise than the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// A component, with the part of it where it has several; else the place in the file.
    pub what: String,
    /// None: it is new.
    pub from: Option<String>,
    /// None: it is gone.
    pub to: Option<String>,
}

impl Move {
    /// Whether it leads to an older version, as far as both are versions.
    pub fn is_back(&self) -> bool {
        let version = |text: &Option<String>| {
            let text = text.as_deref()?;
            Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()
        };
        version(&self.from).zip(version(&self.to)).is_some_and(|(from, to)| from > to)
    }

    /// What happens to it.
    pub fn change(&self) -> String {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!("{from} -> {to}"),
            (None, Some(to)) => format!("new: {to}"),
            (Some(from), None) => format!("gone: {from}"),
            (None, None) => String::new(),
        }
    }
}

/// In the order of the file, components first.
pub fn moves(old: &Lock, new: &Lock) -> Vec<Move> {
    let mut out = Vec::new();
    components("", &old.components, &new.components, &mut out);
    let none = BTreeMap::new();
    let tenants: BTreeSet<&String> = old.tenants.keys().chain(new.tenants.keys()).collect();
    for tenant in tenants {
        let has = |lock: &'_ Lock| lock.tenants.get(tenant).map(|pins| pins.allocation.by_name()).unwrap_or_default();
        compare(&has(old), &has(new), |key| format!("tenants.{tenant}.{key}"), &mut out);
        let addons = |lock: &'_ Lock| lock.tenants.get(tenant).map(|pins| pins.addons.clone());
        let (old, new) = (addons(old), addons(new));
        let place = format!("tenants.{tenant}.addons.");
        components(&place, old.as_ref().unwrap_or(&none), new.as_ref().unwrap_or(&none), &mut out);
    }
    cluster_api(old.cluster_api.as_ref(), new.cluster_api.as_ref(), &mut out);
    // Tags of another Talos are none of this one that moved.
    let same_talos = old.talos == new.talos;
    if same_talos {
        compare(&old.extensions, &new.extensions, |name| format!("extensions.{name}"), &mut out);
        compare(&old.overlays, &new.overlays, |name| format!("overlays.{name}"), &mut out);
    } else {
        let talos = |lock: &Lock| Some(lock.talos.clone()).filter(|talos| !talos.is_empty());
        out.push(Move { what: "talos".to_owned(), from: talos(old), to: talos(new) });
    }
    let boot = |lock: &Lock| lock.boot.as_ref().map(BootPins::by_name).unwrap_or_default();
    compare(&boot(old), &boot(new), |name| format!("boot.{name}"), &mut out);
    out
}

fn components(place: &str, old: &BTreeMap<String, Pins>, new: &BTreeMap<String, Pins>, out: &mut Vec<Move>) {
    let none = Pins::default();
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (old, new) = (old.get(name).unwrap_or(&none), new.get(name).unwrap_or(&none));
        // The only part of a component has its name, as has the part that is called so.
        let alone = [old, new].iter().all(|pins| pins.releases.len() + pins.manifests.len() <= 1);
        let part = |part: &str| {
            if alone || part == name { format!("{place}{name}") } else { format!("{place}{name}/{part}") }
        };
        compare(&old.releases, &new.releases, part, out);
        compare(&old.manifests, &new.manifests, part, out);
        compare(&old.images, &new.images, |image| format!("{place}{name}/images.{image}"), out);
    }
}

fn cluster_api(old: Option<&ClusterApiPins>, new: Option<&ClusterApiPins>, out: &mut Vec<Move>) {
    let none = ClusterApiPins::default();
    let (old, new) = (old.unwrap_or(&none), new.unwrap_or(&none));
    compare(&versions(old), &versions(new), |name| format!("clusterAPI.{name}"), out);
    compare(&old.images, &new.images, |name| format!("clusterAPI.images.{name}"), out);
    let tags = |pins: &ClusterApiPins| -> BTreeMap<String, ImagePin> {
        let tables = pins.images_by_minor.iter();
        let images = tables.flat_map(|(name, table)| {
            table.tags.iter().map(move |(minor, tag)| {
                let image = ImagePin { repository: table.repository.clone(), tag: tag.clone(), digest: None };
                (format!("{name}[{minor}]"), image)
            })
        });
        images.collect()
    };
    compare(&tags(old), &tags(new), |name| format!("clusterAPI.imagesByMinor.{name}"), out);
}

fn versions(pins: &ClusterApiPins) -> BTreeMap<String, String> {
    let providers = pins.providers.iter().map(|(name, version)| (format!("providers.{name}"), version.clone()));
    let kamaji = Some(("kamaji".to_owned(), pins.kamaji.clone())).filter(|(_, version)| !version.is_empty());
    providers.chain(kamaji).collect()
}

fn compare<P: Pin>(
    old: &BTreeMap<String, P>,
    new: &BTreeMap<String, P>,
    what: impl Fn(&str) -> String,
    out: &mut Vec<Move>,
) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let show = |pin: &P, level: usize| pin.faces()[level].clone();
        let (from, to) = match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => {
                let Some(level) = (0..3).find(|&level| old.faces()[level] != new.faces()[level]) else { continue };
                (Some(show(old, level)), Some(show(new, level)))
            }
            (old, new) => (old.map(|pin| show(pin, 0)), new.map(|pin| show(pin, 0))),
        };
        out.push(Move { what: what(name), from, to });
    }
}

/// How a pin is shown: by its version, else by its place, else by its digest.
trait Pin {
    fn faces(&self) -> [String; 3];
}

impl Pin for String {
    fn faces(&self) -> [String; 3] {
        [self.clone(), String::new(), String::new()]
    }
}

impl Pin for ChartPin {
    fn faces(&self) -> [String; 3] {
        let parts = [&self.oci, &self.repository, &self.git, &self.name, &self.path];
        let place: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        [self.version.clone(), place.join(" "), digest(self.digest.as_ref())]
    }
}

impl Pin for ManifestsPin {
    fn faces(&self) -> [String; 3] {
        [self.version.clone(), format!("{} {}", self.git, self.path), String::new()]
    }
}

impl Pin for ImagePin {
    fn faces(&self) -> [String; 3] {
        [self.tag.clone(), self.repository.clone(), digest(self.digest.as_ref())]
    }
}

impl Pin for OverlayPin {
    fn faces(&self) -> [String; 3] {
        [self.tag.clone(), self.image.clone(), String::new()]
    }
}

fn digest(digest: Option<&String>) -> String {
    digest.map_or_else(|| "no digest".to_owned(), String::clone)
}

impl BootPins {
    fn by_name(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("matchbox".to_owned(), self.matchbox.clone()), ("dnsmasq".to_owned(), self.dnsmasq.clone())])
    }
}
