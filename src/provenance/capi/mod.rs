//! `tenants/` and `flux/tenants/`: Cluster API objects, the controllers that join a tenant to its host, and add-ons inside.

mod facts;

use super::cause::Cause::{self, All, Catalog, Find, Path, Rule};
use super::flux;
use super::table::{Files, Kind, Row, row, shaped};
use facts::{
    addon, addon_catalog, addon_objects, addon_order, addon_values, addon_version, archs, flag, hard, machine_label,
    proxies, scaling,
};

/// What every object of a tenant hangs on.
const TENANT: Cause = All(&[
    Cause::Key("tenants.{tenant}"),
    Path("tenants.{tenant}.state"),
    Path("tenants.{tenant}.namespace"),
    Path("components.cluster-api.set"),
]);
const NAMESPACE: &[Cause] = &[Path("tenants.{tenant}.namespace")];
const SET: Cause = Catalog("<stdlib>/versions/cluster-api.yaml", "the chosen set");
const KUBERNETES: &[Cause] = &[Path("tenants.{tenant}.kubernetes")];
const GROUP: Cause = All(&[
    Cause::Key("tenants.{tenant}.nodeGroups.{group}"),
    Path("tenants.{tenant}.workers"),
    Path("tenants.{tenant}.nodeGroups.{group}.image"),
]);
const SIZE: Cause = All(&[
    Path("tenants.{tenant}.nodeGroups.{group}.cpu"),
    Path("tenants.{tenant}.nodeGroups.{group}.memory"),
    Path("tenants.{tenant}.nodeGroups.{group}.instanceType"),
]);
/// All that a machine of a group is told when it joins.
const JOIN: Cause = All(&[
    SIZE,
    Path("tenants.{tenant}.nodeGroups.{group}.labels"),
    Path("tenants.{tenant}.nodeGroups.{group}.taints"),
    Path("tenants.{tenant}.nodeGroups.{group}.roles"),
    Path("tenants.{tenant}.nodeGroups.{group}.image"),
    Path("tenants.{tenant}.kubernetes"),
    Path("tenants.{tenant}.controlPlane"),
    Path("tenants.{tenant}.network"),
    Path("network"),
    Path("versions.talos"),
    Path("registries"),
    Path("tenants.{tenant}.addons"),
]);
/// All that its hardware and its image are made of: the name of the template is a hash of it.
const HARDWARE: Cause = All(&[
    SIZE,
    Path("tenants.{tenant}.nodeGroups.{group}.disk"),
    Path("tenants.{tenant}.nodeGroups.{group}.gpus"),
    Path("tenants.{tenant}.nodeGroups.{group}.image"),
    Path("tenants.{tenant}.kubernetes"),
    Path("versions.talos"),
    Path("registries"),
]);
const CONTROL_PLANE: Cause = Path("tenants.{tenant}.controlPlane");
/// How wide a tenant opens: which ways lead in, and what serves them.
const EXPOSED: Cause = All(&[
    Path("tenants.{tenant}.controlPlane.expose"),
    Path("tenants.{tenant}.controlPlane.address"),
    Path("tenants.{tenant}.controlPlane.hostname"),
    Path("tenants.{tenant}.loadBalancers"),
    Path("network.loadBalancers"),
]);
const LAYOUT: &[Cause] = &[Rule("layout of Cluster API")];
/// What only the chosen set says: which version of an API is written.
const API: Row = row("apiVersion", &[SET]);

