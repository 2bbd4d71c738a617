//! The one integration binary: every test goes through the public interface.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::needless_raw_string_hashes,
    reason = "tests fail by panicking, work on real folders, say what they skip, and have snapshots written by a tool"
)]

mod allocation;
mod bad_input;
mod bad_surroundings;
mod capi;
mod catalog;
mod conformance;
mod container;
mod corpus;
mod deletion;
mod diag;
mod diff;
mod diff_command;
mod effects;
mod emit;
mod examples;
mod explain;
mod faults;
mod findings;
mod firewall;
mod fix;
mod formats;
mod graph;
mod images;
mod impact;
mod init;
mod large;
mod levels;
mod lock;
mod lsp;
mod manifests;
mod manual;
mod mutation;
mod output;
mod own_components;
mod pairs;
mod patches;
mod planted;
mod readme;
mod references;
mod renovate;
mod rules;
mod schema;
mod secrets;
mod sets;
mod support;
mod talos;
mod tenant_effects;
mod tenant_findings;
mod tenant_workers;
mod unchanged;
mod upstream;
mod version;
mod watch;
mod why;
mod yaml;
mod yaml_test_suite;
