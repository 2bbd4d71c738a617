//! What a row says of a place -> origins in one cloud.

use std::collections::BTreeMap;

use super::cloud::{Step, find, keys, levels};
use super::pattern::Captures;
use super::{Origin, Provenance, needs};
use crate::emitted::{Object, Place, Step as PlaceStep};
use crate::model::{Machine, Tenant};
use crate::syntax::{Document, NodeKind, Path};

/// What a place comes from, for every cloud.
pub(super) enum Cause {
    /// A path in `cloud.yaml`. `{tenant}` is a name out of the path of the file, `$1` what the first star of the row stood for, `$rest`
    /// what `**` did, `*` everything that is there.
    Path(&'static str),
    /// That a key is there, whatever it says.
    Key(&'static str),
    /// A setting of the node `{node}`: where it stands on the node, in its zone, its classes, the defaults; what components ask for.
    Setting(&'static str),
    /// The same of every node.
    Settings(&'static str),
    /// A file of the catalog, and what of it.
    Catalog(&'static str, &'static str),
    Rule(&'static str),
    /// What has to be looked up.
    Find(fn(&Scope<'_>) -> Vec<Origin>),
    /// Several together.
    All(&'static [Self]),
}

/// One place, looked at.
pub(super) struct Scope<'a> {
    pub provenance: &'a Provenance<'a>,
    pub file: &'a str,
    pub object: &'a Object,
    pub path: &'a [PlaceStep],
    /// Names out of the path of the file.
    pub names: BTreeMap<&'static str, String>,
    pub captures: Captures,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        provenance: &'a Provenance<'a>,
        place: &'a Place,
        names: BTreeMap<&'static str, String>,
        captures: Captures,
    ) -> Self {
        let mut scope =
            Self { provenance, file: &place.file, object: &place.object, path: &place.path, names, captures };
        if let Some(link) = super::talos::link(&scope) {
            scope.names.insert("link", link);
        }
        scope
    }

    pub(super) const fn document(&self) -> &'a Document {
        &self.provenance.compiled.document
    }

    /// A name out of the path of the file; `name` is the object's own, `link` the link that a document is about.
    pub(super) fn name(&self, name: &str) -> &str {
        match name {
            "name" => self.object.name.as_deref().unwrap_or_default(),
            _ => self.names.get(name).map_or("", String::as_str),
        }
    }

    pub(super) fn machine(&self) -> Option<&'a Machine> {
        self.provenance.machines.get(self.name("node")).copied()
    }

    pub(super) fn tenant(&self) -> Option<&'a Tenant> {
        self.provenance.tenants.get(self.name("tenant")).copied()
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.provenance.compiled.model.nodes.iter().map(|machine| machine.name.as_str())
    }

    pub(super) fn all(&self, causes: &[Cause]) -> Vec<Origin> {
        causes.iter().flat_map(|cause| self.one(cause)).collect()
    }

    pub(super) fn one(&self, cause: &Cause) -> Vec<Origin> {
        match cause {
            Cause::Path(template) => self.path(template),
            Cause::Key(template) => {
                let found = find(self.document(), &Path::root(), &self.steps(template));
                found.into_iter().map(|found| Origin::Key(found.path)).collect()
            }
            Cause::Setting(template) => self.setting(self.name("node"), &self.steps(template)),
            Cause::Settings(template) => {
                let steps = self.steps(template);
                self.nodes().flat_map(|node| self.setting(node, &steps)).collect()
            }
            Cause::Catalog(file, what) => vec![Origin::Catalog { file: (*file).to_owned(), what: (*what).to_owned() }],
            Cause::Rule(why) => vec![Origin::Rule { why }],
            Cause::Find(find) => find(self),
            Cause::All(causes) => self.all(causes),
        }
    }

    /// A path in `cloud.yaml`, written or not.
    pub(super) fn path(&self, template: &str) -> Vec<Origin> {
        let found = find(self.document(), &Path::root(), &self.steps(template));
        found.into_iter().map(super::cloud::Found::origin).collect()
    }

    /// The steps of a template, names and stars filled in.
    pub(super) fn steps(&self, template: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        for part in template.split('.') {
            match part {
                "*" => steps.push(Step::Any),
                "$rest" => steps.extend(self.captures.rest.iter().cloned().map(Step::Of)),
                "$last" => steps.extend(self.path.last().cloned().map(Step::Of)),
                _ => match (part.strip_prefix('$'), part.strip_prefix('{')) {
                    (Some(number), _) => {
                        let star =
                            number.parse::<usize>().ok().and_then(|n| self.captures.stars.get(n.wrapping_sub(1)));
                        steps.extend(star.cloned().map(Step::Of));
                    }
                    (_, Some(name)) => steps.push(Step::Key(self.name(name.trim_end_matches('}')).to_owned())),
                    _ => steps.push(Step::Key(part.to_owned())),
                },
            }
        }
        steps
    }

    /// Where a setting of a node comes from.
    pub(super) fn setting(&self, node: &str, steps: &[Step]) -> Vec<Origin> {
        setting(self.provenance, node, steps)
    }

    /// The places in `cloud.yaml` that own the file.
    pub(super) fn owners(&self) -> Vec<Origin> {
        let file = self.provenance.compiled.tree.get(self.file);
        let owners = file.into_iter().flat_map(|file| &file.origins);
        owners
            .flat_map(|owner| self.path(owner))
            .map(|origin| Origin::Key(origin.path().cloned().unwrap_or_default()))
            .collect()
    }

    /// Every key at the top of `cloud.yaml`.
    pub(super) fn everything(&self) -> Vec<Origin> {
        keys(self.document(), &Path::root()).into_iter().map(|key| Origin::Spec(Path::of([key]))).collect()
    }
}

/// Where a setting of a node comes from: the levels that say it as far as they count, then components that ask for it, else
/// nothing says it.
pub(super) fn setting(provenance: &Provenance<'_>, node: &str, steps: &[Step]) -> Vec<Origin> {
    let mut origins = Vec::new();
    let united =
        matches!(steps, [Step::Key(key), ..] if ["extensions", "kernelArgs", "certSANs"].contains(&key.as_str()));
    let levels = levels(&provenance.compiled.document, node);
    for level in &levels {
        for found in find(&provenance.compiled.document, level, steps) {
            let Some(node) = found.node else { continue };
            // Maps are merged, everything else counts alone.
            let merged = united || matches!(node.kind, NodeKind::Map(_)) && found.path.last_key() != Some("match");
            origins.push(Origin::Spec(found.path));
            if !merged {
                return origins;
            }
        }
    }
    let machine = provenance.machines.get(node);
    origins.extend(machine.into_iter().flat_map(|machine| needs::of(machine, steps)));
    if origins.is_empty() {
        let found = find(&provenance.compiled.document, &levels[0], steps);
        origins.extend(found.into_iter().map(|found| Origin::Default(found.path)));
    }
    origins
}
