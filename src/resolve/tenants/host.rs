//! What a tenant takes from the cloud by name: a DataStore of Kamaji, devices that KubeVirt may give away.

use serde_json::Value;

use super::Written;
use crate::diag::Diagnostic;
use crate::resolve::Resolver;
use crate::resolve::context::Context;
use crate::schema::{known_instead, respelt};
use crate::syntax::Path;

/// The DataStore that the component `kamaji` makes.
pub(super) const DATA_STORE: &str = "default";

pub(super) fn check(cx: &mut Resolver<'_>, context: &Context, tenant: &Written<'_>) {
    data_store(cx, context, tenant);
    devices(cx, context, tenant);
}

fn data_store(cx: &mut Resolver<'_>, context: &Context, tenant: &Written<'_>) {
    let Some(name) = &tenant.spec.control_plane.data_store else { return };
    let own = context.parameter("kamaji", "dataStores").as_array().into_iter().flatten().filter_map(Value::as_str);
    let known: Vec<&str> = std::iter::once(DATA_STORE).chain(own).collect();
    if known.contains(&name.as_str()) {
        return;
    }
    let at = cx.value(&tenant.key(&["controlPlane", "dataStore"]));
    let fix = respelt(at, name, known.iter().copied());
    let help = known_instead(name, known).unwrap_or_default();
    cx.report(
        Diagnostic::error("unknown-reference", at, format!("no DataStore `{name}`"))
            .note("one that you make yourself is listed under `components.kamaji.dataStores`")
            .help(help)
            .fix_if(fix),
    );
}

fn devices(cx: &mut Resolver<'_>, context: &Context, tenant: &Written<'_>) {
    let keys = ["pciDevices", "mediatedDevices"];
    let known: Vec<&str> = keys
        .iter()
        .filter_map(|key| context.parameter("kubevirt", key).as_object())
        .flat_map(|devices| devices.keys().map(String::as_str))
        .collect();
    for (name, group) in &tenant.spec.node_groups {
        for (index, device) in group.gpus.iter().enumerate().filter(|(_, device)| !known.contains(&device.as_str())) {
            let at = cx.value(&tenant.key(&["nodeGroups", name, "gpus"]).index(index));
            let help = known_instead(device, known.iter().copied()).unwrap_or_else(|| {
                format!(
                    "add it: `components: {{kubevirt: {{pciDevices: {{{device}: \"10DE:26B9\"}}}}}}`, with your device"
                )
            });
            let message = format!("KubeVirt gives no device `{device}` to virtual machines");
            // Where no device is named at all, the host may have been told of it in another way.
            let finding = if known.is_empty() { Diagnostic::warning } else { Diagnostic::error };
            let fix = respelt(at, device, known.iter().copied());
            let mut finding = finding("unknown-reference", at, message).help(help).fix_if(fix);
            if !known.is_empty() {
                let devices = Path::of(["components", "kubevirt"]);
                finding = finding.label(cx.key(&devices), "what it gives is named here");
            }
            cx.report(finding);
        }
    }
}
