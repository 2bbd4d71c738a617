//! Templates and expressions of a catalog entry -> what of `cloud.yaml` they read, by the names that stand in them.

use std::collections::BTreeSet;

use super::components::Owner;
use super::{Origin, Provenance, names};
use crate::catalog::{Component, Layer};

/// A text of an entry.
#[derive(Debug, Clone, Copy)]
pub(super) enum Text<'e> {
    Expression(&'e str),
    Template(&'e str),
}

/// What texts read.
pub(super) fn of<'e>(
    provenance: &Provenance<'_>,
    owner: &Owner,
    texts: impl IntoIterator<Item = Text<'e>>,
) -> Vec<Origin> {
    let templates = &provenance.catalog.templates;
    let mut origins: BTreeSet<Origin> = BTreeSet::new();
    for text in texts {
        let (read, text) = match text {
            Text::Expression(text) => (templates.names_of_expression(text), text),
            Text::Template(text) => (templates.names(text), text),
        };
        for name in read {
            origins.extend(names::of(provenance, owner, &name, text));
        }
    }
    origins.into_iter().collect()
}

/// The conditions that choose the arrangement of a product.
pub(super) fn variants(entry: &Component) -> impl Iterator<Item = Text<'_>> {
    entry.variants.values().filter_map(|variant| variant.when.as_deref()).map(Text::Expression)
}

/// Everything that decides what a layer holds.
pub(super) fn layer(layer: &Layer) -> impl Iterator<Item = Text<'_>> {
    let when = layer.when.as_deref().map(Text::Expression);
    let objects = layer.objects.as_deref().map(Text::Template);
    let patches = layer.manifests.as_ref().and_then(|manifests| manifests.patches.as_deref()).map(Text::Template);
    let releases = layer.releases.iter().filter_map(|release| release.when.as_deref()).map(Text::Expression);
    when.into_iter().chain(objects).chain(patches).chain(releases)
}

/// Everything that decides whom a component needs, serves and waits for.
pub(super) fn relations(entry: &Component) -> impl Iterator<Item = Text<'_>> {
    let requires = entry.requires.iter().filter_map(|requirement| requirement.when.as_deref());
    let slots = entry.slots.iter().filter_map(|slot| slot.when.as_deref());
    let crds = entry.provides.crds.iter().filter_map(|crds| crds.when.as_deref());
    let classes = entry.provides.storage_classes.as_deref();
    requires.chain(slots).chain(crds).chain(classes).map(Text::Expression)
}

/// Everything that decides what is asked of machines and of Talos.
pub(super) fn needs(entry: &Component) -> impl Iterator<Item = Text<'_>> {
    let machines = entry.node.iter().filter_map(|need| need.when.as_deref());
    let cluster = entry.cluster.iter().filter_map(|need| need.when.as_deref());
    machines.chain(cluster).map(Text::Expression)
}

/// What only the README says of it.
pub(super) fn words(entry: &Component) -> impl Iterator<Item = Text<'_>> {
    let notes = entry.notes.as_deref().map(Text::Template);
    let secrets = entry.secrets.iter().map(|secret| Text::Expression(&secret.name));
    let networks = entry.networks.iter().filter_map(|network| network.when.as_deref()).map(Text::Expression);
    notes.into_iter().chain(secrets).chain(networks)
}
