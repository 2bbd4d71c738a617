//! `talos/machines/`: where each place of a machine configuration comes from, for all layouts at once.
//!
//! Every line of a machine hangs on its role, its classes and the contract; the rest of the tables says which setting it is.

use super::Origin;
use super::cause::Cause::{self, All, Find, Path, Rule, Setting, Settings};
use super::cause::Scope;
use super::cloud::levels;
use super::table::{Files, Kind, Row, row, shaped};
use super::{components, inputs, needs};
use crate::catalog::ClusterNeed;
use crate::model::LinkKind;
use crate::syntax::Path as SpecPath;

pub(super) const FILES: &[Files] = &[Files {
    pattern: "talos/machines/{node}.yaml",
    shaped: &[
        Cause::Key("nodes.{node}"),
        Path("nodes.{node}.role"),
        Path("nodes.{node}.class"),
        Path("nodes.{node}.zone"),
        Find(extends),
        Path("versions.contract"),
        Path("versions.talos"),
    ],
    kinds: KINDS,
}];

/// What the image of the machine is made of.
pub(super) const INGREDIENTS: Cause = All(&[
    Path("versions.talos"),
    Setting("extensions"),
    Setting("kernelArgs"),
    Setting("board"),
    Setting("arch"),
    Setting("secureBoot"),
    Path("registries.factory"),
    Path("registries.imager.registry"),
    Find(image_names),
    Find(extension_needs),
]);
const SELECTED: &[Cause] = &[Setting("installDisk.$1")];
const DISK: &[Cause] = &[Setting("installDisk")];
const KUBERNETES: &[Cause] = &[Path("versions.kubernetes")];
const ENDPOINT: &[Cause] = &[Path("controlPlane.endpoint")];
/// Everything that decides which networks a machine has.
const LINKS: Cause = All(&[
    Setting("links"),
    Path("nodes.{node}.address"),
    Path("nodes.{node}.mac"),
    Path("network.nodes"),
    Path("network.gateway"),
    Path("controlPlane.endpoint"),
    Find(vip_reaches),
]);
const ALL_LINKS: Cause = All(&[
    Settings("links"),
    Path("nodes.*.address"),
    Path("nodes.*.mac"),
    Path("nodes.*.role"),
    Path("network.nodes"),
    Find(no_cni),
]);
const CONTRACT: &[Cause] = &[Rule("layout of the contract")];
const RESOURCES: &[Cause] = &[Path("controlPlane.apiServer.resources.$1")];
const METRICS: Cause = Find(metrics);
const API_ACCESS: Cause = Find(api_access);

