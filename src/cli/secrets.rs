//! `cloudc secrets generate`: makes the secrets of a new cluster, once.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{ATTENTION, FINE, Outcome, Session, now};
use crate::backend::yaml;
use crate::diag::Format;
use crate::model::{FLUX_NAMESPACE, Model, TalosWorkers, Tenant};
use crate::output;
use crate::schema::known_instead;
use crate::secrets::sops::{self, Scope};
use crate::secrets::{self, Kind, Recipient, Wanted};
use crate::source;
use crate::spec::scalar::Minor;

/// Make and keep the secrets of a cluster.
#[derive(Debug, Args)]
pub(super) struct Secrets {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Generate(Generate),
}

/// Make a new secrets bundle: what `talosctl gen secrets` makes, and the named secrets of the cloud; or the Secret of a tenant.
///
/// With age recipients the file is SOPS-encrypted and belongs into Git. An existing file is never overwritten.
#[derive(Debug, Args)]
struct Generate {
    /// The cloud; default: cloud.yaml here or in a folder above. Not needed with --talos-version.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The Talos contract that the secrets are for; default: the one of the cloud.
    #[arg(long, value_name = "vX.Y", value_parser = contract)]
    talos_version: Option<Minor>,
    /// The tenant whose Talos workers the secrets are for, as a Kubernetes Secret; default: the cloud itself.
    #[arg(long, value_name = "NAME", conflicts_with = "talos_version")]
    tenant: Option<String>,
    /// Who can open the file: an age public key. May be given more than once. Default: `delivery.sops.age` of the cloud.
    #[arg(long, value_name = "RECIPIENT")]
    age: Vec<String>,
    /// Where to write, `-` for standard output; default: `secrets.talos` of the cloud, for a tenant beside it.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The oldest contract that a cloud can have.
const OLDEST: Minor = Minor::v1(6);

fn contract(text: &str) -> Result<Minor, String> {
    let numbers = text.strip_prefix('v').unwrap_or(text);
    let minor = numbers.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let contract: Minor = format!("v{minor}").parse().map_err(|why| format!("{why}, as in v1.13"))?;
    if contract < OLDEST { Err(format!("older than {OLDEST}, the oldest that cloudc knows")) } else { Ok(contract) }
}

/// What a cloud says about a file of secrets.
struct Target {
    what: What,
    recipients: Vec<Recipient>,
    /// Where the cloud keeps it.
    path: Option<PathBuf>,
}

/// What is made.
enum What {
    Bundle {
        contract: Minor,
        wanted: Vec<Wanted>,
    },
    /// The Secret of this name.
    Tenant {
        secret: String,
    },
}

impl What {
    fn describe(&self) -> String {
        match self {
            Self::Bundle { contract, .. } => format!("new secrets for Talos {contract}"),
            Self::Tenant { secret } => format!("new Secret {FLUX_NAMESPACE}/{secret}"),
        }
    }
}

impl Secrets {
    pub(super) fn run(self, session: &Session) -> Outcome {
        match self.command {
            Command::Generate(generate) => generate.run(session),
        }
    }
}

impl Generate {
    fn run(self, session: &Session) -> Outcome {
        let target = match self.talos_version {
            Some(contract) if self.file.is_none() && source::find(&session.directory)?.is_none() => {
                let what = What::Bundle { contract, wanted: Vec::new() };
                Target { what, recipients: recipients("--age", &self.age)?, path: None }
            }
            _ => {
                let loaded = session.compile(self.file.as_deref(), None, None)?;
                session.show(&loaded.diagnostics, &loaded.sources, Format::Human)?;
                let Some(compiled) = &loaded.compiled else { return Ok(ATTENTION) };
                self.target(&loaded.folder, &compiled.model)?
            }
        };
        let plain = target.recipients.is_empty();
        let path = match (&self.output, target.path) {
            (Some(output), _) => session.path(output),
            (None, None) => return Err("no cloud.yaml says where to write: name a file with --output".to_owned()),
            (None, Some(path)) if plain => return Err(refuse_plain(&path)),
            (None, Some(path)) => path,
        };
        let printed = path.as_os_str() == "-";
        if !printed {
            output::check_free(&path).map_err(|error| error.to_string())?;
        }
        let text = make(&target.what, &target.recipients)?;
        if printed {
            session.give(&text)?;
        } else {
            output::create_private(&path, &text).map_err(|error| error.to_string())?;
            tell(session, &path, &target.what, &target.recipients);
        }
        if let What::Bundle { wanted, .. } = &target.what {
            for Wanted { name, kind } in wanted.iter().filter(|wanted| !wanted.kind.can_be_made()) {
                session.tell(&missing(name, *kind, &path));
            }
        }
        Ok(FINE)
    }

