//! The networks of pods and Services against those who cut them: the API server, the controller manager, each node.

use ipnet::IpNet;

use super::Resolver;
use super::components::Closure;
use super::context::Context;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::{ControlPlane, Machine, Network};
use crate::syntax::Path;

/// What the controller manager cuts for each node, where no flag says otherwise.
const NODE_MASK_V4: u8 = 24;
const NODE_MASK_V6: u8 = 64;
/// The controller manager keeps a map of that many bits (`cidrset.maxSubnetSize`).
const MOST_NODE_BITS: u8 = 16;
/// The API server keeps a map of that many (`cmd/kube-apiserver/app/options/validation.go`).
const MOST_SERVICE_BITS: u8 = 20;
/// What the kubelet runs where nobody says a number.
const DEFAULT_PODS: u64 = 110;
/// Of a node's part: its own address, that of the gateway, the broadcast address.
const NOT_FOR_PODS: u64 = 3;

pub(super) fn check(
    cx: &mut Resolver<'_>,
    context: &Context,
    components: &Closure<'_>,
    network: &Network,
    control_plane: &ControlPlane,
    machines: &[Machine],
) {
    for (index, services) in network.services.iter().enumerate() {
        let bits = services.max_prefix_len() - services.prefix_len();
        if bits > MOST_SERVICE_BITS {
            let longest = services.max_prefix_len() - MOST_SERVICE_BITS;
            let note = format!("it keeps a map of all of them, of {MOST_SERVICE_BITS} bits at most");
            too_large(
                cx,
                &place(cx, "services", index),
                services,
                "the API server does not start with it",
                note,
                longest,
            );
        }
    }
    let arguments = &control_plane.controller_manager.extra_args;
    if arguments.get("allocate-node-cidrs").is_some_and(|value| value == "false") {
        return;
    }
    let shared = parts_are_used(cx, context, components);
    for (index, pods) in network.pods.iter().enumerate() {
        let (default, family) = if pods.addr().is_ipv4() { (NODE_MASK_V4, "ipv4") } else { (NODE_MASK_V6, "ipv6") };
        let flags = [format!("node-cidr-mask-size-{family}"), "node-cidr-mask-size".to_owned()];
        let said = flags.iter().find_map(|flag| arguments.get(flag)?.parse::<u8>().ok());
        let mask = said.unwrap_or(default);
        let at = place(cx, "pods", index);
        let Some(bits) = mask.checked_sub(pods.prefix_len()) else {
            too_small(cx, &at, pods, mask, 0, machines.len());
            continue;
        };
        if bits > MOST_NODE_BITS {
            let why = "the controller manager does not start with it";
            let note = format!("it cuts a /{mask} for each node, of {MOST_NODE_BITS} bits at most");
            too_large(cx, &at, pods, why, note, mask - MOST_NODE_BITS);
        } else if shared && 1usize << bits < machines.len() {
            too_small(cx, &at, pods, mask, 1 << bits, machines.len());
        } else if shared && pods.addr().is_ipv4() {
            let room = (1u64 << (32 - mask.min(32))).saturating_sub(NOT_FOR_PODS);
            for machine in machines {
                too_many_pods(cx, machine, &at, mask, room);
            }
        }
    }
}

/// A network of `network`, which stands alone or in a list.
fn place(cx: &Resolver<'_>, key: &str, index: usize) -> Path {
    let list = Path::of(["network", key]);
    cx.written_or(list.index(index), list)
}

/// Whether pods get addresses of the part that Kubernetes cuts for their node.
fn parts_are_used(cx: &mut Resolver<'_>, context: &Context, components: &Closure<'_>) -> bool {
    let own = components.iter().any(|component| {
        component.entry.cluster.iter().any(|need| {
            need.own_pod_addresses && context.component(cx, component).holds(cx, component, need.when.as_deref())
        })
    });
    !own
}

fn too_small(cx: &mut Resolver<'_>, place: &Path, pods: &IpNet, mask: u8, room: usize, nodes: usize) {
    let (at, label) = (cx.value(place), cx.key(&Path::of(["nodes"])));
    let bits = u8::try_from(nodes.next_power_of_two().trailing_zeros()).unwrap_or(mask);
    cx.report(
        Diagnostic::error(
            "network-too-small",
            at,
            format!("the pod network {pods} has room for {room} nodes, not for {nodes}"),
        )
        .note(format!("the controller manager cuts a /{mask} of it for each node"))
        .label(label, "the nodes")
        .help(format!("give a /{} or larger", mask.saturating_sub(bits))),
    );
}

fn too_large(cx: &mut Resolver<'_>, place: &Path, net: &IpNet, why: &str, note: String, longest: u8) {
    let at = cx.value(place);
    cx.report(
        Diagnostic::error("network-too-large", at, format!("{net} is too large: {why}"))
            .note(note)
            .help(format!("give a /{longest} or smaller")),
    );
}

fn too_many_pods(cx: &mut Resolver<'_>, machine: &Machine, pods: &Path, mask: u8, room: u64) {
    let asked = machine.kubelet.config.get("maxPods").and_then(serde_json::Value::as_u64).unwrap_or(DEFAULT_PODS);
    if asked <= room {
        return;
    }
    let by_word = declared_at(cx, &machine.name, &["kubelet", "maxPods"]);
    let place = cx.written_or(by_word, declared_at(cx, &machine.name, &["kubelet", "config", "maxPods"]));
    let (at, label) = (cx.value(&place), cx.value(pods));
    cx.report_once(
        Diagnostic::warning("too-many-pods", at, format!("{asked} pods on a node, and addresses for {room}"))
            .note(format!("each node takes its addresses from a /{mask} of the pod network"))
            .label(label, format!("cut into parts of /{mask}"))
            .help(format!(
                "say at most {room}, or cut larger parts: `controllerManager: {{extraArgs: {{node-cidr-mask-size-ipv4: {}}}}}`",
                mask.saturating_sub(1)
            )),
    );
}