const KINDS: &[Kind] = &[
    Kind { name: "v1alpha1", shaped: &[], rows: MAIN },
    kind("HostnameConfig", &[], &[row("hostname", &[Cause::Key("nodes.{node}")])]),
    kind(
        "ResolverConfig",
        &[],
        &[
            row("nameservers.**", &[Setting("nameservers"), Path("network.nameservers")]),
            row("hostDNS.forwardKubeDNSToHost", &[Find(no_host_dns), Rule("the host's cache answers for kube-dns")]),
            row("hostDNS.**", CONTRACT),
        ],
    ),
    kind(
        "TimeSyncConfig",
        &[Setting("timeServers"), Path("network.timeServers")],
        &[row("ntp.**", &[Setting("timeServers"), Path("network.timeServers")])],
    ),
    kind(
        "StaticHostConfig",
        &[Setting("hosts.{name}")],
        &[row("hostnames.*", &[Setting("hosts.{name}.$1")]), row("**", &[Setting("hosts.{name}")])],
    ),
    kind("EnvironmentConfig", &[], &[row("variables.*", &[Setting("env.$1")])]),
    kind(
        "WatchdogTimerConfig",
        &[Setting("watchdog")],
        &[row("device", &[Setting("watchdog.device")]), row("timeout", &[Setting("watchdog.timeout")])],
    ),
    kind(
        "ExtensionServiceConfig",
        &[Setting("extensionServices.{name}")],
        &[
            row("environment.*", &[Setting("extensionServices.{name}.environment.$1")]),
            row("configFiles.*.**", &[Setting("extensionServices.{name}.configFiles.$1")]),
        ],
    ),
    kind(
        "NetworkDefaultActionConfig",
        &[Setting("firewall.default")],
        &[row("ingress", &[Setting("firewall.default")])],
    ),
    kind(
        "NetworkRuleConfig",
        &[Setting("firewall.rules.{name}"), Setting("firewall.default"), Find(port_rules)],
        &[
            row("portSelector.ports.**", &[Setting("firewall.rules.{name}.ports")]),
            row("portSelector.protocol", &[Setting("firewall.rules.{name}.protocol")]),
            row("ingress.**", &[Setting("firewall.rules.{name}.from"), Setting("firewall.rules.{name}.except")]),
            row("name", &[Setting("firewall.rules.{name}")]),
        ],
    ),
    volumes("VolumeConfig"),
    volumes("UserVolumeConfig"),
    volumes("RawVolumeConfig"),
    volumes("SwapVolumeConfig"),
    kind(
        "RegistryMirrorConfig",
        &[Setting("registries.mirrors.{name}"), Path("registries.mirrors.{name}")],
        &[
            row(
                "skipFallback",
                &[Setting("registries.mirrors.{name}.skipFallback"), Path("registries.mirrors.{name}.skipFallback")],
            ),
            row("**", &[Setting("registries.mirrors.{name}"), Path("registries.mirrors.{name}")]),
        ],
    ),
    registry("RegistryTLSConfig", &[Setting("registries.tls.{name}"), Path("registries.tls.{name}")]),
    registry("RegistryAuthConfig", &[Setting("registries.auth.{name}"), Path("registries.auth.{name}")]),
    registry("TrustedRootsConfig", &[Setting("registries.trust"), Path("registries.trust")]),
    kind("LinkAliasConfig", &[LINKS], LINK),
    kind("LinkConfig", &[LINKS], LINK),
    kind("BondConfig", &[LINKS], LINK),
    kind("BridgeConfig", &[LINKS], LINK),
    kind("DummyLinkConfig", &[LINKS], LINK),
    kind("WireguardConfig", &[LINKS], LINK),
    kind("VLANConfig", &[LINKS], VLAN),
    kind("DHCPv4Config", &[LINKS], &[row("**", &[Setting("links.{link}.addresses"), Path("nodes.{node}.address")])]),
    kind("DHCPv6Config", &[LINKS], &[row("**", &[Setting("links.{link}.addresses"), Path("nodes.{node}.address")])]),
    kind("Layer2VIPConfig", &[LINKS], &[row("name", ENDPOINT)]),
    kind("DiscoveryServiceConfig", &[], &[row("**", CONTRACT)]),
    kind(
        "UnattendedInstallConfig",
        &[],
        &[
            row("installer.image", &[INGREDIENTS]),
            row("provisioning.wipe", &[Setting("wipe")]),
            row("provisioning.diskSelector.**", DISK),
        ],
    ),
    kind("SysctlConfig", &[], &[row("params.*", &[Setting("sysctls.$1")])]),
    kind("SysfsConfig", &[], &[row("params.*", &[Setting("sysfs.$1")])]),
    kind(
        "KernelModuleConfig",
        &[Setting("kernelModules.{name}")],
        &[row("parameters.*", &[Setting("kernelModules.{name}.$1")]), row("name", &[Setting("kernelModules.{name}")])],
    ),
    kind("UdevRulesConfig", &[], &[row("rules.*", &[Setting("udevRules.$1")])]),
    kind("EtcFileConfig", &[Setting("files")], &[row("**", &[Find(etc_file)])]),
    kind("CRICustomizationConfig", &[Setting("files")], &[row("**", &[Find(cri_file)])]),
    kind("FilesystemTrimConfig", &[], &[row("**", CONTRACT)]),
    kind("SecurityProfileConfig", &[], &[row("**", CONTRACT)]),
    kind("KubeClusterConfig", &[], &[row("clusterName", &[Path("metadata.name")]), row("endpoint", ENDPOINT)]),
    kind("KubeNodeConfig", &[], KUBE_NODE),
    kind("KubeletConfig", &[Setting("kubelet.extraMounts"), Find(main_patches)], KUBELET),
    kind("KubeNetworkConfig", &[], NETWORK),
    kind("KubePrismConfig", &[], &[row("**", CONTRACT)]),
    kind(
        "KubeAdmissionControlConfig",
        &[],
        &[row("**", &[Rule("what Talos generates: baseline everywhere but in kube-system")])],
    ),
    kind("KubeAuditPolicyConfig", &[], &[row("configuration.**", &[Path("controlPlane.apiServer.audit.$rest")])]),
    kind(
        "KubeAuthenticationConfig",
        &[Find(main_patches), Path("controlPlane.apiServer.oidc")],
        &[row("configuration.jwt.**", &[Path("controlPlane.apiServer.oidc")]), row("**", CONTRACT)],
    ),
    kind("KubeAuthorizerConfig", &[], &[row("**", CONTRACT)]),
    kind("KubeAPIServerConfig", &[Find(main_patches)], API_SERVER),
    kind("KubeControllerManagerConfig", &[], CONTROLLER_MANAGER),
    kind("KubeSchedulerConfig", &[], SCHEDULER),
    kind(
        "KubeProxyConfig",
        &[Find(no_kube_proxy)],
        &[row("image", KUBERNETES), row("enabled", &[Find(no_kube_proxy)]), row("config.**", CONTRACT)],
    ),
    kind(
        "KubeFlannelCNIConfig",
        &[Find(no_cni)],
        &[row("**", &[Rule("Talos's own network, where no component brings one")])],
    ),
    kind("KubeCoreDNSConfig", &[], &[row("**", CONTRACT)]),
    kind(
        "KubeTalosAPIAccessConfig",
        &[API_ACCESS],
        &[
            row("allowedRoles.*", &[Path("controlPlane.talosApiAccess.roles.$1"), API_ACCESS]),
            row("allowedKubernetesNamespaces.*", &[Path("controlPlane.talosApiAccess.namespaces.$1"), API_ACCESS]),
        ],
    ),
    // A kind that only patches know, and what a newer layout brings before it has rows here.
    Kind { name: "*", shaped: &[Find(everything_of_the_node)], rows: &[] },
];

