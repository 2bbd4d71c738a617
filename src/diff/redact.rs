//! Values that nobody should read in a review -> a mark in their place.
//!
//! The emitted directory holds no secret that `cloudc` knows of, but a person may have written one into chart values, a patch or an
//! emitted file. What stands at a secret's place is taken out, and the same text wherever else it stands.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use crate::emitted::{Contents, Object, Place, Step, read};
use crate::parallel;

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
    /// What is looked for everywhere: longer ones first, since one may have another in it.
    telling: Vec<String>,
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
        let of_files = parallel::map(files.into_iter().filter(|(_, text)| may_name_secret(text)), |(path, text)| {
            let mut values = BTreeSet::new();
            if let Contents::Documents(documents) = read(path, text) {
                for document in documents {
                    collect(&document.value, false, &secret_keys(&document.object), &mut values);
                }
            }
            values
        });
        values.extend(of_files.into_iter().flatten());
        // A diff shows a text of several lines line by line.
        let lines: Vec<&str> = values.iter().flat_map(|value| value.lines()).map(str::trim).collect();
        let all: BTreeSet<&str> = values.iter().map(String::as_str).chain(lines).collect();
        let mut telling: Vec<String> =
            all.into_iter().filter(|value| value.len() >= TELLING).map(str::to_owned).collect();
        telling.sort_by_key(|value| Reverse(value.len()));
        Self { telling }
    }

    /// A text without them, line for line.
    fn redact(&self, text: &str) -> String {
        self.take_out(text.split_inclusive('\n').map(mask_value).collect())
    }

    fn take_out(&self, text: String) -> String {
        self.telling.iter().fold(text, |text, value| text.replace(value.as_str(), MARK))
    }

    /// A value of the emitted directory without them.
    pub fn redact_value(&self, place: &Place, value: &Value) -> Value {
        let secret = secret_keys(&place.object);
        self.value(value, hidden(&place.path, value.is_object(), &secret), &secret)
    }

    /// A value of `cloud.yaml` without them.
    pub fn redact_spec(&self, path: &str, value: &Value) -> Value {
        let is_name = path.ends_with(".secret");
        self.value(value, !is_name && path.split(['.', '[', ']', '"']).any(is_spec_secret), &is_spec_secret)
    }

    /// Everything in a value; `hidden` where a key above it says so.
    fn value(&self, value: &Value, hidden: bool, secret: &dyn Fn(&str) -> bool) -> Value {
        match value {
            Value::String(_) | Value::Number(_) if hidden => Value::from(MARK),
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

    /// The lines of a file of the emitted directory without them, one for one.
    pub fn redact_lines(&self, path: &str, text: &str) -> Vec<String> {
        if !may_name_secret(text) {
            return text.lines().map(|line| self.take_out(line.to_owned())).collect();
        }
        let mut masked = text.to_owned();
        if let Contents::Documents(documents) = read(path, text) {
            let places = documents.iter().flat_map(|document| {
                let secret = secret_keys(&document.object);
                document.texts().into_iter().filter(move |(path, _)| hidden(path, false, &secret))
            });
            let mut places: Vec<Range<usize>> = places.map(|(_, place)| place).collect();
            // From the end, so that what is put in moves nothing that is still to come.
            places.sort_by_key(|place| Reverse(place.start));
            places.dedup();
            for place in places {
                masked.replace_range(place.clone(), &mask(&text[place]));
            }
        }
        masked.lines().map(|line| self.redact(line)).collect()
    }
}

/// A scalar as it stands in a file -> as many lines, without what they say.
fn mask(scalar: &str) -> String {
    let is_block = scalar.starts_with(['|', '>']);
    let lines = scalar.split_inclusive('\n').enumerate().map(|(at, line)| {
        let (indent, body) = line.split_at(line.len() - line.trim_start().len());
        let end = if line.ends_with('\n') { "\n" } else { "" };
        let is_header = at == 0 && is_block;
        if body.trim_end().is_empty() || is_header { line.to_owned() } else { format!("{indent}{MARK}{end}") }
    });
    lines.collect()
}

/// A line that says `key: value` with the key of a secret, as a text inside of a file may, without the value.
fn mask_value(line: &str) -> String {
    let body = line.trim_start().trim_start_matches("- ");
    let Some((key, value)) = body.split_once(": ") else { return line.to_owned() };
    let value = value.trim();
    let says_nothing = matches!(value, "" | "true" | "false" | "null" | "~" | MARK)
        || value.starts_with(['|', '>', '{', '[', '&', '*']);
    if says_nothing || !at_secret(key.trim_matches(['"', '\''])) {
        return line.to_owned();
    }
    let (before, after) = line.split_at(line.trim_end().len());
    format!("{}{MARK}{after}", &before[..before.len() - value.len()])
}

/// Whether a key of this object has secrets under it.
fn secret_keys(object: &Object) -> impl Fn(&str) -> bool + use<> {
    let of_secret = object.kind == "Secret" && object.group.is_empty();
    move |key| at_secret(key) || of_secret && is_data(key)
}

/// Whether a key on the way to a value says so; see [`hides`].
fn hidden(path: &[Step], is_mapping: bool, secret: &dyn Fn(&str) -> bool) -> bool {
    path.iter().enumerate().any(|(at, step)| {
        let holds_mapping = path.get(at + 1).map_or(is_mapping, |next| matches!(next, Step::Key(_)));
        matches!(step, Step::Key(key) if secret(key) && (is_data(key) || !holds_mapping))
    })
}

/// All texts at the place of a secret.
fn collect(value: &Value, hidden: bool, secret: &dyn Fn(&str) -> bool, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if hidden => {
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

fn is_data(key: &str) -> bool {
    matches!(key, "data" | "stringData")
}

/// The same in `cloud.yaml`, where `secret` names an object.
fn is_spec_secret(key: &str) -> bool {
    key != "secret" && at_secret(key)
}

/// Whether a text may have the key of a secret in it, which most files have not: asked before they are read.
fn may_name_secret(text: &str) -> bool {
    let small = text.to_lowercase();
    // What counts is the last word of a key.
    let ends = |(at, word): (usize, &str)| !small[at + word.len()..].starts_with(char::is_alphanumeric);
    // With an escape, a key may be spelt in another way.
    small.contains('\\') || SECRET.iter().chain(&["key"]).any(|word| small.match_indices(word).any(ends))
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
