//! A node group -> `TalosConfigTemplate` (Talos bootstrap provider 0.6, v1alpha3): how a machine joins.
//!
//! `generateType: none` hands over a whole configuration. The provider would generate one only together with its own
//! control plane.

use serde_json::{Value, json};

use super::machine;
use crate::backend::capi::kept_metadata;
use crate::backend::objects::hash::content_hash;
use crate::backend::objects::substitution::escape;
use crate::backend::yaml;
use crate::model::{Image, NodeGroup, TalosWorkers, Tenant};

/// The name carries a hash of the spec: the provider refuses to change one.
pub(in crate::backend::capi) fn template(
    tenant: &Tenant,
    talos: &TalosWorkers,
    group: &NodeGroup,
    image: &Image,
) -> Value {
    let version = &image.ingredients.talos;
    let documents = machine::documents(tenant, talos, group);
    let spec = json!({
        "generateType": "none",
        "talosVersion": format!("v{version}"),
        "data": escape(&yaml::write_documents(&[], &documents)),
    });
    let name = format!("{}-{}-{}", tenant.name, group.name, content_hash(&spec));
    json!({
        "apiVersion": tenant.cluster_api.api_versions.talos_config_template,
        "kind": "TalosConfigTemplate",
        "metadata": kept_metadata(tenant, &name),
        "spec": {"template": {"spec": spec}},
    })
}
