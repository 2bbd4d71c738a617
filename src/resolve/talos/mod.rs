//! What the Talos of the cloud takes: settings that it does not know yet, and those that it keeps for itself.
//!
//! What came when is data (`stdlib/versions/talos-documents.yaml`); here is which setting needs what. A machine refuses its
//! whole configuration for one thing that it does not know.

mod files;
mod kubelet;
mod links;
mod volumes;

use super::Resolver;
use super::settings::declared_at;
use super::versions::Versions;
use crate::catalog::talos_documents::{api_server_argument, field_since, is_denied_argument, kind_since};
use crate::diag::Diagnostic;
use crate::model::{ControlPlane, Machine};
use crate::spec::scalar::{Cidr, Minor};
use crate::syntax::Path;

/// Since this contract a volume is a document and not a partition of `machine.disks`.
const VOLUME_DOCUMENTS: Minor = Minor::v1(10);
const MULTI_DOCUMENT: Minor = Minor::v1(14);
/// Flags of OpenID Connect that stand beside `oidc`, which has no key for them.
const HAS_NO_WORD: [&str; 5] =
    ["oidc-ca-file", "oidc-groups-prefix", "oidc-required-claim", "oidc-signing-algs", "oidc-username-prefix"];

pub(super) fn check(cx: &mut Resolver<'_>, versions: &Versions, control_plane: &ControlPlane, machines: &[Machine]) {
    let mut talos = Talos { cx, versions };
    for machine in machines {
        talos.host(machine);
        talos.registries(machine);
        talos.links(machine);
        talos.volumes(machine);
        talos.files(machine);
        talos.kubelet(machine);
        talos.kubelet_arguments(machine);
    }
    talos.said_by_keys(control_plane);
    talos.api_server(control_plane);
    talos.arguments(control_plane);
}

/// The Talos that runs, and the layout in which it is told.
struct Talos<'a, 'c> {
    cx: &'a mut Resolver<'c>,
    versions: &'a Versions,
}

impl Talos<'_, '_> {
    fn host(&mut self, machine: &Machine) {
        for (name, service) in &machine.extension_services {
            if service.environment.is_empty() && service.config_files.is_empty() {
                self.empty(machine, &["extensionServices", name], "give it `environment` or `configFiles`");
            }
        }
        for (address, _) in machine.hosts.iter().filter(|(_, names)| names.is_empty()) {
            self.empty(machine, &["hosts", address], "give it a name");
        }
        if !machine.annotations.is_empty() {
            self.since(field_since("machine.nodeAnnotations"), machine, &["annotations"]);
        }
        if machine.watchdog.is_some() {
            self.kind("WatchdogTimerConfig", machine, &["watchdog"]);
        }
        if !machine.extension_services.is_empty() {
            self.kind("ExtensionServiceConfig", machine, &["extensionServices"]);
        }
    }

    fn registries(&mut self, machine: &Machine) {
        if !machine.registries.trust.is_empty() {
            self.kind("TrustedRootsConfig", machine, &["registries", "trust"]);
        }
        for (host, _) in machine.registries.mirrors.iter().filter(|(_, mirror)| mirror.skip_fallback) {
            let since = field_since("machine.registries.mirrors.skipFallback");
            self.since(since, machine, &["registries", "mirrors", host, "skipFallback"]);
        }
    }

    fn api_server(&mut self, control_plane: &ControlPlane) {
        if self.versions.contract < MULTI_DOCUMENT {
            return;
        }
        for argument in control_plane.api_server.extra_args.keys() {
            let Some(kind) = api_server_argument(argument) else { continue };
            let at = self.cx.key(&Path::of(["controlPlane", "apiServer", "extraArgs", argument]));
            let has_word = ["oidc-issuer-url", "oidc-client-id", "oidc-username-claim", "oidc-groups-claim"];
            let help = if has_word.contains(&argument.as_str()) {
                "use `controlPlane.apiServer.oidc`".to_owned()
            } else {
                format!("patch the `{kind}` document")
            };
            self.cx.report(
                Diagnostic::error("reserved-setting", at, format!("Talos takes no `{argument}` beside its `{kind}`"))
                    .help(help),
            );
        }
    }

