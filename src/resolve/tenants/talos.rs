//! Talos workers: what they boot from, and what they need of a control plane that is not Talos's.
//!
//! They take the cloud's own Talos unless a group says another. What they must know of their control plane is
//! fixed before there is one: its address is the name of a Service, and what both keep secret is made ahead.

use indexmap::IndexMap;
use semver::Version;

use crate::catalog::{self, ClusterApi};
use crate::diag::Diagnostic;
use crate::model::{
    FLUX_NAMESPACE, Image, Ingredients, Network, Platform, SecretNeed, TalosWorkers, TenantControlPlane, TenantSecret,
};
use crate::resolve::context::Context;
use crate::resolve::{Resolver, images, versions};
use crate::spec::scalar::Minor;
use crate::spec::{self, Arch, Workers};
use crate::syntax::Path;

/// What a group boots from; `None` when that is reported as wrong.
pub(super) fn image(
    cx: &mut Resolver<'_>,
    context: &Context,
    set: &ClusterApi,
    (tenant_name, tenant): (&str, &spec::Tenant),
    (name, group): (&str, &spec::NodeGroup),
    needed: &[String],
) -> Option<Image> {
    let mut image = group.image.clone().unwrap_or_default();
    let of_group = Path::of(["tenants", tenant_name, "nodeGroups", name]);
    let path = of_group.key("image");
    if image.container_disk.is_some() {
        let at = cx.key(&path.key("containerDisk"));
        let label = cx.value(&Path::of(["tenants", tenant_name, "workers"]));
        cx.report(
            Diagnostic::error("wrong-value", at, format!("group `{name}` boots no containerDisk"))
                .label(label, "Talos workers boot what the Image Factory makes")
                .help("remove it; `image: {talos: ..., extensions: [...]}` says what is made"),
        );
        return None;
    }
    let talos = match &image.talos {
        Some(version) => {
            check_version(cx, set, &version.0, tenant, (tenant_name, &path.key("talos")), None);
            version.0.clone()
        }
        None => cx.spec.versions.talos.0.clone(),
    };
    for (index, extension) in image.extensions.iter().enumerate() {
        check_extension(cx, &talos, extension, &path.key("extensions").index(index));
    }
    for extension in needed {
        check_extension(cx, &talos, extension, &of_group.key("gpus"));
    }
    image.extensions.extend_from_slice(needed);
    let amd64 = context.nodes().iter().any(|node| node["arch"] == Arch::Amd64.as_str());
    Some(Image {
        name: format!("tenant.{tenant_name}.{name}"),
        ingredients: Ingredients {
            talos,
            arch: if amd64 { Arch::Amd64 } else { Arch::Arm64 },
            secure_boot: false,
            board: None,
            extensions: image.extensions,
            // The factory chooses them by name and release; no imager runs.
            extension_images: IndexMap::new(),
            kernel_args: Vec::new(),
        },
        factory: images::factory(cx.spec),
        registry: None,
        nodes: Vec::new(),
        origins: vec![of_group.to_string()],
    })
}

fn check_extension(cx: &mut Resolver<'_>, talos: &Version, extension: &str, path: &Path) {
    let at = cx.value(path);
    if let Some(finding) = images::unknown_extension(talos, extension, || at) {
        cx.report(finding);
    } else if let Some(later) = catalog::talos().later_extension(talos, extension) {
        let message = images::not_in_the_factory(talos, extension);
        let help = format!("take Talos v{} or later", later.since);
        cx.report(Diagnostic::error("extension-too-new", at, message).help(help));
    }
}

/// What Talos workers share with their control plane; `None` for other workers.
pub(super) fn workers(
    cx: &mut Resolver<'_>,
    set: &ClusterApi,
    network: &Network,
    platform: &mut Platform,
    control_plane: &mut TenantControlPlane,
    (name, namespace, spec): (&str, &str, &spec::Tenant),
) -> Option<TalosWorkers> {
    if spec.workers != Workers::Talos {
        return None;
    }
    let path = Path::of(["tenants", name, "workers"]);
    let at = cx.value(&path);
    if set.talos_workers.is_none() {
        cx.report(
            Diagnostic::error("missing-capability", at, "this set of Cluster API providers makes no Talos workers")
                .note(set.summary.clone())
                .help("use `workers: kubeadm`"),
        );
        return None;
    }
    // Each group boots a disk image over HTTP, and an own registry serves installers only.
    let registries = cx.spec.registries.as_ref();
    if registries.is_some_and(|registries| registries.imager.is_some() && registries.factory.is_none()) {
        let label = cx.key(&Path::of(["registries", "imager"]));
        cx.report(
            Diagnostic::error("no-worker-image", at, format!("nothing serves the disks of tenant `{name}`'s workers"))
                .label(label, "the images of this cloud come from here, and none of them is a disk")
                .help("name an Image Factory beside it, with `registries.factory`"),
        );
    }
    let own = |group: &spec::NodeGroup| group.image.as_ref().is_some_and(|image| image.talos.is_some());
    if !spec.node_groups.values().all(own) {
        let label = cx.value(&Path::of(["versions", "talos"]));
        let version = cx.spec.versions.talos.0.clone();
        check_version(cx, set, &version, spec, (name, &path), Some(label));
    }
    let secret = format!("tenant-{name}-talos");
    platform.secrets.push(SecretNeed {
        namespace: FLUX_NAMESPACE.to_owned(),
        name: secret.clone(),
        keys: TenantSecret::ALL.map(|value| value.key().to_owned()).to_vec(),
        purpose: format!("shared by the Talos workers of tenant `{name}` and their control plane"),
        component: "cluster-api".to_owned(),
    });
    let domain = &network.dns_domain;
    let endpoint = format!("{name}.{namespace}.svc.{domain}");
    // Kamaji writes this one name with this one domain into the certificate, whatever the cluster's is.
    if domain != "cluster.local" {
        control_plane.cert_sans.push(endpoint.clone());
    }
    Some(TalosWorkers {
        secret,
        endpoint,
        nameserver: network.dns_service_ip,
        domain: domain.clone(),
        signer: set.images.talos_csr_signer.as_ref()?.reference(),
    })
}

/// Whether the bootstrap provider makes workers of this Talos, and this Talos runs the tenant's Kubernetes.
fn check_version(
    cx: &mut Resolver<'_>,
    set: &ClusterApi,
    talos: &Version,
    tenant: &spec::Tenant,
    (name, path): (&str, &Path),
    from: Option<crate::source::Span>,
) {
    let at = cx.value(path);
    let minor = Minor::from(talos);
    let choose = "choose another with `image: {talos: ...}` in the node group";
    let Some(window) = set.talos_workers.as_ref().map(|workers| workers.talos) else { return };
    if !window.contains(talos) {
        let mut finding =
            Diagnostic::error("version-window", at, format!("workers of tenants cannot run Talos {minor}"))
                .note(format!(
                    "the Talos bootstrap provider of this set and its signer take {} to {}",
                    window.min, window.max
                ))
                .help(choose);
        if let Some(from) = from {
            finding = finding.label(from, "taken from here");
        }
        cx.report(finding);
        return;
    }
    let label = cx.value(&Path::of(["tenants", name, "kubernetes"]));
    if let Some(finding) = versions::outside_the_window(minor, &tenant.kubernetes.0, at, label) {
        cx.report(finding.help(choose));
    }
}
