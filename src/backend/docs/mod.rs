//! Model -> the `README.md` of the emitted directory: what this cloud is, its first boot step by step, and day 2.
//!
//! It describes what the other back ends wrote, so it alone asks them for names, addresses and commands.

use std::net::SocketAddr;

use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::{Value, json};

use super::flux::bootstrap;
use super::image_factory::{self, schematic};
use super::objects::Objects;
use super::talos::REGISTER;
use super::talos::imager::{self, Output};
use crate::model::{Board, EndpointKind, Image, Machine, Model, SourceKind, Tenant, TenantControlPlane, WorkerImage};
use crate::secrets;
use crate::spec::{DhcpMode, Expose, Role};
use crate::tree::FileTree;

const TEMPLATE: &str = include_str!("README.md.j2");

/// Writes `README.md`.
pub fn emit(model: &Model, objects: &Objects, tree: &mut FileTree) {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = minijinja::syntax::SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the default delimiters are valid"));
    let text = environment
        .render_str(
            TEMPLATE,
            context! { cloud => minijinja::value::Value::from(minijinja::value::Serde(describe(model, objects))) },
        )
        .expect("the template knows every field of its description; a test renders each example");
    // Where the runbook puts what must not reach Git.
    tree.add("private/.gitignore", "*\n!.gitignore\n", &["metadata"]);
    tree.add("README.md", format!("{}\n", text.trim_end()), &["metadata"]);
}

