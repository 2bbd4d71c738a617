//! The templates and expressions of catalog entries: minijinja without I/O, undefined names are errors, work is limited.
//!
//! In a template every `{{ value }}` is written as JSON, so that the result is YAML whatever the value holds; the result is
//! parsed and goes through the one YAML writer like everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Object, ObjectRepr, Serde, merge_maps};
use minijinja::{AutoEscape, Environment, ErrorKind, Expression, UndefinedBehavior, Value as Jinja};
use serde_json::Value;

use crate::source::{FileId, Sources};
use crate::syntax::parse;

/// Instructions that one template may run; the largest entry uses some thousands.
const FUEL: u64 = 500_000;
/// Bytes that one template may write.
const MAX_OUTPUT: usize = 4 * 1024 * 1024;

/// Name of templates whose result is text for people, not YAML.
const TEXT: &str = "text";

/// Before the names of templates that a template asks for; no text of an entry begins with it.
const OTHER: char = '\0';

/// What a template sees: names with their values. Cheap to copy and to extend, however much it holds.
#[derive(Debug, Clone)]
pub struct Names(Jinja);

impl Names {
    /// The keys of a JSON object.
    pub fn new(values: &Value) -> Self {
        Self(Jinja::from(Serde(values)))
    }

    /// One name.
    pub fn one(name: &str, value: &Value) -> Self {
        Self(Jinja::from_pairs([(name, Jinja::from(Serde(value)))]))
    }

    /// A list of many objects, of which templates look at few.
    pub fn list(name: &str, objects: &Arc<[Value]>) -> Self {
        Self(Jinja::from_pairs([(name, Jinja::from_object(List(Arc::clone(objects))))]))
    }

    /// The same with one more name, which hides an older one.
    #[must_use]
    pub fn with(&self, name: &str, value: &Value) -> Self {
        self.hidden_by(&Self::one(name, value))
    }

    /// The same with the names of another, which hide older ones. Names that many share are worth making once.
    #[must_use]
    pub fn hidden_by(&self, other: &Self) -> Self {
        // The last of the maps that know a name gives its value.
        Self(merge_maps([self.0.clone(), other.0.clone()]))
    }
}

/// JSON objects that a template sees without a copy of all of them.
#[derive(Debug)]
struct List(Arc<[Value]>);

/// One of them by its index.
#[derive(Debug)]
struct Listed(Arc<[Value]>, usize);

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        let index = key.as_usize().filter(|index| *index < self.0.len())?;
        Some(Jinja::from_object(Listed(Arc::clone(&self.0), index)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }
}

impl Object for Listed {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        Some(Jinja::from(Serde(self.0[self.1].get(key.as_str()?)?)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let keys = self.0[self.1].as_object().into_iter().flat_map(|object| object.keys());
        Enumerator::Values(keys.map(|key| Jinja::from(key.as_str())).collect())
    }
}

/// Texts whose meaning is kept.
const KEPT: usize = 1024;

/// Evaluates the expressions and templates of entries.
pub struct Templates {
    environment: Environment<'static>,
    /// Text that a template wrote -> its documents. The same add-on writes the same for many tenants, and for all of them again at the
    /// next change in an editor.
    known: Mutex<BTreeMap<String, Vec<Value>>>,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Templates")
    }
}

impl Default for Templates {
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| if name == TEXT { AutoEscape::None } else { AutoEscape::Json });
        environment.set_fuel(Some(FUEL));
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.expect("the default delimiters are valid"));
        // A template is known by its own text, and so is read once however many tenants render it; no template has another in it.
        environment.set_loader(|text| Ok((!text.starts_with(OTHER)).then(|| text.to_owned())));
        environment.set_path_join_callback(|name, _| format!("{OTHER}{name}").into());
        environment.add_filter("values", values);
        environment.add_filter("nth", nth);
        Self { environment, known: Mutex::default() }
    }
}

