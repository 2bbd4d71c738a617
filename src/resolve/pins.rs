//! Versions that `cloud.lock` holds take the place of the catalog's, and all that are taken are noted for the next one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::cluster_api::COMPONENT;
use super::components::Closure;
use super::{Resolver, cluster_api};
use crate::catalog::{self, Catalog, ClusterApi, Component, KubernetesMinor, TalosOverlay};
use crate::diag::Diagnostic;
use crate::lock::{self, Anew, BootPins, ClusterApiPins, Lock, OverlayPin, Pins, TenantAllocation};
use crate::spec::{Cloud, ComponentUse};
use crate::syntax::{Document, Path};

/// The rule of everything that this catalog has in another shape than the one that is held.
const RULE: &str = "cannot-hold";

/// What a cloud is to keep to: of `cloud.lock`, what is not to be taken anew.
#[derive(Debug, Default)]
pub struct Held {
    pub lock: Lock,
    /// The file, for places; none where there is no file.
    pub document: Option<Document>,
}

/// What a cloud took.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    pub taken: Lock,
    /// What it would have taken with nothing held.
    pub offered: Lock,
}

/// The state of this decision: what is held, and what has been taken so far.
pub(crate) struct Pinning {
    held: Lock,
    places: Option<Document>,
    set: ClusterApi,
    /// Where the set differs that is held and that no catalog has, and what there is instead.
    misfit: Option<(Path, String)>,
    minors: Vec<KubernetesMinor>,
    so_far: Taken,
}

impl Pinning {
    pub(super) fn new(spec: &Cloud, catalog: &Catalog, held: &Held) -> Self {
        let mut minors: Vec<KubernetesMinor> =
            spec.tenants.values().map(|tenant| KubernetesMinor::from(&tenant.kubernetes.0)).collect();
        minors.sort();
        minors.dedup();
        let Held { lock, document } = held;
        let name = cluster_api::name(spec, catalog);
        // A set is what the user says; another one is taken as a whole.
        let other_set = lock.cluster_api.as_ref().is_some_and(|pins| pins.set != name);
        let anew = if other_set { Anew::Named([COMPONENT.to_owned()].into()) } else { Anew::Nothing };
        let mut held = lock.without(&anew);
        let offered = catalog.cluster_api.set(name);
        let (set, misfit) = match held.cluster_api.as_ref().map(|pins| pins.hold(offered)) {
            None => (offered.clone(), None),
            Some(Ok(set)) => (set, None),
            Some(Err((place, instead))) => {
                let place = std::iter::once("clusterAPI").chain(place);
                (offered.clone(), Some((Path::of(place), instead)))
            }
        };
        let talos = spec.versions.talos.to_string();
        // Tags are those of one Talos.
        if held.talos != talos {
            held.extensions.clear();
            held.overlays.clear();
        }
        let empty = Lock { talos, ..Lock::default() };
        let so_far = Taken { taken: empty.clone(), offered: empty };
        Self { held, places: document.clone(), set, misfit, minors, so_far }
    }

    /// The set of Cluster API versions of this cloud.
    pub(super) fn set(&self) -> &ClusterApi {
        &self.set
    }

    /// All that was taken from the catalog, and what tenants have from the pools of the cloud.
    pub(super) fn taken(mut self, allocations: &BTreeMap<String, TenantAllocation>) -> Taken {
        self.so_far.taken.allocate(allocations);
        self.so_far.offered.allocate(allocations);
        self.so_far
    }
}

