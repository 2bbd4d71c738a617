//! `extraManifests`: which files a pattern means, what is made of them, and what is wrong with one.

use std::fs;
use std::path::Path;

use cloudc::Compiled;
use cloudc::diag::{self, Diagnostics, Format, Severity};
use cloudc::source::Sources;
use serde_json::json;

use crate::support::{compile_in, compile_text, documents, repository};

/// A folder with files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// `examples/one` in a folder, with manifests, and more: keys of the top level, or `sops:` of the delivery.
fn compiled(folder: &Path, patterns: &str, more: &str) -> (Option<Compiled>, Diagnostics, Sources) {
    let one = fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    let one = match more.strip_prefix("sops:") {
        Some(sops) => one.replace("delivery:\n", &format!("delivery:\n  sops:{sops}\n")),
        None => format!("{one}\n{more}"),
    };
    compile_in(folder, "cloud.yaml", &format!("{one}\nextraManifests: {patterns}\n"))
}

/// The manifests of the tree, without the list of kustomize.
fn manifests(folder: &Path, patterns: &str) -> Vec<String> {
    let (compiled, diagnostics, sources) = compiled(folder, patterns, "");
    let Some(compiled) = compiled else { panic!("{}", diag::render(&diagnostics, &sources, Format::Human, false)) };
    let below = |path: &str| path.strip_prefix("flux/manifests/").map(str::to_owned);
    let files: Vec<String> = compiled.tree.iter().filter_map(|(path, _)| below(path.as_str())).collect();
    let list = documents(&compiled.tree.get("flux/manifests/kustomization.yaml").unwrap().bytes);
    let files: Vec<String> = files.into_iter().filter(|path| path != "kustomization.yaml").collect();
    let mut listed: Vec<String> = serde_json::from_value(list[0]["resources"].clone()).unwrap();
    listed.sort();
    assert_eq!(files, listed);
    files
}

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n")
}

/// The one error: rule, file, text under it, message, help, and the text under the second place.
fn refused(files: &[(&str, &str)], patterns: &str, more: &str) -> [String; 6] {
    let folder = folder(files);
    refused_in(folder.path(), patterns, more)
}

fn refused_in(folder: &Path, patterns: &str, more: &str) -> [String; 6] {
    let (compiled, diagnostics, sources) = compiled(folder, patterns, more);
    let shown = diag::render(&diagnostics, &sources, Format::Human, false);
    assert!(compiled.is_none(), "{patterns} compiled");
    let errors: Vec<_> = diagnostics.sorted().into_iter().filter(|d| d.severity == Severity::Error).collect();
    let [error] = errors.as_slice() else { panic!("{shown}") };
    let label = error.labels.first().map(|label| sources.text(label.span).to_owned()).unwrap_or_default();
    [
        error.rule.to_owned(),
        sources.get(error.span.file).name.clone(),
        sources.text(error.span).to_owned(),
        error.message.clone(),
        error.help.clone().unwrap_or_default(),
        label,
    ]
}

#[test]
fn files_are_handed_on_byte_for_byte() {
    let text = fs::read_to_string(repository("tests/clouds/patched.yaml")).unwrap();
    let (compiled, ..) = compile_text(&text);
    let tree = compiled.unwrap().tree;
    for path in ["manifests/greeting.yaml", "manifests/team/greeting.yaml"] {
        let emitted = tree.get(&format!("flux/manifests/{path}")).unwrap();
        assert!(emitted.bytes == fs::read(repository("tests/clouds").join(path)).unwrap(), "{path}");
        assert_eq!(emitted.origins, ["extraManifests[0]"]);
    }
    let resources = json!(["manifests/greeting.yaml", "manifests/team/greeting.yaml"]);
    assert_eq!(documents(&tree.get("flux/manifests/kustomization.yaml").unwrap().bytes)[0]["resources"], resources);
    let entry = documents(&tree.get("flux/kustomization.yaml").unwrap().bytes);
    assert!(entry[0]["resources"].as_array().unwrap().contains(&json!("manifests.yaml")));
    let kustomization = &documents(&tree.get("flux/manifests.yaml").unwrap().bytes)[0];
    let spec = &kustomization["spec"];
    assert_eq!(kustomization["metadata"], json!({"name": "extra-manifests", "namespace": "flux-system"}));
    assert_eq!((&spec["path"], &spec["prune"]), (&json!("./flux/manifests"), &json!(true)));
    // Nothing is put in for `${NAME}`; what is encrypted is decrypted; what the components bring is there.
    assert!(spec.get("postBuild").is_none() && spec["decryption"]["provider"] == "sops");
    let apps = &documents(&tree.get("flux/apps.yaml").unwrap().bytes)[0];
    assert!(spec["dependsOn"] == apps["spec"]["dependsOn"] && spec["dependsOn"].as_array().unwrap().len() > 5);
}

