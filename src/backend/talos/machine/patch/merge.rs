//! How Talos merges a patch into a document.
//!
//! Talos merges typed values (siderolabs/talos `pkg/machinery/config/merge` and `configloader/internal/decoder`): maps merge,
//! lists append, a zero value changes nothing, `false` always counts. The exceptions are attributes of single fields; they
//! are tables here.

use serde_json::{Map, Value};

use super::below;
use super::misfit::Fault;

/// Fields whose value replaces the old one: (kind, path of keys); the `v1alpha1` document has no kind.
const REPLACED: [(&str, &str); 16] = [
    ("", "cluster.network.podSubnets"),
    ("", "cluster.network.serviceSubnets"),
    ("", "cluster.apiServer.auditPolicy"),
    ("BGPInstanceConfig", "advertise"),
    ("BGPInstanceConfig", "importRoutes"),
    ("BGPInstanceConfig", "neighbors"),
    ("CRIBaseRuntimeSpecConfig", "overrides"),
    ("KubeAuditPolicyConfig", "configuration"),
    ("KubeAuthenticationConfig", "configuration"),
    ("KubeCredentialProviderConfig", "configuration"),
    ("KubeNetworkConfig", "podSubnets"),
    ("KubeNetworkConfig", "serviceSubnets"),
    ("KubeStaticPodConfig", "pod"),
    ("NetworkRuleConfig", "ingress"),
    ("NetworkRuleConfig", "portSelector.ports"),
    ("ResolverConfig", "searchDomains.domains"),
];

/// Lists whose items merge when they agree in one of these keys.
const KEYED: [(&str, &str, &[&str]); 4] = [
    ("", "cluster.apiServer.admissionControl", &["name"]),
    ("", "machine.network.interfaces", &["interface", "deviceSelector"]),
    ("", "machine.network.interfaces.vlans", &["vlanId"]),
    ("ExtensionServiceConfig", "configFiles", &["mountPath"]),
];

/// The kind whose numbers Talos keeps by pointer, so that 0 is a value.
const COUNTED: &str = "BondConfig";

/// Maps of arguments: a value replaces the old one even if it is a list or empty.
const ARGUMENTS: &str = "extraArgs";

/// Whether this says that something goes away.
pub(super) fn is_deletion(map: &Map<String, Value>) -> bool {
    map.get("$patch").and_then(Value::as_str) == Some("delete")
}

/// Merges into documents of one kind, and keeps in mind what could not be deleted.
pub(super) struct Merge<'a> {
    /// Empty for `v1alpha1`.
    pub kind: &'a str,
    pub faults: Vec<Fault>,
}

impl Merge<'_> {
    pub(super) fn map(&mut self, target: &mut Map<String, Value>, changes: &Map<String, Value>, at: &str) {
        for (key, value) in changes {
            let path = below(at, key);
            let deletes = value.as_object().is_some_and(is_deletion);
            match target.get_mut(key) {
                Some(_) if deletes => {
                    target.shift_remove(key);
                }
                Some(old) => self.value(old, value, &path),
                None => {
                    if let Some(value) = self.fresh(value, &path) {
                        target.insert(key.clone(), value);
                    }
                }
            }
        }
    }

    fn value(&mut self, target: &mut Value, patch: &Value, at: &str) {
        let argument = at.rsplit('.').nth(1) == Some(ARGUMENTS);
        match (target, patch) {
            (_, Value::Null) => {}
            (target, patch) if argument => *target = patch.clone(),
            (target, patch) if REPLACED.contains(&(self.kind, at)) => *target = patch.clone(),
            (Value::Object(target), Value::Object(patch)) => self.map(target, patch, at),
            (Value::Array(target), Value::Array(patch)) => self.list(target, patch, at),
            (target, patch) => {
                if !is_zero(patch) || self.kind == COUNTED && !at.ends_with("mtu") {
                    *target = patch.clone();
                }
            }
        }
    }

    fn list(&mut self, target: &mut Vec<Value>, patch: &[Value], at: &str) {
        let keys = KEYED.iter().find(|(kind, path, _)| *kind == self.kind && *path == at).map_or(&[][..], |row| row.2);
        for item in patch {
            let fields = item.as_object();
            if let Some(fields) = fields.filter(|fields| is_deletion(fields)) {
                // The first other key says which items go.
                let wanted = fields.iter().find(|(key, _)| *key != "$patch");
                let before = target.len();
                target.retain(|old| wanted.is_none_or(|(key, value)| old.get(key) != Some(value)));
                if target.len() == before {
                    self.faults.push(Fault::NothingToDelete(at.to_owned()));
                }
                continue;
            }
            let same =
                |old: &&mut Value| keys.iter().any(|key| old.get(key).is_some() && old.get(key) == item.get(key));
            match (target.iter_mut().find(same), fields) {
                (Some(Value::Object(old)), Some(fields)) => self.map(old, fields, at),
                _ => target.extend(self.fresh(item, at)),
            }
        }
    }

    /// A value where there was none: without the deletions in it, which find nothing.
    pub(super) fn fresh(&mut self, value: &Value, at: &str) -> Option<Value> {
        match value {
            Value::Null => None,
            Value::Object(fields) if is_deletion(fields) => {
                self.faults.push(Fault::NothingToDelete(at.to_owned()));
                None
            }
            Value::Object(fields) => {
                let kept = fields.iter().filter_map(|(key, value)| {
                    let path = below(at, key);
                    Some((key.clone(), self.fresh(value, &path)?))
                });
                Some(Value::Object(kept.collect()))
            }
            Value::Array(items) => Some(items.iter().filter_map(|item| self.fresh(item, at)).collect()),
            scalar => Some(scalar.clone()),
        }
    }
}

/// Zero in the sense of Go, but `false`, which Talos always takes for meant.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) => false,
    }
}
