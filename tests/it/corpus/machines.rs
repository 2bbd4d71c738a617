//! The lower half of a generated cloud: versions, addresses, machines.

use cloudc::catalog::talos;
use serde_json::{Map, Value, json};

use super::dice::Dice;

/// What the other half has to know.
pub struct Base {
    pub cloud: Value,
    pub minor: u64,
    pub family: Family,
    /// Addresses for pools are left free above those of the nodes.
    pub prefix: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    V4,
    Dual,
    V6,
}

impl Base {
    /// An address in the network of the nodes.
    pub fn address(&self, last: usize) -> String {
        format!("{}{last}", self.prefix)
    }
}

/// A cloud without components; each number starts with another Talos minor, so that few clouds have them all.
pub fn base(dice: &mut Dice, number: usize) -> Base {
    let minors: Vec<_> = talos().minors().collect();
    let (minor, facts) = minors[(minors.len() - 1 + number) % minors.len()];
    let older: Vec<_> = minors.iter().filter(|(other, _)| *other <= minor).map(|(other, _)| *other).collect();
    let family = dice.one_of(&[Family::V4, Family::V4, Family::V4, Family::Dual, Family::V6]);
    let prefix = if family == Family::V6 { "fd00:7::" } else { "10.20.0." };

    let mut versions = json!({"talos": facts.newest.to_string(), "kubernetes": facts.kubernetes.default.to_string()});
    if dice.chance(25) {
        versions["contract"] = json!(dice.one_of(&older).to_string());
    }
    let mut cloud = json!({
        "apiVersion": "cloudc.dev/v1alpha1",
        "kind": "Cloud",
        "metadata": {"name": format!("corpus-{number}")},
        "versions": versions,
        "network": match family {
            Family::V4 => json!({"nodes": "10.20.0.0/24", "pods": "10.244.0.0/16", "services": "10.96.0.0/16"}),
            Family::Dual => json!({
                "nodes": ["10.20.0.0/24", "fd00:7::/64"],
                "pods": ["10.244.0.0/16", "fd00:244::/56"],
                "services": ["10.96.0.0/16", "fd00:96::/112"],
            }),
            Family::V6 => json!({"nodes": "fd00:7::/64", "pods": "fd00:244::/56", "services": "fd00:96::/112"}),
        },
    });

    if dice.chance(60) {
        cloud["network"]["nameservers"] =
            json!([format!("{prefix}1"), if family == Family::V6 { "2620:fe::fe" } else { "9.9.9.9" }]);
    }
    if dice.chance(30) {
        cloud["network"]["timeServers"] = json!(["ntp1.example", format!("{prefix}1")]);
    }
    if dice.chance(20) {
        cloud["network"]["dnsDomain"] = json!("corpus.internal");
    }

    let control_planes = dice.one_of(&[1, 3, 3, 5]);
    let workers = dice.within(0..=3);
    let mut base = Base { cloud, minor: minor.minor, family, prefix };
    control_plane(dice, &mut base, control_planes, workers);
    defaults(dice, &mut base);
    nodes(dice, &mut base, control_planes, workers);
    base
}

fn control_plane(dice: &mut Dice, base: &mut Base, control_planes: usize, workers: usize) {
    let shared = json!(base.address(10));
    let endpoint = match dice.within(0..=2) {
        1 => json!("https://api.corpus.example:6443"),
        // Its own address is enough for a single node.
        2 if control_planes == 1 => json!(base.address(11)),
        _ => shared,
    };
    let mut of = json!({"endpoint": endpoint});
    if dice.chance(30) {
        of["schedulable"] = json!(workers == 0 || dice.chance(50));
    }
    if dice.chance(30) {
        of["certSANs"] = json!(["api.corpus.internal", "198.51.100.10"]);
    }
    if dice.chance(40) {
        of["apiServer"] =
            json!({"extraArgs": {"event-ttl": "2h", "v": 3}, "resources": {"cpu": "500m", "memory": "2Gi"}});
        if dice.chance(50) {
            of["apiServer"]["oidc"] = json!({"issuer": "https://login.example", "clientId": "kubernetes", "usernameClaim": "email", "groupsClaim": "groups"});
        }
        if dice.chance(50) {
            of["apiServer"]["audit"] =
                json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]});
        }
    }
    if dice.chance(30) {
        of["scheduler"] = json!({"extraArgs": {"v": 2}, "resources": {"cpu": "50m", "memory": "128Mi"}});
        of["controllerManager"] = json!({"extraArgs": {"node-monitor-grace-period": "50s"}});
    }
    if dice.chance(30) {
        of["etcd"] = json!({"extraArgs": {"quota-backend-bytes": "8589934592"}});
    }
    base.cloud["controlPlane"] = of;
}

