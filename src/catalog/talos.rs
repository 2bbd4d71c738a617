//! What is known of Talos releases: `stdlib/versions/talos*.yaml` as typed tables.
//!
//! Talos publishes a new set of extension images with every patch release, under tags that do not follow from the
//! Talos version. The tables record from which release on a tag holds, so that one entry serves a run of patches.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use super::packed::table;
use crate::spec::Arch;
use crate::spec::scalar::{Minor, Version};

/// Registry and organisation of the official extension and overlay images.
const REGISTRY: &str = "ghcr.io/siderolabs";

/// Reference of an extension's image.
pub fn extension_image(name: &str, tag: &str) -> String {
    format!("{REGISTRY}/{name}:{tag}")
}

/// The tables that are compiled in.
pub fn talos() -> &'static Talos {
    static TABLES: LazyLock<Talos> = LazyLock::new(|| Talos {
        minors: table("talos"),
        extensions: table("talos-extensions"),
        overlays: table("talos-overlays"),
    });
    &TABLES
}

/// Everything known of Talos releases.
#[derive(Debug)]
pub struct Talos {
    minors: BTreeMap<Minor, TalosMinor>,
    extensions: Extensions,
    overlays: Overlays,
}

/// A Talos minor.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TalosMinor {
    /// The newest release that the tables know.
    pub newest: Version,
    pub kubernetes: KubernetesWindow,
    /// The oldest minor that upgrades to this one in one step.
    pub upgrade_from: Minor,
    /// The first minor that cannot go back to this one.
    pub downgrade_below: Minor,
    pub layout: Layout,
}

/// How a machine configuration is laid out; the version contract of a cluster chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// One `v1alpha1` document, and some documents beside it.
    Classic,
    /// The network in documents of its own.
    TypedNetwork,
    /// Nearly everything in documents of its own.
    MultiDocument,
}

/// The Kubernetes minors that a Talos minor runs, both ends included.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubernetesWindow {
    pub min: Minor,
    pub max: Minor,
    /// What `talosctl` of this minor installs.
    pub default: Version,
}

/// Support tier of an extension, as siderolabs/extensions declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    Core,
    Extra,
    Contrib,
    Deprecated,
}

/// An extension that a patch release does not have yet.
#[derive(Debug, PartialEq, Eq)]
pub struct LaterExtension {
    /// The release that brought it.
    pub since: &'static semver::Version,
    /// Whether it runs only on the kernel that it was built with. Firmware and programs also fit an earlier release.
    pub bound_to_kernel: bool,
}

