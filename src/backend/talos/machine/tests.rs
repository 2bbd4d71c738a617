//! Machine configurations against those that Talos itself generates, and the parts that defaults do not show.
#![expect(clippy::disallowed_methods, clippy::print_stderr, reason = "upstream's files are read where they are")]

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::documents;
use super::secrets::with_secrets;
use crate::backend::talos::fixture::{link, machine, model};
use crate::model::{Addressing, Bond, LinkKind, Vlan, Volume};
use crate::secrets::Bundle;
use crate::spec::{BondMode, DiskSelector, DiskType, Filesystem, LinkMatch, Role, VolumeKind};

/// Upstream's stability files; `None`, with a word about it, where they are not at hand.
fn upstream(path: &str) -> Option<String> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/upstream");
    let root = std::env::var_os("CLOUDC_UPSTREAM").map_or(default, PathBuf::from);
    let file = root.join("talos/stability").join(path);
    let text = std::fs::read_to_string(&file).ok();
    assert!(text.is_some() || std::env::var("CI").as_deref() != Ok("true"), "{} is missing", file.display());
    if text.is_none() {
        eprintln!("skipped: {} is missing", file.display());
    }
    text
}

fn read(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text).map(|document| Value::deserialize(document).unwrap()).collect()
}

/// The installer of the fixture's image, whose schematic is empty.
const INSTALLER: &str =
    "factory.talos.dev/metal-installer/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba:v1.13.9";

/// What we want otherwise than `talosctl gen config` at defaults, which names no disk, image or host.
fn deviate(golden: &mut [Value]) {
    let install = golden[0]["machine"]["install"].as_object_mut().unwrap();
    install.shift_insert(0, "disk".to_owned(), json!("/dev/sda"));
    install.shift_insert(1, "image".to_owned(), json!(INSTALLER));
    golden[1] = json!({"apiVersion": "v1alpha1", "kind": "HostnameConfig", "hostname": "n1"});
}

/// As text, so that the order of keys counts too.
fn lines(documents: &[Value]) -> String {
    crate::backend::yaml::write_documents(&[], documents)
}

const GOLDEN: [(&str, &str, Role); 4] = [
    ("v1.13", "base-controlplane.yaml", Role::ControlPlane),
    ("v1.13", "base-worker.yaml", Role::Worker),
    ("v1.12", "base-controlplane.yaml", Role::ControlPlane),
    ("v1.12", "base-worker.yaml", Role::Worker),
];

#[test]
fn defaults_are_those_of_talosctl_without_its_secrets() {
    for (contract, file, role) in GOLDEN {
        let Some(text) = upstream(&format!("{contract}/{file}")) else { return };
        let mut golden = read(&text);
        deviate(&mut golden);
        let section = |golden: &mut Value, key: &str, secret: &[&str]| {
            let section = golden[key].as_object_mut().unwrap();
            section.retain(|key, _| !secret.contains(&key.as_str()));
        };
        section(&mut golden[0], "machine", &["token", "ca"]);
        let cluster =
            ["id", "secret", "token", "secretboxEncryptionSecret", "ca", "aggregatorCA", "serviceAccount", "etcd"];
        section(&mut golden[0], "cluster", &cluster);
        assert_eq!(lines(&documents(&model(contract), &machine(role))), lines(&golden), "{contract} {file}");
    }
}

#[test]
fn with_its_secrets_a_machine_gets_what_talosctl_writes() {
    let Some(bundle) = upstream("secrets.yaml") else { return };
    let bundle = Bundle::parse(&bundle).unwrap();
    for (contract, file, role) in GOLDEN {
        let mut golden = read(&upstream(&format!("{contract}/{file}")).unwrap());
        deviate(&mut golden);
        let complete = with_secrets(documents(&model(contract), &machine(role)), role, &bundle);
        assert_eq!(lines(&complete), lines(&golden), "{contract} {file}");
    }
}

