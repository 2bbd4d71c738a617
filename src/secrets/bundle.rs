//! A bundle's YAML <-> its values, by what they are for.
//!
//! The keys are those of siderolabs/talos `pkg/machinery/config/generate/secrets`, whose loader ignores keys that it does
//! not know; `references` is ours. Errors name keys and lines, not values.

use std::fmt;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};
use serde_yaml::Value;

use super::Secret;
use crate::source::Sources;
use crate::syntax;

/// A certificate authority; both parts are PEM in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    pub certificate: String,
    pub key: Secret,
}

/// The secrets of a cluster.
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
    /// What `cloud.yaml` refers to by name: name -> key -> text, as in a Kubernetes Secret's `stringData`.
    pub references: IndexMap<String, IndexMap<String, Secret>>,
}

/// Why a text is not a usable bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundleError {
    /// Not YAML, with the line where reading ended.
    Syntax {
        line: Option<usize>,
    },
    /// SOPS-encrypted, where a plain one is read.
    /// More than any bundle.
    TooLarge {
        line: usize,
        what: String,
    },
    Encrypted,
    /// A key that is missing, or holds something else than text.
    Missing(String),
    /// A named secret that is not a map of texts.
    NotText(String),
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line: Some(line) } => write!(f, "the secrets bundle is not YAML (line {line})"),
            Self::Syntax { line: None } => f.write_str("the secrets bundle is not YAML"),
            Self::TooLarge { line, what } => write!(f, "the secrets bundle is not one (line {line}): {what}"),
            Self::Encrypted => f.write_str("the secrets bundle is encrypted"),
            Self::Missing(key) => write!(f, "the secrets bundle has no `{key}`"),
            Self::NotText(key) => write!(f, "`{key}` of the secrets bundle is not text: put it in quotes"),
        }
    }
}

impl std::error::Error for BundleError {}

/// The error of the YAML reader quotes what it read; only its line is kept.
pub(super) fn parse_yaml(text: &str) -> Result<Value, BundleError> {
    // The other reader has no limits of its own. What these findings say quotes nothing.
    let mut sources = Sources::default();
    let file = sources.add("", text);
    let (_, findings) = syntax::parse_all(file, text);
    if let Some(finding) = findings.into_iter().find(|finding| finding.rule == "too-large") {
        let line = sources.get(file).line_of(finding.span.start) + 1;
        return Err(BundleError::TooLarge { line, what: finding.message });
    }
    serde_yaml::from_str(text)
        .map_err(|error| BundleError::Syntax { line: error.location().map(|location| location.line()) })
}

