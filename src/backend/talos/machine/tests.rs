//! The parts of machine configurations that defaults do not show. Defaults are compared with upstream's files in `tests/it`.

use serde_json::{Value, json};

use super::documents;
use crate::backend::talos::fixture::{link, machine, model};
use crate::model::{Addressing, Bond, LinkKind, Vlan, Volume};
use crate::spec::{BondMode, DiskSelector, DiskType, Filesystem, LinkMatch, Role, VolumeKind};

/// As text, so that the order of keys counts too.
fn lines(documents: &[Value]) -> String {
    crate::backend::yaml::write_documents(&[], documents)
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
    documents(&model(contract), &machine, None).split_off(2)
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
            {"apiVersion": "v1alpha1", "kind": "LinkAliasConfig", "name": "uplink-0-%d",
             "selector": {"match": "glob('0000:04:00.*', link.bus_path)"}},
            {"apiVersion": "v1alpha1", "kind": "BondConfig", "name": "uplink", "links": ["uplink-0-0", "enp5s0"],
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
        secure: None,
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
            secure: Some(false),
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
    let old = documents(&model("v1.12"), &machine, None);
    assert_eq!(old[0]["machine"]["env"], json!({"https_proxy": "http://proxy:3128"}));
    let new = documents(&model("v1.13"), &machine, None);
    assert_eq!(new[0]["machine"].get("env"), None);
    assert_eq!(new[2]["kind"], "EnvironmentConfig");
}