#[test]
fn secrets_keep_the_settings_of_etcd() {
    let Some(bundle) = upstream("secrets.yaml") else { return };
    let mut model = model("v1.13");
    model.control_plane.etcd.advertised_subnets = vec!["10.0.0.0/8".parse().unwrap()];
    let documents = documents(&model, &machine(Role::ControlPlane));
    let complete = with_secrets(documents, Role::ControlPlane, &Bundle::parse(&bundle).unwrap());
    let etcd = complete[0]["cluster"]["etcd"].as_object().unwrap();
    assert_eq!(etcd.keys().collect::<Vec<_>>(), ["ca", "advertisedSubnets"]);
}

fn matching(fill: impl FnOnce(&mut LinkMatch)) -> LinkMatch {
    let mut matches = LinkMatch::default();
    fill(&mut matches);
    matches
}

/// The documents of one machine but `v1alpha1` and the host name.
fn typed(contract: &str, change: impl FnOnce(&mut crate::model::Machine)) -> Vec<Value> {
    let mut machine = machine(Role::ControlPlane);
    change(&mut machine);
    documents(&model(contract), &machine).split_off(2)
}

fn fixed(addresses: &[&str], gateway: Option<&str>) -> Addressing {
    Addressing {
        dhcp: false,
        addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
        routes: gateway.map(|gateway| ("0.0.0.0/0".parse().unwrap(), gateway.parse().unwrap())).into_iter().collect(),
    }
}

#[test]
fn a_physical_link_is_found_by_expression_and_then_called_by_its_name() {
    let documents = typed("v1.13", |machine| {
        let by_mac = matching(|link| link.mac = Some("dc:a6:32:00:00:11".parse().unwrap()));
        machine.links = vec![link("lan", LinkKind::Physical(by_mac))];
        machine.links[0].addressing = fixed(&["192.168.20.11/24"], Some("192.168.20.1"));
        machine.links[0].vip = Some("192.168.20.10".parse().unwrap());
    });
    assert_eq!(
        lines(&documents),
        "\
apiVersion: v1alpha1
kind: LinkAliasConfig
name: lan
selector:
  match: \"mac(link.permanent_addr) == 'dc:a6:32:00:00:11'\"
---
apiVersion: v1alpha1
kind: LinkConfig
name: lan
addresses:
- address: 192.168.20.11/24
routes:
- gateway: \"192.168.20.1\"
---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: \"192.168.20.10\"
link: lan
"
    );
}

#[test]
fn an_unknown_interface_is_left_to_talos_as_long_as_it_can_be() {
    assert_eq!(typed("v1.13", |_| ()), [] as [Value; 0]);
    let vip = typed("v1.13", |machine| machine.links[0].vip = Some("192.168.20.10".parse().unwrap()));
    let names: Vec<_> = vip.iter().map(|document| (&document["kind"], &document["name"])).collect();
    assert_eq!(
        names,
        [(&json!("LinkAliasConfig"), &json!("lan%d")), (&json!("Layer2VIPConfig"), &json!("192.168.20.10"))]
    );
    assert_eq!(vip[1]["link"], "lan0");
    let old = typed("v1.12", |machine| machine.links[0].addressing = fixed(&["10.0.0.1/24"], None));
    assert_eq!((&old[0]["name"], &old[1]["name"]), (&json!("lan"), &json!("lan")), "1.12 has no alias patterns");
}

