//! Spec + Catalog -> Model: defaults, inheritance, requirements, addresses, order. Whatever can still be wrong is found here.
//!
//! Each submodule decides one thing; [`resolve`] is their order. Places are spoken of as paths; the document turns them into
//! spans when a finding is made.

mod addons;
mod addresses;
mod allocation;
mod boot;
mod claims;
mod cluster;
mod cluster_api;
mod components;
mod context;
mod disks;
mod encryption;
mod graph;
mod host;
mod host_firewall;
mod images;
mod inside;
mod links;
mod machines;
mod manifests;
mod needs;
mod network;
mod objects;
mod order;
mod parameters;
mod patches;
mod pins;
mod plain_secrets;
mod platform;
mod pod_network;
mod ports;
mod quorum;
mod reach;
mod registries;
mod render;
mod schedulable;
mod settings;
mod talos;
mod tenants;
mod unsupported;
mod upgrade;
mod values;
mod versions;
mod volumes;

use std::collections::BTreeMap;

pub use components::implied;
pub use manifests::{OwnManifests, own_manifests};
pub use pins::{Held, Taken};
pub use upgrade::upgrade;

use pins::Pinning;

use crate::catalog::Catalog;
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{Delivery, Model};
use crate::source::Span;
use crate::spec::Cloud;
use crate::syntax::{Document, Path};

/// Folders of the tree, in which nothing of the user's own is.
const EMITTED_FOLDERS: [&str; 7] = ["talos", "boot", "bootstrap", "flux", "tenants", "private", ".cloudc"];

/// What the cloud names beside `cloud.yaml`.
#[derive(Debug, Default)]
pub struct Files {
    /// Path as written -> content, or why it cannot be read.
    pub texts: BTreeMap<String, Result<String, String>>,
    pub manifests: OwnManifests,
}

/// Paths of the files that a cloud names, so that the caller can read them before [`resolve`].
pub fn referenced_files(spec: &Cloud) -> Vec<String> {
    registries::referenced_files(spec)
}

/// What every step of this stage needs.
pub(crate) struct Resolver<'a> {
    pub spec: &'a Cloud,
    pub document: &'a Document,
    pub catalog: &'a Catalog,
    pub files: &'a Files,
    pub pins: Pinning,
    pub diags: &'a mut Diagnostics,
}

impl Resolver<'_> {
    fn value(&self, path: &Path) -> Span {
        self.document.value_span(path)
    }

    fn key(&self, path: &Path) -> Span {
        self.document.key_span(path)
    }

    /// The value of a setting that may be left out, else the key of what would have it.
    fn value_or_key(&self, path: &Path, owner: &Path) -> Span {
        if self.document.contains(path) { self.value(path) } else { self.key(owner) }
    }

    /// A path where something is written, else another.
    fn written_or(&self, path: Path, otherwise: Path) -> Path {
        if self.document.contains(&path) { path } else { otherwise }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diags.push(diagnostic);
    }

    /// As [`Diagnostics::push_once`].
    fn report_once(&mut self, diagnostic: Diagnostic) {
        self.diags.push_once(diagnostic);
    }
}

