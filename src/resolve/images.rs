//! One image per distinct set of ingredients, named after the class or node that first needs it.

use indexmap::IndexMap;

use super::machines::set;
use super::needs::Settings;
use super::settings::{declared_at, declared_item};
use super::versions::Versions;
use super::{Resolver, machines};
use crate::catalog;
use crate::diag::Diagnostic;
use crate::model::{Image, Ingredients, Overlay};
use crate::schema::known_instead;
use crate::spec::Arch;
use crate::spec::scalar::Minor;

/// The images, and which node uses which.
#[derive(Debug, Clone, Default)]
pub(super) struct Images {
    images: Vec<Image>,
}

impl Images {
    /// Name of a node's image.
    pub(super) fn of(&self, node: &str) -> String {
        let image = self.images.iter().find(|image| image.nodes.iter().any(|name| name == node));
        image.map_or_else(String::new, |image| image.name.clone())
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
    let mut images: Vec<Image> = Vec::new();
    for (name, node) in settings {
        let ingredients = ingredients(cx, versions, name, node);
        if let Some(known) = images.iter_mut().find(|image| image.ingredients == ingredients) {
            known.nodes.push(name.clone());
            continue;
        }
        let class = cx.spec.nodes[name].class.clone();
        let taken = |wanted: &str| images.iter().any(|image| image.name == wanted);
        let wanted = class.clone().unwrap_or_else(|| name.clone());
        let image_name = if taken(&wanted) { format!("{wanted}-{name}") } else { wanted };
        let registries = cx.spec.registries.as_ref();
        images.push(Image {
            name: image_name,
            ingredients,
            factory: registries
                .and_then(|r| r.factory.as_ref())
                .map_or_else(|| "factory.talos.dev".to_owned(), |factory| factory.0.clone()),
            registry: registries.and_then(|r| r.imager.as_ref()).map(|imager| imager.registry.clone()),
            nodes: vec![name.clone()],
            origins: vec![class.map_or_else(|| format!("nodes.{name}"), |class| format!("nodeClasses.{class}"))],
        });
    }
    Images { images }
}

fn ingredients(cx: &mut Resolver<'_>, versions: &Versions, name: &str, node: &Settings) -> Ingredients {
    let settings = &node.settings;
    let arch = settings.arch.unwrap_or_default();
    let mut extensions = set(settings.extensions.as_ref());
    extensions.sort();
    check_extensions(cx, versions, name, &extensions);
    Ingredients {
        talos: versions.talos.clone(),
        arch,
        secure_boot: settings.secure_boot.unwrap_or(false),
        overlay: settings.board.as_ref().and_then(|board| overlay(cx, versions, name, board, arch)),
        extensions,
        kernel_args: machines::set(settings.kernel_args.as_ref()),
    }
}

fn check_extensions(cx: &mut Resolver<'_>, versions: &Versions, node: &str, extensions: &[String]) {
    let minor = Minor::from(&versions.talos);
    let Some(known) = catalog::talos().known_extensions(minor) else { return };
    let known: Vec<&str> = known.collect();
    for extension in extensions.iter().filter(|name| !known.contains(&name.as_str())) {
        let at = cx.value(&declared_item(cx, node, "extensions", extension));
        let renamed = catalog::talos().renamed_extension(extension).or_else(|| extension.strip_prefix("siderolabs/"));
        let help = match renamed {
            Some(name) => Some(format!("did you mean `{name}`?")),
            None => known_instead(extension, known.iter().copied()),
        };
        cx.report(
            Diagnostic::error("unknown-extension", at, format!("Talos {minor} has no extension `{extension}`"))
                .help_if(help),
        );
    }
}

fn overlay(cx: &mut Resolver<'_>, versions: &Versions, node: &str, board: &str, arch: Arch) -> Option<Overlay> {
    let at = cx.value(&declared_at(cx, node, &["board"]));
    let Some(found) = catalog::talos().overlay(&versions.talos, board) else {
        let known: Vec<&str> =
            catalog::talos().known_overlays(Minor::from(&versions.talos)).into_iter().flatten().collect();
        let help = known_instead(board, known.iter().copied());
        cx.report(Diagnostic::error("unknown-board", at, format!("no overlay for board `{board}`")).help_if(help));
        return None;
    };
    if arch != found.arch {
        let label = cx.value(&declared_at(cx, node, &["arch"]));
        cx.report(
            Diagnostic::error(
                "board-architecture",
                at,
                format!("board `{board}` is an {} machine", found.arch.as_str()),
            )
            .label(label, "the architecture given here")
            .help(format!("set `arch: {}`", found.arch.as_str())),
        );
    }
    Some(Overlay { name: board.to_owned(), image: found.image.to_owned(), version: found.tag.to_owned() })
}