    /// Flags for which the language has a key that says otherwise.
    fn said_by_keys(&mut self, control_plane: &ControlPlane) {
        let spec = self.cx.spec;
        let texts = |nets: &crate::spec::OneOrMany<Cidr>| {
            nets.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        };
        let (pods, services) = (texts(&spec.network.pods), texts(&spec.network.services));
        let network = |key: &str| Path::of(["network", key]);
        let flags = [
            ("apiServer", "service-cluster-ip-range", &services, network("services")),
            ("controllerManager", "service-cluster-ip-range", &services, network("services")),
            ("controllerManager", "cluster-cidr", &pods, network("pods")),
        ];
        for (program, flag, said, place) in flags {
            let arguments = if program == "apiServer" {
                &control_plane.api_server.extra_args
            } else {
                &control_plane.controller_manager.extra_args
            };
            if arguments.get(flag).is_some_and(|given| given != said) {
                self.second_word(program, flag, &place);
            }
        }
        if spec.control_plane.api_server.as_ref().is_some_and(|server| server.oidc.is_some()) {
            let flags = control_plane.api_server.extra_args.keys();
            let own = flags.filter(|flag| flag.starts_with("oidc-") || *flag == "authentication-config");
            // The four that the key itself becomes are there as well.
            let root = Path::of(["controlPlane", "apiServer"]);
            let given: Vec<String> =
                own.filter(|flag| self.cx.document.contains(&root.key("extraArgs").key(flag))).cloned().collect();
            for flag in given.iter().filter(|flag| !HAS_NO_WORD.contains(&flag.as_str())) {
                self.second_word("apiServer", flag, &root.key("oidc"));
            }
        }
    }

    fn second_word(&mut self, program: &str, flag: &str, other: &Path) {
        let at = self.cx.key(&Path::of(["controlPlane", program, "extraArgs", flag]));
        let label = self.cx.value(other);
        self.cx.report_once(
            Diagnostic::error("setting-in-two-places", at, format!("`{flag}` says otherwise than `{other}`"))
                .label(label, "says it for the whole cloud")
                .help(format!("remove `{flag}`, and change `{other}` if it is wrong")),
        );
    }

    /// Flags that Talos sets and lets nobody change.
    fn arguments(&mut self, control_plane: &ControlPlane) {
        let programs = [
            ("apiServer", &control_plane.api_server.extra_args),
            ("controllerManager", &control_plane.controller_manager.extra_args),
            ("scheduler", &control_plane.scheduler.extra_args),
            ("etcd", &control_plane.etcd.extra_args),
        ];
        for (program, arguments) in programs {
            for flag in arguments.keys().filter(|flag| is_denied_argument(program, flag)) {
                self.denied(&Path::of(["controlPlane", program, "extraArgs", flag]), flag);
            }
        }
    }

    fn kubelet_arguments(&mut self, machine: &Machine) {
        for flag in machine.kubelet.extra_args.keys().filter(|flag| is_denied_argument("kubelet", flag)) {
            self.denied(&declared_at(self.cx, &machine.name, &["kubelet", "extraArgs", flag]), flag);
        }
    }

    fn denied(&mut self, path: &Path, flag: &str) {
        let at = self.cx.key(path);
        self.cx.report_once(
            Diagnostic::error("reserved-setting", at, format!("Talos sets `{flag}` itself and lets nobody change it"))
                .note("with it the program is not started")
                .help("remove it"),
        );
    }

    fn empty(&mut self, machine: &Machine, keys: &[&str], way_out: &str) {
        let at = self.cx.key(&declared_at(self.cx, &machine.name, keys));
        let message = format!("`{}` says nothing, which Talos refuses", keys.join("."));
        self.cx.report(Diagnostic::error("wrong-value", at, message).help(format!("{way_out}, or remove it")));
    }

    fn kind(&mut self, kind: &str, machine: &Machine, keys: &[&str]) {
        let since = kind_since(kind).expect("the table has every kind that is written");
        self.since(since, machine, keys);
    }

    fn since(&mut self, since: Minor, machine: &Machine, keys: &[&str]) {
        let running = Minor::from(&self.versions.talos);
        if running >= since {
            return;
        }
        // Registries may stand beside the nodes as well.
        let own = declared_at(self.cx, &machine.name, keys);
        let path = self.cx.written_or(own, Path::of(keys.iter().copied()));
        let (at, label) = (self.cx.key(&path), self.cx.value(&Path::of(["versions", "talos"])));
        let mut diagnostic =
            Diagnostic::error("talos-too-old", at, format!("Talos {running} does not know this; it came with {since}"))
                .label(label, "the version that runs")
                .help(format!("run Talos {since} or newer, or remove it"));
        if keys.first() == Some(&"volumes") && self.versions.contract < VOLUME_DOCUMENTS {
            diagnostic = diagnostic
                .note("older ones know user volumes on a disk that is named: `diskSelector: {name: /dev/sdb}`");
        }
        self.cx.report(diagnostic);
    }
}
