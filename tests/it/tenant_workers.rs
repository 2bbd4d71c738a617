//! Talos workers of tenants: complete in the tree, without a secret, and whole when Flux has put the secrets in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cloudc::Compiled;
use cloudc::catalog::ClusterApiSets;
use cloudc::model::TenantSecret;
use cloudc::secrets::tenant_secret;
use rand_core::OsRng;
use regex::Regex;
use serde_json::{Value, json};

use crate::support::{compile_file, compile_text, documents, objects, repository};
use crate::upstream::{self, Schemas};

/// 2026-01-01.
const NOW: Duration = Duration::from_hours(490_896);

fn cloud() -> Compiled {
    compile_file(&repository("tests/clouds/talos-workers.yaml"))
}

/// The objects of a tenant, by file.
fn of_tenant(compiled: &Compiled, tenant: &str) -> Vec<(String, Value)> {
    let folder = format!("tenants/{tenant}/");
    objects(&compiled.tree).into_iter().filter(|(path, _)| path.starts_with(&folder)).collect()
}

fn find(compiled: &Compiled, path: &str, kind: &str) -> Value {
    let mut found = objects(&compiled.tree).into_iter().filter(|(p, object)| p == path && object["kind"] == kind);
    found.next().unwrap_or_else(|| panic!("no {kind} in {path}")).1
}

/// The values of a new Secret.
fn values(tenant: &str) -> BTreeMap<String, String> {
    let secret = tenant_secret(&format!("tenant-{tenant}-talos"), "flux-system", NOW, &mut OsRng).unwrap();
    serde_json::from_value(secret["stringData"].clone()).unwrap()
}