const fn kind(name: &'static str, shaped: &'static [Cause], rows: &'static [Row]) -> Kind {
    Kind { name, shaped, rows }
}

const fn volumes(name: &'static str) -> Kind {
    Kind { name, shaped: &[Setting("volumes.{name}"), Find(encryption), Find(install_disk_of_volume)], rows: VOLUME }
}

const fn registry(name: &'static str, said: &'static [Cause]) -> Kind {
    Kind { name, shaped: said, rows: &[] }
}

const VOLUME: &[Row] = &[
    row("name", &[Setting("volumes.{name}")]),
    row("provisioning.diskSelector.**", &[Setting("volumes.{name}.diskSelector")]),
    row("provisioning.*", &[Setting("volumes.{name}.$1")]),
    row("filesystem.**", &[Setting("volumes.{name}.filesystem")]),
    row("mount.**", &[Setting("volumes.{name}.secure")]),
    row("encryption.**", &[Find(encryption)]),
];

const LINK: &[Row] = &[
    row("selector.**", &[Setting("links.{link}.match"), Path("nodes.{node}.mac")]),
    row("addresses.**", &[Find(addresses)]),
    row("routes.**", &[Setting("links.{link}.gateway"), Setting("links.{link}.routes"), Path("network.gateway")]),
    row("mtu", &[Setting("links.{link}.mtu")]),
    row("links.**", &[Setting("links.{link}.bond.members"), Setting("links.{link}.bridge.members")]),
    row("bondMode", &[Setting("links.{link}.bond.mode")]),
    row("updelay", &[Setting("links.{link}.bond.upDelay")]),
    row("downdelay", &[Setting("links.{link}.bond.downDelay")]),
    row("miimon", &[Setting("links.{link}.bond.miimon")]),
    row("xmitHashPolicy", &[Setting("links.{link}.bond.xmitHashPolicy")]),
    row("lacpRate", &[Setting("links.{link}.bond.lacpRate")]),
    row("stp.**", &[Setting("links.{link}.bridge.stp")]),
    row("listenPort", &[Setting("links.{link}.wireguard.listenPort")]),
    row("peers.**", &[Setting("links.{link}.wireguard.peers")]),
    row("name", &[Setting("links.{link}")]),
];

