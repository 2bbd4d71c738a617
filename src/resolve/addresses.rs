//! Proves that nothing in the address plan collides: each pair of claims that share an address is asked whether it may.

use std::collections::BTreeSet;
use std::net::IpAddr;

use indexmap::IndexMap;

use super::Resolver;
use super::claims::{Claim, Use, claims};
use super::needs::Settings;
use super::reach::{edge, is_edge};
use crate::diag::Diagnostic;
use crate::model::{Endpoint, Network};
use crate::spec::scalar::{AddressRange, Cidr};
use crate::syntax::Path;

/// More claims than this are counted, not named.
const LISTED: usize = 4;

/// `internal` are networks that components use inside the cluster: what, which, and who asked for it.
pub(super) fn prove(
    cx: &mut Resolver<'_>,
    network: &Network,
    internal: &[(String, Cidr, Path)],
    settings: &IndexMap<String, Settings>,
    endpoint: &Endpoint,
) {
    let claims = claims(cx, network, internal, settings, endpoint);
    let mut conflicts = conflicts(&claims);
    // The claim with the most conflicts first: a network that is too wide is one fault, however much lies in it.
    let weight = |(at, others): &(usize, &BTreeSet<usize>)| (others.len(), !claims[*at].internal);
    while let Some((worst, _)) =
        conflicts.iter().enumerate().filter(|(_, others)| !others.is_empty()).max_by_key(weight)
    {
        let others = std::mem::take(&mut conflicts[worst]);
        let claim = &claims[worst];
        overlap(cx, claim, &others.iter().map(|other| &claims[*other]).collect::<Vec<_>>());
        for other in &others {
            let same = claims[*other].range == claim.range;
            // Those with the very same addresses are named in this finding, and need none among themselves.
            let told = |third: &usize| same && claims[*third].range == claim.range && others.contains(third);
            conflicts[*other].retain(|third| *third != worst && !told(third));
        }
    }
    contained(cx, network, endpoint);
}

/// For each claim, those with which it must not share the addresses that it shares.
fn conflicts(claims: &[Claim]) -> Vec<BTreeSet<usize>> {
    let mut conflicts = vec![BTreeSet::new(); claims.len()];
    let mut by_first: Vec<usize> = (0..claims.len()).collect();
    by_first.sort_by_key(|at| claims[*at].range.first);
    // From the lowest address up, with those at hand that have not ended yet: of many machines each meets few others.
    let mut open: Vec<usize> = Vec::new();
    for later in by_first {
        let claim = &claims[later];
        open.retain(|earlier| claims[*earlier].range.last >= claim.range.first);
        for &earlier in &open {
            let other = &claims[earlier];
            if !claim.may_share(other) && claim.range.intersect(&other.range).is_some() {
                conflicts[later].insert(earlier);
                conflicts[earlier].insert(later);
            }
        }
        open.push(later);
    }
    conflicts
}

fn overlap(cx: &mut Resolver<'_>, claim: &Claim, others: &[&Claim]) {
    let shared: Vec<AddressRange> = others.iter().filter_map(|other| other.range.intersect(&claim.range)).collect();
    let verb = if all_single(claim, others) { "has the address of" } else { "overlaps" };
    let are = if shared.iter().all(|range| range.first == range.last && *range == shared[0]) { "is" } else { "are" };
    let both = if others.len() == 1 { "both" } else { "more than one of them" };
    let message = format!("{} {verb} {}", claim.what, few(others.iter().map(|other| other.what.clone())));
    let mut finding = Diagnostic::error("address-overlap", cx.value(&claim.path), message)
        .note(format!("{} {are} in {both}", few(shared.iter().map(ToString::to_string))))
        .help(way_out(claim, others, &shared));
    // A place of a class or of the defaults speaks for several nodes.
    let mut labelled = vec![&claim.path];
    for other in others {
        if labelled.len() <= LISTED && !labelled.contains(&&other.path) {
            labelled.push(&other.path);
            finding = finding.label(cx.value(&other.path), other.what.clone());
        }
    }
    cx.report(finding);
}

