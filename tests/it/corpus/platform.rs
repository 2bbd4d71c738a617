//! The upper half of a generated cloud, as proposals: each is put in where nothing refuses it.

use cloudc::catalog::Status;
use serde_json::{Value, json};

use super::dice::Dice;
use super::machines::{Base, Family};
use crate::support::catalog;

/// Something more in a cloud.
pub struct Proposal {
    pub what: String,
    with: Value,
    /// The rules that may refuse it in some clouds; any other finding is a fault of the generator or of the compiler.
    pub may_break: &'static [&'static str],
}

impl Proposal {
    fn new(with: Value, may_break: &'static [&'static str]) -> Self {
        Self { what: with.to_string(), with, may_break }
    }

    pub fn put(&self, cloud: &mut Value) {
        merge(cloud, &self.with);
    }
}

/// Maps are merged, everything else is replaced.
fn merge(into: &mut Value, with: &Value) {
    match (into, with) {
        (Value::Object(into), Value::Object(with)) => {
            for (key, value) in with {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, with) => *into = with.clone(),
    }
}

/// Why two components, or a component and the versions of a cloud, may not go together.
const COMBINATION: &[&str] = &[
    "slot-taken",
    "component-conflict",
    "version-window",
    "missing-capability",
    "two-crd-owners",
    "host-port-taken",
    "two-default-classes",
    "replicas-exceed-failure-domains",
    "extension-too-new",
    "talos-too-old",
    "unknown-extension",
    "out-of-support",
];

pub fn proposals(dice: &mut Dice, base: &Base, number: usize) -> Vec<Proposal> {
    let mut all = vec![Proposal::new(pools(dice, base), COMBINATION)];
    all.extend(networks(dice, base).into_iter().map(|with| Proposal::new(with, COMBINATION)));
    all.extend(storage(dice, base).into_iter().map(|with| Proposal::new(with, COMBINATION)));
    all.extend(components(dice, number).into_iter().map(|with| Proposal::new(with, COMBINATION)));
    if dice.chance(30) {
        all.push(Proposal::new(registries(dice), &["talos-too-old"]));
    }
    if dice.chance(60) || number.is_multiple_of(3) {
        all.extend(tenants(dice, base));
    }
    all.extend(patches(dice));
    all
}

/// Where Flux finds the tree. Without, every cloud would be warned.
pub fn delivery(dice: &mut Dice) -> Proposal {
    let mut delivery =
        json!({"git": {"url": dice.one_of(&["https://git.example/corpus.git", "ssh://git@git.example/corpus.git"])}});
    if dice.chance(40) {
        delivery["git"]["path"] = json!("clusters/corpus");
        delivery["git"]["branch"] = json!("prod");
    }
    if dice.chance(30) {
        delivery["interval"] = json!("5m");
    }
    if dice.chance(40) {
        delivery["sops"] = json!({"age": ["age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"]});
    }
    if dice.chance(30) {
        delivery["apps"] = json!("apps");
    }
    Proposal::new(json!({"delivery": delivery}), &[])
}

/// Pools of addresses, and what announces them.
fn pools(dice: &mut Dice, base: &Base) -> Value {
    let range = if base.family == Family::V6 {
        "fd00:7::1000-fd00:7::10ff".to_owned()
    } else {
        "10.20.0.64-10.20.0.127".to_owned()
    };
    let mut network = json!({"loadBalancers": {"lan": {"addresses": [range], "advertise": "l2"}}});
    if dice.chance(30) && base.family != Family::V6 {
        network["loadBalancers"]["public"] =
            json!({"addresses": ["203.0.113.0/24"], "advertise": "bgp", "autoAssign": false});
        network["bgp"] = json!({"localASN": 64513, "peers": {"router": {"address": base.address(1), "asn": 64512}}});
        if dice.chance(50) {
            network["bgp"]["peers"]["router"]["password"] = json!({"secret": "bgp-router"});
        }
    }
    let announcer = dice.one_of(&["metallb", "cilium"]);
    json!({"network": network, "components": {announcer: {}}})
}

/// The network of the pods: Talos's own, or of one or two components.
fn networks(dice: &mut Dice, base: &Base) -> Vec<Value> {
    let cilium = json!({"hubble": dice.chance(50), "gatewayAPI": dice.chance(30)});
    let of = match dice.within(0..=4) {
        0 | 1 => vec![json!({"cilium": cilium})],
        2 => vec![json!({"calico": {}})],
        3 if base.family != Family::V6 => vec![json!({"kube-ovn": {}}), json!({"cilium": {}})],
        _ => vec![],
    };
    of.into_iter().map(|components| json!({"components": components})).collect()
}

fn storage(dice: &mut Dice, base: &Base) -> Vec<Value> {
    let linstor = |driver: &str, volume: &str| {
        json!({"linstor": {"pools": {"fast": {"driver": driver, "volume": volume}},
            "storageClasses": {"single": {"pool": "fast"}, "safe": {"pool": "fast", "replicas": 2, "default": true}}}})
    };
    // Raw volumes came with Talos 1.11.
    let raw = base.minor >= 11;
    let first = match dice.within(0..=5) {
        1 if raw => linstor("zfs", "raw"),
        2 if raw => linstor("lvm-thin", "raw"),
        3 => linstor("file-thin", "data"),
        4 if raw => json!({"rook-ceph": {"devices": {"volume": "raw"}, "pools": {"block": {"default": true}}}}),
        5 => json!({"longhorn": {}}),
        _ => json!({"local-path": {"volume": "data", "default": true}}),
    };
    // Where the first is refused, there is another.
    [first, json!({"local-path": {"volume": "data", "default": true}})]
        .map(|components| json!({"components": components}))
        .into()
}

/// What can be said of a component; the first of each is what it cannot do without.
fn usages(name: &str) -> Vec<Value> {
    let s3 = json!({"s3": {"endpoint": "https://s3.example", "bucket": "b", "secret": "s3"}});
    match name {
        // Chosen above.
        "linstor" | "local-path" | "rook-ceph" | "longhorn" | "cilium" | "calico" | "kube-ovn" | "metallb" => vec![],
        "alloy" => vec![json!({}), json!({"url": "https://logs.example/loki/api/v1/push"})],
        "argo-cd" | "dashboard" => vec![json!({}), json!({"host": format!("{name}.corpus.example")})],
        "cert-manager" => vec![
            json!({}),
            json!({"issuers": {"own": {"selfSigned": {}}, "internal": {"ca": {"secret": "internal-ca"}}}}),
        ],
        "cluster-api" => vec![json!({}), json!({"set": "cozystack"})],
        "csi-driver-nfs" => vec![
            json!({}),
            json!({"storageClasses": {"nfs": {"server": "nas.example", "share": "/export", "version": "3"}}}),
        ],
        "etcd-backup" => vec![json!({"to": s3}), json!({"to": s3, "schedule": "0 */6 * * *"})],
        "external-dns" => {
            vec![json!({"provider": {"cloudflare": {"secret": "cloudflare"}}, "domains": ["corpus.example"]})]
        }
        "gpu-operator" => vec![
            json!({"nodes": {"classes": ["gpu"]}}),
            json!({"nodes": {"classes": ["gpu"]}, "modules": "proprietary", "timeSlices": 4}),
        ],
        "harbor" => vec![json!({"host": "harbor.example"})],
        "kubevirt" => vec![json!({}), json!({"pciDevices": {"nvidia.com/AD102GL_L40S": "10DE:26B9"}})],
        "loki" => vec![json!({}), json!({"retention": "30d", "s3": s3["s3"]})],
        "multus" => vec![
            json!({}),
            json!({"networks": {"lan": {"config": {"cniVersion": "0.3.1", "type": "bridge", "bridge": "br0", "ipam": {}}}}}),
        ],
        "oauth2-proxy" => vec![
            json!({"issuer": "https://id.example"}),
            json!({"issuer": "https://id.example", "expose": {"host": "sso.example", "ingress": {"class": "nginx"}}}),
        ],
        "openbao" => vec![json!({}), json!({"seal": {"secret": "openbao-seal"}})],
        "tuppr" => {
            vec![json!({}), json!({"windows": [{"start": "0 2 * * 6", "duration": "4h"}], "rebootMode": "powercycle"})]
        }
        "velero" => vec![json!({"to": s3}), json!({"to": s3, "volumes": "none"})],
        _ => vec![json!({})],
    }
}

/// Some of the catalog; by their numbers, clouds have each entry somewhere.
fn components(dice: &mut Dice, number: usize) -> Vec<Value> {
    let names: Vec<&str> =
        catalog().components().filter(|entry| entry.management).map(|entry| entry.name.as_str()).collect();
    let mut all = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let usages = usages(name);
        if usages.is_empty() || !(dice.chance(15) || (index + number).is_multiple_of(9)) {
            continue;
        }
        all.push(with_retired(name, json!({"components": {*name: dice.one_of(&usages)}})));
    }
    if dice.chance(25) {
        all.push(json!({"components": {"podinfo": {"namespace": "podinfo", "values": {"replicaCount": 2, "message": "price is ${x}"},
            "chart": {"repository": "oci://ghcr.io/stefanprodan/charts", "name": "podinfo", "version": "6.9.2"}}}}));
    }
    all
}

