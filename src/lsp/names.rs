//! References: what a name at a place means, which names there are, and where each is defined.

use crate::catalog;
use crate::explain::Offers;
use crate::model::Model;
use crate::source::Span;
use crate::spec::scalar::Minor;
use crate::syntax::{Document, Node, Path, Step};

use super::open::keys;

/// What a name refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thing {
    Class,
    Zone,
    Pool,
    Volume,
    StorageClass,
    Extension,
    /// A key of a parameter of the same component.
    Parameter(Path),
}

/// Where settings of nodes may stand: below each name of the maps, and in `nodeDefaults` itself.
const LEVELS: [&str; 3] = ["nodeClasses", "zones", "nodes"];

impl Thing {
    /// What the value at a place refers to, if anything.
    pub fn at(place: &Path, offers: &Offers) -> Option<Self> {
        let general = offers.path.as_str();
        match general {
            "nodes.<name>.class" | "nodeClasses.<name>.extends" => return Some(Self::Class),
            "nodes.<name>.zone" => return Some(Self::Zone),
            "tenants.<name>.loadBalancers.pool" => return Some(Self::Pool),
            "tenants.<name>.storageClasses.<name>.from" => return Some(Self::StorageClass),
            _ if general.ends_with(".extensions[]") || general.ends_with(".extensions.remove[]") => {
                return Some(Self::Extension);
            }
            _ => {}
        }
        match offers.refers.as_deref()? {
            "node-class" => Some(Self::Class),
            "load-balancer-pool" => Some(Self::Pool),
            "volume" => Some(Self::Volume),
            "storage-class" => Some(Self::StorageClass),
            other => {
                let parameter = other.strip_prefix("parameter.")?;
                let steps = place.steps();
                let named = |step: &Step| matches!(step, Step::Key(key) if key == "components" || key == "addons");
                let at = steps.iter().position(named)?;
                Some(Self::Parameter(Path::from(steps.get(..at + 2)?.to_vec()).key(parameter)))
            }
        }
    }

    /// Every name that there is, in the order of the file.
    pub fn names(&self, document: &Document, model: Option<&Model>) -> Vec<String> {
        let of = |place: &Path| keys(document, place).into_iter().map(str::to_owned).collect();
        match self {
            Self::Class => of(&Path::of(["nodeClasses"])),
            Self::Zone => of(&Path::of(["zones"])),
            Self::Pool => of(&Path::of(["network", "loadBalancers"])),
            Self::Parameter(place) => of(place),
            Self::Volume => {
                let mut names: Vec<String> = Vec::new();
                for name in volumes(document).iter().flat_map(|place| keys(document, place)) {
                    if !names.iter().any(|known| known == name) {
                        names.push(name.to_owned());
                    }
                }
                names
            }
            Self::StorageClass => {
                model.map(|model| model.platform.storage_classes.keys().cloned().collect()).unwrap_or_default()
            }
            Self::Extension => {
                let version = document.get(&Path::of(["versions", "talos"])).map(Node::to_json);
                let version = version.as_ref().and_then(|version| version.as_str()).unwrap_or_default();
                let version = semver::Version::parse(version.trim_start_matches('v')).ok();
                let known = version.and_then(|version| catalog::talos().known_extensions(Minor::from(&version)));
                known.map(|names| names.map(str::to_owned).collect()).unwrap_or_default()
            }
        }
    }

    /// The keys in the cloud that define a name.
    pub fn definitions(&self, name: &str, document: &Document, model: Option<&Model>) -> Vec<Span> {
        let places = match self {
            Self::Class => vec![Path::of(["nodeClasses", name])],
            Self::Zone => vec![Path::of(["zones", name])],
            Self::Pool => vec![Path::of(["network", "loadBalancers", name])],
            Self::Parameter(place) => vec![place.key(name)],
            Self::Volume => volumes(document).iter().map(|place| place.key(name)).collect(),
            Self::StorageClass => {
                let maker = model.and_then(|model| model.platform.storage_classes.get(name));
                maker.map(|maker| made_by(maker, name, document)).into_iter().collect()
            }
            Self::Extension => Vec::new(),
        };
        let there = places.iter().filter(|place| document.contains(place));
        there.map(|place| document.key_span(place)).collect()
    }
}

/// The places that define volumes of nodes.
fn volumes(document: &Document) -> Vec<Path> {
    let levels = LEVELS.iter().flat_map(|level| {
        let place = Path::of([level]);
        keys(document, &place).into_iter().map(|name| place.key(name)).collect::<Vec<_>>()
    });
    std::iter::once(Path::of(["nodeDefaults"])).chain(levels).map(|place| place.key("volumes")).collect()
}

/// Where a component says that it makes a StorageClass: a parameter that has its name as a key, else the component.
fn made_by(component: &str, class: &str, document: &Document) -> Path {
    let place = Path::of(["components", component]);
    let parameters = keys(document, &place).into_iter().map(|parameter| place.key(parameter).key(class));
    parameters.into_iter().find(|inner| document.contains(inner)).unwrap_or(place)
}
