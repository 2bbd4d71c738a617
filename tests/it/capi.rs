//! Tenants as the Cluster API back end writes them, against the schemas of the projects that read them.

use std::collections::BTreeSet;

use cloudc::backend::capi;
use cloudc::backend::objects::Objects;
use cloudc::catalog::{ClusterApiSets, CrdPolicy, PodSecurity};
use cloudc::model::{
    Addon, ApiServer, AuditPolicy, Autoscaler, ChartRef, ControlPlane, Delivery, Endpoint, EndpointKind, Etcd, Gateway,
    HealthCheck, Ingress, MachineSize, Mirror, Model, Network, NodeGroup, Platform, PodResources, Quota, Registries,
    RegistryTls, Release, Replicas, SourceKind, StaticPod, Tenant, TenantControlPlane, TenantStorageClass, WorkerImage,
};
use cloudc::spec::Expose;
use cloudc::tree::FileTree;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::upstream::{self, Schemas};

fn map(entries: &[(&str, &str)]) -> IndexMap<String, String> {
    entries.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|&item| item.to_owned()).collect()
}

fn release(name: &str, namespace: &str, source_kind: SourceKind) -> Release {
    Release {
        name: name.into(),
        namespace: namespace.into(),
        chart: ChartRef { source: name.into(), source_kind, chart: format!("charts/{name}"), version: "1.2.3".into() },
        depends_on: Vec::new(),
        crds: CrdPolicy::None,
        timeout: "20m".into(),
        values: json!({"replicas": 2}),
    }
}

fn addon(name: &str, namespace: &str, source_kind: SourceKind) -> Addon {
    Addon {
        name: name.into(),
        namespace: namespace.into(),
        pod_security: PodSecurity::Baseline,
        protected: false,
        interval: "1h".into(),
        depends_on: Vec::new(),
        releases: vec![release(name, namespace, source_kind)],
        objects: Vec::new(),
        origins: vec![format!("tenants.acme.addons.{name}")],
    }
}

fn group(name: &str) -> NodeGroup {
    NodeGroup {
        name: name.into(),
        replicas: Replicas::Fixed(3),
        size: MachineSize::Explicit { cpu: 4, memory: "8Gi".into(), memory_bytes: 8 << 30 },
        disk: "40Gi".into(),
        disk_bytes: 40 << 30,
        image: WorkerImage::ContainerDisk("quay.io/capk/ubuntu-2404-container-disk:v1.34.1".into()),
        roles: Vec::new(),
        labels: IndexMap::new(),
        taints: IndexMap::new(),
        gpus: Vec::new(),
        kernel_modules: Vec::new(),
        sysctls: IndexMap::new(),
        origins: vec![format!("tenants.acme.nodeGroups.{name}")],
    }
}

