//! The documents of a manifest -> what makes each object the one that it is, and what Flux or Git should not get.

use crate::diag::{Diagnostic, Diagnostics};
use crate::model::ObjectId;
use crate::source::Span;
use crate::syntax::{Document, Node, NodeKind};

/// The objects of one file. `decrypts`: whether Flux has the keys of SOPS.
pub(super) fn check(documents: &[Document], decrypts: bool, diags: &mut Diagnostics) -> Vec<(ObjectId, Span)> {
    let mut found = Vec::new();
    // Nothing is applied of a document without anything, such as one in comments.
    for document in documents.iter().filter(|document| document.root.kind != NodeKind::Null) {
        object(&document.root, decrypts, &mut found, diags);
    }
    found
}

fn object(node: &Node, decrypts: bool, found: &mut Vec<(ObjectId, Span)>, diags: &mut Diagnostics) {
    // The first line says which object it is, and more is no place.
    let at = place(node);
    let kind = text(node, &["kind"]);
    if let (Some(kind), Some(Node { kind: NodeKind::List(items), .. })) = (kind, node.get("items"))
        && kind.ends_with("List")
    {
        for item in items {
            object(item, decrypts, found, diags);
        }
        return;
    }
    for keys in [&["apiVersion"][..], &["kind"], &["metadata", "name"]] {
        if text(node, keys).is_none() {
            let key = keys.join(".");
            diags.push(
                no_object(at, &format!("a manifest without `{key}`"))
                    .help("`extraManifests` takes Kubernetes objects, as `kubectl apply` does; leave out other files"),
            );
            return;
        }
    }
    let text = |keys: &[&str]| text(node, keys).unwrap_or_default();
    let group = text(&["apiVersion"]).split_once('/').map_or("", |(group, _)| group);
    if group == "kustomize.config.k8s.io" {
        diags.push(
            no_object(at, "kustomize's own configuration cannot be applied")
                .help("name the manifests themselves; all of them are applied as they stand"),
        );
        return;
    }
    let encrypted = is_encrypted(node);
    if encrypted && !decrypts {
        diags.push(
            Diagnostic::error("cannot-decrypt", at, "Flux has no key to decrypt this")
                .help("say for whom files are encrypted: `delivery: {sops: {age: [age1...]}}`"),
        );
    }
    let in_the_clear = [readable_secret(node), private_key(node).filter(|_| !encrypted)];
    for finding in in_the_clear.into_iter().flatten() {
        diags.push(finding);
    }
    found.push((
        ObjectId::new(group, text(&["kind"]), text(&["metadata", "namespace"]), text(&["metadata", "name"])),
        at,
    ));
}

/// As Flux sees it (fluxcd/kustomize-controller, `IsEncryptedSecret` and SOPS metadata: a MAC).
fn is_encrypted(node: &Node) -> bool {
    text(node, &["sops", "mac"]).is_some()
}

/// A value of a Secret that is not encrypted, also where others are: sops encrypts what its rules name.
fn readable_secret(node: &Node) -> Option<Diagnostic> {
    if text(node, &["kind"]) != Some("Secret") {
        return None;
    }
    let readable = |value: &Node| match &value.kind {
        NodeKind::String(text) => !(text.is_empty() || text.starts_with("ENC[") && is_encrypted(node)),
        kind => *kind != NodeKind::Null,
    };
    let mut values = ["data", "stringData"].into_iter().filter_map(|key| match &node.get(key)?.kind {
        NodeKind::Map(entries) => entries.iter().find(|entry| readable(&entry.value)),
        _ => None,
    });
    let entry = values.next()?;
    Some(
        Diagnostic::error(
            "secret-in-the-clear",
            entry.key_span,
            format!("`{}` of a Secret is not encrypted", entry.key),
        )
        .note("it would stand in Git")
        .help("encrypt the file: sops --encrypt --encrypted-regex '^(data|stringData)$' --in-place FILE"),
    )
}

/// A private key in a ConfigMap.
fn private_key(node: &Node) -> Option<Diagnostic> {
    let NodeKind::Map(entries) = &node.get("data").filter(|_| text(node, &["kind"]) == Some("ConfigMap"))?.kind else {
        return None;
    };
    let holds = |value: &Node| matches!(&value.kind, NodeKind::String(text) if text.contains("PRIVATE KEY-----"));
    let entry = entries.iter().find(|entry| holds(&entry.value))?;
    Some(
        Diagnostic::error("secret-in-the-clear", entry.key_span, format!("`{}` holds a private key", entry.key))
            .help("put it into a Secret, and encrypt that with sops"),
    )
}

fn no_object(at: Span, message: &str) -> Diagnostic {
    Diagnostic::error("not-an-object", at, message)
}

fn text<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    match &keys.iter().try_fold(node, |node, key| node.get(key))?.kind {
        NodeKind::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Of an object its name, else its kind, else where it begins.
fn place(node: &Node) -> Span {
    let name = node.get("metadata").and_then(|metadata| metadata.get("name"));
    let known = name.or_else(|| node.get("kind")).map(|node| node.span);
    known.unwrap_or(match &node.kind {
        NodeKind::Map(entries) => entries.first().map_or(node.span, |entry| entry.key_span),
        _ => node.span,
    })
}
