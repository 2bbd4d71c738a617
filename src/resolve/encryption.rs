//! Keys of encrypted volumes: whether each can be had when the machine starts, and still when its firmware is new.

use super::Resolver;
use super::settings::declared_at;
use crate::diag::Diagnostic;
use crate::model::{Machine, Network};
use crate::spec::{EncryptionKey, NodeSettings};
use crate::syntax::Path;

pub(super) fn check(cx: &mut Resolver<'_>, network: &Network, machine: &Machine, settings: &NodeSettings) {
    for (volume, keys) in &machine.encryption {
        let list = declared_at(cx, &machine.name, &["encryption", &volume.to_lowercase(), "keys"]);
        for (index, key) in keys.iter().enumerate() {
            let place = list.index(index);
            match key {
                EncryptionKey::Tpm(_) if settings.secure_boot != Some(true) => {
                    without_secure_boot(cx, &machine.name, &place.key("tpm"));
                }
                EncryptionKey::Static(_) if volume == "STATE" => in_the_clear(cx, &place.key("static")),
                _ => {}
            }
        }
        if keys.iter().all(|key| matches!(key, EncryptionKey::Tpm(_))) {
            alone(cx, &list, volume);
        }
        let asks = |key: &EncryptionKey| matches!(key, EncryptionKey::Kms(_));
        if volume == "STATE" && keys.iter().all(asks) && has_static_network(machine, network, settings) {
            before_network(cx, &machine.name, &list.index(0).key("kms"));
        }
    }
}

fn without_secure_boot(cx: &mut Resolver<'_>, node: &str, place: &Path) {
    let own = declared_at(cx, node, &["secureBoot"]);
    let at = cx.key(place);
    let label = cx.value_or_key(&own, &Path::of(["nodes", node]));
    cx.report_once(
        Diagnostic::warning("tpm-without-secure-boot", at, "a TPM key opens for whatever this machine boots")
            .note("it is bound to the state of Secure Boot, and to images that are signed for it")
            .label(label, "boots without Secure Boot")
            .help("set `secureBoot: true`, or take `nodeID: {}`, which promises no more than it holds"),
    );
}

fn in_the_clear(cx: &mut Resolver<'_>, place: &Path) {
    let at = cx.key(place);
    cx.report_once(
        Diagnostic::warning("static-key-for-state", at, "the passphrase of STATE lies in the clear on the same disk")
            .note("what opens STATE cannot lie in it: Talos keeps the passphrase in META, which is not encrypted")
            .help("use `tpm`, `kms` or `nodeID` for STATE"),
    );
}

fn alone(cx: &mut Resolver<'_>, list: &Path, volume: &str) {
    let at = cx.value(list);
    cx.report_once(
        Diagnostic::warning("single-key", at, format!("only the TPM opens {volume}"))
            .note("an update of the firmware or of the list of revoked signatures changes what the TPM measures, and the volume is lost")
            .help("add a second key: `[{tpm: {}}, {nodeID: {}}]`"),
    );
}

/// Whether the network of a machine is known from its configuration alone, which lies in STATE.
fn has_static_network(machine: &Machine, network: &Network, settings: &NodeSettings) -> bool {
    let from_kernel = super::machines::set(settings.kernel_args.as_ref()).iter().any(|arg| arg.starts_with("ip="));
    let carries = |address| network.nodes.iter().any(|net| net.contains(&address));
    !from_kernel && !machine.learns_addresses() && machine.address.is_some_and(carries)
}

fn before_network(cx: &mut Resolver<'_>, node: &str, place: &Path) {
    let at = cx.key(place);
    let address = Path::of(["nodes", node, "address"]);
    let label = cx.value_or_key(&address, &Path::of(["nodes", node]));
    cx.report_once(
        Diagnostic::error("key-needs-network", at, format!("node `{node}` has no network when it must ask for this key"))
            .note("its addresses are in the machine configuration, and that is in STATE, which the key opens")
            .label(label, "a static address")
            .help("let the machine learn its address by DHCP, give it `kernelArgs: [\"ip=...\"]`, or add another key for STATE"),
    );
}
