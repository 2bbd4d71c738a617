//! Files of the host: where Talos writes one at all.

use super::super::settings::declared_at;
use super::{MULTI_DOCUMENT, Talos};
use crate::catalog::talos_documents::{CRI_FILE, FileHome, cri_part, file_home};
use crate::diag::Diagnostic;
use crate::model::Machine;
use crate::spec::FileOp;
use crate::spec::scalar::LabelValue;

impl Talos<'_, '_> {
    /// Nothing outside of `/var` is created, only what is there is overwritten.
    pub(super) fn files(&mut self, machine: &Machine) {
        let typed = self.versions.contract >= MULTI_DOCUMENT;
        for (path, file) in &machine.files {
            let no_name = |name: &str| name.is_empty() || typed && name.parse::<LabelValue>().is_err();
            if cri_part(path).is_some_and(no_name) {
                let at = self.cx.key(&declared_at(self.cx, &machine.name, &["files", path]));
                self.cx.report(
                    Diagnostic::error("wrong-name", at, format!("`{path}` cannot be a part of containerd's settings"))
                        .help("name it with letters, digits and inner `-`, `_` or `.`"),
                );
            }
            let has_kind = typed && file_home(path, file.op) != FileHome::Main;
            if file.op == FileOp::Create && !path.starts_with("/var/") && path != CRI_FILE && !has_kind {
                let at = self.cx.key(&declared_at(self.cx, &machine.name, &["files", path]));
                self.cx.report(
                    Diagnostic::error("file-outside-var", at, format!("Talos creates no file at `{path}`"))
                        .help("put it below `/var/`, or use `op: overwrite` for a file that Talos has"),
                );
            }
        }
    }
}
