//! `boot/`: network boot serves the machines whose MAC address is known, each with its image.

use super::cause::Cause::{self, Find, Path, Rule};
use super::images::ingredients_of_all;
use super::table::{Files, Kind, row};

const SHARED: &[Cause] = &[
    Path("boot"),
    Path("metadata.name"),
    Path("nodes.*.mac"),
    Path("network.nodes"),
    Path("network.gateway"),
    Path("network.nameservers"),
    Path("nodes.*.address"),
    Find(ingredients_of_all),
];

pub(super) const FILES: &[Files] = &[
    Files {
        pattern: "boot/matchbox/groups/{node}.json",
        shaped: &[Cause::Key("nodes.{node}"), Cause::Key("boot.pxe"), Find(ingredients_of_all)],
        kinds: &[Kind {
            name: "*",
            shaped: &[Path("nodes.{node}.mac")],
            rows: &[
                row("selector.mac", &[Path("nodes.{node}.mac")]),
                row("profile", &[Path("nodes.{node}.class")]),
                row("**", &[Cause::Key("nodes.{node}")]),
            ],
        }],
    },
    Files {
        pattern: "boot/**",
        shaped: SHARED,
        kinds: &[Kind { name: "*", shaped: &[], rows: &[row("**", &[Rule("how machines boot over the network")])] }],
    },
];