pub(super) const FILES: &[Files] = &[
    Files {
        pattern: "flux/tenants/{tenant}.yaml",
        shaped: &[
            TENANT,
            Path("tenants.{tenant}.workers"),
            Path("tenants.{tenant}.storageClasses"),
            Cause::Key("tenants.{tenant}.addons"),
        ],
        kinds: &[Kind { name: "Kustomization", shaped: &[], rows: KUSTOMIZATION }],
    },
    Files {
        pattern: "tenants/{tenant}/cluster/nodegroup-{group}.yaml",
        shaped: &[TENANT, GROUP],
        kinds: &[
            Kind { name: "KubevirtMachineTemplate", shaped: &[], rows: MACHINE },
            Kind { name: "KubeadmConfigTemplate", shaped: &[], rows: KUBEADM },
            Kind { name: "TalosConfigTemplate", shaped: &[], rows: TALOS },
            Kind { name: "MachineDeployment", shaped: &[], rows: DEPLOYMENT },
            Kind { name: "MachineHealthCheck", shaped: &[], rows: HEALTH_CHECK },
            Kind { name: "*", shaped: &[JOIN, HARDWARE], rows: &[] },
        ],
    },
    Files {
        pattern: "tenants/{tenant}/cluster/kustomization.yaml",
        shaped: &[
            TENANT,
            Cause::Key("tenants.{tenant}.quota"),
            Path("tenants.{tenant}.workers"),
            Cause::Key("tenants.{tenant}.nodeGroups.*"),
        ],
        kinds: LIST,
    },
    Files {
        pattern: "tenants/{tenant}/cluster/quota.yaml",
        shaped: &[TENANT, Cause::Key("tenants.{tenant}.quota")],
        kinds: &[Kind { name: "*", shaped: &[], rows: QUOTA }],
    },
    Files {
        pattern: "tenants/{tenant}/cluster/cluster.yaml",
        shaped: &[TENANT],
        kinds: &[Kind { name: "*", shaped: &[], rows: CLUSTER }],
    },
    Files {
        pattern: "tenants/{tenant}/cluster/control-plane.yaml",
        shaped: &[TENANT],
        kinds: &[Kind { name: "*", shaped: &[], rows: KAMAJI }],
    },
    Files {
        pattern: "tenants/{tenant}/cluster/*",
        shaped: &[TENANT, Path("tenants.{tenant}.workers"), CONTROL_PLANE, Path("network.dnsDomain")],
        kinds: &[Kind { name: "*", shaped: &[], rows: PLAIN }],
    },
    Files {
        pattern: "tenants/{tenant}/integration/autoscaler.yaml",
        shaped: &[
            TENANT,
            Path("tenants.{tenant}.autoscaler"),
            Path("tenants.{tenant}.nodeGroups.*.replicas"),
            Find(archs),
        ],
        kinds: &[Kind { name: "*", shaped: &[], rows: AUTOSCALER }],
    },
    Files {
        pattern: "tenants/{tenant}/integration/*",
        shaped: &[
            TENANT,
            Path("tenants.{tenant}.workers"),
            Path("tenants.{tenant}.storageClasses"),
            Path("tenants.{tenant}.loadBalancers"),
            Path("tenants.{tenant}.autoscaler"),
            Path("tenants.{tenant}.nodeGroups.*.replicas"),
            Path("delivery"),
            Find(archs),
        ],
        kinds: &[Kind { name: "*", shaped: &[], rows: PLAIN }],
    },
    Files {
        pattern: "tenants/{tenant}/addons/csi/storage-classes.yaml",
        shaped: &[TENANT, Cause::Key("tenants.{tenant}.storageClasses")],
        kinds: &[Kind { name: "*", shaped: &[], rows: STORAGE_CLASS }],
    },
    Files {
        pattern: "tenants/{tenant}/addons/csi/*",
        shaped: &[TENANT, Cause::Key("tenants.{tenant}.storageClasses"), Path("tenants.{tenant}.kubernetes")],
        kinds: &[Kind { name: "*", shaped: &[], rows: PLAIN }],
    },
    Files {
        pattern: "tenants/{tenant}/addons/kustomization.yaml",
        shaped: &[TENANT, Cause::Key("tenants.{tenant}.storageClasses"), Find(addon_order)],
        kinds: LIST,
    },
    Files {
        pattern: "tenants/{tenant}/addons/namespaces/*",
        shaped: &[TENANT, Find(addon_order), Path("tenants.{tenant}.addons.*.namespace")],
        kinds: &[Kind { name: "*", shaped: &[], rows: PLAIN }],
    },
    Files {
        pattern: "tenants/{tenant}/addons/{addon}.yaml",
        shaped: &[TENANT, Find(addon), Find(addon_order)],
        kinds: &[Kind { name: "Kustomization", shaped: &[], rows: KUSTOMIZATION }],
    },
    Files {
        pattern: "tenants/{tenant}/addons/{addon}/**",
        shaped: &[TENANT, Find(addon)],
        kinds: &[
            Kind { name: "HelmRelease", shaped: &[], rows: HELM_RELEASE },
            Kind { name: "*", shaped: &[], rows: &[row("**", &[Find(addon_objects)])] },
        ],
    },
    Files {
        pattern: "tenants/{tenant}/**",
        shaped: &[TENANT, Path("tenants.{tenant}.workers")],
        kinds: &[Kind { name: "*", shaped: &[], rows: PLAIN }],
    },
];

