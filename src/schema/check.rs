//! Runs the schema over a document and turns each violation into a finding at its key or value.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{JsonType, PatternOptions, ValidationError, Validator};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{did_you_mean, format, nearest, one_of, respelt, respelt_key};
use crate::diag::{Diagnostic, Diagnostics, Fix};
use crate::source::Span;
use crate::syntax::{Document, Path, Step};

/// Keys of one mapping that are compared with those that are known.
const MOST_KEYS: usize = 1000;

/// A generated JSON Schema with what checks documents by it.
///
/// To make a checker of a schema takes longer than to check any document with it, so it is made once, when it is first needed, and
/// whoever keeps the schema keeps the checker: a catalog that of `cloud.yaml`, the lock that of `cloud.lock`.
#[derive(Debug)]
pub struct Schema {
    pub value: Value,
    validator: OnceLock<Validator>,
}

impl Schema {
    pub const fn new(value: Value) -> Self {
        Self { value, validator: OnceLock::new() }
    }

    /// Makes the checker, if that was not done yet.
    ///
    /// # Panics
    /// When this is no JSON Schema; what is generated of sound entries is one.
    pub fn prepare(&self) -> &Validator {
        self.validator.get_or_init(|| {
            format::register(jsonschema::options())
                .with_pattern_options(PatternOptions::regex())
                .offline()
                .build(&self.value)
                .expect("a generated schema is valid")
        })
    }
}

/// A document that passes the schema, as the typed value.
pub fn accept<T: DeserializeOwned>(document: &Document, schema: &Schema) -> Option<T> {
    let value = document.root.to_json();
    if schema.prepare().is_valid(&value) { serde_json::from_value(value).ok() } else { None }
}

/// The same; every violation is reported, at most once per place.
pub fn check<T: DeserializeOwned>(
    document: &Document,
    text: &str,
    schema: &Schema,
    diags: &mut Diagnostics,
) -> Option<T> {
    let value = document.root.to_json();
    // What is wrong takes longer to find than that something is.
    let validator = schema.prepare();
    if !validator.is_valid(&value) {
        let checker = Checker { document, text, schema: &schema.value, partial: diags.has_errors() };
        for error in validator.iter_errors(&value) {
            if diags.is_full() {
                break;
            }
            checker.report(&error, diags);
        }
        return None;
    }
    match serde_json::from_value(value) {
        Ok(spec) => Some(spec),
        Err(error) => {
            // The types are stricter than the schema somewhere; still a finding, never a panic.
            diags.push(Diagnostic::error("wrong-value", document.root.span, error.to_string()));
            None
        }
    }
}

struct Checker<'a> {
    document: &'a Document,
    text: &'a str,
    schema: &'a Value,
    /// Parts of the document could not be read.
    partial: bool,
}

