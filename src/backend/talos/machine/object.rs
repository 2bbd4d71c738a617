//! An ordered object that is built field by field and leaves out what is not there.

use serde_json::{Map, Value};

/// A JSON object under construction; fields come out in the order they were set.
#[derive(Debug, Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A document of Talos's typed configuration.
    pub(super) fn document(kind: &str) -> Self {
        Self::new().set("apiVersion", "v1alpha1").set("kind", kind)
    }

    #[must_use]
    pub(super) fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// Leaves the field out when there is no value, or an empty list or object.
    #[must_use]
    pub(super) fn set_filled(self, key: &str, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => self,
            Value::Array(items) if items.is_empty() => self,
            Value::Object(fields) if fields.is_empty() => self,
            value => self.set(key, value),
        }
    }

    /// Leaves the field out when it would say what Talos takes without it.
    #[must_use]
    pub(super) fn set_unless<T: Into<Value> + PartialEq>(self, key: &str, value: T, default: &T) -> Self {
        if value == *default { self } else { self.set(key, value) }
    }

    pub(super) fn build(self) -> Value {
        Value::Object(self.0)
    }

    /// A document of this kind with these fields; none without fields.
    pub(super) fn into_document(self, kind: &str) -> Option<Value> {
        let Value::Object(mut document) = Self::document(kind).build() else { return None };
        let filled = !self.0.is_empty();
        document.extend(self.0);
        filled.then_some(Value::Object(document))
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        object.build()
    }
}

/// A map of strings, in its order.
pub(super) fn strings<'a>(map: impl IntoIterator<Item = (&'a String, &'a String)>) -> Value {
    map.into_iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect()
}

/// A list of texts.
pub(super) fn texts(items: impl IntoIterator<Item = impl ToString>) -> Value {
    items.into_iter().map(|item| Value::from(item.to_string())).collect()
}
