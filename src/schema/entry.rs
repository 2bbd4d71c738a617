//! Catalog entries of a user's own, and what is wrong with an entry beyond its shape: names that lead nowhere, expressions that
//! cannot be read, versions that are no pin.

use std::collections::BTreeSet;

use semver::VersionReq;

use super::check::to_path;
use super::generate::reserved_keys;
use super::{Schema, check, component_schema, known_instead};
use crate::catalog::{Catalog, Chart, Component};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Sources;
use crate::syntax::{self, Document, Path};

/// The file of an entry in its folder.
const FILE: &str = "component.yaml";

/// Something wrong with an entry, at a place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub place: Path,
    /// One short lower-case phrase; values in backticks.
    pub message: String,
    pub help: Option<String>,
}

/// Puts a user's own entries into the catalog, over those of the same name: name of the file (`.../<name>/component.yaml`)
/// and text. With an error among the findings the catalog is not to be used.
pub fn own_entries(catalog: &mut Catalog, sources: &mut Sources, files: Vec<(String, String)>) -> Diagnostics {
    let mut diags = Diagnostics::default();
    if files.is_empty() {
        return diags;
    }
    let schema = Schema::new(component_schema());
    let mut read: Vec<(String, Document)> = Vec::new();
    for (name, text) in files {
        let file = sources.add(name.as_str(), text.as_str());
        let (document, mut found) = syntax::parse(file, &text);
        let entry = if found.has_errors() { None } else { check(&document, &text, &schema, &mut found) };
        diags.extend(found);
        if let Some(entry) = entry {
            read.push((name.clone(), document));
            catalog.insert(entry, name);
        }
    }
    // Entries may name each other, so all are in the catalog first.
    for (name, document) in &read {
        let folder = name.strip_suffix(FILE).map_or(name.as_str(), |folder| folder.trim_end_matches('/'));
        let folder = folder.rsplit('/').next().unwrap_or_default();
        let Some(entry) = catalog.names().find(|entry| catalog.file(entry) == *name).and_then(|e| catalog.component(e))
        else {
            continue;
        };
        for fault in faults(entry, folder, catalog) {
            let at = document.value_span(&fault.place);
            diags.push(Diagnostic::error("catalog-entry", at, fault.message).help_if(fault.help));
        }
    }
    diags
}

/// Everything that is wrong with an entry whose shape is right; `folder` is the name of its folder.
pub fn faults(entry: &Component, folder: &str, catalog: &Catalog) -> Vec<Fault> {
    let mut faults = Faults { catalog, entry, found: Vec::new() };
    faults.names(folder);
    faults.relations();
    faults.parameters();
    faults.layers();
    faults.primary();
    faults.expressions();
    faults.found
}

struct Faults<'a> {
    catalog: &'a Catalog,
    entry: &'a Component,
    found: Vec<Fault>,
}

