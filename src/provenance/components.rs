//! Components of the cloud and of tenants -> why they are there, what they read, and where their versions and values come from.

use std::rc::Rc;

use super::cloud::{Step, find, keys};
use super::inputs::{self, Text};
use super::{Origin, Provenance};
use crate::catalog::Component as Entry;
use crate::syntax::Path;

/// Keys of every component that are none of its own parameters.
const COMMON: [&str; 7] = ["version", "values", "interval", "timeout", "dependsOn", "namespace", "enabled"];

/// A component of the management cluster, or an add-on of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub component: String,
    pub tenant: Option<String>,
}

impl Owner {
    /// Where `cloud.yaml` says something of it, if it does.
    pub(super) fn path(&self) -> Path {
        match &self.tenant {
            None => Path::of(["components", &self.component]),
            Some(tenant) => Path::of(["tenants", tenant, "addons", &self.component]),
        }
    }

    fn asked(&self, what: &str) -> String {
        format!("{what} {}", self.path())
    }
}

/// Who can be turned on and off: what decides of every component that is there, and of every one that is not.
pub(super) fn roster(provenance: &Provenance<'_>, tenant: Option<&str>) -> Vec<Origin> {
    let document = &provenance.compiled.document;
    let folder = tenant.map_or_else(|| Path::of(["components"]), |tenant| Path::of(["tenants", tenant, "addons"]));
    let mut origins = vec![Origin::Key(folder.clone())];
    for name in keys(document, &folder) {
        let enabled = folder.key(&name).key("enabled");
        origins.push(Origin::Key(folder.key(&name)));
        if document.contains(&enabled) {
            origins.push(Origin::Spec(enabled));
        }
    }
    let profile = Path::of(["profile"]);
    if tenant.is_none() && document.contains(&profile) {
        origins.push(Origin::Spec(profile));
    }
    origins
}

/// Why a component is there.
pub(super) fn presence(provenance: &Provenance<'_>, owner: &Owner) -> Rc<Vec<Origin>> {
    provenance.once(owner.asked("presence"), || {
        let path = owner.path();
        let document = &provenance.compiled.document;
        let mut origins = Vec::new();
        if document.contains(&path) {
            origins.push(Origin::Key(path.clone()));
        }
        if document.contains(&path.key("enabled")) {
            origins.push(Origin::Spec(path.key("enabled")));
        }
        if owner.tenant.is_some() {
            let required = owner.tenant.as_ref().and_then(|tenant| provenance.tenants.get(tenant.as_str()));
            let others =
                required.into_iter().flat_map(|tenant| &tenant.addons).filter(|other| other.name != owner.component);
            for other in others {
                let other = Owner { component: other.name.clone(), tenant: owner.tenant.clone() };
                origins.extend(requirement(provenance, &other, &owner.component));
            }
            return origins;
        }
        let Some(component) = provenance.compiled.model.platform.components.iter().find(|c| c.name == owner.component)
        else {
            return origins;
        };
        origins.extend(component.origins.iter().map(|origin| Origin::Key(Path::read(origin))));
        let because = component.because.as_str();
        let is_member = provenance.catalog.profiles().any(|profile| profile.components.contains_key(&owner.component));
        if is_member && document.contains(&Path::of(["profile"])) {
            origins.push(Origin::Spec(Path::of(["profile"])));
        }
        if because.contains("exposed by") {
            for key in ["expose", "gateway"] {
                origins.extend(super::names::paths(provenance, &format!("tenants.*.controlPlane.{key}")));
            }
        }
        let by = because.strip_prefix("required by ").and_then(|rest| rest.split_once(": "));
        if let Some((by, _)) = by {
            let by = Owner { component: by.to_owned(), tenant: None };
            origins.extend(requirement(provenance, &by, &owner.component));
        }
        origins
    })
}

/// Why one component requires another; nothing where it does not.
fn requirement(provenance: &Provenance<'_>, by: &Owner, other: &str) -> Vec<Origin> {
    let Some(entry) = entry(provenance, by) else { return Vec::new() };
    let requires: Vec<_> =
        entry.requires.iter().filter(|requirement| requirement.component.as_deref() == Some(other)).collect();
    if requires.is_empty() {
        return Vec::new();
    }
    let mut origins =
        if by.tenant.is_some() { vec![Origin::Key(by.path())] } else { presence(provenance, by).to_vec() };
    let conditions = requires.iter().filter_map(|requirement| requirement.when.as_deref()).map(Text::Expression);
    origins.extend(inputs::of(provenance, by, conditions));
    origins
}

/// The component's own parameters, as far as they are written.
pub(super) fn parameters(provenance: &Provenance<'_>, owner: &Owner) -> Vec<Origin> {
    let path = owner.path();
    let own = keys(&provenance.compiled.document, &path).into_iter().filter(|key| !COMMON.contains(&key.as_str()));
    own.map(|key| Origin::Spec(path.key(&key))).collect()
}

/// The entry of the catalog; none for a product that is given whole.
pub(super) fn entry<'a>(provenance: &Provenance<'a>, owner: &Owner) -> Option<&'a Entry> {
    let given = provenance.compiled.document.contains(&owner.path().key("chart"));
    if given { None } else { provenance.catalog.component(&owner.component) }
}

