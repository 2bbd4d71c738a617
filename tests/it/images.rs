//! Operating-system images: what the imager is told, and how a factory gets to know them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use cloudc::output::{self, Mode};
use cloudc::tree::FileTree;
use serde_json::Value;

use crate::support::{compile_file, compile_text, documents, repository};

fn profile(tree: &FileTree, path: &str) -> Value {
    let file = tree.get(path).unwrap_or_else(|| panic!("no {path}"));
    documents(&file.bytes).remove(0)
}

/// The cloud behind the profile that "DIY: Create Your Own Cloud with Kubernetes (Part 1)" prints.
const ARTICLE: &str = r#"
apiVersion: cloudc.dev/v1alpha1
kind: Cloud
metadata: {name: article}
versions: {talos: v1.6.4, kubernetes: v1.29.3}
delivery: {git: {url: "https://git.example/article.git"}}
network: {nodes: 192.168.100.0/24, pods: 10.244.0.0/16, services: 10.96.0.0/16}
controlPlane: {endpoint: 192.168.100.10}
nodeDefaults:
  installDisk: /dev/sda
  extensions:
    - amd-ucode
    - amdgpu-firmware
    - bnx2-bnx2x
    - i915-ucode
    - intel-ice-firmware
    - intel-ucode
    - qlogic-firmware
    - drbd
    - zfs
nodes:
  srv1: {role: control-plane, address: 192.168.100.11}
  srv2: {role: control-plane, address: 192.168.100.12}
  srv3: {role: control-plane, address: 192.168.100.13}
"#;

#[test]
fn the_article_gets_its_profile() {
    let (compiled, diagnostics, _) = compile_text(ARTICLE);
    let found: Vec<_> = diagnostics.sorted().iter().map(|d| d.rule).collect();
    assert!(found.contains(&"extension-too-new"), "the factory lists qlogic-firmware from v1.6.5 on");
    let tree = compiled.unwrap().tree;
    let expected: Value = serde_yaml::from_str(
        "
arch: amd64
platform: metal
secureboot: false
version: v1.6.4
input:
  kernel: {path: /usr/install/amd64/vmlinuz}
  initramfs: {path: /usr/install/amd64/initramfs.xz}
  baseInstaller: {imageRef: ghcr.io/siderolabs/installer:v1.6.4}
  systemExtensions:
    - imageRef: ghcr.io/siderolabs/amd-ucode:20240115
    - imageRef: ghcr.io/siderolabs/amdgpu-firmware:20240115
    - imageRef: ghcr.io/siderolabs/bnx2-bnx2x:20240115
    - imageRef: ghcr.io/siderolabs/i915-ucode:20240115
    - imageRef: ghcr.io/siderolabs/intel-ice-firmware:20240115
    - imageRef: ghcr.io/siderolabs/intel-ucode:20231114
    - imageRef: ghcr.io/siderolabs/qlogic-firmware:20240115
    - imageRef: ghcr.io/siderolabs/drbd:9.2.6-v1.6.4
    - imageRef: ghcr.io/siderolabs/zfs:2.1.14-v1.6.4
output: {kind: installer, outFormat: raw}
",
    )
    .unwrap();
    let written = profile(&tree, "talos/images/srv1/imager.yaml");
    // As text, since maps that are equal may differ in order.
    assert_eq!(written.to_string(), expected.to_string());
}

#[test]
fn one_set_in_two_orders_is_one_image_in_the_first() {
    let compiled = compile_file(&repository("tests/clouds/own-images.yaml"));
    let image = compiled.model.images.iter().find(|image| image.name == "server").unwrap();
    assert_eq!(image.nodes, ["s1", "s2"]);
    let written = profile(&compiled.tree, "talos/images/server/imager.yaml");
    let names: Vec<&str> = written["input"]["systemExtensions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| image["imageRef"].as_str().unwrap().split([':', '/']).nth(2).unwrap())
        .collect();
    assert_eq!(names, ["zfs", "intel-ucode", "drbd"], "as written on the class");
    let schematic = profile(&compiled.tree, "talos/images/server/schematic.yaml");
    let sorted = &schematic["customization"]["systemExtensions"]["officialExtensions"];
    assert_eq!(sorted, &serde_json::json!(["siderolabs/drbd", "siderolabs/intel-ucode", "siderolabs/zfs"]));
}

#[test]
fn what_components_add_follows_what_was_written() {
    let text = std::fs::read_to_string(repository("examples/cozy/cloud.yaml")).unwrap();
    let extensions = |text: &str| compile_text(text).0.unwrap().model.images[0].ingredients.extensions.clone();
    let added = extensions(&text);
    assert_eq!(added[added.len() - 2..], ["drbd", "zfs"], "{added:?}");
    // What is both written and added stands where it was written.
    let written = extensions(&text.replace("extensions: [amd-ucode,", "extensions: [amd-ucode, zfs,"));
    assert_eq!((written[1].as_str(), written[written.len() - 1].as_str()), ("zfs", "drbd"), "{written:?}");
}

/// A factory in a thread: it knows schematics by ID, and calls a new one by the name that it is told.
struct Factory {
    address: String,
    known: Arc<Mutex<BTreeMap<String, String>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Factory {
    fn start(answer: fn(&str) -> (u16, String)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (known, requests) = (Arc::default(), Arc::default());
        let factory = Self { address, known: Arc::clone(&known), requests: Arc::clone(&requests) };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(&stream.unwrap(), &known, &requests, answer);
            }
        });
        factory
    }

    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