const LIST: &[Kind] = &[Kind { name: "*", shaped: &[], rows: &[row("**", &[Rule("what the folder holds")])] }];

const PLAIN: &[Row] = &[
    row("metadata.namespace", NAMESPACE),
    row("spec.interval", &[Path("delivery.interval")]),
    row("spec.decryption.**", &[Path("delivery.sops.age")]),
    row("spec.path", &[Path("delivery.git.path")]),
    row("spec.template.spec.containers.*.image", &[SET]),
    row("**", LAYOUT),
];

const KUSTOMIZATION: &[Row] = &[
    row("metadata.namespace", NAMESPACE),
    row("spec.interval", &[Path("delivery.interval")]),
    row("spec.decryption.**", &[Path("delivery.sops.age")]),
    row("spec.path", &[Path("delivery.git.path")]),
    shaped(
        "spec.dependsOn.**",
        &[Find(flux::graph), Path("tenants.{tenant}.controlPlane.expose")],
        &[Find(addon_order)],
    ),
    row("spec.healthChecks.**", &[SET]),
    row("spec.postBuild.**", &[Path("tenants.{tenant}.workers")]),
    row("**", &[Rule("how Flux applies a tenant")]),
];

const MACHINE: &[Row] = &[
    API,
    shaped("metadata.name", &[Rule("the name ends in a hash of the content")], &[HARDWARE]),
    row(
        "spec.template.spec.virtualMachineTemplate.spec.template.spec.domain.cpu.**",
        &[Path("tenants.{tenant}.nodeGroups.{group}.cpu")],
    ),
    row(
        "spec.template.spec.virtualMachineTemplate.spec.template.spec.domain.memory.**",
        &[Path("tenants.{tenant}.nodeGroups.{group}.memory")],
    ),
    row(
        "spec.template.spec.virtualMachineTemplate.spec.template.spec.domain.devices.gpus.**",
        &[Path("tenants.{tenant}.nodeGroups.{group}.gpus")],
    ),
    row(
        "spec.template.spec.virtualMachineTemplate.spec.instancetype.**",
        &[Path("tenants.{tenant}.nodeGroups.{group}.instanceType")],
    ),
    shaped(
        "spec.template.spec.virtualMachineTemplate.spec.template.spec.volumes.**",
        &[Path("tenants.{tenant}.nodeGroups.{group}.image"), SET],
        &[Path("tenants.{tenant}.kubernetes"), Path("versions.talos"), Path("registries")],
    ),
    shaped(
        "spec.template.spec.virtualMachineTemplate.spec.dataVolumeTemplates.**",
        &[Path("tenants.{tenant}.nodeGroups.{group}.disk")],
        &[Path("versions.talos"), Path("registries"), Path("tenants.{tenant}.kubernetes")],
    ),
    row("metadata.namespace", NAMESPACE),
    shaped(
        "**",
        LAYOUT,
        &[Path("tenants.{tenant}.nodeGroups.{group}.gpus"), Path("tenants.{tenant}.nodeGroups.{group}.instanceType")],
    ),
];

