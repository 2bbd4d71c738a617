//! Secrets: made once, kept encrypted, opened in memory only, and never in anything that is said or built.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use cloudc::secrets::{self, Bundle, Keys, Kind, Recipient, Wanted, generate, sops};
use cloudc::spec::scalar::Minor;
use rand_core::OsRng;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::repository;

/// 2026-01-01.
const NOW: Duration = Duration::from_hours(490_896);
/// A contract whose service-account key is made quickly.
const QUICK: Minor = Minor::v1(6);

fn bundle(contract: Minor) -> Bundle {
    let wanted = [("wg-hub", Kind::WireguardKey), ("disk", Kind::Passphrase), ("registry", Kind::RegistryCredentials)]
        .map(|(name, kind)| Wanted { name: name.to_owned(), kind });
    generate(contract, &wanted, NOW, &mut OsRng).unwrap()
}

fn recipient(of: &Identity) -> Recipient {
    of.to_public().to_string().parse().unwrap()
}

/// Every text of a tree.
fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => map.values().flat_map(leaves).collect(),
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// A folder with a cloud whose secrets this key opens.
struct Cloud {
    folder: TempDir,
    key: Identity,
}

impl Cloud {
    fn new() -> Self {
        let (folder, key) = (tempfile::tempdir().unwrap(), Identity::generate());
        let text = format!(
            r#"apiVersion: cloudc.dev/v1alpha1
kind: Cloud
metadata: {{name: test}}
versions: {{talos: v1.13.9, kubernetes: v1.35.4}}
delivery: {{git: {{url: "https://git.example/cloud.git"}}, sops: {{age: [{}]}}}}
network: {{nodes: 192.168.1.0/24, pods: 10.244.0.0/16, services: 10.96.0.0/16}}
controlPlane: {{endpoint: 192.168.1.50}}
nodes:
  one: {{role: control-plane, address: 192.168.1.50, installDisk: /dev/sda}}
  two: {{role: worker, installDisk: /dev/sda}}
components: {{cilium: {{}}}}
"#,
            key.to_public()
        );
        fs::write(folder.path().join("cloud.yaml"), text).unwrap();
        Self { folder, key }
    }

    /// A cloud with the bundle of another contract, whose keys are made quickly.
    fn with_bundle() -> Self {
        let cloud = Self::new();
        let made = cloud.run(&["secrets", "generate", "--talos-version", "v1.6"], &[]);
        assert!(made.status.success(), "{}", stderr(&made));
        cloud
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self) -> String {
        fs::read_to_string(self.path().join("secrets/talos.sops.yaml")).unwrap()
    }

    fn secret_key(&self) -> String {
        self.key.to_string().expose_secret().to_owned()
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        cloudc(self.path(), arguments, environment)
    }

    /// What the library makes of a file, with the right key.
    fn read(&self, text: &str) -> Result<Bundle, String> {
        let mut keys = Keys::default();
        keys.add("test", &self.secret_key());
        secrets::open(text, || keys).map_err(|error| error.to_string())
    }

    /// `machineconfig` with this text as the cloud's bundle and the right key.
    fn open(&self, text: &str) -> Output {
        fs::write(self.path().join("secrets/talos.sops.yaml"), text).unwrap();
        self.run(&["machineconfig", "one"], &[("SOPS_AGE_KEY", &self.secret_key())])
    }
}