fn serve(
    stream: &TcpStream,
    known: &Mutex<BTreeMap<String, String>>,
    requests: &Mutex<Vec<String>>,
    answer: fn(&str) -> (u16, String),
) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let request = line.trim().trim_end_matches(" HTTP/1.1").to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        if header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    requests.lock().unwrap().push(request.clone());
    let (status, text) = if let Some(id) = request.strip_prefix("GET /schematics/") {
        known.lock().unwrap().get(id).map_or((404, "schematic not found\n".to_owned()), |text| (200, text.clone()))
    } else {
        answer(&String::from_utf8(body).unwrap())
    };
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len()).unwrap();
}

/// The three images of the home cluster on disk, and what the script says of them.
fn register(folder: &Path, factory: &str) -> Output {
    let compiled = compile_file(&repository("examples/home/cloud.yaml"));
    output::build(folder, &compiled.tree, Mode::Write, false).unwrap();
    Command::new("sh")
        .arg("talos/images/register.sh")
        .current_dir(folder)
        .env("FACTORY", factory)
        .env_remove("http_proxy")
        .output()
        .unwrap()
}

fn said(output: &Output) -> (Option<i32>, Vec<String>, Vec<String>) {
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect();
    (output.status.code(), lines(&output.stdout), lines(&output.stderr))
}

const IDS: [(&str, &str); 3] = [
    ("pi4", "ee21ef4a5ef808a9b7484cc0dda0f25075021691c8c09a276591eedb638ea1f9"),
    ("nuc", "4b3cd373a192c8469e859b7a0cfbed3ecc3577c4a2d346a37b0aeff9cd17cdb0"),
    ("ryzen", "9c1d1b442d73f96dcd04e81463eb20000ab014062d22e1b083e1773336bc1dd5"),
];

/// As the factory answers: it hashes what it parsed, which is the file without its comments.
fn honest(schematic: &str) -> (u16, String) {
    let name = |part: &str| schematic.contains(part);
    let (_, id) = IDS[if name("rpi_generic") { 0 } else { 1 + usize::from(name("amdgpu")) }];
    // A schematic may hold anything that looks like an answer.
    let text = serde_json::to_string(&serde_json::json!({"id": id, "schematic": "a: {\"id\": \"0\"}\n"})).unwrap();
    (201, format!("{text}\n"))
}

#[test]
fn schematics_are_registered_once() {
    let folder = tempfile::tempdir().unwrap();
    let factory = Factory::start(honest);
    factory.known.lock().unwrap().insert(IDS[1].1.to_owned(), "customization: {}\n".to_owned());
    let (code, out, err) = said(&register(folder.path(), &factory.address));
    let line = |(name, id): (&str, &str), what: &str| format!("{name}: {what} as {id}");
    assert_eq!(out, [line(IDS[0], "registered"), line(IDS[1], "known"), line(IDS[2], "registered")]);
    assert_eq!((code, err), (Some(0), Vec::new()));
    let asked = |(_, id): (&str, &str)| format!("GET /schematics/{id}");
    let post = "POST /schematics".to_owned();
    assert_eq!(factory.requests(), [asked(IDS[0]), post.clone(), asked(IDS[1]), asked(IDS[2]), post]);
}

#[test]
fn a_factory_that_counts_otherwise_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let factory = Factory::start(|_| (201, format!("{{\"id\":\"{}\",\"schematic\":\"\"}}", IDS[1].1)));
    let (code, out, err) = said(&register(folder.path(), &factory.address));
    assert_eq!((code, out.len(), err.len()), (Some(1), 1, 2), "{out:?} {err:?}");
    assert!(err[0].starts_with("pi4: http://127.0.0.1:") && err[0].contains(&format!("not {}", IDS[0].1)), "{err:?}");
}

#[test]
fn a_refusal_is_shown_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let factory = Factory::start(|_| (400, "yaml: field extensions not found\n".to_owned()));
    let (code, out, err) = said(&register(folder.path(), &factory.address));
    assert_eq!((code, out.len(), err.len()), (Some(1), 0, 3));
    assert!(err[0].ends_with("refuses the schematic with status 400: yaml: field extensions not found"), "{err:?}");
}

#[test]
fn a_factory_that_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, out, err) = said(&register(folder.path(), &format!("http://{free}")));
    assert_eq!((code, out.len()), (Some(1), 0));
    assert!(err.iter().any(|line| line.ends_with("does not answer")), "{err:?}");
}

#[test]
fn without_a_factory_there_is_nothing_to_register() {
    let tree = compile_file(&repository("tests/clouds/own-images.yaml")).tree;
    assert!(tree.get("talos/images/register.sh").is_none());
    let runbook = String::from_utf8(tree.get("README.md").unwrap().bytes.clone()).unwrap();
    assert!(
        runbook.contains("crane push out/installer-amd64-secureboot.tar registry.corp.example/talos/"),
        "{runbook}"
    );
    assert!(!runbook.contains("factory"), "{runbook}");
}