#[test]
fn bonds_carry_vlans() {
    let documents = typed("v1.13", |machine| {
        let bond = Bond {
            mode: BondMode::Lacp,
            members: vec![
                matching(|link| link.bus_path = Some("0000:04:00.*".to_owned())),
                matching(|link| link.name = Some("enp5s0".to_owned())),
            ],
            miimon: Some(100),
            lacp_rate: Some(crate::spec::LacpRate::Fast),
            xmit_hash_policy: Some(crate::spec::XmitHashPolicy::Layer34),
            up_delay: None,
            down_delay: None,
        };
        machine.links = vec![link("uplink", LinkKind::Bond(bond))];
        machine.links[0].addressing = Addressing::default();
        machine.links[0].mtu = Some(9000);
        let addressing = Addressing { dhcp: true, ..Addressing::default() };
        machine.links[0].vlans = vec![Vlan { name: "mgmt".to_owned(), id: 10, addressing, mtu: None, vip: None }];
    });
    assert_eq!(
        Value::from(documents),
        json!([
            {"apiVersion": "v1alpha1", "kind": "LinkAliasConfig", "name": "uplink-0",
             "selector": {"match": "glob('0000:04:00.*', link.bus_path)"}},
            {"apiVersion": "v1alpha1", "kind": "BondConfig", "name": "uplink", "links": ["uplink-0", "enp5s0"],
             "bondMode": "802.3ad", "miimon": 100, "xmitHashPolicy": "layer3+4", "lacpRate": "fast", "mtu": 9000},
            {"apiVersion": "v1alpha1", "kind": "VLANConfig", "name": "mgmt", "vlanID": 10, "parent": "uplink"},
            {"apiVersion": "v1alpha1", "kind": "DHCPv4Config", "name": "mgmt"},
        ])
    );
}

fn volume(name: &str, kind: VolumeKind) -> Volume {
    Volume {
        name: name.to_owned(),
        kind,
        disk: None,
        min_size: None,
        max_size: None,
        grow: None,
        filesystem: Filesystem::Xfs,
        secure: true,
    }
}

#[test]
fn volumes_lie_where_they_should() {
    let change = |machine: &mut crate::model::Machine| {
        let ephemeral =
            Volume { max_size: Some("100GiB".to_owned()), grow: Some(true), ..volume("EPHEMERAL", VolumeKind::User) };
        let nvme = DiskSelector { kind: Some(DiskType::Nvme), ..DiskSelector::default() };
        let osd = Volume { disk: Some(nvme), min_size: Some("340GiB".to_owned()), ..volume("osd0", VolumeKind::Raw) };
        let data = Volume {
            min_size: Some("1GiB".to_owned()),
            grow: Some(true),
            filesystem: Filesystem::Ext4,
            secure: false,
            ..volume("data", VolumeKind::User)
        };
        machine.volumes = vec![ephemeral, osd, data];
        let tpm = crate::spec::EncryptionKey::Tpm(crate::spec::Empty {});
        machine.encryption.insert("STATE".to_owned(), vec![tpm.clone()]);
        machine.encryption.insert("EPHEMERAL".to_owned(), vec![tpm]);
    };
    let encryption = json!({"provider": "luks2", "keys": [{"slot": 0, "tpm": {}}]});
    assert_eq!(
        Value::from(typed("v1.13", change)),
        json!([
            {"apiVersion": "v1alpha1", "kind": "VolumeConfig", "name": "EPHEMERAL",
             "provisioning": {"maxSize": "100GiB"}, "encryption": encryption},
            {"apiVersion": "v1alpha1", "kind": "RawVolumeConfig", "name": "osd0",
             "provisioning": {"diskSelector": {"match": "disk.transport == 'nvme' && !system_disk"}, "minSize": "340GiB"}},
            {"apiVersion": "v1alpha1", "kind": "UserVolumeConfig", "name": "data",
             "provisioning": {"diskSelector": {"match": "system_disk"}, "grow": true, "minSize": "1GiB"},
             "filesystem": {"type": "ext4"}, "mount": {"secure": false}},
            {"apiVersion": "v1alpha1", "kind": "VolumeConfig", "name": "STATE", "encryption": encryption},
        ])
    );
}

#[test]
fn variables_stand_where_the_contract_reads_them() {
    let mut machine = machine(Role::Worker);
    machine.env.insert("https_proxy".to_owned(), "http://proxy:3128".to_owned());
    let old = documents(&model("v1.12"), &machine);
    assert_eq!(old[0]["machine"]["env"], json!({"https_proxy": "http://proxy:3128"}));
    let new = documents(&model("v1.13"), &machine);
    assert_eq!(new[0]["machine"].get("env"), None);
    assert_eq!(new[2]["kind"], "EnvironmentConfig");
}