/// A tenant with some of everything.
pub fn tenant() -> Tenant {
    let oci = || SourceKind::Oci { url: "oci://quay.io/charts/x".into(), tag: "1.2.3".into(), digest: None };
    let mut cilium = addon("cilium", "kube-system", oci());
    cilium.protected = true;
    let mut coredns =
        addon("coredns", "kube-system", SourceKind::Helm { url: "https://coredns.github.io/helm".into() });
    coredns.depends_on = strings(&["cilium"]);
    let git = SourceKind::Git { url: "https://github.com/x/y".into(), tag: "v1.2.3".into(), paths: Vec::new() };
    let mut cert_manager = addon("cert-manager", "cert-manager", git);
    cert_manager.releases[0].crds = CrdPolicy::CreateReplace;
    cert_manager.releases.push(release("trust-manager", "cert-manager", oci()));
    cert_manager.releases[1].depends_on = strings(&["cert-manager"]);
    cert_manager.depends_on = strings(&["coredns"]);
    cert_manager.objects = ["one", "two"]
        .map(|name| vec![json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "cert-manager"}})])
        .to_vec();

    let mut scaled = group("scaled");
    scaled.replicas = Replicas::Scaled { min: 0, max: 10 };
    scaled.size = MachineSize::InstanceType("u1.large".into());
    scaled.roles = strings(&["ingress-nginx"]);
    scaled.labels = map(&[("rack", "a"), ("node.cluster.x-k8s.io/tier", "front"), ("disk", "fast")]);
    scaled.taints = map(&[("dedicated", "gpu:NoSchedule"), ("alone", ":NoExecute")]);
    scaled.gpus = strings(&["nvidia.com/AD102GL_L40S", "nvidia.com/AD102GL_L40S"]);

    Tenant {
        name: "acme".into(),
        namespace: "tenant-acme".into(),
        kubernetes: "1.34.2".parse().unwrap(),
        deleting: false,
        control_plane: TenantControlPlane {
            replicas: 2,
            data_store: "default".into(),
            expose: Expose::LoadBalancer,
            port: 6443,
            konnectivity_port: 8132,
            ingress: None,
            gateway: None,
            address: Some("192.168.20.70".parse().unwrap()),
            service_labels: map(&[("cloudc.dev/pool", "lan")]),
            service_annotations: map(&[("metallb.io/loadBalancerIPs", "192.168.20.70")]),
            hostname: Some("acme.cloud.example".into()),
            cert_sans: strings(&["acme.cloud.example"]),
            konnectivity: Some("v0.34.0".into()),
        },
        pods: vec!["10.243.0.0/16".parse().unwrap()],
        services: vec!["10.95.0.0/16".parse().unwrap()],
        dns_service_ip: "10.95.0.10".parse().unwrap(),
        node_groups: vec![group("md0"), scaled],
        talos: None,
        storage_classes: vec![
            TenantStorageClass { name: "replicated".into(), from: "replicated".into(), default: true },
            TenantStorageClass { name: "fast".into(), from: "local".into(), default: false },
        ],
        load_balancer_labels: map(&[("cloudc.dev/pool", "lan")]),
        autoscaler: Some(Autoscaler {
            image: "registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.5".into(),
            flags: map(&[("scale-down-unneeded-time", "5m")]),
        }),
        health_check: HealthCheck { max_unhealthy: None, startup_timeout_seconds: 1200 },
        addons: vec![cilium, coredns, cert_manager],
        quota: Some(Quota { cpu: Some(96), memory: Some(384 << 30), storage: Some(4 << 40) }),
        registries: Registries::default(),
        cluster_api: ClusterApiSets::load().default_set().clone(),
        depends_on: strings(&["cluster-api-providers", "kamaji-datastore"]),
        secrets: Vec::new(),
        origins: strings(&["tenants.acme"]),
    }
}

fn model(tenant: Tenant) -> Model {
    Model {
        name: "home".into(),
        talos: "1.13.9".parse().unwrap(),
        kubernetes: "1.35.4".parse().unwrap(),
        contract: "v1.13".parse().unwrap(),
        delivery: Some(Delivery {
            url: "ssh://git@github.com/me/cloud.git".into(),
            branch: "main".into(),
            path: "clusters/home".into(),
            interval: "5m".into(),
            sops_age: strings(&["age1xyz"]),
            apps: None,
        }),
        network: Network {
            nodes: Vec::new(),
            gateway: "192.168.20.1".parse().unwrap(),
            pods: Vec::new(),
            services: Vec::new(),
            dns_domain: "cluster.local".into(),
            dns_service_ip: "10.96.0.10".parse().unwrap(),
            load_balancers: IndexMap::new(),
            reserved: IndexMap::new(),
            internal: Vec::new(),
        },
        control_plane: ControlPlane {
            endpoint: Endpoint { host: "192.168.20.10".into(), port: 6443, kind: EndpointKind::External },
            schedulable: false,
            cert_sans: Vec::new(),
            api_server: ApiServer {
                extra_args: IndexMap::new(),
                oidc: None,
                audit: AuditPolicy::Metadata,
                resources: PodResources::default(),
            },
            controller_manager: StaticPod::default(),
            scheduler: StaticPod::default(),
            etcd: Etcd::default(),
            cni: false,
            kube_proxy: false,
            host_dns_forwarding: false,
            talos_api_roles: Vec::new(),
            talos_api_namespaces: Vec::new(),
        },
        images: Vec::new(),
        nodes: Vec::new(),
        pxe: None,
        platform: Platform::default(),
        tenants: vec![tenant],
        patches: Vec::new(),
        secrets_bundle: "secrets/talos.sops.yaml".into(),
    }
}

pub fn emit(tenant: Tenant) -> FileTree {
    emit_model(&model(tenant))
}

