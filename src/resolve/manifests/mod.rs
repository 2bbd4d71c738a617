//! `extraManifests`: files of the user's own, found, read, and checked as far as they can be without a cluster.
//!
//! They are handed on byte for byte. What is checked is what would stop Flux later, for all of them at once: that there are
//! objects, each once, and no secret that anybody can read.

mod objects;
mod paths;

use indexmap::IndexMap;

use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{ExtraManifest, ObjectId};
use crate::source::{Beside, Sources, Span};
use crate::spec::Cloud;
use crate::syntax::{self, Document, Path};

/// All files together; what is larger is not written by hand, and Flux fetches it with every change.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Manifests of the user's own, by path.
#[derive(Debug, Clone, Default)]
pub struct OwnManifests {
    files: IndexMap<String, OwnFile>,
}

#[derive(Debug, Clone)]
struct OwnFile {
    text: String,
    /// The pattern that found it.
    place: Path,
    objects: Vec<(ObjectId, Span)>,
}

/// Reads what `extraManifests` names.
pub fn own_manifests(
    spec: &Cloud,
    document: &Document,
    sources: &mut Sources,
    beside: &dyn Beside,
    diags: &mut Diagnostics,
) -> OwnManifests {
    let mut own = OwnManifests::default();
    let decrypts = spec.delivery.as_ref().is_some_and(|delivery| delivery.sops.is_some());
    let mut bytes = 0;
    for (index, pattern) in spec.extra_manifests.iter().enumerate() {
        let place = Path::of(["extraManifests"]).index(index);
        let at = document.value_span(&place);
        for path in paths::expand(pattern, at, beside, diags) {
            if own.files.contains_key(&path) {
                continue;
            }
            let text = match beside.read_below(&path) {
                Ok(text) => text,
                Err(why) => {
                    diags.push(Diagnostic::error("unreadable-file", at, why));
                    continue;
                }
            };
            bytes += text.len();
            if bytes > MAX_BYTES {
                diags.push(too_large(at));
                return own;
            }
            let file = sources.add(shown(sources, document, &path), &text);
            let (documents, faults) = syntax::parse_all(file, &text);
            diags.extend(faults);
            let checked = objects::check(&documents, decrypts, diags);
            own.files.insert(path, OwnFile { text, place: place.clone(), objects: checked });
        }
    }
    own.once(diags);
    own
}

impl OwnManifests {
    /// What back ends see of them.
    pub(super) fn for_model(&self) -> IndexMap<String, ExtraManifest> {
        let file = |file: &OwnFile| ExtraManifest {
            text: file.text.clone(),
            objects: file.objects.iter().map(|(id, _)| id.clone()).collect(),
            origin: file.place.to_string(),
        };
        self.files.iter().map(|(path, own)| (path.clone(), file(own))).collect()
    }

    /// Says that an object is in the tree already.
    pub fn emitted_twice(&self, path: &str, object: usize, origin: &str, document: &Document) -> Diagnostic {
        let (id, at) = &self.files[path].objects[object];
        // A place as files name it, as far as the document has it.
        let place = document.key_span(&Path::of(origin.split('.')));
        Diagnostic::error("duplicate-object", *at, format!("{id} is made by the cloud, too"))
            .label(place, "for this")
            .help("give yours another name, or change that of the cloud with `patches`")
    }

    /// Reports every object that is in two files, or twice in one.
    fn once(&self, diags: &mut Diagnostics) {
        let mut known: IndexMap<&ObjectId, Span> = IndexMap::new();
        for (id, at) in self.files.values().flat_map(|file| &file.objects) {
            match known.get(id) {
                None => {
                    known.insert(id, *at);
                }
                Some(first) => diags.push(
                    Diagnostic::error("duplicate-object", *at, format!("{id} is given twice"))
                        .label(*first, "the first")
                        .help("keep one of the two"),
                ),
            }
        }
    }
}

/// A path beside the cloud as findings show it.
fn shown(sources: &Sources, document: &Document, path: &str) -> String {
    match sources.get(document.file).name.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    }
}

fn too_large(at: Span) -> Diagnostic {
    Diagnostic::error("too-large", at, "own manifests of more than 16 MiB")
        .help("put what is this large into a source of its own, and the source into `extraManifests`")
}