fn describe(model: &Model, objects: &Objects) -> Value {
    let control_planes: Vec<&Machine> = model.nodes.iter().filter(|node| node.role == Role::ControlPlane).collect();
    let first = control_planes.first().expect("a cloud has a control-plane node");
    let endpoint = &model.control_plane.endpoint;
    let vip = match endpoint.kind {
        EndpointKind::Vip(_) => format!("shared by {}", names(&control_planes)),
        EndpointKind::Node(_) => format!("address of `{}`", first.name),
        EndpointKind::External => "outside of this cloud: point it at every control-plane node".to_owned(),
    };
    json!({
        "name": model.name,
        "talos": format!("v{}", model.talos),
        "kubernetes": format!("v{}", model.kubernetes),
        "endpoint": {"url": endpoint.url(), "host": endpoint.host, "what": vip},
        "bundle": model.secrets_bundle,
        "given": given(model),
        "age": model.delivery.as_ref().is_some_and(|delivery| !delivery.sops_age.is_empty()),
        "delivery": model.delivery.as_ref().map(|d| json!({
            "url": d.url,
            "branch": d.branch,
            "ssh": d.url.starts_with("ssh://"),
            "sops": !d.sops_age.is_empty(),
            "apps": d.apps,
            "folder": if d.path.is_empty() { "the root".to_owned() } else { format!("`{}`", d.path) },
        })),
        "storage": model.platform.components.iter().any(|component| component.protected && !component.cni && !component.delivers),
        "needsAddresses": model.nodes.iter().any(|machine| known_at_boot(model, machine).is_none()),
        "images": model.images.iter().map(image).collect::<Vec<_>>(),
        "register": model.images.iter().any(|image| image.registry.is_none()).then_some(REGISTER),
        "workersRegister": model.tenants.iter().any(|tenant| tenant.talos.is_some()).then_some(REGISTER),
        "nodes": model.nodes.iter().map(|machine| node(model, machine)).collect::<Vec<_>>(),
        "first": {"name": first.name, "address": address(first)},
        "networks": networks(model),
        "pxe": model.pxe.as_ref().map(|pxe| json!({
            "server": pxe.server.to_string(),
            "proxy": pxe.mode == DhcpMode::Proxy,
            "range": pxe.range.map(|range| range.to_string()),
        })),
        "steps": bootstrap::steps(model, objects).iter().map(|s| json!({"comment": s.comment, "command": s.command})).collect::<Vec<_>>(),
        "components": components(model),
        "secrets": model.platform.secrets.iter().filter(|need| !delivers(model, &need.component)).map(|need| json!({
            "namespace": need.namespace,
            "name": need.name,
            "keys": need.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
            "purpose": need.purpose,
        })).collect::<Vec<_>>(),
        "tenants": model.tenants.iter().map(|tenant| json!({
            "name": tenant.name,
            "namespace": tenant.namespace,
            "kubernetes": format!("v{}", tenant.kubernetes),
            "api": api_of(tenant),
            "name_needed": tenant.control_plane.hostname.as_ref().filter(|_| tenant.control_plane.ingress.is_some()),
            "secret": tenant.kubeconfig_secret(),
            "deleting": tenant.deleting,
            "talos": tenant.talos.as_ref().map(|talos| json!({
                "file": model.tenant_bundle(tenant),
                "secret": talos.secret,
                "versions": talos_versions(tenant),
            })),
            "groups": tenant.node_groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>(),
            "secrets": tenant.secrets.iter().map(|need| json!({
                "namespace": need.namespace,
                "name": need.name,
                "keys": need.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
                "purpose": need.purpose,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

/// Each once, in the order of the groups.
fn talos_versions(tenant: &Tenant) -> Vec<String> {
    let mut versions = Vec::new();
    for group in &tenant.node_groups {
        let WorkerImage::Talos(image) = &group.image else { continue };
        let version = format!("v{}", image.ingredients.talos);
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    versions
}

/// Where people reach the API of a tenant, as far as it is known before there is one.
fn api_of(tenant: &Tenant) -> Option<String> {
    let TenantControlPlane { expose, hostname, address, port, .. } = &tenant.control_plane;
    match expose {
        Expose::LoadBalancer => address.map(|address| address.to_string()),
        Expose::NodePort => address.map(|address| SocketAddr::new(address, *port).to_string()),
        Expose::ClusterIp => Some("a Service of this cluster alone".to_owned()),
        Expose::Ingress => hostname.clone(),
        Expose::Gateway => hostname.as_ref().map(|hostname| format!("{hostname}:{port}")),
    }
}

fn names(nodes: &[&Machine]) -> String {
    nodes.iter().map(|node| format!("`{}`", node.name)).collect::<Vec<_>>().join(", ")
}

fn address(node: &Machine) -> String {
    node.address.map_or_else(|| node.name.clone(), |address| address.to_string())
}

/// The address that a machine has in maintenance mode, where network boot gives it its own.
fn known_at_boot(model: &Model, node: &Machine) -> Option<String> {
    let pxe = model.pxe.as_ref().filter(|pxe| pxe.mode == DhcpMode::Server)?;
    let address = node.address.filter(|address| node.mac.is_some() && address.is_ipv4() && pxe.server.is_ipv4())?;
    Some(address.to_string())
}

/// What Flux itself needs is part of the runbook.
fn delivers(model: &Model, component: &str) -> bool {
    model.platform.components.iter().any(|c| c.delivers && c.name == component)
}

fn node(model: &Model, node: &Machine) -> Value {
    json!({
        "name": node.name,
        "role": node.role.as_str(),
        "class": node.class,
        "zone": node.zone,
        "address": node.address.map(|address| address.to_string()),
        "target": address(node),
        "present": known_at_boot(model, node)
            .unwrap_or_else(|| format!("ADDRESS_OF_{}", node.name.to_ascii_uppercase().replace('-', "_"))),
        "mac": node.mac,
        "image": node.image,
    })
}

fn image(image: &Image) -> Value {
    let ingredients = &image.ingredients;
    let own = image.registry.is_some();
    // A single-board computer boots from a disk image that is written to its card.
    let medium = if ingredients.board.is_some() { Output::Disk } else { Output::Iso };
    let result = medium.result(ingredients);
    let address = match medium {
        Output::Disk => image_factory::disk(image),
        _ => image_factory::iso(image),
    };
    let build = [Output::Installer, medium].map(|output| imager::command(ingredients, output));
    let unpack = if ingredients.talos.minor >= 8 { "zstd" } else { "xz" };
    json!({
        "name": image.name,
        "schematic": schematic::id(ingredients),
        "own": own,
        "installer": image_factory::installer_image(image),
        "archive": Output::Installer.result(ingredients),
        "build": build,
        "medium": if own { format!("`talos/images/{}/out/{result}`", image.name) } else { format!("<{address}>") },
        "card": (medium == Output::Disk).then(|| format!("{unpack} --decompress --stdout {result}")),
        "secureBoot": ingredients.secure_boot,
        "board": ingredients.board.as_ref().map(Board::name),
        "extensions": ingredients.extensions,
        "kernelArgs": ingredients.kernel_args,
        "nodes": image.nodes,
    })
}

fn networks(model: &Model) -> Vec<Value> {
    let list = |nets: &[ipnet::IpNet]| nets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let network = &model.network;
    let mut rows = vec![
        json!({"what": "machines", "range": list(&network.nodes), "note": format!("gateway {}", network.gateway)}),
        json!({"what": "API endpoint", "range": model.control_plane.endpoint.host, "note": ""}),
        json!({"what": "pods", "range": list(&network.pods), "note": ""}),
        json!({"what": "services", "range": list(&network.services), "note": format!("DNS {}", network.dns_service_ip)}),
    ];
    for (what, net) in &network.internal {
        rows.push(json!({"what": what, "range": net.to_string(), "note": "inside the cluster"}));
    }
    for (name, pool) in &network.load_balancers {
        let range = pool.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let how = match pool.advertise {
            crate::spec::Advertise::L2 => "announced on layer 2",
            crate::spec::Advertise::Bgp => "announced by BGP",
        };
        rows.push(json!({"what": format!("load-balancer pool `{name}`"), "range": range, "note": how}));
    }
    for (name, range) in &network.reserved {
        rows.push(
            json!({"what": format!("reserved: `{name}`"), "range": range.to_string(), "note": "used by nothing here"}),
        );
    }
    for tenant in &model.tenants {
        let note = format!("services {}", list(&tenant.services));
        rows.push(
            json!({"what": format!("pods of tenant `{}`", tenant.name), "range": list(&tenant.pods), "note": note}),
        );
    }
    rows
}

fn components(model: &Model) -> Vec<Value> {
    let version = |component: &crate::model::Component| {
        let release = component.layers.iter().flat_map(|layer| &layer.releases).next();
        let manifests = component.layers.iter().find_map(|layer| layer.manifests.as_ref());
        match (release, manifests) {
            (Some(release), _) => release.chart.version.clone(),
            (None, Some(manifests)) => model
                .platform
                .sources
                .iter()
                .find(|source| source.name == manifests.source)
                .and_then(|source| match &source.kind {
                    SourceKind::Git { tag, .. } => Some(tag.clone()),
                    _ => None,
                })
                .unwrap_or_default(),
            (None, None) => String::new(),
        }
    };
    model
        .platform
        .components
        .iter()
        .map(|component| {
            json!({
                "name": component.name,
                "title": component.title,
                "version": version(component),
                "namespace": component.namespace,
                "because": component.because,
                "notes": component.notes,
            })
        })
        .collect()
}

/// Named secrets that somebody else gives out.
fn given(model: &Model) -> Value {
    let wanted = secrets::wanted(&model.nodes).into_iter().filter(|wanted| !wanted.kind.can_be_made());
    wanted.map(|wanted| json!({"name": wanted.name, "keys": wanted.kind.keys()})).collect()
}
