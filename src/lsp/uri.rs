//! `file:` URIs <-> paths, as RFC 3986 and RFC 8089 have them, with the drive letters of Windows.

use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;

/// The file that a URI names; none for a text that is in no file yet.
pub(super) fn to_path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    // A host before the path is this computer.
    let path = &rest[rest.find('/')?..];
    let mut bytes = Vec::with_capacity(path.len());
    let mut left = path.as_bytes();
    while let Some((&byte, rest)) = left.split_first() {
        let hex = rest.get(..2).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        if let Some(decoded) = hex.filter(|_| byte == b'%') {
            bytes.push(decoded);
            left = &rest[2..];
        } else {
            bytes.push(byte);
            left = rest;
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let drive = text.as_bytes().get(2) == Some(&b':') && text.as_bytes()[1].is_ascii_alphabetic();
    Some(PathBuf::from(if drive { &text[1..] } else { &text }))
}

/// The URI of an absolute path; none for a path that is no text.
pub(super) fn of_path(path: &Path) -> Option<Uri> {
    let text = path.to_str()?.replace('\\', "/");
    let mut uri = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(Uri(uri))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gen_lsp_types::Uri;

    use super::{of_path, to_path};

    #[test]
    fn a_path_comes_back() {
        for path in ["/home/me/cloud.yaml", "/tmp/a b/ü%20#?.yaml", "/"] {
            assert_eq!(to_path(&of_path(Path::new(path)).unwrap()).unwrap(), Path::new(path));
        }
        assert_eq!(of_path(Path::new("/a b")).unwrap().0, "file:///a%20b");
        assert_eq!(to_path(&Uri("file:///c%3A/x.yaml".to_owned())).unwrap(), Path::new("c:/x.yaml"));
        assert_eq!(to_path(&Uri("file://host/x".to_owned())).unwrap(), Path::new("/x"));
        assert_eq!(to_path(&Uri("untitled:Untitled-1".to_owned())), None);
        assert_eq!(to_path(&Uri("file:///%zz%".to_owned())).unwrap(), Path::new("/%zz%"));
    }
}