/// An entry of the catalog with the versions that are held; they are noted. The versions of an entry of the user's own are
/// what the user writes, and committed already.
pub(super) fn component<'a>(
    cx: &mut Resolver<'a>,
    tenant: Option<&str>,
    entry: &'a Component,
    usage: &ComponentUse,
    path: &Path,
) -> Cow<'a, Component> {
    let entry = cluster_api::with_set(cx, entry);
    if cx.catalog.is_own(&entry.name) {
        return entry;
    }
    let version = usage.version.as_deref();
    let held = cx.pins.held.pins(tenant).and_then(|pins| pins.get(&entry.name)).cloned();
    let taken = match held.as_ref().map(|pins| lock::hold(&entry, pins, version)) {
        Some(Cow::Owned(held)) => Cow::Owned(held),
        Some(Cow::Borrowed(_)) | None => entry.clone(),
    };
    cx.pins.so_far.taken.pin(tenant, &entry.name, Pins::of(&taken, version));
    cx.pins.so_far.offered.pin(tenant, &entry.name, Pins::of(&entry, version));
    if let Some((kind, part)) = held.and_then(|pins| lock::homeless(&entry, &pins)) {
        let place = match tenant {
            None => Path::of(["components", &entry.name, kind, &part]),
            Some(tenant) => Path::of(["tenants", tenant, "addons", &entry.name, kind, &part]),
        };
        let what = format!("the catalog's `{}` has no `{part}` among its {kind} any more", entry.name);
        cannot_hold(cx, &place, what, "", &entry.name, path);
    }
    taken
}

/// Notes the set where something uses it, and refuses to take another than the one that is held.
pub(super) fn cluster_api(cx: &mut Resolver<'_>, components: &Closure<'_>) {
    if cx.spec.tenants.is_empty() && !components.contains(COMPONENT) {
        return;
    }
    let name = cluster_api::name(cx.spec, cx.catalog);
    let offered = cx.catalog.cluster_api.set(name);
    let Pinning { set, minors, so_far, misfit, .. } = &mut cx.pins;
    so_far.taken.cluster_api = Some(ClusterApiPins::of(name, set, minors));
    so_far.offered.cluster_api = Some(ClusterApiPins::of(name, offered, minors));
    if let Some((place, instead)) = misfit.take() {
        let what = "the catalog has no such set of Cluster API versions".to_owned();
        let path = components.get(COMPONENT).map_or_else(|| Path::of(["tenants"]), |component| component.path.clone());
        cannot_hold(cx, &place, what, &format!("the catalog has {instead}"), COMPONENT, &path);
    }
}

/// The tag of an extension's image; none where the tables do not know it.
pub(super) fn extension(cx: &mut Resolver<'_>, talos: &semver::Version, name: &str) -> Option<String> {
    let offered = catalog::talos().extension_tag(talos, name)?;
    let Pinning { held, so_far, .. } = &mut cx.pins;
    let tag = held.extensions.get(name).unwrap_or(&offered).clone();
    so_far.taken.extensions.insert(name.to_owned(), tag.clone());
    so_far.offered.extensions.insert(name.to_owned(), offered);
    Some(tag)
}

/// The overlay of a board.
pub(super) fn overlay(cx: &mut Resolver<'_>, board: &str, offered: &TalosOverlay) -> OverlayPin {
    let Pinning { held, so_far, .. } = &mut cx.pins;
    let offered = OverlayPin::from(offered);
    let taken = held.overlays.get(board).unwrap_or(&offered).clone();
    so_far.taken.overlays.insert(board.to_owned(), taken.clone());
    so_far.offered.overlays.insert(board.to_owned(), offered);
    taken
}

/// The images of network boot.
pub(super) fn boot(cx: &mut Resolver<'_>) -> BootPins {
    let Pinning { held, so_far, .. } = &mut cx.pins;
    let offered = BootPins::from(catalog::boot_images());
    let taken = held.boot.as_ref().unwrap_or(&offered).clone();
    so_far.taken.boot = Some(taken.clone());
    so_far.offered.boot = Some(offered);
    taken
}

fn cannot_hold(cx: &mut Resolver<'_>, place: &Path, what: String, note: &str, component: &str, asked: &Path) {
    let label = cx.key(asked);
    // What is held stands in a file; without one there is nothing to report.
    let Some(at) = cx.pins.places.as_ref().map(|document| document.value_span(place)) else { return };
    cx.report(Diagnostic::error(RULE, at, what).note(note).label(label, "what needs it").help(format!(
        "take the new versions with `cloudc update {component}`, or use the cloudc that wrote this file"
    )));
}