/// What Flux makes of an object: kustomize writes it anew, without quotes that it does not need; then values stand as text
/// where the names stood, and the result is read.
fn substituted(object: &Value, values: &BTreeMap<String, String>) -> Value {
    let mut text = serde_yaml::to_string(object).unwrap().replace("'${", "${").replace("}'", "}");
    for (key, value) in values {
        text = text.replace(&format!("${{{key}}}"), value);
    }
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn every_variable_of_the_tree_is_a_key_of_the_secret() {
    let compiled = cloud();
    let variable = Regex::new(r"\$\{([^}]*)\}").unwrap();
    let known: BTreeSet<&str> = TenantSecret::ALL.iter().map(|value| value.key()).collect();
    let mut seen = BTreeSet::new();
    for (path, file) in compiled.tree.iter().filter(|(path, _)| path.as_str().starts_with("tenants/")) {
        let text = str::from_utf8(&file.bytes).unwrap();
        for found in variable.captures_iter(text) {
            assert!(known.contains(&found[1]), "{path}: {}", &found[0]);
            seen.insert(found[1].to_owned());
        }
    }
    assert_eq!(seen.len(), known.len(), "a key that nothing reads");
    // Who needs no substitution gets none.
    let kustomization = |tenant: &str| find(&compiled, &format!("flux/tenants/{tenant}.yaml"), "Kustomization");
    let from = json!({"substituteFrom": [{"kind": "Secret", "name": "tenant-acme-talos"}]});
    assert_eq!(kustomization("acme")["spec"]["postBuild"], from);
    assert!(kustomization("gamma")["spec"]["postBuild"].is_null());
}

#[test]
fn what_flux_applies_has_the_shape_that_its_readers_want() {
    let Some(root) = upstream::root() else { return };
    let schemas = Schemas::load(&root);
    let compiled = cloud();
    for tenant in ["acme", "beta"] {
        // The tokens are random, and some would be numbers if they were not made with care.
        for _ in 0..20 {
            let values = values(tenant);
            for (path, object) in of_tenant(&compiled, tenant) {
                let applied = substituted(&object, &values);
                assert!(!applied.to_string().contains("${"), "{path}");
                if ["Secret", "Certificate", "Issuer", "KamajiControlPlane"].iter().any(|kind| applied["kind"] == *kind)
                {
                    assert_eq!(schemas.errors(&applied), Vec::<String>::new(), "{path}: {applied:#}");
                }
                for key in ["data", "stringData"] {
                    let texts = applied[key].as_object().into_iter().flatten();
                    texts.for_each(|(name, text)| assert!(text.is_string(), "{path}: {name}"));
                }
            }
        }
    }
}

/// The workers know by heart what the control plane has, for nobody tells them.
#[test]
fn a_worker_and_its_control_plane_agree() {
    let compiled = cloud();
    let values = values("acme");
    let applied = |path: &str, kind: &str| substituted(&find(&compiled, path, kind), &values);
    let template = applied("tenants/acme/cluster/nodegroup-big.yaml", "TalosConfigTemplate");
    let spec = &template["spec"]["template"]["spec"];
    let fields: BTreeSet<&str> = spec.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["data", "generateType", "talosVersion"].into());
    assert_eq!((&spec["generateType"], &spec["talosVersion"]), (&json!("none"), &json!("v1.12.7")));
    let all = documents(spec["data"].as_str().unwrap().as_bytes());
    let [config, resolver] = all[..2].to_vec().try_into().unwrap();

    // Kamaji takes the authority that it finds under its own name.
    let secrets: BTreeMap<String, Value> = of_tenant(&compiled, "acme")
        .into_iter()
        .filter(|(_, object)| object["kind"] == "Secret")
        .map(|(_, object)| substituted(&object, &values))
        .map(|object| (object["metadata"]["name"].as_str().unwrap().to_owned(), object))
        .collect();
    let kubernetes = &secrets["acme-ca"]["data"];
    assert_eq!(config["cluster"]["ca"], json!({"crt": kubernetes["ca.crt"], "key": ""}));
    assert_eq!((&kubernetes["ca.crt"], &kubernetes["ca.key"]), (&kubernetes["tls.crt"], &kubernetes["tls.key"]));
    let machine = &secrets["acme-talos-ca"];
    assert_eq!(config["machine"]["ca"], json!({"crt": machine["data"]["tls.crt"], "key": ""}));
    assert_eq!(config["machine"]["token"], machine["stringData"]["token"]);

    // The token is a Secret of the tenant, under a name that says which.
    let token = secrets.iter().find(|(name, _)| name.starts_with("bootstrap-token-")).unwrap().1;
    let [id, secret] = ["token-id", "token-secret"].map(|key| token["stringData"][key].as_str().unwrap());
    assert_eq!(token["metadata"]["name"], format!("bootstrap-token-{id}"));
    assert_eq!(config["cluster"]["token"], format!("{id}.{secret}"));

    // One name for the API and for the signer, in the certificates of both, and in the DNS that the worker asks.
    let name = "acme.customers-acme.svc.host.internal";
    assert_eq!(config["cluster"]["controlPlane"]["endpoint"], format!("https://{name}:6443"));
    let control_plane = applied("tenants/acme/cluster/control-plane.yaml", "KamajiControlPlane");
    let sans = control_plane["spec"]["network"]["certSANs"].as_array().unwrap();
    assert!(sans.contains(&json!(name)), "{sans:?}");
    let certificate = applied("tenants/acme/cluster/talos.yaml", "Certificate");
    assert_eq!(certificate["spec"]["dnsNames"], json!([name]));
    assert_eq!(resolver["nameservers"], json!([{"address": "10.96.0.10"}]));
    let beta = find(&compiled, "tenants/beta/cluster/talos.yaml", "Certificate");
    assert_eq!(beta["spec"]["ipAddresses"], json!(["10.0.0.140"]));

    // The signer stands where Talos asks, and reads Secrets that are there.
    let ports = &control_plane["spec"]["network"]["additionalServicePorts"];
    assert_eq!((&ports[0]["port"], &ports[0]["targetPort"]), (&json!(50001), &json!(50001)));
    let volumes = control_plane["spec"]["deployment"]["extraVolumes"].as_array().unwrap();
    let names: Vec<&str> = volumes.iter().map(|volume| volume["secret"]["secretName"].as_str().unwrap()).collect();
    assert_eq!(names, ["acme-talos-ca", certificate["spec"]["secretName"].as_str().unwrap()]);

    // What a kubelet may say once only, and what the autoscaler counts on.
    let kubelet = &config["machine"]["kubelet"];
    assert_eq!(kubelet["extraArgs"], json!({"node-labels": "tier=web"}));
    let taints =
        json!([{"key": "alone", "effect": "NoExecute"}, {"key": "dedicated", "value": "big", "effect": "NoSchedule"}]);
    assert_eq!(kubelet["extraConfig"]["registerWithTaints"], taints);
    assert_eq!(kubelet["extraConfig"]["kubeReserved"], json!({"cpu": "400m", "memory": "819Mi"}));
}

