//! A machine of the model -> its Talos configuration: one `v1alpha1` document and the typed ones beside it.
//!
//! Talos has moved its configuration from one large document to many small ones over its releases. The version contract
//! says which layout a cluster was made with. Each layout is a list of who writes what, in the order of `talosctl gen config`:
//! `classic.rs`, `typed_network.rs`, `multi_document.rs`. What they share stands in `v1alpha1/` (the large document),
//! `documents/` (typed documents of the host) and `kubernetes/` (typed documents of the cluster).

mod classic;
mod disk;
mod documents;
mod kubernetes;
mod multi_document;
mod object;
mod patch;
mod target;
mod typed_network;
mod v1alpha1;

use indexmap::IndexMap;
use serde_json::Value;

use crate::catalog::{self, Layout};
use crate::model::{Machine, Model};
use crate::secrets::Bundle;
use crate::spec::scalar::Minor;
use crate::syntax::Path;
use target::Target;

use patch::MATCHES_NOTHING;
pub use patch::Misfit;

/// The complete configuration of a machine, without its secrets or with them; the `v1alpha1` document is the first.
pub fn documents(model: &Model, machine: &Machine, secrets: Option<&Bundle>) -> Vec<Value> {
    let mut documents = unpatched(&Target { model, machine, secrets });
    for patch in &machine.patches {
        patch::apply(&mut documents, &patch.value, Minor::from(&model.talos));
    }
    documents
}

/// What Talos would refuse in the patches of all machines, each finding once. A deletion is wrong when none of the
/// machines that it is for has what it deletes.
pub fn misfits(model: &Model) -> Vec<Misfit> {
    let patched = |place: &Path| {
        let has = |machine: &&Machine| machine.patches.iter().any(|patch| patch.place == *place);
        model.nodes.iter().filter(has).count()
    };
    let mut found: IndexMap<Misfit, usize> = IndexMap::new();
    for machine in model.nodes.iter().filter(|machine| !machine.patches.is_empty()) {
        let documents = unpatched(&Target { model, machine, secrets: None });
        for misfit in patch::misfits(model, machine, documents) {
            *found.entry(misfit).or_default() += 1;
        }
    }
    let stands =
        |(misfit, machines): &(Misfit, usize)| misfit.rule != MATCHES_NOTHING || *machines >= patched(&misfit.place);
    found.into_iter().filter(stands).map(|(misfit, _)| misfit).collect()
}

fn unpatched(target: &Target) -> Vec<Value> {
    let layout = catalog::talos().minor(target.contract()).map(|minor| minor.layout);
    match layout.expect("resolve knows the contract") {
        Layout::Classic => classic::documents(target),
        Layout::TypedNetwork => typed_network::documents(target),
        Layout::MultiDocument => multi_document::documents(target),
    }
}

#[cfg(test)]
mod tests;
