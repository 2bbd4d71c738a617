//! One component -> its layers: conditions, values and objects evaluated, charts and manifests given their sources.

use serde_json::{Value, json};

use super::Resolver;
use super::components::Chosen;
use super::context::{Scope, broken_entry};
use super::values;
use crate::catalog::{self, Chart};
use crate::model::{ChartRef, Layer, Manifests, Release, SecretNeed, Source, SourceKind};
use crate::spec::scalar::GoDuration;
use crate::syntax::{Path, Step};

/// The layers of a component that exist in this cloud, rendered.
pub(super) fn render_layers(
    cx: &mut Resolver<'_>,
    scope: &Scope,
    component: &Chosen<'_>,
    sources: &mut Vec<Source>,
) -> Vec<Layer> {
    let entry = component.entry.clone();
    let mut layers: Vec<Layer> = Vec::new();
    for (index, layer) in entry.layers.iter().enumerate() {
        if !scope.holds(cx, component, layer.when.as_deref()) {
            continue;
        }
        let name = if index == 0 { component.name.clone() } else { format!("{}-{}", component.name, layer.name) };
        let mut releases = Vec::new();
        for release in &layer.releases {
            if scope.holds(cx, component, release.when.as_deref()) {
                let primary = component.is_primary(&release.name);
                releases.push(render_release(cx, scope, component, release, primary, sources));
            }
        }
        let objects = match &layer.objects {
            Some(template) => render_objects(cx, scope, component, &layer.name, template),
            None => Vec::new(),
        };
        let manifests = layer.manifests.as_ref().map(|manifests| Manifests {
            source: share(sources, git(&manifests.git, &manifests.version, None), component, &component.name),
            path: manifests.path.clone(),
            patches: patches(cx, scope, component, manifests),
        });
        if releases.is_empty() && objects.is_empty() && manifests.is_none() {
            continue;
        }
        let longest = releases.iter().filter_map(|r| r.timeout.parse::<GoDuration>().ok()).map(|d| d.seconds).max();
        let minutes = longest.unwrap_or(5 * 60) / 60 + 5;
        layers.push(Layer {
            name,
            folder: layer.name.clone(),
            depends_on: Vec::new(),
            bootstrap: layer.bootstrap.unwrap_or(!layer.releases.is_empty()),
            releases,
            manifests,
            objects,
            health_checks: layer.health_checks.clone(),
            health_check_exprs: layer.health_check_exprs.clone(),
            timeout: format!("{minutes}m"),
        });
    }
    layers
}

fn render_release(
    cx: &mut Resolver<'_>,
    scope: &Scope,
    component: &Chosen<'_>,
    release: &catalog::Release,
    primary: bool,
    sources: &mut Vec<Source>,
) -> Release {
    let usage = &component.usage;
    let mut chart = release.chart.clone();
    let mut timeout =
        release.timeout.clone().unwrap_or_else(|| if component.entry.protected { "20m" } else { "10m" }.to_owned());
    if let Some(version) = usage.version.as_ref().filter(|_| component.entry.takes_version(release)) {
        chart.version.clone_from(version);
        chart.digest = None;
    }
    if let Some(user) = usage.timeout.as_ref().filter(|_| primary) {
        timeout.clone_from(&user.text);
    }
    let mut values = catalog_values(cx, scope, component, release, &chart.version);
    if let Some(user) = usage.values.as_ref().filter(|_| primary) {
        let place = component.path.key("values");
        values::check(cx, &component.name, &release.name, user, |below| place.join(below));
        deep_merge(&mut values, &Value::Object(user.clone()));
    }
    Release {
        name: release.name.clone(),
        namespace: component.namespace.clone(),
        chart: chart_ref(&chart, component, &release.name, sources),
        depends_on: release.depends_on.clone(),
        crds: release.crds,
        timeout,
        values,
    }
}

/// What the entry gives to the chart.
fn catalog_values(
    cx: &mut Resolver<'_>,
    scope: &Scope,
    component: &Chosen<'_>,
    release: &catalog::Release,
    version: &str,
) -> Value {
    let Some(template) = &release.values else { return json!({}) };
    let names = scope.names.with("version", &json!(version));
    let wrong = match cx.catalog.templates.documents(template, &names).map(|documents| documents.into_iter().next()) {
        Ok(None) => return json!({}),
        Ok(Some(values @ Value::Object(_))) => return values,
        Ok(Some(_)) => "not a mapping".to_owned(),
        Err(error) => error,
    };
    broken_entry(cx, component, &format!("values of `{}`", release.name), &wrong);
    json!({})
}

/// Helm's own rule: maps merge, everything else replaces, `null` takes a default away and is kept for Helm to see.
fn deep_merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                deep_merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

