//! Boot image of a group: a kubeadm in it must be of the tenant's Kubernetes minor.

use semver::Version;

use super::WrittenGroup;
use crate::catalog::ClusterApi;
use crate::diag::Diagnostic;
use crate::model::WorkerImage;
use crate::resolve::Resolver;
use crate::resolve::context::Context;
use crate::resolve::tenants::talos;
use crate::spec::Workers;

/// What the machines of a group boot from, with the extensions that their devices need; `None` when that is reported as wrong.
pub(super) fn image(
    cx: &mut Resolver<'_>,
    context: &Context,
    set: &ClusterApi,
    group: &WrittenGroup<'_>,
    needed: &[String],
) -> Option<WorkerImage> {
    let tenant = group.tenant;
    match tenant.spec.workers {
        Workers::Kubeadm => container_disk(cx, set, group).map(WorkerImage::ContainerDisk),
        Workers::Talos => {
            let names = ((tenant.name, tenant.spec), (group.name, group.spec));
            let image = talos::image(cx, context, set, names.0, names.1, needed);
            image.map(|image| WorkerImage::Talos(Box::new(image)))
        }
    }
}

fn container_disk(cx: &mut Resolver<'_>, set: &ClusterApi, group: &WrittenGroup<'_>) -> Option<String> {
    let kubernetes = &group.tenant.spec.kubernetes;
    let image = group.spec.image.clone().unwrap_or_default();
    for (key, given) in [("talos", image.talos.is_some()), ("extensions", !image.extensions.is_empty())] {
        if given {
            let at = cx.key(&group.key(&["image", key]));
            cx.report(
                Diagnostic::error("wrong-value", at, format!("kubeadm workers have no `{key}`"))
                    .help(format!("use `workers: talos`, or remove `{key}`")),
            );
        }
    }
    if let Some(disk) = image.container_disk {
        if let Some(of_image) = version_of_tag(&disk).filter(|of_image| of_image.minor != kubernetes.0.minor) {
            other_minor(cx, group, &of_image);
        }
        if !is_pinned(&disk) {
            let at = cx.value(&group.key(&["image", "containerDisk"]));
            let label = cx.value(&group.tenant.key(&["kubernetes"]));
            cx.report(
                Diagnostic::warning("unpinned-image", at, format!("`{disk}` is whatever was pushed last"))
                    .label(label, "its kubeadm must be of this minor")
                    .help("write its tag or digest"),
            );
        }
        return Some(disk);
    }
    let published = set.images_by_minor.worker.reference(&kubernetes.0);
    if published.is_none() {
        let (version, own) = (cx.value(&group.tenant.key(&["kubernetes"])), cx.key(&group.key(&[])));
        // One version is one fault, however many groups have it.
        if !cx.diags.has_at("no-worker-image", version) {
            cx.report(
                Diagnostic::error(
                    "no-worker-image",
                    version,
                    format!("no worker image is published for Kubernetes {kubernetes}"),
                )
                .label(own, "its machines need one")
                .help("choose a version with an image, or build one (image-builder, build-kubevirt-qemu-ubuntu-2404) and name it: `image: {containerDisk: ...}`"),
            );
        }
    }
    published
}

/// The version in the tag, where it looks like one of Kubernetes; people tag their own images as they like.
fn version_of_tag(image: &str) -> Option<Version> {
    let image = image.split('@').next()?;
    let (_, tag) = image.rsplit_once(':')?;
    let version: Version = tag.trim_start_matches('v').parse().ok()?;
    (version.major == 1 && version.minor >= 20).then_some(version)
}

/// Whether a digest, or a tag that is not `latest`, says which image it is.
fn is_pinned(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    image.contains('@') || name.split_once(':').is_some_and(|(_, tag)| tag != "latest")
}

fn other_minor(cx: &mut Resolver<'_>, group: &WrittenGroup<'_>, of_image: &Version) {
    let at = cx.value(&group.key(&["image", "containerDisk"]));
    let label = cx.value(&group.tenant.key(&["kubernetes"]));
    let kubernetes = &group.tenant.spec.kubernetes;
    cx.report(
        Diagnostic::error(
            "version-window",
            at,
            format!("the image of group `{}` has the kubeadm of Kubernetes 1.{}", group.name, of_image.minor),
        )
        .note("kubeadm joins a control plane of its own minor, and Cluster API makes no machine otherwise")
        .label(label, "the tenant's version")
        .help(format!("name an image of Kubernetes 1.{}", kubernetes.0.minor)),
    );
}
