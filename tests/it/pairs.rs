//! Any two components of the catalog: they compile together, or a rule says why they cannot.

use cloudc::diag::Severity;

use crate::catalog::{SMALL, required};
use crate::references;
use crate::support::{catalog, compile_text};

/// The pairs that cannot be, and the rule that says so; every other pair must compile.
const APART: &[(&str, &str, &str)] = &[
    ("calico", "cilium", "slot-taken"),
    ("calico", "kube-ovn", "slot-taken"),
    ("kube-prometheus-stack", "monitoring", "slot-taken"),
];

/// A cloud with two components, and with what announces pools and keeps volumes where neither does.
fn cloud(pair: [&str; 2]) -> String {
    let mut text = SMALL.to_owned();
    let [first, second] = pair.map(required);
    // Each would be the default; one can.
    let second = if first.contains("default: true") {
        second.replace("default: true", "default: false")
    } else {
        second.to_owned()
    };
    for (name, parameters) in [(pair[0], first), (pair[1], second.as_str())] {
        text.push_str(&format!("  {name}: {parameters}\n"));
    }
    let has = |names: &[&str]| pair.iter().any(|name| names.contains(name));
    if !has(&["metallb", "cilium"]) {
        text.push_str("  metallb: {}\n");
    }
    if !has(&["linstor", "local-path", "rook-ceph", "longhorn"]) {
        text.push_str("  local-path: {volume: data, default: true}\n");
    }
    text
}

/// Every pair whose number leaves this rest, so that the parts run beside each other.
fn part(rest: usize, of: usize) {
    let names: Vec<&str> = catalog().components().filter(|c| c.management).map(|c| c.name.as_str()).collect();
    let pairs =
        names.iter().enumerate().flat_map(|(index, first)| names[index + 1..].iter().map(|second| [*first, *second]));
    let mut wrong = Vec::new();
    for pair in pairs.enumerate().filter(|(number, _)| number % of == rest).map(|(_, pair)| pair) {
        let (compiled, diagnostics, _) = compile_text(&cloud(pair));
        let errors = diagnostics.sorted();
        let errors: Vec<&str> = errors.iter().filter(|d| d.severity == Severity::Error).map(|d| d.rule).collect();
        let apart = APART.iter().find(|(first, second, _)| pair == [*first, *second]).map(|(_, _, rule)| rule);
        if apart.map_or(!errors.is_empty(), |rule| !errors.contains(rule)) {
            wrong.push(format!("{pair:?}: {errors:?}"));
        }
        if let Some(compiled) = compiled {
            references::hold(&pair.join(" and "), &compiled);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn first_part() {
    part(0, 4);
}

#[test]
fn second_part() {
    part(1, 4);
}

#[test]
fn third_part() {
    part(2, 4);
}

#[test]
fn fourth_part() {
    part(3, 4);
}
