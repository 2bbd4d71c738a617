//! `flux/` and `bootstrap/`: what Flux delivers into the management cluster.

mod facts;

pub(super) use facts::{graph, said_objects, said_values};

use super::cause::Cause::{self, Find, Path, Rule};
use super::table::{Files, Kind, Row, row, shaped};
use facts::{
    all_namespaces, bootstrap_layer, bootstrap_objects, bootstrap_release, bootstrap_values, depends_on,
    kustomizations, layer, namespace, objects, own_namespace, pod_security, release, release_catalog, release_timeout,
    release_version, source, source_catalog, source_version, timeout, values,
};

const ORDER: &[Cause] = &[Find(graph), Cause::Key("tenants"), Path("delivery.apps")];
const INTERVAL: &[Cause] = &[Path("delivery.interval")];

pub(super) const FILES: &[Files] = &[
    Files { pattern: "flux/kustomization.yaml", shaped: ORDER, kinds: LIST },
    Files {
        pattern: "flux/namespaces.yaml",
        shaped: &[],
        kinds: &[Kind { name: "Kustomization", shaped: &[], rows: DELIVERY_AND_RULE }],
    },
    Files { pattern: "flux/namespaces/kustomization.yaml", shaped: &[Find(all_namespaces)], kinds: LIST },
    Files {
        pattern: "flux/namespaces/{namespace}.yaml",
        shaped: &[Find(namespace)],
        kinds: &[Kind {
            name: "*",
            shaped: &[],
            rows: &[row("metadata.labels.**", &[Find(pod_security)]), row("metadata.name", &[Find(namespace)])],
        }],
    },
    Files {
        pattern: "flux/sources/{source}.yaml",
        shaped: &[Find(source)],
        kinds: &[Kind {
            name: "*",
            shaped: &[],
            rows: &[
                row("spec.ref.**", &[Find(source_version)]),
                row("spec.url", &[Find(source_catalog)]),
                row("spec.sparseCheckout.**", &[Find(source_catalog)]),
                row("**", &[Rule("how Flux fetches charts")]),
            ],
        }],
    },
    Files {
        pattern: "flux/apps.yaml",
        shaped: &[Path("delivery.apps")],
        kinds: &[Kind { name: "*", shaped: &[], rows: APPS }],
    },
    Files {
        pattern: "flux/components/{component}.yaml",
        shaped: &[Find(kustomizations)],
        kinds: &[Kind { name: "Kustomization", shaped: &[], rows: KUSTOMIZATION }],
    },
    Files { pattern: "flux/components/{component}/{layer}/kustomization.yaml", shaped: &[Find(layer)], kinds: LIST },
    Files {
        pattern: "flux/components/{component}/{layer}/*",
        shaped: &[],
        kinds: &[
            Kind { name: "HelmRelease", shaped: &[Find(release)], rows: HELM_RELEASE },
            Kind { name: "*", shaped: &[Find(layer)], rows: OBJECT },
        ],
    },
    Files { pattern: "bootstrap/00-namespaces/*", shaped: &[], kinds: LIST },
    Files {
        pattern: "bootstrap/*/{release}.values.yaml",
        shaped: &[Find(bootstrap_release)],
        kinds: &[Kind { name: "*", shaped: &[], rows: &[row("**", &[Find(bootstrap_values)])] }],
    },
    Files {
        pattern: "bootstrap/*/{layer}.yaml",
        shaped: &[Find(bootstrap_layer)],
        kinds: &[Kind { name: "*", shaped: &[], rows: &[row("**", &[Find(bootstrap_objects)])] }],
    },
];

const LIST: &[Kind] = &[Kind { name: "*", shaped: &[], rows: &[row("**", &[Rule("what the folder holds")])] }];

const DELIVERY_AND_RULE: &[Row] = &[
    row("spec.interval", INTERVAL),
    row("spec.decryption.**", &[Path("delivery.sops.age")]),
    row("spec.path", &[Path("delivery.git.path")]),
    row("**", &[Rule("how Flux applies a layer")]),
];

const APPS: &[Row] = &[
    row("spec.path", &[Path("delivery.apps")]),
    row("spec.interval", INTERVAL),
    row("spec.decryption.**", &[Path("delivery.sops.age")]),
    shaped("spec.dependsOn.**", &[Find(graph)], &[]),
    row("**", &[Rule("how Flux applies a layer")]),
];

const KUSTOMIZATION: &[Row] = &[
    row("spec.interval", INTERVAL),
    row("spec.decryption.**", &[Path("delivery.sops.age")]),
    shaped("spec.path", &[Path("delivery.git.path")], &[]),
    shaped("spec.dependsOn.**", &[Find(depends_on)], &[Find(graph)]),
    row("spec.timeout", &[Find(timeout)]),
    row("**", &[Rule("how Flux applies a layer")]),
];

const HELM_RELEASE: &[Row] = &[
    row("spec.values.**", &[Find(values)]),
    row("spec.chart.spec.version", &[Find(release_version)]),
    row("spec.chart.**", &[Find(release_catalog)]),
    row("spec.chartRef.**", &[Find(release_catalog)]),
    row("spec.interval", &[Path("components.{component}.interval")]),
    row("spec.timeout", &[Find(release_timeout)]),
    row("metadata.namespace", &[Find(own_namespace)]),
    row("spec.releaseName", &[Find(release_catalog)]),
    row("metadata.name", &[Find(release_catalog)]),
    row("**", &[Rule("how Flux runs a release")]),
];

const OBJECT: &[Row] = &[row("metadata.namespace", &[Find(objects), Find(own_namespace)]), row("**", &[Find(objects)])];