/// The cloud as it is meant, with what it took from the catalog, or nothing when something in it is wrong.
pub fn resolve(
    mut spec: Cloud,
    document: &Document,
    catalog: &Catalog,
    files: &Files,
    held: &Held,
    diags: &mut Diagnostics,
) -> Option<(Model, Taken)> {
    let allocations = allocation::allocate(&mut spec, document, &held.lock, diags)?;
    let spec = &spec;
    let pins = Pinning::new(spec, catalog, held);
    let mut cx = Resolver { spec, document, catalog, files, pins, diags };
    unsupported::refuse(&mut cx);
    patches::check(&mut cx);
    plain_secrets::check(&mut cx);
    let object_patches = patches::of_objects(&mut cx);
    let versions = versions::resolve(&mut cx);
    let mut network = network::resolve(&mut cx)?;
    let settings = settings::resolve(&mut cx);
    let endpoint = cluster::endpoint(&mut cx, &network, &settings)?;
    let mut context = context::Context::new(&cx, &versions, &network, &endpoint, &settings);
    let components = components::closure(&mut cx, &mut context, &versions);
    pins::cluster_api(&mut cx, &components);
    cluster_api::check(&mut cx, &components, &versions);
    let internal = components::networks(&mut cx, &context, &components);
    let settings = needs::with_needs(&mut cx, &context, &components, settings);
    addresses::prove(&mut cx, &network, &internal, &settings, &endpoint);
    network.internal = internal.into_iter().map(|(what, cidr, _)| (what, cidr.0)).collect();
    let images = images::resolve(&mut cx, &versions, &settings);
    let mut control_plane = cluster::control_plane(&mut cx, &context, &components, endpoint);
    let machines = machines::resolve(&mut cx, &network, &control_plane, &settings, &images);
    talos::check(&mut cx, &versions, &control_plane, &machines);
    pod_network::check(&mut cx, &context, &components, &network, &control_plane, &machines);
    reach::check(&mut cx, &network, &settings, &machines);
    inside::check(&mut cx, &network, &components, &settings);
    host_firewall::check(&mut cx, &network, &machines);
    links::fleet::check(&mut cx, &machines);
    quorum::check(&mut cx);
    schedulable::check(&mut cx, &control_plane, &machines);
    for machine in &machines {
        let asked = &settings[&machine.name].settings;
        host::check(&mut cx, &machine.name, machine.role, asked);
        encryption::check(&mut cx, &network, machine, asked);
        disks::check(&mut cx, machine);
    }
    cluster::advertise_etcd(&cx, &mut control_plane, &machines);
    let mut platform = platform::platform(&mut cx, &context, &components);
    patches::check_values(&mut cx, &platform, &object_patches);
    platform.extra_manifests = files.manifests.for_model();
    let tenants = tenants::resolve(&mut cx, &context, &mut platform, &network, &components, &machines);
    let pxe = boot::resolve(&mut cx, &network);
    let delivery = delivery(&mut cx);
    if cx.diags.has_errors() {
        return None;
    }
    let taken = cx.pins.taken(&allocations);
    let model = Model {
        name: spec.metadata.name.clone(),
        talos: versions.talos,
        kubernetes: versions.kubernetes,
        contract: versions.contract,
        delivery,
        network,
        control_plane,
        images: images.into_iter().collect(),
        nodes: machines,
        pxe,
        platform,
        tenants,
        patches: object_patches,
        secrets_bundle: spec
            .secrets
            .as_ref()
            .and_then(|secrets| secrets.talos.clone())
            .unwrap_or_else(|| "secrets/talos.sops.yaml".to_owned()),
    };
    Some((model, taken))
}

fn delivery(cx: &mut Resolver<'_>) -> Option<Delivery> {
    let Some(delivery) = &cx.spec.delivery else {
        let at = cx.key(&Path::of(["metadata"]));
        cx.report(
            Diagnostic::warning(
                "no-delivery",
                at,
                "no `delivery`: Flux is installed but not told which repository to sync",
            )
            .help("add `delivery: {git: {url: ...}}`, or create the GitRepository `flux-system` yourself"),
        );
        return None;
    };
    let path = Path::of(["delivery"]);
    let climbs = |folder: &str| folder.split('/').any(|part| part == "..");
    if delivery.git.path.as_deref().is_some_and(climbs) {
        let at = cx.value(&path.key("git").key("path"));
        cx.report(
            Diagnostic::error("wrong-value", at, "the folder of the tree leaves the repository")
                .help("remove the `..`"),
        );
    }
    if let Some(apps) = &delivery.apps
        && (climbs(apps) || EMITTED_FOLDERS.contains(&apps.split('/').next().unwrap_or_default()))
    {
        let at = cx.value(&path.key("apps"));
        cx.report(
            Diagnostic::error("wrong-value", at, format!("`{apps}` is not a folder of your own"))
                .note("cloudc writes there, or it leaves the repository")
                .help("choose another folder, for example `apps`"),
        );
    }
    Some(Delivery {
        url: delivery.git.url.clone(),
        branch: delivery.git.branch().to_owned(),
        path: delivery.git.path.as_deref().unwrap_or(".").trim_matches(['/', '.']).to_owned(),
        interval: delivery.interval().to_owned(),
        sops_age: delivery.sops.as_ref().map(|sops| sops.age.clone()).unwrap_or_default(),
        apps: delivery.apps.clone(),
    })
}