const VLAN: &[Row] = &[
    row("vlanID", &[Setting("links.{link}.vlans.{name}.id")]),
    row("mtu", &[Setting("links.{link}.vlans.{name}.mtu")]),
    row("addresses.**", &[Setting("links.{link}.vlans.{name}.addresses")]),
    row("routes.**", &[Setting("links.{link}.vlans.{name}.gateway"), Setting("links.{link}.vlans.{name}.routes")]),
    row("parent", &[Setting("links.{link}")]),
    row("name", &[Setting("links.{link}.vlans.{name}")]),
];

const NETWORK: &[Row] = &[
    row("dnsDomain", &[Path("network.dnsDomain")]),
    row("podSubnets.*", &[Path("network.pods.$1")]),
    row("serviceSubnets.*", &[Path("network.services.$1")]),
    shaped("cni.**", &[Find(no_cni)], &[Find(no_cni)]),
];

/// The kubelet takes the network of the nodes where there may be another.
const NODE_IP: &[Cause] = &[Setting("kubelet.nodeIP.$1"), Path("network.nodes")];
const WHERE_NETWORKS_ARE_SAID: &[Cause] = &[LINKS, Setting("kubelet.nodeIP"), Find(no_cni)];

const KUBE_NODE: &[Row] = &[
    shaped("nodeIP.validSubnets.*", NODE_IP, WHERE_NETWORKS_ARE_SAID),
    shaped("nodeIP.**", &[], WHERE_NETWORKS_ARE_SAID),
    row("labels.*", LABEL),
    row("annotations.*", &[Setting("annotations.$1")]),
    shaped("taints.*", &[Setting("taints.$1"), Find(role_taint)], &[]),
    shaped("taints", &[], &[Path("controlPlane.schedulable"), Path("nodes.*.role")]),
];

const LABEL: &[Cause] = &[Setting("labels.$1"), Find(zone_label)];

const KUBELET: &[Row] = &[
    row("image", KUBERNETES),
    row("extraArgs.*", &[Setting("kubelet.extraArgs.$1")]),
    row("config.maxPods", &[Setting("kubelet.maxPods"), Setting("kubelet.config.maxPods")]),
    row("config.*.**", &[Setting("kubelet.config.$1")]),
    row("config", &[Setting("kubelet.config")]),
    row("defaultRuntimeSeccompProfileEnabled", CONTRACT),
];

const API_SERVER: &[Row] = &[
    row("image", KUBERNETES),
    shaped("extraArgs.*", &[Path("controlPlane.apiServer.extraArgs.$1"), Find(oidc_argument)], &[]),
    row("resources.*.*", &[Path("controlPlane.apiServer.resources.$2")]),
    row("resources.**", RESOURCES),
    row("certSANs.*", CERTIFICATE),
    row("certExtraSANs.*", CERTIFICATE),
];
const CERTIFICATE: &[Cause] = &[Path("controlPlane.certSANs.$1"), Path("controlPlane.endpoint")];

const CONTROLLER_MANAGER: &[Row] = &[
    row("image", KUBERNETES),
    shaped("extraArgs.*", &[Path("controlPlane.controllerManager.extraArgs.$1"), METRICS], &[]),
    row("resources.*.*", &[Path("controlPlane.controllerManager.resources.$2")]),
];
const SCHEDULER: &[Row] = &[
    row("image", KUBERNETES),
    shaped("extraArgs.*", &[Path("controlPlane.scheduler.extraArgs.$1"), METRICS], &[]),
    row("resources.*.*", &[Path("controlPlane.scheduler.resources.$2")]),
    row("config.**", CONTRACT),
];

