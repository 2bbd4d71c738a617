//! `nodeGroups` of a tenant: size, number, image and labels of its workers.

mod devices;
mod image;
mod labels;
mod names;
mod size;

use super::Written;
use crate::catalog::ClusterApi;
use crate::diag::Diagnostic;
use crate::model::{NodeGroup, Replicas};
use crate::resolve::Resolver;
use crate::resolve::context::Context;
use crate::spec;
use crate::syntax::Path;

/// Disk of a machine whose group names none.
const DISK: (&str, u64) = ("20Gi", 20 << 30);

/// A group as it is written.
#[derive(Clone, Copy)]
struct WrittenGroup<'a> {
    tenant: &'a Written<'a>,
    name: &'a str,
    spec: &'a spec::NodeGroup,
}

impl WrittenGroup<'_> {
    /// A place below the group.
    fn key(&self, keys: &[&str]) -> Path {
        keys.iter().fold(self.tenant.key(&["nodeGroups", self.name]), |path, key| path.key(key))
    }
}

pub(super) fn node_groups(
    cx: &mut Resolver<'_>,
    context: &Context,
    set: &ClusterApi,
    tenant: &Written<'_>,
) -> Vec<NodeGroup> {
    let mut groups = Vec::new();
    for (name, spec) in &tenant.spec.node_groups {
        let group = WrittenGroup { tenant, name, spec };
        names::check(cx, &group);
        labels::check(cx, &group);
        let replicas = replicas(cx, &group);
        let needs = devices::needs(cx, context, set, &group);
        let image = image::image(cx, context, set, &group, &needs.extensions);
        let (Some(size), Some(image)) = (size::size(cx, &group), image) else {
            continue;
        };
        let resolved = NodeGroup {
            name: name.clone(),
            replicas,
            size,
            disk: spec.disk.as_ref().map_or_else(|| DISK.0.to_owned(), |size| size.quantity().to_owned()),
            disk_bytes: spec.disk.as_ref().map_or(DISK.1, |size| size.bytes),
            image,
            roles: spec.roles.clone(),
            labels: spec.labels.clone(),
            taints: spec.taints.iter().map(|(key, taint)| (key.clone(), taint.0.clone())).collect(),
            gpus: spec.gpus.clone(),
            kernel_modules: needs.kernel_modules,
            sysctls: needs.sysctls,
            origins: vec![group.key(&[]).to_string()],
        };
        size::check(cx, set, &group, &resolved);
        groups.push(resolved);
    }
    groups
}

fn replicas(cx: &mut Resolver<'_>, group: &WrittenGroup<'_>) -> Replicas {
    match group.spec.replicas {
        spec::Replicas::Fixed(count) => Replicas::Fixed(count),
        spec::Replicas::Scaled(bounds) => {
            if bounds.min > bounds.max {
                let (at, label) =
                    (cx.value(&group.key(&["replicas", "min"])), cx.value(&group.key(&["replicas", "max"])));
                cx.report(
                    Diagnostic::error("wrong-value", at, format!("group `{}` has a `min` above its `max`", group.name))
                        .label(label, "`max`")
                        .help("swap them, or lower `min`"),
                );
            }
            Replicas::Scaled { min: bounds.min, max: bounds.max }
        }
    }
}
