//! Patches of Kubernetes objects: what each selector reaches, what follows a change, and what is wrong with a patch.

use cloudc::Compiled;
use cloudc::diag::{self, Format};
use cloudc::tree::FileTree;
use serde_json::{Value, json};

use crate::support::{compile_text, documents, objects, repository};

/// The cloud of `tests/clouds/patched.yaml` without its patches, and with these.
fn cloud(patches: &str) -> String {
    let text = std::fs::read_to_string(repository("tests/clouds/patched.yaml")).unwrap();
    let (cloud, _) = text.split_once("patches:\n").unwrap();
    if patches.is_empty() { cloud.to_owned() } else { format!("{cloud}patches:\n{patches}") }
}

/// One patch; the change is `merge: {...}` or `jsonPatch: [...]`.
fn patch(at: &str, change: &str) -> String {
    format!("  - {{at: \"{at}\", reason: a test, {change}}}\n")
}

fn compiled(patches: &str) -> FileTree {
    let (compiled, diagnostics, sources) = compile_text(&cloud(patches));
    let Some(Compiled { tree, .. }) = compiled else {
        panic!("{}", diag::render(&diagnostics, &sources, Format::Human, false))
    };
    tree
}

/// Paths of files that are not the same but for comments, the README of the tree aside.
fn changed(one: &FileTree, other: &FileTree) -> Vec<String> {
    let paths = one.iter().chain(other.iter()).map(|(path, _)| path.as_str().to_owned());
    let read = |tree: &FileTree, path: &str| -> Option<Vec<String>> {
        let text = String::from_utf8(tree.get(path)?.bytes.clone()).unwrap();
        Some(text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect())
    };
    let differ = paths.filter(|path| path != "README.md" && read(one, path) != read(other, path));
    differ.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

fn file(tree: &FileTree, path: &str) -> Vec<Value> {
    documents(&tree.get(path).unwrap_or_else(|| panic!("no {path}")).bytes)
}

fn of_kind(documents: &[Value], kind: &str) -> Value {
    documents.iter().find(|document| document["kind"] == kind).unwrap().clone()
}

/// Compiles a patch that is wrong in one way: the rule, the text under it, what is said, and the way out.
fn refused(patches: &str) -> (&'static str, String, String, String) {
    let (compiled, diagnostics, sources) = compile_text(&cloud(patches));
    assert!(compiled.is_none(), "{patches} compiled");
    let found: Vec<_> = diagnostics.sorted().into_iter().filter(|d| d.severity == diag::Severity::Error).collect();
    let [finding] = found.as_slice() else {
        panic!("{patches}: {}", diag::render(&diagnostics, &sources, Format::Human, false))
    };
    let help = finding.help.clone().unwrap_or_default();
    (finding.rule, sources.text(finding.span).to_owned(), finding.message.clone(), help)
}

const LABEL: &str = "merge: {metadata: {labels: {a: b}}}";

#[test]
fn each_selector_reaches_what_it_names() {
    let plain = compiled("");
    for (at, files) in [
        ("flux/Namespace/metallb-system", &["flux/namespaces/metallb-system.yaml"][..]),
        ("flux/Namespace/*/metallb-system", &["flux/namespaces/metallb-system.yaml"]),
        ("flux/HelmRelease/kube-system/cilium", &["flux/components/cilium/release/helmrelease.yaml"]),
        ("flux/HelmRelease/metallb-*/*", &["flux/components/metallb/release/helmrelease.yaml"]),
        ("flux/*Repository/*/metallb", &["flux/sources/metallb.yaml"]),
        ("flux/Kustomization/flux-system/tenant-acme-cluster", &["flux/tenants/acme.yaml"]),
        ("flux/IPAddressPool/metallb-system/lan", &["flux/components/metallb/config/ipaddresspool.yaml"]),
        ("capi/beta/Namespace", &["tenants/beta/cluster/namespace.yaml"]),
        ("capi/*/Cluster", &["tenants/acme/cluster/cluster.yaml", "tenants/beta/cluster/cluster.yaml"]),
        (
            "capi/beta/Deployment/beta-cloud-controller-manager",
            &["tenants/beta/integration/cloud-controller-manager.yaml"],
        ),
        ("capi/beta/StorageClass/gold", &["tenants/beta/addons/csi/storage-classes.yaml"]),
        ("capi/beta/HelmRelease/beta-cilium", &["tenants/beta/addons/cilium/release/cilium.yaml"]),
        ("capi/acme/Role/talos-endpoints", &["tenants/acme/join/endpoints.yaml"]),
        ("capi/beta/*/beta-md0", &["tenants/beta/cluster/nodegroup-md0.yaml"]),
    ] {
        let patched = compiled(&patch(at, LABEL));
        assert_eq!(changed(&plain, &patched), files, "{at}");
        let owners = &patched.get(files[0]).unwrap().origins;
        assert!(owners.contains(&"patches[0]".to_owned()), "{at}: {owners:?}");
    }
}

#[test]
fn what_is_installed_by_hand_is_what_flux_gets() {
    let values = "merge: {spec: {timeout: 25m, values: {hubble: {enabled: true}, tunnelPort: 8473, ipam: null}}}";
    let source = "merge: {spec: {ref: {tag: 1.19.9, digest: null}}}";
    let release = patch("flux/HelmRelease/kube-system/cilium", values);
    let tree = compiled(&(release + &patch("flux/OCIRepository/*/cilium", source)));
    let release = of_kind(&file(&tree, "flux/components/cilium/release/helmrelease.yaml"), "HelmRelease");
    assert_eq!(release["spec"]["values"]["hubble"]["enabled"], json!(true));
    assert_eq!(release["spec"]["values"]["ipam"], Value::Null);
    assert_eq!(file(&tree, "bootstrap/20-cni/cilium.values.yaml"), [release["spec"]["values"].clone()]);
    let readme = String::from_utf8(tree.get("README.md").unwrap().bytes.clone()).unwrap();
    let install = readme.split("helm upgrade --install cilium").nth(1).unwrap().split("```").next().unwrap();
    assert!(install.contains("--version 1.19.9") && install.contains("--timeout 25m"), "{install}");
}

#[test]
fn objects_that_are_applied_by_hand_are_what_flux_gets() {
    let text = std::fs::read_to_string(repository("examples/cozy/cloud.yaml")).unwrap();
    let cozy = |patches: &str| {
        let (compiled, ..) = compile_text(&format!("{text}{patches}"));
        compiled.unwrap().tree
    };
    let by_hand = file(&cozy(""), "bootstrap/20-cni/cilium.yaml").remove(0);
    let [kind, namespace, object] = [&by_hand["kind"], &by_hand["metadata"]["namespace"], &by_hand["metadata"]["name"]]
        .map(|v| v.as_str().unwrap());
    let tree = cozy(&format!("patches:\n{}", patch(&format!("flux/{kind}/{namespace}/{object}"), LABEL)));
    let copies: Vec<Value> = objects(&tree)
        .into_iter()
        .map(|(_, object)| object)
        .filter(|other| other["kind"] == *kind && other["metadata"]["name"] == *object)
        .collect();
    assert_eq!(copies.len(), 2, "{copies:?}");
    assert!(copies[0] == copies[1] && copies[0]["metadata"]["labels"]["a"] == "b", "{copies:?}");
}

#[test]
fn patches_are_applied_in_their_order() {
    let at = "flux/Namespace/metallb-system";
    let first = patch(at, "merge: {metadata: {labels: {a: one, b: one}}}");
    let second = patch(
        at,
        "jsonPatch: [{op: test, path: /metadata/labels/a, value: one}, {op: replace, path: /metadata/labels/a, value: two}]",
    );
    let third = patch(at, "merge: {metadata: {labels: {b: null}}}");
    let tree = compiled(&[first, second, third].concat());
    let labels = &file(&tree, "flux/namespaces/metallb-system.yaml")[0]["metadata"]["labels"];
    assert_eq!((&labels["a"], &labels["b"]), (&json!("two"), &Value::Null));
}

const NODE_SELECTOR: &str = "/spec/template/spec/virtualMachineTemplate/spec/template/spec/nodeSelector";

#[test]
fn a_changed_template_rolls_its_group_and_no_other() {
    let plain = compiled("");
    let path = "tenants/beta/cluster/nodegroup-big.yaml";
    let names = |tree: &FileTree| {
        let group = file(tree, path);
        let name = |kind: &str| of_kind(&group, kind)["metadata"]["name"].as_str().unwrap().to_owned();
        let machine = &of_kind(&group, "MachineDeployment")["spec"]["template"]["spec"];
        let references = [&machine["infrastructureRef"]["name"], &machine["bootstrap"]["configRef"]["name"]];
        let names = [name("KubevirtMachineTemplate"), name("KubeadmConfigTemplate")];
        assert_eq!(references.map(|name| name.as_str().unwrap().to_owned()), names);
        names
    };
    let at = "capi/beta/KubevirtMachineTemplate/beta-big";
    let select = |value: &str| format!("jsonPatch: [{{op: add, path: {NODE_SELECTOR}, value: {{a: {value}}}}}]");
    let one = compiled(&patch(at, &select("one")));
    assert_eq!(changed(&plain, &one), [path]);
    let (before, after) = (names(&plain), names(&one));
    assert!(before[0] != after[0] && before[1] == after[1], "{before:?} {after:?}");
    assert_ne!(after, names(&compiled(&patch(at, &select("two")))));
    // Another way to write the same change is no other content.
    let same = patch(
        at,
        "merge: {spec: {template: {spec: {virtualMachineTemplate: {spec: {template: {spec: {nodeSelector: {a: one}}}}}}}}}",
    );
    assert_eq!(after, names(&compiled(&same)));
    // What may change in place changes in place, and a patch that changes nothing rolls nothing.
    assert_eq!(before, names(&compiled(&patch(at, LABEL))));
    let nothing = patch(at, "merge: {spec: {template: {spec: {noSuch: null}}}}");
    assert!(changed(&plain, &compiled(&nothing)).is_empty());
    // Pinned: another hash would replace machines of users.
    assert_eq!(after[0], "beta-big-e790ecda");
}

#[test]
fn every_kind_of_template_keeps_its_name_with_its_content() {
    let plain = compiled("");
    for (at, change, file_path) in [
        (
            "capi/beta/KubeadmConfigTemplate/beta-md0",
            "jsonPatch: [{op: add, path: /spec/template/spec/preKubeadmCommands/-, value: echo}]",
            "tenants/beta/cluster/nodegroup-md0.yaml",
        ),
        (
            "capi/acme/TalosConfigTemplate/acme-md0",
            "merge: {spec: {template: {spec: {talosVersion: v1.13.8}}}}",
            "tenants/acme/cluster/nodegroup-md0.yaml",
        ),
        (
            "capi/beta/ConfigMap/beta-cloud-config",
            "merge: {data: {cloud-config: \"a: b\"}}",
            "tenants/beta/integration/cloud-controller-manager.yaml",
        ),
    ] {
        let patched = compiled(&patch(at, change));
        assert_eq!(changed(&plain, &patched), [file_path]);
        let kind = at.split('/').nth(2).unwrap();
        let name =
            |tree: &FileTree| of_kind(&file(tree, file_path), kind)["metadata"]["name"].as_str().unwrap().to_owned();
        let (old, new) = (name(&plain), name(&patched));
        let text = String::from_utf8(patched.get(file_path).unwrap().bytes.clone()).unwrap();
        assert!(old != new && !text.contains(&old) && text.matches(&new).count() == 2, "{at}: {old} {new}\n{text}");
    }
}

#[test]
fn variables_of_a_patch_are_plain_text() {
    let owner = "merge: {metadata: {annotations: {owner: \"${a}\"}}}";
    let tree = compiled(&patch("capi/*/MachineDeployment/*-md0", owner));
    let annotations = |tenant: &str| {
        let group = file(&tree, &format!("tenants/{tenant}/cluster/nodegroup-md0.yaml"));
        of_kind(&group, "MachineDeployment")["metadata"]["annotations"].clone()
    };
    // Flux puts values in for what belongs to Talos workers.
    assert_eq!(annotations("acme"), json!({"owner": "$${a}"}));
    assert_eq!(annotations("beta"), json!({"owner": "${a}", "kustomize.toolkit.fluxcd.io/substitute": "disabled"}));
}

#[test]
fn a_leaving_tenant_keeps_its_patches() {
    let patches = patch("capi/beta/KamajiControlPlane", LABEL);
    let text = cloud(&patches).replace("  beta:\n", "  beta:\n    state: deleting\n");
    let (compiled, diagnostics, sources) = compile_text(&text);
    assert!(compiled.is_some(), "{}", diag::render(&diagnostics, &sources, Format::Human, false));
}

#[test]
fn a_selector_without_an_object_says_what_there_is() {
    for (at, said, help) in [
        ("flux/HelmRelase/kube-system/cilium", "none has this kind", "did you mean `HelmRelease`?"),
        ("flux/HelmRelease/kube-system/celium", "none has this name", "did you mean `cilium`?"),
        ("flux/HelmRelease/cilium", "in another namespace", "choose `flux/HelmRelease/kube-system/cilium`"),
        ("flux/HelmRelease/cilium/cilium", "in another namespace", "choose `flux/HelmRelease/kube-system/cilium`"),
        ("flux/Namespace/default/metallb-system", "or in none", "choose `flux/Namespace/metallb-system`"),
        ("flux/HelmRelease/*/z*", "none has such a name", "choose `"),
        ("capi/betta/Cluster", "none has this tenant", "did you mean `beta`?"),
        ("capi/beta/MachinDeployment", "none has this kind", "did you mean `MachineDeployment`?"),
        ("capi/beta/MachineDeployment/beta-md1", "none has this name", "did you mean `beta-md0`?"),
        // A name with its hash is one that the next change takes away.
        (
            "capi/beta/KubevirtMachineTemplate/beta-md0-12345678",
            "none has this name",
            "choose `beta-big` or `beta-md0`",
        ),
        ("flux/KubevirtMachineTemplate/*/*", "none has this kind", ""),
    ] {
        let (rule, text, message, way_out) = refused(&patch(at, LABEL));
        assert_eq!((rule, text.trim_matches('"')), ("patch-matches-nothing", at), "{message}");
        assert!(message.contains(said) && way_out.contains(help), "{at}: {message}: {way_out}");
    }
}

#[test]
fn a_patch_is_refused_at_its_place() {
    let cilium = "flux/HelmRelease/kube-system/cilium";
    let secret = "capi/acme/Secret/acme-ca";
    for (at, change, rule, text, help) in [
        (
            cilium,
            "jsonPatch: [{op: test, path: /spec/interval, value: 1h}, {op: replace, path: /spec/timeot, value: 1m}]",
            "patch-does-not-apply",
            "{op: replace, path: /spec/timeot, value: 1m}",
            "did you mean `timeout`?",
        ),
        (
            cilium,
            "jsonPatch: [{op: test, path: /spec/interval, value: 2h}]",
            "patch-does-not-apply",
            "{op: test, path: /spec/interval, value: 2h}",
            "",
        ),
        (cilium, "merge: {metadata: {name: celium}}", "patch-renames", "celium", "extraManifests"),
        (cilium, "merge: {metadata: {namespace: null}}", "patch-renames", "null", "extraManifests"),
        (cilium, "merge: {kind: Release}", "patch-renames", "Release", ""),
        (
            cilium,
            "jsonPatch: [{op: replace, path: /spec/interval, value: 2h}, {op: remove, path: /metadata}]",
            "patch-renames",
            "{op: remove, path: /metadata}",
            "",
        ),
        (
            cilium,
            "jsonPatch: [{op: replace, path: '', value: [1]}]",
            "patch-renames",
            "{op: replace, path: '', value: [1]}",
            "",
        ),
        (cilium, "merge: [1]", "wrong-type", "[1]", "what is merged"),
        (cilium, "merge: {spec: {install: {$patch: delete}}}", "wrong-value", "$patch", "write `null`"),
        (cilium, "merge: {}, jsonPatch: []", "wrong-value", "jsonPatch", "two patches"),
        (cilium, "jsonPatch: [{op: add, path: /spec/suspend}]", "missing-key", "add", "value"),
        (cilium, "jsonPatch: [{op: move, path: /spec/suspend}]", "missing-key", "move", "from"),
        (cilium, "jsonPatch: [{op: remove, path: /spec/timeout, value: 1}]", "unknown-key", "value", "remove `value`"),
        (
            cilium,
            "jsonPatch: [{op: replce, path: /spec/timeout, value: 1}]",
            "wrong-value",
            "replce",
            "did you mean `replace`?",
        ),
        (cilium, "jsonPatch: [{op: add, path: spec/timeout, value: 1}]", "wrong-value", "spec/timeout", ""),
        (
            cilium,
            "merge: {spec: {values: {hubbel: {enabled: true}}}}",
            "unknown-value",
            "hubbel",
            "did you mean `hubble`?",
        ),
        (
            cilium,
            "jsonPatch: [{op: add, path: /spec/values/hubbel, value: {}}]",
            "unknown-value",
            "path",
            "did you mean `hubble`?",
        ),
        (
            cilium,
            "merge: {spec: {values: {key: \"-----BEGIN RSA PRIVATE KEY-----\"}}}",
            "secret-in-the-clear",
            "merge",
            "sops",
        ),
        (secret, "merge: {stringData: {password: hunter2}}", "secret-in-the-clear", "merge", "sops"),
        (
            secret,
            "jsonPatch: [{op: add, path: /data/more, value: aHVudGVyMg==}]",
            "secret-in-the-clear",
            "[{op: add, path: /data/more, value: aHVudGVyMg==}]",
            "sops",
        ),
    ] {
        let (found, place, message, way_out) = refused(&patch(at, change));
        assert_eq!((found, place.as_str()), (rule, text), "{change}: {message}");
        assert!(way_out.contains(help), "{change}: {message}: {way_out}");
    }
    let (rule, text, ..) = refused(&format!("  - {{at: {cilium}, reason: a test}}\n"));
    assert_eq!((rule, text.as_str()), ("missing-key", cilium));
}

#[test]
fn what_does_not_fit_ten_objects_is_said_once() {
    let (rule, _, message, _) = refused(&patch("flux/*/*/*", "jsonPatch: [{op: remove, path: /spec/values}]"));
    assert_eq!(rule, "patch-does-not-apply", "{message}");
}
