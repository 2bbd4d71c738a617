//! Ports of tenants' APIs and Konnectivity servers: which a pod has free, and with node ports, which the nodes have.

use std::ops::RangeInclusive;

use super::super::Written;
use crate::diag::Diagnostic;
use crate::resolve::Resolver;
use crate::spec::{Cloud, Expose};
use crate::syntax::Path;

/// What the other containers of a control-plane pod listen on (Kamaji, `internal/builders/controlplane`).
const IN_THE_POD: [(u16, &str); 4] = [
    (8133, "the Konnectivity server's administration"),
    (8134, "the Konnectivity server's health"),
    (10257, "the controller manager"),
    (10259, "the scheduler"),
];

/// The flag of the API server, and its own default.
const RANGE_FLAG: &str = "service-node-port-range";
const DEFAULT_RANGE: RangeInclusive<u16> = 30000..=32767;

/// A port with the key that says it, which may be left out.
struct Port {
    number: u16,
    path: Path,
    what: String,
}

/// Checks all tenants together: node ports are the nodes', whoever has them.
pub(in crate::resolve::tenants) fn check(cx: &mut Resolver<'_>) {
    let mut on_nodes: Vec<Port> = Vec::new();
    for (name, spec) in &cx.spec.tenants {
        let tenant = Written { name, spec };
        let ports = ports(&tenant);
        in_the_pod(cx, &ports);
        if spec.control_plane.expose != Expose::NodePort {
            if let [api, konnectivity] = ports.as_slice()
                && api.number == konnectivity.number
            {
                taken(cx, konnectivity, api);
            }
            continue;
        }
        for port in ports {
            out_of_range(cx, &port);
            if let Some(first) = on_nodes.iter().find(|other| other.number == port.number) {
                taken(cx, &port, first);
            }
            on_nodes.push(port);
        }
    }
}

fn ports(tenant: &Written<'_>) -> Vec<Port> {
    let control_plane = &tenant.spec.control_plane;
    let port = |number, key, what| Port {
        number,
        path: tenant.key(&["controlPlane", key]),
        what: format!("{what} of tenant `{}`", tenant.name),
    };
    let api = port(control_plane.port(), "port", "the API");
    let konnectivity =
        control_plane.konnectivity_port().map(|number| port(number, "konnectivityPort", "the Konnectivity server"));
    std::iter::once(api).chain(konnectivity).collect()
}

fn in_the_pod(cx: &mut Resolver<'_>, ports: &[Port]) {
    for port in ports {
        if let Some((_, holder)) = IN_THE_POD.iter().find(|(number, _)| *number == port.number) {
            let at = cx.value(&port.path);
            cx.report(
                Diagnostic::error("port-taken", at, format!("{} cannot have port {}", port.what, port.number))
                    .note(format!("{holder} listens on it in the same pod"))
                    .help("choose another port"),
            );
        }
    }
}

fn out_of_range(cx: &mut Resolver<'_>, port: &Port) {
    let range = node_ports(cx.spec);
    if range.contains(&port.number) {
        return;
    }
    let at = cx.value(&port.path);
    let mut finding =
        Diagnostic::error("wrong-value", at, format!("port {} of {} is no node port", port.number, port.what))
            .help(format!("choose one of {}", shown(&range)));
    if range != DEFAULT_RANGE {
        let flag = Path::of(["controlPlane", "apiServer", "extraArgs", RANGE_FLAG]);
        finding = finding.label(cx.value(&flag), "the node ports");
    }
    cx.report(finding);
}

fn taken(cx: &mut Resolver<'_>, port: &Port, first: &Port) {
    let (at, label) = (cx.value(&port.path), cx.value(&first.path));
    cx.report(
        Diagnostic::error("port-taken", at, format!("{} has the port of {}", port.what, first.what))
            .label(label, first.what.clone())
            .help("give each its own port"),
    );
}

/// The node ports of the management cluster.
pub(in crate::resolve) fn node_ports(spec: &Cloud) -> RangeInclusive<u16> {
    let api_server = spec.control_plane.api_server.as_ref();
    let given = api_server.and_then(|api| api.extra_args.get(RANGE_FLAG)).and_then(|argument| {
        let argument = argument.to_string();
        let (first, last) = argument.split_once('-')?;
        Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
    });
    given.unwrap_or(DEFAULT_RANGE)
}

fn shown(range: &RangeInclusive<u16>) -> String {
    format!("{}-{}", range.start(), range.end())
}
