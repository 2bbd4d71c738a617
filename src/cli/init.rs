//! `cloudc init`: a new repository from an example.
//!
//! The examples are those of the project's tests, so what is written here compiles. No lock is written: a new cloud takes the versions of
//! this catalog, and the first build holds them.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{FINE, Outcome, Session};
use crate::output;

/// Write a cloud.yaml to start from, and what keeps secrets out of Git.
///
/// Nothing is overwritten: when one of the files is there, none is written.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where; it is created if it is missing.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// What to start from.
    #[arg(long, value_enum, default_value_t = Example::One, value_name = "NAME")]
    example: Example,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Example {
    /// One machine with one disk.
    One,
    /// Three Raspberry Pis and four x86 workers with Calico, Ceph and BGP.
    Home,
    /// Three hyper-converged servers with LINSTOR and KubeVirt, and a tenant cluster.
    Cozy,
}

impl Example {
    const fn cloud(self) -> &'static str {
        match self {
            Self::One => include_str!("../../examples/one/cloud.yaml"),
            Self::Home => include_str!("../../examples/home/cloud.yaml"),
            Self::Cozy => include_str!("../../examples/cozy/cloud.yaml"),
        }
    }

    /// Parts of the example that a new cloud does not begin with. Two are of articles whose products are retired since.
    const fn retired(self) -> &'static [&'static str] {
        match self {
            Self::One => &[],
            Self::Home => &["  minio: {}\n", ", MinIO"],
            Self::Cozy => &["        roles: [ingress-nginx]\n", "ingress-nginx: {}, "],
        }
    }

    fn text(self) -> String {
        self.retired().iter().fold(format!("{MODELINE}{}", self.cloud()), |text, part| text.replacen(part, "", 1))
    }
}

/// What editors with a YAML language server read on top of a file.
const MODELINE: &str =
    "# yaml-language-server: $schema=https://raw.githubusercontent.com/cloudc/cloudc/main/schema/cloud.schema.json\n";

/// The emitted directory says in its own folders what stays out of Git there: built images, and everything in `private/`. This is
/// the rest. Nothing that a build writes may be in it, or a clone would be stale.
const GITIGNORE: &str = "\
# Of secrets only what is encrypted belongs into Git.
/secrets/*
!/secrets/*.sops.yaml

# Keys and credentials; private/ is where the README of the cloud puts them, and ignores itself.
age.key
*.agekey
talosconfig
kubeconfig

# Of a build that runs, or was killed.
**/.cloudc/lock
.cloudc-tmp-*
";

impl Init {
    pub(super) fn run(self, session: &Session) -> Outcome {
        let folder = session.path(&self.folder);
        let files = [("cloud.yaml", self.example.text()), (".gitignore", GITIGNORE.to_owned())];
        output::create_all(&folder, &files).map_err(|error| error.to_string())?;
        if !session.quiet {
            for (name, _) in &files {
                session.tell(&format!("{}: created\n", super::shown(&folder.join(name))));
            }
            session.tell(&next_steps(&folder));
        }
        Ok(FINE)
    }
}

fn next_steps(folder: &Path) -> String {
    let here = folder.components().all(|part| part == std::path::Component::CurDir);
    let enter = if here { String::new() } else { format!("  cd {}\n", folder.display()) };
    format!(
        "
Next:
{enter}  edit cloud.yaml: names, addresses, disks and the delivery (Git URL, age recipients) are those of the example
  cloudc lint
  cloudc build
  git init && git add . && git commit
README.md, which the build writes, then leads through the first boot.
"
    )
}