/// What upstream has ended is used knowingly.
fn with_retired(name: &str, mut with: Value) -> Value {
    if catalog().component(name).is_some_and(|entry| entry.status != Status::Active) {
        with["lint"] = json!({"rules": {"retired-component": "ignore"}});
    }
    with
}

fn registries(dice: &mut Dice) -> Value {
    let mut of = json!({"mirrors": {
        "docker.io": ["https://mirror.corp.example/docker"],
        "ghcr.io": {"endpoints": ["https://mirror.corp.example/v2/ghcr"], "overridePath": true},
    }});
    if dice.chance(50) {
        of["tls"] = json!({"mirror.corp.example": {"caFile": "certs/corp-ca.pem"}, "lab.example:5000": {"insecureSkipVerify": true}});
    }
    if dice.chance(30) {
        of["auth"] = json!({"mirror.corp.example": {"secret": "registry-auth"}});
    }
    if dice.chance(30) {
        of["factory"] = json!("factory.corp.example");
    }
    json!({"registries": of})
}

fn tenants(dice: &mut Dice, base: &Base) -> Vec<Proposal> {
    const MAY: &[&str] = &[
        "version-window",
        "missing-capability",
        "slot-taken",
        "no-worker-image",
        "talos-too-old",
        "more-than-the-nodes",
        "out-of-support",
        "replicas-exceed-failure-domains",
        "pool-exhausted",
        "no-load-balancer",
        "family-order",
        "component-conflict",
        "no-credentials-for-workers",
    ];
    let count = dice.within(1..=3);
    let v6 = base.family == Family::V6;
    (0..count)
        .map(|number| {
            let hostname = format!("t{number}.corpus.example");
            let mut control_plane = match dice.within(0..=5) {
                1 => json!({"expose": "node-port", "address": base.address(11), "port": 31443 + number, "konnectivityPort": 31132 + number}),
                2 => json!({"expose": "cluster-ip"}),
                3 => json!({"expose": "ingress", "hostname": hostname}),
                4 => json!({"expose": "gateway", "hostname": hostname}),
                _ => json!({"expose": "load-balancer"}),
            };
            if dice.chance(50) {
                control_plane["replicas"] = json!(dice.one_of(&[1, 2, 3]));
            }
            if dice.chance(20) {
                control_plane["konnectivity"] = json!(false);
                control_plane.as_object_mut().unwrap().remove("konnectivityPort");
            }
            let talos = dice.chance(40);
            let mut groups = json!({"md0": {"replicas": 2, "cpu": 2, "memory": "4Gi"}});
            if dice.chance(60) {
                groups["big"] = json!({"replicas": {"min": 0, "max": 4}, "instanceType": "u1.2xlarge", "disk": "100Gi",
                    "labels": {"tier": "web", "node-restriction.kubernetes.io/team": "a"}, "taints": {"dedicated": "big:NoSchedule"}});
                if talos && dice.chance(50) {
                    groups["big"]["image"] = json!({"extensions": ["qemu-guest-agent"]});
                }
            }
            if dice.chance(30) {
                groups["md0"]["roles"] = json!(["ingress-nginx"]);
            }
            let network = if v6 {
                json!({"pods": format!("fd00:{}::/56", 300 + number), "services": format!("fd00:{}::/112", 400 + number)})
            } else {
                json!({"pods": format!("10.{}.0.0/16", 240 - number), "services": format!("10.{}.0.0/16", 90 + number)})
            };
            let mut tenant = json!({
                "kubernetes": dice.one_of(&["v1.34.2", "v1.33.5", "v1.35.4"]), "controlPlane": control_plane, "network": network,
                "workers": if talos { "talos" } else { "kubeadm" }, "nodeGroups": groups, "addons": {"cilium": {}},
            });
            for addon in dice.some_of(&["coredns", "metrics-server", "ingress-nginx", "gateway-api", "prometheus-operator-crds"], 30) {
                tenant["addons"][addon] = json!({});
            }
            if dice.chance(30) {
                tenant["addons"]["cert-manager"] = json!({"issuers": {"selfsigned": {"selfSigned": {}}}});
            }
            if dice.chance(30) {
                tenant["quota"] = json!({"cpu": 96, "memory": "384Gi", "storage": "4Ti"});
            }
            if dice.chance(30) {
                tenant["healthCheck"] = json!({"maxUnhealthy": "50%", "startupTimeout": "20m"});
            }
            if dice.chance(30) && tenant["nodeGroups"].get("big").is_some() {
                tenant["autoscaler"] = json!({"scaleDownUnneededTime": "5m", "extraArgs": {"expander": "least-waste"}});
            }
            let name = format!("t{number}");
            let retired = tenant["addons"].get("ingress-nginx").map_or("", |_| "ingress-nginx");
            Proposal::new(with_retired(retired, json!({"tenants": {name: tenant}})), MAY)
        })
        .collect()
}

fn patches(dice: &mut Dice) -> Vec<Proposal> {
    let all = [
        json!({"at": "talos/nodes/*", "reason": "raise inotify for IDE pods", "merge": {"machine": {"sysctls": {"fs.inotify.max_user_watches": "1048576"}}}}),
        json!({"at": "flux/HelmRelease/*/*", "reason": "the chart museum is slow", "jsonPatch": [{"op": "replace", "path": "/spec/interval", "value": "30m"}]}),
        json!({"at": "flux/Kustomization/flux-system/*", "reason": "the store is slow", "merge": {"spec": {"timeout": "40m"}}}),
        json!({"at": "capi/*/MachineDeployment", "reason": "whose it is", "merge": {"metadata": {"annotations": {"example.com/owner": "team ${a}"}}}}),
    ];
    let chosen = dice.some_of(&all, 30);
    // A list is replaced, so each proposal has the ones before.
    (1..=chosen.len())
        .map(|count| {
            Proposal::new(json!({"patches": chosen[..count]}), &["patch-matches-nothing", "setting-in-two-places"])
        })
        .collect()
}