#[test]
fn the_disk_is_what_the_factory_makes_of_the_group() {
    let compiled = cloud();
    let disk = |group: &str| {
        let template =
            find(&compiled, &format!("tenants/acme/cluster/nodegroup-{group}.yaml"), "KubevirtMachineTemplate");
        let spec = template["spec"]["template"]["spec"].clone();
        assert_eq!(spec["virtualMachineBootstrapCheck"]["checkStrategy"], "none");
        let machine = &spec["virtualMachineTemplate"]["spec"];
        assert_eq!(machine["dataVolumeTemplates"].as_array().unwrap().len(), 1);
        assert_eq!(
            machine["template"]["spec"]["volumes"],
            json!([{"name": "system", "dataVolume": {"name": machine["dataVolumeTemplates"][0]["metadata"]["name"]}}])
        );
        machine["dataVolumeTemplates"][0]["spec"]["source"]["http"]["url"].as_str().unwrap().to_owned()
    };
    // siderolabs/image-factory: the IDs of nothing, and of qemu-guest-agent alone.
    let [nothing, agent] = [
        "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba",
        "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515",
    ];
    let address =
        |id: &str, version: &str| format!("https://factory.talos.dev/image/{id}/{version}/openstack-amd64.raw.xz");
    assert_eq!(disk("md0"), address(nothing, "v1.13.9"));
    assert_eq!(disk("big"), address(agent, "v1.12.7"));
    let register = compiled.tree.get("talos/images/register.sh").unwrap();
    let register = str::from_utf8(&register.bytes).unwrap();
    for (image, id) in [("tenant.acme.md0", nothing), ("tenant.acme.big", agent)] {
        assert!(register.contains(&format!("register {image} {id}\n")), "{register}");
        assert!(compiled.tree.get(&format!("talos/images/{image}/schematic.yaml")).is_some());
    }
}

#[test]
fn workers_have_the_registries_of_the_machines_without_their_credentials() {
    let compiled = cloud();
    let of = |documents: Vec<Value>| -> Vec<Value> {
        let kind = |document: &Value| document["kind"].as_str().unwrap_or_default().to_owned();
        documents.into_iter().filter(|d| kind(d).starts_with("Registry") || kind(d) == "TrustedRootsConfig").collect()
    };
    let machine = of(documents(&compiled.tree.get("talos/machines/n1.yaml").unwrap().bytes));
    let template = find(&compiled, "tenants/acme/cluster/nodegroup-md0.yaml", "TalosConfigTemplate");
    let worker = of(documents(template["spec"]["template"]["spec"]["data"].as_str().unwrap().as_bytes()));
    let (auth, rest): (Vec<Value>, Vec<Value>) = machine.into_iter().partition(|d| d["kind"] == "RegistryAuthConfig");
    assert_eq!((auth.len(), rest.len()), (1, 5));
    assert_eq!(worker, rest);
    assert_eq!(worker[0]["endpoints"][0], json!({"url": "https://mirror.corp.example/docker"}));
}

#[test]
fn a_device_brings_its_driver_into_the_image_and_loads_it() {
    let text = std::fs::read_to_string(repository("tests/clouds/talos-workers.yaml")).unwrap();
    let text =
        text.replace("  metallb: {}\n", "  metallb: {}\n  kubevirt: {pciDevices: {nvidia.com/L40S: \"10DE:26B9\"}}\n");
    let of = |gpus: &str, named: &str| {
        let text = text
            .replace("extensions: [qemu-guest-agent]}", &format!("extensions: [{named}]}}\n        gpus: [{gpus}]"));
        let (compiled, diagnostics, _) = compile_text(&text);
        let compiled = compiled.unwrap_or_else(|| panic!("{diagnostics:?}"));
        let template = find(&compiled, "tenants/acme/cluster/nodegroup-big.yaml", "TalosConfigTemplate");
        let config = documents(template["spec"]["template"]["spec"]["data"].as_str().unwrap().as_bytes()).remove(0);
        let image = compiled.tree.get("talos/images/tenant.acme.big/schematic.yaml").unwrap();
        let image: Value = serde_yaml::from_slice(&image.bytes).unwrap();
        let names = image["customization"]["systemExtensions"]["officialExtensions"].clone();
        (config["machine"].clone(), serde_json::from_value::<Vec<String>>(names).unwrap().join(" "))
    };
    let (machine, extensions) = of("nvidia.com/L40S, nvidia.com/L40S", "");
    assert_eq!(extensions, "siderolabs/nvidia-container-toolkit-lts siderolabs/nvidia-open-gpu-kernel-modules-lts");
    let modules = ["nvidia", "nvidia_uvm", "nvidia_drm", "nvidia_modeset"].map(|name| json!({"name": name}));
    assert_eq!(machine["kernel"]["modules"], json!(modules));
    assert_eq!(machine["sysctls"], json!({"net.core.bpf_jit_harden": "1"}));
    // What is named is made whole.
    let (_, extensions) = of("nvidia.com/L40S", "nonfree-kmod-nvidia-production");
    assert_eq!(extensions, "siderolabs/nonfree-kmod-nvidia-production siderolabs/nvidia-container-toolkit-production");
    let (machine, extensions) = of("", "qemu-guest-agent");
    assert_eq!((extensions.as_str(), &machine["kernel"]), ("siderolabs/qemu-guest-agent", &Value::Null));
}