/// The one large document, as far as the contract has it.
const MAIN: &[Row] = &[
    row("machine.type", &[Path("nodes.{node}.role")]),
    row("machine.certSANs.*", &[Setting("certSANs.$1")]),
    shaped("machine.certSANs", &[], &[Setting("certSANs")]),
    row("machine.kubelet.image", KUBERNETES),
    row("machine.kubelet.extraArgs.*", &[Setting("kubelet.extraArgs.$1")]),
    row("machine.kubelet.extraMounts.**", &[Setting("kubelet.extraMounts")]),
    row("machine.kubelet.extraConfig.maxPods", &[Setting("kubelet.maxPods"), Setting("kubelet.config.maxPods")]),
    row("machine.kubelet.extraConfig.*.**", &[Setting("kubelet.config.$1")]),
    shaped("machine.kubelet.nodeIP.validSubnets.*", NODE_IP, WHERE_NETWORKS_ARE_SAID),
    shaped("machine.kubelet.**", CONTRACT, &[Setting("kubelet.extraMounts")]),
    row("machine.network.hostname", &[Cause::Key("nodes.{node}")]),
    row("machine.network.nameservers.**", &[Setting("nameservers"), Path("network.nameservers")]),
    row("machine.network.extraHostEntries.**", &[Setting("hosts")]),
    row("machine.network.interfaces.**", &[LINKS]),
    shaped("machine.disks.**", &[Setting("volumes")], &[]),
    row("machine.install.disk", DISK),
    row("machine.install.diskSelector.*", SELECTED),
    row("machine.install.extraKernelArgs.*", &[Setting("kernelArgs.$1")]),
    row("machine.install.image", &[INGREDIENTS]),
    row("machine.install.wipe", &[Setting("wipe")]),
    row("machine.files.**", &[Find(file)]),
    row("machine.env.*", &[Setting("env.$1")]),
    row("machine.time.servers.**", &[Setting("timeServers"), Path("network.timeServers")]),
    row("machine.sysctls.*", &[Setting("sysctls.$1")]),
    row("machine.sysfs.*", &[Setting("sysfs.$1")]),
    row("machine.registries.mirrors.*.**", &[Setting("registries.mirrors.$1"), Path("registries.mirrors.$1")]),
    row(
        "machine.registries.config.*.**",
        &[
            Setting("registries.tls.$1"),
            Path("registries.tls.$1"),
            Setting("registries.auth.$1"),
            Path("registries.auth.$1"),
        ],
    ),
    row("machine.systemDiskEncryption.state.**", &[Setting("encryption.state")]),
    row("machine.systemDiskEncryption.ephemeral.**", &[Setting("encryption.ephemeral")]),
    shaped(
        "machine.features.kubernetesTalosAPIAccess.allowedRoles.*",
        &[Path("controlPlane.talosApiAccess.roles.$1"), API_ACCESS],
        &[API_ACCESS],
    ),
    shaped(
        "machine.features.kubernetesTalosAPIAccess.allowedKubernetesNamespaces.*",
        &[Path("controlPlane.talosApiAccess.namespaces.$1"), API_ACCESS],
        &[API_ACCESS],
    ),
    row("machine.features.kubernetesTalosAPIAccess.**", &[Path("controlPlane.talosApiAccess"), API_ACCESS]),
    row(
        "machine.features.hostDNS.forwardKubeDNSToHost",
        &[Find(no_host_dns), Rule("the host's cache answers for kube-dns")],
    ),
    row("machine.features.**", CONTRACT),
    row("machine.udev.rules.*", &[Setting("udevRules.$1")]),
    row("machine.kernel.modules.*.parameters.*", &[Setting("kernelModules.$1.$2")]),
    row("machine.kernel.modules.*.**", &[Setting("kernelModules.$1")]),
    row("machine.nodeLabels.*", LABEL),
    row("machine.nodeAnnotations.*", &[Setting("annotations.$1")]),
    row("machine.nodeTaints.*", &[Setting("taints.$1")]),
    row("cluster.controlPlane.**", ENDPOINT),
    row("cluster.clusterName", &[Path("metadata.name")]),
    row("cluster.network.dnsDomain", &[Path("network.dnsDomain")]),
    row("cluster.network.podSubnets.*", &[Path("network.pods.$1")]),
    row("cluster.network.serviceSubnets.*", &[Path("network.services.$1")]),
    row("cluster.network.cni.**", &[Find(no_cni)]),
    row("cluster.apiServer.image", KUBERNETES),
    shaped("cluster.apiServer.extraArgs.*", &[Path("controlPlane.apiServer.extraArgs.$1"), Find(oidc_argument)], &[]),
    row("cluster.apiServer.certSANs.*", CERTIFICATE),
    row("cluster.apiServer.resources.*.*", &[Path("controlPlane.apiServer.resources.$2")]),
    row("cluster.apiServer.auditPolicy.**", &[Path("controlPlane.apiServer.audit.$rest")]),
    shaped("cluster.apiServer.**", &[Rule("what Talos generates")], &[Find(main_patches)]),
    row("cluster.controllerManager.image", KUBERNETES),
    row("cluster.controllerManager.extraArgs.*", &[Path("controlPlane.controllerManager.extraArgs.$1"), METRICS]),
    row("cluster.controllerManager.resources.*.*", &[Path("controlPlane.controllerManager.resources.$2")]),
    row("cluster.proxy.image", KUBERNETES),
    row("cluster.proxy.disabled", &[Find(no_kube_proxy)]),
    row("cluster.scheduler.image", KUBERNETES),
    row("cluster.scheduler.extraArgs.*", &[Path("controlPlane.scheduler.extraArgs.$1"), METRICS]),
    row("cluster.scheduler.resources.*.*", &[Path("controlPlane.scheduler.resources.$2")]),
    row("cluster.etcd.extraArgs.*", &[Path("controlPlane.etcd.extraArgs.$1"), METRICS]),
    shaped(
        "cluster.etcd.advertisedSubnets.*",
        &[Path("controlPlane.etcd.advertisedSubnets.$1"), Path("network.nodes")],
        &[ALL_LINKS],
    ),
    row("cluster.allowSchedulingOnControlPlanes", &[Path("controlPlane.schedulable"), Path("nodes.*.role")]),
    row("**", CONTRACT),
];