const KUBEADM: &[Row] = &[
    API,
    shaped("metadata.name", &[Rule("the name ends in a hash of the content")], &[JOIN]),
    row("metadata.namespace", NAMESPACE),
    shaped("**", LAYOUT, &[JOIN]),
];

const TALOS: &[Row] = &[
    API,
    shaped("metadata.name", &[Rule("the name ends in a hash of the content")], &[JOIN, HARDWARE]),
    row("metadata.namespace", NAMESPACE),
    shaped("**", LAYOUT, &[JOIN, HARDWARE]),
];

const DEPLOYMENT: &[Row] = &[
    API,
    row("spec.replicas", &[Path("tenants.{tenant}.nodeGroups.{group}.replicas")]),
    shaped("metadata.annotations.*", &[Find(scaling)], &[Path("tenants.{tenant}.nodeGroups.{group}.replicas")]),
    shaped("metadata.annotations", &[], &[Path("tenants.{tenant}.nodeGroups.{group}.replicas")]),
    shaped("spec.template.metadata.labels.*", &[Find(machine_label)], &[]),
    row("spec.template.spec.version", KUBERNETES),
    shaped("spec.template.spec.bootstrap.configRef.name", &[Rule("the template that stands above")], &[JOIN, HARDWARE]),
    shaped("spec.template.spec.infrastructureRef.name", &[Rule("the template that stands above")], &[HARDWARE]),
    row("metadata.namespace", NAMESPACE),
    row("**", LAYOUT),
];

const HEALTH_CHECK: &[Row] = &[
    API,
    row("spec.checks.nodeStartupTimeoutSeconds", &[Path("tenants.{tenant}.healthCheck.startupTimeout")]),
    row("spec.nodeStartupTimeout", &[Path("tenants.{tenant}.healthCheck.startupTimeout")]),
    shaped(
        "spec.remediation.triggerIf.**",
        &[Path("tenants.{tenant}.healthCheck.maxUnhealthy")],
        &[Path("tenants.{tenant}.nodeGroups.{group}.replicas")],
    ),
    shaped(
        "spec.maxUnhealthy",
        &[Path("tenants.{tenant}.healthCheck.maxUnhealthy")],
        &[Path("tenants.{tenant}.nodeGroups.{group}.replicas")],
    ),
    row("metadata.namespace", NAMESPACE),
    row("**", LAYOUT),
];

/// What stands around the machines and has room beside them.
const ROOM: Cause = All(&[
    Path("tenants.{tenant}.controlPlane.replicas"),
    Path("tenants.{tenant}.nodeGroups.*.replicas"),
    Path("tenants.{tenant}.nodeGroups.*.cpu"),
    Path("tenants.{tenant}.nodeGroups.*.memory"),
    Path("tenants.{tenant}.nodeGroups.*.instanceType"),
    Path("tenants.{tenant}.nodeGroups.*.gpus"),
]);

const QUOTA: &[Row] = &[
    shaped("spec.hard.*", &[Find(hard)], &[ROOM]),
    row("metadata.namespace", NAMESPACE),
    shaped("**", &[Rule("what a container asks for that says nothing")], &[Path("tenants.{tenant}.quota")]),
];

const CLUSTER: &[Row] = &[
    API,
    row("spec.clusterNetwork.services.cidrBlocks.*", &[Path("tenants.{tenant}.network.services.$1")]),
    row("spec.clusterNetwork.pods.cidrBlocks.*", &[Path("tenants.{tenant}.network.pods.$1")]),
    row("spec.clusterNetwork.apiServerPort", &[Path("tenants.{tenant}.controlPlane.port")]),
    row("metadata.namespace", NAMESPACE),
    shaped("**", LAYOUT, &[EXPOSED, CONTROL_PLANE, Path("network.tenants")]),
];