/// What decides of everything that a layer holds; without a layer, of everything that the component holds, needs and asks for.
pub(super) fn shape(provenance: &Provenance<'_>, owner: &Owner, layer: Option<&str>) -> Rc<Vec<Origin>> {
    provenance.once(owner.asked(&format!("layer {}", layer.unwrap_or("*"))), || {
        let mut origins = presence(provenance, owner).to_vec();
        let path = owner.path();
        let Some(entry) = entry(provenance, owner) else {
            origins.extend(parameters(provenance, owner));
            return origins;
        };
        origins.extend(inputs::of(provenance, owner, inputs::variants(entry)));
        let layers = entry.layers.iter().filter(|own| layer.is_none_or(|layer| own.name == layer));
        for own in layers {
            origins.extend(inputs::of(provenance, owner, inputs::layer(own)));
        }
        if layer.is_none() {
            origins.extend(inputs::of(provenance, owner, inputs::relations(entry)));
            let waits = path.key("dependsOn");
            if provenance.compiled.document.contains(&waits) {
                origins.push(Origin::Spec(waits));
            }
        }
        origins.sort();
        origins.dedup();
        origins
    })
}

/// What decides that a component asks for something: of machines or of Talos.
pub(super) fn needs(provenance: &Provenance<'_>, component: &str) -> Rc<Vec<Origin>> {
    let owner = Owner { component: component.to_owned(), tenant: None };
    provenance.once(owner.asked("needs"), || {
        let Some(entry) = entry(provenance, &owner) else { return Vec::new() };
        if entry.node.is_empty() && entry.cluster.is_empty() {
            return Vec::new();
        }
        let mut origins = presence(provenance, &owner).to_vec();
        origins.extend(inputs::of(provenance, &owner, inputs::needs(entry)));
        origins
    })
}

/// What decides of the values of a release, beside what the user says of them.
pub(super) fn values(provenance: &Provenance<'_>, owner: &Owner, release: &str) -> Rc<Vec<Origin>> {
    provenance.once(owner.asked(&format!("values {release}")), || {
        let mut origins = presence(provenance, owner).to_vec();
        let Some(entry) = entry(provenance, owner) else { return origins };
        origins.extend(inputs::of(provenance, owner, inputs::variants(entry)));
        for layer in &entry.layers {
            for own in layer.releases.iter().filter(|own| own.name == release) {
                let texts = [layer.when.as_deref(), own.when.as_deref()].into_iter().flatten().map(Text::Expression);
                origins.extend(inputs::of(provenance, owner, texts.chain(own.values.as_deref().map(Text::Template))));
            }
        }
        origins.sort();
        origins.dedup();
        origins
    })
}

/// A key below a component in `cloud.yaml`, else the catalog's.
pub(super) fn own(provenance: &Provenance<'_>, owner: &Owner, key: &str, what: &str) -> Vec<Origin> {
    let found = find(&provenance.compiled.document, &owner.path(), &[Step::Key(key.to_owned())]);
    let mut origins: Vec<Origin> = found.into_iter().map(super::cloud::Found::origin).collect();
    if !matches!(origins[..], [Origin::Spec(_)]) {
        origins.insert(0, catalog(provenance, owner, what));
    }
    origins
}

/// Where a version comes from: the user, `cloud.lock` where it holds another than the catalog has, the catalog.
pub(super) fn version(provenance: &Provenance<'_>, owner: &Owner, release: Option<&str>) -> Vec<Origin> {
    let path = owner.path();
    let document = &provenance.compiled.document;
    let taken = release.is_none_or(|release| {
        entry(provenance, owner).is_none_or(|entry| {
            entry.releases().find(|own| own.name == release).is_none_or(|own| entry.takes_version(own))
        })
    });
    for key in ["version", "chart"] {
        if taken && document.contains(&path.key(key)) {
            let version = if key == "chart" { path.key(key).key("version") } else { path.key(key) };
            return vec![Origin::Spec(version)];
        }
    }
    let mut origins = Vec::new();
    let (held, same) = held(provenance, owner, release);
    let part = release.map_or_else(String::new, |release| format!(".releases.{release}"));
    if held {
        origins.push(Origin::Lock { path: format!("{path}{part}") });
    }
    if same {
        origins.push(catalog(provenance, owner, "version of the chart"));
    }
    if taken {
        origins.push(Origin::Default(path.key("version")));
    }
    let set = entry(provenance, owner).is_some_and(|entry| entry.releases().any(|own| own.chart.follows.is_some()));
    if set {
        origins.extend(super::names::paths(provenance, "components.cluster-api.set"));
    }
    origins
}

/// Whether `cloud.lock` held a version before this build, and whether the catalog has the same.
fn held(provenance: &Provenance<'_>, owner: &Owner, release: Option<&str>) -> (bool, bool) {
    let lock = &provenance.compiled.lock;
    let name = match &owner.tenant {
        None => owner.component.clone(),
        Some(_) => owner.path().to_string(),
    };
    let part = release.map(|release| format!("{name}/{release}"));
    let of = |what: &str| what == name || part.as_deref().is_none_or(|part| what == part) && what.starts_with(&name);
    (!lock.moves.iter().any(|moved| of(&moved.what)), !lock.offered.iter().any(|moved| of(&moved.what)))
}

/// What the catalog says of a component; of a product that is given whole, what `cloud.yaml` says.
pub(super) fn catalog(provenance: &Provenance<'_>, owner: &Owner, what: &str) -> Origin {
    match entry(provenance, owner) {
        Some(_) => Origin::Catalog { file: provenance.catalog.file(&owner.component), what: what.to_owned() },
        None => Origin::Spec(owner.path().key("chart")),
    }
}
