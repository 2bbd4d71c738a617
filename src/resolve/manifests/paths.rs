//! A path or pattern of `extraManifests` -> the files that it means, by name.
//!
//! `*` stands for any text within a name, `**` for any folders. As in a shell, neither means a name that begins with a dot. What
//! is below the folders that cloudc writes is not meant either: a cloud would take in what it made before.

use crate::diag::{Diagnostic, Diagnostics};
use crate::resolve::EMITTED_FOLDERS;
use crate::schema::known_instead;
use crate::source::{Beside, FolderEntry, Span};
use crate::spec::Glob;
use crate::tree::TreePath;

/// The most files of all patterns of this shape, and the deepest folder.
const MAX_FILES: usize = 1000;
const MAX_DEPTH: usize = 32;

/// Names by which kustomize takes a file for its own.
const KUSTOMIZE_FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The files that a pattern means; of a wrong one none, and a finding.
pub(super) fn expand(pattern: &str, at: Span, beside: &dyn Beside, diags: &mut Diagnostics) -> Vec<String> {
    let segments: Vec<&str> = pattern.split('/').filter(|segment| *segment != ".").collect();
    if let Some(refusal) = refusal(pattern, &segments, at) {
        diags.push(refusal);
        return Vec::new();
    }
    let found = match files(&segments, beside) {
        Ok(found) => found,
        Err(why) => {
            diags.push(Diagnostic::error("unreadable-file", at, why));
            return Vec::new();
        }
    };
    match fault(pattern, &segments, &found, at, beside) {
        None => found,
        Some(fault) => {
            diags.push(fault);
            Vec::new()
        }
    }
}

/// A path that is not one of a file beside the cloud.
fn refusal(pattern: &str, segments: &[&str], at: Span) -> Option<Diagnostic> {
    let refuse =
        |message: String, help: &str| Some(Diagnostic::error("wrong-value", at, message).help(help.to_owned()));
    if segments.contains(&"..") || segments.iter().any(|segment| segment.is_empty()) {
        return refuse(
            format!("`{pattern}` is no path of a file below the folder of the cloud"),
            "write it from the folder of the cloud on, without `..`, for example `manifests/*.yaml`",
        );
    }
    if segments.first().is_some_and(|first| EMITTED_FOLDERS.contains(first)) {
        return refuse(
            format!("`{pattern}` is in a folder that cloudc writes"),
            "choose a folder of your own, for example `manifests`",
        );
    }
    None
}

/// What is wrong with what a pattern found.
fn fault(pattern: &str, segments: &[&str], found: &[String], at: Span, beside: &dyn Beside) -> Option<Diagnostic> {
    if found.is_empty() {
        return Some(nothing(pattern, segments, at, beside));
    }
    if found.len() > MAX_FILES {
        let message = format!("`{pattern}` matches more than {MAX_FILES} files");
        return Some(Diagnostic::error("too-large", at, message).help("name the folders that are meant"));
    }
    let of_kustomize = |path: &&String| path.rsplit('/').next().is_some_and(|name| KUSTOMIZE_FILES.contains(&name));
    if let Some(path) = found.iter().find(of_kustomize) {
        let message = format!("`{path}` is a file of kustomize, not a manifest");
        return Some(
            Diagnostic::error("wrong-value", at, message)
                .help("name the manifests themselves; all of them are applied as they stand"),
        );
    }
    let path = found.iter().find(|path| TreePath::new(path).is_none())?;
    let message = format!("`{path}` is not a name for every system");
    Some(Diagnostic::error("wrong-name", at, message).help("leave `:` and `\\` out of it"))
}

/// No file, with those that are in the folder.
fn nothing(pattern: &str, segments: &[&str], at: Span, beside: &dyn Beside) -> Diagnostic {
    let (last, folder) = segments.split_last().unwrap_or((&"", &[]));
    let entries = beside.list(&folder.join("/")).unwrap_or_default();
    let names = entries.iter().filter(|entry| !entry.is_folder).map(|entry| entry.name.as_str());
    Diagnostic::error("manifest-not-found", at, format!("`{pattern}` matches no file"))
        .help_if(known_instead(last, names))
}

/// The files, each once, in the order of their names.
fn files(segments: &[&str], beside: &dyn Beside) -> Result<Vec<String>, String> {
    let Some((last, above)) = segments.split_last() else { return Ok(Vec::new()) };
    let mut folders = vec![String::new()];
    for segment in above {
        let mut next = Vec::new();
        for folder in folders {
            match *segment {
                "**" => descend(&folder, 0, beside, &mut next)?,
                name if !name.contains('*') => next.push(below(&folder, name)),
                pattern => next.extend(matching(&folder, pattern, true, beside)?),
            }
        }
        folders = next;
    }
    let mut found = Vec::new();
    let certain = !above.iter().any(|segment| segment.contains('*'));
    for folder in folders {
        match *last {
            // What is there is seen when it is read.
            name if certain && !name.contains('*') => found.push(below(&folder, name)),
            "**" => {
                let mut inner = Vec::new();
                descend(&folder, 0, beside, &mut inner)?;
                for folder in inner {
                    found.extend(matching(&folder, "*", false, beside)?);
                }
            }
            pattern => found.extend(matching(&folder, pattern, false, beside)?),
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// What a pattern means in one folder.
fn matching(folder: &str, pattern: &str, folders: bool, beside: &dyn Beside) -> Result<Vec<String>, String> {
    let glob = Glob::new(pattern);
    let meant = |entry: &FolderEntry| {
        entry.is_folder == folders
            && glob.matches(&entry.name)
            && (pattern.starts_with('.') || !entry.name.starts_with('.'))
            && !(folder.is_empty() && EMITTED_FOLDERS.contains(&entry.name.as_str()))
    };
    Ok(beside.list(folder)?.into_iter().filter(meant).map(|entry| below(folder, &entry.name)).collect())
}

/// A folder and all below it.
fn descend(folder: &str, depth: usize, beside: &dyn Beside, found: &mut Vec<String>) -> Result<(), String> {
    if depth > MAX_DEPTH || found.len() > MAX_FILES {
        return Err(format!("the folder {folder} has too much below it"));
    }
    found.push(folder.to_owned());
    for inner in matching(folder, "*", true, beside)? {
        descend(&inner, depth + 1, beside, found)?;
    }
    Ok(())
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