impl Templates {
    /// Whether an expression can be read.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn check_expression(&self, expression: &str) -> Result<(), String> {
        self.environment.compile_expression(expression).map(|_| ()).map_err(|e| describe(&e))
    }

    /// Whether a template can be read.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence with the line of the template.
    pub fn check_template(&self, template: &str) -> Result<(), String> {
        self.environment.template_from_str(template).map(|_| ()).map_err(|e| describe(&e))
    }

    /// The names that a template reads, `network.pods`; nothing for one that cannot be read.
    pub fn names(&self, template: &str) -> BTreeSet<String> {
        let read = self.environment.template_from_str(template).map(|read| read.undeclared_variables(true));
        read.unwrap_or_default().into_iter().collect()
    }

    /// The names that an expression reads; nothing for one that cannot be read.
    pub fn names_of_expression(&self, expression: &str) -> BTreeSet<String> {
        let read = self.environment.compile_expression(expression).map(|read| read.undeclared_variables(true));
        read.unwrap_or_default().into_iter().collect()
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn expression(&self, expression: &str, names: &Names) -> Result<Value, String> {
        self.environment
            .compile_expression(expression)
            .map_err(|e| describe(&e))
            .and_then(|read| evaluate(&read, names))
    }

    /// A condition of an entry, read once to be asked any number of times; without one it always holds.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn condition<'t>(&'t self, expression: Option<&'t str>) -> Result<Condition<'t>, String> {
        let read = expression.map(|text| self.environment.compile_expression(text)).transpose();
        read.map(Condition).map_err(|e| describe(&e))
    }

    /// The text that a template writes.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence with the line of the template.
    pub fn text(&self, template: &str, names: &Names) -> Result<String, String> {
        self.environment.render_named_str(TEXT, template, names.0.clone()).map_err(|e| describe(&e))
    }

    /// The YAML documents that a template writes; empty documents are left out.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence with the line of the template.
    pub fn documents(&self, template: &str, names: &Names) -> Result<Vec<Value>, String> {
        let rendered = self.environment.get_template(template).and_then(|read| read.render(names.0.clone()));
        let text = rendered.map_err(|e| describe(&e))?;
        if text.len() > MAX_OUTPUT {
            return Err("writes more than 4 MiB".to_owned());
        }
        if let Some(known) = self.known().get(&text) {
            return Ok(known.clone());
        }
        let documents = read(&text)?;
        let mut texts = self.known();
        if texts.len() >= KEPT {
            texts.clear();
        }
        texts.insert(text, documents.clone());
        Ok(documents)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Value>>> {
        // Whoever panicked with it has put a whole entry in, or none.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A condition that was read.
pub struct Condition<'t>(Option<Expression<'t, 't>>);

impl Condition<'_> {
    /// Whether it holds; an empty list, map or text does not.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn holds(&self, names: &Names) -> Result<bool, String> {
        let Some(expression) = &self.0 else { return Ok(true) };
        Ok(match evaluate(expression, names)? {
            Value::Null | Value::Bool(false) => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(map) => !map.is_empty(),
            Value::String(text) => !text.is_empty(),
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::Bool(true) => true,
        })
    }
}

fn evaluate(expression: &Expression<'_, '_>, names: &Names) -> Result<Value, String> {
    let value = expression.eval(names.0.clone()).map_err(|e| describe(&e))?;
    if value.is_undefined() {
        return Ok(Value::Null);
    }
    // Iterators have no JSON form of their own.
    let value = match value.kind() {
        minijinja::value::ValueKind::Iterable => {
            Jinja::from(value.try_iter().map_err(|e| describe(&e))?.collect::<Vec<_>>())
        }
        _ => value,
    };
    serde_json::to_value(&value).map_err(|e| e.to_string())
}

/// The documents of a text.
fn read(text: &str) -> Result<Vec<Value>, String> {
    let mut documents = Vec::new();
    for part in split_documents(text) {
        let mut sources = Sources::default();
        let file: FileId = sources.add("template", part);
        let (document, diags) = parse(file, part);
        if let Some(first) = diags.sorted().first() {
            let line = part[..first.span.start.min(part.len())].lines().count();
            let excerpt = part.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            return Err(format!("writes YAML that cannot be read: {} (`{}`)", first.message, excerpt.trim()));
        }
        match document.root.to_json() {
            Value::Null => {}
            value => documents.push(value),
        }
    }
    Ok(documents)
}

/// The texts between `---` lines.
fn split_documents(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            parts.push(&text[start..at]);
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(&text[start..]);
    parts
}

fn describe(error: &minijinja::Error) -> String {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.line() {
        Some(line) => format!("line {line}: {detail}"),
        None => detail,
    }
}

fn values(map: &Jinja) -> Result<Vec<Jinja>, minijinja::Error> {
    let keys = map.try_iter()?;
    keys.map(|key| map.get_item(&key)).collect()
}

/// The n-th address of a network, counted from its first.
fn nth(cidr: &str, n: u32) -> Result<String, minijinja::Error> {
    let net: IpNet = cidr
        .parse()
        .map_err(|_| minijinja::Error::new(ErrorKind::InvalidOperation, format!("`{cidr}` is not a network")))?;
    nth_address(&net, n).map(|address| address.to_string()).ok_or_else(|| {
        minijinja::Error::new(ErrorKind::InvalidOperation, format!("`{cidr}` has no address number {n}"))
    })
}

/// The n-th address of a network, counted from its first.
pub fn nth_address(net: &IpNet, n: u32) -> Option<IpAddr> {
    let address = match net.network() {
        IpAddr::V4(first) => IpAddr::V4(u32::from(first).checked_add(n)?.into()),
        IpAddr::V6(first) => IpAddr::V6(u128::from(first).checked_add(u128::from(n))?.into()),
    };
    net.contains(&address).then_some(address)
}
