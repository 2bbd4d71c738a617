//! A field of the language: what the generated schema says at the end of a path.

mod offers;
mod walk;

pub use offers::{Offer, Offers, offers};
pub(super) use walk::{ITEM, NAME, children, paths};

use serde_json::Value;

use super::page::{Page, first_sentence};
use super::shape;
use walk::{Place, description, join};

/// A place in `cloud.yaml`.
#[derive(Debug, Clone)]
pub struct Field {
    /// In its general form, `nodes.<name>.address`.
    pub path: String,
    /// Its own, or that of the map or list whose member it is.
    description: Option<String>,
    schema: Value,
    root: Value,
    required: bool,
}

impl Field {
    /// The field of a path.
    ///
    /// # Errors
    /// Why there is none, with the keys that there are.
    pub fn find(root: &Value, given: &str) -> Result<Self, String> {
        let Place { path, description, schema, required, .. } = walk::find(root, given)?;
        let (schema, root) = (schema.clone(), root.clone());
        Ok(Self { path, description, schema, root, required })
    }

    pub(super) fn write(&self, page: &mut Page) {
        page.heading(if self.path.is_empty() { "cloud.yaml" } else { &self.path });
        if let Some(description) = &self.description {
            page.line(2, description);
            page.blank();
        }
        let forms = shape::forms(&self.root, &self.schema);
        let mut rows: Vec<(&str, String)> = Vec::new();
        match forms[..] {
            [_, _, ..] => {
                for (index, form) in forms.iter().enumerate() {
                    let about = form.get("description").and_then(Value::as_str);
                    let about = about.map(|about| format!(": {about}")).unwrap_or_default();
                    let name = if index == 0 { "takes" } else { "or" };
                    rows.push((name, shape::of_form(&self.root, form) + &about));
                }
            }
            _ => rows.push(("takes", shape::words(&self.root, &self.schema))),
        }
        let about = |key: &str| {
            std::iter::once(&self.schema).chain(forms.iter().copied()).find_map(|schema| schema.get(key).cloned())
        };
        if let Some(names) = about("propertyNames") {
            let mut names = names;
            names["type"] = "string".into();
            rows.push(("names", shape::of_form(&self.root, &names)));
        }
        rows.extend(shape::open(&self.schema, self.required).map(|open| match open.strip_prefix("default ") {
            Some(default) => ("default", default.to_owned()),
            None => ("required", "yes".to_owned()),
        }));
        if let Some(example) = about("examples").as_ref().and_then(|examples| examples.get(0)) {
            rows.push(("for example", shape::plain(example)));
        }
        page.rows(2, rows.iter().map(|(name, text)| (*name, text.as_str())));
        self.write_keys(page);
    }

    fn write_keys(&self, page: &mut Page) {
        let mut keys = children(&self.root, &self.schema);
        let mut above = String::new();
        // What is inside of each member says more than that there are members.
        while let [(&member @ (NAME | ITEM), &(inner, _))] = keys.iter().collect::<Vec<_>>()[..] {
            let inside = children(&self.root, inner);
            if inside.is_empty() {
                break;
            }
            above = join(&above, member);
            keys = inside;
        }
        let rows: Vec<(String, String)> = keys
            .into_iter()
            // What a list is of, `takes` has said.
            .filter(|(key, (schema, _))| *key != ITEM || description(&self.root, schema).is_some())
            .map(|(key, (schema, required))| {
                let about = description(&self.root, schema).unwrap_or_else(|| shape::words(&self.root, schema));
                let required = if required { "required: " } else { "" };
                (join(&above, key), format!("{required}{}", first_sentence(&about)))
            })
            .collect();
        if rows.is_empty() {
            return;
        }
        page.heading("Keys");
        page.rows(2, rows.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    }
}

/// The keys of `cloud.yaml` with what they are.
pub(super) fn top(root: &Value) -> Vec<(&str, &str)> {
    children(root, root)
        .into_iter()
        .map(|(key, (schema, _))| (key, schema.get("description").and_then(Value::as_str).unwrap_or_default()))
        .collect()
}