/// Runs the program in a folder, without the keys of whoever runs the test.
fn cloudc(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloudc"));
    for name in ["SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD", "XDG_CONFIG_HOME"] {
        command.env_remove(name);
    }
    command.env("HOME", folder).envs(environment.iter().copied());
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn fails(output: &Output, with: &str) {
    let said = stderr(output);
    assert_eq!((output.status.code(), stdout(output).as_str()), (Some(2), ""), "{said}");
    assert!(said.contains(with), "no `{with}` in: {said}");
}

#[test]
fn a_bundle_has_what_its_contract_has() {
    use base64ct::{Base64, Base64Url, Encoding};

    let label =
        |text: &str| String::from_utf8(Base64::decode_vec(text).unwrap()).unwrap().lines().next().unwrap().to_owned();
    let mut last = None;
    for (minor, service_account) in [(6, "EC"), (13, "RSA"), (14, "RSA")] {
        let made = bundle(Minor::v1(minor));
        assert_eq!(Bundle::parse(&Value::Object(made.to_json()).to_string()).unwrap(), made);
        let id = made.cluster_id.expose();
        let bytes = if minor < 14 { Base64Url::decode_vec(id) } else { Base64::decode_vec(id) };
        assert_eq!(bytes.unwrap().len(), 32);
        assert_eq!(label(made.k8s_service_account.expose()), format!("-----BEGIN {service_account} PRIVATE KEY-----"));
        assert_eq!(label(made.os.key.expose()), "-----BEGIN ED25519 PRIVATE KEY-----");
        assert_eq!(label(made.etcd.key.expose()), "-----BEGIN EC PRIVATE KEY-----");
        assert!(made.aescbc_encryption.is_none());
        assert_ne!(Some(&made), last.as_ref());
        last = Some(made);
    }
}

#[test]
fn named_secrets_are_made_where_they_can_be() {
    use base64ct::{Base64, Encoding};

    let made = bundle(QUICK);
    let key = Base64::decode_vec(made.reference("wg-hub", "privateKey").unwrap().expose()).unwrap();
    assert_eq!((key.len(), key[0] & 7, key[31] & 0b1100_0000), (32, 0, 0b0100_0000));
    assert_eq!(Base64::decode_vec(made.reference("disk", "passphrase").unwrap().expose()).unwrap().len(), 32);
    assert_eq!(made.reference("registry", "username"), None);
    assert_eq!(made.references.len(), 2);
}

#[test]
fn an_encrypted_file_holds_no_value_in_plain() {
    let bundle = bundle(QUICK);
    let file =
        sops::encrypt(&bundle.to_json(), &[recipient(&Identity::generate())], sops::Scope::Everything, NOW, &mut OsRng)
            .unwrap();
    let text = file.to_string();
    for value in leaves(&Value::Object(bundle.to_json())) {
        assert!(!text.contains(&value));
    }
    // What is in plain is the section of sops, and every other value is sealed.
    for (key, value) in file.as_object().unwrap().iter().filter(|(key, _)| *key != "sops") {
        assert!(leaves(value).iter().all(|leaf| leaf.starts_with("ENC[AES256_GCM,")), "{key}");
    }
}

#[test]
fn names_that_sops_leaves_in_plain_are_refused() {
    let wanted = [Wanted { name: "key_unencrypted".to_owned(), kind: Kind::Passphrase }];
    let bundle = generate(QUICK, &wanted, NOW, &mut OsRng).unwrap();
    let error =
        sops::encrypt(&bundle.to_json(), &[recipient(&Identity::generate())], sops::Scope::Everything, NOW, &mut OsRng)
            .unwrap_err();
    assert_eq!(error, sops::Error::LeftPlain("references.key_unencrypted".to_owned()));
}

#[test]
fn generate_writes_where_the_cloud_says_and_nothing_else() {
    let cloud = Cloud::with_bundle();
    let file = cloud.path().join("secrets/talos.sops.yaml");
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777, 0o600);
    assert!(cloud.file().contains("-----BEGIN AGE ENCRYPTED FILE-----"));
    let mut names: Vec<_> = walkdir::WalkDir::new(cloud.path())
        .into_iter()
        .map(|entry| entry.unwrap().file_name().to_owned())
        .skip(1)
        .collect();
    names.sort();
    assert_eq!(names, ["cloud.yaml", "secrets", "talos.sops.yaml"]);
}

#[test]
fn nothing_is_overwritten() {
    let cloud = Cloud::with_bundle();
    let before = cloud.file();
    fails(&cloud.run(&["secrets", "generate"], &[]), "talos.sops.yaml is there already, and is never overwritten");
    assert_eq!(cloud.file(), before);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("elsewhere", cloud.path().join("link")).unwrap();
        fails(&cloud.run(&["secrets", "generate", "--output", "link"], &[]), "link is there already");
        assert!(!cloud.path().join("elsewhere").exists());
    }
}

