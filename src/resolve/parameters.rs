//! A component's own parameters: defaults filled in, references checked.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Resolver;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::schema::{known_instead, respelt};
use crate::spec::scalar::DnsName;
use crate::syntax::Path;

/// What was given, with the defaults of the schemas in every place that was left open.
pub(super) fn with_defaults(schemas: &IndexMap<String, Value>, given: &Map<String, Value>) -> Map<String, Value> {
    let mut filled = Map::new();
    for (name, schema) in schemas {
        if let Some(value) = given.get(name).cloned().or_else(|| schema.get("default").cloned()) {
            filled.insert(name.clone(), fill(schema, value));
        }
    }
    filled
}

fn fill(schema: &Value, value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let others = schema.get("additionalProperties").filter(|schema| schema.is_object());
            let mut filled = Map::new();
            for (name, value) in map {
                let value = match properties.and_then(|p| p.get(&name)).or(others) {
                    Some(inner) => fill(inner, value),
                    None => value,
                };
                filled.insert(name, value);
            }
            for (name, inner) in properties.into_iter().flatten() {
                if let Some(default) = inner.get("default")
                    && !filled.contains_key(name)
                {
                    filled.insert(name.clone(), fill(inner, default.clone()));
                }
            }
            Value::Object(filled)
        }
        Value::Array(items) => match schema.get("items") {
            Some(inner) => items.into_iter().map(|item| fill(inner, item)).collect(),
            None => Value::Array(items),
        },
        other => other,
    }
}

/// What references of one kind (`x-ref`) may name.
#[derive(Debug, Clone)]
struct Known {
    /// For a sentence: `no <what> <name>`.
    what: &'static str,
    names: BTreeSet<String>,
    /// What to do where no name comes near.
    add: String,
}

/// The names that references of a cloud may use, by kind; those of other kinds are not checked.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeMap<String, Known>);

impl Names {
    /// Names that `cloud.yaml` itself gives.
    pub(super) fn of_cloud(
        volumes: BTreeSet<String>,
        pools: impl Iterator<Item = String>,
        classes: impl Iterator<Item = String>,
    ) -> Self {
        let under = |key: &str| format!("add it under `{key}`");
        let kinds = [
            ("volume", "node has a volume", volumes, under("volumes")),
            ("node-class", "node class is called", classes.collect(), under("nodeClasses")),
            ("load-balancer-pool", "load-balancer pool is called", pools.collect(), under("network.loadBalancers")),
        ];
        Self(kinds.map(|(kind, what, names, add)| (kind.to_owned(), Known { what, names, add })).into())
    }

    /// StorageClasses that components of the cloud make.
    pub(super) fn storage_classes(names: impl Iterator<Item = String>) -> Self {
        let add = "add it to the `storageClasses` of a storage component such as `linstor`".to_owned();
        let known = Known { what: "component makes a StorageClass", names: names.collect(), add };
        Self([("storage-class".to_owned(), known)].into())
    }

    /// With the keys of a component's own map parameters: `x-ref: parameter.<name>`.
    pub(super) fn with_parameters(&self, parameters: &Map<String, Value>) -> Self {
        let mut names = self.clone();
        let maps = parameters.iter().filter_map(|(name, value)| Some((name, value.as_object()?)));
        names.0.extend(maps.map(|(name, map)| {
            let add = format!("add it under `{name}`");
            let known = Known { what: "entry here is called", names: map.keys().cloned().collect(), add };
            (format!("parameter.{name}"), known)
        }));
        names
    }
}

/// Reports each reference (`x-ref`) that names nothing.
pub(super) fn check_references(cx: &mut Resolver<'_>, schema: &Value, value: &Value, at: &Path, names: &Names) {
    match value {
        Value::String(name) => {
            refused(cx, schema, name, at);
            outside_of_pools(cx, schema, name, at);
            let kind = schema.get("x-ref").and_then(Value::as_str);
            if kind == Some("secret") && name.parse::<DnsName>().is_err() {
                let span = cx.value(at);
                cx.report(
                    Diagnostic::error("wrong-value", span, format!("`{name}` cannot be the name of a Secret"))
                        .help("lower-case letters, digits, `-` and `.`"),
                );
            }
            let Some(Known { what, names, add }) = kind.and_then(|kind| names.0.get(kind)) else { return };
            if !names.contains(name) {
                let span = cx.value(at);
                let help = known_instead(name, names.iter().map(String::as_str)).unwrap_or_else(|| add.clone());
                let fix = respelt(span, name, names.iter().map(String::as_str));
                let finding = Diagnostic::error("unknown-reference", span, format!("no {what} `{name}`"));
                cx.report(finding.help(help).fix_if(fix));
            }
        }
        Value::Object(map) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, value) in map {
                let inner = properties.and_then(|p| p.get(name)).or_else(|| schema.get("additionalProperties"));
                if let Some(inner) = inner {
                    check_references(cx, inner, value, &at.key(name), names);
                    volume_kind(cx, inner, value, map, &at.key(name));
                }
            }
        }
        Value::Array(items) => {
            if let Some(inner) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    check_references(cx, inner, item, &at.index(index), names);
                }
            }
        }
        _ => {}
    }
}

