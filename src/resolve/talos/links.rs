//! Links that old layouts cannot describe.

use super::super::settings::{declared_at, has_broken_class};
use super::Talos;
use crate::catalog::talos_documents::field_since;
use crate::diag::Diagnostic;
use crate::model::{LinkKind, Machine};
use crate::spec::scalar::Minor;
use crate::syntax::Path;

/// Since this contract a link is found by an alias, which must fit one interface.
const TYPED_NETWORK: Minor = Minor::v1(12);
/// Since this contract an alias may take the first of several.
const COUNTED_ALIAS: Minor = Minor::v1(13);

impl Talos<'_, '_> {
    /// A bridge knew its ports by their kernel names only, and a selector that fits several interfaces meant all of them.
    pub(super) fn links(&mut self, machine: &Machine) {
        let asks = machine.only_default_link().is_none_or(|link| link.vip.is_some());
        for link in &machine.links {
            if matches!(link.kind, LinkKind::FirstPhysical) && asks && self.versions.contract < COUNTED_ALIAS {
                self.ambiguous(machine, &link.name);
            }
            let LinkKind::Bridge { members, .. } = &link.kind else { continue };
            if members.iter().any(|member| member.name.is_none()) {
                let since = field_since("machine.network.interfaces.bridgePort");
                self.since(since, machine, &["links", &link.name, "bridge", "members"]);
            }
        }
    }

    fn ambiguous(&mut self, machine: &Machine, link: &str) {
        if has_broken_class(self.cx, &machine.name) {
            return;
        }
        let own = declared_at(self.cx, &machine.name, &["links", link]);
        let path = self.cx.written_or(own, Path::of(["nodes", &machine.name]));
        let at = self.cx.key(&path);
        let contract = self.versions.contract;
        let note = if contract < TYPED_NETWORK {
            format!("in the layout of {contract} every physical one gets this address")
        } else {
            format!("in the layout of {contract} a machine with two gets no address")
        };
        self.cx.report(
            Diagnostic::warning(
                "ambiguous-link",
                at,
                format!("nothing says which interface of `{}` is meant", machine.name),
            )
            .note(note)
            .help("give the node its `mac`, or the link a `match`"),
        );
    }
}