#[test]
fn a_plain_file_is_only_written_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| cloudc(folder.path(), &[&["secrets", "generate"], arguments].concat(), &[]);
    fails(&run(&["--talos-version", "v1.6"]), "name a file with --output");
    fails(&run(&[]), "no cloud.yaml");
    assert_eq!(run(&["--talos-version", "v1.5", "--output", "-"]).status.code(), Some(2));

    let printed = run(&["--talos-version", "v1.6.4", "--output", "-"]);
    assert_eq!((printed.status.code(), stderr(&printed).as_str()), (Some(0), ""));
    Bundle::parse(&stdout(&printed)).unwrap();
    let written = run(&["--talos-version", "1.6", "--output", "plain.yaml"]);
    assert!(stderr(&written).starts_with("warning: plain.yaml holds the secrets in plain"), "{}", stderr(&written));
    Bundle::parse(&fs::read_to_string(folder.path().join("plain.yaml")).unwrap()).unwrap();

    let cloud = Cloud::new();
    let text = fs::read_to_string(cloud.path().join("cloud.yaml")).unwrap();
    let start = text.find(", sops: ").unwrap();
    let end = start + text[start..].find("]}").unwrap() + 2;
    fs::write(cloud.path().join("cloud.yaml"), format!("{}{}", &text[..start], &text[end..])).unwrap();
    fails(&cloud.run(&["secrets", "generate"], &[]), "name who may open it under `delivery.sops.age`");
    assert!(!cloud.path().join("secrets").exists());
    // A private key where a public one belongs is not repeated.
    let wrong = cloud.run(&["secrets", "generate", "--age", &cloud.secret_key()], &[]);
    fails(&wrong, "--age: a recipient is not a public key");
    assert!(!stderr(&wrong).contains(&cloud.secret_key()[..20]));
    let recipient = cloud.key.to_public().to_string();
    assert!(cloud.run(&["secrets", "generate", "--talos-version", "v1.6", "--age", &recipient], &[]).status.success());
    assert_eq!(cloud.open(&cloud.file()).status.code(), Some(0));
}

#[test]
fn keys_are_found_where_sops_finds_them() {
    let cloud = Cloud::with_bundle();
    let key = cloud.secret_key();
    let keys = format!("# mine\n\n{}\n{key}\n", Identity::generate().to_string().expose_secret());
    for folder in [".config/sops/age", "xdg/sops/age"] {
        fs::create_dir_all(cloud.path().join(folder)).unwrap();
    }
    fs::write(cloud.path().join("keys"), &keys).unwrap();
    fs::write(cloud.path().join("xdg/sops/age/keys.txt"), &keys).unwrap();
    let xdg = cloud.path().join("xdg").display().to_string();

    let open = |environment: &[(&str, &str)]| cloud.run(&["machineconfig", "one"], environment);
    fails(&open(&[]), "no age key to open the secrets bundle with");
    let first = open(&[("SOPS_AGE_KEY", &key)]);
    assert!(first.status.success(), "{}", stderr(&first));
    for environment in [("SOPS_AGE_KEY_FILE", "keys"), ("XDG_CONFIG_HOME", xdg.as_str())] {
        assert_eq!(stdout(&open(&[environment])), stdout(&first), "{environment:?}");
    }
    // A place that gives nothing does not spoil the others.
    assert!(open(&[("SOPS_AGE_KEY_FILE", "missing"), ("SOPS_AGE_KEY", &key)]).status.success());
    fs::write(cloud.path().join(".config/sops/age/keys.txt"), &keys).unwrap();
    assert_eq!(stdout(&open(&[])), stdout(&first));
    let piped = cloud.run(&["machineconfig", "one", "--secrets", "secrets/talos.sops.yaml"], &[]);
    assert_eq!(stdout(&piped), stdout(&first));
}

#[test]
fn a_wrong_key_says_whose_file_it_is_and_nothing_of_the_key() {
    let cloud = Cloud::with_bundle();
    let other = Identity::generate().to_string().expose_secret().to_owned();
    let wrong = cloud.run(&["machineconfig", "one"], &[("SOPS_AGE_KEY", &other), ("SOPS_AGE_KEY_CMD", "pass age")]);
    fails(&wrong, "none of the age keys that were found opens the secrets bundle");
    let said = stderr(&wrong);
    assert!(
        said.contains(&cloud.key.to_public().to_string()) && said.contains("SOPS_AGE_KEY_CMD is not run"),
        "{said}"
    );
    assert!(!said.contains(&other));
    // A key with a typing error.
    let broken = cloud.secret_key().replacen('1', "2", 1);
    let unread = cloud.run(&["machineconfig", "one"], &[("SOPS_AGE_KEY", &broken)]);
    fails(&unread, "line 1 of SOPS_AGE_KEY is not a key of `age-keygen`");
    assert!(!stderr(&unread).contains(&broken[10..]));
}

