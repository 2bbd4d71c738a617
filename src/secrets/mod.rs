//! A Talos secrets bundle: the text of `talosctl gen secrets` -> typed values that no message ever shows.
//!
//! The bundle is read only to complete a machine configuration, never by a build. Errors name keys and lines, not values.

use std::fmt;

use indexmap::IndexMap;
use serde_yaml::Value;

/// A secret text. `Debug` shows that there is one, and nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, to be written where it belongs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A certificate authority; both parts are PEM in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    pub certificate: String,
    pub key: Secret,
}

/// The secrets of a cluster, by what they are for (siderolabs/talos `pkg/machinery/config/generate/secrets`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Identity and key of the cluster in the discovery service.
    pub cluster_id: Secret,
    pub cluster_secret: Secret,
    /// Lets kubelets join Kubernetes.
    pub bootstrap_token: Secret,
    /// Encrypts Kubernetes Secrets in etcd. Clusters made by Talos 1.2 or older have the AES-CBC key instead.
    pub secretbox_encryption: Option<Secret>,
    pub aescbc_encryption: Option<Secret>,
    /// Lets machines join the Talos cluster.
    pub trustd_token: Secret,
    pub os: Authority,
    pub etcd: Authority,
    pub k8s: Authority,
    pub k8s_aggregator: Authority,
    /// PEM in base64.
    pub k8s_service_account: Secret,
    /// What `cloud.yaml` refers to by name: name -> key -> text. Talos ignores this part of the file.
    pub references: IndexMap<String, IndexMap<String, Secret>>,
}

/// Why a text is not a usable bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundleError {
    /// Not YAML, with the line where reading ended.
    Syntax { line: Option<usize> },
    /// SOPS-encrypted.
    Encrypted,
    /// A key that is missing, or holds something else than text.
    Missing(String),
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line: Some(line) } => write!(f, "the secrets bundle is not YAML (line {line})"),
            Self::Syntax { line: None } => f.write_str("the secrets bundle is not YAML"),
            Self::Encrypted => f.write_str(
                "the secrets bundle is encrypted: pipe it, `sops --decrypt FILE | cloudc machineconfig NODE --secrets -`",
            ),
            Self::Missing(key) => write!(f, "the secrets bundle has no `{key}`"),
        }
    }
}

impl std::error::Error for BundleError {}

impl Bundle {
    /// A text of what `cloud.yaml` calls by this name.
    pub fn reference(&self, name: &str, key: &str) -> Option<&Secret> {
        self.references.get(name)?.get(key)
    }

    /// Reads what `talosctl gen secrets` writes; unknown keys are ignored, as Talos does.
    ///
    /// # Errors
    /// When the text is not YAML, is encrypted, or lacks a key.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        let root: Value = serde_yaml::from_str(text)
            .map_err(|error| BundleError::Syntax { line: error.location().map(|location| location.line()) })?;
        if root.get("sops").is_some() {
            return Err(BundleError::Encrypted);
        }
        let reader = Reader(&root);
        let encryption = |key: &str| reader.find(key).map(|text| Secret(text.to_owned()));
        let secretbox = encryption("secrets.secretboxencryptionsecret");
        let aescbc = encryption("secrets.aescbcencryptionsecret");
        if secretbox.is_none() && aescbc.is_none() {
            return Err(BundleError::Missing("secrets.secretboxencryptionsecret".to_owned()));
        }
        Ok(Self {
            cluster_id: reader.secret("cluster.id")?,
            cluster_secret: reader.secret("cluster.secret")?,
            bootstrap_token: reader.secret("secrets.bootstraptoken")?,
            secretbox_encryption: secretbox,
            aescbc_encryption: aescbc,
            trustd_token: reader.secret("trustdinfo.token")?,
            os: reader.authority("certs.os")?,
            etcd: reader.authority("certs.etcd")?,
            k8s: reader.authority("certs.k8s")?,
            k8s_aggregator: reader.authority("certs.k8saggregator")?,
            k8s_service_account: reader.secret("certs.k8sserviceaccount.key")?,
            references: reader.references(),
        })
    }
}

struct Reader<'a>(&'a Value);

impl Reader<'_> {
    /// A text that is not empty, at a path of keys with dots.
    fn find(&self, path: &str) -> Option<&str> {
        let found = path.split('.').try_fold(self.0, |value, key| value.get(key))?;
        found.as_str().filter(|text| !text.is_empty())
    }

    fn text(&self, path: &str) -> Result<&str, BundleError> {
        self.find(path).ok_or_else(|| BundleError::Missing(path.to_owned()))
    }

    fn references(&self) -> IndexMap<String, IndexMap<String, Secret>> {
        let text =
            |(key, value): (&Value, &Value)| Some((key.as_str()?.to_owned(), Secret(value.as_str()?.to_owned())));
        let entry = |(name, keys): (&Value, &Value)| {
            Some((name.as_str()?.to_owned(), keys.as_mapping()?.iter().filter_map(text).collect()))
        };
        let map = self.0.get("references").and_then(Value::as_mapping);
        map.into_iter().flatten().filter_map(entry).collect()
    }

    fn secret(&self, path: &str) -> Result<Secret, BundleError> {
        self.text(path).map(|text| Secret(text.to_owned()))
    }

    fn authority(&self, path: &str) -> Result<Authority, BundleError> {
        Ok(Authority {
            certificate: self.text(&format!("{path}.crt"))?.to_owned(),
            key: self.secret(&format!("{path}.key"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = "\
cluster: {id: c-id, secret: c-secret}
secrets: {bootstraptoken: s-boot, secretboxencryptionsecret: s-box}
trustdinfo: {token: t-token}
certs:
  etcd: {crt: e-crt, key: e-key}
  k8s: {crt: k-crt, key: k-key}
  k8saggregator: {crt: a-crt, key: a-key}
  k8sserviceaccount: {key: sa-key}
  os: {crt: o-crt, key: o-key}
";

    #[test]
    fn nothing_secret_is_shown() {
        let shown = format!("{:?}", Bundle::parse(BUNDLE).unwrap());
        for secret in ["c-id", "c-secret", "s-boot", "s-box", "t-token", "e-key", "k-key", "a-key", "sa-key", "o-key"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }

    #[test]
    fn errors_name_keys_and_no_values() {
        let without = BUNDLE.replace("token: t-token", "token: 12");
        assert_eq!(Bundle::parse(&without), Err(BundleError::Missing("trustdinfo.token".to_owned())));
        let without = BUNDLE.replace("secretboxencryptionsecret: s-box", "aescbcencryptionsecret: old");
        assert!(Bundle::parse(&without).unwrap().aescbc_encryption.is_some());
        let broken = Bundle::parse(&format!("{BUNDLE}s-leak: [o-leak")).unwrap_err().to_string();
        assert!(!broken.contains("leak"), "{broken}");
    }

    #[test]
    fn an_encrypted_bundle_says_how_to_open_it() {
        let error = Bundle::parse("cluster:\n  id: ENC[AES256_GCM,data:x]\nsops:\n  age: []\n").unwrap_err();
        assert_eq!(error, BundleError::Encrypted);
        assert!(error.to_string().contains("sops --decrypt"));
    }
}