    fn target(&self, folder: &Path, model: &Model) -> Result<Target, String> {
        let recipients = match (&model.delivery, &*self.age) {
            (_, [_, ..]) => recipients("--age", &self.age)?,
            (Some(delivery), []) => recipients("`delivery.sops.age`", &delivery.sops_age)?,
            (None, []) => Vec::new(),
        };
        let (what, file) = if let Some(name) = &self.tenant {
            let (tenant, talos) = tenant(model, name)?;
            (What::Tenant { secret: talos.secret.clone() }, model.tenant_bundle(tenant))
        } else {
            let contract = self.talos_version.unwrap_or(model.contract);
            (What::Bundle { contract, wanted: secrets::wanted(&model.nodes) }, model.secrets_bundle.clone())
        };
        Ok(Target { what, recipients, path: Some(folder.join(file)) })
    }
}

/// A tenant that has secrets of its own, and whose they are.
fn tenant<'a>(model: &'a Model, name: &str) -> Result<(&'a Tenant, &'a TalosWorkers), String> {
    let Some(tenant) = model.tenants.iter().find(|tenant| tenant.name == name) else {
        let known = model.tenants.iter().map(|tenant| tenant.name.as_str());
        return Err(format!("no tenant `{name}`; {}", known_instead(name, known).unwrap_or_default()));
    };
    match &tenant.talos {
        Some(workers) => Ok((tenant, workers)),
        None => Err(format!("tenant `{name}` needs no secrets: its workers are not Talos's")),
    }
}

fn recipients(place: &str, texts: &[String]) -> Result<Vec<Recipient>, String> {
    texts.iter().map(|text| text.parse().map_err(|why| format!("{place}: {why}"))).collect()
}

fn tell(session: &Session, path: &Path, what: &What, recipients: &[Recipient]) {
    let path = path.display();
    if recipients.is_empty() {
        session.tell(&format!("warning: {path} holds the secrets in plain: keep it out of Git\n"));
    } else if !session.quiet {
        let names: Vec<&str> = recipients.iter().map(Recipient::as_str).collect();
        let to = names.join(", ");
        session.tell(&format!("{path}: {}, encrypted for {to}\n", what.describe()));
    }
}

fn make(what: &What, recipients: &[Recipient]) -> Result<String, String> {
    let rng = &mut rand_core::OsRng;
    let now = now()?;
    let (plain, scope) = match what {
        What::Bundle { contract, wanted } => {
            let bundle = secrets::generate(*contract, wanted, now, rng);
            (bundle.map(|bundle| bundle.to_json()), Scope::Everything)
        }
        What::Tenant { secret } => (secrets::tenant_secret(secret, FLUX_NAMESPACE, now, rng), Scope::SecretData),
    };
    let plain = plain.map_err(|error| error.to_string())?;
    let root = if recipients.is_empty() {
        Value::Object(plain)
    } else {
        sops::encrypt(&plain, recipients, scope, now, rng).map_err(|error| error.to_string())?
    };
    Ok(yaml::to_yaml(&root))
}

fn refuse_plain(path: &Path) -> String {
    format!(
        "{} would hold the secrets in plain: name who may open it under `delivery.sops.age` or with `--age RECIPIENT`; or \
         say where a plain file goes with `--output FILE`, `-` for standard output",
        path.display()
    )
}

fn missing(name: &str, kind: Kind, path: &Path) -> String {
    let file = if path.as_os_str() == "-" { "FILE".to_owned() } else { path.display().to_string() };
    format!("`references.{name}` is for you to add, with {}: sops {file}\n", keys(kind))
}

/// The keys of a named secret, for messages.
pub(super) fn keys(kind: Kind) -> String {
    kind.keys().iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ")
}
