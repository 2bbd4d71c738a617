//! What every document is written for: a machine of a model, its layout's versions, and the secrets if there are any.

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use crate::model::{Machine, Model};
use crate::secrets::{Authority, Bundle, Secret};
use crate::spec::Role;
use crate::spec::scalar::Minor;

/// A machine and what its documents depend on.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub model: &'a Model,
    pub machine: &'a Machine,
    /// `None` for the configuration that is kept in Git. Where a secret would stand, nothing stands.
    pub secrets: Option<&'a Bundle>,
}

impl<'a> Target<'a> {
    /// The layout of this minor is written.
    pub(super) fn contract(&self) -> Minor {
        self.model.contract
    }

    /// Whether the Talos that runs is at least this minor.
    pub(super) fn runs(&self, minor: Minor) -> bool {
        Minor::from(&self.model.talos) >= minor
    }

    pub(super) fn is_control_plane(&self) -> bool {
        self.machine.role == Role::ControlPlane
    }

    /// A text of the bundle; null without a bundle.
    pub(super) fn secret(&self, pick: impl FnOnce(&'a Bundle) -> &'a Secret) -> Value {
        self.secrets.map_or(Value::Null, |bundle| json!(pick(bundle).expose()))
    }

    /// A text that the bundle need not have; null without it.
    pub(super) fn optional_secret(&self, pick: impl FnOnce(&'a Bundle) -> Option<&'a Secret>) -> Value {
        self.secrets.and_then(pick).map_or(Value::Null, |secret| json!(secret.expose()))
    }

    /// A text of a named reference; null without a bundle or where the bundle does not have it.
    pub(super) fn reference(&self, name: &str, key: &str) -> Value {
        self.optional_secret(|bundle| bundle.reference(name, key))
    }

    /// An authority as `crt` and `key` in base64. A worker gets the certificate alone.
    pub(super) fn authority(&self, pick: impl FnOnce(&'a Bundle) -> &'a Authority) -> Value {
        let Some(authority) = self.secrets.map(pick) else { return Value::Null };
        let key = if self.is_control_plane() { authority.key.expose() } else { "" };
        json!({"crt": authority.certificate, "key": key})
    }
}

/// Text in base64, as `v1alpha1` has PEM texts.
pub(super) fn base64(text: &str) -> String {
    Base64::encode_string(text.as_bytes())
}

/// PEM text from its base64, as Talos 1.14 wants it in typed documents.
pub(super) fn pem(base64: &str) -> String {
    // What is no base64 is passed on as it is; Talos says what is wrong with it.
    let bytes = Base64::decode_vec(base64).unwrap_or_else(|_| base64.as_bytes().to_vec());
    String::from_utf8_lossy(&bytes).into_owned()
}
