//! Clouds of any size, for benchmarks and for tests of what is large.
//!
//! Each is what a cloud of that size looks like when people write it: classes, zones, labels, a setting here and there that is a
//! machine's own, tenants of every kind. `cloudc lint` finds nothing in it. A machine has about 12 lines and a tenant 65, in block style.

use std::fmt::Write;

/// Control-plane nodes.
const SERVERS: usize = 3;
/// Machines of one zone.
const PER_ZONE: usize = 50;
/// Machines whose addresses share a `/24`.
const PER_NETWORK: usize = 200;

/// A cloud of 5,000 lines, the size for which `lint` and the language server are to be quick.
pub fn large() -> String {
    cloud(150, 50)
}

/// The text of a `cloud.yaml` of 6 to 10,000 nodes and up to 500 tenants.
pub fn cloud(nodes: usize, tenants: usize) -> String {
    assert!((6..=10_000).contains(&nodes) && tenants <= 500, "its networks have no room for more");
    let mut text = HEAD.to_owned();
    text.push_str("zones:\n");
    for zone in 0..nodes.div_ceil(PER_ZONE).max(SERVERS) {
        let _ = write!(text, "  zone-{zone}:\n    labels:\n      topology.kubernetes.io/zone: zone-{zone}\n");
    }
    text.push_str("nodes:\n");
    (0..nodes).for_each(|index| node(&mut text, index));
    text.push_str(COMPONENTS);
    if tenants > 0 {
        text.push_str("tenants:\n");
        (0..tenants).for_each(|index| tenant(&mut text, index));
    }
    text
}

fn node(text: &mut String, index: usize) {
    let (network, host) = (1 + index / PER_NETWORK, 11 + index % PER_NETWORK);
    let (role, class) = match index {
        0..SERVERS => ("control-plane", "control-plane"),
        _ if index % 10 == 9 => ("worker", "gpu"),
        _ => ("worker", "standard"),
    };
    let _ = write!(
        text,
        "  node-{index:05}:
    role: {role}
    class: {class}
    zone: zone-{}
    address: 10.0.{network}.{host}
    mac: \"52:54:00:00:{:02x}:{:02x}\"
    labels:
      example.com/rack: rack-{}
    annotations:
      example.com/asset: \"A-{index:05}\"
",
        // The cloud outlives any of its zones.
        if index < SERVERS { index } else { index / PER_ZONE },
        index / 256,
        index % 256,
        index / 20,
    );
    // A machine here and there is unlike its class.
    match index % 5 {
        3 => text.push_str("    sysctls:\n      vm.max_map_count: 524288\n    kernelArgs: [mitigations=auto]\n"),
        4 => text.push_str(
            "    taints:\n      example.com/dedicated: \"batch:PreferNoSchedule\"\n    kubelet:\n      maxPods: 200\n",
        ),
        _ => {}
    }
}

fn tenant(text: &mut String, index: usize) {
    let expose = match index % 3 {
        0 => "      expose: load-balancer\n".to_owned(),
        1 => format!("      expose: gateway\n      hostname: tenant-{index:03}.cloud.example\n"),
        _ => "      expose: cluster-ip\n".to_owned(),
    };
    let talos = index % 4 == 3;
    let (workers, image) =
        if talos { ("talos", "        image:\n          extensions: [qemu-guest-agent]\n") } else { ("kubeadm", "") };
    let _ = write!(
        text,
        "  tenant-{index:03}:
    kubernetes: v1.34.2
    namespace: customers-{index:03}
    controlPlane:
      replicas: 2
{expose}    workers: {workers}
    nodeGroups:
      system:
        replicas: 2
        instanceType: u1.medium
        roles: [system]
      web:
        replicas:
          min: 2
          max: 4
        cpu: 4
        memory: 8Gi
        disk: 40Gi
{image}        labels:
          example.com/tier: web
      batch:
        replicas:
          min: 0
          max: 4
        cpu: 8
        memory: 16Gi
        disk: 100Gi
        labels:
          example.com/tier: batch
        taints:
          example.com/dedicated: \"batch:NoSchedule\"
    storageClasses:
      standard:
        from: replicated
        default: true
      scratch:
        from: local
    autoscaler:
      scaleDownUnneededTime: 5m
      extraArgs:
        expander: least-waste
    healthCheck:
      maxUnhealthy: 50%
      startupTimeout: 20m
    addons:
      cilium: {{}}
      coredns: {{}}
      metrics-server: {{}}
      podinfo:
        chart:
          repository: oci://ghcr.io/stefanprodan/charts
          name: podinfo
          version: 6.9.2
        namespace: podinfo
      cert-manager:
        issuers:
          selfsigned:
            selfSigned: {{}}
    quota:
      cpu: 96
      memory: 192Gi
      storage: 4Ti
"
    );
}

const HEAD: &str = "\
apiVersion: cloudc.dev/v1alpha1
kind: Cloud
metadata:
  name: large
versions:
  talos: v1.13.6
  kubernetes: v1.35.4
delivery:
  git:
    url: https://git.example/infra/large.git
    branch: main
  sops:
    age:
      - age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq
network:
  nodes: 10.0.0.0/16
  gateway: 10.0.0.1
  pods: 10.64.0.0/10
  services: 10.1.0.0/16
  dnsDomain: large.local
  tenants:
    pods:
      range: 10.128.0.0/9
      prefix: 18
    services:
      range: 172.16.0.0/12
      prefix: 21
    addresses: apis
  loadBalancers:
    lan:
      addresses: [10.0.240.0/24]
      advertise: l2
    apis:
      addresses: [10.0.200.0/22]
      advertise: l2
      autoAssign: false
controlPlane:
  endpoint: 10.0.0.10
  schedulable: false
nodeDefaults:
  installDisk:
    type: ssd
    size: <= 1TB
  volumes:
    EPHEMERAL:
      maxSize: 200GiB
  sysctls:
    net.ipv4.neigh.default.gc_thresh3: \"16384\"
nodeClasses:
  control-plane:
    extensions: [intel-ucode]
    resources:
      cpu: 16
      memory: 64GiB
  standard:
    extensions: [amd-ucode]
    resources:
      cpu: 256
      memory: 2TiB
    volumes:
      data:
        kind: raw
        diskSelector:
          type: nvme
        minSize: 1TB
  gpu:
    extends: standard
    extensions: [amdgpu]
    labels:
      example.com/gpu: \"yes\"
";

const COMPONENTS: &str = "\
components:
  cilium:
    hubble: true
  metallb: {}
  linstor:
    pools:
      data:
        driver: zfs
        volume: data
    storageClasses:
      local:
        pool: data
        replicas: 1
      replicated:
        pool: data
        replicas: 3
        default: true
  cert-manager:
    issuers:
      letsencrypt:
        acme:
          email: me@example.com
          dns01:
            cloudflare:
              secret: cloudflare-token
  envoy-gateway: {}
  tenant-gateway:
    pool: lan
    address: 10.0.240.10
  kube-prometheus-stack: {}
  loki: {}
  metrics-server: {}
  external-secrets: {}
  reloader: {}
  keda: {}
  nats: {}
  harbor:
    host: harbor.large.example
  postgres-operator: {}
";