fn emit_model(model: &Model) -> FileTree {
    let (mut objects, mut tree) = (Objects::default(), FileTree::default());
    capi::emit(model, &mut objects);
    objects.write(&mut tree);
    tree
}

/// The objects of a file, read back from its text.
fn objects(tree: &FileTree, path: &str) -> Vec<Value> {
    let file = tree.get(path).unwrap_or_else(|| panic!("{path} is not in the tree"));
    let text = str::from_utf8(&file.bytes).unwrap();
    serde_yaml::Deserializer::from_str(text).map(|document| Value::deserialize(document).unwrap()).collect()
}

pub fn every_object(tree: &FileTree) -> Vec<(String, Value)> {
    let paths = tree.iter().map(|(path, _)| path.as_str().to_owned());
    paths.flat_map(|path| objects(tree, &path).into_iter().map(move |object| (path.clone(), object))).collect()
}

fn find(tree: &FileTree, path: &str, kind: &str) -> Value {
    objects(tree, path)
        .into_iter()
        .find(|object| object["kind"] == kind)
        .unwrap_or_else(|| panic!("no {kind} in {path}"))
}

/// Names of the templates of each group.
fn templates(tree: &FileTree, group: &str) -> [String; 2] {
    ["KubevirtMachineTemplate", "KubeadmConfigTemplate"].map(|kind| {
        let template = find(tree, &format!("tenants/acme/cluster/nodegroup-{group}.yaml"), kind);
        template["metadata"]["name"].as_str().unwrap().to_owned()
    })
}

pub fn exposures() -> Vec<Tenant> {
    [Expose::LoadBalancer, Expose::NodePort, Expose::ClusterIp, Expose::Ingress, Expose::Gateway]
        .map(|expose| {
            let mut tenant = tenant();
            tenant.control_plane.expose = expose;
            if expose == Expose::NodePort {
                tenant.control_plane.port = 31443;
                tenant.control_plane.konnectivity_port = 31132;
            }
            if expose == Expose::Gateway {
                let [name, namespace, listener] = ["public", "gateways", "kube-apiserver"].map(str::to_owned);
                tenant.control_plane.gateway = Some(Gateway { name, namespace, listener });
            }
            if expose == Expose::Ingress {
                let annotations = map(&[("nginx.ingress.kubernetes.io/ssl-passthrough", "true")]);
                tenant.control_plane.ingress = Some(Ingress { class: Some("nginx".into()), annotations });
            }
            tenant
        })
        .to_vec()
}

/// As little as can be said.
fn bare() -> Tenant {
    let mut bare = tenant();
    bare.control_plane.replicas = 1;
    bare.control_plane.address = None;
    bare.control_plane.hostname = None;
    bare.control_plane.service_labels.clear();
    bare.control_plane.service_annotations.clear();
    bare.control_plane.cert_sans.clear();
    bare.control_plane.konnectivity = None;
    bare.node_groups = vec![group("md0")];
    bare.storage_classes.clear();
    bare.load_balancer_labels.clear();
    bare.autoscaler = None;
    bare.addons.clear();
    bare.quota = None;
    bare.depends_on.clear();
    bare
}

