//! A name that templates see -> the paths in `cloud.yaml` that it comes from; `stdlib/README.md` is the list of the names.

use super::cause::setting as setting_of;
use super::cloud::{Step, find, keys};
use super::components::{self, Owner};
use super::{Origin, Provenance, inputs};
use crate::syntax::Path;

/// What of a node templates see: the name there, and the setting.
const OF_NODES: [(&str, &str); 3] = [("arch", "arch"), ("volumes", "volumes"), ("labels", "labels")];

/// Where a name comes from: `network.pods`, `params.pools`. `text` is the template that reads it: what it does not name, it does not
/// read.
pub(super) fn of(provenance: &Provenance<'_>, owner: &Owner, name: &str, text: &str) -> Vec<Origin> {
    let mut parts = name.split('.');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let path = |template: &str| paths(provenance, template);
    let all =
        |templates: &[&str]| templates.iter().flat_map(|template| paths(provenance, template)).collect::<Vec<_>>();
    let own = owner.path();
    match (first, &owner.tenant) {
        ("params", _) => match second {
            Some(parameter) => below(provenance, &own, parameter),
            None => components::parameters(provenance, owner),
        },
        ("namespace", _) => below(provenance, &own, "namespace"),
        ("version", _) => below(provenance, &own, "version"),
        ("variant", _) => {
            let entry = provenance.catalog.component(&owner.component);
            let conditions = entry.into_iter().flat_map(inputs::variants);
            inputs::of(provenance, owner, conditions)
        }
        ("cloud", _) => path("metadata.name"),
        ("talos", _) => path("versions.talos"),
        ("kubernetes", None) => path("versions.kubernetes"),
        ("kubernetes", Some(tenant)) => path(&format!("tenants.{tenant}.kubernetes")),
        ("network", None) => match second {
            Some("gateway") => all(&["network.gateway", "network.nodes"]),
            Some("dnsServiceIP") => path("network.services"),
            Some(key) => path(&format!("network.{key}")),
            None => path("network"),
        },
        ("network", Some(tenant)) => match second {
            Some("nodes") => path("network.pods"),
            Some("dnsServiceIP") => path(&format!("tenants.{tenant}.network.services")),
            Some(key @ ("pods" | "services")) => path(&format!("tenants.{tenant}.network.{key}")),
            Some(_) => Vec::new(),
            None => all(&["network.pods", &format!("tenants.{tenant}.network")]),
        },
        ("controlPlane", _) => match second {
            Some("host" | "port" | "url") => path("controlPlane.endpoint"),
            Some("count") => path("nodes.*.role"),
            _ => all(&["controlPlane.endpoint", "controlPlane.schedulable", "nodes.*.role"]),
        },
        ("nodes" | "node", None) => nodes(provenance, text),
        ("components", _) => others(provenance, owner, name, text),
        ("delivery", _) => match second {
            Some(key @ ("url" | "branch" | "path")) => path(&format!("delivery.git.{key}")),
            Some("sopsAge") => path("delivery.sops.age"),
            Some(key) => path(&format!("delivery.{key}")),
            None => path("delivery"),
        },
        ("clusterAPI", _) => path("components.cluster-api.set"),
        ("talosWorkers", _) => path("tenants.*.workers"),
        ("tenants", _) => tenants(provenance),
        ("tenant", Some(tenant)) => {
            let keys = ["kubernetes", "namespace", "controlPlane.port", "nodeGroups.*.roles", "workers"];
            keys.iter().flat_map(|key| path(&format!("tenants.{tenant}.{key}"))).collect()
        }
        _ => Vec::new(),
    }
}

/// A path that may be written: by dots, with stars.
pub(super) fn paths(provenance: &Provenance<'_>, template: &str) -> Vec<Origin> {
    let step = |part: &str| if part == "*" { Step::Any } else { Step::Key(part.to_owned()) };
    let steps: Vec<Step> = template.split('.').map(step).collect();
    let found = find(&provenance.compiled.document, &Path::root(), &steps);
    found.into_iter().map(super::cloud::Found::origin).collect()
}

fn below(provenance: &Provenance<'_>, path: &Path, key: &str) -> Vec<Origin> {
    let found = find(&provenance.compiled.document, path, &[Step::Key(key.to_owned())]);
    found.into_iter().map(super::cloud::Found::origin).collect()
}

/// What templates see of nodes.
fn nodes(provenance: &Provenance<'_>, text: &str) -> Vec<Origin> {
    let document = &provenance.compiled.document;
    let mut origins: Vec<Origin> = keys(document, &Path::of(["nodes"]))
        .iter()
        .map(|name| Origin::Key(Path::of(["nodes", name.as_str()])))
        .collect();
    for key in ["role", "class", "zone", "address"] {
        if text.contains(key) || key == "class" {
            origins.extend(paths(provenance, &format!("nodes.*.{key}")));
        }
    }
    origins.extend(paths(provenance, "nodeClasses.*.extends"));
    let mut setting = |keys: &[&str]| {
        let steps: Vec<Step> = keys.iter().map(|key| Step::Key((*key).to_owned())).collect();
        for machine in &provenance.compiled.model.nodes {
            origins.extend(setting_of(provenance, &machine.name, &steps));
        }
    };
    for (seen, key) in OF_NODES {
        if text.contains(seen) {
            setting(&[key]);
        }
    }
    if text.contains("blocks") {
        setting(&["firewall", "default"]);
    }
    origins
}

/// What templates see of tenants.
fn tenants(provenance: &Provenance<'_>) -> Vec<Origin> {
    let document = &provenance.compiled.document;
    let mut origins = Vec::new();
    for name in keys(document, &Path::of(["tenants"])) {
        origins.push(Origin::Key(Path::of(["tenants", name.as_str()])));
        for key in
            ["namespace", "controlPlane.expose", "controlPlane.hostname", "controlPlane.port", "controlPlane.gateway"]
        {
            origins.extend(paths(provenance, &format!("tenants.{name}.{key}")));
        }
    }
    origins
}

/// What a template sees of other components: `components.x.params.y`, or whether one of a name is there.
fn others(provenance: &Provenance<'_>, owner: &Owner, name: &str, text: &str) -> Vec<Origin> {
    let mut parts = name.split('.').skip(1);
    let (other, what, parameter) = (parts.next(), parts.next(), parts.next());
    let of = |component: &str| Owner { component: component.to_owned(), tenant: owner.tenant.clone() };
    let Some(other) = other else {
        // Which one is asked for stands in quotes.
        let quoted = text.split(['\'', '"']).skip(1).step_by(2);
        let mut origins: Vec<Origin> =
            quoted.flat_map(|name| components::presence(provenance, &of(name)).to_vec()).collect();
        origins.extend(components::roster(provenance, owner.tenant.as_deref()));
        return origins;
    };
    let other = of(other);
    let mut origins = components::presence(provenance, &other).to_vec();
    match (what, parameter) {
        (Some("namespace"), _) => origins.extend(below(provenance, &other.path(), "namespace")),
        (Some("params"), Some(parameter)) => origins.extend(below(provenance, &other.path(), parameter)),
        _ => origins.extend(components::parameters(provenance, &other)),
    }
    origins
}