const KAMAJI: &[Row] = &[
    API,
    row("spec.dataStoreName", &[Path("tenants.{tenant}.controlPlane.dataStore")]),
    row("spec.replicas", &[Path("tenants.{tenant}.controlPlane.replicas")]),
    row("spec.version", KUBERNETES),
    shaped(
        "spec.addons.konnectivity.server.port",
        &[Path("tenants.{tenant}.controlPlane.konnectivityPort")],
        &[CONTROL_PLANE],
    ),
    shaped(
        "spec.addons.konnectivity.**",
        &[SET],
        &[
            Path("tenants.{tenant}.controlPlane.konnectivity"),
            Path("tenants.{tenant}.nodeGroups.*.taints"),
            Path("tenants.{tenant}.kubernetes"),
        ],
    ),
    shaped(
        "spec.addons.**",
        &[Rule("Kamaji's own, where no add-on is")],
        &[Find(addon_order), Path("tenants.{tenant}.network.services"), CONTROL_PLANE],
    ),
    row("spec.network.serviceAddress", &[Path("tenants.{tenant}.controlPlane.address")]),
    shaped("spec.network.dnsServiceIPs.**", &[Path("tenants.{tenant}.network.services")], &[Find(addon_order)]),
    shaped(
        "spec.network.**",
        &[CONTROL_PLANE],
        &[EXPOSED, Find(proxies), Path("tenants.{tenant}.workers"), Path("network.dnsDomain")],
    ),
    shaped("spec.kubelet.**", &[SET], &[Path("tenants.{tenant}.kubernetes")]),
    shaped(
        "spec.deployment.**",
        LAYOUT,
        &[
            CONTROL_PLANE,
            Path("tenants.{tenant}.workers"),
            Path("network"),
            Path("versions.talos"),
            Path("tenants.{tenant}.kubernetes"),
        ],
    ),
    row("metadata.namespace", NAMESPACE),
    shaped("**", LAYOUT, &[Path("tenants.{tenant}.controlPlane.expose")]),
];

const AUTOSCALER: &[Row] = &[
    row("spec.template.spec.containers.*.image", &[SET, Path("tenants.{tenant}.kubernetes")]),
    shaped("spec.template.spec.containers.*.args.*", &[Find(flag)], &[]),
    row("metadata.namespace", NAMESPACE),
    row("**", LAYOUT),
];

const STORAGE_CLASS: &[Row] = &[
    row("metadata.name", &[Cause::Key("tenants.{tenant}.storageClasses.{name}")]),
    row("parameters.infraStorageClassName", &[Path("tenants.{tenant}.storageClasses.{name}.from")]),
    shaped("metadata.annotations.**", &[Path("tenants.{tenant}.storageClasses.{name}.default")], &[]),
    shaped("**", LAYOUT, &[Cause::Key("tenants.{tenant}.storageClasses.{name}")]),
];

const HELM_RELEASE: &[Row] = &[
    row("spec.values.**", &[Find(addon_values)]),
    row("spec.chart.spec.version", &[Find(addon_version)]),
    row("spec.interval", &[Path("tenants.{tenant}.addons.{addon}.interval")]),
    row("spec.timeout", &[Path("tenants.{tenant}.addons.{addon}.timeout"), Find(addon_catalog)]),
    row("spec.targetNamespace", &[Path("tenants.{tenant}.addons.{addon}.namespace"), Find(addon_catalog)]),
    row("spec.storageNamespace", &[Path("tenants.{tenant}.addons.{addon}.namespace"), Find(addon_catalog)]),
    row("metadata.namespace", NAMESPACE),
    row("**", &[Rule("how Flux runs a release")]),
];