#[test]
fn a_quota_has_room_for_the_firmware_of_an_architecture() {
    let text = std::fs::read_to_string(repository("tests/clouds/talos-workers.yaml")).unwrap();
    let text = text.replacen("    kubernetes: v1.35.4\n", "    kubernetes: v1.35.4\n    quota: {memory: 256Gi}\n", 1);
    let memory = |text: &str| {
        let (compiled, diagnostics, _) = compile_text(text);
        let compiled = compiled.unwrap_or_else(|| panic!("{diagnostics:?}"));
        let quota = find(&compiled, "tenants/acme/cluster/quota.yaml", "ResourceQuota");
        let memory = quota["spec"]["hard"]["requests.memory"].as_str().unwrap().to_owned();
        memory.trim_end_matches("Mi").parse::<u64>().unwrap()
    };
    let arm = text.replace("nodeDefaults: {", "nodeDefaults: {arch: arm64, ");
    // Two groups of at most two and four machines, and one more of each.
    assert_eq!(memory(&arm) - memory(&text), (3 + 5) * 128);
}

#[test]
fn a_change_renames_the_templates_that_it_must() {
    let text = std::fs::read_to_string(repository("tests/clouds/talos-workers.yaml")).unwrap();
    let names = |text: &str| {
        let (compiled, diagnostics, _) = compile_text(text);
        let compiled = compiled.unwrap_or_else(|| panic!("{diagnostics:?}"));
        ["KubevirtMachineTemplate", "TalosConfigTemplate"].map(|kind| {
            let template = find(&compiled, "tenants/acme/cluster/nodegroup-big.yaml", kind);
            let deployment = find(&compiled, "tenants/acme/cluster/nodegroup-big.yaml", "MachineDeployment");
            let name = template["metadata"]["name"].clone();
            let refers = deployment.to_string().contains(&format!("\"kind\":\"{kind}\",\"name\":{name}"));
            assert!(refers, "{deployment:#}");
            name
        })
    };
    let before = names(&text);
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let after = names(&text.replace(from, to));
        [before[0] != after[0], before[1] != after[1]]
    };
    assert_eq!(changed("talos: v1.12.7", "talos: v1.12.8"), [true, true]);
    assert_eq!(changed("extensions: [qemu-guest-agent]", "extensions: []"), [true, false]);
    assert_eq!(changed("tier: web", "tier: db"), [false, true]);
    assert_eq!(
        changed("node-restriction.kubernetes.io/team: a", "node-restriction.kubernetes.io/team: b"),
        [false, false]
    );
    assert_eq!(changed("skipFallback: true, overridePath", "overridePath"), [false, true]);
    assert_eq!(changed("disk: 100Gi", "disk: 200Gi"), [true, false]);
    assert_eq!(changed("address: 10.0.0.140", "address: 10.0.0.141"), [false, false]);
    // The way to the API is the same however it is exposed.
    assert_eq!(changed("expose: ingress, hostname: acme.cloud.example", "expose: cluster-ip"), [false, false]);
}

#[test]
fn the_provider_is_there_with_the_first_tenant_that_needs_it() {
    let provider = |compiled: &Compiled| {
        objects(&compiled.tree)
            .into_iter()
            .any(|(_, object)| object["kind"] == "BootstrapProvider" && object["metadata"]["name"] == "talos")
    };
    assert!(provider(&cloud()));
    assert!(!provider(&compile_file(&repository("tests/clouds/tenants.yaml"))));
}

#[test]
fn the_readme_says_what_to_make() {
    let compiled = cloud();
    let readme = compiled.tree.get("README.md").unwrap();
    let readme = str::from_utf8(&readme.bytes).unwrap();
    for line in [
        "cloudc secrets generate --tenant acme\nsops --decrypt secrets/tenant-acme.sops.yaml | kubectl apply --filename -\n",
        "- `flux-system/tenant-acme-talos`, keys `machine_token`, `machine_ca_crt`,",
    ] {
        assert!(readme.contains(line), "{readme}");
    }
    assert!(!readme.contains("--tenant gamma"));
}

#[test]
fn the_catalog_knows_the_talos_of_workers() {
    let sets = ClusterApiSets::load();
    let workers = sets.default_set().talos_workers.as_ref().unwrap();
    assert_eq!((workers.talos.min.to_string(), workers.talos.max.to_string()), ("1.12".to_owned(), "1.13".to_owned()));
}
