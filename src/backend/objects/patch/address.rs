//! How selectors find an object: by the part of the tree that it is in, and by what it is called there.

use serde_json::Value;

use crate::backend::objects::{Identity, hash};
use crate::model::ObjectSelector;

/// What a selector can say of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The tenant whose folder it is in; `None` below `flux/`.
    pub tenant: Option<String>,
    pub kind: String,
    /// Empty for an object of the whole cluster.
    pub namespace: String,
    /// Without the hash that it may end in: nobody can know that before it is made.
    pub name: String,
}

impl Address {
    /// `None` for what is no object.
    pub(super) fn of(path: &str, document: &Value) -> Option<Self> {
        let Identity { kind, namespace, name, .. } = Identity::of(document)?;
        let tenant = path.strip_prefix("tenants/").and_then(|below| below.split('/').next());
        Some(Self {
            tenant: tenant.map(str::to_owned),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: hash::stem(kind, name).unwrap_or(name).to_owned(),
        })
    }

    pub(super) fn is_selected(&self, selector: &ObjectSelector) -> bool {
        let tenant = match (&selector.tenant, &self.tenant) {
            (None, None) => true,
            (Some(glob), Some(tenant)) => glob.matches(tenant),
            _ => false,
        };
        tenant
            && selector.kind.matches(&self.kind)
            && selector.namespace.as_ref().is_none_or(|glob| glob.matches(&self.namespace))
            && selector.name.matches(&self.name)
    }

    /// The selector of this object alone.
    pub(super) fn selector(&self) -> String {
        let Self { tenant, kind, namespace, name } = self;
        match tenant {
            Some(tenant) => format!("capi/{tenant}/{kind}/{name}"),
            None if namespace.is_empty() => format!("flux/{kind}/{name}"),
            None => format!("flux/{kind}/{namespace}/{name}"),
        }
    }
}
