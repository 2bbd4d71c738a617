//! A path in cloud.yaml -> every emitted line that it touches.

use super::super::{FINE, Outcome, Session, count};
use super::{Answer, Form, json};
use crate::catalog::Catalog;
use crate::explain::Field;
use crate::provenance::Provenance;
use crate::schema::{cloud_schema, known_instead};
use crate::syntax::{Document, NodeKind, Path, Step};

/// The path, if it is one of the language and its names are those of this cloud.
pub(super) fn checked(text: &str, document: &Document, catalog: &Catalog) -> Result<Path, String> {
    let path = Path::read(text);
    if document.contains(&path) {
        return Ok(path);
    }
    Field::find(&cloud_schema(catalog), text)?;
    // The schema takes any name where a name of the user's goes.
    let mut above = Path::root();
    for step in path.steps() {
        let Step::Key(key) = step else { break };
        let node = document.get(&above);
        if let Some(NodeKind::Map(entries)) = node.map(|node| &node.kind)
            && !entries.iter().any(|entry| entry.key == *key)
            && is_of_names(&above, key, catalog)
        {
            let help = known_instead(key, entries.iter().map(|entry| entry.key.as_str()));
            let help = help.map(|help| format!("; {help}")).unwrap_or_default();
            return Err(format!("`{above}` has no `{key}` in this cloud{help}"));
        }
        above = above.key(key);
    }
    Ok(path)
}

/// Whether the keys of a map are names that a user gives to things that are there.
fn is_of_names(map: &Path, key: &str, catalog: &Catalog) -> bool {
    let things = ["nodes", "nodeClasses", "zones", "tenants"];
    let of_tenants = matches!(map.steps(), [Step::Key(tenants), _, Step::Key(groups)] if tenants == "tenants" && groups == "nodeGroups");
    let single = matches!(map.steps(), [Step::Key(only)] if things.contains(&only.as_str()));
    let component = map.to_string() == "components" && catalog.component(key).is_none();
    of_tenants || single || component
}

pub(super) fn give(
    session: &Session,
    answer: &Answer<'_>,
    provenance: &Provenance<'_>,
    path: &Path,
    form: Form,
) -> Outcome {
    let mut touched = Vec::new();
    let files = provenance.blast(path);
    for (file, lines) in &files {
        let bytes = answer.compiled.tree.get(file).map(|file| file.bytes.as_slice()).unwrap_or_default();
        let text = String::from_utf8_lossy(bytes);
        let all: Vec<&str> = text.lines().collect();
        for line in lines {
            touched.push((file.clone(), *line, all.get(line - 1).copied().unwrap_or_default().to_owned()));
        }
    }
    if form == Form::Json {
        return session.give(&json::blast(path, &touched));
    }
    let mut text = String::new();
    for (file, line, emitted) in &touched {
        text.push_str(&format!("{file}:{line}: {emitted}\n"));
    }
    session.give(&text)?;
    if !session.quiet {
        session.tell(&format!("{path}: {} in {}\n", count(touched.len(), "line"), count(files.len(), "file")));
    }
    Ok(FINE)
}