/// The keys by which the classes of a node are found.
fn extends(scope: &Scope<'_>) -> Vec<Origin> {
    let levels = levels(scope.document(), scope.name("node"));
    let extends = levels.into_iter().map(|level| level.key("extends"));
    extends.filter(|path| scope.document().contains(path)).map(Origin::Spec).collect()
}

/// An own registry of installers names images, and the name of one is free or taken by what is before it.
fn image_names(scope: &Scope<'_>) -> Vec<Origin> {
    if !scope.document().contains(&SpecPath::of(["registries", "imager"])) {
        return Vec::new();
    }
    super::images::ingredients_of_all(scope)
}

/// Conditions of the components that change images.
pub(super) fn extension_needs(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = Vec::new();
    let machine = scope.machine();
    let asked = machine.into_iter().flat_map(|machine| &machine.asked).filter(|asked| asked.need.changes_the_image());
    origins.extend(asked.map(needs::origin));
    origins.extend(conditions(scope));
    origins
}

/// What decides which components ask for what: their own conditions, and who is there.
pub(super) fn conditions(scope: &Scope<'_>) -> Vec<Origin> {
    let provenance = scope.provenance;
    let mut origins = components::roster(provenance, None);
    for component in &provenance.compiled.model.platform.components {
        let owner = components::Owner { component: component.name.clone(), tenant: None };
        let Some(entry) = components::entry(provenance, &owner) else { continue };
        if entry.node.is_empty() && entry.cluster.is_empty() {
            continue;
        }
        origins.extend(components::presence(provenance, &owner).iter().cloned());
        origins.extend(inputs::of(provenance, &owner, inputs::needs(entry)));
    }
    origins
}

