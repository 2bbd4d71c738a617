//! Typed documents of Kubernetes (1.14): the cluster, this node in it, its keys, and what runs on control-plane nodes.

pub(super) mod cluster;
pub(super) mod control_plane;
pub(super) mod node;
pub(super) mod pki;
