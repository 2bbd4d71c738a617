//! One planted fault of a tenant each, as in `findings`.

use crate::findings::{Case, case, each_has_its_finding};
use crate::support::{compile_text, repository};

const EXPOSED: &str = "tests/clouds/exposed.yaml";

const EXPOSURE: &[Case] = &[
    case(
        EXPOSED,
        "address: 10.0.0.11, port",
        "address: 10.0.0.99, port",
        "address-outside-network",
        "10.0.0.99",
        Some("expose"),
        "give the address of a node",
    ),
    case(
        EXPOSED,
        "port: 31444, konnectivity: false",
        "port: 32444, konnectivity: false",
        "wrong-value",
        "32444",
        Some("30000-31999"),
        "choose one of 30000-31999",
    ),
    case(
        EXPOSED,
        "port: 31444, konnectivity: false",
        "port: 31132, konnectivity: false",
        "port-taken",
        "31132",
        Some("31132"),
        "the API of tenant `more-ports` has the port of the Konnectivity server of tenant `ports`",
    ),
    case(
        EXPOSED,
        "port: 31443, konnectivityPort: 31132",
        "port: 31443, konnectivityPort: 31443",
        "port-taken",
        "31443",
        Some("31443"),
        "its own port",
    ),
    case(EXPOSED, "port: 8443}", "port: 10257}", "port-taken", "10257", None, "choose another port"),
    case(EXPOSED, "port: 8443}", "port: 40000}", "wrong-value", "40000", None, "at most 32767"),
    case(
        EXPOSED,
        "hostname: two.cloud.example",
        "hostname: routed.cloud.example",
        "duplicate-hostname",
        "routed.cloud.example",
        Some("routed.cloud.example"),
        "a name of its own",
    ),
    case(
        EXPOSED,
        "  ingress-nginx: {}\n",
        "  ingress-nginx: {}\n  harbor: {host: named.cloud.example}\n",
        "duplicate-hostname",
        "named.cloud.example",
        Some("harbor"),
        "`named.cloud.example` is the name of `harbor` already",
    ),
    case(
        EXPOSED,
        "{expose: gateway, hostname: routed.cloud.example}",
        "{expose: gateway}",
        "missing-key",
        "gateway",
        None,
        "add `controlPlane.hostname` to tenant `routed`",
    ),
    case(
        EXPOSED,
        "{expose: gateway, hostname: routed.cloud.example}",
        "{expose: gateway, hostname: routed.cloud.example, konnectivityPort: 9132}",
        "wrong-value",
        "9132",
        None,
        "leave `konnectivityPort` out",
    ),
    case(
        EXPOSED,
        "{expose: cluster-ip}",
        "{expose: cluster-ip, gateway: {name: edge, namespace: gateways}}",
        "wrong-value",
        "gateway",
        Some("expose"),
        "`expose: gateway`",
    ),
    case(
        EXPOSED,
        "address: 10.0.0.190}",
        "address: 10.0.0.200}",
        "address-outside-network",
        "10.0.0.200",
        Some("lan"),
        "choose an address of the pool",
    ),
    case(
        EXPOSED,
        "address: 10.0.0.190}",
        "address: 10.0.0.140}",
        "address-overlap",
        "10.0.0.140",
        Some("10.0.0.140"),
        "its own address",
    ),
];

#[test]
fn each_fault_of_an_exposed_api_has_its_finding() {
    each_has_its_finding(EXPOSURE);
}

const OLD_PROVIDERS: &[Case] = &[case(
    "tests/clouds/tenants-cozystack.yaml",
    "expose: ingress, hostname: acme.cloud.example, ingress: {class: public}",
    "expose: gateway, hostname: acme.cloud.example",
    "version-window",
    "gateway",
    Some("cluster-api"),
    "use `expose: ingress`",
)];

#[test]
fn providers_that_cannot_name_a_listener_are_not_asked_to() {
    each_has_its_finding(OLD_PROVIDERS);
}

const WORKERS: &str = "tests/clouds/workers.yaml";