impl Faults<'_> {
    fn report(&mut self, place: Path, message: String, help: Option<String>) {
        self.found.push(Fault { place, message, help });
    }

    fn names(&mut self, folder: &str) {
        let name = &self.entry.name;
        if name != folder {
            let help = format!("call the folder `{name}`, or write `name: {folder}`");
            self.report(Path::of(["name"]), format!("the entry `{name}` is in the folder `{folder}`"), Some(help));
        }
        for (key, window) in [("talos", &self.entry.talos), ("kubernetes", &self.entry.kubernetes)] {
            self.window(Path::of([key]), window.as_deref());
        }
        let count = self.entry.variants.len();
        for (index, (name, variant)) in self.entry.variants.iter().enumerate() {
            if variant.when.is_none() && index + 1 < count {
                let place = Path::of(["variants", name]);
                self.report(
                    place,
                    format!("the variants after `{name}` are never taken"),
                    Some("give it a `when`".into()),
                );
            }
        }
    }

    fn window(&mut self, place: Path, window: Option<&str>) {
        if let Some(Err(error)) = window.map(VersionReq::parse) {
            self.report(
                place,
                format!("no window of versions: {error}"),
                Some("for example `>=1.31.0, <1.37.0`".into()),
            );
        }
    }

    /// What the entry says of other entries and of its own layers.
    fn relations(&mut self) {
        let entry = self.entry;
        for (index, requirement) in entry.requires.iter().enumerate() {
            let place = Path::of(["requires"]).index(index);
            self.layer(&place.key("layer"), requirement.layer.as_deref(), entry);
            match &requirement.component {
                None if requirement.capability.is_none() => {
                    self.report(
                        place,
                        "this needs nothing".into(),
                        Some("name a `component` or a `capability`".into()),
                    );
                }
                None => {}
                Some(name) => {
                    self.component(&place.key("component"), name);
                    if let Some(other) = self.catalog.component(name) {
                        self.layer(&place.key("ofLayer"), requirement.of_layer.as_deref(), other);
                    }
                }
            }
        }
        for (index, name) in entry.after.iter().enumerate() {
            self.component(&Path::of(["after"]).index(index), name);
        }
        for (index, conflict) in entry.conflicts.iter().enumerate() {
            self.component(&Path::of(["conflicts"]).index(index).key("component"), &conflict.component);
        }
        for (index, crds) in entry.provides.crds.iter().enumerate() {
            let place = Path::of(["provides", "crds"]).index(index).key("layer");
            self.layer(&place, Some(&crds.layer), entry);
        }
        self.layer(&Path::of(["provides", "storageLayer"]), entry.provides.storage_layer.as_deref(), entry);
    }

    fn component(&mut self, place: &Path, name: &str) {
        if self.catalog.component(name).is_none() && name != self.entry.name {
            let known: Vec<&str> = self.catalog.names().collect();
            let help = known_instead(name, known);
            self.report(place.clone(), format!("the catalog has no component `{name}`"), help);
        }
    }

    fn layer(&mut self, place: &Path, name: Option<&str>, of: &Component) {
        let Some(name) = name else { return };
        if of.layers.iter().all(|layer| layer.name != name) {
            let help = known_instead(name, of.layers.iter().map(|layer| layer.name.as_str()));
            self.report(place.clone(), format!("`{}` has no layer `{name}`", of.name), help);
        }
    }

    fn parameters(&mut self) {
        for (name, schema) in &self.entry.parameters {
            let place = Path::of(["parameters", name]);
            if reserved_keys().contains(name) {
                self.report(
                    place.clone(),
                    format!("`{name}` is a key of every component"),
                    Some("choose another name".into()),
                );
            }
            if let Err(error) = jsonschema::draft202012::meta::validate(schema) {
                self.report(place.join(&to_path(&error)), format!("no JSON Schema: {error}"), None);
                continue;
            }
            // Patterns and references are read only when a schema is put to use.
            let validator = match jsonschema::options().offline().build(schema) {
                Ok(validator) => validator,
                Err(error) => {
                    self.report(place, format!("no JSON Schema: {error}"), None);
                    continue;
                }
            };
            if let Some(Err(error)) = schema.get("default").map(|default| validator.validate(default)) {
                let message = format!("the default is not what the schema takes: {error}");
                self.report(place.key("default").join(&to_path(&error)), message, None);
            }
        }
        for (index, name) in self.entry.required_parameters.iter().enumerate() {
            if !self.entry.parameters.contains_key(name) {
                let help = known_instead(name, self.entry.parameters.keys().map(String::as_str));
                let place = Path::of(["requiredParameters"]).index(index);
                self.report(place, format!("there is no parameter `{name}`"), help);
            }
        }
    }

    fn layers(&mut self) {
        if self.entry.layers.is_empty() {
            self.report(Path::of(["layers"]), "the entry installs nothing".into(), Some("give it a layer".into()));
        }
        let mut layers = BTreeSet::new();
        let mut releases = BTreeSet::new();
        for (index, layer) in self.entry.layers.iter().enumerate() {
            let place = Path::of(["layers"]).index(index);
            if !layers.insert(&layer.name) {
                self.report(place.key("name"), format!("a second layer is called `{}`", layer.name), None);
            }
            for (index, release) in layer.releases.iter().enumerate() {
                let place = place.key("releases").index(index);
                if !releases.insert(&release.name) {
                    self.report(place.key("name"), format!("a second release is called `{}`", release.name), None);
                }
                for (index, other) in release.depends_on.iter().enumerate() {
                    if layer.releases.iter().all(|release| release.name != *other) {
                        let help = known_instead(other, layer.releases.iter().map(|release| release.name.as_str()));
                        let place = place.key("dependsOn").index(index);
                        self.report(place, format!("the layer has no release `{other}`"), help);
                    }
                }
                self.chart(&place.key("chart"), &release.chart);
            }
            if let Some(manifests) = &layer.manifests {
                self.pin(place.key("manifests").key("version"), &manifests.version);
            }
        }
        for (name, image) in &self.entry.images {
            self.pin(Path::of(["images", name, "tag"]), &image.tag);
        }
    }

    fn primary(&mut self) {
        let Some(name) = &self.entry.primary else { return };
        if self.entry.releases().all(|release| release.name != *name) {
            let help =
                known_instead(name, self.entry.releases().map(|release| release.name.as_str()).collect::<Vec<_>>());
            self.report(Path::of(["primary"]), format!("there is no release `{name}`"), help);
        }
    }

    fn chart(&mut self, place: &Path, chart: &Chart) {
        let homes = [&chart.oci, &chart.repository, &chart.git].iter().filter(|home| home.is_some()).count();
        if homes != 1 {
            let message = format!("a chart has one home, this one has {homes}");
            self.report(place.clone(), message, Some("give one of `oci`, `repository` and `git`".into()));
        }
        for (home, address, needed, given) in
            [("repository", &chart.repository, "name", &chart.name), ("git", &chart.git, "path", &chart.path)]
        {
            if address.is_some() && given.is_none() {
                self.report(place.clone(), format!("a chart in `{home}` needs `{needed}`"), None);
            }
        }
        self.pin(place.key("version"), &chart.version);
        self.window(place.key("kubernetes"), chart.kubernetes.as_deref());
    }

    /// A version that means the same thing tomorrow.
    fn pin(&mut self, place: Path, version: &str) {
        if version.is_empty() || version == "latest" || version.contains(['*', '^', '~', '>', '<', ' ']) {
            self.report(place, format!("`{version}` is no exact version"), Some("name one release".into()));
        }
    }

    /// Every expression and template can be read; what they say is known only in a cloud.
    fn expressions(&mut self) {
        let entry = self.entry;
        let mut expressions: Vec<(Path, &str)> = Vec::new();
        let mut templates: Vec<(Path, &str)> = Vec::new();
        for (name, variant) in &entry.variants {
            expressions.extend(condition(&Path::of(["variants", name]), variant.when.as_ref()));
        }
        expressions.extend(conditions(&Path::of(["slots"]), entry.slots.iter().map(|slot| &slot.when)));
        expressions.extend(conditions(&Path::of(["networks"]), entry.networks.iter().map(|network| &network.when)));
        let provides = Path::of(["provides"]);
        expressions.extend(conditions(&provides.key("crds"), entry.provides.crds.iter().map(|crds| &crds.when)));
        let classes = entry.provides.storage_classes.iter();
        expressions.extend(classes.map(|text| (provides.key("storageClasses"), text.as_str())));
        expressions
            .extend(conditions(&Path::of(["requires"]), entry.requires.iter().map(|requirement| &requirement.when)));
        let secrets = entry.secrets.iter().enumerate();
        expressions.extend(
            secrets.map(|(index, secret)| (Path::of(["secrets"]).index(index).key("name"), secret.name.as_str())),
        );
        let checks = Path::of(["valueChecks"]);
        for (index, check) in entry.value_checks.iter().enumerate() {
            expressions.extend(condition(&checks.index(index), check.when.as_ref()));
            expressions.push((checks.index(index).key("unless"), check.unless.as_str()));
        }
        expressions.extend(conditions(&Path::of(["node"]), entry.node.iter().map(|need| &need.when)));
        expressions.extend(conditions(&Path::of(["cluster"]), entry.cluster.iter().map(|need| &need.when)));
        expressions.extend(conditions(&Path::of(["layers"]), entry.layers.iter().map(|layer| &layer.when)));
        templates.extend(entry.provides.copies.iter().map(|text| (provides.key("copies"), text.as_str())));
        templates.extend(entry.notes.iter().map(|text| (Path::of(["notes"]), text.as_str())));
        for (index, layer) in entry.layers.iter().enumerate() {
            let place = Path::of(["layers"]).index(index);
            let releases = place.key("releases");
            expressions.extend(conditions(&releases, layer.releases.iter().map(|release| &release.when)));
            for (index, release) in layer.releases.iter().enumerate() {
                let values = release.values.iter();
                templates.extend(values.map(|text| (releases.index(index).key("values"), text.as_str())));
            }
            templates.extend(layer.objects.iter().map(|text| (place.key("objects"), text.as_str())));
            let patches = layer.manifests.iter().flat_map(|manifests| &manifests.patches);
            templates.extend(patches.map(|text| (place.key("manifests").key("patches"), text.as_str())));
        }
        let catalog = self.catalog;
        for (place, text) in expressions {
            if let Err(error) = catalog.templates.check_expression(text) {
                self.report(place, format!("the expression cannot be read: {error}"), None);
            }
        }
        for (place, text) in templates {
            if let Err(error) = catalog.templates.check_template(text) {
                self.report(place, format!("the template cannot be read: {error}"), None);
            }
        }
    }
}

/// The conditions of a list, each with its place.
fn conditions<'e>(
    list: &Path,
    whens: impl Iterator<Item = &'e Option<String>>,
) -> impl Iterator<Item = (Path, &'e str)> {
    whens.enumerate().filter_map(|(index, when)| condition(&list.index(index), when.as_ref()))
}

fn condition<'e>(place: &Path, when: Option<&'e String>) -> Option<(Path, &'e str)> {
    Some((place.key("when"), when?.as_str()))
}
