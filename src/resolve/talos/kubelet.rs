//! Fields of the kubelet's configuration: what it has, what each holds, what Talos sets itself.

use super::super::settings::declared_at;
use super::Talos;
use crate::catalog::talos_documents::is_kubelet_field;
use crate::catalog::{kubelet_field, kubelet_fields};
use crate::diag::Diagnostic;
use crate::model::Machine;
use crate::schema::did_you_mean;
use crate::spec::scalar::Minor;

/// What a word of the language says, too.
const OWN_WORD: &str = "maxPods";

impl Talos<'_, '_> {
    pub(super) fn kubelet(&mut self, machine: &Machine) {
        let running = Minor::from(&self.versions.kubernetes);
        for (field, value) in &machine.kubelet.config {
            let path = declared_at(self.cx, &machine.name, &["kubelet", "config", field]);
            if !self.cx.document.contains(&path) {
                continue;
            }
            if is_kubelet_field(field) {
                let at = self.cx.key(&path);
                self.cx.report_once(
                    Diagnostic::error("reserved-setting", at, format!("Talos sets `{field}` of the kubelet itself"))
                        .help("remove it"),
                );
            } else if let Some((form, since)) = kubelet_field(field) {
                if since > running {
                    let (at, label) =
                        (self.cx.key(&path), self.cx.value(&crate::syntax::Path::of(["versions", "kubernetes"])));
                    self.cx.report_once(
                        Diagnostic::error(
                            "unknown-kubelet-field",
                            at,
                            format!("the kubelet of {running} has no field `{field}`; it came with {since}"),
                        )
                        .label(label, "the version that runs")
                        .help("remove it, or run that Kubernetes"),
                    );
                } else if field != OWN_WORD && !form.fits(value) {
                    let at = self.cx.value(&path);
                    self.cx.report_once(
                        Diagnostic::error("wrong-type", at, format!("`{field}` of the kubelet is {}", form.noun()))
                            .note("Talos refuses a configuration that the kubelet could not read")
                            .help(format!("write {}", form.noun())),
                    );
                }
            } else {
                let at = self.cx.key(&path);
                self.cx.report_once(
                    Diagnostic::error("unknown-kubelet-field", at, format!("the kubelet has no field `{field}`"))
                        .note("Talos refuses a configuration that the kubelet could not read")
                        .help_if(did_you_mean(field, kubelet_fields())),
                );
            }
        }
        self.both(machine);
    }

    /// One number, said twice.
    fn both(&mut self, machine: &Machine) {
        let word = declared_at(self.cx, &machine.name, &["kubelet", OWN_WORD]);
        let field = declared_at(self.cx, &machine.name, &["kubelet", "config", OWN_WORD]);
        if self.cx.document.contains(&word) && self.cx.document.contains(&field) {
            let (at, label) = (self.cx.key(&field), self.cx.key(&word));
            self.cx.report_once(
                Diagnostic::error("setting-in-two-places", at, format!("`{OWN_WORD}` of the kubelet is said twice"))
                    .label(label, "this one counts")
                    .help("keep `kubelet.maxPods`"),
            );
        }
    }
}