/// Settings that hold for every machine; what a Talos does not know is left out of its clouds.
fn defaults(dice: &mut Dice, base: &mut Base) {
    let mut of = Map::new();
    let settings = [
        (0, "sysctls", json!({"net.ipv4.neigh.default.gc_thresh3": "16384", "vm.max_map_count": 262_144})),
        (0, "sysfs", json!({"devices.system.cpu.cpu0.cpufreq.scaling_governor": "performance"})),
        (0, "kernelModules", json!({"nbd": ["nbds_max=16"], "br_netfilter": []})),
        (0, "udevRules", json!(["SUBSYSTEM==\"drm\", GROUP=\"44\", MODE=\"0660\""])),
        (0, "env", json!({"http_proxy": "http://proxy.example:3128", "no_proxy": ".example"})),
        (0, "hosts", json!({"192.0.2.1": ["router.example", "router"], "2001:db8::1": ["router6.example"]})),
        (0, "labels", json!({"node.example/site": "north", "node.example/spare": ""})),
        (8, "annotations", json!({"node.example/owner": "team a"})),
        (0, "files", json!({"/var/lib/example/motd": {"content": "north\n", "permissions": "0o600"}})),
        (
            0,
            "kubelet",
            json!({"maxPods": 200, "extraArgs": {"rotate-server-certificates": true},
            "config": {"imageGCHighThresholdPercent": 70, "serializeImagePulls": false},
            "extraMounts": [{"source": "/var/local", "destination": "/var/local", "type": "bind", "options": ["bind", "rshared", "rw"]}]}),
        ),
        (0, "extensions", json!(["intel-ucode", "qemu-guest-agent"])),
        (7, "watchdog", json!({"device": "/dev/watchdog0", "timeout": "2m"})),
        (0, "certSANs", json!(["nodes.corpus.example"])),
        (0, "kernelArgs", json!(["net.ifnames=0", "console=ttyS0"])),
    ];
    for (since, key, value) in settings {
        // Arguments of the kernel come with the image where the image is a signed one.
        if dice.chance(30) && base.minor >= since {
            of.insert(key.into(), value);
        }
    }
    if dice.chance(25) {
        let from = if base.family == Family::V6 { "fd00::/8" } else { "10.0.0.0/8" };
        of.insert(
            "firewall".into(),
            json!({"default": "block", "rules": {
                "apid": {"ports": [50000, 50001], "protocol": "tcp", "from": [from]},
                "kubernetes": {"ports": [6443, 10250], "from": ["0.0.0.0/0", "::/0"]},
                "etcd": {"ports": ["2379-2380"], "from": [from]},
                "overlay": {"ports": [4789, 8472], "protocol": "udp", "from": [from]},
            }}),
        );
    }
    let mut volumes = Map::new();
    if base.minor >= 8 {
        volumes.insert("EPHEMERAL".into(), json!({"maxSize": "100GiB"}));
    }
    if base.minor >= 10 {
        volumes.insert("data".into(), json!({"minSize": "100GiB", "filesystem": dice.one_of(&["xfs", "ext4"])}));
    } else {
        volumes.insert("data".into(), json!({"diskSelector": {"name": "/dev/sdb"}, "minSize": "100GiB"}));
    }
    if base.minor >= 11 {
        volumes.insert("raw".into(), json!({"kind": "raw", "diskSelector": {"type": "hdd"}, "minSize": "200GiB"}));
        if dice.chance(20) {
            volumes.insert("cache".into(), json!({"kind": "swap", "minSize": "4GiB", "maxSize": "8GiB"}));
        }
    }
    of.insert("volumes".into(), Value::Object(volumes));
    if dice.chance(30) {
        let key = dice.one_of(&[
            json!({"nodeID": {}}),
            json!({"kms": {"endpoint": "https://kms.example:4050"}}),
            json!({"static": {"secret": "disk-passphrase"}}),
        ]);
        of.insert("encryption".into(), json!({"state": {"keys": [{"nodeID": {}}]}, "ephemeral": {"keys": [key]}}));
    }
    base.cloud["nodeDefaults"] = Value::Object(of);
}

