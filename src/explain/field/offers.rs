//! What may be written at a place: keys, values, or the name of something.

use serde_json::Value;

use super::walk::{self, ITEM, NAME, children, description};
use crate::explain::shape;
use crate::syntax::Path;

/// What the schema offers at a place.
#[derive(Debug, Clone, Default)]
pub struct Offers {
    /// The place in its general form, `nodes.<name>.class`.
    pub path: String,
    pub keys: Vec<Offer>,
    pub values: Vec<Offer>,
    /// What a name here refers to, as the schema's `x-ref` says it.
    pub refers: Option<String>,
}

/// One thing that may be written.
#[derive(Debug, Clone)]
pub struct Offer {
    pub name: String,
    pub about: String,
    /// What may stand there, in a few words.
    pub takes: String,
    pub required: bool,
    /// Whether a mapping or a list goes below it.
    pub is_block: bool,
}

/// What may be written at a place of `cloud.yaml`; none where the language has no such place.
pub fn offers(root: &Value, place: &Path) -> Option<Offers> {
    let found = walk::find(root, &place.to_string()).ok()?;
    let mut offers = Offers { path: found.path, ..Offers::default() };
    for (key, (schema, required)) in children(root, found.schema) {
        if [NAME, ITEM].contains(&key) {
            continue;
        }
        let forms = shape::forms(root, schema);
        let is_block = !forms.is_empty() && forms.iter().all(|form| !children(root, form).is_empty());
        let about = description(root, schema).unwrap_or_default();
        let takes = shape::words(root, schema);
        offers.keys.push(Offer { name: key.to_owned(), about, takes, required, is_block });
    }
    for form in shape::forms(root, found.schema) {
        let names: Vec<&Value> = match (form.get("enum").and_then(Value::as_array), form.get("const")) {
            (Some(names), _) => names.iter().collect(),
            (None, Some(only)) => vec![only],
            _ => Vec::new(),
        };
        for (index, name) in names.into_iter().filter(|name| !name.is_null()).enumerate() {
            let about = form.pointer(&format!("/enumDescriptions/{index}")).and_then(Value::as_str);
            offers.values.push(value(&shape::plain(name), about.unwrap_or_default()));
        }
        if shape::of_form(root, form) == "true or false" {
            offers.values.extend(["true", "false"].map(|flag| value(flag, "")));
        }
        offers.refers = offers.refers.or_else(|| form.get("x-ref").and_then(Value::as_str).map(str::to_owned));
    }
    Some(offers)
}

fn value(name: &str, about: &str) -> Offer {
    Offer { name: name.to_owned(), about: about.to_owned(), takes: String::new(), required: false, is_block: false }
}