impl Checker<'_> {
    fn report(&self, error: &ValidationError<'_>, diags: &mut Diagnostics) {
        let path = to_path(error);
        let value_span = self.document.value_span(&path);
        let found = describe(error.instance());
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                for key in unexpected {
                    if diags.is_full() {
                        return;
                    }
                    diags.push(self.unknown_key(error, &path, key));
                }
            }
            // Of a broken file, what is missing may stand in the part that could not be read.
            ValidationErrorKind::Required { .. } if self.partial && path.steps().is_empty() => {}
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                if self.misspelt(error, name) {
                    return;
                }
                diags.push(self.missing(error, &path, name));
            }
            ValidationErrorKind::Enum { options } => {
                let options: Vec<String> = options.as_array().into_iter().flatten().map(plain).collect();
                let names: Vec<&str> = options.iter().map(String::as_str).collect();
                let given = error.instance().as_str().unwrap_or_default();
                diags.push(
                    Diagnostic::error(
                        "wrong-value",
                        value_span,
                        format!("{found} is not a value of `{}`", name_of(&path)),
                    )
                    .help(match nearest(given, names.iter().copied()) {
                        Some(name) => format!("did you mean `{name}`? It takes {}", one_of(names.iter().copied())),
                        None => format!("it takes {}", one_of(names.iter().copied())),
                    })
                    .fix_if(respelt(value_span, given, names.iter().copied())),
                );
            }
            ValidationErrorKind::Constant { expected_value } => diags.push(
                Diagnostic::error("wrong-value", value_span, format!("`{}` is {found}", name_of(&path)))
                    .help(format!("it must be `{}`", plain(expected_value))),
            ),
            ValidationErrorKind::Type { kind } => diags.push(self.wrong_type(error, &path, kind)),
            ValidationErrorKind::Format { format } => {
                let text = error.instance().as_str().unwrap_or_default();
                let (noun, why) = format::explain(format, text).unwrap_or(("another form", ""));
                let mut diagnostic =
                    Diagnostic::error("wrong-value", value_span, format!("{found} is not {}", noun_only(noun)))
                        .note(why);
                diagnostic.help = Some(format!("`{}` takes {noun}", name_of(&path)));
                diagnostic.fix = format::meant(format, text).map(|meant| Fix::rename(value_span, text, &meant));
                diags.push(diagnostic);
            }
            ValidationErrorKind::Pattern { pattern } => diags.push(
                Diagnostic::error(
                    "wrong-value",
                    value_span,
                    format!("{found} does not have the form of `{}`", name_of(&path)),
                )
                .help(self.example(error).unwrap_or_else(|| format!("it must match `{pattern}`"))),
            ),
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                self.branches(error, &path, context, diags);
            }
            ValidationErrorKind::PropertyNames { error: inner } => {
                let key = inner.instance().as_str().unwrap_or_default().to_owned();
                let at = self.document.key_span(&path.key(&key));
                let why = match inner.kind() {
                    ValidationErrorKind::Format { format } => {
                        format::explain(format, &key).map_or_else(String::new, |(_, why)| why.to_owned())
                    }
                    ValidationErrorKind::Pattern { pattern } => format!("it must match `{pattern}`"),
                    _ => String::new(),
                };
                diags.push(Diagnostic::error("wrong-name", at, format!("`{key}` cannot be a name here")).note(why));
            }
            kind => diags.push(Diagnostic::error(
                "wrong-value",
                value_span,
                limit(kind, &found).unwrap_or_else(|| format!("{found} is not allowed for `{}`", name_of(&path))),
            )),
        }
    }

    /// Of several forms, the one that was meant is the one whose type fits.
    fn branches(
        &self,
        error: &ValidationError<'_>,
        path: &Path,
        context: &[Vec<ValidationError<'static>>],
        diags: &mut Diagnostics,
    ) {
        let here = error.instance_path().as_str();
        let fits = |branch: &&Vec<ValidationError<'static>>| {
            !branch.iter().any(|e| {
                e.instance_path().as_str() == here
                    && matches!(
                        e.kind(),
                        ValidationErrorKind::Type { .. }
                            | ValidationErrorKind::Enum { .. }
                            | ValidationErrorKind::Constant { .. }
                    )
            })
        };
        let mut candidates: Vec<&Vec<ValidationError<'static>>> = context.iter().filter(fits).collect();
        candidates.sort_by_key(|branch| branch.len());
        if let Some(branch) = candidates.first() {
            branch.iter().for_each(|inner| self.report(inner, diags));
            return;
        }
        let forms: BTreeSet<String> = context
            .iter()
            .flatten()
            .filter(|e| e.instance_path().as_str() == here)
            .filter_map(|e| match e.kind() {
                ValidationErrorKind::Type { kind } => type_names(kind),
                ValidationErrorKind::Enum { options } => {
                    Some(one_of(options.as_array().into_iter().flatten().filter_map(Value::as_str)))
                }
                ValidationErrorKind::Constant { expected_value } => Some(format!("`{}`", plain(expected_value))),
                _ => None,
            })
            .filter(|form| form != "nothing")
            .collect();
        let forms: Vec<String> = forms.into_iter().collect();
        diags.push(
            Diagnostic::error(
                "wrong-type",
                self.document.value_span(path),
                format!("`{}` cannot be {}", name_of(path), describe(error.instance())),
            )
            .help(format!("it takes {}", forms.join(" or "))),
        );
    }

    fn wrong_type(&self, error: &ValidationError<'_>, path: &Path, kind: &TypeKind) -> Diagnostic {
        let expected = type_names(kind).unwrap_or_default();
        let found = describe(error.instance());
        let at = self.document.value_span(path);
        let what = if path.steps().is_empty() { "the file".to_owned() } else { format!("`{}`", name_of(path)) };
        let mut diagnostic = Diagnostic::error("wrong-type", at, format!("{what} is {found}, not {expected}"));
        if path.steps().is_empty() && error.instance().is_null() {
            diagnostic.help = Some("`cloudc init` writes one to start from".to_owned());
        }
        if expected == "a mapping"
            && let Some((key, value)) = error.instance().as_str().and_then(|text| text.split_once(':'))
        {
            diagnostic.help = Some(format!("put a space after the colon: `{key}: {value}`"));
            let written = self.text.get(at.start..at.end).unwrap_or_default();
            // Behind another key it would be no mapping either.
            let line = self.text[..at.start].rsplit('\n').next().unwrap_or_default();
            let alone =
                line.trim_start().is_empty() && written.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
            diagnostic.fix = alone.then(|| {
                let behind = at.start + key.len() + 1;
                Fix::text("put a space after the colon", Span::new(at.file, behind, behind), " ")
            });
        }
        if expected.contains("a text") && (error.instance().is_number() || error.instance().is_boolean()) {
            // As it was written: what YAML made of it may be another text, `1.10` or `0o644`.
            let written = self.text.get(at.start..at.end).unwrap_or_default();
            let format = self.schema_of(error).and_then(|schema| schema.get("format")).and_then(Value::as_str);
            let meant = format.and_then(|format| format::meant(format, written));
            if format.is_none_or(|format| format::holds(format, written)) {
                diagnostic.help = Some(format!("quote it: \"{written}\""));
                diagnostic.fix = Some(Fix::text("quote it", at, format!("\"{written}\"")));
            } else {
                let noun = format.and_then(format::noun);
                diagnostic.help = noun.map(|noun| format!("`{}` takes {noun}", name_of(path)));
                diagnostic.fix = meant.map(|meant| Fix::text(format!("replace `{written}` with `{meant}`"), at, meant));
            }
        }
        if let Some(text) = error.instance().as_str() {
            diagnostic.fix = diagnostic.fix.or_else(|| self.unquoted(at, text, kind));
        }
        diagnostic
    }

    /// A number or a boolean in quotes, without them.
    fn unquoted(&self, at: Span, text: &str, kind: &TypeKind) -> Option<Fix> {
        let written = self.text.get(at.start..at.end)?;
        let value: Value = serde_json::from_str(text).ok().filter(|_| written.trim_matches(['"', '\'']) == text)?;
        let fits = |one: &JsonType| match one {
            JsonType::Integer => value.is_i64() || value.is_u64(),
            JsonType::Number => value.is_number(),
            JsonType::Boolean => value.is_boolean(),
            _ => false,
        };
        let fits = match kind {
            TypeKind::Single(one) => fits(one),
            TypeKind::Multiple(many) => many.iter().any(|one| fits(&one)),
        };
        (fits && written != text).then(|| Fix::text("remove the quotes", at, text))
    }

    fn unknown_key(&self, error: &ValidationError<'_>, path: &Path, key: &str) -> Diagnostic {
        let at = self.document.key_span(&path.key(key));
        let known = self.known_keys(error);
        let owner = if path.steps().is_empty() { "at the top level".to_owned() } else { format!("in `{path}`") };
        let there = error.instance();
        let missing: Vec<&str> = known.iter().map(String::as_str).filter(|name| there.get(*name).is_none()).collect();
        Diagnostic::error("unknown-key", at, format!("unknown key `{key}` {owner}"))
            .help(
                did_you_mean(key, known.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("it takes {}", one_of(known.iter().map(String::as_str)))),
            )
            .fix_if(respelt_key(at, key, missing))
    }

    fn missing(&self, error: &ValidationError<'_>, path: &Path, name: &str) -> Diagnostic {
        // A component that the catalog does not know lacks its chart: far more often its name is misspelt.
        let parent = path.parent();
        let in_components = matches!(parent.last_key(), Some("components" | "addons"));
        if in_components
            && matches!(name, "chart" | "namespace")
            && !error.instance().get("chart").is_some_and(Value::is_object)
        {
            let given = path.last_key().unwrap_or_default();
            let known = self.component_names(&parent);
            let (elsewhere, place) = match parent.last_key() {
                Some("addons") => (Path::of(["components"]), "components of the management cluster"),
                _ => (Path::of(["tenants", "addons"]), "add-ons of tenants"),
            };
            if self.component_names(&elsewhere).iter().any(|name| name == given) {
                let at = self.document.key_span(path);
                let message = format!("`{given}` is not installed here");
                return Diagnostic::error("unknown-component", at, message)
                    .help(format!("it stands among the {place} only"));
            }
            let at = self.document.key_span(path);
            let there = |name: &&str| self.document.contains(&parent.key(name));
            let missing: Vec<&str> = known.iter().map(String::as_str).filter(|name| !there(name)).collect();
            let message = format!("the catalog has no component `{given}`");
            let diagnostic =
                Diagnostic::error("unknown-component", at, message).fix_if(respelt_key(at, given, missing));
            return diagnostic.help(match nearest(given, known.iter().map(String::as_str)) {
                Some(name) => format!("did you mean `{name}`? Another product needs `chart` and `namespace`"),
                None => "a product outside of the catalog needs `chart: {repository, name, version}` and `namespace`"
                    .to_owned(),
            });
        }
        let what = if path.steps().is_empty() { "the file".to_owned() } else { format!("`{path}`") };
        let mut diagnostic =
            Diagnostic::error("missing-key", self.document.key_span(path), format!("{what} lacks `{name}`"));
        diagnostic.help = self.required_help(error, name);
        diagnostic
    }

    /// Whether a missing key is there under a wrong name, which is reported as an unknown key.
    fn misspelt(&self, error: &ValidationError<'_>, name: &str) -> bool {
        let known = self.known_keys(error);
        // Among more keys than these, none was misspelt.
        let given = error.instance().as_object().into_iter().flatten().map(|(key, _)| key).take(MOST_KEYS);
        given.filter(|key| !known.contains(key)).any(|key| nearest(key, known.iter().map(String::as_str)) == Some(name))
    }

    fn component_names(&self, owner: &Path) -> Vec<String> {
        let table = if owner.last_key() == Some("addons") {
            &self.schema["$defs"]["Tenant"]["properties"]["addons"]["properties"]
        } else {
            &self.schema["properties"]["components"]["properties"]
        };
        table.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    }

    /// The description of the key that is missing.
    fn required_help(&self, error: &ValidationError<'_>, name: &str) -> Option<String> {
        let property = self.schema_of(error)?.get("properties")?.get(name)?;
        let text = property.get("description").or_else(|| self.follow(property)?.get("description"))?.as_str()?;
        Some(format!("{name}: {}", text.lines().next().unwrap_or(text)))
    }

    fn known_keys(&self, error: &ValidationError<'_>) -> Vec<String> {
        let properties = self.schema_of(error).and_then(|schema| schema.get("properties")).and_then(Value::as_object);
        properties.into_iter().flatten().map(|(key, _)| key.clone()).collect()
    }

    /// The schema object that holds the violated keyword.
    fn schema_of(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let location = error.schema_path().as_str();
        let parent = location.rsplit_once('/').map_or("", |(parent, _)| parent);
        // A conditional part says what is required; the properties stand beside it.
        self.resolve_pointer(parent.strip_suffix("/then").unwrap_or(parent))
    }

    /// Follows a schema location, through `$ref`s on the way.
    fn resolve_pointer(&self, pointer: &str) -> Option<&Value> {
        let mut schema = self.schema;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            if step == "$ref" {
                schema = self.follow(schema)?;
                continue;
            }
            schema = match schema {
                Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
                other => other.get(&step)?,
            };
        }
        Some(self.follow(schema).unwrap_or(schema))
    }

    fn follow(&self, schema: &Value) -> Option<&Value> {
        self.schema.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
    }

    fn example(&self, error: &ValidationError<'_>) -> Option<String> {
        let example = self.schema_of(error)?.get("examples")?.get(0)?;
        Some(format!("for example `{}`", plain(example)))
    }
}

