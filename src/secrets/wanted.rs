//! Machines -> the named secrets that they need beside those of every Talos cluster.

use super::Bundle;
use crate::model::{LinkKind, Machine};
use crate::spec::EncryptionKey;

/// A secret that `cloud.yaml` refers to by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub name: String,
    pub kind: Kind,
}

/// What a named secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A key that encrypts a disk.
    Passphrase,
    /// Somebody else gives them out; they cannot be made here.
    RegistryCredentials,
    /// The private key of a WireGuard interface.
    WireguardKey,
}

impl Kind {
    /// The keys under which its texts are kept.
    pub const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Passphrase => &["passphrase"],
            Self::RegistryCredentials => &["username", "password"],
            Self::WireguardKey => &["privateKey"],
        }
    }

    /// Whether random bytes are as good as any value.
    pub const fn can_be_made(self) -> bool {
        !matches!(self, Self::RegistryCredentials)
    }
}

impl Wanted {
    /// Whether a bundle has it. A registry may also give out `auth` or an `identityToken`.
    pub fn is_in(&self, bundle: &Bundle) -> bool {
        let has = |key: &str| bundle.reference(&self.name, key).is_some();
        self.kind.keys().iter().all(|key| has(key))
            || self.kind == Kind::RegistryCredentials && (has("auth") || has("identityToken"))
    }
}

/// The named secrets of machines, each once, in the order of `cloud.yaml`.
pub fn wanted(machines: &[Machine]) -> Vec<Wanted> {
    let mut all = Vec::new();
    for machine in machines {
        let tunnels = machine.links.iter().filter_map(|link| match &link.kind {
            LinkKind::Wireguard(wireguard) => Some((&wireguard.private_key, Kind::WireguardKey)),
            _ => None,
        });
        let passphrases = machine.encryption.values().flatten().filter_map(|key| match key {
            EncryptionKey::Static(reference) => Some((&reference.secret, Kind::Passphrase)),
            _ => None,
        });
        let credentials = machine.registries.auth.values().map(|name| (name, Kind::RegistryCredentials));
        for (name, kind) in tunnels.chain(passphrases).chain(credentials) {
            let wanted = Wanted { name: name.clone(), kind };
            if !all.contains(&wanted) {
                all.push(wanted);
            }
        }
    }
    all
}