const GROUPS: &[Case] = &[
    case(
        WORKERS,
        "      steady: {",
        "      a-group-with-a-name-that-leaves-no-room-at-all: {",
        "wrong-name",
        "a-group-with-a-name-that-leaves-no-room-at-all",
        Some("acme"),
        "shorten one of the two by 6",
    ),
    case(
        WORKERS,
        "worker:v1.34.9",
        "worker:v1.33.9",
        "version-window",
        "\"registry.corp.example/worker:v1.33.9\"",
        Some("v1.34.2"),
        "name an image of Kubernetes 1.34",
    ),
    case(
        WORKERS,
        "tier: front,",
        "beta.k8s.io/tier: front,",
        "reserved-label",
        "beta.k8s.io/tier",
        None,
        "node-restriction.kubernetes.io",
    ),
    case(WORKERS, "tier: front,", "tier: front page,", "wrong-value", "front page", None, "letters, digits"),
    case(WORKERS, "roles: [ingress-nginx]", "roles: [web/ingress]", "wrong-value", "web/ingress", None, "role"),
    case(WORKERS, "{dedicated: ", "{-dedicated: ", "wrong-value", "-dedicated", None, "key of a taint"),
    case(WORKERS, "cpu: 2, memory: 4Gi", "cpu: 2, memory: 512Mi", "machine-too-small", "512Mi", None, "1Gi at least"),
    case(
        WORKERS,
        "cpu: 2, memory: 4Gi",
        "cpu: 2, memory: 128Gi",
        "machine-too-large",
        "128Gi",
        Some("n4"),
        "a smaller size",
    ),
    case(
        WORKERS,
        "instanceType: u1.4xlarge",
        "instanceType: our.large",
        "unknown-machine-size",
        "our.large",
        Some("0"),
        "a `min` of 1",
    ),
    case(
        WORKERS,
        "replicas: {min: 1, max: 8}",
        "replicas: {min: 9, max: 8}",
        "wrong-value",
        "9",
        Some("8"),
        "above its `max`",
    ),
    case(
        WORKERS,
        "gpus: [nvidia.com/AD102GL_L40S]",
        "gpus: [nvidia.com/AD102GL_L40]",
        "unknown-reference",
        "nvidia.com/AD102GL_L40",
        Some("kubevirt"),
        "did you mean `nvidia.com/AD102GL_L40S`?",
    ),
];

#[test]
fn each_fault_of_a_node_group_has_its_finding() {
    each_has_its_finding(GROUPS);
}

const TENANT: &[Case] = &[
    case(
        WORKERS,
        "dataStore: postgres",
        "dataStore: postgre",
        "unknown-reference",
        "postgre",
        None,
        "did you mean `postgres`?",
    ),
    case(
        WORKERS,
        "pods: 10.240.0.0/18",
        "pods: 10.240.0.0/21",
        "network-too-small",
        "10.240.0.0/21",
        Some("replicas"),
        "give a /20 or larger",
    ),
    case(
        WORKERS,
        "services: 10.90.0.0/16",
        "services: \"fd00:90::/112\"",
        "family-order",
        "\"fd00:90::/112\"",
        Some("10.240.0.0/18"),
        "two networks of one family",
    ),
    case(WORKERS, "services: 10.90.0.0/16", "services: 10.90.0.0/29", "network-too-small", "10.90.0.0/29", None, "/28"),
    case(WORKERS, "startupTimeout: 15m", "startupTimeout: 20s", "wrong-value", "20s", None, "below 30 s"),
    case(
        WORKERS,
        "{expander: least-waste}",
        "{cloud-provider: kubevirt}",
        "reserved-setting",
        "cloud-provider",
        None,
        "joins the autoscaler to the tenant",
    ),
    case(
        WORKERS,
        "{expander: least-waste}",
        "{scan-interval: 5s}",
        "reserved-setting",
        "scan-interval",
        None,
        "use the key of `autoscaler`",
    ),
];

#[test]
fn each_fault_of_a_tenant_has_its_finding() {
    each_has_its_finding(TENANT);
}

/// What works today and hurts later.
const WARNINGS: &[Case] = &[
    case(
        EXPOSED,
        "  ingress-nginx: {}\n",
        "",
        "missing-capability",
        "ingress",
        None,
        "name the class of yours, `ingress: {class: ...}`",
    ),
    case(WORKERS, "startupTimeout: 15m", "startupTimeout: 2m", "impatient-health-check", "2m", None, "10m at least"),
    case(WORKERS, "maxUnhealthy: 2", "maxUnhealthy: 20%", "never-replaced", "20%", Some("web"), "a larger percentage"),
    case(WORKERS, "maxUnhealthy: 2", "maxUnhealthy: 0", "never-replaced", "0", Some("web"), "a number"),
    case(
        WORKERS,
        "{from: local-path, default: true}",
        "{from: local-path}",
        "no-default-class",
        "storageClasses",
        None,
        "on one class",
    ),
    case(
        WORKERS,
        "replicas: {min: 0, max: 2}\n        instanceType: u1.4xlarge",
        "replicas: 2\n        instanceType: u1.4xlrge",
        "unknown-instance-type",
        "u1.4xlrge",
        None,
        "did you mean `u1.4xlarge`?",
    ),
    // What a node has may stand in its zone.
    case(
        WORKERS,
        "  n5: {class: gpu, role: worker, address: 10.0.0.15}\n",
        "  n5: {class: gpu, role: worker, address: 10.0.0.15, zone: old}\nzones: {old: {resources: {memory: 16GiB}}}\n",
        "more-than-the-nodes",
        "tenants",
        Some("nodes"),
        "the groups may take",
    ),
    case(
        WORKERS,
        "replicas: {min: 0, max: 2}",
        "replicas: {min: 1, max: 4}",
        "more-than-the-nodes",
        "tenants",
        Some("nodes"),
        "the groups may take 332Gi",
    ),
    case(
        WORKERS,
        "addons: {cilium: {},",
        "addons: {cilium: {values: {tunnelPort: 8472}},",
        "same-tunnel-port",
        "8472",
        Some("cilium"),
        "leave `tunnelPort` out",
    ),
    case(WORKERS, "cpu: 96,", "cpu: 64,", "quota-too-small", "64", Some("nodeGroups"), "cannot grow to their `max`"),
    case(WORKERS, "cpu: 96,", "cpu: 80,", "quota-too-small", "80", Some("nodeGroups"), "allow 92 cores"),
    case(WORKERS, "memory: 384Gi,", "memory: 200Gi,", "quota-too-small", "200Gi", Some("nodeGroups"), "allow 280Gi"),
    case(WORKERS, "storage: 2Ti", "storage: 500Gi", "quota-too-small", "500Gi", Some("nodeGroups"), "lower `max`"),
];

