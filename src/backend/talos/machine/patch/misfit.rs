//! What Talos would refuse in a patch, in words.

use serde_json::Value;

use crate::backend::Misfit;
use crate::catalog::talos_documents::{kind_since, kinds};
use crate::schema::known_instead;
use crate::spec::scalar::Minor;
use crate::syntax::Path;

/// Something in a patch that Talos would refuse, or that does nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Fault {
    /// Not a mapping.
    NoDocument,
    UnknownKind(String),
    UnknownField {
        path: String,
        near: Option<String>,
    },
    /// A list where Talos has a mapping, and the like.
    WrongShape {
        path: String,
        given: &'static str,
        expected: &'static str,
    },
    /// `$patch: delete` of what is not there; a path of keys, or kind and name.
    NothingToDelete(String),
    /// A kind and a section of `v1alpha1` that says the same.
    TwoPlaces {
        kind: String,
        section: String,
    },
    /// A document of control-plane machines, on a worker.
    ControlPlaneOnly(String),
    /// A number that Talos refuses.
    OutOfRange {
        path: String,
        least: u64,
        most: u64,
    },
    /// Something that a key of `cloud.yaml` decides for all.
    Decided {
        path: String,
        key: &'static str,
    },
    /// Fields of one document that exclude each other.
    Excluding {
        kind: String,
        fields: [&'static str; 2],
    },
}

impl Fault {
    /// The finding, at the key that it speaks of; `written` is what stands at the place.
    pub(super) fn at(self, place: &Path, written: &Value, talos: Minor) -> Misfit {
        let place = match &self {
            Self::UnknownField { path, .. }
            | Self::WrongShape { path, .. }
            | Self::Decided { path, .. }
            | Self::OutOfRange { path, .. }
            | Self::NothingToDelete(path)
            | Self::TwoPlaces { section: path, .. } => below(place, written, path),
            Self::UnknownKind(_) => place.key("kind"),
            _ => place.clone(),
        };
        let (rule, message, help) = self.words(talos);
        Misfit { place, rule, message, help }
    }

    fn words(self, talos: Minor) -> (&'static str, String, Option<String>) {
        match self {
            Self::NoDocument => ("wrong-type", "a patch is a mapping".to_owned(), None),
            Self::UnknownKind(kind) => unknown_kind(&kind, talos),
            Self::UnknownField { path, near } => (
                "unknown-key",
                format!("Talos has no field `{path}`"),
                near.map(|near| format!("did you mean `{near}`?")),
            ),
            Self::WrongShape { path, given, expected } => {
                ("wrong-type", format!("`{path}` is {given} in this patch, where Talos has {expected}"), None)
            }
            Self::NothingToDelete(what) => (
                "patch-matches-nothing",
                format!("there is no `{what}` to delete"),
                Some("compare with the machine's file in `talos/machines/`".to_owned()),
            ),
            Self::TwoPlaces { kind, section } => (
                "setting-in-two-places",
                format!("with this patch `{section}` and `{kind}` say the same, and Talos takes one of them"),
                Some(format!(
                    "patch the one that the machine's file in `talos/machines/` has, `{section}` or `{kind}`"
                )),
            ),
            Self::ControlPlaneOnly(kind) => (
                "control-plane-document",
                format!("this patch gives workers a `{kind}`, which Talos takes on control-plane machines only"),
                Some("select control-plane nodes: a class of their own, or each as `talos/node/NAME`".to_owned()),
            ),
            Self::OutOfRange { path, least, most } => (
                "wrong-value",
                format!("Talos takes `{path}` from {least} to {most}"),
                Some("correct it, or take it out of the patch".to_owned()),
            ),
            Self::Decided { path, key } => (
                "patch-against-cloud",
                format!("this patch says otherwise than `{key}`, which decides `{path}`"),
                Some(format!("say it with `{key}`, and take it out of the patch")),
            ),
            Self::Excluding { kind, fields: [one, other] } => (
                "setting-in-two-places",
                format!("`{kind}` cannot have both `{one}` and `{other}`"),
                Some(format!("take one away: `{{kind: {kind}, {other}: {{$patch: delete}}, ...}}`")),
            ),
        }
    }
}

/// The deepest key that a patch has of a path of keys with dots between and, perhaps, in them.
fn below(place: &Path, written: &Value, field: &str) -> Path {
    let next = written.as_object().into_iter().flatten().find_map(|(key, value)| {
        let rest = field.strip_prefix(key.as_str())?;
        (rest.is_empty() || rest.starts_with('.')).then(|| (key, value, rest.trim_start_matches('.')))
    });
    match next {
        Some((key, value, rest)) => below(&place.key(key), value, rest),
        None => place.clone(),
    }
}

fn unknown_kind(kind: &str, talos: Minor) -> (&'static str, String, Option<String>) {
    if let Some(since) = kind_since(kind) {
        let message = format!("Talos {talos} does not know `{kind}`, which came with {since}");
        return ("talos-too-old", message, Some(format!("remove it, or run Talos {since}")));
    }
    let help = known_instead(kind, kinds());
    ("unknown-document-kind", format!("Talos has no document of kind `{kind}`"), help)
}
