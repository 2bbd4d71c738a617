//! One image per distinct set of ingredients, named after the class or node that first needs it.

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};
use semver::Version;

use super::machines::set;
use super::needs::Settings;
use super::settings::{declared_at, declared_item};
use super::versions::Versions;
use super::{Resolver, pins};
use crate::catalog;
use crate::diag::{Diagnostic, Fix};
use crate::lock::OverlayPin;
use crate::model::{Board, Image, Ingredients, Overlay};
use crate::schema::{known_instead, respelt};
use crate::source::Span;
use crate::spec::scalar::Minor;
use crate::spec::{Arch, Cloud, SetOf};
use crate::syntax::Path;

/// The images, and which node uses which.
#[derive(Debug, Clone, Default)]
pub(super) struct Images {
    images: Vec<Image>,
    /// Node -> the name of its image.
    of_nodes: BTreeMap<String, String>,
}

impl Images {
    /// Name of a node's image.
    pub(super) fn of(&self, node: &str) -> String {
        self.of_nodes.get(node).cloned().unwrap_or_default()
    }
}

impl IntoIterator for Images {
    type Item = Image;
    type IntoIter = std::vec::IntoIter<Image>;

    fn into_iter(self) -> Self::IntoIter {
        self.images.into_iter()
    }
}

pub(super) fn resolve(cx: &mut Resolver<'_>, versions: &Versions, settings: &IndexMap<String, Settings>) -> Images {
    removals(cx, versions);
    let mut images: Vec<Image> = Vec::new();
    for (name, node) in settings {
        let ingredients = ingredients(cx, versions, name, node);
        let asked = node.asked.iter().filter(|asked| asked.need.changes_the_image());
        let asked = unique(asked.map(|asked| asked.origin.clone()));
        if let Some(known) = images.iter_mut().find(|image| image.ingredients.same_image(&ingredients)) {
            known.nodes.push(name.clone());
            let more: Vec<String> = asked.into_iter().filter(|origin| !known.origins.contains(origin)).collect();
            known.origins.extend(more);
            continue;
        }
        let class = cx.spec.nodes[name].class.clone();
        let taken = |wanted: &str| images.iter().any(|image| image.name == wanted);
        let wanted = class.clone().unwrap_or_else(|| name.clone());
        let image_name = if taken(&wanted) { format!("{wanted}-{name}") } else { wanted };
        let own_images = cx.spec.registries.as_ref().and_then(|registries| registries.imager.as_ref());
        let own = class.map_or_else(|| format!("nodes.{name}"), |class| format!("nodeClasses.{class}"));
        images.push(Image {
            name: image_name,
            ingredients,
            factory: factory(cx.spec),
            registry: own_images.map(|imager| imager.registry.clone()),
            nodes: vec![name.clone()],
            origins: std::iter::once(own).chain(asked).collect(),
        });
    }
    let of_nodes = images.iter().flat_map(|image| image.nodes.iter().map(|node| (node.clone(), image.name.clone())));
    Images { of_nodes: of_nodes.collect(), images }
}

/// An extension that is taken away must be one, too: of a slip, the extension stays.
fn removals(cx: &mut Resolver<'_>, versions: &Versions) {
    let spec = cx.spec;
    let classes = spec.node_classes.iter().map(|(name, class)| (Path::of(["nodeClasses", name]), &class.settings));
    let nodes = spec.nodes.iter().map(|(name, node)| (Path::of(["nodes", name]), &node.settings));
    let zones = spec.zones.iter().filter_map(|(name, zone)| Some((Path::of(["zones", name]), zone.as_ref()?)));
    let defaults = spec.node_defaults.iter().map(|settings| (Path::of(["nodeDefaults"]), settings));
    for (place, settings) in defaults.chain(zones).chain(classes).chain(nodes) {
        let Some(SetOf::Remove(removal)) = &settings.extensions else { continue };
        let list = place.key("extensions").key("remove");
        for (index, extension) in removal.remove.iter().enumerate() {
            let at = cx.value(&list.index(index));
            if let Some(finding) = unknown_extension(&versions.talos, extension, || at) {
                cx.report(finding);
            }
        }
    }
}

