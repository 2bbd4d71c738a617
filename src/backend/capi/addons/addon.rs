//! An add-on -> `HelmRelease`s that reach into the tenant, and its objects inside the tenant in layers after them.

use super::{
    Folder, IN_TENANT, Unit, after, in_host, in_tenant, kube_config, kustomization_name, namespaces, origin, tree_path,
};
use crate::backend::flux_objects::{DeletionPolicy, HelmRelease, Kustomization, Reference};
use crate::backend::objects::Objects;
use crate::model::{Addon, Model, Release, Tenant};
use crate::spec::scalar::GoDuration;

pub(super) fn emit(model: &Model, tenant: &Tenant, addon: &Addon, out: &mut Objects) -> Unit {
    let origin = addon.origins.first().cloned().unwrap_or_else(|| origin(tenant, &format!("addons.{}", addon.name)));
    let mut kustomizations: Vec<Kustomization> = Vec::new();
    for layer in layers(addon) {
        let path = format!("{}/{}", addon.name, layer.folder);
        let mut folder = Folder::new(out, tree_path(tenant, &format!("addons/{path}")));
        if let Content::Objects(_) = layer.content {
            folder = folder.applied(IN_TENANT);
        }
        let mut kustomization = match layer.content {
            Content::Releases => {
                for release in &addon.releases {
                    let object = helm_release(tenant, addon, release).to_value();
                    folder.add(&release.name, &origin, [object]);
                }
                let mut kustomization = in_host(model, tenant, &layer.name, &path);
                kustomization.timeout = timeout(&addon.releases);
                kustomization
            }
            Content::Objects(objects) => {
                folder.add("objects", &origin, objects);
                in_tenant(model, tenant, &layer.name, &path)
            }
        };
        folder.finish(&origin);
        kustomization.depends_on = match kustomizations.last() {
            // Nothing is waited for that is suspended.
            _ if tenant.deleting => Vec::new(),
            Some(before) => vec![Reference::local(before.name.clone())],
            None => first_dependencies(tenant, addon),
        };
        if addon.protected {
            kustomization.deletion_policy = DeletionPolicy::Orphan;
        }
        kustomizations.push(kustomization);
    }
    Unit { name: addon.name.clone(), kustomizations, origin }
}

/// One step of an add-on.
struct Layer<'a> {
    /// Name of the Kustomization without the tenant.
    name: String,
    folder: String,
    content: Content<'a>,
}

enum Content<'a> {
    Releases,
    Objects(&'a [serde_json::Value]),
}

/// The first step is called as the add-on, those after it `<add-on>-config`, `<add-on>-config-2`, ...
fn layers(addon: &Addon) -> Vec<Layer<'_>> {
    let mut layers = Vec::new();
    if !addon.releases.is_empty() {
        layers.push(Layer { name: addon.name.clone(), folder: "release".to_owned(), content: Content::Releases });
    }
    for (index, objects) in addon.objects.iter().enumerate() {
        let folder = if index == 0 { "config".to_owned() } else { format!("config-{}", index + 1) };
        let name = if layers.is_empty() { addon.name.clone() } else { format!("{}-{folder}", addon.name) };
        layers.push(Layer { name, folder, content: Content::Objects(objects) });
    }
    layers
}

/// Its namespaces, and the last step of each add-on that comes before it.
fn first_dependencies(tenant: &Tenant, addon: &Addon) -> Vec<Reference> {
    let mut depends_on = Vec::new();
    if namespaces::are_needed_by(addon) {
        depends_on.push(after(tenant, namespaces::NAME));
    }
    for name in &addon.depends_on {
        let before = tenant.addons.iter().find(|other| other.name == *name);
        if let Some(last) = before.and_then(|before| layers(before).pop()) {
            depends_on.push(after(tenant, &last.name));
        }
    }
    depends_on
}

fn helm_release<'a>(tenant: &'a Tenant, addon: &'a Addon, release: &'a Release) -> HelmRelease<'a> {
    HelmRelease {
        name: kustomization_name(tenant, &release.name),
        namespace: &tenant.namespace,
        release,
        depends_on: release.depends_on.iter().map(|name| kustomization_name(tenant, name)).collect(),
        interval: &addon.interval,
        protected: addon.protected,
        kube_config: Some(kube_config(tenant)),
        suspend: tenant.deleting,
    }
}

/// The releases may follow each other, so their times add up, with a margin for Flux itself.
fn timeout(releases: &[Release]) -> String {
    let seconds: u64 =
        releases.iter().filter_map(|release| release.timeout.parse::<GoDuration>().ok()).map(|d| d.seconds).sum();
    format!("{}m", seconds.div_ceil(60) + 5)
}
