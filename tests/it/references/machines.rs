//! Machine configurations: links are named as their documents call them, and machines of one cloud agree about it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Tree, list, text};

/// What a cluster is, which no machine may see otherwise.
const AGREED: [&str; 9] = [
    "/cluster/clusterName",
    "/cluster/controlPlane/endpoint",
    "/cluster/network/dnsDomain",
    "/cluster/network/podSubnets",
    "/cluster/network/serviceSubnets",
    "/cluster/network/cni/name",
    "/cluster/discovery",
    "/machine/kubelet/image",
    "/machine/features/kubePrism",
];

/// Of machines with a control plane; the clouds here patch the admission of one of them.
const AGREED_BY_CONTROL_PLANES: [&str; 9] = [
    "/cluster/apiServer/auditPolicy",
    "/cluster/apiServer/certSANs",
    "/cluster/apiServer/extraArgs",
    "/cluster/apiServer/image",
    "/cluster/controllerManager",
    "/cluster/scheduler",
    "/cluster/proxy",
    "/cluster/coreDNS",
    "/cluster/extraManifests",
];

/// Kinds of documents whose name is that of a link.
const LINKS: [&str; 5] = ["BondConfig", "BridgeConfig", "DummyLinkConfig", "VLANConfig", "WireguardConfig"];

pub fn faults(tree: &Tree<'_>) -> Vec<String> {
    let mut of: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (path, document) in tree.documents.iter().filter(|(path, _)| path.starts_with("talos/machines/")) {
        of.entry(path).or_default().push(document);
    }
    let mut wrong: Vec<String> = of.iter().flat_map(|(path, documents)| links(path, documents)).collect();
    let configs: Vec<&Value> =
        of.values().flatten().copied().filter(|document| document["machine"].is_object()).collect();
    if configs.len() != of.len() {
        wrong.push("a machine has no v1alpha1 document".to_owned());
    }
    for of_type in ["controlplane", "worker"] {
        let machines: Vec<&Value> =
            configs.iter().copied().filter(|config| config["machine"]["type"] == of_type).collect();
        let agreed = AGREED.iter().chain(AGREED_BY_CONTROL_PLANES.iter().filter(|_| of_type == "controlplane"));
        wrong.extend(agreed.filter_map(|place| agree(place, of_type, &machines)));
    }
    // Workers of some minors leave out what they do not need.
    let said: Vec<&Value> =
        configs.iter().copied().filter(|config| config["cluster"]["clusterName"].is_string()).collect();
    wrong.extend(AGREED[..2].iter().filter_map(|place| agree(place, "machine", &said)));
    for config in configs {
        let install = &config["machine"]["install"];
        let image = text(&install["image"]);
        if install.is_object() && image.is_empty() {
            wrong.push("a machine installs what its installer takes by default".to_owned());
        }
        if image.starts_with("factory.talos.dev/") && !tree.installers.contains(image) {
            wrong.push(format!("no schematic is that of {image}"));
        }
    }
    wrong
}

fn agree(place: &str, of_type: &str, machines: &[&Value]) -> Option<String> {
    let said = machines.iter().map(|config| config.pointer(place).map_or_else(String::new, Value::to_string));
    let said: BTreeSet<String> = said.collect();
    (said.len() > 1).then(|| format!("machines of type {of_type} do not agree about {place}: {said:?}"))
}

/// Links that are named are of the machine: those that a document makes or calls so, and those that the kernel names.
fn links(path: &str, documents: &[&Value]) -> Vec<String> {
    let named = |kinds: &[&str]| -> Vec<&str> {
        let of = documents.iter().filter(|document| kinds.contains(&text(&document["kind"])));
        of.map(|document| text(&document["name"])).collect()
    };
    let (made, aliases) = (named(&LINKS), named(&["LinkAliasConfig"]));
    // `uplink%d` calls links `uplink0`, `uplink1` and so on.
    let is_alias = |link: &str, alias: &str| match alias.strip_suffix("%d") {
        Some(prefix) => link.strip_prefix(prefix).is_some_and(|rest| rest.parse::<u32>().is_ok()),
        None => link == alias,
    };
    let of_kernel = |link: &str| (link.starts_with("en") || link.starts_with("eth")) && !link.contains('-');
    let mut used: Vec<&str> = named(&["LinkConfig", "DHCPv4Config", "DHCPv6Config", "EthernetConfig"]);
    for document in documents {
        used.extend([&document["parent"], &document["link"]].map(text).iter().filter(|link| !link.is_empty()));
        used.extend(list(&document["links"]).map(text));
    }
    let unknown = used
        .iter()
        .filter(|link| !made.contains(*link) && !of_kernel(link) && !aliases.iter().any(|alias| is_alias(link, alias)));
    let idle = aliases.iter().filter(|alias| !used.iter().any(|link| is_alias(link, alias)));
    let unknown = unknown.map(|link| format!("{path}: there is no link {link}"));
    unknown.chain(idle.map(|alias| format!("{path}: nobody uses link {alias}"))).collect()
}