/// The text of the value at a key that is in the file once.
fn value_of<'a>(file: &'a str, key: &str) -> &'a str {
    let line = file.lines().find(|line| line.trim_start().starts_with(&format!("{key}: "))).unwrap();
    line.split_once(": ").unwrap().1
}

#[test]
fn a_file_that_was_changed_is_refused() {
    let cloud = Cloud::with_bundle();
    let good = cloud.file();
    fails(&cloud.open(&good.replace("type:str", "type:int")), "`cluster.id` of the secrets bundle holds");
    let secrets = leaves(&Value::Object(cloud.read(&good).unwrap().to_json()));

    let token = value_of(&good, "token");
    let bootstrap = value_of(&good, "bootstraptoken");
    let part = |name: &str| {
        let start = token.find(&format!("{name}:")).unwrap() + name.len() + 1;
        &token[start..start + 8]
    };
    let set = |old: &str, new: &str| {
        assert!(good.contains(old), "{old}");
        good.replacen(old, new, 1)
    };
    let without = |key: &str| {
        let kept: Vec<&str> = good.lines().filter(|line| !line.trim_start().starts_with(key)).collect();
        kept.join("\n") + "\n"
    };
    let other = Cloud::with_bundle().file();
    let section = |file: &str| file[file.find("\nsops:").unwrap()..].to_owned();

    let cases: Vec<(&str, String, &str)> = vec![
        ("data", set(part("data"), "AAAAAAAA"), "`trustdinfo.token` of the secrets bundle was changed"),
        ("iv", set(part("iv"), "AAAAAAAA"), "`trustdinfo.token` of the secrets bundle was changed"),
        ("tag", set(part("tag"), "AAAAAAAA"), "`trustdinfo.token` of the secrets bundle was changed"),
        ("not base64", set(part("iv"), "????????"), "`trustdinfo.token` of the secrets bundle was changed"),
        ("type", set(token, &token.replace("type:str", "type:int")), "`trustdinfo.token` of the secrets bundle holds"),
        ("moved", set(token, bootstrap), "`trustdinfo.token` of the secrets bundle was changed"),
        ("plain", set(token, "abcdef.0123456789abcdef"), "`trustdinfo.token` of the secrets bundle is not encrypted"),
        ("number", set(token, "12"), "`trustdinfo.token` of the secrets bundle is not encrypted"),
        ("emptied", set(token, "\"\""), "values were added, removed or reordered"),
        ("removed", without("token:"), "values were added, removed or reordered"),
        (
            "added",
            good.replacen("trustdinfo:", "trustdinfo:\n  more: text", 1),
            "`trustdinfo.more` of the secrets bundle is not",
        ),
        (
            "reordered",
            set("cluster:\n", "trustdinfo:\n  token: TOKEN\ncluster:\n")
                .replacen(&format!("trustdinfo:\n  token: {token}\n"), "", 1)
                .replace("TOKEN", token),
            "values were added, removed or reordered",
        ),
        ("mac", set(value_of(&good, "mac"), token), "values were added, removed or reordered"),
        ("no mac", without("mac:"), "no valid `mac`"),
        (
            "time",
            set(value_of(&good, "lastmodified"), "\"2020-01-01T00:00:00Z\""),
            "values were added, removed or reordered",
        ),
        ("no time", without("lastmodified:"), "no valid `lastmodified`"),
        (
            "rule",
            set("unencrypted_suffix: _unencrypted", "unencrypted_suffix: token"),
            "values were added, removed or reordered",
        ),
        ("rules", good.clone() + "  encrypted_suffix: x\n", "several rules of what is encrypted"),
        (
            "comments",
            set("unencrypted_suffix: _unencrypted", "encrypted_comment_regex: x"),
            "`encrypted_comment_regex`, which cloudc does not read",
        ),
        (
            "regex",
            set("unencrypted_suffix: _unencrypted", "encrypted_regex: '('"),
            "`encrypted_regex` of the secrets bundle is not a regular expression",
        ),
        ("less in the MAC", good.clone() + "  mac_only_encrypted: true\n", "values were added, removed or reordered"),
        ("other section", good.replace(&section(&good), &section(&other)), "none of the age keys"),
        (
            "age file",
            set("-----BEGIN AGE ENCRYPTED FILE-----\n      YWdl", "-----BEGIN AGE ENCRYPTED FILE-----\n      AAAA"),
            "in the `sops` section is damaged",
        ),
        ("no section", good.replace(&section(&good), "\nsops: {}\n"), "no valid `age`"),
        ("two documents", good.clone() + "---\na: b\n", "not YAML"),
        ("no YAML", good.clone() + "]", "not YAML"),
    ];
    for (name, text, why) in cases {
        assert_ne!(text, good, "{name}");
        let said = cloud.read(&text).unwrap_err();
        assert!(said.contains(why), "no `{why}` in: {said}");
        assert!(!secrets.iter().any(|secret| said.contains(secret.as_str())), "{name} gives a secret away");
        assert!(!said.contains("ENC["), "{name}: {said}");
    }
}

