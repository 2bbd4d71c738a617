//! Values that nobody should read in a review -> a mark in their place.
//!
//! The emitted directory holds no secret that `cloudc` knows of, but a person may have written one into chart values, a patch or an
//! emitted file. What stands at a secret's place is taken out, and the same text wherever else it stands.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::emitted::{Contents, Object, Place, Step, read};

/// Stands where a value was.
const MARK: &str = "<redacted>";
/// Shorter texts are words of the language too (`true`, `admin`), and are taken out at their own place only.
const TELLING: usize = 8;

/// Last words of keys whose values are secrets.
const SECRET: [&str; 9] =
    ["password", "passwd", "passphrase", "secret", "token", "credential", "credentials", "psk", "apikey"];
/// What makes a secret of a `key`.
const OF_KEY: [&str; 8] = ["private", "api", "access", "secret", "encryption", "shared", "preshared", "signing"];
/// What makes the name of an object of a `secret`.
const OF_REFERENCE: [&str; 9] =
    ["existing", "pull", "tls", "image", "auth", "registry", "ca", "external", "credentials"];

/// The secrets of some texts.
#[derive(Debug, Default)]
pub struct Secrets {
    values: BTreeSet<String>,
}

impl Secrets {
    /// Finds them in the files of emitted directories and in the clouds that they come from.
    pub fn of<'a>(
        files: impl IntoIterator<Item = (&'a String, &'a String)>,
        clouds: impl IntoIterator<Item = Value>,
    ) -> Self {
        let mut values = BTreeSet::new();
        for cloud in clouds {
            collect(&cloud, false, &|key| is_spec_secret(key), &mut values);
        }
        for (path, text) in files {
            let Contents::Documents(documents) = read(path, text) else { continue };
            for document in documents {
                let of_secret = is_core_secret(&document.object);
                collect(&document.value, false, &|key| at_secret(key) || of_secret && is_data(key), &mut values);
            }
        }
        Self { values }
    }

    /// A text without them.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // A longer one may have a shorter one in it.
        let mut values: Vec<&String> = self.values.iter().filter(|value| value.len() >= TELLING).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        for value in values {
            text = text.replace(value.as_str(), MARK);
        }
        text
    }

    /// A value of the emitted directory without them.
    pub fn redact_value(&self, place: &Place, value: &Value) -> Value {
        let keys = place.path.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) => None,
        });
        let of_secret = is_core_secret(&place.object);
        let secret = |key: &str| at_secret(key) || of_secret && is_data(key);
        self.value(value, keys.into_iter().any(secret), &secret)
    }

    /// A value of `cloud.yaml` without them.
    pub fn redact_spec(&self, path: &str, value: &Value) -> Value {
        let secret = |key: &str| is_spec_secret(key);
        let is_name = path.ends_with(".secret");
        self.value(value, !is_name && path.split(['.', '[', ']', '"']).any(secret), &secret)
    }

    /// Everything in a value; `hidden` where a key above it says so.
    fn value(&self, value: &Value, hidden: bool, secret: &dyn Fn(&str) -> bool) -> Value {
        match value {
            Value::String(_) if hidden => Value::from(MARK),
            Value::String(text) => Value::from(self.redact(text)),
            Value::Array(list) => list.iter().map(|item| self.value(item, hidden, secret)).collect(),
            Value::Object(map) => {
                let entry = |(key, value): (&String, &Value)| {
                    (key.clone(), self.value(value, hidden || hides(key, value, secret), secret))
                };
                Value::Object(map.iter().map(entry).collect())
            }
            other => other.clone(),
        }
    }

    /// A line of a file, which may hold one that is too short to be looked for everywhere.
    pub fn redact_line(&self, line: &str) -> String {
        let body = line.trim_start().trim_start_matches("- ");
        if let Some((key, value)) = body.split_once(": ")
            && let plain = value.trim().trim_matches(['"', '\''])
            && !plain.is_empty()
            && at_secret(key.trim_matches(['"', '\'']))
            && self.values.contains(plain)
        {
            return line.replace(value.trim_end(), MARK);
        }
        self.redact(line)
    }
}

/// All texts at the place of a secret.
fn collect(value: &Value, hidden: bool, secret: &dyn Fn(&str) -> bool, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if hidden && !text.is_empty() => {
            found.insert(text.clone());
        }
        Value::Array(list) => {
            for item in list {
                collect(item, hidden, secret, found);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                collect(value, hidden || hides(key, value, secret), secret, found);
            }
        }
        _ => {}
    }
}

/// Whether all that stands under a key is secret. A mapping under the name of a secret says where to find one.
fn hides(key: &str, value: &Value, secret: &dyn Fn(&str) -> bool) -> bool {
    secret(key) && (is_data(key) || !value.is_object())
}

fn is_core_secret(object: &Object) -> bool {
    object.kind == "Secret" && object.group.is_empty()
}

fn is_data(key: &str) -> bool {
    matches!(key, "data" | "stringData")
}

/// The same in `cloud.yaml`, where `secret` names an object.
fn is_spec_secret(key: &str) -> bool {
    key != "secret" && at_secret(key)
}

/// Whether a text under this key is a secret.
fn at_secret(key: &str) -> bool {
    let words = words(key);
    let before = words.len().checked_sub(2).map_or("", |at| words[at].as_str());
    match words.last().map(String::as_str) {
        Some("secret") => !OF_REFERENCE.contains(&before),
        Some("key") => OF_KEY.contains(&before),
        Some(last) => SECRET.contains(&last),
        None => false,
    }
}

/// `adminPassword`, `ADMIN_PASSWORD` and `admin-password` are the same two words.
fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut lower = false;
    for c in key.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && lower {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("there is always one").extend(c.to_lowercase());
        }
        lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}
