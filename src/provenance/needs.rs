//! What components ask of a machine -> origins of its settings.

use super::Origin;
use super::cloud::Step;
use super::pattern;
use crate::catalog::NodeNeed;
use crate::catalog::talos_documents::CRI_FILE;
use crate::model::{Asked, Machine};
use crate::syntax::Path;

/// The needs that say something of a setting of a machine.
pub(super) fn of(machine: &Machine, steps: &[Step]) -> Vec<Origin> {
    let keys: Vec<String> = steps
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Of(step) => pattern::text(step),
            Step::Any => String::new(),
        })
        .collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    machine.asked.iter().filter(|asked| says(&asked.need, &keys)).map(origin).collect()
}

pub(super) fn origin(asked: &Asked) -> Origin {
    Origin::Need {
        component: asked.component.clone(),
        reason: asked.need.reason.clone(),
        origin: Path::read(&asked.origin),
    }
}

/// Whether a need says something at or below a setting.
fn says(need: &NodeNeed, keys: &[&str]) -> bool {
    let [first, rest @ ..] = keys else { return true };
    let name = rest.first().copied();
    match *first {
        "extensions" => any(need.extensions.iter(), name),
        "kernelArgs" => any(need.kernel_args.iter(), name),
        "kernelModules" => any(need.modules.keys(), name),
        "sysctls" => any(need.sysctls.keys(), name),
        "labels" => any(need.labels.keys().chain(&need.remove_labels), name),
        "annotations" => any(need.annotations.keys(), name),
        "volumes" => any(need.volumes.keys(), name),
        "files" => {
            any(need.files.keys(), name) || need.cri.is_some() && rest.first().is_none_or(|path| *path == CRI_FILE)
        }
        "firewall" => !need.ports.is_empty(),
        "kubelet" => {
            let kubelet = &need.kubelet;
            let (args, config, mounts) =
                (!kubelet.extra_args.is_empty(), !kubelet.config.is_empty(), !kubelet.extra_mounts.is_empty());
            match rest {
                [] => args || config || mounts,
                ["extraArgs", name, ..] => kubelet.extra_args.contains_key(*name),
                ["config", name, ..] => kubelet.config.contains_key(*name),
                ["extraArgs"] => args,
                ["config"] => config,
                ["extraMounts", ..] => mounts,
                _ => false,
            }
        }
        _ => false,
    }
}

/// Whether a name is among them; without one, whether there are any.
fn any<'n>(mut names: impl Iterator<Item = &'n String>, name: Option<&str>) -> bool {
    match name {
        None => names.next().is_some(),
        Some(name) => names.any(|known| known == name),
    }
}