/// The place of a violation in what was checked.
pub(super) fn to_path(error: &ValidationError<'_>) -> Path {
    let steps: Vec<Step> = error
        .instance_path()
        .segments()
        .map(|segment| match segment {
            LocationSegment::Property(name) => Step::Key(name.into_owned()),
            LocationSegment::Index(index) => Step::Index(index),
        })
        .collect();
    steps.into()
}

/// The last names of a path that mean something to a reader.
fn name_of(path: &Path) -> String {
    let steps = path.steps();
    let from = steps.iter().rposition(|step| matches!(step, Step::Key(_))).unwrap_or(0);
    Path::from(steps[from.min(steps.len())..].to_vec()).to_string()
}

/// The noun without its example.
fn noun_only(noun: &str) -> &str {
    noun.split(" such as ").next().unwrap_or(noun)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Bool(flag) => format!("the boolean `{flag}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) if text.chars().count() > 60 => {
            format!("`{}...`", text.chars().take(57).collect::<String>())
        }
        Value::String(text) if text.parse::<bool>().is_ok() || text.parse::<f64>().is_ok() => {
            format!("the text `{text}`")
        }
        Value::String(text) => format!("`{text}`"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

fn type_names(kind: &TypeKind) -> Option<String> {
    let name = |json: String| match json.as_str() {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        _ => "nothing",
    };
    let names: Vec<&str> = match kind {
        TypeKind::Single(one) => vec![name(one.to_string())],
        TypeKind::Multiple(many) => many.iter().map(|one| name(one.to_string())).filter(|n| *n != "nothing").collect(),
    };
    (!names.is_empty()).then(|| names.join(" or "))
}

fn limit(kind: &ValidationErrorKind, found: &str) -> Option<String> {
    Some(match kind {
        ValidationErrorKind::Minimum { limit } | ValidationErrorKind::ExclusiveMinimum { limit } => {
            format!("{found} is too small; at least {limit}")
        }
        ValidationErrorKind::Maximum { limit } | ValidationErrorKind::ExclusiveMaximum { limit } => {
            format!("{found} is too large; at most {limit}")
        }
        ValidationErrorKind::MinLength { .. } => "the text is too short".to_owned(),
        ValidationErrorKind::MaxLength { limit } => format!("the text is longer than {limit} characters"),
        ValidationErrorKind::MinItems { limit } => format!("the list needs at least {limit} entries"),
        ValidationErrorKind::MaxItems { limit } => format!("the list takes at most {limit} entries"),
        ValidationErrorKind::MinProperties { limit } => format!("the mapping needs at least {limit} entries"),
        ValidationErrorKind::MaxProperties { limit } => format!("the mapping takes at most {limit} entries"),
        ValidationErrorKind::UniqueItems => "the list holds an entry twice".to_owned(),
        _ => return None,
    })
}
