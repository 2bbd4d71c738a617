//! Secrets that are written where a reference belongs: in values of charts, in patches, in environments, in URLs.

use super::Resolver;
use crate::diag::Diagnostic;
use crate::syntax::{Node, NodeKind, Path, Step};

/// Keys whose text is a secret by their name, without `-` and `_`, in lower case. Names of Secrets, or of keys in them, are called
/// otherwise.
const KEYS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "apitoken",
    "authtoken",
    "bearertoken",
    "secretaccesskey",
    "clientsecret",
    "identitytoken",
    "secretboxencryptionsecret",
    "aescbcencryptionsecret",
];

/// Fields of a machine configuration that are its secrets.
const OF_TALOS: [[&str; 2]; 3] = [["machine", "token"], ["cluster", "token"], ["cluster", "secret"]];

/// What is free text to cloudc, and so may hold anything.
const FREE: [&str; 4] = ["values", "merge", "patches", "env"];

pub(super) fn check(cx: &mut Resolver<'_>) {
    let mut found = Vec::new();
    walk(&cx.document.root, &mut Vec::new(), false, &mut found);
    for (place, what) in found {
        let at = cx.value(&place);
        cx.report(
            Diagnostic::warning("secret-as-value", at, format!("{what} stands in the clear, and in Git"))
                .note("what is written here is emitted as it is")
                .help("put it into a Secret (encrypted with sops, or from a store of secrets), and name that"),
        );
    }
}

/// `free` says whether the text is of a part that the language does not know.
fn walk(node: &Node, at: &mut Vec<Step>, free: bool, found: &mut Vec<(Path, String)>) {
    match &node.kind {
        NodeKind::Map(entries) => {
            for entry in entries {
                at.push(Step::Key(entry.key.clone()));
                let free = free || FREE.contains(&entry.key.as_str());
                walk(&entry.value, at, free, found);
                at.pop();
            }
        }
        NodeKind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push(Step::Index(index));
                walk(item, at, free, found);
                at.pop();
            }
        }
        NodeKind::String(text) => {
            if is_of_environment(at) && is_secret_variable(text) {
                let name = text.split('=').next().unwrap_or_default();
                found.push((at.clone().into(), format!("`{name}`")));
            } else if has_password(text) {
                found.push((at.clone().into(), "the password in this address".to_owned()));
            } else if free && is_secret(at) && is_literal(text) {
                let name = at.iter().rev().find_map(Step::as_key);
                found.push((at.clone().into(), format!("`{}`", name.unwrap_or_default())));
            }
        }
        _ => {}
    }
}

/// Whether the last key says that its text is a secret.
fn is_secret(at: &[Step]) -> bool {
    let keys: Vec<&str> = at.iter().filter_map(Step::as_key).collect();
    let [.., owner, last] = keys.as_slice() else { return false };
    let plain: String = last.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect();
    // Of objects of that kind `backend::objects` tells.
    if matches!(*owner, "data" | "stringData") {
        return false;
    }
    let key_of_authority = *last == "key" && matches!(*owner, "ca" | "aggregatorCA" | "serviceAccount");
    KEYS.contains(&plain.as_str())
        || plain.ends_with("password") && plain != "usepassword"
        || key_of_authority
        || OF_TALOS.iter().any(|field| field == &[*owner, *last])
}

/// Whether a text is an item of `environment` of the service of an extension.
fn is_of_environment(at: &[Step]) -> bool {
    matches!(at, [.., Step::Key(list), Step::Index(_)] if list == "environment")
        && at.iter().any(|step| matches!(step, Step::Key(key) if key == "extensionServices"))
}

/// `TS_AUTHKEY=tskey-...`.
fn is_secret_variable(text: &str) -> bool {
    const ENDS: [&str; 6] = ["PASSWORD", "TOKEN", "SECRET", "AUTHKEY", "AUTH_KEY", "API_KEY"];
    let Some((name, value)) = text.split_once('=') else { return false };
    ENDS.iter().any(|end| name.ends_with(end)) && is_literal(value)
}

/// Whether a text is itself what is meant: neither empty, nor put in by somebody, nor the path of a file.
fn is_literal(text: &str) -> bool {
    let put_in = ["$", "{{", "<", "/"];
    !text.is_empty() && !put_in.iter().any(|mark| text.starts_with(mark)) && !matches!(text, "true" | "false")
}

/// `https://user:password@host`.
fn has_password(text: &str) -> bool {
    let authority = text.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    let user = authority.and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user);
    user.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| is_literal(password))
}
