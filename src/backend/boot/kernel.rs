//! The kernel command line of a network boot, as Talos's imager makes it for an image.

use crate::model::{Board, Ingredients};
use crate::spec::Arch;

/// What the image's own command line says, for a kernel that is started without it.
///
/// Source: siderolabs/talos `pkg/machinery/kernel` (`DefaultArgs`, `SecureBootArgs`), `pkg/imager/imager.go` (order and
/// overrides), the metal platform (consoles); the newest release of each minor from 1.6 to 1.14.
pub(super) fn arguments(ingredients: &Ingredients) -> Vec<String> {
    let minor = ingredients.talos.minor;
    let mut arguments = vec!["talos.platform=metal"];
    let builtin = match &ingredients.board {
        Some(Board::BuiltIn { name, .. }) => Some(format!("talos.board={name}")),
        _ => None,
    };
    if let Some(board) = &ingredients.board {
        // Its consoles stand in for those of the platform.
        let (consoles, others): (Vec<&str>, Vec<&str>) =
            board.kernel_args().iter().map(String::as_str).partition(|argument| key(argument) == "console");
        arguments.extend(consoles);
        arguments.extend(builtin.as_deref());
        arguments.extend(others);
    } else {
        arguments.extend(match ingredients.arch {
            Arch::Arm64 if minor >= 7 => &["console=ttyAMA0", "console=tty0"][..],
            _ if minor < 8 => &["console=ttyS0", "console=tty0"],
            _ => &["console=tty0"],
        });
    }
    arguments.extend((minor < 14).then_some("init_on_alloc=1"));
    arguments.extend(["slab_nomerge=", "pti=on", "consoleblank=0"]);
    arguments.extend((minor < 14).then_some("nvme_core.io_timeout=4294967295"));
    arguments.push("printk.devkmsg=on");
    if minor <= 10 {
        arguments.extend(["ima_template=ima-ng", "ima_appraise=fix", "ima_hash=sha512"]);
    }
    arguments.extend((minor >= 10).then_some("selinux=1"));
    arguments.extend((minor >= 12).then_some("module.sig_enforce=1"));
    arguments.extend((minor >= 13).then_some("proc_mem.force_override=never"));
    arguments.extend((ingredients.secure_boot && minor < 14).then_some("lockdown=confidentiality"));
    customize(arguments, &ingredients.kernel_args)
}

/// The user's arguments come last; `-name` takes one away, a console or platform replaces all of its kind.
fn customize(defaults: Vec<&str>, own: &[String]) -> Vec<String> {
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let dropped = |argument: &str| {
        own.iter().any(|own| match own.strip_prefix('-') {
            Some(negated) => negated == argument || negated == key(argument),
            None => key(own) == key(argument) && matches!(key(own), "console" | "talos.platform"),
        })
    };
    let kept = defaults.into_iter().filter(|argument| !dropped(argument));
    kept.chain(own.iter().copied().filter(|own| !own.starts_with('-'))).map(str::to_owned).collect()
}

fn key(argument: &str) -> &str {
    argument.split_once('=').map_or(argument, |(key, _)| key)
}
