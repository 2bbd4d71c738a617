//! `${key}` in what Flux applies with values put in: some are meant, and everything else that looks like one is not.

use serde_json::Value;

use crate::model::TenantSecret;

/// A text whose every `${` is meant as it stands, but for the names of secrets.
pub(in crate::backend) fn escape(text: &str) -> String {
    let mut parts = text.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = TenantSecret::ALL.iter().any(|value| part.starts_with(&format!("{}}}", value.key())));
        out.push_str(if known { "${" } else { "$${" });
        out.push_str(part);
    }
    out
}

/// The same for every text in a value.
pub(super) fn escape_all(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(escape(text)),
        Value::Array(items) => items.iter().map(escape_all).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (escape(key), escape_all(value))).collect(),
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_placeholders_are_left_to_flux() {
        assert_eq!(escape("a: ${machine_token}, b: ${other}, c: $x"), "a: ${machine_token}, b: $${other}, c: $x");
        assert_eq!(escape("${machine_token_more}"), "$${machine_token_more}");
    }
}
