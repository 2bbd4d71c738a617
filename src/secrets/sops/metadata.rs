//! The `sops` section of a file: who can open it, what is encrypted, and the MAC.

use regex::Regex;
use serde::Deserialize;
use serde_yaml::Value;

use super::Error;
use super::rule::{DEFAULT_SUFFIX, Rule};
use crate::secrets::Keys;

/// What decrypting needs, checked.
pub(super) struct Metadata {
    pub age: Vec<AgeKey>,
    pub last_modified: String,
    pub mac: String,
    pub rule: Rule,
    /// Whether the MAC leaves out values that are in plain.
    pub mac_only_encrypted: bool,
}

/// The data key, wrapped for one recipient.
#[derive(Deserialize)]
pub(super) struct AgeKey {
    pub recipient: String,
    pub enc: String,
}

/// The services whose keys can open a file, as they stand in the section or in its only key group.
#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    age: Option<Vec<AgeKey>>,
    #[serde(default)]
    pgp: Option<Vec<Value>>,
    #[serde(default)]
    kms: Option<Vec<Value>>,
    #[serde(default)]
    gcp_kms: Option<Vec<Value>>,
    #[serde(default)]
    azure_kv: Option<Vec<Value>>,
    #[serde(default)]
    hc_vault: Option<Vec<Value>>,
}

impl Metadata {
    pub fn read(section: &Value) -> Result<Self, Error> {
        let text = |key: &'static str| section.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        Ok(Self {
            age: age_keys(section)?,
            last_modified: text("lastmodified").ok_or(Error::Section("lastmodified"))?.to_owned(),
            mac: text("mac").ok_or(Error::Section("mac"))?.to_owned(),
            rule: rule(text)?,
            mac_only_encrypted: match section.get("mac_only_encrypted") {
                None => false,
                Some(value) => value.as_bool().ok_or(Error::Section("mac_only_encrypted"))?,
            },
        })
    }

    /// The data key, by the first of the private keys that fits.
    pub fn data_key(&self, keys: &Keys) -> Result<Vec<u8>, Error> {
        let recipients = || self.age.iter().map(|key| key.recipient.clone()).collect();
        let complaints = || keys.complaints().to_vec();
        if keys.is_empty() {
            return Err(Error::NoKey { recipients: recipients(), complaints: complaints() });
        }
        let mut damaged = None;
        for AgeKey { recipient, enc } in &self.age {
            match keys.unwrap(enc) {
                Ok(Some(data_key)) => return Ok(data_key),
                Ok(None) => {}
                Err(_) => damaged = damaged.or(Some(recipient)),
            }
        }
        Err(match damaged {
            Some(recipient) => Error::DataKey(recipient.clone()),
            None => Error::OtherRecipients { recipients: recipients(), complaints: complaints() },
        })
    }
}

fn age_keys(section: &Value) -> Result<Vec<AgeKey>, Error> {
    let group = match section.get("key_groups").and_then(Value::as_sequence).map(Vec::as_slice) {
        None | Some([]) => section,
        Some([only]) => only,
        Some(_) => return Err(Error::Unsupported("several key groups")),
    };
    let group: Group = serde_yaml::from_value(group.clone()).map_err(|_| Error::Section("age"))?;
    let age = group.age.unwrap_or_default();
    if !age.is_empty() {
        return Ok(age);
    }
    let others: Vec<&str> = [
        ("PGP", group.pgp),
        ("AWS KMS", group.kms),
        ("Google Cloud KMS", group.gcp_kms),
        ("Azure Key Vault", group.azure_kv),
        ("HashiCorp Vault", group.hc_vault),
    ]
    .into_iter()
    .filter(|(_, keys)| keys.as_ref().is_some_and(|keys| !keys.is_empty()))
    .map(|(name, _)| name)
    .collect();
    Err(if others.is_empty() { Error::Section("age") } else { Error::OtherServices(others) })
}

fn rule<'a>(text: impl Fn(&'static str) -> Option<&'a str>) -> Result<Rule, Error> {
    let regex =
        |key: &'static str| text(key).map(|pattern| Regex::new(pattern).map_err(|_| Error::Rule(key))).transpose();
    for (key, what) in [
        ("unencrypted_comment_regex", "`unencrypted_comment_regex`"),
        ("encrypted_comment_regex", "`encrypted_comment_regex`"),
    ] {
        if text(key).is_some() {
            return Err(Error::Unsupported(what));
        }
    }
    let mut rules = [
        text("unencrypted_suffix").map(|suffix| Rule::UnencryptedSuffix(suffix.to_owned())),
        text("encrypted_suffix").map(|suffix| Rule::EncryptedSuffix(suffix.to_owned())),
        regex("unencrypted_regex")?.map(Rule::UnencryptedRegex),
        regex("encrypted_regex")?.map(Rule::EncryptedRegex),
    ]
    .into_iter()
    .flatten();
    let rule = rules.next().unwrap_or_else(|| Rule::UnencryptedSuffix(DEFAULT_SUFFIX.to_owned()));
    if rules.next().is_some() { Err(Error::Unsupported("several rules of what is encrypted")) } else { Ok(rule) }
}
