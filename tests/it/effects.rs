//! What enabling a component changes, and that it changes nothing else.

use std::collections::BTreeSet;

use cloudc::tree::FileTree;

use crate::support;

const CLOUD: &str = "
apiVersion: cloudc.dev/v1alpha1
kind: Cloud
metadata: {name: effects}
versions: {talos: v1.13.9, kubernetes: v1.35.4}
delivery: {git: {url: 'https://git.example/effects.git'}}
network: {nodes: 192.168.1.0/24, pods: 10.244.0.0/16, services: 10.96.0.0/16}
controlPlane: {endpoint: 192.168.1.50, schedulable: true}
nodeClasses:
  plain: {installDisk: /dev/sda}
  storage: {extends: plain, volumes: {data: {kind: raw, diskSelector: {type: nvme}, minSize: 100GiB}}}
nodes:
  a: {class: plain, role: control-plane, address: 192.168.1.51}
  b: {class: storage, role: worker, address: 192.168.1.52}
  c: {class: storage, role: worker, address: 192.168.1.53}
  d: {class: plain, role: worker, address: 192.168.1.54}
components:
  cilium: {}
";

fn tree(components: &str) -> FileTree {
    support::tree(&format!("{CLOUD}{components}"))
}

/// Files that differ below a folder.
fn changed(before: &FileTree, after: &FileTree, folder: &str) -> BTreeSet<String> {
    support::changed(before, after).into_iter().filter(|path| path.starts_with(folder)).collect()
}

#[test]
fn linstor_changes_the_images_and_machines_of_its_nodes_only() {
    let (before, after) = (tree(""), tree("  linstor: {pools: {data: {driver: zfs, volume: data}}}\n"));
    let changes = changed(&before, &after, "talos/");
    let machines: Vec<&str> =
        changes.iter().filter(|path| path.starts_with("talos/machines/")).map(String::as_str).collect();
    assert_eq!(machines, ["talos/machines/b.yaml", "talos/machines/c.yaml"]);
    // The script makes the new schematic known to the factory.
    let image = |path: &String| path.starts_with("talos/images/storage/") || path == "talos/images/register.sh";
    assert!(changes.iter().all(|path| image(path) || path.starts_with("talos/machines/")), "{changes:?}");
    let images = after.iter().filter(|(path, _)| path.as_str().starts_with("talos/images/storage/"));
    assert!(images.into_iter().all(|(path, _)| changes.contains(path.as_str())), "{changes:?}");

    let image = String::from_utf8_lossy(&after.get("talos/images/storage/schematic.yaml").unwrap().bytes).into_owned();
    assert!(image.contains("siderolabs/drbd") && image.contains("siderolabs/zfs"), "{image}");
    let machine = String::from_utf8_lossy(&after.get("talos/machines/b.yaml").unwrap().bytes).into_owned();
    assert!(machine.starts_with("# cloud.yaml: nodes.b, components.linstor\n"), "{machine}");
    for part in
        ["name: drbd\n", "usermode_helper=disabled", "name: drbd_transport_tcp", "name: zfs", "/etc/lvm/lvm.conf"]
    {
        assert!(machine.contains(part), "no `{part}` in {machine}");
    }
    // What runs in the cluster: LINSTOR's own files, and the lists that name them.
    let lists = ["flux/kustomization.yaml", "flux/namespaces/kustomization.yaml", "flux/sources/kustomization.yaml"];
    for path in changed(&before, &after, "flux/") {
        let own = ["linstor", "piraeus"].iter().any(|name| path.contains(name));
        assert!(own || lists.contains(&path.as_str()), "{path} has changed");
    }
    assert!(changed(&before, &after, "bootstrap/").is_empty() && changed(&before, &after, "tenants/").is_empty());
}

#[test]
fn a_component_without_a_node_half_changes_no_machine() {
    let (before, after) = (tree(""), tree("  cert-manager: {}\n  reloader: {}\n"));
    assert!(changed(&before, &after, "talos/").is_empty());
}
