//! An encrypted tree -> the plain one, or a reason why it is not what was encrypted.

use serde_yaml::{Number, Value};

use super::cipher::{DataKey, Kind, Opened, is_sealed};
use super::mac::Mac;
use super::metadata::Metadata;
use super::{Error, SECTION};
use crate::secrets::Keys;

/// Decrypts a file, without its `sops` section.
///
/// # Errors
/// When no key opens it, or anything in it was changed. Nothing is given out before all of it is verified.
pub fn decrypt(mut root: Value, keys: &Keys) -> Result<Value, Error> {
    let section = root.as_mapping_mut().and_then(|map| map.shift_remove(SECTION));
    let metadata = Metadata::read(&section.ok_or(Error::Section("age"))?)?;
    let damaged = || Error::DataKey(metadata.age.iter().map(|key| &*key.recipient).collect::<Vec<_>>().join(", "));
    let key = DataKey::new(&metadata.data_key(keys)?).ok_or_else(damaged)?;
    let mut walk =
        Walk { metadata: &metadata, key: &key, mac: Mac::new(metadata.mac_only_encrypted), path: Vec::new() };
    let root = walk.value(root)?;
    let stored = key.open(&metadata.mac, &metadata.last_modified).ok_or(Error::Mac)?;
    if stored.bytes == walk.mac.finish().as_bytes() { Ok(root) } else { Err(Error::Mac) }
}

struct Walk<'a> {
    metadata: &'a Metadata,
    key: &'a DataKey,
    mac: Mac,
    /// The keys on the way; a place in a list has none.
    path: Vec<String>,
}

impl Walk<'_> {
    fn value(&mut self, value: Value) -> Result<Value, Error> {
        match value {
            // sops neither encrypts nor counts it.
            Value::Null => Ok(Value::Null),
            Value::Sequence(items) => items.into_iter().map(|item| self.value(item)).collect::<Result<_, _>>(),
            Value::Mapping(map) => map
                .into_iter()
                .map(|(key, value)| {
                    self.path.push(key.as_str().ok_or_else(|| self.at(Error::Kind))?.to_owned());
                    let value = self.value(value)?;
                    self.path.pop();
                    Ok((key, value))
                })
                .collect::<Result<_, _>>()
                .map(Value::Mapping),
            scalar if self.metadata.rule.encrypts(&self.path) => self.encrypted(&scalar),
            scalar => self.plain(scalar),
        }
    }

    fn encrypted(&mut self, scalar: &Value) -> Result<Value, Error> {
        let text = scalar.as_str().ok_or_else(|| self.at(Error::Plain))?;
        // An empty text is not encrypted; the MAC knows whether one was there.
        if text.is_empty() {
            return Ok(Value::String(String::new()));
        }
        if !is_sealed(text) {
            return Err(self.at(Error::Plain));
        }
        let context = format!("{}:", self.path.join(":"));
        let Opened { bytes, kind } = self.key.open(text, &context).ok_or_else(|| self.at(Error::Changed))?;
        self.mac.count(&bytes);
        let text = String::from_utf8(bytes).map_err(|_| self.at(Error::Kind))?;
        match kind {
            Kind::Text => Some(Value::String(text)),
            Kind::Integer => text.parse::<i64>().ok().map(|number| Value::Number(number.into())),
            Kind::Float => text.parse::<f64>().ok().map(|number| Value::Number(Number::from(number))),
            Kind::Boolean => text.to_ascii_lowercase().parse().ok().map(Value::Bool),
            Kind::Other => None,
        }
        .ok_or_else(|| self.at(Error::Kind))
    }

    fn plain(&mut self, scalar: Value) -> Result<Value, Error> {
        let counted = match &scalar {
            Value::String(text) => text.clone(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => integer.to_string(),
                (None, Some(float)) => float.to_string(),
                (None, None) => return Err(self.at(Error::Kind)),
            },
            _ => return Err(self.at(Error::Kind)),
        };
        if !self.metadata.mac_only_encrypted {
            self.mac.count(counted);
        }
        Ok(scalar)
    }

    fn at(&self, error: impl Fn(String) -> Error) -> Error {
        error(self.path.join(".").escape_debug().to_string())
    }
}