fn nodes(dice: &mut Dice, base: &mut Base, control_planes: usize, workers: usize) {
    let disks = [
        json!("/dev/sda"),
        json!({"type": "nvme", "size": ">= 200GB"}),
        json!({"serial": "S3Z8NB0K*"}),
        json!({"model": "Samsung*"}),
    ];
    let mut plain = json!({"installDisk": dice.one_of(&disks)});
    if dice.chance(40) {
        plain["resources"] = json!({"cpu": 16, "memory": "64GiB"});
    }
    let mut classes = json!({"plain": plain, "gpu": {"extends": "plain", "labels": {"node.example/gpu": "yes"}}});
    if dice.chance(20) && base.minor >= 5 {
        classes["plain"]["secureBoot"] = json!(true);
        if dice.chance(50) {
            classes["plain"]["encryption"] = json!({"ephemeral": {"keys": [{"tpm": {}}, {"nodeID": {}}]}});
        }
    }
    let boards = dice.chance(15) && base.minor >= 7 && classes["plain"].get("secureBoot").is_none();
    if boards {
        classes["board"] = json!({"arch": "arm64", "board": "rpi_generic", "installDisk": "/dev/mmcblk0"});
    }
    base.cloud["nodeClasses"] = classes;
    if dice.chance(30) {
        base.cloud["zones"] = json!({"row-a": {"labels": {"topology.kubernetes.io/zone": "row-a"}}, "row-b": {"labels": {"topology.kubernetes.io/zone": "row-b"}}});
    }
    let all_by_mac = dice.chance(40);
    let mut nodes = Map::new();
    for number in 0..control_planes + workers {
        let worker = number >= control_planes;
        let mut node = json!({
            "role": if worker { "worker" } else { "control-plane" },
            "class": if boards && dice.chance(50) { "board" } else { "plain" },
            "address": base.address(11 + number),
        });
        if base.cloud.get("zones").is_some() {
            node["zone"] = json!(["row-a", "row-b"][number % 2]);
        }
        let mac = format!("52:54:00:00:01:{number:02x}");
        let links = if all_by_mac { None } else { links(dice, base, number, &mac) };
        match links {
            Some(links) => node["links"] = links,
            None => node["mac"] = json!(mac),
        }
        if worker && dice.chance(25) {
            node["class"] = json!("gpu");
            // One worker stays for what tolerates nothing.
            if number > control_planes {
                node["taints"] = json!({"dedicated": "gpu:NoSchedule"});
            }
        }
        nodes.insert(format!("{}{number}", if worker { "w" } else { "c" }), node);
    }
    base.cloud["nodes"] = Value::Object(nodes);
    if all_by_mac
        && base.family == Family::V4
        && base.cloud["nodeClasses"]["plain"].get("secureBoot").is_none()
        && dice.chance(60)
    {
        base.cloud["boot"] = json!({"pxe": {"server": base.address(5), "dhcp": {
            "range": format!("{}-{}", base.address(200), base.address(220)), "router": base.address(1), "mode": dice.one_of(&["server", "proxy"])}}});
    }
}

/// Interfaces of one machine; none is the first physical one.
fn links(dice: &mut Dice, base: &Base, number: usize, mac: &str) -> Option<Value> {
    let mut links = match dice.within(0..=6) {
        1 => json!({"lan": {"match": {"driver": "virtio_net"}, "mtu": 1500}}),
        2 => json!({"lan": {"match": {"busPath": "0000:03:00.0"}}}),
        3 => json!({"lan": {"match": {"name": "eno1"}, "gateway": base.address(254)}}),
        4 => {
            json!({"uplink": {"primary": true, "mtu": 9000, "bond": {"mode": "802.3ad", "lacpRate": "fast", "miimon": 100,
            "upDelay": 200, "downDelay": 200, "xmitHashPolicy": "layer3+4", "members": [{"name": "eth0"}, {"name": "eth1"}]}}})
        }
        5 => json!({"uplink": {"primary": true, "bond": {"mode": "active-backup", "miimon": 100, "upDelay": 200,
            "members": [{"busPath": "0000:04:00.0"}, {"busPath": "0000:04:00.1"}]}}}),
        6 => {
            json!({"br0": {"primary": true, "bridge": {"members": [{"name": "eth2"}, {"name": "eth3"}], "stp": true}}})
        }
        _ => return dice.chance(50).then(|| json!({"lan": {"match": {"mac": mac}}})),
    };
    let first = links.as_object().unwrap().keys().next().unwrap().clone();
    if dice.chance(40) {
        links[&first]["vlans"] =
            json!({"storage": {"id": 20, "addresses": [format!("10.21.0.{}/24", 11 + number)], "mtu": 1500}});
        if dice.chance(40) {
            links[&first]["vlans"]["office"] = json!({"id": 30, "addresses": "dhcp"});
        }
    }
    if dice.chance(20) {
        links["lo1"] = json!({"dummy": true, "addresses": [format!("192.0.2.{}/32", 11 + number)]});
    }
    if dice.chance(15) {
        links["wg0"] = json!({"mtu": 1420, "addresses": [format!("10.40.0.{}/24", 11 + number)], "wireguard": {
            "privateKey": {"secret": "wireguard-w1"}, "listenPort": 51820,
            "peers": [{"publicKey": "dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z/0Me0=", "endpoint": "203.0.113.7:51820", "allowedIPs": ["10.40.0.1/32"], "keepalive": "25s"}]}});
    }
    Some(links)
}
