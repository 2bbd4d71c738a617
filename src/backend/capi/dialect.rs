//! How the same thing is written in each contract of Cluster API.
//!
//! A writer of an object says what it means and asks here where the contracts differ, so no other file of this back end looks at a
//! version. Cluster API converts between the two (`api/core/v1beta1/conversion.go`); this module says what its conversion says.
//!
//! | | v1beta1 | v1beta2 |
//! |---|---|---|
//! | reference | API version, kind, name, namespace | group, kind, name: core finds the version by a label |
//! | time | `timeout: 5m0s` | `timeoutSeconds: 300` |
//! | arguments of kubelet | a map | a list of name and value |
//! | settings of the same concern | beside each other | in an object of their own |
//! | empty object or list | taken | refused, so none is written for either |
//!
//! What only the Kamaji provider knows differs by its own API, which the set names; the fields that are written stand in both, but
//! for the listener of a Gateway, for which a tenant with the older one is not asked (`resolve/tenants/control_plane/name.rs`).

use serde_json::{Map, Value, json};

use crate::catalog::Contract;
use crate::model::Tenant;

/// The contract of a tenant's set, with the namespace that all of its objects are in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect<'a> {
    contract: Contract,
    namespace: &'a str,
}

/// When a machine is broken, and when it is better left alone.
pub(super) struct Unhealthy {
    pub startup_seconds: u64,
    /// Status of the condition `Ready`, and how long it may last.
    pub ready: [(&'static str, u64); 2],
    /// A number or a percentage of the group.
    pub limit: Value,
}

impl<'a> Dialect<'a> {
    pub(super) fn of(tenant: &'a Tenant) -> Self {
        Self { contract: tenant.cluster_api.contract, namespace: &tenant.namespace }
    }

    /// The dialect in which the content of a template is hashed: one for all sets, so that another way to write it is no other
    /// content, and replaces no machine.
    pub(super) fn of_hashes(tenant: &'a Tenant) -> Self {
        Self { contract: Contract::V1Beta2, ..Self::of(tenant) }
    }

    /// A reference to an object of the tenant, as core takes it.
    pub(super) fn reference(self, api_version: &str, kind: &str, name: &str) -> Value {
        match self.contract {
            Contract::V1Beta1 => {
                json!({"apiVersion": api_version, "kind": kind, "name": name, "namespace": self.namespace})
            }
            Contract::V1Beta2 => json!({"apiGroup": api_group(api_version), "kind": kind, "name": name}),
        }
    }

    /// A span of time under the name that it has without a unit.
    pub(super) fn time(self, name: &str, seconds: u64) -> (String, Value) {
        match self.contract {
            Contract::V1Beta1 => (name.to_owned(), json!(go_duration(seconds))),
            Contract::V1Beta2 => (format!("{name}Seconds"), json!(seconds)),
        }
    }

    /// Arguments of a program, in the order in which they are given.
    pub(super) fn arguments(self, arguments: &[(&str, String)]) -> Value {
        match self.contract {
            Contract::V1Beta1 => arguments.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect(),
            Contract::V1Beta2 => arguments.iter().map(|(name, value)| json!({"name": name, "value": value})).collect(),
        }
    }

    /// How long the removal of a machine may be held up, in the spec of a machine.
    pub(super) fn deletion(self, spec: &mut Map<String, Value>, drain_seconds: u64, detach_seconds: u64) {
        let times =
            [self.time("nodeDrainTimeout", drain_seconds), self.time("nodeVolumeDetachTimeout", detach_seconds)];
        match self.contract {
            Contract::V1Beta1 => spec.extend(times),
            Contract::V1Beta2 => {
                spec.insert("deletion".into(), Value::Object(times.into_iter().collect()));
            }
        }
    }

    /// What a health check acts on, in its spec.
    pub(super) fn unhealthy(self, spec: &mut Map<String, Value>, unhealthy: Unhealthy) {
        let conditions: Vec<Value> = unhealthy
            .ready
            .into_iter()
            .map(|(status, seconds)| {
                let (name, time) = self.time("timeout", seconds);
                json!({"type": "Ready", "status": status, name: time})
            })
            .collect();
        let startup = self.time("nodeStartupTimeout", unhealthy.startup_seconds);
        match self.contract {
            Contract::V1Beta1 => {
                spec.extend([startup]);
                spec.insert("unhealthyConditions".into(), json!(conditions));
                spec.insert("maxUnhealthy".into(), unhealthy.limit);
            }
            Contract::V1Beta2 => {
                let mut checks: Map<String, Value> = [startup].into_iter().collect();
                checks.insert("unhealthyNodeConditions".into(), json!(conditions));
                spec.insert("checks".into(), Value::Object(checks));
                let limit = json!({"triggerIf": {"unhealthyLessThanOrEqualTo": unhealthy.limit}});
                spec.insert("remediation".into(), limit);
            }
        }
    }
}

/// The group of an `apiVersion`.
pub(super) fn api_group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// A duration as Go itself writes it: an API server that reads and writes the object leaves it as it is.
fn go_duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_does() {
        let written = [0, 45, 60, 300, 1200, 3600, 5430].map(go_duration);
        assert_eq!(written, ["0s", "45s", "1m0s", "5m0s", "20m0s", "1h0m0s", "1h30m30s"]);
    }
}