#[test]
fn every_object_fits_the_schema_of_its_project() {
    let Some(root) = upstream::root() else { return };
    let schemas = Schemas::load(&root);
    let mut kinds = BTreeSet::new();
    for (name, set) in ClusterApiSets::load().sets {
        for mut tenant in exposures().into_iter().chain([bare()]) {
            tenant.cluster_api = set.clone();
            let expose = tenant.control_plane.expose;
            // Refused before.
            if expose == Expose::Gateway && !set.gateway_listeners.named {
                continue;
            }
            for (path, object) in every_object(&emit(tenant)) {
                if object["apiVersion"] == "kustomize.config.k8s.io/v1beta1" {
                    continue;
                }
                assert_eq!(schemas.errors(&object), Vec::<String>::new(), "{name}: {expose:?}: {path}: {object:#}");
                kinds.insert(object["kind"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(kinds.len(), 22, "{kinds:?}");
}

#[test]
fn every_file_is_listed_where_it_is_applied_and_says_where_it_comes_from() {
    let tree = emit(tenant());
    let mut listed = BTreeSet::new();
    for (path, _) in tree.iter() {
        let Some(folder) = path.as_str().strip_suffix("kustomization.yaml") else { continue };
        for name in objects(&tree, path.as_str())[0]["resources"].as_array().unwrap() {
            listed.insert(format!("{folder}{}", name.as_str().unwrap()));
        }
    }
    for (path, file) in tree.iter() {
        let text = str::from_utf8(&file.bytes).unwrap();
        assert!(text.starts_with("# cloud.yaml: tenants.acme"), "{path}: {text}");
        assert!(!file.origins.is_empty());
        let path = path.as_str();
        let own = path.ends_with("kustomization.yaml") || path.starts_with("flux/tenants/");
        assert!(own || listed.remove(path), "{path} is in no kustomization.yaml");
    }
    assert!(listed.is_empty(), "listed and not there: {listed:?}");
}

#[test]
fn every_reference_inside_the_tenant_leads_somewhere() {
    let tree = emit(tenant());
    let all = every_object(&tree);
    let named = |kind: &str, name: &Value| {
        all.iter().any(|(_, object)| object["kind"] == kind && object["metadata"]["name"] == *name)
    };
    for (path, object) in &all {
        let spec = &object["spec"];
        let references: Vec<&Value> = match object["kind"].as_str().unwrap() {
            "Cluster" => vec![&spec["controlPlaneRef"], &spec["infrastructureRef"]],
            "MachineDeployment" => {
                let spec = &spec["template"]["spec"];
                vec![&spec["bootstrap"]["configRef"], &spec["infrastructureRef"]]
            }
            _ => Vec::new(),
        };
        for reference in references {
            assert!(named(reference["kind"].as_str().unwrap(), &reference["name"]), "{path}: {reference}");
        }
        if object["apiVersion"] == "kustomize.toolkit.fluxcd.io/v1" {
            let folder = spec["path"].as_str().unwrap().strip_prefix("./clusters/home/").unwrap();
            assert!(tree.get(&format!("{folder}/kustomization.yaml")).is_some(), "{path}: {folder}");
            for dependency in spec["dependsOn"].as_array().into_iter().flatten() {
                let outside =
                    ["cluster-api-providers", "kamaji-datastore"].iter().any(|name| dependency["name"] == *name);
                assert!(outside || named("Kustomization", &dependency["name"]), "{path}: {dependency}");
            }
            // Flux reads the kubeconfig in the namespace of the Kustomization, and the keys of SOPS likewise.
            let local = object["metadata"]["namespace"] == "tenant-acme";
            assert!(local || spec["kubeConfig"].is_null(), "{path}");
            assert_eq!(spec["decryption"].is_null(), local, "{path}");
            assert_eq!(spec["sourceRef"]["namespace"].is_null(), !local, "{path}");
        }
        if object["kind"] == "HelmRelease" {
            assert_eq!(object["metadata"]["namespace"], "tenant-acme");
            assert_eq!(
                spec["kubeConfig"]["secretRef"],
                json!({"name": "acme-admin-kubeconfig", "key": "super-admin.svc"})
            );
            assert_eq!(spec["targetNamespace"], spec["storageNamespace"]);
            assert!(spec["install"]["createNamespace"].is_null());
        }
    }
}

#[test]
fn a_change_renames_the_templates_that_it_must_and_no_other() {
    let before = emit(tenant());
    let change = |edit: &dyn Fn(&mut NodeGroup)| {
        let mut tenant = tenant();
        edit(&mut tenant.node_groups[1]);
        let after = emit(tenant);
        assert_eq!(templates(&before, "md0"), templates(&after, "md0"), "a change of another group");
        let [machine, bootstrap] = templates(&before, "scaled");
        let [new_machine, new_bootstrap] = templates(&after, "scaled");
        (machine != new_machine, bootstrap != new_bootstrap)
    };
    // Cluster API copies these to the Nodes that are there.
    assert_eq!(change(&|g| drop(g.labels.insert("node.cluster.x-k8s.io/tier".into(), "back".into()))), (false, false));
    assert_eq!(change(&|g| g.roles.push("db".into())), (false, false));
    assert_eq!(change(&|g| g.replicas = Replicas::Scaled { min: 1, max: 20 }), (false, false));
    // The order of a map means nothing.
    assert_eq!(change(&|g| g.labels.reverse()), (false, false));
    assert_eq!(change(&|g| g.taints.reverse()), (false, false));
    // kubelet takes these when it registers.
    assert_eq!(change(&|g| drop(g.labels.insert("rack".into(), "b".into()))), (false, true));
    assert_eq!(change(&|g| drop(g.taints.insert("dedicated".into(), "db:NoSchedule".into()))), (false, true));
    // Hardware; with the reservations that follow from it.
    assert_eq!(change(&|g| g.disk = "80Gi".into()), (true, false));
    assert_eq!(change(&|g| g.size = MachineSize::InstanceType("u1.4xlarge".into())), (true, true));

    let mut tenant = tenant();
    tenant.node_groups[0].size = MachineSize::Explicit { cpu: 8, memory: "8Gi".into(), memory_bytes: 8 << 30 };
    let after = emit(tenant);
    assert_eq!(templates(&before, "scaled"), templates(&after, "scaled"));
    assert_ne!(templates(&before, "md0")[0], templates(&after, "md0")[0]);
}

#[test]
fn the_autoscaler_alone_sets_the_size_of_a_scaled_group() {
    let tree = emit(tenant());
    let fixed = find(&tree, "tenants/acme/cluster/nodegroup-md0.yaml", "MachineDeployment");
    assert_eq!(fixed["spec"]["replicas"], 3);
    assert!(fixed["metadata"]["annotations"].is_null());
    let scaled = find(&tree, "tenants/acme/cluster/nodegroup-scaled.yaml", "MachineDeployment");
    assert!(scaled["spec"]["replicas"].is_null());
    assert_eq!(
        scaled["metadata"]["annotations"],
        json!({
            "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size": "0",
            "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size": "10",
            // 2 cores less twice 100m; 8192Mi less twice 409Mi and the 100Mi below which kubelet evicts.
            "capacity.cluster-autoscaler.kubernetes.io/cpu": "1800m",
            "capacity.cluster-autoscaler.kubernetes.io/memory": "7274Mi",
            // 88 % of 40960Mi.
            "capacity.cluster-autoscaler.kubernetes.io/ephemeral-disk": "36044Mi",
            "capacity.cluster-autoscaler.kubernetes.io/gpu-type": "nvidia.com/gpu",
            "capacity.cluster-autoscaler.kubernetes.io/gpu-count": "2",
            "capacity.cluster-autoscaler.kubernetes.io/labels": "cluster-api/accelerator=AD102GL_L40S,disk=fast,rack=a",
            "capacity.cluster-autoscaler.kubernetes.io/taints": "alone=:NoExecute,dedicated=gpu:NoSchedule",
        })
    );
    assert_eq!(
        scaled["spec"]["template"]["metadata"]["labels"],
        json!({
            "cluster.x-k8s.io/cluster-name": "acme",
            "cluster.x-k8s.io/deployment-name": "acme-scaled",
            "node-role.kubernetes.io/ingress-nginx": "",
            "node.cluster.x-k8s.io/tier": "front",
        })
    );
    let kubeadm = find(&tree, "tenants/acme/cluster/nodegroup-scaled.yaml", "KubeadmConfigTemplate");
    assert_eq!(
        kubeadm["spec"]["template"]["spec"]["joinConfiguration"]["nodeRegistration"],
        json!({
            "kubeletExtraArgs": [
                {"name": "kube-reserved", "value": "cpu=100m,memory=409Mi"},
                {"name": "node-labels", "value": "cluster-api/accelerator=AD102GL_L40S,disk=fast,rack=a"},
                {"name": "system-reserved", "value": "cpu=100m,memory=409Mi"},
            ],
            "taints": [
                {"key": "alone", "effect": "NoExecute"},
                {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"},
            ],
        })
    );
}

#[test]
fn add_ons_take_over_from_kamaji_and_never_stand_beside_it() {
    let control_plane = |tenant: Tenant| {
        find(&emit(tenant), "tenants/acme/cluster/control-plane.yaml", "KamajiControlPlane")["spec"].clone()
    };
    let with = control_plane(tenant());
    assert_eq!(with["network"]["dnsServiceIPs"], json!(["10.95.0.10"]));
    assert!(with["addons"]["coreDNS"].is_null() && with["addons"]["kubeProxy"].is_null());
    let without = control_plane(bare());
    assert_eq!(without["addons"], json!({"coreDNS": {"dnsServiceIPs": ["10.95.0.10"]}, "kubeProxy": {}}));
}

#[test]
fn a_name_in_front_of_the_api_carries_its_port_and_the_api_no_address() {
    for tenant in exposures() {
        let (expose, port) = (tenant.control_plane.expose, tenant.control_plane.port);
        let tree = emit(tenant);
        let control_plane = find(&tree, "tenants/acme/cluster/control-plane.yaml", "KamajiControlPlane");
        let network = &control_plane["spec"]["network"];
        let named = matches!(expose, Expose::Ingress | Expose::Gateway);
        let key = &control_plane["metadata"]["annotations"]["kamaji.clastix.io/kubeconfig-secret-key"];
        assert_eq!(!key.is_null(), named, "{expose:?}");
        assert_eq!(network["serviceAddress"].is_null(), network["serviceType"] == "ClusterIP", "{expose:?}");
        assert_eq!(network["ingress"]["hostname"] == "acme.cloud.example:443", expose == Expose::Ingress);
        assert_eq!(network["gateway"]["hostname"] == "acme.cloud.example:6443", expose == Expose::Gateway);
        // Without its listener the route would take Konnectivity's too.
        assert_eq!(network["gateway"]["sectionName"] == "kube-apiserver", expose == Expose::Gateway);
        let kubeadm = find(&tree, "tenants/acme/cluster/nodegroup-md0.yaml", "KubeadmConfigTemplate");
        let discovery = &kubeadm["spec"]["template"]["spec"]["joinConfiguration"]["discovery"]["bootstrapToken"];
        assert_eq!(discovery["apiServerEndpoint"] == "acme.tenant-acme.svc:6443", named, "{expose:?}");
        let cluster = find(&tree, "tenants/acme/cluster/cluster.yaml", "Cluster");
        let written = &cluster["spec"]["clusterNetwork"]["apiServerPort"];
        assert_eq!(*written, if port == 6443 { Value::Null } else { json!(port) });
    }
}

#[test]
fn kubelets_get_no_setting_that_they_refuse() {
    let kubelet = |version: &str| {
        let mut tenant = tenant();
        tenant.kubernetes = version.parse().unwrap();
        let object = find(&emit(tenant), "tenants/acme/cluster/control-plane.yaml", "KamajiControlPlane");
        object["spec"]["kubelet"].clone()
    };
    let patches = json!([
        {"op": "remove", "path": "/crashLoopBackOff"},
        {"op": "remove", "path": "/imagePullCredentialsVerificationPolicy"},
    ]);
    assert_eq!(kubelet("1.34.9"), json!({"configurationJSONPatches": patches}));
    // A patch that finds nothing to remove would fail the control plane; 1.35 takes what Kamaji writes.
    assert_eq!(kubelet("1.35.0"), Value::Null);
}

#[test]
fn without_delivery_paths_start_at_the_tree() {
    let mut model = model(tenant());
    model.delivery = None;
    let tree = emit_model(&model);
    let cluster = &objects(&tree, "flux/tenants/acme.yaml")[0]["spec"];
    assert_eq!((&cluster["path"], &cluster["interval"]), (&json!("./tenants/acme/cluster"), &json!("10m")));
    assert!(cluster["decryption"].is_null());
}

#[test]
fn nothing_that_machines_stand_on_is_pruned() {
    let tree = emit(tenant());
    let kept: BTreeSet<String> = every_object(&tree)
        .iter()
        .filter(|(_, o)| o["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/prune"] == "disabled")
        .map(|(_, o)| format!("{}/{}", o["kind"].as_str().unwrap(), o["metadata"]["name"].as_str().unwrap()))
        .map(|id| {
            id.split_once("-scaled-").or_else(|| id.split_once("-md0-")).map_or(id.clone(), |(id, _)| id.to_owned())
        })
        .collect();
    let expected = [
        "HelmRelease/acme-cilium",
        "KamajiControlPlane/acme",
        "KubeadmConfigTemplate/acme",
        "KubevirtCluster/acme",
        "KubevirtMachineTemplate/acme",
        "Namespace/tenant-acme",
    ];
    assert_eq!(kept, expected.map(str::to_owned).into());
}

#[test]
fn a_group_of_one_machine_gets_it_replaced() {
    let limit = |replicas: Replicas, given: Option<&str>| {
        let mut tenant = tenant();
        tenant.node_groups[0].replicas = replicas;
        tenant.health_check.max_unhealthy = given.map(str::to_owned);
        let check = find(&emit(tenant), "tenants/acme/cluster/nodegroup-md0.yaml", "MachineHealthCheck");
        check["spec"]["remediation"]["triggerIf"]["unhealthyLessThanOrEqualTo"].clone()
    };
    // Cluster API rounds down: half of one is none.
    assert_eq!(limit(Replicas::Fixed(1), None), 1);
    assert_eq!(limit(Replicas::Scaled { min: 0, max: 9 }, None), 5);
    assert_eq!(limit(Replicas::Fixed(2), None), "50%");
    assert_eq!(limit(Replicas::Fixed(1), Some("40%")), "40%");
    assert_eq!(limit(Replicas::Fixed(1), Some("2")), 2);
}

#[test]
fn a_quota_has_room_for_what_stands_around_the_machines() {
    let mut tenant = bare();
    tenant.quota = Some(Quota { cpu: Some(8), memory: Some(32 << 30), storage: Some(100 << 30) });
    let hard = find(&emit(tenant), "tenants/acme/cluster/quota.yaml", "ResourceQuota")["spec"]["hard"].clone();
    // Three machines and one while they are replaced, of 4 cores and 8Gi: each 384Mi, 8Mi per core, a 512th of its memory;
    // 2 pods of 5 containers; the controllers.
    let around = 4 * (384 + 4 * 8 + 16) + 2 * 5 * 64 + 1024;
    assert_eq!(hard["requests.memory"], format!("{}Mi", 32 * 1024 + around));
    assert_eq!(hard["requests.cpu"], "9");
    assert_eq!(hard["requests.storage"], format!("{}Mi", 106 * 1024));
}

#[test]
fn workers_use_the_mirrors_of_the_cloud() {
    let mut tenant = bare();
    let ca = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
    let tls = |ca: Option<String>| RegistryTls { ca, insecure_skip_verify: true };
    tenant.registries.tls.insert("mirror.example".into(), tls(Some(ca.repeat(2))));
    let mirror = |endpoint: &str, only: bool| Mirror {
        endpoints: strings(&[endpoint]),
        skip_fallback: only,
        override_path: only,
    };
    tenant.registries.mirrors.insert("docker.io".into(), mirror("https://mirror.example/docker", false));
    tenant.registries.mirrors.insert("ghcr.io".into(), mirror("https://mirror.example/v2/ghcr", true));
    let kubeadm = find(&emit(tenant), "tenants/acme/cluster/nodegroup-md0.yaml", "KubeadmConfigTemplate");
    let files = kubeadm["spec"]["template"]["spec"]["files"].as_array().unwrap().clone();
    let text =
        |path: &str| files.iter().find(|file| file["path"] == path).unwrap()["content"].as_str().unwrap().to_owned();
    let authorities = "ca = [\"/etc/containerd/certs.d/mirror.example/ca-1.crt\", \"/etc/containerd/certs.d/mirror.example/ca-2.crt\"]\nskip_verify = true\n";
    let capabilities = "capabilities = [\"pull\", \"resolve\"]";
    assert_eq!(
        text("/etc/containerd/certs.d/docker.io/hosts.toml"),
        format!(
            "server = \"https://registry-1.docker.io\"\n\n[host.\"https://mirror.example/docker\"]\n{capabilities}\n{authorities}"
        )
    );
    let only = format!("override_path = true\n{authorities}");
    assert_eq!(
        text("/etc/containerd/certs.d/ghcr.io/hosts.toml"),
        format!(
            "server = \"https://mirror.example/v2/ghcr\"\n{only}\n[host.\"https://mirror.example/v2/ghcr\"]\n{capabilities}\n{only}"
        )
    );
    assert_eq!(text("/etc/containerd/certs.d/mirror.example/ca-2.crt"), ca);
    assert!(text("/etc/containerd/conf.d/registries.toml").contains("config_path = \"/etc/containerd/certs.d\""));
}