/// A board that Talos supports through an overlay.
#[derive(Debug, PartialEq, Eq)]
pub struct TalosOverlay {
    /// Without registry, for example `siderolabs/sbc-raspberrypi`.
    pub image: &'static str,
    pub tag: &'static str,
    pub arch: Arch,
    /// What it adds to the kernel command line.
    pub kernel_args: &'static [String],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extensions {
    renamed: IndexMap<String, String>,
    minors: BTreeMap<Minor, ExtensionSet>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtensionSet {
    #[expect(dead_code, reason = "states how far the tags were read; the loader refuses a table without it")]
    newest: Version,
    extensions: IndexMap<String, Extension>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extension {
    tier: Option<Tier>,
    tags: Tags,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Overlays {
    minors: BTreeMap<Minor, OverlaySet>,
    /// What each overlay adds to the kernel command line.
    kernel_args: IndexMap<String, Vec<String>>,
    /// Boards that need no overlay, with the kernel arguments that each adds.
    builtin: BTreeMap<Minor, IndexMap<String, Vec<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OverlaySet {
    #[expect(dead_code, reason = "states how far the tags were read; the loader refuses a table without it")]
    newest: Version,
    overlays: IndexMap<String, OverlayEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OverlayEntry {
    image: String,
    arch: Arch,
    tags: Tags,
}

/// Talos release -> the tag that holds from it on.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Tags(BTreeMap<Version, String>);

impl Tags {
    fn at(&self, talos: &semver::Version) -> Option<&str> {
        self.0.range(..=Version(talos.clone())).next_back().map(|(_, tag)| tag.as_str())
    }

    fn first(&self) -> Option<(&semver::Version, &str)> {
        self.0.first_key_value().map(|(release, tag)| (&release.0, tag.as_str()))
    }
}

impl Talos {
    pub fn minor(&self, minor: Minor) -> Option<&TalosMinor> {
        self.minors.get(&minor)
    }

    /// From old to new.
    pub fn minors(&self) -> impl Iterator<Item = (Minor, &TalosMinor)> {
        self.minors.iter().map(|(minor, entry)| (*minor, entry))
    }

    /// Names of the official extensions of a minor, without `siderolabs/`, sorted; `None` for a minor without a table.
    pub fn known_extensions(&self, minor: Minor) -> Option<impl Iterator<Item = &str>> {
        self.extensions.minors.get(&minor).map(|set| set.extensions.keys().map(String::as_str))
    }

    /// The present name of an extension that was renamed.
    pub fn renamed_extension(&self, name: &str) -> Option<&str> {
        self.extensions.renamed.get(name).map(String::as_str)
    }

    pub fn extension_tier(&self, minor: Minor, name: &str) -> Option<Tier> {
        self.extensions.minors.get(&minor)?.extensions.get(name)?.tier
    }

    /// Tag of an extension's image for a Talos release; `None` where there is none that runs on it.
    ///
    /// Of what came with a later patch release and is not bound to a kernel, the first image is named.
    pub fn extension_tag(&self, talos: &semver::Version, name: &str) -> Option<String> {
        let tags = &self.extensions.minors.get(&Minor::from(talos))?.extensions.get(name)?.tags;
        let earlier = || tags.first().map(|(_, tag)| tag).filter(|tag| !tag.contains("{talos}"));
        Some(tags.at(talos).or_else(earlier)?.replace("{talos}", &format!("v{talos}")))
    }

    /// What is known of an extension that came to its minor after this release; `None` where the release has it.
    pub fn later_extension(&'static self, talos: &semver::Version, name: &str) -> Option<LaterExtension> {
        let tags = &self.extensions.minors.get(&Minor::from(talos))?.extensions.get(name)?.tags;
        let (since, tag) = tags.first().filter(|(since, _)| *since > talos && since.pre.is_empty())?;
        Some(LaterExtension { since, bound_to_kernel: tag.contains("{talos}") })
    }

    /// Names of the boards of a minor, sorted; `None` for a minor without a table.
    pub fn known_boards(&self, minor: Minor) -> Option<impl Iterator<Item = &str>> {
        let overlays = self.overlays.minors.get(&minor).map(|set| set.overlays.keys());
        let builtin = self.overlays.builtin.get(&minor).map(IndexMap::keys);
        (overlays.is_some() || builtin.is_some())
            .then(|| overlays.into_iter().flatten().chain(builtin.into_iter().flatten()).map(String::as_str))
    }

    /// The kernel arguments that Talos adds for a board that it supports without overlay.
    pub fn builtin_board(&self, minor: Minor, name: &str) -> Option<&[String]> {
        self.overlays.builtin.get(&minor)?.get(name).map(Vec::as_slice)
    }

    /// The overlay of a board for a Talos release; `None` where that release does not support the board.
    pub fn overlay(&'static self, talos: &semver::Version, name: &str) -> Option<TalosOverlay> {
        let entry = self.overlays.minors.get(&Minor::from(talos))?.overlays.get(name)?;
        let kernel_args = self.overlays.kernel_args.get(name)?;
        Some(TalosOverlay { image: &entry.image, tag: entry.tags.at(talos)?, arch: entry.arch, kernel_args })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> semver::Version {
        text.parse().unwrap()
    }

    #[test]
    fn the_tables_read_and_agree() {
        let talos = talos();
        let minors: Vec<_> = talos.minors().map(|(minor, _)| minor).collect();
        assert!(minors.len() >= 9);
        for (minor, entry) in talos.minors() {
            assert_eq!(Minor::from(&entry.newest.0), minor);
            assert!(entry.upgrade_from < minor && minor < entry.downgrade_below);
            let default = Minor::from(&entry.kubernetes.default.0);
            assert!(entry.kubernetes.min <= default && default <= entry.kubernetes.max, "{minor}");
        }
        for minor in talos.extensions.minors.keys().chain(talos.overlays.minors.keys()) {
            assert!(minors.contains(minor), "{minor}");
        }
        for (minor, set) in &talos.overlays.minors {
            for name in set.overlays.keys() {
                assert!(talos.overlays.kernel_args.contains_key(name), "{minor} {name}");
            }
        }
        for (minor, set) in &talos.extensions.minors {
            assert!(set.extensions.keys().is_sorted(), "{minor}");
            for (name, extension) in &set.extensions {
                assert!(extension.tags.0.keys().all(|from| Minor::from(&from.0) == *minor), "{minor} {name}");
            }
        }
    }

    /// References that others published: the article's imager profile at 1.6.4 (it takes qlogic-firmware of 1.6.5), Cozystack's
    /// at 1.12.7, and 1.13.9's image-digests.
    #[test]
    fn tags_are_those_that_were_published() {
        let talos = talos();
        for (release, name, tag) in [
            ("1.6.4", "intel-ucode", "20231114"),
            ("1.6.4", "drbd", "9.2.6-v1.6.4"),
            ("1.6.4", "qlogic-firmware", "20240115"),
            ("1.9.0", "glibc", "2.40"),
            ("1.12.7", "amd-ucode", "20260410"),
            ("1.12.7", "i915", "20260410-v1.12.7"),
            ("1.12.7", "intel-ucode", "20260227"),
            ("1.12.7", "drbd", "9.2.16-v1.12.7"),
            ("1.12.7", "zfs", "2.4.1-v1.12.7"),
            ("1.13.4", "drbd", "9.3.2-v1.13.4"),
            ("1.13.9", "drbd", "9.3.3-v1.13.9"),
        ] {
            assert_eq!(talos.extension_tag(&version(release), name).as_deref(), Some(tag), "{release} {name}");
        }
        assert_eq!(talos.extension_tag(&version("1.12.1"), "gpio-pinctrl"), None, "came with 1.12.2");
        let later = talos.later_extension(&version("1.12.1"), "gpio-pinctrl").unwrap();
        assert_eq!((later.since, later.bound_to_kernel), (&version("1.12.2"), true));
        assert_eq!(talos.later_extension(&version("1.12.2"), "gpio-pinctrl"), None);
        assert_eq!(talos.extension_tag(&version("1.13.9"), "drdb"), None);
    }

    #[test]
    fn boards_have_an_image_and_a_tag() {
        let rpi = talos().overlay(&version("1.13.9"), "rpi_generic").unwrap();
        assert_eq!((rpi.image, rpi.tag, rpi.arch), ("siderolabs/sbc-raspberrypi", "v0.2.0", Arch::Arm64));
        assert_eq!(rpi.kernel_args[..2], ["console=tty0", "console=ttyAMA0,115200"]);
        let rpi = talos().builtin_board("v1.6".parse().unwrap(), "rpi_generic").unwrap();
        assert!(rpi.contains(&"console=ttyAMA0,115200".to_owned()));
        assert!(talos().known_boards("v1.6".parse().unwrap()).unwrap().any(|name| name == "rockpi_4"));
        assert!(talos().known_boards("v1.13".parse().unwrap()).unwrap().any(|name| name == "turingrk1"));
    }
}
