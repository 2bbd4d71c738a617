//! A template's documents -> the literal of a language in which `machine` is the machine.

use serde_json::Value;

/// How a language writes what JSON has other words for.
pub struct Words {
    pub yes: &'static str,
    pub no: &'static str,
    pub null: &'static str,
    /// What stands before and behind an expression in a string.
    pub expression: [&'static str; 2],
}

pub fn literal(value: &Value, words: &Words) -> String {
    match value {
        Value::Bool(true) => words.yes.to_owned(),
        Value::Bool(false) => words.no.to_owned(),
        Value::Null => words.null.to_owned(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| literal(item, words)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let field =
                |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), literal(value, words));
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::String(_) => {
            let [before, behind] = words.expression;
            filled(&value.to_string(), &|key| format!("{before}machine.{key}{behind}"))
        }
        Value::Number(_) => value.to_string(),
    }
}

/// A text with something else for each `__key__`.
pub fn filled(text: &str, with: &dyn Fn(&str) -> String) -> String {
    super::KEYS.iter().fold(text.to_owned(), |text, (key, _)| text.replace(&format!("__{key}__"), &with(key)))
}