/// Host of the Image Factory.
pub(super) fn factory(spec: &Cloud) -> String {
    let own = spec.registries.as_ref().and_then(|registries| registries.factory.as_ref());
    own.map_or_else(|| "factory.talos.dev".to_owned(), |factory| factory.0.clone())
}

/// Each once, in the order of their first.
pub(super) fn unique(items: impl Iterator<Item = String>) -> Vec<String> {
    items.collect::<IndexSet<_>>().into_iter().collect()
}

fn ingredients(cx: &mut Resolver<'_>, versions: &Versions, name: &str, node: &Settings) -> Ingredients {
    let settings = &node.settings;
    let arch = settings.arch.unwrap_or_default();
    let extensions = set(settings.extensions.as_ref());
    let mut extension_images = IndexMap::new();
    for extension in &extensions {
        check_extension(cx, versions, name, extension);
        // A release that the tables do not know has no known tags either; modules are tagged by the release alone.
        let tag = pins::extension(cx, &versions.talos, extension).unwrap_or_else(|| format!("v{}", versions.talos));
        extension_images.insert(extension.clone(), catalog::extension_image(extension, &tag));
    }
    let ingredients = Ingredients {
        talos: versions.talos.clone(),
        arch,
        secure_boot: settings.secure_boot.unwrap_or(false),
        board: settings.board.as_ref().and_then(|name_of| board(cx, versions, name, name_of, arch)),
        extensions,
        extension_images,
        kernel_args: set(settings.kernel_args.as_ref()),
    };
    check_secure_boot(cx, name, &ingredients);
    ingredients
}

fn check_extension(cx: &mut Resolver<'_>, versions: &Versions, node: &str, extension: &str) {
    let at = || cx.value(&declared_item(cx, node, "extensions", extension));
    match unknown_extension(&versions.talos, extension, at) {
        Some(finding) => cx.report(finding),
        None => check_release(cx, versions, node, extension),
    }
}

/// The finding, at a place that is asked for only then, about a name that no extension of this Talos has.
pub(super) fn unknown_extension(talos: &Version, extension: &str, at: impl FnOnce() -> Span) -> Option<Diagnostic> {
    let minor = Minor::from(talos);
    let known: Vec<&str> = catalog::talos().known_extensions(minor)?.collect();
    if known.contains(&extension) {
        return None;
    }
    let renamed = catalog::talos().renamed_extension(extension).or_else(|| extension.strip_prefix("siderolabs/"));
    let at = at();
    let (help, fix) = if let Some(name) = renamed.filter(|name| known.contains(name)) {
        let fix = Fix::rename(at, extension, name);
        // Some went on as two.
        let one = known.iter().filter(|other| other.starts_with(extension)).count() < 2;
        (Some(format!("did you mean `{name}`?")), Some(if one { fix } else { fix.guessed() }))
    } else {
        let known = known.iter().copied();
        (known_instead(extension, known.clone()), respelt(at, extension, known))
    };
    let message = format!("Talos {minor} has no extension `{extension}`");
    Some(Diagnostic::error("unknown-extension", at, message).help_if(help).fix_if(fix))
}

/// What is said of an extension that came with a later patch release.
pub(super) fn not_in_the_factory(talos: &Version, extension: &str) -> String {
    format!("the Image Factory has no extension `{extension}` for Talos v{talos}")
}

