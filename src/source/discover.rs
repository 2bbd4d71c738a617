//! Finds the file to compile and reads it; the only place that opens input files.
#![expect(clippy::disallowed_methods, reason = "this module is the input edge")]

use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest file that is read; a cloud of a thousand nodes is about 300 kB.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The file that a command works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    pub path: PathBuf,
}

/// Names that a cloud has where it is the only one in its folder.
const NAMES: [&str; 2] = ["cloud.yaml", "cloudc.yaml"];
/// How the names of others end.
const SUFFIX: &str = ".cloudc.yaml";

/// Whether a file is a cloud by its name.
pub fn is_cloud_name(name: &str) -> bool {
    NAMES.contains(&name) || name.ends_with(SUFFIX)
}

/// `given`, else what [`find`] finds.
///
/// # Errors
/// A sentence for the user when there is none, or more than one.
pub fn discover(given: Option<&Path>, start: &Path) -> Result<Discovered, String> {
    if let Some(path) = given {
        return Ok(Discovered { path: path.to_owned() });
    }
    find(start)?.ok_or_else(|| "no cloud.yaml here or in a folder above; name one with --file".to_owned())
}

/// `cloud.yaml`, `cloudc.yaml` or the only `*.cloudc.yaml`, upwards from `start`.
///
/// # Errors
/// A sentence for the user when there is more than one.
pub fn find(start: &Path) -> Result<Option<Discovered>, String> {
    let from = std::path::absolute(start).map_err(|e| format!("cannot resolve {}: {e}", start.display()))?;
    // As a user would write it: from where the command runs, not from where the search begins.
    let shown = |path: &Path| match path.strip_prefix(&from) {
        Ok(below) if start == Path::new(".") => below.to_owned(),
        Ok(below) => start.join(below),
        Err(_) => path.to_owned(),
    };
    for folder in from.ancestors() {
        for name in NAMES {
            let path = folder.join(name);
            if path.is_file() {
                return Ok(Some(Discovered { path: shown(&path) }));
            }
        }
        let mut named: Vec<PathBuf> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().ends_with(SUFFIX) && path.is_file())
            .collect();
        named.sort();
        match named.as_slice() {
            [] => {}
            [one] => return Ok(Some(Discovered { path: shown(one) })),
            [first, second, ..] => {
                return Err(format!(
                    "both {} and {} could be meant; name one with --file",
                    first.display(),
                    second.display()
                ));
            }
        }
    }
    Ok(None)
}

/// Whether a path leads to a file.
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// The catalog entries of a user's own, `components/<name>/component.yaml` in the folder of the cloud: path and text, by path.
///
/// # Errors
/// A sentence for the user when one cannot be read.
pub fn entries(folder: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let Ok(found) = std::fs::read_dir(folder.join("components")) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> = found
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("component.yaml"))
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let mut entries = Vec::new();
    let mut bytes = 0;
    for path in paths {
        let text = read(&path)?;
        bytes += text.len() as u64;
        if bytes > MAX_BYTES {
            return Err(format!("the entries up to {} are {}", path.display(), too_large()));
        }
        entries.push((path, text));
    }
    Ok(entries)
}

/// Reads a text file that nobody named on the command line: what is no file (a pipe) might never end.
///
/// # Errors
/// As [`read`].
pub(super) fn read_file(path: &Path) -> Result<String, String> {
    match path.metadata() {
        Ok(found) if !found.is_file() => Err(format!("cannot read {}: it is not a file", path.display())),
        _ => read(path),
    }
}

/// Reads a text file, or standard input for `-`.
///
/// # Errors
/// A sentence for the user: unreadable, too large, or not UTF-8 (with the place of the first bad byte).
pub fn read(path: &Path) -> Result<String, String> {
    let name = path.display();
    let mut bytes = Vec::new();
    let result = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    result.map_err(|e| format!("cannot read {name}: {e}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("{name} is {}", too_large()));
    }
    text(bytes).map_err(|why| format!("{name} is {why}"))
}

fn too_large() -> String {
    format!(
        "larger than {} MiB, which is more likely a mistake: split it, or name another file",
        MAX_BYTES / 1024 / 1024
    )
}

/// Bytes as text.
///
/// # Errors
/// The end of the sentence "this file is ...": what the bytes are instead, and where that shows.
pub fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let (at, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes {
            return "UTF-16 by its first two bytes: save it as UTF-8".to_owned();
        }
        let line = bytes[..at].split(|byte| *byte == b'\n').count();
        format!("not UTF-8: the byte 0x{:02x} in line {line}, at offset {at}, is wrong; save it as UTF-8", bytes[at])
    })
}
