//! `cloudc talosconfig`: credentials for the Talos API, on standard output and nowhere else.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{ATTENTION, Outcome, Session, now};
use crate::backend::yaml;
use crate::diag::Format;
use crate::model::Machine;
use crate::secrets::{self, Access, ROLES};
use crate::spec::Role;
use crate::spec::scalar::GoDuration;

/// Print a talosconfig for this cloud, with a new client certificate.
#[derive(Debug, Args)]
pub(super) struct TalosConfig {
    /// The cloud; default: cloud.yaml here or in a folder above.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The secrets bundle, SOPS-encrypted or not; `-` for standard input. Default: `secrets.talos` of the cloud.
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// What the holder may do. May be given more than once.
    #[arg(long, value_name = "ROLE", default_value = "os:admin", value_parser = PossibleValuesParser::new(ROLES))]
    role: Vec<String>,
    /// How long the certificate is valid.
    #[arg(long, value_name = "DURATION", default_value = "8760h")]
    ttl: GoDuration,
}

impl TalosConfig {
    pub(super) fn run(self, session: &Session) -> Outcome {
        if self.ttl.seconds == 0 {
            return Err("a certificate of `--ttl 0s` would be over at once".to_owned());
        }
        super::one_standard_input(self.file.as_deref(), self.secrets.as_deref())?;
        let loaded = session.compile(self.file.as_deref(), None, None)?;
        session.show(&loaded.diagnostics, &loaded.sources, Format::Human)?;
        let Some(compiled) = &loaded.compiled else { return Ok(ATTENTION) };
        let model = &compiled.model;
        let bundle = session.bundle(self.secrets.as_deref(), &loaded.folder, model)?;
        let control_plane = model.nodes.iter().filter(|node| node.role == Role::ControlPlane);
        let access = Access {
            cloud: &model.name,
            endpoints: control_plane.map(target).collect(),
            nodes: model.nodes.iter().map(target).collect(),
            roles: self.role.iter().map(String::as_str).collect(),
            life: std::time::Duration::from_secs(self.ttl.seconds),
        };
        let talosconfig =
            secrets::talosconfig(&access, &bundle, now()?, &mut rand_core::OsRng).map_err(|error| error.to_string())?;
        for node in model.nodes.iter().filter(|node| node.address.is_none()) {
            session.tell(&format!(
                "`{}` has no fixed address: the talosconfig has its name, which DNS must know\n",
                node.name
            ));
        }
        session.give(&yaml::to_yaml(&talosconfig))
    }
}

/// Where the Talos API of a machine answers.
fn target(node: &Machine) -> String {
    node.address.map_or_else(|| node.name.clone(), |address| address.to_string())
}