#[test]
fn what_sops_encrypted_is_read_under_each_of_its_rules() {
    let folder = repository("tests/sops");
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let mut keys = Keys::default();
    keys.add("age.key", &text("age.key"));
    let plain: serde_yaml::Value = serde_yaml::from_str(&text("plain.yaml")).unwrap();
    for rule in [
        "default",
        "encrypted_regex",
        "encrypted_suffix",
        "mac_only_encrypted",
        "unencrypted_regex",
        "unencrypted_suffix",
    ] {
        let file = text(&format!("{rule}.sops.yaml"));
        let read = |file: &str| sops::decrypt(serde_yaml::from_str(file).unwrap(), &keys);
        assert_eq!(read(&file).as_ref(), Ok(&plain), "{rule}");
        // What is in plain counts too, unless the file says otherwise.
        if let Some(text) = ["left in plain", "etcd-crt"].iter().find(|text| file.contains(*text)) {
            let changed = read(&file.replace(text, "changed"));
            assert_eq!(changed.is_err(), rule != "mac_only_encrypted", "{rule}: {changed:?}");
        }
    }
}

#[test]
fn a_file_for_other_services_says_so() {
    let cloud = Cloud::with_bundle();
    let good = cloud.file();
    let start = good.find("\nsops:").unwrap();
    for (keys, why) in [
        ("pgp: [{fp: AB, enc: x, created_at: y}]", "encrypted for PGP and not for age"),
        ("kms: [{arn: x}]\n  hc_vault: [{key_name: x}]", "encrypted for AWS KMS, HashiCorp Vault and not for age"),
        ("key_groups: [{age: []}, {age: []}]", "uses several key groups"),
    ] {
        let text = format!("{}\nsops:\n  {keys}\n  mac: x\n  lastmodified: y\n", &good[..start]);
        let said = cloud.read(&text).unwrap_err();
        assert!(said.contains(why), "no `{why}` in: {said}");
    }
}

#[test]
fn a_build_holds_no_secret() {
    let cloud = Cloud::with_bundle();
    assert!(cloud.run(&["build"], &[("SOPS_AGE_KEY", &cloud.secret_key())]).status.success());
    let bundle = cloud.read(&cloud.file()).unwrap();
    let secrets = leaves(&Value::Object(bundle.to_json()));
    let files =
        walkdir::WalkDir::new(cloud.path()).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let mut seen = 0;
    for file in files {
        let text = String::from_utf8_lossy(&fs::read(file.path()).unwrap()).into_owned();
        assert!(!secrets.iter().any(|secret| text.contains(secret.as_str())), "{}", file.path().display());
        seen += 1;
    }
    assert!(seen > 20);
}

