//! Typed documents of the host: one file per subject, each function gives the documents of one or a few kinds.

pub(super) mod environment;
pub(super) mod files;
pub(super) mod firewall;
pub(super) mod host;
pub(super) mod install;
pub(super) mod kernel;
pub(super) mod links;
pub(super) mod registries;
pub(super) mod volumes;
