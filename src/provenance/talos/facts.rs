//! What a row of a machine cannot say by itself and has to be looked up.

use super::{DISK, conditions};
use crate::model::LinkKind;
use crate::provenance::cause::Cause::{Path, Setting};
use crate::provenance::cause::Scope;
use crate::provenance::cloud::{self, levels};
use crate::provenance::{Origin, images, names, pattern};
use crate::syntax::Path as SpecPath;

/// The keys by which the classes of a node are found.
pub(super) fn extends(scope: &Scope<'_>) -> Vec<Origin> {
    let levels = levels(scope.document(), scope.name("node"));
    let extends = levels.into_iter().map(|level| level.key("extends"));
    extends.filter(|path| scope.document().contains(path)).map(Origin::Spec).collect()
}

/// An own registry of installers names images, and the name of one is free or taken by what is before it.
pub(super) fn image_names(scope: &Scope<'_>) -> Vec<Origin> {
    if !scope.document().contains(&SpecPath::of(["registries", "imager"])) {
        return Vec::new();
    }
    images::ingredients_of_all(scope)
}

/// The shared address lives where its network is: on a link of each control-plane node.
pub(super) fn vip_reaches(scope: &Scope<'_>) -> Vec<Origin> {
    scope.all(&[Path("nodes.*.address")])
}

pub(super) fn addresses(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = scope.all(&[Path("nodes.{node}.address")]);
    origins.retain(|origin| matches!(origin, Origin::Spec(_)));
    let own = scope.all(&[Setting("links.{link}.addresses")]);
    let own: Vec<Origin> = own.into_iter().filter(|origin| matches!(origin, Origin::Spec(_))).collect();
    let is_first =
        scope.machine().and_then(|machine| machine.links.first()).is_some_and(|link| link.name == scope.name("link"));
    if is_first || own.is_empty() {
        origins.extend(own);
        origins
    } else {
        own
    }
}

pub(super) fn zone_label(scope: &Scope<'_>) -> Vec<Origin> {
    let last = scope.path.last().map(pattern::text).unwrap_or_default();
    match last.as_str() {
        "topology.kubernetes.io/zone" => scope.all(&[Path("nodes.{node}.zone")]),
        "node-role.kubernetes.io/control-plane" => scope.all(&[Path("nodes.{node}.role")]),
        "node.kubernetes.io/exclude-from-external-load-balancers" => {
            let mut origins = vec![Origin::Rule { why: "Talos's own label of control-plane nodes" }];
            origins.extend(scope.all(&[Path("nodes.{node}.role")]));
            origins.extend(conditions(scope));
            origins
        }
        _ => Vec::new(),
    }
}

pub(super) fn role_taint(scope: &Scope<'_>) -> Vec<Origin> {
    let last = scope.path.last().map(pattern::text).unwrap_or_default();
    let own = last == "node-role.kubernetes.io/control-plane";
    if own { scope.all(&[Path("controlPlane.schedulable"), Path("nodes.*.role")]) } else { Vec::new() }
}

/// Arguments that `oidc` stands for.
pub(super) fn oidc_argument(scope: &Scope<'_>) -> Vec<Origin> {
    let last = scope.path.last().map(pattern::text).unwrap_or_default();
    let key = match last.as_str() {
        "oidc-issuer-url" => "issuer",
        "oidc-client-id" => "clientId",
        "oidc-username-claim" => "usernameClaim",
        "oidc-groups-claim" => "groupsClaim",
        _ => return Vec::new(),
    };
    let path = ["controlPlane", "apiServer", "oidc", key];
    names::paths(scope.provenance, &path.join("."))
}

/// A section comes back in the large document where a patch asks for what its own kind cannot say.
pub(super) fn main_patches(scope: &Scope<'_>) -> Vec<Origin> {
    let patches = scope.machine().into_iter().flat_map(|machine| &machine.patches);
    let main = patches.filter(|patch| patch.value.get("kind").is_none());
    main.map(|patch| Origin::Spec(patch.place.clone())).collect()
}

pub(super) fn encryption(scope: &Scope<'_>) -> Vec<Origin> {
    match scope.name("name") {
        "STATE" => scope.all(&[Setting("encryption.state")]),
        "EPHEMERAL" => scope.all(&[Setting("encryption.ephemeral")]),
        _ => Vec::new(),
    }
}

/// A volume without a disk of its own lies on the one that Talos is installed on.
pub(super) fn install_disk_of_volume(scope: &Scope<'_>) -> Vec<Origin> {
    scope.all(DISK)
}

/// An item of `machine.files` is told by its path.
pub(super) fn file(scope: &Scope<'_>) -> Vec<Origin> {
    let path = scope.captures.rest.first().map(pattern::text);
    match path {
        Some(path) => {
            let field = match scope.captures.rest.get(1).map(pattern::text).as_deref() {
                Some(key @ ("content" | "permissions" | "op")) => Some(key.to_owned()),
                _ => None,
            };
            of_file(scope, &path, field.as_deref())
        }
        None => scope.all(&[Setting("files")]),
    }
}

/// What is done with a file decides which document writes it.
pub(super) fn file_operation(scope: &Scope<'_>) -> Vec<Origin> {
    let path = scope.captures.rest.first().map(pattern::text);
    path.map(|path| of_file(scope, &path, Some("op"))).unwrap_or_default()
}

pub(super) fn of_file(scope: &Scope<'_>, path: &str, field: Option<&str>) -> Vec<Origin> {
    let steps = ["files", path].into_iter().chain(field);
    let steps: Vec<cloud::Step> = steps.map(|step| cloud::Step::Key(step.to_owned())).collect();
    let mut origins = scope.setting(scope.name("node"), &steps);
    if origins.iter().all(|origin| matches!(origin, Origin::Default(_) | Origin::Need { .. })) {
        origins.extend(conditions(scope));
    }
    origins
}

pub(super) fn etc_file(scope: &Scope<'_>) -> Vec<Origin> {
    let field = match scope.path.first().map(pattern::text).as_deref() {
        Some("contents") => Some("content"),
        Some("mode") => Some("permissions"),
        _ => None,
    };
    of_file(scope, &format!("/etc/{}", scope.name("name")), field)
}

pub(super) fn cri_file(scope: &Scope<'_>) -> Vec<Origin> {
    scope.all(&[Setting("files")])
}

/// All that is written of a node.
pub(super) fn everything_of_the_node(scope: &Scope<'_>) -> Vec<Origin> {
    let levels = levels(scope.document(), scope.name("node")).into_iter().map(Origin::Spec);
    let shared = ["versions", "network", "controlPlane", "components", "registries"];
    levels.chain(shared.map(|key| Origin::Spec(SpecPath::of([key])))).collect()
}

/// The name that `cloud.yaml` has for the link of a document.
pub(in crate::provenance) fn link(scope: &Scope<'_>) -> Option<String> {
    let name = scope.object.name.as_deref()?;
    let links = &scope.machine()?.links;
    let of_vlan = links.iter().find(|link| link.vlans.iter().any(|vlan| vlan.name == name));
    let own = links.iter().find(|link| link.name == name).or(of_vlan).or_else(|| {
        links
            .iter()
            .find(|link| matches!(&link.kind, LinkKind::Physical(matches) if matches.name.as_deref() == Some(name)))
    });
    Some(own.or_else(|| links.first())?.name.clone())
}