#[test]
fn what_hurts_later_is_said() {
    for Case { cloud, from, to, rule, at, label, help } in WARNINGS {
        let (found, errors) = warnings(cloud, &[(from, to)], rule);
        assert!(!errors, "{to}");
        let found = found.unwrap_or_else(|| panic!("{to}: no {rule}"));
        assert_eq!((found.at.as_str(), found.label.as_deref()), (*at, *label), "{to}");
        assert!(found.help.contains(help) || found.message.contains(help), "{to}: {found:?}");
    }
}

#[test]
fn pools_that_the_tenants_exhaust_are_named() {
    let taken = [("lan: {addresses: [10.0.0.128-10.0.0.139]", "lan: {addresses: [10.0.0.128/32]")];
    let (found, _) =
        warnings(WORKERS, &[taken[0], ("address: 10.0.0.140}", "hostname: acme.example}")], "pool-too-small");
    let found = found.unwrap();
    assert_eq!((found.at.as_str(), found.label.as_deref()), ("loadBalancers", Some("tenants")));
    assert!(found.message.contains("has 0 addresses, and the tenants take 1"), "{found:?}");
}

#[test]
fn add_ons_of_a_tenant_without_machines_are_named() {
    let empty = [
        ("replicas: {min: 1, max: 8}", "replicas: {min: 0, max: 8}"),
        ("steady: {replicas: 3,", "steady: {replicas: {min: 0, max: 3},"),
    ];
    let (found, errors) = warnings(WORKERS, &empty, "add-ons-without-machine");
    let found = found.unwrap();
    assert!(!errors);
    assert_eq!((found.at.as_str(), found.label.as_deref()), ("addons", Some("replicas")));
    assert!(found.help.contains("a `min` of 1"));
}

#[test]
fn mirrors_that_workers_cannot_use_are_named() {
    let locked = [("  trust: [certs/corp-ca.pem]", "  auth: {\"cache.corp.example:5000\": {secret: cache}}")];
    let (found, errors) = warnings(WORKERS, &locked, "no-credentials-for-workers");
    let found = found.unwrap();
    assert!(!errors);
    assert_eq!((found.at.as_str(), found.label.as_deref()), ("\"cache.corp.example:5000\"", Some("\"*\"")));
}

#[derive(Debug)]
struct Found {
    at: String,
    label: Option<String>,
    message: String,
    help: String,
}

/// The warning of this rule in a changed cloud, and whether there is an error.
fn warnings(cloud: &str, changes: &[(&str, &str)], rule: &str) -> (Option<Found>, bool) {
    let mut text = std::fs::read_to_string(repository(cloud)).unwrap();
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    let (_, diagnostics, sources) = compile_text(&text);
    let found = diagnostics.sorted().into_iter().find(|d| d.rule == rule).map(|d| Found {
        at: sources.text(d.span).to_owned(),
        label: d.labels.first().map(|label| sources.text(label.span).to_owned()),
        message: d.message.clone(),
        help: d.help.clone().unwrap_or_default(),
    });
    (found, diagnostics.has_errors())
}

#[test]
fn a_group_with_a_fault_is_not_taken_for_no_group() {
    let text = std::fs::read_to_string(repository("tests/clouds/tenants.yaml")).unwrap();
    // Nobody publishes a disk for 1.35, so neither the group that is scaled nor the only one of the other tenant is known.
    let text = text
        .replace("kubernetes: v1.34.2", "kubernetes: v1.35.4")
        .replace("kubernetes: v1.33.5", "kubernetes: v1.35.4")
        .replace("container-disk:v1.34.1", "container-disk:v1.35.0");
    let (_, diagnostics, _) = compile_text(&text);
    let rules: Vec<&str> = diagnostics.sorted().iter().map(|finding| finding.rule).collect();
    // The warning is that of the cloud as it is.
    assert_eq!(rules, ["no-worker-image", "never-replaced", "no-worker-image"]);
}