/// An extension may come with a patch release. The imager takes firmware of a later one; the Image Factory offers
/// only what a release lists.
fn check_release(cx: &mut Resolver<'_>, versions: &Versions, node: &str, extension: &str) {
    let Some(later) = catalog::talos().later_extension(&versions.talos, extension) else { return };
    let own_images = cx.spec.registries.as_ref().is_some_and(|registries| registries.imager.is_some());
    if own_images && !later.bound_to_kernel {
        return;
    }
    let at = cx.value(&declared_item(cx, node, "extensions", extension));
    let (talos, since) = (&versions.talos, later.since);
    let finding = if later.bound_to_kernel {
        let message = format!("Talos v{talos} has no extension `{extension}` yet");
        Diagnostic::error("extension-too-new", at, message).help(format!("take Talos v{since} or later"))
    } else {
        Diagnostic::warning("extension-too-new", at, not_in_the_factory(talos, extension))
            .help(format!("take Talos v{since} or later, or build the image yourself and set `registries.imager`"))
    };
    let label = cx.value(&Path::of(["versions", "talos"]));
    cx.report(finding.label(label, format!("`{extension}` came with v{since}")));
}

/// iPXE is not signed, so a firmware that enforces signatures does not start it.
fn check_secure_boot(cx: &mut Resolver<'_>, node: &str, ingredients: &Ingredients) {
    if !ingredients.secure_boot {
        return;
    }
    let at = cx.key(&declared_at(cx, node, &["secureBoot"]));
    if let Some(board) = &ingredients.board {
        let label = cx.value(&declared_at(cx, node, &["board"]));
        cx.report(
            Diagnostic::error("secure-boot-on-board", at, format!("board `{}` has no Secure Boot", board.name()))
                .label(label, "it starts with GRUB, which nobody signs")
                .help("leave `secureBoot` out"),
        );
    } else if cx.spec.boot.is_some() {
        let label = cx.key(&Path::of(["boot", "pxe"]));
        let message = "a firmware that enforces Secure Boot does not start iPXE";
        cx.report(
            Diagnostic::warning("secure-boot-over-network", at, message)
                .label(label, "network boot is asked for here")
                .help("install with Secure Boot in setup mode, or from the ISO"),
        );
    }
}

fn board(cx: &mut Resolver<'_>, versions: &Versions, node: &str, name: &str, arch: Arch) -> Option<Board> {
    let minor = Minor::from(&versions.talos);
    let at = cx.value(&declared_at(cx, node, &["board"]));
    let builtin = catalog::talos().builtin_board(minor, name);
    let overlay = catalog::talos().overlay(&versions.talos, name);
    if builtin.is_none() && overlay.is_none() {
        let known: Vec<&str> = catalog::talos().known_boards(minor).into_iter().flatten().collect();
        let help = known_instead(name, known.iter().copied());
        let finding = Diagnostic::error("unknown-board", at, format!("Talos {minor} has no board `{name}`"));
        cx.report(finding.help_if(help).fix_if(respelt(at, name, known)));
        return None;
    }
    if let Some(advisory) = catalog::board_advisory(name, &versions.talos) {
        let label = cx.value(&Path::of(["versions", "talos"]));
        let message = format!("board `{name}` does not start Talos v{}", versions.talos);
        cx.report(
            Diagnostic::error("board-does-not-start", at, message)
                .note(advisory.what.clone())
                .label(label, "the version that runs")
                .help(format!("run another patch release; see {}", advisory.source)),
        );
    }
    // Boards that Talos supports by itself are all arm64.
    let needed = overlay.as_ref().map_or(Arch::Arm64, |overlay| overlay.arch);
    if arch != needed {
        let label = cx.value(&declared_at(cx, node, &["arch"]));
        cx.report(
            Diagnostic::error("board-architecture", at, format!("board `{name}` is an {} machine", needed.as_str()))
                .label(label, "the architecture given here")
                .help(format!("set `arch: {}`", needed.as_str())),
        );
    }
    let name = name.to_owned();
    match (overlay, builtin) {
        (Some(found), _) => {
            let OverlayPin { image, tag } = pins::overlay(cx, &name, &found);
            Some(Board::Overlay(Overlay { name, image, version: tag, kernel_args: found.kernel_args.to_vec() }))
        }
        (None, builtin) => builtin.map(|args| Board::BuiltIn { name, kernel_args: args.to_vec() }),
    }
}