#[test]
fn a_talosconfig_names_the_cloud_and_its_machines() {
    let cloud = Cloud::with_bundle();
    let key = cloud.secret_key();
    let run = |arguments: &[&str]| cloud.run(&[&["talosconfig"], arguments].concat(), &[("SOPS_AGE_KEY", &key)]);
    let output = run(&["--role", "os:reader", "--ttl", "1h"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("`two` has no fixed address"), "{}", stderr(&output));
    let config: Value = serde_yaml::from_str(&stdout(&output)).unwrap();
    assert_eq!(config["context"], "test");
    let context = &config["contexts"]["test"];
    assert_eq!(context["endpoints"], serde_json::json!(["192.168.1.50"]));
    assert_eq!(context["nodes"], serde_json::json!(["192.168.1.50", "two"]));
    assert_ne!(stdout(&output), stdout(&run(&["--role", "os:reader", "--ttl", "1h"])), "a key is used twice");
    assert_eq!(run(&["--role", "os:king"]).status.code(), Some(2));
    fails(&run(&["--ttl", "99999999h"]), "after the year 9999");
}

/// The commands of the emitted README, from the first key to the configured machines, with a `talosctl` that keeps what it gets.
#[cfg(unix)]
#[test]
fn the_runbook_works_as_printed() {
    let cloud = Cloud::new();
    assert!(cloud.run(&["build"], &[]).status.success());
    let readme = fs::read_to_string(cloud.path().join("README.md")).unwrap();
    let blocks: Vec<&str> = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let block = |with: &str| *blocks.iter().find(|block| block.contains(with)).unwrap();
    let script = format!(
        "set -eu\ncloudc() {{ {} \"$@\"; }}\ntalosctl() {{ cat >> private/got; }}\n{}\n{}",
        env!("CARGO_BIN_EXE_cloudc"),
        block("secrets generate").replace("PATH_OF_YOUR_AGE_KEY", "private/age.key"),
        block("apply-config --insecure"),
    );
    fs::write(cloud.path().join("private/age.key"), cloud.secret_key()).unwrap();
    let ran = Command::new("sh").args(["-c", &script]).current_dir(cloud.path()).output().unwrap();
    assert!(ran.status.success(), "{}", stderr(&ran));
    let bundle = cloud.read(&cloud.file()).unwrap();
    let got = fs::read_to_string(cloud.path().join("private/got")).unwrap();
    assert_eq!(got.matches(bundle.trustd_token.expose()).count(), 2, "one for each machine");
    let talosconfig = cloud.path().join("private/talosconfig");
    assert!(fs::read_to_string(&talosconfig).unwrap().contains(&bundle.os.certificate));
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(talosconfig).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_the_cloud_refers_to_by_name_is_made_or_asked_for() {
    let cloud = Cloud::new();
    let text = fs::read_to_string(cloud.path().join("cloud.yaml")).unwrap().replace(
        "two: {role: worker,",
        "two: {role: worker, encryption: {state: {keys: [{static: {secret: disk}}]}}, \
         links: {lan: {match: {driver: igb}}, wg0: {addresses: [10.9.0.1/24], wireguard: {privateKey: {secret: hub}}}}, \
         registries: {auth: {r.example: {secret: registry}}},",
    );
    fs::write(cloud.path().join("cloud.yaml"), text).unwrap();
    let made = cloud.run(&["secrets", "generate", "--talos-version", "v1.6", "--output", "plain.yaml"], &[]);
    assert!(made.status.success(), "{}", stderr(&made));
    assert!(stderr(&made).contains("`references.registry` is for you to add, with `username` and `password`"));

    // A plain bundle, as it is after decryption.
    let key = cloud.secret_key();
    let bundle = cloud.read(&fs::read_to_string(cloud.path().join("plain.yaml")).unwrap()).unwrap();
    let text = |name: &str, key: &str| bundle.reference(name, key).unwrap().expose().to_owned();
    let (hub, disk) = (text("hub", "privateKey"), text("disk", "passphrase"));
    let mut plain = bundle.to_json();
    let write = |plain: &serde_json::Map<String, Value>| {
        fs::write(cloud.path().join("open.yaml"), serde_json::to_string(plain).unwrap()).unwrap();
        cloud.run(&["machineconfig", "two", "--secrets", "open.yaml"], &[("SOPS_AGE_KEY", key.as_str())])
    };
    let refused = write(&plain);
    fails(&refused, "`references.registry` with `username` and `password`, which node `two` refers to");
    plain["references"]["registry"] = serde_json::json!({"username": "u", "password": "p4ss"});
    let given = stdout(&write(&plain));
    for part in [format!("privateKey: {hub}"), format!("passphrase: {disk}"), "password: p4ss".to_owned()] {
        assert!(given.contains(&part) || given.contains(&part.replace(": ", ": \"")), "{part} in\n{given}");
    }
    // The other machine needs none of them.
    plain.remove("references");
    fs::write(cloud.path().join("open.yaml"), serde_json::to_string(&plain).unwrap()).unwrap();
    assert!(cloud.run(&["machineconfig", "one", "--secrets", "open.yaml"], &[]).status.success());
}

#[test]
fn secrets_are_never_taken_for_the_cloud() {
    let cloud = Cloud::with_bundle();
    for command in [&["machineconfig", "one"][..], &["talosconfig"]] {
        let both = [command, &["--file", "-", "--secrets", "-"]].concat();
        fails(&cloud.run(&both, &[]), "cannot both come from standard input");
    }
    fails(&cloud.run(&["talosconfig", "--ttl", "0s"], &[]), "would be over at once");
}

/// A cloud with a tenant of Talos workers and one without.
fn cloud_with_tenants() -> Cloud {
    let cloud = Cloud::new();
    let text = fs::read_to_string(repository("tests/clouds/talos-workers.yaml")).unwrap();
    let recipient = cloud.key.to_public().to_string();
    let text = text.replace("age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq", &recipient);
    fs::write(cloud.path().join("cloud.yaml"), text).unwrap();
    fs::create_dir(cloud.path().join("certs")).unwrap();
    fs::copy(repository("tests/clouds/certs/corp-ca.pem"), cloud.path().join("certs/corp-ca.pem")).unwrap();
    cloud
}

#[test]
fn the_secret_of_a_tenant_is_one_that_flux_reads() {
    let cloud = cloud_with_tenants();
    let made = cloud.run(&["secrets", "generate", "--tenant", "acme"], &[]);
    assert!(made.status.success(), "{}", stderr(&made));
    assert!(
        stderr(&made).contains("tenant-acme.sops.yaml: new Secret flux-system/tenant-acme-talos, encrypted for age1")
    );
    let file = cloud.path().join("secrets/tenant-acme.sops.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let encrypted: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    // Whose it is can be read by everybody, what it holds by nobody.
    assert_eq!(encrypted["kind"], "Secret");
    assert_eq!(
        (&encrypted["metadata"]["name"], &encrypted["metadata"]["namespace"]),
        (&"tenant-acme-talos".into(), &"flux-system".into())
    );
    assert_eq!(encrypted["sops"]["encrypted_regex"], "^(data|stringData)$");
    assert!(encrypted["sops"].get("unencrypted_suffix").is_none());
    let data: Value = serde_json::to_value(&encrypted["stringData"]).unwrap();
    assert!(leaves(&data).iter().all(|value| value.starts_with("ENC[")), "{text}");

    let mut keys = Keys::default();
    keys.add("test", &cloud.secret_key());
    let plain: Value = serde_json::to_value(sops::decrypt(encrypted, &keys).unwrap()).unwrap();
    let names: Vec<&String> = plain["stringData"].as_object().unwrap().keys().collect();
    assert_eq!(names, cloudc::model::TenantSecret::ALL.map(cloudc::model::TenantSecret::key));
    for value in leaves(&plain["stringData"]) {
        assert!(!value.is_empty() && !value.contains(['\n', '$']), "Flux joins lines");
        assert!(!text.contains(&value));
    }

    // Made once, and another for each tenant.
    let again = cloud.run(&["secrets", "generate", "--tenant", "acme"], &[]);
    assert!(!again.status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn no_secret_is_made_for_a_tenant_that_needs_none() {
    let cloud = cloud_with_tenants();
    for (tenant, said) in [("gamma", "needs no secrets"), ("acmee", "did you mean `acme`?")] {
        let refused = cloud.run(&["secrets", "generate", "--tenant", tenant], &[]);
        assert!(!refused.status.success() && stderr(&refused).contains(said), "{}", stderr(&refused));
        assert!(!cloud.path().join("secrets").exists());
    }
}