/// The components that ask Talos for something, with what decides that they do.
fn cluster(scope: &Scope<'_>, asks: impl Fn(&ClusterNeed) -> bool) -> Vec<Origin> {
    let provenance = scope.provenance;
    let mut direct = Vec::new();
    let mut origins = components::roster(provenance, None);
    for component in &provenance.compiled.model.platform.components {
        let owner = components::Owner { component: component.name.clone(), tenant: None };
        let Some(entry) = components::entry(provenance, &owner) else { continue };
        for need in entry.cluster.iter().filter(|need| asks(need)) {
            let origin = component.origins.first().map(|origin| SpecPath::read(origin)).unwrap_or_default();
            direct.push(Origin::Need { component: component.name.clone(), reason: need.reason.clone(), origin });
            origins.extend(components::presence(provenance, &owner).iter().cloned());
            origins.extend(inputs::of(provenance, &owner, inputs::needs(entry)));
        }
    }
    direct.extend(origins);
    direct
}

fn no_cni(scope: &Scope<'_>) -> Vec<Origin> {
    cluster(scope, |need| need.no_cni)
}

fn no_kube_proxy(scope: &Scope<'_>) -> Vec<Origin> {
    cluster(scope, |need| need.no_kube_proxy)
}

fn no_host_dns(scope: &Scope<'_>) -> Vec<Origin> {
    cluster(scope, |need| need.no_host_dns_forwarding)
}

fn metrics(scope: &Scope<'_>) -> Vec<Origin> {
    let last = scope.path.last().map(super::pattern::text).unwrap_or_default();
    let served = ["bind-address", "listen-metrics-urls"].contains(&last.as_str());
    if served { cluster(scope, |need| need.control_plane_metrics) } else { Vec::new() }
}

fn api_access(scope: &Scope<'_>) -> Vec<Origin> {
    cluster(scope, |need| !need.talos_api_access.is_empty())
}

/// Rules that let in who talks to a component are made where the firewall blocks.
fn port_rules(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = scope.all(&[Path("network.nodes"), Path("network.pods")]);
    origins.extend(conditions(scope));
    origins
}

/// The shared address lives where its network is: on a link of each control-plane node.
fn vip_reaches(scope: &Scope<'_>) -> Vec<Origin> {
    scope.all(&[Path("nodes.*.address")])
}

fn addresses(scope: &Scope<'_>) -> Vec<Origin> {
    let mut origins = scope.all(&[Path("nodes.{node}.address")]);
    origins.retain(|origin| matches!(origin, Origin::Spec(_)));
    let own = scope.all(&[Setting("links.{link}.addresses")]);
    let own: Vec<Origin> = own.into_iter().filter(|origin| matches!(origin, Origin::Spec(_))).collect();
    let is_first =
        scope.machine().and_then(|machine| machine.links.first()).is_some_and(|link| link.name == scope.name("link"));
    if is_first || own.is_empty() {
        origins.extend(own);
        origins
    } else {
        own
    }
}

fn zone_label(scope: &Scope<'_>) -> Vec<Origin> {
    let last = scope.path.last().map(super::pattern::text).unwrap_or_default();
    match last.as_str() {
        "topology.kubernetes.io/zone" => scope.all(&[Path("nodes.{node}.zone")]),
        "node-role.kubernetes.io/control-plane" => scope.all(&[Path("nodes.{node}.role")]),
        "node.kubernetes.io/exclude-from-external-load-balancers" => {
            let mut origins = vec![Origin::Rule { why: "Talos's own label of control-plane nodes" }];
            origins.extend(scope.all(&[Path("nodes.{node}.role")]));
            origins.extend(conditions(scope));
            origins
        }
        _ => Vec::new(),
    }
}

fn role_taint(scope: &Scope<'_>) -> Vec<Origin> {
    let last = scope.path.last().map(super::pattern::text).unwrap_or_default();
    let own = last == "node-role.kubernetes.io/control-plane";
    if own { scope.all(&[Path("controlPlane.schedulable"), Path("nodes.*.role")]) } else { Vec::new() }
}