#[test]
fn a_pattern_means_what_it_means_in_a_shell() {
    let names = [
        "a.yaml",
        "m/a.yaml",
        "m/b.yml",
        "m/.hidden.yaml",
        "m/x/a.yaml",
        "m/x/y/c.yaml",
        "n/a.yaml",
        ".git/a.yaml",
        "flux/a.yaml",
    ];
    let texts: Vec<(&str, String)> =
        names.iter().map(|name| (*name, config_map(&name.replace(['/', '.'], "-")))).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let folder = folder(&files);
    for (patterns, found) in [
        ("[a.yaml]", &["a.yaml"][..]),
        ("[./m/a.yaml]", &["m/a.yaml"]),
        ("[m/*.yaml]", &["m/a.yaml"]),
        ("[m/*]", &["m/a.yaml", "m/b.yml"]),
        ("[m/.*.yaml]", &["m/.hidden.yaml"]),
        ("['*/a.yaml']", &["m/a.yaml", "n/a.yaml"]),
        ("['*/*/*.yaml']", &["m/x/a.yaml"]),
        ("[m/**/*.yaml]", &["m/a.yaml", "m/x/a.yaml", "m/x/y/c.yaml"]),
        ("[m/**]", &["m/a.yaml", "m/b.yml", "m/x/a.yaml", "m/x/y/c.yaml"]),
        ("['**/a.yaml']", &["a.yaml", "m/a.yaml", "m/x/a.yaml", "n/a.yaml"]),
        ("[n/a.yaml, '*/a.yaml']", &["m/a.yaml", "n/a.yaml"]),
    ] {
        assert_eq!(manifests(folder.path(), patterns), found, "{patterns}");
    }
}

#[test]
fn a_path_is_refused_at_its_place() {
    let map = config_map("a");
    let files = [("m/a.yaml", map.as_str()), ("m/kustomization.yaml", "resources: []\n"), ("flux/a.yaml", &map)];
    for (patterns, rule, text, help) in [
        ("[m/b.yaml]", "unreadable-file", "m/b.yaml", ""),
        ("[m/b*.yaml, m/a.yaml]", "manifest-not-found", "m/b*.yaml", "did you mean `a.yaml`?"),
        ("[n/*.yaml]", "unreadable-file", "n/*.yaml", ""),
        ("[m]", "unreadable-file", "m", ""),
        ("[../m/*.yaml]", "wrong-value", "../m/*.yaml", "without `..`"),
        ("[m/../m/a.yaml]", "wrong-value", "m/../m/a.yaml", "without `..`"),
        ("[/etc/*.yaml]", "wrong-value", "/etc/*.yaml", "without `..`"),
        ("[flux/a.yaml]", "wrong-value", "flux/a.yaml", "a folder of your own"),
        ("[m/*.yaml]", "wrong-value", "m/*.yaml", "name the manifests themselves"),
    ] {
        let [found, file, place, message, way_out, _] = refused(&files, patterns, "");
        assert_eq!((found.as_str(), file.as_str(), place.as_str()), (rule, "cloud.yaml", text), "{message}");
        assert!(way_out.contains(help), "{patterns}: {message}: {way_out}");
    }
}

#[cfg(unix)]
#[test]
fn no_link_leads_out() {
    let secret = folder(&[("a.yaml", &config_map("secret")), ("f/a.yaml", &config_map("secret"))]);
    let folder = folder(&[("m/a.yaml", &config_map("a"))]);
    std::os::unix::fs::symlink(secret.path().join("a.yaml"), folder.path().join("m/link.yaml")).unwrap();
    std::os::unix::fs::symlink(secret.path().join("f"), folder.path().join("m/f")).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("m/circle")).unwrap();
    std::os::unix::fs::symlink("a.yaml", folder.path().join("m/inside.yml")).unwrap();
    for (patterns, text) in
        [("[m/*.yaml]", "m/*.yaml"), ("[m/link.yaml]", "m/link.yaml"), ("[m/f/a.yaml]", "m/f/a.yaml")]
    {
        let [rule, _, place, message, ..] = refused_in(folder.path(), patterns, "");
        assert_eq!((rule.as_str(), place.as_str()), ("unreadable-file", text));
        assert!(message.contains("leads out of the folder"), "{message}");
    }
    fs::remove_file(folder.path().join("m/link.yaml")).unwrap();
    assert_eq!(manifests(folder.path(), "[m/**/*.yaml]"), ["m/a.yaml"]);
    assert_eq!(manifests(folder.path(), "[m/*.yml]"), ["m/inside.yml"]);
}

