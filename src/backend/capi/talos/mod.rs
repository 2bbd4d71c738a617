//! Talos workers of a tenant, whose control plane is Kamaji's: secrets, the signer of certificates, machine configurations.
//!
//! A worker's configuration holds secrets and an address that exist only when the tenant runs, so others make it inside the
//! cluster, where no review sees it. Here everything is fixed before:
//!
//! - The **address** is the name of the control plane's Service, which Kamaji calls as the tenant. It holds for every way to
//!   expose the API, and Kamaji's certificate has it.
//! - The **secrets** are made once, into one Secret in Flux's namespace
//!   ([`TalosWorkers::secret`](crate::model::TalosWorkers::secret)). The tree names them as `${key}`, and Flux puts the
//!   values in when it applies (`postBuild`). So the configuration is complete, stands in Git and in every diff, and holds
//!   no secret. The Kustomization of the whole cluster waits for that Secret: Kamaji keeps an
//!   authority that it finds, and would make its own if it came first.
//! - Talos gets the **certificate of its own API** from a control plane of Talos. In its place a signer runs beside Kamaji's
//!   API server, on the port where Talos asks.
//! - The **bootstrap token** is a Secret inside the tenant, applied there by a Kustomization of its own.
//!
//! The hash in a template's name is over the names of the secrets. Other values under the same names would have to change
//! templates that cannot change, and the provider refuses that: a tenant keeps the secrets that it was made with.
//!
//! Upstream: `siderolabs/cluster-api-bootstrap-provider-talos` v0.6.12, `siderolabs/talos` v1.12 and v1.13,
//! `clastix/talos-csr-signer`, `clastix/kamaji` `internal/resources/ca_certificate.go`, `fluxcd/pkg` `kustomize_varsub.go`.

mod join;
mod machine;
mod secrets;
pub(super) mod signer;
mod template;

pub(super) use join::emit as emit_join;
pub(super) use join::kustomization as join;
pub(super) use secrets::objects as secrets;
pub(super) use template::template;

use crate::model::{Tenant, TenantSecret};

/// Where Flux puts a value in.
fn placeholder(value: TenantSecret) -> String {
    format!("${{{}}}", value.key())
}

/// Secret with the authority of the Talos API and the token by which machines ask it.
fn authority_secret(tenant: &Tenant) -> String {
    format!("{}-talos-ca", tenant.name)
}

/// Secret with the certificate that the signer shows, and the name of the Certificate that makes it.
fn signer_secret(tenant: &Tenant) -> String {
    format!("{}-trustd", tenant.name)
}

/// Secret with the halves of the bootstrap token, for the Kustomization that reaches into the tenant.
fn token_secret(tenant: &Tenant) -> String {
    format!("{}-bootstrap-token", tenant.name)
}