fn chart_ref(chart: &Chart, component: &Chosen<'_>, release: &str, sources: &mut Vec<Source>) -> ChartRef {
    let (kind, name) = match (&chart.oci, &chart.repository, &chart.git) {
        (Some(url), _, _) => {
            // OCI tags cannot hold the `+` of a version's build metadata.
            let tag = chart.version.replace('+', "_");
            (SourceKind::Oci { url: url.clone(), tag, digest: chart.digest.clone() }, String::new())
        }
        (None, Some(url), _) => {
            (SourceKind::Helm { url: url.clone() }, chart.name.clone().unwrap_or_else(|| release.to_owned()))
        }
        (None, None, url) => {
            let path = chart.path.clone().unwrap_or_default();
            (git(url.as_deref().unwrap_or_default(), &chart.version, Some(&path)), path)
        }
    };
    let source = share(sources, kind, component, release);
    let source_kind =
        sources.iter().find(|known| known.name == source).expect("a shared source is in the list").kind.clone();
    ChartRef { source, source_kind, chart: name, version: chart.version.clone() }
}

/// Manifests refer to folders beside their own, so only a chart is checked out alone.
fn git(url: &str, tag: &str, chart: Option<&str>) -> SourceKind {
    SourceKind::Git { url: url.to_owned(), tag: tag.to_owned(), paths: chart.map(str::to_owned).into_iter().collect() }
}

/// Whom a source is for. Tenants share them, so one more of these changes none.
fn owner(component: &Chosen<'_>) -> String {
    match component.path.steps() {
        [Step::Key(tenants), Step::Key(_), below @ ..] if tenants == "tenants" => {
            format!("tenants.*.{}", Path::from(below.to_vec()))
        }
        _ => component.path.to_string(),
    }
}

/// The name of a source with this content, new or shared.
fn share(sources: &mut Vec<Source>, kind: SourceKind, component: &Chosen<'_>, wanted: &str) -> String {
    for known in sources.iter_mut() {
        let same = match (&mut known.kind, &kind) {
            (SourceKind::Git { url, tag, paths }, SourceKind::Git { url: other, tag: other_tag, paths: more })
                if url == other && tag == other_tag =>
            {
                if paths.is_empty() || more.is_empty() {
                    paths.clear();
                } else {
                    paths.extend(more.iter().filter(|path| !paths.contains(path)).cloned().collect::<Vec<_>>());
                }
                true
            }
            (known, other) => known == other,
        };
        if same {
            let origin = owner(component);
            if !known.origins.contains(&origin) {
                known.origins.push(origin);
            }
            return known.name.clone();
        }
    }
    let mut name = wanted.to_owned();
    let mut count = 2;
    while sources.iter().any(|known| known.name == name) {
        name = format!("{wanted}-{count}");
        count += 1;
    }
    sources.push(Source { name: name.clone(), kind, origins: vec![owner(component)] });
    name
}

fn patches(cx: &mut Resolver<'_>, scope: &Scope, component: &Chosen<'_>, manifests: &catalog::Manifests) -> Vec<Value> {
    let Some(template) = &manifests.patches else { return Vec::new() };
    let names = scope.names.with("version", &json!(manifests.version));
    cx.catalog.templates.documents(template, &names).unwrap_or_else(|error| {
        broken_entry(cx, component, "patches", &error);
        Vec::new()
    })
}

fn render_objects(
    cx: &mut Resolver<'_>,
    scope: &Scope,
    component: &Chosen<'_>,
    layer: &str,
    template: &str,
) -> Vec<Value> {
    match cx.catalog.templates.documents(template, &scope.names) {
        Ok(documents) => {
            for document in &documents {
                let complete = document["apiVersion"].is_string()
                    && document["kind"].is_string()
                    && document["metadata"]["name"].is_string();
                if !complete {
                    broken_entry(
                        cx,
                        component,
                        &format!("objects of layer `{layer}`"),
                        "an object lacks apiVersion, kind or metadata.name",
                    );
                }
            }
            documents
        }
        Err(error) => {
            broken_entry(cx, component, &format!("objects of layer `{layer}`"), &error);
            Vec::new()
        }
    }
}

pub(super) fn secrets(cx: &mut Resolver<'_>, scope: &Scope, component: &Chosen<'_>, needs: &mut Vec<SecretNeed>) {
    for secret in &component.entry.secrets {
        let names: Vec<String> = match cx.catalog.templates.expression(&secret.name, &scope.names) {
            Ok(Value::String(name)) => vec![name],
            Ok(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Ok(_) => Vec::new(),
            Err(error) => {
                broken_entry(cx, component, "secrets", &error);
                Vec::new()
            }
        };
        for name in names {
            let need = SecretNeed {
                namespace: secret.namespace.clone().unwrap_or_else(|| component.namespace.clone()),
                name,
                keys: secret.keys.clone(),
                purpose: secret.purpose.clone(),
                component: component.name.clone(),
            };
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
    }
}