/// Arguments that `oidc` stands for.
fn oidc_argument(scope: &Scope<'_>) -> Vec<Origin> {
    let last = scope.path.last().map(super::pattern::text).unwrap_or_default();
    let key = match last.as_str() {
        "oidc-issuer-url" => "issuer",
        "oidc-client-id" => "clientId",
        "oidc-username-claim" => "usernameClaim",
        "oidc-groups-claim" => "groupsClaim",
        _ => return Vec::new(),
    };
    let path = ["controlPlane", "apiServer", "oidc", key];
    super::names::paths(scope.provenance, &path.join("."))
}

/// A section comes back in the large document where a patch asks for what its own kind cannot say.
fn main_patches(scope: &Scope<'_>) -> Vec<Origin> {
    let patches = scope.machine().into_iter().flat_map(|machine| &machine.patches);
    let main = patches.filter(|patch| patch.value.get("kind").is_none());
    main.map(|patch| Origin::Spec(patch.place.clone())).collect()
}

fn encryption(scope: &Scope<'_>) -> Vec<Origin> {
    match scope.name("name") {
        "STATE" => scope.all(&[Setting("encryption.state")]),
        "EPHEMERAL" => scope.all(&[Setting("encryption.ephemeral")]),
        _ => Vec::new(),
    }
}

/// A volume without a disk of its own lies on the one that Talos is installed on.
fn install_disk_of_volume(scope: &Scope<'_>) -> Vec<Origin> {
    scope.all(DISK)
}

/// An item of `machine.files` is told by its path.
fn file(scope: &Scope<'_>) -> Vec<Origin> {
    let path = scope.captures.rest.first().map(super::pattern::text);
    match path {
        Some(path) => {
            let field = match scope.captures.rest.get(1).map(super::pattern::text).as_deref() {
                Some(key @ ("content" | "permissions" | "op")) => Some(key.to_owned()),
                _ => None,
            };
            of_file(scope, &path, field.as_deref())
        }
        None => scope.all(&[Setting("files")]),
    }
}

fn of_file(scope: &Scope<'_>, path: &str, field: Option<&str>) -> Vec<Origin> {
    let steps = ["files", path].into_iter().chain(field);
    let steps: Vec<super::cloud::Step> = steps.map(|step| super::cloud::Step::Key(step.to_owned())).collect();
    let mut origins = scope.setting(scope.name("node"), &steps);
    if origins.iter().all(|origin| matches!(origin, Origin::Default(_) | Origin::Need { .. })) {
        origins.extend(conditions(scope));
    }
    origins
}

fn etc_file(scope: &Scope<'_>) -> Vec<Origin> {
    let field = match scope.path.first().map(super::pattern::text).as_deref() {
        Some("contents") => Some("content"),
        Some("mode") => Some("permissions"),
        _ => None,
    };
    of_file(scope, &format!("/etc/{}", scope.name("name")), field)
}

fn cri_file(scope: &Scope<'_>) -> Vec<Origin> {
    scope.all(&[Setting("files")])
}

/// All that is written of a node.
fn everything_of_the_node(scope: &Scope<'_>) -> Vec<Origin> {
    let levels = levels(scope.document(), scope.name("node")).into_iter().map(Origin::Spec);
    let shared = ["versions", "network", "controlPlane", "components", "registries"];
    levels.chain(shared.map(|key| Origin::Spec(SpecPath::of([key])))).collect()
}

/// The name that `cloud.yaml` has for the link of a document.
pub(super) fn link(scope: &Scope<'_>) -> Option<String> {
    let name = scope.object.name.as_deref()?;
    let links = &scope.machine()?.links;
    let of_vlan = links.iter().find(|link| link.vlans.iter().any(|vlan| vlan.name == name));
    let own = links.iter().find(|link| link.name == name).or(of_vlan).or_else(|| {
        links
            .iter()
            .find(|link| matches!(&link.kind, LinkKind::Physical(matches) if matches.name.as_deref() == Some(name)))
    });
    Some(own.or_else(|| links.first())?.name.clone())
}
