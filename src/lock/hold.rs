//! What a catalog entry pins, and the entry with other pins in their place.

use std::borrow::Cow;

use super::{BootPins, ChartPin, ImagePin, ManifestsPin, OverlayPin, Pins};
use crate::catalog::{BootImages, Chart, Component, Image, Manifests, Release, TalosOverlay};

impl Pins {
    /// All pins of an entry; `version` is what the user gives.
    pub fn of(entry: &Component, version: Option<&str>) -> Self {
        let releases = entry.releases().map(|release| {
            let mut pin = ChartPin::from(&release.chart);
            if let Some(version) = version.filter(|_| entry.takes_version(release)) {
                version.clone_into(&mut pin.version);
                pin.digest = None;
            }
            (release.name.clone(), pin)
        });
        let manifests = entry.layers.iter().filter_map(|layer| {
            layer.manifests.as_ref().map(|manifests| (layer.name.clone(), ManifestsPin::from(manifests)))
        });
        let images = entry.images.iter().map(|(name, image)| (name.clone(), ImagePin::from(image)));
        Self { releases: releases.collect(), manifests: manifests.collect(), images: images.collect() }
    }
}

/// The entry with what is held in place of its own. Of a chart whose version the user gives anew, nothing is held: where
/// it stands now, the catalog knows.
pub fn hold<'e>(entry: &'e Component, pins: &Pins, version: Option<&str>) -> Cow<'e, Component> {
    let mut held = Cow::Borrowed(entry);
    if Pins::of(entry, None) == *pins {
        return held;
    }
    let given = |release: &Release| version.filter(|_| entry.takes_version(release));
    let entry = held.to_mut();
    for layer in &mut entry.layers {
        for release in &mut layer.releases {
            let pin = pins.releases.get(&release.name);
            if let Some(pin) = pin.filter(|pin| given(release).is_none_or(|version| version == pin.version)) {
                hold_chart(&mut release.chart, pin);
            }
        }
        if let (Some(manifests), Some(pin)) = (&mut layer.manifests, pins.manifests.get(&layer.name)) {
            manifests.git.clone_from(&pin.git);
            manifests.path.clone_from(&pin.path);
            manifests.version.clone_from(&pin.version);
        }
    }
    for (name, image) in &mut entry.images {
        if let Some(pin) = pins.images.get(name) {
            pin.put(image);
        }
    }
    held
}

fn hold_chart(chart: &mut Chart, pin: &ChartPin) {
    // The window of another version is not known.
    if chart.version != pin.version {
        chart.kubernetes = None;
    }
    let ChartPin { oci, repository, git, name, path, version, digest } = pin.clone();
    (chart.oci, chart.repository, chart.git, chart.name, chart.path) = (oci, repository, git, name, path);
    (chart.version, chart.digest) = (version, digest);
}

/// The first thing that is held and for which the entry has no place any more: where it stands below the pins. An image that
/// nothing names is no loss.
pub fn homeless(entry: &Component, pins: &Pins) -> Option<(&'static str, String)> {
    let has = Pins::of(entry, None);
    let release = pins.releases.keys().find(|name| !has.releases.contains_key(*name)).map(|name| ("releases", name));
    let layer =
        || pins.manifests.keys().find(|name| !has.manifests.contains_key(*name)).map(|name| ("manifests", name));
    release.or_else(layer).map(|(kind, name)| (kind, name.clone()))
}

impl From<&Chart> for ChartPin {
    fn from(chart: &Chart) -> Self {
        let Chart { oci, repository, git, name, path, version, digest, .. } = chart.clone();
        Self { oci, repository, git, name, path, version, digest }
    }
}

impl From<&Manifests> for ManifestsPin {
    fn from(manifests: &Manifests) -> Self {
        let Manifests { git, path, version, .. } = manifests.clone();
        Self { git, path, version }
    }
}

impl From<&Image> for ImagePin {
    fn from(image: &Image) -> Self {
        let Image { repository, tag, digest, .. } = image.clone();
        Self { repository, tag, digest }
    }
}

impl ImagePin {
    fn put(&self, image: &mut Image) {
        let Self { repository, tag, digest } = self.clone();
        (image.repository, image.tag, image.digest) = (repository, tag, digest);
    }
}

impl From<&TalosOverlay> for OverlayPin {
    fn from(overlay: &TalosOverlay) -> Self {
        Self { image: overlay.image.to_owned(), tag: overlay.tag.to_owned() }
    }
}

impl From<&BootImages> for BootPins {
    fn from(images: &BootImages) -> Self {
        Self { matchbox: images.matchbox.clone(), dnsmasq: images.dnsmasq.clone() }
    }
}
