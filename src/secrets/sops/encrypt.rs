//! A plain tree of texts -> the file that sops would write for these recipients.

use std::time::Duration;

use rand_core::CryptoRngCore;
use serde_json::{Map, Value, json};
use x509_cert::der::DateTime;

use super::cipher::DataKey;
use super::mac::Mac;
use super::rule::DEFAULT_SUFFIX;
use super::{Error, SECTION};
use crate::secrets::Recipient;

/// The version of sops whose form this is.
const VERSION: &str = "3.11.0";

/// Which values of a file are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    Everything,
    /// The data of a Kubernetes Secret. Flux decrypts it, and must read before whose Secret it is.
    SecretData,
}

/// The keys of a Secret that hold its data, and the rule that encrypts them and nothing else.
const DATA_KEYS: [&str; 2] = ["data", "stringData"];
const DATA_REGEX: &str = "^(data|stringData)$";

impl Scope {
    fn encrypts(self, path: &[&str]) -> bool {
        self == Self::Everything || path.iter().any(|key| DATA_KEYS.contains(key))
    }

    /// The rule, as the file says it to those who open it.
    const fn rule(self) -> (&'static str, &'static str) {
        match self {
            Self::Everything => ("unencrypted_suffix", DEFAULT_SUFFIX),
            Self::SecretData => ("encrypted_regex", DATA_REGEX),
        }
    }
}

/// Encrypts the values of the scope for all of the recipients; the MAC is over all values.
///
/// `now` counts from the Unix epoch and is at most in the year 9999.
///
/// # Errors
/// When a key has the suffix by which sops leaves values in plain, or a value is no text.
pub fn encrypt(
    root: &Map<String, Value>,
    recipients: &[Recipient],
    scope: Scope,
    now: Duration,
    rng: &mut impl CryptoRngCore,
) -> Result<Value, Error> {
    let mut data_key = [0; 32];
    rng.fill_bytes(&mut data_key);
    let key = DataKey::new(&data_key).expect("the key has 32 bytes");
    let mut mac = Mac::new(false);
    let mut encrypted = map(root, scope, &mut Vec::new(), &key, &mut mac, rng)?;
    let now =
        DateTime::from_unix_duration(Duration::from_secs(now.as_secs())).map_err(|_| Error::Section("lastmodified"))?;
    let now = now.to_string();
    let wrapped = |to: &Recipient| json!({"recipient": to.as_str(), "enc": to.wrap(&data_key)});
    let (rule, pattern) = scope.rule();
    let section = json!({
        "age": recipients.iter().map(wrapped).collect::<Vec<_>>(),
        "lastmodified": now,
        "mac": key.seal(&mac.finish(), &now, rng),
        rule: pattern,
        "version": VERSION,
    });
    encrypted.insert(SECTION.to_owned(), section);
    Ok(Value::Object(encrypted))
}

fn map<'a>(
    plain: &'a Map<String, Value>,
    scope: Scope,
    path: &mut Vec<&'a str>,
    key: &DataKey,
    mac: &mut Mac,
    rng: &mut impl CryptoRngCore,
) -> Result<Map<String, Value>, Error> {
    let mut encrypted = Map::new();
    for (name, value) in plain {
        path.push(name);
        let at = path.join(".");
        if scope == Scope::Everything && name.ends_with(DEFAULT_SUFFIX) {
            return Err(Error::LeftPlain(at));
        }
        let value = match value {
            Value::Object(inner) => Value::Object(map(inner, scope, path, key, mac, rng)?),
            Value::String(text) => {
                mac.count(text);
                let sealed = scope.encrypts(path).then(|| key.seal(text, &format!("{}:", path.join(":")), rng));
                json!(sealed.as_ref().unwrap_or(text))
            }
            _ => return Err(Error::Kind(at)),
        };
        path.pop();
        encrypted.insert(name.clone(), value);
    }
    Ok(encrypted)
}
