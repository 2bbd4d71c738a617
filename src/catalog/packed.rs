//! The files of `stdlib/` as the build script has packed them: JSON, compiled in.

use serde::de::DeserializeOwned;

/// Path below `stdlib/` and JSON, in the order of the paths.
static FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/stdlib.rs"));

/// A file of the catalog.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed {
    /// Below `stdlib/`.
    path: &'static str,
    json: &'static str,
}

impl Packed {
    pub fn path(self) -> &'static str {
        self.path
    }

    /// As diagnostics show it.
    pub fn name(self) -> String {
        format!("<stdlib>/{}", self.path)
    }

    /// The name of the folder that it is in.
    pub fn folder(self) -> &'static str {
        self.path.rsplit('/').nth(1).unwrap_or_default()
    }

    pub fn json(self) -> &'static str {
        self.json
    }

    /// As a type.
    ///
    /// # Panics
    /// When it does not have the format; a test reads every file, so a release cannot.
    pub fn read<T: DeserializeOwned>(self) -> T {
        serde_json::from_str(self.json).unwrap_or_else(|error| panic!("{}: {error}", self.name()))
    }
}

/// The files below a folder of `stdlib/` whose paths end like this.
pub(crate) fn files(folder: &str, end: &str) -> impl Iterator<Item = Packed> {
    let files = FILES.iter().filter(move |(path, _)| path.starts_with(folder) && path.ends_with(end));
    files.map(|(path, json)| Packed { path, json })
}

/// A file by its path below `stdlib/`.
pub(crate) fn file(path: &str) -> Option<Packed> {
    let at = FILES.binary_search_by_key(&path, |(path, _)| *path).ok()?;
    let (path, json) = FILES[at];
    Some(Packed { path, json })
}

/// A table of `stdlib/versions/`, by its name.
///
/// # Panics
/// When there is none; a test reads every table, so a release cannot.
pub(super) fn table<T: DeserializeOwned>(name: &str) -> T {
    file(&format!("versions/{name}.yaml")).unwrap_or_else(|| panic!("there is no table {name}")).read()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::FILES;
    use crate::source::{self, Sources};
    use crate::syntax;

    /// The build script reads with another parser than the one that reads what users write.
    #[test]
    fn what_is_packed_is_what_is_written() {
        assert!(FILES.is_sorted_by_key(|(path, _)| *path));
        for (path, json) in FILES {
            let text = source::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib").join(path)).unwrap();
            let (document, findings) = syntax::parse(Sources::default().add(*path, text.as_str()), &text);
            assert_eq!(findings.sorted().first().map(|finding| &finding.message), None, "{path}");
            let written = document.root.to_json().to_string();
            assert!(written == *json, "{path}");
        }
    }
}
