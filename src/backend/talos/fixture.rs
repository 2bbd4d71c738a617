//! Small models for the tests of the Talos and boot back ends.

use indexmap::IndexMap;
use semver::Version;
use serde_json::Map;

use crate::model::{
    Addressing, ApiServer, ControlPlane, Endpoint, EndpointKind, Etcd, Image, Ingredients, InstallDisk, Kubelet, Link,
    LinkKind, Machine, Model, Network, Platform, Registries, StaticPod,
};
use crate::spec::scalar::Minor;
use crate::spec::{Arch, Role};

/// What upstream's stability files were generated from: cluster `base`, Kubernetes 1.28.0, everything else at defaults.
pub(crate) fn model(contract: &str) -> Model {
    let contract: Minor = contract.parse().unwrap();
    Model {
        name: "base".to_owned(),
        talos: Version::new(1, contract.minor, 0),
        kubernetes: Version::new(1, 28, 0),
        contract,
        delivery: None,
        network: Network {
            nodes: vec!["192.168.20.0/24".parse().unwrap()],
            gateway: "192.168.20.1".parse().unwrap(),
            pods: vec!["10.244.0.0/16".parse().unwrap()],
            services: vec!["10.96.0.0/12".parse().unwrap()],
            dns_domain: "cluster.local".to_owned(),
            dns_service_ip: "10.96.0.10".parse().unwrap(),
            load_balancers: IndexMap::new(),
            reserved: IndexMap::new(),
            internal: Vec::new(),
        },
        control_plane: ControlPlane {
            endpoint: Endpoint { host: "base".to_owned(), port: 6443, kind: EndpointKind::External },
            schedulable: false,
            cert_sans: Vec::new(),
            api_server: ApiServer::default(),
            controller_manager: StaticPod::default(),
            scheduler: StaticPod::default(),
            etcd: Etcd::default(),
            cni: true,
            kube_proxy: true,
            host_dns_forwarding: true,
            talos_api_roles: Vec::new(),
            talos_api_namespaces: Vec::new(),
        },
        images: vec![image("x86", Arch::Amd64)],
        nodes: Vec::new(),
        pxe: None,
        platform: Platform::default(),
        tenants: Vec::new(),
        patches: Vec::new(),
        secrets_bundle: "secrets/talos.sops.yaml".to_owned(),
    }
}

/// A machine at defaults: one interface, of which nothing is known, with DHCP.
pub(crate) fn machine(role: Role) -> Machine {
    Machine {
        name: "n1".to_owned(),
        role,
        class: None,
        zone: None,
        image: "x86".to_owned(),
        install_disk: InstallDisk::Path("/dev/sda".to_owned()),
        wipe: false,
        address: None,
        mac: None,
        links: vec![link("lan", LinkKind::FirstPhysical)],
        nameservers: Vec::new(),
        time_servers: Vec::new(),
        hosts: IndexMap::new(),
        cert_sans: Vec::new(),
        labels: IndexMap::new(),
        exclude_from_load_balancers: role == Role::ControlPlane,
        annotations: IndexMap::new(),
        taints: IndexMap::new(),
        kubelet: Kubelet {
            extra_args: IndexMap::new(),
            config: Map::new(),
            extra_mounts: Vec::new(),
            node_ip: Vec::new(),
        },
        kernel_modules: IndexMap::new(),
        sysctls: IndexMap::new(),
        sysfs: IndexMap::new(),
        env: IndexMap::new(),
        udev_rules: Vec::new(),
        files: IndexMap::new(),
        volumes: Vec::new(),
        encryption: IndexMap::new(),
        registries: Registries::default(),
        firewall: None,
        watchdog: None,
        extension_services: IndexMap::new(),
        cpu: None,
        memory: None,
        asked: [].into(),
        patches: Vec::new(),
        origins: vec!["nodes.n1".to_owned()],
    }
}

pub(crate) fn link(name: &str, kind: LinkKind) -> Link {
    let addressing = Addressing { dhcp: true, ..Addressing::default() };
    Link { name: name.to_owned(), kind, addressing, mtu: None, vlans: Vec::new(), vip: None }
}

pub(crate) fn image(name: &str, arch: Arch) -> Image {
    Image {
        name: name.to_owned(),
        ingredients: Ingredients {
            talos: Version::new(1, 13, 9),
            arch,
            secure_boot: false,
            board: None,
            extensions: Vec::new(),
            extension_images: IndexMap::new(),
            kernel_args: Vec::new(),
        },
        factory: "factory.talos.dev".to_owned(),
        registry: None,
        nodes: Vec::new(),
        origins: vec![format!("nodeClasses.{name}")],
    }
}
