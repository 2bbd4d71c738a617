//! `talos/machines/`: where each place of a machine configuration comes from, for all layouts at once.
//!
//! Every line of a machine hangs on its role, its classes and the contract; the rest of the tables says which setting it is.

mod asked;
mod facts;
mod v1alpha1;

pub(super) use asked::conditions;
pub(super) use facts::link;

use super::cause::Cause::{self, All, Find, Path, Rule, Setting, Settings};
use super::table::{Files, Kind, Row, row, shaped};
use asked::{api_access, extension_needs, metrics, no_cni, no_host_dns, no_kube_proxy, port_rules};
use facts::{
    addresses, cri_file, encryption, etc_file, everything_of_the_node, extends, image_names, install_disk_of_volume,
    main_patches, oidc_argument, role_taint, vip_reaches, zone_label,
};
use v1alpha1::MAIN;

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
    Find(extension_needs),
]);
/// What decides that it is made of that.
const INGREDIENTS_SHAPED: &[Cause] = &[Find(conditions), Find(image_names)];
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
/// Who is there, and asks.
const ASKED: &[Cause] = &[Find(conditions)];
const ALL_LINKS: Cause = All(&[
    Settings("links"),
    Path("nodes.*.address"),
    Path("nodes.*.mac"),
    Path("nodes.*.role"),
    Path("network.nodes"),
    Find(no_cni),
    Find(conditions),
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
            shaped(
                "hostDNS.forwardKubeDNSToHost",
                &[Find(no_host_dns), Rule("the host's cache answers for kube-dns")],
                ASKED,
            ),
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
            shaped("installer.image", &[INGREDIENTS], INGREDIENTS_SHAPED),
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
        &[],
        &[row("image", KUBERNETES), row("enabled", &[Find(no_kube_proxy)]), row("config.**", CONTRACT)],
    ),
    kind("KubeFlannelCNIConfig", ASKED, &[row("**", &[Rule("Talos's own network, where no component brings one")])]),
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
    shaped("cni.**", &[Find(no_cni)], ASKED),
];

/// The kubelet takes the network of the nodes where there may be another.
const NODE_IP: &[Cause] = &[Setting("kubelet.nodeIP.$1"), Path("network.nodes")];
const WHERE_NETWORKS_ARE_SAID: &[Cause] = &[LINKS, Setting("kubelet.nodeIP"), Find(no_cni), Find(conditions)];

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
