//! What Talos refuses in the documents of one machine together: one setting said in two places.

use serde_json::Value;

use super::misfit::Fault;

/// A kind of document, and the sections of `v1alpha1` that may not be there beside it.
///
/// Source: siderolabs/talos v1.14.1, `V1Alpha1ConflictValidate` of each kind.
const SECTIONS: [(&str, &[&str]); 29] = [
    ("CRIBaseRuntimeSpecConfig", &["machine.baseRuntimeSpecOverrides"]),
    ("DiscoveryIdentityConfig", &["cluster.id", "cluster.secret"]),
    ("DiscoveryServiceConfig", &["cluster.discovery"]),
    ("HostnameConfig", &["machine.network.hostname", "machine.features.stableHostname"]),
    ("ImageCacheConfig", &["machine.features.imageCache"]),
    ("KubeAPIServerCAConfig", &["cluster.ca"]),
    ("KubeAPIServerConfig", &["cluster.apiServer", "cluster.controlPlane.localAPIServerPort"]),
    ("KubeAdmissionControlConfig", &["cluster.apiServer.admissionControl"]),
    ("KubeAggregatorCAConfig", &["cluster.aggregatorCA"]),
    ("KubeAuditPolicyConfig", &["cluster.apiServer.auditPolicy"]),
    // As upstream has it; the authorizers of `v1alpha1` are not asked.
    ("KubeAuthorizerConfig", &["cluster.apiServer.admissionControl"]),
    ("KubeClusterConfig", &["cluster.clusterName", "cluster.controlPlane.endpoint"]),
    ("KubeControllerManagerConfig", &["cluster.controllerManager", "machine.controlPlane.controllerManager"]),
    ("KubeCoreDNSConfig", &["cluster.coreDNS"]),
    ("KubeCredentialProviderConfig", &["machine.kubelet"]),
    ("KubeEtcdEncryptionConfig", &["cluster.secretboxEncryptionSecret", "cluster.aescbcEncryptionSecret"]),
    ("KubeFlannelCNIConfig", &["cluster.network"]),
    ("KubeNetworkConfig", &["cluster.network"]),
    (
        "KubeNodeConfig",
        &[
            "cluster.allowSchedulingOnControlPlanes",
            "cluster.allowSchedulingOnMasters",
            "machine.kubelet.skipNodeRegistration",
            "machine.kubelet.registerWithFQDN",
            "machine.kubelet.nodeIP",
            "machine.nodeLabels",
            "machine.nodeAnnotations",
            "machine.nodeTaints",
        ],
    ),
    ("KubePrismConfig", &["machine.features.kubePrism"]),
    ("KubeProxyConfig", &["cluster.proxy"]),
    ("KubeSchedulerConfig", &["cluster.scheduler", "machine.controlPlane.scheduler"]),
    ("KubeServiceAccountConfig", &["cluster.serviceAccount"]),
    ("KubeSpanConfig", &["machine.network.kubespan"]),
    ("KubeTalosAPIAccessConfig", &["machine.features.kubernetesTalosAPIAccess"]),
    ("KubeletConfig", &["machine.kubelet"]),
    (
        "ResolverConfig",
        &["machine.network.nameservers", "machine.network.searchDomains", "machine.network.disableSearchDomain"],
    ),
    ("TimeSyncConfig", &["machine.time.servers", "machine.time.disabled", "machine.time.bootTimeout"]),
    ("UnattendedInstallConfig", &["machine.install"]),
];

/// Every setting that these documents say in two places.
pub(super) fn conflicts(documents: &[Value]) -> Vec<Fault> {
    let main = documents.iter().find(|document| document.get("kind").is_none());
    let at = |path: &str| path.split('.').try_fold(main?, |value, key| value.get(key));
    let mut faults = Vec::new();
    for document in documents {
        let Some(kind) = document.get("kind").and_then(Value::as_str) else { continue };
        let sections = SECTIONS.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, sections)| sections);
        let taken = sections.iter().filter(|section| at(section).is_some());
        faults.extend(taken.map(|section| Fault::TwoPlaces { kind: kind.to_owned(), section: (*section).to_owned() }));
        let of_both = |field: &str, section: &str| document.get(field).is_some() && at(section).is_some();
        // The cache of the host is in this kind since 1.14; before, the document has no word of it.
        if kind == "ResolverConfig" && of_both("hostDNS", "machine.features.hostDNS") {
            faults.push(Fault::TwoPlaces { kind: kind.to_owned(), section: "machine.features.hostDNS".to_owned() });
        }
        let volume = document.get("name").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        let section = format!("machine.systemDiskEncryption.{volume}");
        if kind == "VolumeConfig" && of_both("encryption", &section) {
            faults.push(Fault::TwoPlaces { kind: kind.to_owned(), section });
        }
        let automatic = document.get("auto").is_some_and(|auto| auto != "off");
        if kind == "HostnameConfig" && automatic && document.get("hostname").is_some() {
            faults.push(Fault::Excluding { kind: kind.to_owned(), fields: ["auto", "hostname"] });
        }
    }
    faults
}