/// A volume of another kind than the product takes: `x-volume-kind: <kind>`, or `{of: <key>, <value>: <kind>, ...}` where the value of a
/// key beside it decides.
pub(super) fn volume_kind(
    cx: &mut Resolver<'_>,
    schema: &Value,
    value: &Value,
    beside: &Map<String, Value>,
    at: &Path,
) {
    let (Some(kind), Some(name)) = (schema.get("x-volume-kind"), value.as_str()) else { return };
    let by = kind["of"].as_str().and_then(|key| beside.get(key)).and_then(Value::as_str);
    let Some(wanted) = kind.as_str().or_else(|| kind.get(by?)?.as_str()) else { return };
    let declared = cx.spec.nodes.keys().find_map(|node| {
        let place = declared_at(cx, node, &["volumes", name]);
        cx.document.contains(&place).then(|| (place, declared_at(cx, node, &["volumes", name, "kind"])))
    });
    let Some((place, said)) = declared else { return };
    let given = cx.document.get(&said).and_then(|node| node.to_json().as_str().map(str::to_owned));
    let given = given.unwrap_or_else(|| "user".to_owned());
    let is_system = matches!(name, "EPHEMERAL" | "STATE");
    if given == wanted && !is_system {
        return;
    }
    let span = cx.value(at);
    let (message, label) = if is_system {
        (format!("`{name}` is Talos's own volume"), cx.key(&place))
    } else {
        (format!("volume `{name}` is of kind `{given}`, not `{wanted}`"), cx.value_or_key(&said, &place))
    };
    cx.report(
        Diagnostic::error("wrong-volume-kind", span, message)
            .note(if wanted == "raw" {
                "the product writes its own format on the bare partition"
            } else {
                "the product keeps files in it"
            })
            .label(label, "declared here")
            .help(format!("set `kind: {wanted}` there, or name another volume")),
    );
}

/// A name that is there and that the product does not take: `x-refuses: {part, why}`.
fn refused(cx: &mut Resolver<'_>, schema: &Value, name: &str, at: &Path) {
    let Some(refuses) = schema.get("x-refuses") else { return };
    let (Some(part), Some(why)) = (refuses["part"].as_str(), refuses["why"].as_str()) else { return };
    if name.contains(part) {
        let span = cx.value(at);
        let declared = cx.spec.nodes.keys().find_map(|node| {
            let place = declared_at(cx, node, &["volumes", name]);
            cx.document.contains(&place).then(|| cx.key(&place))
        });
        let finding = Diagnostic::error("refused-name", span, format!("`{name}` has `{part}` in its name"));
        let finding = declared.into_iter().fold(finding, |finding, place| finding.label(place, "called so here"));
        cx.report(finding.note(why.to_owned()).help("give it another name, here and there"));
    }
}

/// An address that is in no pool of the cloud (`x-ref: pool-address`): a Service takes its own from one.
fn outside_of_pools(cx: &mut Resolver<'_>, schema: &Value, text: &str, at: &Path) {
    let (Ok(address), true) = (text.parse::<IpAddr>(), schema["x-ref"] == "pool-address") else { return };
    let mut pools = cx.spec.network.load_balancers.values();
    if !pools.any(|pool| pool.addresses.iter().any(|range| range.contains(address))) {
        let (span, label) = (cx.value(at), cx.key(&Path::of(["network", "loadBalancers"])));
        cx.report(
            Diagnostic::error("address-outside-network", span, format!("{address} is in no pool of the load balancer"))
                .note("a Service that asks for it waits for ever")
                .label(label, "the pools")
                .help("take an address of a pool, or leave it out"),
        );
    }
}
