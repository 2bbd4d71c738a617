//! A name -> a page for people: components of the catalog, fields of the language, rules of findings.
//!
//! Everything is said from what is there anyway: entries, the generated schema, the pages of rules, and the model of a cloud.
//! Nothing is written for a page alone, so no page can be out of date.

mod component;
mod derived;
mod field;
mod here;
mod machine;
mod page;
mod parameters;
mod rule;
mod shape;

pub use derived::derived;
pub use field::{Field, Offer, Offers, offers};
pub use machine::machine;

use crate::catalog::{Catalog, Component, Status};
use crate::lint::registry::{self, RULES, Rule};
use crate::model::Model;
use crate::schema::{cloud_schema, nearest, one_of};
use page::{Page, first_sentence};

/// What has a page.
#[derive(Debug)]
pub enum Topic<'c> {
    Component(&'c Component),
    Rule(&'static Rule),
    Field(Field),
}

/// What a name means: a component before a rule before a field.
///
/// # Errors
/// What comes close, when it means nothing.
pub fn topic<'c>(name: &str, catalog: &'c Catalog) -> Result<Topic<'c>, String> {
    let entry = |name: &str| catalog.component(name).map(Topic::Component);
    if let Some(component) = entry(name).or_else(|| entry(name.strip_prefix("components.")?)) {
        return Ok(component);
    }
    if let Some(rule) = registry::find(name) {
        return Ok(Topic::Rule(rule));
    }
    let schema = cloud_schema(catalog);
    Field::find(&schema, name).map(Topic::Field).map_err(|why| {
        if name.contains(['.', '[']) {
            return why;
        }
        let mut near = Vec::new();
        let mut guess = |kind: &str, name: Option<&str>| near.extend(name.map(|name| format!("the {kind} `{name}`")));
        guess("component", nearest(name, catalog.names()));
        guess("rule", nearest(name, RULES.iter().map(|rule| rule.name)));
        let all = field::paths(&schema);
        guess("field", nearest(name, all.iter().map(String::as_str).filter(|path| !path.contains('.'))));
        let deep: Vec<&str> =
            all.iter().map(String::as_str).filter(|path| path.rsplit('.').next() == Some(name)).collect();
        let help = if !near.is_empty() {
            format!("did you mean {}?", near.join(" or "))
        } else if !deep.is_empty() {
            format!("did you mean {}?", one_of(deep))
        } else {
            "`cloudc explain` without a name lists what there is".to_owned()
        };
        format!("nothing is called `{name}`; {help}")
    })
}

impl Topic<'_> {
    /// The page; of a component with its part in a cloud, when there is one.
    pub fn page(&self, catalog: &Catalog, cloud: Option<&Model>, color: bool) -> String {
        let mut page = Page::new(color);
        match self {
            Self::Component(entry) => {
                component::write(&mut page, entry, catalog);
                if let Some(model) = cloud {
                    here::write(&mut page, &entry.name, model);
                }
            }
            Self::Rule(rule) => rule::write(rule, &mut page),
            Self::Field(field) => field.write(&mut page),
        }
        page.into_text()
    }
}

/// A component of a cloud that the catalog does not know; nothing when the cloud does not know it either.
pub fn own_component(name: &str, model: &Model, color: bool) -> Option<String> {
    let component = model.platform.components.iter().find(|component| component.name == name)?;
    let mut page = Page::new(color);
    page.heading(&format!("{name}: {}", component.title));
    page.line(2, "given whole in cloud.yaml; the catalog has nothing to say of it");
    here::write(&mut page, name, model);
    Some(page.into_text())
}

/// A component in short: what it is, and what came of it in a cloud.
pub fn brief(entry: &Component, cloud: Option<&Model>) -> String {
    let mut page = Page::new(false);
    page.heading(&format!("{}: {}", entry.name, entry.title));
    page.line(2, &entry.summary);
    page.line(2, &entry.docs);
    match cloud {
        Some(model) => here::write(&mut page, &entry.name, model),
        None => component::write_machines(&mut page, entry),
    }
    page.into_text()
}

/// Everything that has a page.
pub fn contents(catalog: &Catalog, color: bool) -> String {
    let mut page = Page::new(color);
    for (status, title) in [
        (Status::Active, "Components"),
        (Status::Deprecated, "Components that upstream advises against"),
        (Status::Moved, "Components that go on elsewhere"),
        (Status::Retired, "Components that upstream has ended"),
    ] {
        let entries: Vec<&Component> = catalog.components().filter(|entry| entry.status == status).collect();
        if !entries.is_empty() {
            page.heading(title);
            page.rows(2, entries.iter().map(|entry| (entry.name.as_str(), entry.summary.as_str())));
        }
    }
    let schema = cloud_schema(catalog);
    page.heading("Fields, by their path: `cloudc explain nodes.NAME.installDisk`");
    let fields: Vec<(&str, &str)> = field::top(&schema);
    page.rows(2, fields.iter().map(|(name, about)| (*name, first_sentence(about))));
    page.heading("Rules, as findings name them: `cloudc explain address-overlap`");
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for rule in RULES {
        match sections.iter_mut().find(|(section, _)| *section == rule.section) {
            Some((_, names)) => names.push(rule.name),
            None => sections.push((rule.section, vec![rule.name])),
        }
    }
    let sections: Vec<(&str, String)> = sections.into_iter().map(|(name, rules)| (name, rules.join(", "))).collect();
    page.rows(2, sections.iter().map(|(name, rules)| (*name, rules.as_str())));
    page.into_text()
}