#[test]
fn a_manifest_is_refused_at_its_place() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";
    let mac = "sops: {mac: 'ENC[AES256_GCM,data:x]'}\n";
    let age = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq";
    let sops = &format!("sops: {{age: [{age}]}}");
    let one = config_map("one");
    let key = "data: {key: \"-----BEGIN PRIVATE KEY-----\"}\n";
    for (manifest, more, rule, text, help) in [
        ("a: b\n".to_owned(), "", "not-an-object", "a", "kubectl apply"),
        ("- a\n".to_owned(), "", "not-an-object", "- a", ""),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}\n".to_owned(),
            "",
            "not-an-object",
            "ConfigMap",
            "",
        ),
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: x}\n".to_owned(),
            "",
            "not-an-object",
            "x",
            "themselves",
        ),
        (format!("{one}  a: b: c\n"), "", "syntax", "", ""),
        (
            format!("{secret}stringData: {{password: hunter2}}\n"),
            "",
            "secret-in-the-clear",
            "password",
            "sops --encrypt",
        ),
        (format!("{secret}data: {{a: '', b: aHVudGVyMg==}}\n"), "", "secret-in-the-clear", "b", "sops --encrypt"),
        (format!("{secret}data: {{a: 'ENC[x]', b: plain}}\n{mac}"), sops, "secret-in-the-clear", "b", "sops --encrypt"),
        (format!("{secret}data: {{a: 'ENC[x]'}}\nsops: {{}}\n"), sops, "secret-in-the-clear", "a", "sops --encrypt"),
        (format!("{secret}data: {{a: 'ENC[x]'}}\n{mac}"), "", "cannot-decrypt", "s", "delivery: {sops"),
        (
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: v}}\n"
                .to_owned(),
            "",
            "secret-in-the-clear",
            "k",
            "",
        ),
        (format!("{one}{key}"), "", "secret-in-the-clear", "key", "Secret"),
    ] {
        let [found, file, place, message, way_out, _] = refused(&[("m/a.yaml", &manifest)], "[m/a.yaml]", more);
        assert_eq!((found.as_str(), file.as_str()), (rule, "m/a.yaml"), "{manifest}: {message}");
        assert!(text.is_empty() || place == text, "{manifest}: {place}");
        assert!(way_out.contains(help), "{manifest}: {message}: {way_out}");
    }
}

#[test]
fn what_is_encrypted_goes_on_as_it_is() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: 'ENC[AES256_GCM,data:x]'}\nsops: {mac: 'ENC[y]'}\n";
    let folder = folder(&[("s.yaml", secret)]);
    let text = fs::read_to_string(repository("tests/clouds/patched.yaml")).unwrap();
    let (cloud, _) = text.split_once("patches:\n").unwrap();
    let (compiled, diagnostics, sources) =
        compile_in(folder.path(), "cloud.yaml", &format!("{cloud}extraManifests: [s.yaml]\n"));
    let Some(compiled) = compiled else { panic!("{}", diag::render(&diagnostics, &sources, Format::Human, false)) };
    assert_eq!(compiled.tree.get("flux/manifests/s.yaml").unwrap().bytes, secret.as_bytes());
}

#[test]
fn an_object_has_one_owner() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: local-path-storage}\n";
    let [rule, file, text, message, help, label] = refused(&[("a.yaml", namespace)], "[a.yaml]", "");
    assert_eq!(
        [rule, file, text, label],
        ["duplicate-object", "a.yaml", "local-path-storage", "local-path"],
        "{message}"
    );
    assert!(help.contains("patches"), "{help}");
    // Of another group it is another object.
    let other = folder(&[("a.yaml", &namespace.replace("v1", "example.com/v1"))]);
    assert_eq!(manifests(other.path(), "[a.yaml]"), ["a.yaml"]);
    let twice = format!("{}---\n{}", config_map("one"), config_map("one, namespace: default"));
    let [rule, _, text, _, _, label] = refused(&[("a.yaml", &twice)], "[a.yaml]", "");
    assert_eq!([rule, text, label], ["duplicate-object", "one", "one"]);
}

#[test]
fn the_kustomization_of_manifests_can_be_patched() {
    let folder = folder(&[("a.yaml", &config_map("one"))]);
    let patch = "patches: [{at: flux/Kustomization/flux-system/extra-manifests, reason: a test, merge: {spec: {wait: true}}}]\n";
    let (compiled, ..) = compiled(folder.path(), "[a.yaml]", patch);
    let tree = compiled.unwrap().tree;
    assert_eq!(documents(&tree.get("flux/manifests.yaml").unwrap().bytes)[0]["spec"]["wait"], json!(true));
}
