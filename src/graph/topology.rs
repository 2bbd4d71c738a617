//! What a cloud consists of: machines by zone and role with their images, the Kubernetes API, tenants with their node groups.

use super::{Graph, Relation, What};
use crate::model::{EndpointKind, Machine, MachineSize, Model, NodeGroup, Replicas, Tenant, WorkerImage};
use crate::spec::Role;

pub(super) fn graph(model: &Model) -> Graph {
    let mut graph = Graph::new(model, What::Topology);
    let api = api(model, &mut graph);
    machines(model, api, &mut graph);
    for tenant in &model.tenants {
        self::tenant(tenant, api, &mut graph);
    }
    graph
}

fn api(model: &Model, graph: &mut Graph) -> usize {
    let endpoint = &model.control_plane.endpoint;
    let stands_at = match endpoint.kind {
        EndpointKind::Vip(_) => "shared address",
        EndpointKind::Node(_) => "address of a machine",
        EndpointKind::External => "outside of this cloud",
    };
    let lines = vec![endpoint.url(), stands_at.to_owned(), format!("Kubernetes v{}", model.kubernetes)];
    graph.node("api", ("api".to_owned(), &model.name), lines, None)
}

fn machines(model: &Model, api: usize, graph: &mut Graph) {
    let images: Vec<(&str, usize)> = model
        .images
        .iter()
        .map(|image| {
            let group = graph.group("images", "images");
            let ingredients = &image.ingredients;
            let mut lines = vec![format!("Talos v{}, {}", ingredients.talos, ingredients.arch.as_str())];
            lines.extend(ingredients.board.as_ref().map(|board| board.name().to_owned()));
            lines.extend(match ingredients.extensions.len() {
                0 => None,
                1 => Some("1 extension".to_owned()),
                count => Some(format!("{count} extensions")),
            });
            (
                image.name.as_str(),
                graph.node("image", (format!("image/{}", image.name), &image.name), lines, Some(group)),
            )
        })
        .collect();
    let zoned = model.nodes.iter().any(|machine| machine.zone.is_some());
    // Control planes first: what everything else stands on.
    let (control_planes, workers): (Vec<&Machine>, Vec<&Machine>) =
        model.nodes.iter().partition(|machine| machine.role == Role::ControlPlane);
    for machine in control_planes.into_iter().chain(workers) {
        let group = match &machine.zone {
            Some(zone) => graph.group("zone", zone.as_str()),
            None => graph.group("machines", if zoned { "without zone" } else { "machines" }),
        };
        let mut lines = vec![machine.role.as_str().to_owned()];
        lines.push(machine.address.map_or_else(|| "address by DHCP".to_owned(), |address| address.to_string()));
        let id = (format!("machine/{}", machine.name), machine.name.as_str());
        let node = graph.node("machine", id, lines, Some(group));
        if machine.role == Role::ControlPlane {
            graph.edge(api, node, Relation::ServedBy);
        }
        if let Some((_, image)) = images.iter().find(|(name, _)| *name == machine.image) {
            graph.edge(*image, node, Relation::Boots);
        }
    }
}

fn tenant(tenant: &Tenant, api: usize, graph: &mut Graph) {
    let group = graph.group("tenant", tenant.name.as_str());
    let control_plane = &tenant.control_plane;
    let mut lines = vec![format!("Kubernetes v{}", tenant.kubernetes)];
    let at = control_plane.address.map(|address| address.to_string()).or_else(|| control_plane.hostname.clone());
    lines.extend(at.map(|at| format!("{at}:{}", control_plane.port)));
    lines.push(format!("{} of the control plane", count(control_plane.replicas, "replica")));
    lines.extend(tenant.deleting.then(|| "being deleted".to_owned()));
    let id = format!("tenant/{}", tenant.name);
    let node = graph.node("tenant", (id.clone(), &tenant.name), lines, Some(group));
    graph.edge(api, node, Relation::Hosts);
    for workers in &tenant.node_groups {
        let id = (format!("{id}/{}", workers.name), workers.name.as_str());
        let to = graph.node("node-group", id, describe(workers), Some(group));
        graph.edge(node, to, Relation::Has);
    }
}

fn describe(workers: &NodeGroup) -> Vec<String> {
    let machines = match workers.replicas {
        Replicas::Fixed(replicas) => count(replicas, "machine"),
        Replicas::Scaled { min, max } => format!("{min} to {max} machines"),
    };
    let size = match &workers.size {
        MachineSize::InstanceType(name) => name.clone(),
        MachineSize::Explicit { cpu, memory, .. } => format!("{cpu} CPU, {memory}"),
    };
    let mut lines = vec![machines, format!("{size}, disk {}", workers.disk)];
    if let WorkerImage::Talos(image) = &workers.image {
        lines.push(format!("Talos v{}", image.ingredients.talos));
    }
    lines
}

fn count(number: u32, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