impl Bundle {
    /// Reads a plain bundle; [`open`](super::open) reads encrypted ones too.
    ///
    /// # Errors
    /// When the text is not YAML, is encrypted, or lacks a key.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        let root = parse_yaml(text)?;
        if super::sops::is_encrypted(&root) { Err(BundleError::Encrypted) } else { Self::read(&root) }
    }

    pub(super) fn read(root: &Value) -> Result<Self, BundleError> {
        let reader = Reader(root);
        let encryption = |key: &str| reader.find(key).map(Secret::new);
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
            references: reader.references()?,
        })
    }

    /// The text under a key of a secret that `cloud.yaml` refers to by name.
    pub fn reference(&self, name: &str, key: &str) -> Option<&Secret> {
        self.references.get(name)?.get(key)
    }

    /// The file's content. It holds every secret in plain.
    pub fn to_json(&self) -> Map<String, Json> {
        let authority = |of: &Authority| json!({"crt": of.certificate, "key": of.key.expose()});
        let texts = |of: &IndexMap<String, Secret>| -> Json {
            of.iter().map(|(key, text)| (key.clone(), json!(text.expose()))).collect()
        };
        let mut secrets = Map::new();
        secrets.insert("bootstraptoken".to_owned(), json!(self.bootstrap_token.expose()));
        for (key, secret) in [
            ("aescbcencryptionsecret", &self.aescbc_encryption),
            ("secretboxencryptionsecret", &self.secretbox_encryption),
        ] {
            if let Some(secret) = secret {
                secrets.insert(key.to_owned(), json!(secret.expose()));
            }
        }
        let mut root = Map::new();
        let mut put = |key: &str, value: Json| root.insert(key.to_owned(), value);
        put("cluster", json!({"id": self.cluster_id.expose(), "secret": self.cluster_secret.expose()}));
        put("secrets", Json::Object(secrets));
        put("trustdinfo", json!({"token": self.trustd_token.expose()}));
        let certs = json!({
            "etcd": authority(&self.etcd),
            "k8s": authority(&self.k8s),
            "k8saggregator": authority(&self.k8s_aggregator),
            "k8sserviceaccount": {"key": self.k8s_service_account.expose()},
            "os": authority(&self.os),
        });
        put("certs", certs);
        if !self.references.is_empty() {
            put("references", self.references.iter().map(|(name, of)| (name.clone(), texts(of))).collect());
        }
        root
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

    fn secret(&self, path: &str) -> Result<Secret, BundleError> {
        self.text(path).map(Secret::new)
    }

    fn authority(&self, path: &str) -> Result<Authority, BundleError> {
        Ok(Authority {
            certificate: self.text(&format!("{path}.crt"))?.to_owned(),
            key: self.secret(&format!("{path}.key"))?,
        })
    }

    /// A value that is no text is an error: YAML would turn the password `1e3` into a number.
    fn references(&self) -> Result<IndexMap<String, IndexMap<String, Secret>>, BundleError> {
        let at = |keys: &[&str]| BundleError::NotText([&["references"], keys].concat().join("."));
        let Some(section) = self.0.get("references").filter(|section| !section.is_null()) else {
            return Ok(IndexMap::new());
        };
        let mut references = IndexMap::new();
        for (name, texts) in section.as_mapping().ok_or_else(|| at(&[]))? {
            let name = name.as_str().ok_or_else(|| at(&[]))?;
            let mut of = IndexMap::new();
            for (key, text) in texts.as_mapping().ok_or_else(|| at(&[name]))? {
                let key = key.as_str().ok_or_else(|| at(&[name]))?;
                let text = text.as_str().ok_or_else(|| at(&[name, key]))?;
                of.insert(key.to_owned(), Secret::new(text));
            }
            references.insert(name.to_owned(), of);
        }
        Ok(references)
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
references:
  wg: {privateKey: wg-key}
";

    #[test]
    fn nothing_secret_is_shown() {
        let shown = format!("{:?}", Bundle::parse(BUNDLE).unwrap());
        for secret in
            ["c-id", "c-secret", "s-boot", "s-box", "t-token", "e-key", "k-key", "a-key", "sa-key", "o-key", "wg-key"]
        {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }

    #[test]
    fn errors_name_keys_and_no_values() {
        let without = BUNDLE.replace("token: t-token", "token: 12");
        assert_eq!(Bundle::parse(&without), Err(BundleError::Missing("trustdinfo.token".to_owned())));
        let without = BUNDLE.replace("secretboxencryptionsecret: s-box", "aescbcencryptionsecret: old");
        assert!(Bundle::parse(&without).unwrap().aescbc_encryption.is_some());
        let number = Bundle::parse(&BUNDLE.replace("wg-key", "12345")).unwrap_err().to_string();
        assert_eq!(number, "`references.wg.privateKey` of the secrets bundle is not text: put it in quotes");
        let broken = Bundle::parse(&format!("{BUNDLE}s-leak: [o-leak")).unwrap_err().to_string();
        assert!(!broken.contains("leak"), "{broken}");
    }

    #[test]
    fn what_is_written_reads_back() {
        let bundle = Bundle::parse(BUNDLE).unwrap();
        assert_eq!(Bundle::parse(&Json::Object(bundle.to_json()).to_string()), Ok(bundle.clone()));
        assert_eq!(bundle.reference("wg", "privateKey").map(Secret::expose), Some("wg-key"));
        assert_eq!(bundle.reference("wg", "other"), None);
    }

    #[test]
    fn an_encrypted_bundle_is_not_taken_for_a_plain_one() {
        let error = Bundle::parse("cluster:\n  id: ENC[AES256_GCM,data:x]\nsops:\n  age: []\n").unwrap_err();
        assert_eq!(error, BundleError::Encrypted);
    }
}