fn all_single(claim: &Claim, others: &[&Claim]) -> bool {
    claim.is_single() && others.iter().all(|other| other.is_single())
}

fn way_out(claim: &Claim, others: &[&Claim], shared: &[AddressRange]) -> String {
    if claim.used_as == Use::Pool
        && let Some(first) = shared.iter().min_by_key(|range| range.first)
        && first.first > claim.range.first
        && let Some(before) = first.before()
    {
        return format!("end {} at {before}", claim.what);
    }
    if all_single(claim, others) {
        return "give each its own address".to_owned();
    }
    let network = |claim: &&&Claim| matches!(claim.used_as, Use::Nodes | Use::Cluster) && !claim.internal;
    match [&claim].into_iter().chain(others).find(network) {
        Some(network) => format!("choose another network for {}", network.what),
        None => format!("move {} out of {}", claim.what, few(others.iter().map(|other| other.range.to_string()))),
    }
}

/// `a`, `a and b`, `a, b and 3 more`; what comes several times is said once.
fn few(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    names.dedup();
    let more = names.len().saturating_sub(LISTED);
    if more > 0 {
        names.truncate(LISTED);
        names.push(format!("{more} more"));
    }
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// Addresses that must lie inside the node network.
fn contained(cx: &mut Resolver<'_>, network: &Network, endpoint: &Endpoint) {
    let inside = |address: IpAddr| network.nodes.iter().any(|net| net.contains(&address));
    let nets = network.nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let nodes_at = cx.value(&Path::of(["network", "nodes"]));
    let mut outside: Vec<(Path, String, IpAddr)> = Vec::new();
    if let Some(gateway) = cx.spec.network.gateway {
        outside.push((Path::of(["network", "gateway"]), "the gateway".to_owned(), gateway.0));
    }
    for (name, node) in &cx.spec.nodes {
        if let Some(address) = node.address {
            outside.push((Path::of(["nodes", name, "address"]), format!("node `{name}`"), address.0));
        }
    }
    outside.retain(|(_, _, address)| !inside(*address));
    // One or two machines have a wrong address; of more, the network is wrong.
    let machines: Vec<&(Path, String, IpAddr)> =
        outside.iter().filter(|(path, ..)| path.steps().len() == 3 && path.last_key() == Some("address")).collect();
    if machines.len() > LISTED {
        let message = format!("{} nodes are not in the node network", machines.len());
        let mut finding = Diagnostic::error("address-outside-network", nodes_at, message)
            .note(format!("{}, and others, are not in {nets}", machines[0].2))
            .help("add their network to `network.nodes`");
        for (path, what, _) in machines.iter().take(LISTED) {
            finding = finding.label(cx.value(path), what.clone());
        }
        cx.report(finding);
        outside.retain(|(path, ..)| path.steps().len() != 3);
    }
    for (path, what, address) in outside {
        let at = cx.value(&path);
        cx.report(
            Diagnostic::error("address-outside-network", at, format!("{what} is not in the node network"))
                .note(format!("{address} is not in {nets}"))
                .label(nodes_at, "the node network")
                .help("correct the address, or add its network to `network.nodes`"),
        );
    }
    let of_nodes =
        cx.spec.nodes.iter().filter_map(|(name, node)| Some((Path::of(["nodes", name, "address"]), node.address?.0)));
    let gateway = cx.spec.network.gateway.map(|gateway| (Path::of(["network", "gateway"]), gateway.0));
    let endpoint = endpoint.host.parse().ok().map(|host| (Path::of(["controlPlane", "endpoint"]), host));
    for (path, address) in of_nodes.chain(gateway).chain(endpoint).collect::<Vec<_>>() {
        if let Some(net) = network.nodes.iter().find(|net| is_edge(net, address)) {
            let at = cx.value(&path);
            edge(cx, at, address, net);
        }
    }
}
