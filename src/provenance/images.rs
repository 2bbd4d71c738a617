//! `talos/images/`: what an image is made of comes from the settings of the machines that use it.

use super::Origin;
use super::cause::Cause::{self, Catalog, Find, Path, Rule, Settings};
use super::cause::Scope;
use super::table::{Files, Kind, row, shaped};
use super::talos::conditions;

const FOLDER: &[Cause] = &[Find(ingredients_of_all), Find(workers)];

pub(super) const FILES: &[Files] = &[
    Files {
        pattern: "talos/images/{image}/schematic.yaml",
        shaped: FOLDER,
        kinds: &[Kind {
            name: "*",
            shaped: &[],
            rows: &[
                shaped("overlay.**", &[Find(board)], &[]),
                row("customization.systemExtensions.officialExtensions.*", &[Find(extension)]),
                row("customization.extraKernelArgs.*", &[Find(kernel_argument)]),
                row("**", &[Rule("layout of the Image Factory's schematics")]),
            ],
        }],
    },
    Files {
        pattern: "talos/images/{image}/*",
        shaped: FOLDER,
        kinds: &[Kind {
            name: "*",
            shaped: &[],
            rows: &[
                row("arch", &[Find(arch)]),
                row("secureboot", &[Find(secure_boot)]),
                row("version", &[Path("versions.talos")]),
                row("overlay.**", &[Find(board)]),
                row("input.systemExtensions.**", &[Find(extension)]),
                row("customization.extraKernelArgs.*", &[Find(kernel_argument)]),
                row("**", &[Path("versions.talos"), Rule("profile of Talos's imager")]),
            ],
        }],
    },
    Files {
        pattern: "talos/images/*",
        shaped: FOLDER,
        kinds: &[Kind { name: "*", shaped: &[], rows: &[row("**", &[Catalog("<stdlib>/versions", "images")])] }],
    },
];

/// All that makes images different from each other, and gives them their names.
pub(super) fn ingredients_of_all(scope: &Scope<'_>) -> Vec<Origin> {
    let known = scope.provenance.once("ingredients".to_owned(), || {
        let mut origins = scope.all(&[
            Cause::Key("nodes"),
            Path("versions.talos"),
            Path("versions.contract"),
            Path("nodes.*.class"),
            Path("nodeClasses.*.extends"),
            Path("nodes.*.zone"),
            Settings("extensions"),
            Settings("kernelArgs"),
            Settings("board"),
            Settings("arch"),
            Settings("secureBoot"),
            Path("registries.factory"),
            Path("registries.imager.registry"),
        ]);
        origins.extend(scope.nodes().map(|node| Origin::Key(crate::syntax::Path::of(["nodes", node]))));
        origins.extend(conditions(scope));
        origins.sort();
        origins.dedup();
        origins
    });
    known.to_vec()
}

/// Images of tenants' workers.
fn workers(scope: &Scope<'_>) -> Vec<Origin> {
    scope.all(&[Path("tenants.*.workers"), Path("tenants.*.nodeGroups.*.image"), Path("tenants.*.kubernetes")])
}

/// A setting of the machines that use the image; the same for all of them.
fn setting(scope: &Scope<'_>, template: &str) -> Vec<Origin> {
    let image = scope.provenance.compiled.model.images.iter().find(|image| image.name == scope.name("image"));
    let nodes = image.into_iter().flat_map(|image| &image.nodes);
    let steps = scope.steps(template);
    nodes.flat_map(|node| scope.setting(node, &steps)).collect()
}

fn board(scope: &Scope<'_>) -> Vec<Origin> {
    setting(scope, "board")
}

fn arch(scope: &Scope<'_>) -> Vec<Origin> {
    setting(scope, "arch")
}

fn secure_boot(scope: &Scope<'_>) -> Vec<Origin> {
    setting(scope, "secureBoot")
}

fn kernel_argument(scope: &Scope<'_>) -> Vec<Origin> {
    narrowed(scope, "kernelArgs", str::to_owned)
}

fn extension(scope: &Scope<'_>) -> Vec<Origin> {
    // `siderolabs/drbd`, `ghcr.io/siderolabs/drbd:9.2.14-v1.13.6@...`
    let name = |text: &str| {
        let image = text.split('@').next().unwrap_or_default();
        let last = image.rsplit('/').next().unwrap_or_default();
        last.split(':').next().unwrap_or_default().to_owned()
    };
    narrowed(scope, "extensions", name)
}

/// The one member of a set that a place is about; all of the set where it cannot be told.
fn narrowed(scope: &Scope<'_>, set: &str, name: impl Fn(&str) -> String) -> Vec<Origin> {
    use super::cloud::Step;
    use crate::emitted::{Item, Step as PlaceStep};
    let item = scope.path.iter().find_map(|step| match step {
        PlaceStep::Item(Item::Member(text) | Item::Named { value: text, .. }) => Some(name(text)),
        _ => None,
    });
    let Some(item) = item else { return setting(scope, set) };
    let steps = [Step::Key(set.to_owned()), Step::Of(PlaceStep::Item(Item::Member(item)))];
    let image = scope.provenance.compiled.model.images.iter().find(|image| image.name == scope.name("image"));
    let nodes = image.into_iter().flat_map(|image| &image.nodes);
    let all: Vec<Origin> = nodes.flat_map(|node| scope.setting(node, &steps)).collect();
    // A level that has the set and not this member says nothing of it.
    let says = |origin: &Origin| match origin {
        Origin::Spec(path) => matches!(path.steps().last(), Some(crate::syntax::Step::Index(_))),
        Origin::Default(_) => false,
        _ => true,
    };
    if all.iter().any(says) { all.into_iter().filter(says).collect() } else { all }
}
