//! `README.md` and what is for people alone: it speaks of everything but of what only machines are told.

use super::Origin;
use super::cause::Cause::{self, Find, Path};
use super::cause::Scope;
use super::components::{self, Owner};
use super::images::ingredients_of_all;
use super::inputs;
use super::table::Files;

pub(super) const FILES: &[Files] = &[
    Files { pattern: "private/**", shaped: &[], kinds: &[] },
    Files {
        pattern: "README.md",
        shaped: &[
            Path("metadata"),
            Path("versions"),
            Path("delivery"),
            Path("network"),
            Path("controlPlane.endpoint"),
            Path("boot"),
            Path("secrets"),
            Path("registries"),
            Cause::Key("nodes"),
            Path("nodes.*.role"),
            Path("nodes.*.address"),
            Path("nodes.*.mac"),
            Cause::Settings("links"),
            Cause::Settings("encryption"),
            Cause::Settings("registries"),
            Find(ingredients_of_all),
            Find(components),
            Cause::Key("tenants"),
            Path("tenants.*.kubernetes"),
            Path("tenants.*.namespace"),
            Path("tenants.*.state"),
            Path("tenants.*.controlPlane"),
            Path("tenants.*.network"),
            Path("tenants.*.workers"),
            Cause::Key("tenants.*.nodeGroups.*"),
            Path("tenants.*.nodeGroups.*.image"),
            Find(addons),
        ],
        kinds: &[],
    },
];

/// Which components there are, in which order, with what a person does for them.
fn components(scope: &Scope<'_>) -> Vec<Origin> {
    let provenance = scope.provenance;
    let mut origins = components::roster(provenance, None);
    for component in &provenance.compiled.model.platform.components {
        let owner = Owner { component: component.name.clone(), tenant: None };
        origins.extend(components::shape(provenance, &owner, None).iter().cloned());
        origins.extend(components::parameters(provenance, &owner));
        for key in ["version", "timeout", "namespace", "chart"] {
            let path = owner.path().key(key);
            origins.extend(scope.document().contains(&path).then_some(Origin::Spec(path)));
        }
        if let Some(entry) = components::entry(provenance, &owner) {
            origins.extend(inputs::of(provenance, &owner, inputs::words(entry)));
        }
    }
    origins
}

/// The Secrets that add-ons of tenants wait for.
fn addons(scope: &Scope<'_>) -> Vec<Origin> {
    let provenance = scope.provenance;
    let mut origins = Vec::new();
    for tenant in &provenance.compiled.model.tenants {
        for addon in &tenant.addons {
            let owner = Owner { component: addon.name.clone(), tenant: Some(tenant.name.clone()) };
            origins.extend(components::presence(provenance, &owner).iter().cloned());
            if let Some(entry) = components::entry(provenance, &owner) {
                origins.extend(inputs::of(provenance, &owner, inputs::words(entry)));
            }
        }
    }
    origins
}
